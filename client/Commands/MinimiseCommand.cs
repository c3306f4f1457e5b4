using System.CommandLine;
using System.Diagnostics;
using Stress.Client.Launching;
using Stress.Client.Replay;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Minimise;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Scenarios;

namespace Stress.Client.Commands;

/// <summary>
/// <c>stress minimise RUN CRASH-ID</c>: cuts the site that crashed down to what the crash needs, writes an operation list with the same title for
/// <c>stress exec</c>, and a scenario of a few lines for <c>stress run</c>.
/// </summary>
public static class MinimiseCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var run = new Argument<string>("RUN") { Description = "The run's folder, or its name under runs; with --stack, an operation list." };
        var id = new Argument<string?>("CRASH-ID") { Arity = ArgumentArity.ZeroOrOne, Description = "The crash's id, as the run's table and crashes.ndjson name it, or its first letters." };
        var ops = new Option<string?>("--ops") { Description = "Where to write the operation list (default: CRASH-ID.ops in the run's folder)." };
        var scenario = new Option<string?>("--scenario") { Description = "Where to write the scenario (default: CRASH-ID.yaml in the run's folder)." };
        var stack = new Option<string?>("--stack") { Description = "The real kernel on which to minimise an operation list: uml:KERNEL." };
        var fault = new Option<string?>("--fault") { Description = "With --stack, switch on a fault of a kernel built with --faults." };
        var command = new Command("minimise", "Reduce a crash to what it needs: an operation list and a scenario.") { run, id, ops, scenario, stack, fault };
        command.SetAction((line, stop) => Choose(
            terminal, line.GetValue(run)!, line.GetValue(id), line.GetValue(ops), line.GetValue(scenario), line.GetValue(stack), line.GetValue(fault), stop));
        return command;
    }

    private static Task<int> Choose(Terminal terminal, string run, string? id, string? ops, string? scenario, string? stack, string? fault, CancellationToken stop)
    {
        if (stack is not null)
        {
            return id is null && scenario is null
                ? RealMinimise.ListAsync(terminal, run, stack, fault, ops, stop)
                : throw new UsageException("minimise --stack cuts an operation list down; accepted is minimise LIST --stack uml:KERNEL [--fault NAME] [--ops FILE]");
        }

        if (id is null || fault is not null)
        {
            throw new UsageException(id is null ? "minimise: which crash? accepted is minimise RUN CRASH-ID, or minimise LIST --stack uml:KERNEL" : $"--fault {fault}: the run says which; accepted is --fault with --stack");
        }

        RunFolder folder = Output.FindRun(run);
        Launch launch = Launch.Open(folder);
        return launch.Real is null ? Task.FromResult(Execute(terminal, run, id, ops, scenario))
            : ops is null ? RealMinimise.SiteAsync(terminal, folder, launch, RecordedCrash.Find(folder, id), scenario, stop)
            : throw new UsageException($"--ops {ops}: a site of real kernels is cut down to a scenario; accepted is --scenario FILE");
    }

    private static int Execute(Terminal terminal, string run, string id, string? ops, string? scenario)
    {
        long began = Stopwatch.GetTimestamp();
        RunFolder folder = Output.FindRun(run);
        CrashRecord record = RecordedCrash.Find(folder, id);
        id = record.Id;
        (SiteOptions options, _, _) = Launch.Read(folder);
        options = options with { Seed = record.Seed };
        ops ??= Path.Combine(folder.Path, $"{id}.ops");
        scenario ??= Path.Combine(folder.Path, $"{id}.yaml");
        Output.CheckFile("--ops", ops);
        Output.CheckFile("--scenario", scenario);

        TextWriter o = terminal.Text;
        CrashTally crash = RecordedCrash.Tally(record, options.Topology);
        MinimalSite site = new SiteMinimiser(options, (uint)record.Site, crash).Minimise()
            ?? throw new UsageException($"{id}: site {record.Site} does not crash at event {record.Event}; accepted is a run of this version of stress");
        o.WriteLine(record.Title);
        o.WriteLine($"{record.Role} system, site {record.Site}, seed {record.Seed}");
        o.WriteLine();
        Print(o, site, options);

        TeardownDesign design = options.Designs.Named(options.Design);
        MinimalOperations? list = new OperationMinimiser(design, crash.Title).Minimise(site.Operations);
        o.WriteLine();
        if (list is not null)
        {
            string exec = $"stress exec {ops}{(options.Design == "netbsd-2005" ? "" : $" --design {options.Design}")}";
            o.WriteLine($"{Counted.Of(list.Lines.Count, "operation")} of {site.Operations.Count}, {(list.IsMinimal ? "none can go" : "perhaps not all needed")} ({Counted.Of(list.Tests, "list")} run): ./{exec}");
            if (list.NotModelled.Length > 0)
            {
                o.WriteLine($"not decided: {list.NotModelled}");
            }

            foreach (string line in list.Lines)
            {
                o.WriteLine($"  {line}");
            }
        }
        else
        {
            o.WriteLine("no operation list has this title: it needs what the language cannot name");
        }

        o.WriteLine();
        ReducedScenario? reduced = new ScenarioReducer(options, crash.Title, crash.Role).Reduce($"minimised-{id}");
        if (reduced is not null)
        {
            string text = ScenarioWriter.WriteShort(reduced.Scenario);
            o.WriteLine($"a scenario that crashes at {reduced.At} ({Counted.Of(reduced.Tests, "site")} executed): ./stress run {scenario}");
            foreach (string line in text.TrimEnd().Split('\n'))
            {
                o.WriteLine($"  {line}");
            }
        }
        else
        {
            o.WriteLine("no single site of this scenario showed the crash within two hours of virtual time");
        }

        o.WriteLine();
        o.WriteLine($"{Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s");
        var deliveries = new Deliveries(terminal);
        if (list is not null)
        {
            string[] lines = [$"# {record.Title}", $"# minimised from a run: site {record.Site}, seed {record.Seed}, event {record.Event}", .. list.Lines, ""];
            deliveries.Write(ops, () => OutputFile.Write(ops, string.Join('\n', lines), terminal));
        }

        if (reduced is not null)
        {
            deliveries.Write(scenario, () => OutputFile.Write(scenario, ScenarioWriter.WriteShort(reduced.Scenario), terminal));
        }

        return deliveries.Conclude(list is null || list.NotModelled.Length > 0 || reduced is null ? ExitCodes.NotDecided : ExitCodes.Ok);
    }

    private static void Print(TextWriter o, MinimalSite site, SiteOptions options)
    {
        o.WriteLine(site.StartEvent == 0
            ? "history: none to cut, the crash is in the first life of the system that boots first"
            : $"history before {site.Start} cut: {Counted.Of(site.StartEvent, "event")}{(site.PowerCycled ? ", every system switched off and on there" : "; the other systems continue from their state then")}");
        o.WriteLine($"{Counted.Of(site.Parts.Count, "part")} of {site.PartsBefore} needed, {(site.IsMinimal ? "none can go" : "the search ended before each was tried")} ({Counted.Of(site.Tests, "execution")}, {Counted.Of(site.Events, "event")}); crash at {site.At}, event {site.CrashEvent}");
        foreach (SitePart part in site.Parts)
        {
            o.WriteLine($"  {PartWords.Describe(part, options)}");
        }
    }
}
