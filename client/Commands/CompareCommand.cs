using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Stress.Client.Reports;
using Stress.Client.Running;
using Stress.Client.Screen;
using Stress.Contracts;
using Stress.Emulator.Designs;
using Stress.Observability;
using Stress.Observability.Ci;
using Stress.Observability.Html;
using Stress.Scenarios;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress compare FILE --designs all|A,B</c>: several teardown designs on the same worlds, with what each costs.</summary>
public static class CompareCommand
{
    /// <summary>File name of the comparison in its folder.</summary>
    public const string JsonName = "compare.json";

    /// <summary>File name of the page in the comparison's folder.</summary>
    public const string HtmlName = "compare.html";

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var designs = new Option<string>("--designs") { Description = "all, or names with commas between them.", DefaultValueFactory = _ => "all" };
        var command = new Command("compare", "Compare teardown designs on the same worlds.");
        ScenarioOptions scenario = new ScenarioOptions().AddTo(command).AddRunsTo(command);
        var details = new Option<bool>("--details") { Description = "Print every table, and not only the verdict: they are in the page too." };
        command.Add(designs);
        command.Add(details);
        var checks = new CheckFileOptions();
        checks.AddTo(command);
        command.SetAction((line, stop) => Execute(
            terminal,
            scenario.Settings(line),
            line.GetValue(designs)!,
            scenario.Folder(line),
            scenario.Json(line),
            scenario.Progress(line),
            line.GetValue(details),
            checks.Read(line),
            stop));
        return command;
    }

    private static async Task<int> Execute(
        Terminal terminal, RunSettings settings, string designs, string? outFolder, string? json, bool progress, bool details, CheckFiles files, CancellationToken stop)
    {
        Scenario scenario = settings.LoadEmulated("compare", terminal.In);
        files.Check();
        IReadOnlyList<string> names = Names(designs, scenario);
        Embedded.CheckFree(settings.MetricsPortNumber);
        Output output = Output.Choose(outFolder, json, scenario.Name + "-compare", DateTimeOffset.UtcNow);
        long start = Stopwatch.GetTimestamp();
        List<ComparedRun> runs = [];
        bool interrupted = false;
        var deliveries = new Deliveries(terminal);
        deliveries.Write(output.Folder.Path, () => output.Folder.Create(scenario.SourceText));
        await using (EmbeddedSilo silo = await Embedded.Start(settings.WorkerCount, settings.MetricsPortNumber, terminal))
        {
            foreach (string name in names)
            {
                Launch launch = Plan(settings, scenario, name, $"{output.RunId}-{name}");
                long begun = Stopwatch.GetTimestamp();
                (RunResult result, interrupted) = await new ProgressScreen(terminal, launch, progress, $"{runs.Count + 1} of {names.Count} {name}  ").During(
                    watch => new RunFollower(silo).Run(launch.Plan, watch, stop));
                runs.Add(new ComparedRun(launch, result, ReportBuilder.Build(launch, result, Stopwatch.GetElapsedTime(begun), interrupted)));
                var folder = new RunFolder(Path.Combine(output.Folder.Path, name));
                deliveries.Write(folder.Path, () => Keep(folder, runs[^1]));
                if (interrupted)
                {
                    break;
                }
            }
        }

        CompareReport report = CompareBuilder.Build(output.RunId, runs, Stopwatch.GetElapsedTime(start), CommandLine(runs[0].Launch, designs));
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

    // The scenario's own design comes first: the others are compared with it.
    private static IReadOnlyList<string> Names(string designs, Scenario scenario)
    {
        DesignSet known = scenario.Site.Designs;
        string[] asked = designs == "all" ? [.. known.All.Select(design => design.Name)] : designs.Split(',', StringSplitOptions.TrimEntries);
        foreach (string name in asked)
        {
            _ = DesignLibrary.Named(known, "--designs", name, orAll: true);
        }

        return [.. asked.Distinct().OrderBy(name => name == scenario.Site.Design ? 0 : 1)];
    }

    private static Launch Plan(RunSettings settings, Scenario scenario, string design, string runId)
    {
        Scenario one = scenario with { Site = scenario.Site with { Design = design } };
        Launch launch = Launch.Create(settings with { Design = design }, one, runId, check: false);
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
        return ReportBuilder.Crashes(run.Launch, run.Result, Path.Combine(output.Folder.Path, design));
    }

    private static string CommandLine(Launch launch, string designs) =>
        $"{launch.Command.Replace("./stress run ", "./stress compare ", StringComparison.Ordinal).Replace($" --design {launch.Scenario.Site.Design}", "", StringComparison.Ordinal)} --designs {designs}";

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
