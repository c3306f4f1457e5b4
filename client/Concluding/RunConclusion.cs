using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Stress.Client.Capture;
using Stress.Client.Following;
using Stress.Client.Launching;
using Stress.Client.Reports;
using Stress.Client.Screen;
using Stress.Contracts;
using Stress.Guests;
using Stress.Guests.Running;
using Stress.Observability;
using Stress.Observability.Ci;
using Stress.Observability.Html;
using Stress.Observability.Instruments;
using Stress.Silo;

namespace Stress.Client.Concluding;

/// <summary>What every command that follows a run to its end does: progress, second execution, the files, the screen, and the exit code.</summary>
/// <param name="terminal">Where to write.</param>
/// <param name="launch">The run.</param>
/// <param name="output">Where its files go.</param>
/// <param name="wishes">The wishes of the command line.</param>
internal sealed class RunConclusion(Terminal terminal, Launch launch, Output output, RunConclusion.Wishes wishes)
{
    /// <summary>What a command line asks for at a run's end.</summary>
    /// <param name="Folder">Folder of runs, or null for the usual one.</param>
    /// <param name="Json">A further file for the report, or null.</param>
    /// <param name="Progress">Whether progress shows.</param>
    /// <param name="Check">Whether a sample of sites is executed a second time.</param>
    /// <param name="Files">Files for CI services.</param>
    /// <param name="Pcap">A file for every frame of the run, or null.</param>
    internal sealed record Wishes(string? Folder, string? Json, bool Progress, bool Check, CheckFiles Files, string? Pcap = null)
    {
        /// <summary>The run is kept out of the triage store.</summary>
        public bool NoStore { get; init; }

        /// <summary>How long a run on a cluster may be without a client, or null to leave that as it is.</summary>
        public RunLease? Lease { get; init; }
    }

    /// <summary>Starts the run, or resumes what storage holds of it, and follows it to its end.</summary>
    public async Task<int> Follow(IRunHost host, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        using Activity? command = WindowSpans.Command("run");
        FollowedRun run;
        await using (var file = new ProgressFile(host.Grains, launch.Plan.RunId, output.Folder))
        {
            run = await new ProgressScreen(terminal, launch, wishes.Progress).During(
                watch => new RunFollower(host, Say, wishes.Lease).Run(launch.Plan, file.After(watch), stop, host.IsCluster ? launch.ToText() : ""));
        }

        return await Conclude(run, Stopwatch.GetElapsedTime(start), host.Cluster, stop);
    }

    /// <summary>Writes the report of a run that has ended on a cluster, no matter who started it.</summary>
    /// <param name="terminal">Where to write.</param>
    /// <param name="client">The cluster.</param>
    /// <param name="run">The run.</param>
    /// <param name="output">Where its files go.</param>
    /// <param name="wishes">What the command line asks; a second execution, of the sites that the run was to check.</param>
    /// <param name="stop">Stops asking.</param>
    public static async Task<int> OfEnded(Terminal terminal, ClusterClient client, RunDescription run, Output output, Wishes wishes, CancellationToken stop)
    {
        Launch launch = Launch.From(run);
        FollowedRun ended = await new RunFollower(client, text => terminal.Error.WriteLine($"stress: {text}")).Result(launch.Plan, stop);
        try
        {
            launch.Save(output.Folder);
        }
        catch (Exception e) when (Deliveries.IsOfFileSystem(e))
        {
            // The result is shown nevertheless, and the last line says what is missing.
            terminal.Error.WriteLine($"stress: {output.Folder.Path} cannot be written: {Deliveries.Reason(e)}");
        }

        TimeSpan wall = (run.Ended ?? terminal.Time.GetUtcNow()) - run.Started;
        return await new RunConclusion(terminal, launch, output, wishes with { Check = wishes.Check && launch.Plan.CheckedSites.Count > 0 }).Conclude(ended, wall, client.Cluster, stop);
    }

