using System.Diagnostics;
using System.Globalization;
using Stress.Client.Launching;
using Stress.Client.RealStacks;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Guests;
using Stress.Guests.Kernels;
using Stress.Guests.Running;
using Stress.Guests.Sites;
using Stress.Guests.Systems;
using Stress.Observability;
using Stress.Scenarios;

namespace Stress.Client.Commands;

/// <summary><c>stress minimise</c> on real kernels: an operation list to what the report needs, or a site to what its crash needs.</summary>
internal static class RealMinimise
{
    /// <summary>Cuts an operation list down.</summary>
    /// <param name="terminal">Where to write.</param>
    /// <param name="file">The list.</param>
    /// <param name="stack">The kernel, as <c>exec</c> takes it.</param>
    /// <param name="fault">A fault to switch on, or null.</param>
    /// <param name="output">Where to write what is left; null for a file beside the list.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<int> ListAsync(Terminal terminal, string file, string stack, string? fault, string? output, CancellationToken stop)
    {
        if (GuestExec.KernelOf(stack) is not { } kernel)
        {
            throw new UsageException($"minimise --stack {stack}: accepted is uml:KERNEL, since each candidate wants a fresh kernel");
        }

        output ??= Path.ChangeExtension(file, ".min.ops");
        Output.CheckFile("--ops", output);
        string text = ExecCommand.ReadText(file, null);
        GuestExec.Check(file, text);
        ListRun run = await ListRun.OpenAsync(GuestCache.OfUser(), kernel, terminal.Error.WriteLine, stop);
        long begun = Stopwatch.GetTimestamp();
        string name = Path.GetFileNameWithoutExtension(file);
        MinimalList? least = await Task.Run(
            () => new ListMinimiser(list =>
            {
                ListResult result = run.Run([(name, list)], 1, fault, stop);
                stop.ThrowIfCancellationRequested();
                return result.Reports.Count > 0 ? CrashWords.Of(result.Reports[0]) : null;
            }).Minimise(text), stop);
        if (least is null)
        {
            terminal.Error.WriteLine($"stress: not decided: kernel {run.Kernel.Name} reports nothing of {file}{(fault is null ? "" : $" with fault {fault}")}, so that there is nothing to keep");
            return ExitCodes.NotDecided;
        }

        TextWriter o = terminal.Text;
        string with = fault is null ? "" : $" --fault {fault}";
        o.WriteLine(least.Title);
        o.WriteLine($"{Counted.Of(least.Lines.Count, "operation")}, {(least.IsMinimal ? "none can go" : "perhaps not all needed")} ({Counted.Of(least.Boots, "kernel")} started): ./stress exec {output} --stack {stack}{with}");
        foreach (string line in least.Lines)
        {
            o.WriteLine($"  {line}");
        }

        o.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(begun).TotalSeconds:F1} s"));
        var deliveries = new Deliveries(terminal);
        string[] lines = [$"# {least.Title}", $"# minimised on kernel {run.Kernel.Name} ({run.Kernel.Release}){with}", .. least.Lines, ""];
        deliveries.Write(output, () => OutputFile.Write(output, string.Join('\n', lines), terminal));
        return deliveries.Conclude(ExitCodes.Ok);
    }

    /// <summary>Cuts the site of a crash down.</summary>
    /// <param name="terminal">Where to write.</param>
    /// <param name="folder">The run.</param>
    /// <param name="launch">The run as it was started.</param>
    /// <param name="crash">The crash.</param>
    /// <param name="output">Where to write the scenario; null for the run's folder.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<int> SiteAsync(Terminal terminal, RunFolder folder, Launch launch, CrashRecord crash, string? output, CancellationToken stop)
    {
        output ??= Path.Combine(folder.Path, $"{crash.Id}.yaml");
        Output.CheckFile("--scenario", output);
        UmlSettings settings = launch.Real!;
        PairParts parts = await settings.PartsAsync(GuestCache.OfUser(), stop);
        long begun = Stopwatch.GetTimestamp();
        VirtualTime? Crashes(SiteOptions site, int number, VirtualTime until) => FirstCrash(parts, settings, site, number, until, crash, stop);
        MinimalPair least = await Task.Run(() => new PairMinimiser(Crashes).Minimise(launch.Plan.Site with { Seed = crash.Seed }, (int)crash.Site, new VirtualTime(crash.AtMicroseconds)), stop)
            ?? throw new UsageException($"{crash.Id}: site {crash.Site} does not crash that way when executed again; accepted is a run of this version of stress");

        VirtualTime window = launch.Plan.Site.Window;
        var duration = new VirtualTime((least.At.Microseconds / window.Microseconds + 1) * window.Microseconds);
        var scenario = new Scenario
        {
            Name = $"minimised-{crash.Id}", Description = crash.Title, Backend = launch.Plan.Backend, Pairs = least.Number + 1, Duration = duration, Seed = crash.Seed, Site = least.Site,
            CalledKernel = settings.Called.Key, CallingKernel = settings.Calling.Key, Fault = settings.Fault ?? "",
        };
        string text = ScenarioWriter.WriteShort(scenario);
        Scenario read = ScenarioLoader.Parse(text, output);
        VirtualTime? again = await Task.Run(() => Crashes(read.Site with { Seed = read.Seed }, least.Number, duration), stop);

        TextWriter o = terminal.Text;
        o.WriteLine(crash.Title);
        o.WriteLine($"{crash.Role} system, site {crash.Site}, seed {crash.Seed}: needs {(least.Hups switch { null => "HUPs as the scenario has them", 0 => "no HUP", { } n => Counted.Of(n, "HUP") })}, crashes at {least.At}");
        o.WriteLine($"not needed: {(least.Gone.Count == 0 ? "nothing of what can be left out" : string.Join(", ", least.Gone))}");
        o.WriteLine($"needed: {(least.Needed.Count == 0 ? "nothing of what was left out" : string.Join(", ", least.Needed))}");
        o.WriteLine($"a scenario that crashes so ({Counted.Of(least.Tests + 1, "pair")} executed): ./stress run {output}{(least.Number == 0 ? "" : $" --site {least.Number}")}");
        foreach (string line in text.TrimEnd().Split('\n'))
        {
            o.WriteLine($"  {line}");
        }

        o.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(begun).TotalSeconds:F1} s"));
        if (again is null)
        {
            terminal.Error.WriteLine($"stress: not decided: read again, the scenario does not crash with this title");
        }

        var deliveries = new Deliveries(terminal);
        deliveries.Write(output, () => OutputFile.Write(output, text, terminal));
        return deliveries.Conclude(again is null ? ExitCodes.NotDecided : ExitCodes.Ok);
    }

    private static VirtualTime? FirstCrash(PairParts parts, UmlSettings settings, SiteOptions site, int number, VirtualTime until, CrashRecord crash, CancellationToken stop)
    {
        long windows = (until.Microseconds / site.Window.Microseconds) + 1;
        using var session = new PairSession(parts, settings.OptionsOf(site, new VirtualTime(windows * site.Window.Microseconds), number));
        for (long window = 1; window <= windows; window++)
        {
            GuestCrash? found = session.RunToCrash(new VirtualTime(window * site.Window.Microseconds), c => c.Title == crash.Title && CodePath.Of(c.Role) == crash.Role, stop);
            stop.ThrowIfCancellationRequested();
            if (found is not null)
            {
                return found.At;
            }
        }

        return null;
    }
}
