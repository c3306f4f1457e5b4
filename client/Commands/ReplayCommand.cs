using System.CommandLine;
using System.Globalization;
using System.Text;
using Stress.Client.Running;
using Stress.Emulator.Simulation;
using Stress.Observability;

namespace Stress.Client.Commands;

/// <summary><c>stress replay RUN CRASH-ID</c>: executes one site again, from its seed to the event that crashed, and shows the way there.</summary>
public static class ReplayCommand
{
    private static readonly TraceSource[] Columns = [TraceSource.Kernel, TraceSource.Pppd, TraceSource.Zebra, TraceSource.Ospfd, TraceSource.Ripngd];

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var run = new Argument<string>("RUN") { Description = "The run's folder, or its name under runs." };
        var id = new Argument<string>("CRASH-ID") { Description = "The crash's id, as the run's table and crashes.ndjson name it." };
        var last = new Option<string?>("--last") { Description = "How many of the last steps to print (default 60)." };
        var until = new Option<string?>("--until") { Description = "Stop after this event instead of the crash." };
        var dump = new Option<bool>("--dump") { Description = "Print interfaces, sockets, memberships, routes and memory of the routers at that event." };
        var pcap = new Option<string?>("--pcap") { Description = "Write the line's frames to this file (pcapng)." };
        var command = new Command("replay", "Replay a crash from its seed.") { run, id, last, until, dump, pcap };
        command.SetAction((line, stop) => Task.FromResult(Execute(
            terminal, line.GetValue(run)!, line.GetValue(id)!, line.GetValue(last), line.GetValue(until), line.GetValue(dump), line.GetValue(pcap), stop)));
        return command;
    }

    private static int Execute(Terminal terminal, string run, string id, string? last, string? until, bool dump, string? pcap, CancellationToken stop)
    {
        RunFolder folder = Output.FindRun(run);
        CrashRecord crash = Find(folder, id);
        int steps = last is null ? 60 : Number("--last", last, 100_000);
        long end = until is null ? crash.Event : Number("--until", until, int.MaxValue);
        (SiteOptions options, _, _) = Launch.Read(folder);
        options = options with { Seed = crash.Seed };
        var site = Site.Create(options, (uint)crash.Site);
        var story = new LastSteps(steps);
        LineCapture? capture = pcap is null ? null : new LineCapture(0);
        site.Trace = capture is null ? story : new Traces(story, capture);
        while (site.Clock.Events < end && !stop.IsCancellationRequested && site.NextWindow < 1_000_000)
        {
            long before = site.Clock.Events;
            site.RunUntil(new VirtualTime((site.Now.Microseconds / options.Window.Microseconds + 1) * options.Window.Microseconds), end);
            if (site.Clock.Events == before && site.Queue.NextTime.IsNever)
            {
                break;
            }
        }

        TextWriter o = terminal.Out.Profile.Out.Writer;
        o.WriteLine($"{crash.Title}");
        o.WriteLine($"site {crash.Site}, seed {crash.Seed}, {crash.Role} system, event {site.Clock.Events} at {site.Now}, {crash.Count} times in the run");
        o.WriteLine();
        story.Print(o, Columns);
        o.WriteLine();
        if (until is null)
        {
            o.WriteLine("stack   " + string.Join(" < ", crash.Stack));
            o.WriteLine("story");
            foreach (string s in crash.Story)
            {
                o.WriteLine("  " + s);
            }
        }

        if (dump)
        {
            for (int r = 0; r < site.RouterCount; r++)
            {
                o.WriteLine();
                o.WriteLine(site.Show(r));
            }
        }

        if (capture is not null)
        {
            try
            {
                capture.Save(pcap!);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new UsageException($"--pcap {pcap}: {e.Message.TrimEnd('.')}; accepted is a file that can be written");
            }

            o.WriteLine($"capture {pcap}: {capture.Frames} frames");
        }

        return ExitCodes.Ok;
    }

    /// <summary>A crash of a run.</summary>
    /// <exception cref="UsageException">The run has no crash of that id.</exception>
    internal static CrashRecord Find(RunFolder folder, string id)
    {
        CrashRecord[] crashes = [.. folder.ReadCrashes()];
        return Array.Find(crashes, c => c.Id == id)
            ?? throw new UsageException($"{id}: no such crash in {folder.CrashesPath}; accepted: {(crashes.Length == 0 ? "none, the run had no crash" : string.Join(", ", crashes.Select(c => c.Id)))}");
    }

    private static int Number(string option, string text, int max) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n > 0 && n <= max
            ? n : throw new UsageException($"{option} {text}: accepted is a whole number from 1 to {max}");

    private sealed class LastSteps(int keep) : ISiteTrace
    {
        private readonly Queue<(long Number, VirtualTime At, int Router, TraceSource Source, string Text, PointerStage Stage)> _steps = new();

        public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage)
        {
            if (_steps.Count == keep)
            {
                _steps.Dequeue();
            }

            _steps.Enqueue((number, at, router, source, text, stage));
        }

        public void Frame(VirtualTime at, int caller, Role from, ReadOnlySpan<byte> frame)
        {
        }

        // One column for each process of the called and the calling system would not fit a screen: the system and the process stand in front of the step.
        public void Print(TextWriter o, TraceSource[] columns)
        {
            o.WriteLine($"{"event",8}  {"time",-16} {"system",-8} {string.Concat(columns.Select(c => $"{c.ToString().ToLowerInvariant(),-7}"))}{"other",-7} step");
            VirtualTime lastTime = VirtualTime.Never;
            foreach (var s in _steps)
            {
                var marks = new StringBuilder();
                foreach (TraceSource c in columns)
                {
                    marks.Append(s.Source == c ? "*      " : ".      ");
                }

                marks.Append(Array.IndexOf(columns, s.Source) < 0 ? $"{s.Source.ToString().ToLowerInvariant(),-7}" : ".      ");
                string time = s.At == lastTime ? "" : s.At.ToString();
                lastTime = s.At;
                o.WriteLine($"{s.Number,8}  {time,-16} {(s.Router == 0 ? "called" : "calling"),-8} {marks} {s.Text}{(s.Stage == PointerStage.None ? "" : $"   <- {s.Stage}")}");
            }
        }
    }
}