    /// <summary>Writes the report of a run that was followed, and says how it ended.</summary>
    /// <param name="run">The result of following it.</param>
    /// <param name="wall">Wall time of the run.</param>
    /// <param name="cluster">Where it was executed, or null for this process.</param>
    /// <param name="stop">Ends a second execution early.</param>
    public async Task<int> Conclude(FollowedRun run, TimeSpan wall, RedisAddress? cluster, CancellationToken stop)
    {
        if (run.Final is not { } result)
        {
            terminal.Error.WriteLine($"stress: the run continues without this client; pick it up with: {ClusterSilence.PickUpCommand(launch.Plan.RunId, cluster!)}");
            return ExitCodes.Interrupted;
        }

        Difference? difference = wishes.Check && !run.Interrupted ? await Check(result, stop) : null;
        RunReport report = ReportBuilder.Build(launch, result, wall, run.Interrupted, ReportBuilder.Execution(launch, run));
        IReadOnlyList<CrashRecord> crashes = [.. ReportBuilder.Crashes(launch, result, output.Shown)];
        ReportScreen.Write(terminal.Out, report, folder: null);
        var deliveries = new Deliveries(terminal);
        bool kept = deliveries.Write(output.Folder.ReportPath, () => output.Folder.Write(report, crashes));
        deliveries.Write(output.Folder.PagePath, () => HtmlReport.WriteTo(output.Folder, report, crashes, launch.Plan.Site, RunConfiguration.Of(launch, report.Execution)));
        if (kept)
        {
            ReportScreen.Fact(terminal.Out, "report", Path.Combine(output.Shown, RunFolder.ReportName));
        }

        // The run's result is in its state until the report is written.
        if (report.Complete && kept)
        {
            deliveries.Write(StateFolder.Of(output.Folder), () => StateFolder.Forget(output.Folder));
        }

        if (output.Json is { } further)
        {
            deliveries.Write(further, () => OutputFile.Write(further, RunFolder.TextOf(report), terminal));
        }

        if (wishes.Pcap is { } pcap && !run.Interrupted)
        {
            PairParts? parts = launch.Real is { } real ? await real.PartsAsync(GuestCache.OfUser(), stop) : null;
            deliveries.Write(pcap, () =>
            {
                long frames;
                int lines;
                using (var capture = new CaptureFile(OutputFile.Create(pcap, terminal)))
                {
                    (frames, lines) = parts is null
                        ? RunCapture.Write(capture, launch.Plan.Site, launch.Plan.FirstSite, launch.Plan.Sites, launch.Plan.Windows, stop)
                        : RunCapture.Write(capture, launch, parts, stop);
                }

                terminal.Text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"capture        {pcap}: {Counted.Of(frames, "frame")} of {Counted.Of(lines, "line")}"));
            });
        }

        wishes.Files.Write(CheckCases.Of(report, crashes, difference?.ToString(), DateTimeOffset.UtcNow), terminal, deliveries);
        bool again = kept || Directory.Exists(StateFolder.Of(output.Folder));
        return deliveries.Conclude(Code(report, run.Interrupted, difference), again ? $"./stress report {output.Shown}" : launch.Command);
    }

    // On a terminal the line stands above the one that redraws itself.
    private void Say(string text)
    {
        if (terminal.IsInteractive && wishes.Progress)
        {
            terminal.Out.WriteLine($"stress: {text}");
        }
        else
        {
            terminal.Error.WriteLine($"stress: {text}");
        }
    }

    private async ValueTask<Difference?> Check(RunResult result, CancellationToken stop)
    {
        ISiteBackend? backend = new SiteBackends(StressSiloBuilder.Backends).Of(launch.Plan);
        if (backend is null)
        {
            terminal.Error.WriteLine($"stress: nothing is executed again: this build has no backend '{launch.Plan.Backend}'");
            return null;
        }

        foreach ((int site, IReadOnlyList<WindowMark> marks) in result.Marks.OrderBy(pair => pair.Key))
        {
            if (await SecondExecution.Compare(backend, launch.Plan, site, marks, stop) is { } difference)
            {
                return difference;
            }
        }

        terminal.Text.WriteLine($"check: {Counted.Of(result.Marks.Count, "site")} executed again, {Counted.Of(result.Marks.Sum(pair => (long)pair.Value.Count), "window")}, no difference");
        return null;
    }

    private int Code(RunReport report, bool interrupted, Difference? difference)
    {
        int code = ExitCodes.Of(interrupted || report.IsPartial, difference is not null, report.Complete, report.Expectations.All(verdict => !verdict.Failed), report.NotDecided.Count == 0);
        switch (code)
        {
            case ExitCodes.Interrupted when report.Incomplete == RunReport.Cancelled:
                terminal.Error.WriteLine($"stress: cancelled; the report is partial; the same run again: {launch.Command}");
                break;
            case ExitCodes.Interrupted:
                terminal.Error.WriteLine($"stress: interrupted; the report is partial; continue with: ./stress resume {output.Folder.Path}");
                break;
            case ExitCodes.NotDeterministic:
                terminal.Error.WriteLine($"stress: not deterministic: {difference}");
                break;
            case ExitCodes.Incomplete:
                SiteProblem? first = report.Problems.FirstOrDefault();
                terminal.Error.WriteLine(
                    $"stress: incomplete: {Counted.Of(report.Work.Failed, "site")} failed, {report.Work.Lost} lost; the first is site {first?.Site}, again with: {first?.Command}");
                break;
            case ExitCodes.NotDecided:
                foreach (string reason in report.NotDecided)
                {
                    terminal.Error.WriteLine($"stress: not decided: {reason}");
                }

                break;
            case ExitCodes.ExpectationFailed:
                foreach (ExpectationVerdict verdict in report.Expectations.Where(verdict => verdict.Failed))
                {
                    terminal.Error.WriteLine($"stress: {ReportScreen.Failure(report, verdict)}");
                }

                break;
        }

        return code;
    }
}
