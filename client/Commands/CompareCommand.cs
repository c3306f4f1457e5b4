using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Stress.Client.Clusters;
using Stress.Client.Following;
using Stress.Client.Launching;
using Stress.Client.Reports;
using Stress.Client.Screen;
using Stress.Contracts;
using Stress.Emulator.Designs;
using Stress.Guests;
using Stress.Guests.Sites;
using Stress.Observability;
using Stress.Observability.Ci;
using Stress.Observability.Html;
using Stress.Scenarios;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress compare FILE --designs all|A,B</c>: several teardown designs on the same worlds, with what each costs; of real kernels, several kernels or faults.</summary>
public static class CompareCommand
{
    /// <summary>File name of the comparison in its folder.</summary>
    public const string JsonName = "compare.json";

    /// <summary>File name of the page in the comparison's folder.</summary>
    public const string HtmlName = "compare.html";

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var designs = new Option<string?>("--designs") { Description = "all, or names separated by commas (default: all)." };
        designs.CompletionSources.Add([.. TeardownDesigns.All.Select(design => design.Name), "all"]);
        var kernels = new Option<string?>("--kernels") { Description = "Of a scenario of real kernels: names or keys separated by commas, CALLED/CALLING where the ends differ; the first is the baseline." };
        var faults = new Option<string?>("--faults") { Description = "Of a scenario of real kernels: faults separated by commas, or none for no fault; the first is the baseline." };
        var command = new Command("compare", "Compare teardown designs, or real kernels, on the same worlds.");
        ScenarioOptions scenario = new ScenarioOptions().AddTo(command).AddRunsTo(command);
        var details = new Option<bool>("--details") { Description = "Print every table, and not only the verdict: they are in the page too." };
        command.Add(designs);
        command.Add(kernels);
        command.Add(faults);
        command.Add(details);
        var checks = new CheckFileOptions();
        checks.AddTo(command);
        command.SetAction((line, stop) => Execute(
            terminal,
            scenario.Settings(line),
            new Choice(line.GetValue(designs), line.GetValue(kernels), line.GetValue(faults)),
            scenario.Folder(line),
            scenario.Json(line),
            scenario.Progress(line),
            line.GetValue(details),
            checks.Read(line),
            stop));
        return command;
    }

    private static async Task<int> Execute(
        Terminal terminal, RunSettings settings, Choice choice, string? outFolder, string? json, bool progress, bool details, CheckFiles files, CancellationToken stop)
    {
        Scenario scenario = settings.Load(terminal.In);
        files.Check();
        IReadOnlyList<Variant> variants = scenario.IsReal ? await Kernels(terminal, choice, settings, scenario, stop) : Designs(choice, scenario);
        Embedded.CheckFree(settings.MetricsPort);
        Output output = Output.Choose(outFolder, json, scenario.Name + "-compare", DateTimeOffset.UtcNow);
        long start = Stopwatch.GetTimestamp();
        List<ComparedRun> runs = [];
        bool interrupted = false;
        var deliveries = new Deliveries(terminal);
        deliveries.Write(output.Folder.Path, () => output.Folder.Create(scenario.SourceText));
        await using (EmbeddedSilo silo = await Embedded.Start(settings.WorkerCount, settings.MetricsPort, terminal))
        {
            foreach (Variant variant in variants)
            {
                Launch launch = Plan(settings, scenario, variant, output.RunId);
                string name = launch.DesignName;
                long begun = Stopwatch.GetTimestamp();
                (RunResult result, interrupted) = await new ProgressScreen(terminal, launch, progress, $"{runs.Count + 1} of {variants.Count} {name}  ").During(
                    watch => new RunFollower(silo).Run(launch.Plan, watch, stop));
                runs.Add(new ComparedRun(launch, result, ReportBuilder.Build(launch, result, Stopwatch.GetElapsedTime(begun), interrupted)));
                var folder = new RunFolder(FolderOf(output.Folder.Path, name));
                deliveries.Write(folder.Path, () => Keep(folder, runs[^1]));
                if (interrupted)
                {
                    break;
                }
            }
        }

        CompareReport report = CompareBuilder.Build(output.RunId, runs, Stopwatch.GetElapsedTime(start), CommandLine(runs[0].Launch, choice));
        report = report with { Interrupted = interrupted };
        CompareScreen.Write(terminal.Out, report, output.Folder.Path, details);
        string text = JsonSerializer.Serialize(report, RunFolder.Json) + "\n", file = Path.Combine(output.Folder.Path, JsonName);
        bool kept = deliveries.Write(file, () => RunFolder.ReplaceFile(file, next => File.WriteAllText(next, text)));
        WritePage(output.Folder, report, [.. runs.Select(run => run.Launch)], deliveries);
        if (output.Json is { } further)
        {
            deliveries.Write(further, () => OutputFile.Write(further, text, terminal));
        }

        files.Write(CheckCases.Of(report, design => Crashes(output, runs, design), DateTimeOffset.UtcNow), terminal, deliveries);
        return deliveries.Conclude(Conclude(terminal, report, runs, interrupted), kept ? $"./stress report {output.Folder.Path}" : report.Command);
    }

    /// <summary>Writes the page of a comparison into its folder.</summary>
    internal static void WritePage(RunFolder folder, CompareReport report, IReadOnlyList<Launch> launches, Deliveries deliveries)
    {
        string file = Path.Combine(folder.Path, HtmlName);
        deliveries.Write(file, () => RunFolder.ReplaceFile(file, next =>
        {
            using StreamWriter page = File.CreateText(next);
            HtmlReport.Write(ComparePages.Of(report) with { Configuration = RunConfiguration.Of(launches, null) }, page);
        }));
    }

    /// <summary>The exit code of a comparison.</summary>
    internal static int CodeOf(CompareReport report, bool interrupted) => ExitCodes.Of(
        interrupted, differs: false, report.Complete, report.Designs.All(design => design.Expectations.All(verdict => !verdict.Failed)), report.NotDecided.Count == 0);

    /// <summary>The folder of one of a comparison's runs: every character that is not allowed in a name becomes a dash.</summary>
    internal static string FolderOf(string comparison, string design) =>
        Path.Combine(comparison, string.Concat(design.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')));

    // What the command line names to compare, as it was typed.
    private sealed record Choice(string? Designs, string? Kernels, string? Faults);

    // One side of the comparison: a design, or real kernels with or without a fault.
    private sealed record Variant(string Design, string? Kernel = null, string? Fault = null, UmlSettings? Real = null);

    // The first kernels and the first fault are the baseline; every kernel is run with every fault.
    private static async Task<IReadOnlyList<Variant>> Kernels(Terminal terminal, Choice choice, RunSettings settings, Scenario scenario, CancellationToken stop)
    {
        if (choice.Designs is { } designs)
        {
            throw new UsageException($"--designs {designs}: real kernels (backend: {scenario.Backend}) have no teardown designs; accepted are --kernels A,B and --faults none,NAME");
        }

        string?[] kernels = choice.Kernels is { } kernelsNamed ? kernelsNamed.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : new string?[] { null };
        string?[] faults = choice.Faults is { } faultsNamed ? faultsNamed.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : new string?[] { null };
        if (kernels.Distinct().Count() * faults.Distinct().Count() < 2)
        {
            throw new UsageException("compare: nothing to compare; accepted for real kernels are two or more of --kernels A,B or --faults none,NAME");
        }

        List<Variant> variants = [];
        foreach (string? kernel in kernels.Distinct())
        {
            foreach (string? fault in faults.Distinct())
            {
                Scenario one = (settings with { Kernel = kernel?.Replace('/', ','), Fault = fault }).Apply(scenario);
                UmlSettings real = await UmlSettings.OfMachineAsync(GuestCache.OfUser(), one.CalledKernel, one.CallingKernel, one.Fault, terminal.Error.WriteLine, stop);
                variants.Add(new Variant(scenario.Site.Design, kernel?.Replace('/', ','), fault, real));
            }
        }

        string[] twice = [.. variants.GroupBy(variant => Launch.SystemsOf(variant.Real!)).Where(group => group.Count() > 1).Select(group => group.Key)];
        return twice.Length == 0 ? variants
            : throw new UsageException($"compare: {string.Join(", ", twice)}: more than one is called so; accepted are kernels with names of their own (./stress kernel build --name)");
    }

    // The scenario's own design comes first: the others are compared with it.
    private static IReadOnlyList<Variant> Designs(Choice choice, Scenario scenario)
    {
        if ((choice.Kernels ?? choice.Faults) is { } named)
        {
            throw new UsageException($"{(choice.Kernels is null ? "--faults" : "--kernels")} {named}: of real kernels, and the backend of {scenario.FileName} is {scenario.Backend}; accepted is --designs");
        }

        string designs = choice.Designs ?? "all";
        DesignSet known = scenario.Site.Designs;
        string[] asked = designs == "all" ? [.. known.All.Select(design => design.Name)] : designs.Split(',', StringSplitOptions.TrimEntries);
        foreach (string name in asked)
        {
            _ = DesignLibrary.Named(known, "--designs", name, orAll: true);
        }

        return [.. asked.Distinct().OrderBy(name => name == scenario.Site.Design ? 0 : 1).Select(name => new Variant(name))];
    }

    private static Launch Plan(RunSettings settings, Scenario scenario, Variant variant, string runId)
    {
        RunSettings own = variant.Real is null ? settings with { Design = variant.Design } : settings with { Kernel = variant.Kernel, Fault = variant.Fault };
        Scenario one = variant.Real is null ? scenario with { Site = scenario.Site with { Design = variant.Design } } : own.Apply(scenario);
        string name = variant.Real is null ? variant.Design : Path.GetFileName(FolderOf("", Launch.SystemsOf(variant.Real)));
        Launch launch = Launch.Create(own, one, $"{runId}-{name}", check: false, real: variant.Real);
        return launch with { Plan = launch.Plan with { KeepSites = true } };
    }

    private static void Keep(RunFolder folder, ComparedRun run)
    {
        run.Launch.Save(folder);
        folder.Write(run.Report, ReportBuilder.Crashes(run.Launch, run.Result, folder.Path));
    }

    private static IReadOnlyList<CrashRecord> Crashes(Output output, List<ComparedRun> runs, string design)
    {
        ComparedRun run = runs.First(r => r.Report.Design == design);
        return ReportBuilder.Crashes(run.Launch, run.Result, FolderOf(output.Folder.Path, design));
    }

    private static string CommandLine(Launch launch, Choice choice)
    {
        string command = launch.Command.Replace("./stress run ", "./stress compare ", StringComparison.Ordinal);
        return launch.Real is null
            ? $"{command.Replace($" --design {launch.Scenario.Site.Design}", "", StringComparison.Ordinal)} --designs {choice.Designs ?? "all"}"
            : $"{command.Replace(launch.KernelOptions(), "", StringComparison.Ordinal)}{(choice.Kernels is { } kernels ? $" --kernels {kernels}" : "")}{(choice.Faults is { } faults ? $" --faults {faults}" : "")}";
    }

    private static int Conclude(Terminal terminal, CompareReport report, List<ComparedRun> runs, bool interrupted)
    {
        int code = CodeOf(report, interrupted);
        switch (code)
        {
            case ExitCodes.Interrupted:
                terminal.Error.WriteLine("stress: interrupted; the comparison is partial");
                break;
            case ExitCodes.Incomplete:
                ComparedRun broken = runs.First(run => !run.Report.Complete);
                terminal.Error.WriteLine($"stress: incomplete: {Counted.Of(broken.Report.Work.Failed, "site")} of {broken.Report.Design} failed, {broken.Report.Work.Lost} lost; the first again with: {broken.Report.Problems.FirstOrDefault()?.Command}");
                break;
            case ExitCodes.NotDecided:
                foreach (string reason in report.NotDecided)
                {
                    terminal.Error.WriteLine($"stress: not decided: {reason}");
                }

                break;
            case ExitCodes.ExpectationFailed:
                foreach (ComparedRun run in runs)
                {
                    foreach (ExpectationVerdict verdict in run.Report.Expectations.Where(verdict => verdict.Failed))
                    {
                        terminal.Error.WriteLine($"stress: {ReportScreen.Failure(run.Report, verdict)} with {run.Report.Design}");
                    }
                }

                break;
        }

        return code;
    }
}
