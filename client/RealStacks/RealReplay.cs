using System.Diagnostics;
using System.Globalization;
using System.Text;
using Stress.Client.Launching;
using Stress.Client.Screen;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Guests;
using Stress.Guests.Running;
using Stress.Guests.Sites;
using Stress.Observability;

namespace Stress.Client.RealStacks;

/// <summary>Replay of a real kernel's crash: the pair is executed again from its seed to the crash; console and line are shown.</summary>
internal static class RealReplay
{
    private const int ConsoleLines = 60, ShownBytes = 24;

    /// <summary>Executes it.</summary>
    /// <param name="terminal">Where to write.</param>
    /// <param name="launch">The run.</param>
    /// <param name="crash">The crash.</param>
    /// <param name="last">How much to show of the line; null for the usual.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<int> ExecuteAsync(Terminal terminal, Launch launch, CrashRecord crash, int? last, CancellationToken stop)
    {
        UmlSettings settings = launch.Real!;
        PairParts parts = await settings.PartsAsync(GuestCache.OfUser(), stop);
        return await Task.Run(() => Execute(terminal, launch, settings, parts, crash, last ?? 20, stop), stop);
    }

    private static int Execute(Terminal terminal, Launch launch, UmlSettings settings, PairParts parts, CrashRecord crash, int last, CancellationToken stop)
    {
        long begun = Stopwatch.GetTimestamp();
        VirtualTime length = launch.Plan.Site.Window, duration = new(launch.Plan.Windows * length.Microseconds);
        var heard = new Queue<LineEvent>();
        void Hear(LineEvent e)
        {
            if (e.Nanoseconds / 1_000 > crash.AtMicroseconds)
            {
                return;
            }

            heard.Enqueue(e);
            if (heard.Count > last)
            {
                heard.Dequeue();
            }
        }

        using var session = new PairSession(parts, settings.OptionsOf(launch.Plan.Site with { Seed = crash.Seed }, duration, (int)crash.Site), Hear);
        GuestCrash? again = null;

        // The same windows as in the run: where one ends, consoles are looked at.
        for (int window = 0; window < launch.Plan.Windows && again is null && window * length.Microseconds <= crash.AtMicroseconds; window++)
        {
            again = session.RunToCrash(
                new VirtualTime((window + 1) * length.Microseconds), c => c.Title == crash.Title && CodePath.Of(c.Role) == crash.Role && c.At.Microseconds == crash.AtMicroseconds, stop);
            stop.ThrowIfCancellationRequested();
        }

        TextWriter o = terminal.Text;
        o.WriteLine(crash.Title);
        o.WriteLine($"site {crash.Site}, seed {crash.Seed}, {crash.Role} system, at {crash.At}, {Counted.Of(crash.Count, "time")} in the run");
        o.WriteLine(string.Create(CultureInfo.InvariantCulture, $"executed again from the seed in {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s"));
        if (again is null)
        {
            terminal.Error.WriteLine($"stress: it did not crash there again, up to {session.Now}");
            return ExitCodes.NotDeterministic;
        }

        KernelStacks.Write(o, again.Report);
        o.WriteLine();
        o.WriteLine($"the line, its last {Counted.Of(heard.Count, "event")} before it");
        foreach (LineEvent e in heard)
        {
            o.WriteLine($"  {Nanoseconds(e.Nanoseconds)}  {CodePath.Of(e.Role),-7}  {(e.Sent ? "sends" : "gets "),-5}  {Words(e)}");
        }

        // The earlier boots, then the current one.
        byte[] console = session.Boots.LastOrDefault(boot => boot.Role == again.Role && boot.Boot <= again.At && boot.End >= again.At)?.Console ?? session.ConsoleOf(again.Role) ?? [];
        string[] lines = [.. ConsoleText.Lines(console).Where(line => !line.StartsWith("account: ", StringComparison.Ordinal))];
        int from = Math.Max(0, Array.FindIndex(lines, line => line.Contains(again.Report.Text, StringComparison.Ordinal)) - 5);
        o.WriteLine();
        o.WriteLine($"console of the {crash.Role} system, lines {from + 1} to {Math.Min(lines.Length, from + ConsoleLines)} of {lines.Length}");
        foreach (string line in lines.Skip(from).Take(ConsoleLines))
        {
            o.WriteLine($"  | {line}");
        }

        return ExitCodes.Ok;
    }

    private static string Nanoseconds(long ns) => $"{new VirtualTime(ns / 1_000)}{ns % 1_000:D3}";

    private static string Words(LineEvent e)
    {
        if (!e.IsData)
        {
            return $"modem lines {e.Lines:x3}";
        }

        string hex = Convert.ToHexStringLower(e.Data.AsSpan(0, Math.Min(ShownBytes, e.Data.Length))), text = Encoding.Latin1.GetString(e.Data);
        return text.All(c => c is >= ' ' and <= '~' or '\r' or '\n')
            ? $"\"{text.Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\""
            : $"{Counted.Of(e.Data.Length, "byte")} {hex}{(e.Data.Length > ShownBytes ? "..." : "")}";
    }
}
