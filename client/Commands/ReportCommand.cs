using System.CommandLine;
using System.Formats.Tar;
using System.Text.Json;
using Stress.Client.Clusters;
using Stress.Client.Concluding;
using Stress.Client.Following;
using Stress.Client.Launching;
using Stress.Client.Reports;
using Stress.Client.Screen;
using Stress.Contracts;
using Stress.Observability;
using Stress.Observability.Ci;
using Stress.Observability.Html;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary>
/// <c>stress report RUN</c>: shows a run's result again and writes its pages again, from <c>report.json</c> or, where that could not be written, from what the run
/// kept in <c>state/</c>; with <c>--cluster</c>, from the run's grains, no matter who started it or where it was executed. Nothing is executed; the exit code is that of
/// the run.
/// </summary>
public static class ReportCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var run = new Argument<string?>("RUN") { Description = "The run's folder, or its name under runs or on the cluster (default: the latest).", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> json = SharedOptions.Json();
        var cluster = new ClusterOption();
        Option<TimeSpan?> wait = ClusterWait.Option();
        var output = new Option<string?>("--out") { Description = $"Of a run on a cluster: folder that gets the run's folder, or {OutputFile.Standard} for one tar archive on standard output (default: {Output.DefaultFolder})." };
        var pictures = new Option<string?>("--pictures") { Description = "Write the charts into this folder too, each as a self-contained SVG file." };
        var command = new Command("report", "Show a run's result again, and write its pages again.") { run, json, output, pictures, wait };
        cluster.AddTo(command);
        var checks = new CheckFileOptions();
        checks.AddTo(command);
        command.SetAction((line, stop) => ClusterOf(cluster, line, line.GetValue(run)) is { } redis
            ? OfCluster(terminal, redis, line.GetValue(run), line.GetValue(output), line.GetValue(json), checks.Read(line), ClusterWait.Of(line.GetValue(wait), terminal), stop)
            : line.GetValue(output) is { } place
            ? throw new UsageException($"--out {place}: of a run on a cluster, and accepted with --cluster; the files of one that has a folder are in it")
            : Execute(terminal, Output.FindRun(line.GetValue(run)), line.GetValue(json), checks.Read(line), line.GetValue(pictures)));
        return command;
    }

    // The environment's cluster stands in for the option, but not for a run that has a folder here.
    private static RedisAddress? ClusterOf(ClusterOption cluster, ParseResult line, string? run) =>
        line.GetValue(cluster.Address) is null && run is not null && (Directory.Exists(run) || Directory.Exists(Path.Combine(Output.DefaultFolder, run))) ? null : cluster.Read(line);

    private static async Task<int> OfCluster(Terminal terminal, RedisAddress redis, string? named, string? place, string? json, CheckFiles files, ClusterWait wait, CancellationToken stop)
    {
        files.Check();
        await using ClusterClient client = await ClusterOption.Connect(redis, stop, wait);
        string run = named ?? RunSource.LatestOf(await client.Grains.GetGrain<IRunIndexGrain>(IRunIndexGrain.Key).List());
        RunDescription ended = await wait.For(() => Ended(client, run, redis), stop);
        RunConclusion.Wishes wishes = new(place, json, Progress: false, Check: false, files);
        if (place != OutputFile.Standard)
        {
            return await RunConclusion.OfEnded(terminal, client, ended, Output.Named(place, run, json), wishes, stop);
        }

        string folder = Directory.CreateTempSubdirectory("stress-report-").FullName;
        try
        {
            int code = await RunConclusion.OfEnded(terminal, client, ended, Output.Packed(folder, run, json), wishes, stop);
            using Stream archive = terminal.Standard();
            await TarFile.CreateFromDirectoryAsync(Path.Combine(folder, run), archive, includeBaseDirectory: true, stop);
            return code;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<RunDescription> Ended(ClusterClient client, string run, RedisAddress redis)
    {
        RunDescription description = await RunControlCommands.Find(client, run);
        return (await client.Grains.GetGrain<IRunGrain>(run).Progress()).Finished ? await RunControlCommands.Find(client, run)
            : throw new ClusterUnavailableException($"{run}: {description.Phase.ToString().ToLowerInvariant()}, and has no report before its end; accepted is a run that has ended, and {ClusterSilence.PickUpCommand(run, redis)} follows this one");
    }

    private static async Task<int> Execute(Terminal terminal, RunFolder folder, string? json, CheckFiles files, string? pictures)
    {
        files.Check();
        if (json is not null)
        {
            Output.CheckFile("--json", json);
        }

        if (pictures is not null)
        {
            Output.CheckFolder("--pictures", pictures);
            if (!File.Exists(folder.ReportPath) || File.Exists(Path.Combine(folder.Path, DialReport.FileName)))
            {
                throw new UsageException($"--pictures {pictures}: accepted with the folder of a run that has ended, one of a comparison's too; {folder.Path} is none");
            }
        }

        try
        {
            return File.Exists(Path.Combine(folder.Path, CompareCommand.JsonName)) ? OfComparison(terminal, folder, json, files)
                : File.Exists(folder.ReportPath) ? OfRun(terminal, folder, json, files, pictures)
                : await FromState(terminal, folder, json, files);
        }
        catch (JsonException e)
        {
            throw new UsageException($"{folder.Path}: {e.Message.TrimEnd('.')}; accepted is a folder that this version of stress has written");
        }
    }

    /// <summary>Shows the report that a run has left in its folder, and writes its pages again.</summary>
    internal static int OfRun(Terminal terminal, RunFolder folder, string? json, CheckFiles files, string? pictures = null)
    {
        RunReport report = folder.ReadReport();
        IReadOnlyList<CrashRecord> crashes = folder.ReadCrashes();
        var deliveries = new Deliveries(terminal);
        string call = Path.Combine(folder.Path, DialReport.FileName);
        if (File.Exists(call))
        {
            DialReport dial = FileFormat.Read<DialReport>(call, DialReport.CurrentFormat, RunFolder.Json);
            DialScreen.Write(terminal.Out, report, dial, folder.Path);
            deliveries.Write(folder.PagePath, () => DialPage.WriteTo(folder, report, crashes, dial, null));
        }
        else
        {
            ReportScreen.Write(terminal.Out, report, folder.Path);
            deliveries.Write(folder.PagePath, () => HtmlReport.WriteTo(folder, report, crashes, Launch.Open(folder).Scenario.Site, RunConfiguration.Of(Launch.Open(folder), report.Execution)));
        }

        if (pictures is not null)
        {
            IReadOnlyList<(string File, string Svg)> drawn = Pictures.Of(ReportPages.Of(report, crashes, HtmlReport.TimelineOf(crashes, Launch.Open(folder).Scenario.Site), []));
            if (deliveries.Write(pictures, () =>
            {
                Directory.CreateDirectory(pictures);
                foreach ((string file, string svg) in drawn)
                {
                    File.WriteAllText(Path.Combine(pictures, file), svg);
                }
            }))
            {
                terminal.Text.WriteLine($"pictures       {string.Join(", ", drawn.Select(picture => Path.Combine(pictures, picture.File)))}");
            }
        }

        if (json is not null)
        {
            deliveries.Write(json, () => OutputFile.Write(json, RunFolder.TextOf(report), terminal));
        }

        files.Write(CheckCases.Of(report, crashes, null, DateTimeOffset.UtcNow), terminal, deliveries);
        return deliveries.Conclude(CodeOf(report));
    }

    private static int OfComparison(Terminal terminal, RunFolder folder, string? json, CheckFiles files)
    {
        string file = Path.Combine(folder.Path, CompareCommand.JsonName), text = File.ReadAllText(file);
        CompareReport report = FileFormat.Parse<CompareReport>(file, text, ScenarioReport.CurrentFormat, RunFolder.Json);
        var deliveries = new Deliveries(terminal);
        CompareScreen.Write(terminal.Out, report, folder.Path, details: false);
        CompareCommand.WritePage(folder, report, [.. report.Designs.Select(design => Launch.Open(new RunFolder(CompareCommand.FolderOf(folder.Path, design.Design))))], deliveries);
        if (json is not null)
        {
            deliveries.Write(json, () => OutputFile.Write(json, text, terminal));
        }

        files.Write(CheckCases.Of(report, design => new RunFolder(CompareCommand.FolderOf(folder.Path, design)).ReadCrashes(), DateTimeOffset.UtcNow), terminal, deliveries);
        return deliveries.Conclude(CompareCommand.CodeOf(report, interrupted: report.Interrupted));
    }

    // The sums of what was executed are in the run's state. Stopped before it begins, it gives them and executes nothing more.
    private static async Task<int> FromState(Terminal terminal, RunFolder folder, string? json, CheckFiles files)
    {
        if (!Directory.Exists(StateFolder.Of(folder)))
        {
            throw new UsageException($"{folder.Path}: neither {RunFolder.ReportName} nor {StateFolder.Name}/; accepted is the folder of a run that has results");
        }

        return await ResumeCommand.WithState(terminal, Output.Again(folder, json), Environment.ProcessorCount, progress: false, files, new CancellationToken(canceled: true));
    }

    /// <summary>The exit code of a run whose report is read again.</summary>
    internal static int CodeOf(RunReport report) => ExitCodes.Of(
        report.IsPartial, differs: false, report.Complete, report.Expectations.All(verdict => !verdict.Failed), report.NotDecided.Count == 0);
}
