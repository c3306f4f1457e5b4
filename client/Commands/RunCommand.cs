using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Stress.Client.Reports;
using Stress.Client.Running;
using Stress.Client.Screen;
using Stress.Emulator.Simulation;
using Stress.Grains;
using Stress.Observability;
using Stress.Observability.Ci;
using Stress.Observability.Html;
using Stress.Observability.Instruments;
using Stress.Scenarios;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress run FILE</c>: executes a scenario and reports how often each code path crashed.</summary>
public static class RunCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        // Numbers are taken as text: the settings say what is accepted, in one line, for the command line and its tests alike.
        var file = new Argument<string>("FILE") { Description = "The scenario, for example scenarios/troxel-2005.yaml." };
        var pairs = new Option<string?>("--pairs") { Description = "Pairs of a calling and a called system." };
        var hours = new Option<string?>("--hours") { Description = "Virtual hours of each pair." };
        var seed = new Option<string?>("--seed") { Description = "Seed of every random stream." };
        var design = new Option<string?>("--design") { Description = "Teardown design in place of the scenario's." };
        var library = new Option<string?>("--design-assembly") { Description = "Library (.dll) with teardown designs of your own (docs/designs.md)." };
        var site = new Option<string?>("--site") { Description = "Execute this site only." };
        var output = new Option<string?>("--out") { Description = "Folder that gets the run's folder (default: runs)." };
        var json = new Option<string?>("--json") { Description = "Write the report to this file too." };
        var workers = new Option<string?>("--workers") { Description = "Sites executed at once (default: one a processor). The result does not depend on it." };
        var pace = new Option<string?>("--pace") { Description = "Virtual seconds a second of wall time, for example 60 (default: as fast as possible)." };
        var metrics = new Option<string?>("--metrics-port") { Description = "Serve the run's metrics on this port of 127.0.0.1, for Prometheus (0: any free one)." };
        var quiet = new Option<bool>("--no-progress") { Description = "Show no progress." };
        var noSkip = new Option<bool>("--no-skip") { Description = "Execute the events of quiet stretches in full too (docs/performance.md). The result does not depend on it." };
        var pcap = new Option<string?>("--pcap") { Description = "Write every frame of every line to this file too (pcapng, PPP with direction)." };
        var check = new Option<bool>("--check") { Description = "Execute a sample of sites a second time and compare (exit 3 when they differ)." };
        var command = new Command("run", "Run a scenario.") { file, pairs, hours, seed, design, library, site, output, json, workers, pace, metrics, quiet, noSkip, check, pcap };
        var checks = new CheckFileOptions();
        checks.AddTo(command);
        command.SetAction((line, stop) => Execute(
            terminal,
            new RunSettings
            {
                File = line.GetValue(file)!,
                Pairs = line.GetValue(pairs),
                Hours = line.GetValue(hours),
                Seed = line.GetValue(seed),
                Design = line.GetValue(design),
                DesignAssembly = line.GetValue(library),
                Site = line.GetValue(site),
                Workers = line.GetValue(workers),
                Pace = line.GetValue(pace),
                MetricsPort = line.GetValue(metrics),
                NoSkip = line.GetValue(noSkip),
            },
            line.GetValue(output),
            line.GetValue(json),
            progress: !line.GetValue(quiet),
            check: line.GetValue(check),
            line.GetValue(pcap),
            checks.Read(line),
            stop));
        return command;
    }

    private static async Task<int> Execute(
        Terminal terminal, RunSettings settings, string? outFolder, string? json, bool progress, bool check, string? pcap, CheckFiles files, CancellationToken stop)
    {
        Scenario scenario = settings.Load();
        files.Check();
        TrySite(scenario);
        Output output = Output.Choose(outFolder, json, scenario.Name, DateTimeOffset.UtcNow);
        Launch launch = Launch.Create(settings, scenario, output.RunId, check);
        if (pcap is not null)
        {
            RunCapture.Check(pcap, launch);
        }

        OptionsScreen.Write(terminal.Out, launch);

        long start = Stopwatch.GetTimestamp();
        (RunResult Result, bool Interrupted) run;
        await using (EmbeddedSilo silo = await Embedded.Start(launch.Workers, settings.MetricsPortNumber, terminal))
        {
            launch.Save(output.Folder);
            using Activity? command = WindowSpans.Command("run");
            await using var file = new ProgressFile(silo.Grains, launch.Plan.RunId, output.Folder);
            run = await new ProgressScreen(terminal, launch, progress).During(
                watch => new RunFollower(silo.Grains).Run(launch.Plan, file.After(watch), stop));
        }

        TimeSpan wall = Stopwatch.GetElapsedTime(start);
        Difference? difference = check && !run.Interrupted ? Check(terminal, launch, run.Result, stop) : null;
        RunReport report = ReportBuilder.Build(launch, run.Result, wall, run.Interrupted);
        IReadOnlyList<CrashRecord> crashes = ReportBuilder.Crashes(launch, run.Result, output.Folder.Path).ToList();
        output.Folder.Write(report, crashes);
        HtmlReport.WriteTo(output.Folder, report, crashes, launch.Plan.Site);
        if (output.Json is { } further)
        {
            RunFolder.WriteReport(report, further);
        }

        ReportScreen.Write(terminal.Out, report, output.Folder.Path);
        if (pcap is not null && !run.Interrupted)
        {
            (long frames, int lines) = RunCapture.Write(pcap, launch.Plan.Site, launch.Plan.FirstSite, launch.Plan.Sites, launch.Plan.Windows, stop);
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"capture        {pcap}: {frames} frames of {lines} lines"));
        }

        files.Write(CheckCases.Of(report, crashes, difference?.ToString(), DateTimeOffset.UtcNow), terminal);
        return Conclude(terminal, report, run.Interrupted, difference);
    }

    // The emulator says what it does not accept (a design of another name) when a site is made; better here than in the middle of a run.
    internal static void TrySite(Scenario scenario)
    {
        try
        {
            _ = Site.Create(scenario.Site, 0);
        }
        catch (ArgumentException e)
        {
            string message = e.ParamName is { } name ? e.Message.Replace($" (Parameter '{name}')", "") : e.Message;
            throw new UsageException($"{scenario.FileName}: {message.ReplaceLineEndings(" ")}");
        }
    }

    private static Difference? Check(Terminal terminal, Launch launch, RunResult result, CancellationToken stop)
    {
        foreach ((int site, IReadOnlyList<WindowMark> marks) in result.Marks.OrderBy(pair => pair.Key))
        {
            if (SecondExecution.Compare(launch.Plan.Site, site, marks, stop) is { } difference)
            {
                return difference;
            }
        }

        terminal.Out.WriteLine($"check: {result.Marks.Count} sites executed again, {result.Marks.Sum(pair => (long)pair.Value.Count)} windows, no difference");
        return null;
    }

    private static int Conclude(Terminal terminal, RunReport report, bool interrupted, Difference? difference)
    {
        int code = ExitCodes.Of(interrupted, difference is not null, report.Complete, report.Expectations.All(verdict => verdict.Met));
        switch (code)
        {
            case ExitCodes.Interrupted:
                terminal.Error.WriteLine("stress: interrupted; the report is partial");
                break;
            case ExitCodes.NotDeterministic:
                terminal.Error.WriteLine($"stress: not deterministic: {difference}");
                break;
            case ExitCodes.Incomplete:
                terminal.Error.WriteLine($"stress: incomplete: {report.Work.Failed} sites failed, {report.Work.Lost} lost; the first again with: {report.Problems.FirstOrDefault()?.Command}");
                break;
            case ExitCodes.ExpectationFailed:
                foreach (ExpectationVerdict verdict in report.Expectations.Where(verdict => !verdict.Met))
                {
                    terminal.Error.WriteLine($"stress: {ReportScreen.Failure(report, verdict)}");
                }

                break;
        }

        return code;
    }
}
