using System.CommandLine;
using Stress.Client.Clusters;
using Stress.Client.Concluding;
using Stress.Client.Following;
using Stress.Client.Launching;
using Stress.Client.Reports;
using Stress.Client.Screen;
using Stress.Contracts;
using Stress.Observability;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress watch RUN</c>: shows a run in another process or on a cluster while it is in progress.</summary>
public static class WatchCommand
{
    /// <summary>Wall time without news of a run after which it is considered gone.</summary>
    private static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(60);

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var run = new Argument<string?>("RUN")
        {
            Description = "The run's folder or name (default: the latest under runs, or on the cluster).",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var cluster = new ClusterOption();
        var output = new Option<string?>("--out") { Description = $"On a cluster: folder that gets the run's folder with its report (default: {Output.DefaultFolder})." };
        var command = new Command("watch", "Watch a run that another process has started; on a cluster, until its report is written.") { run, output };
        cluster.AddTo(command);
        Option<TimeSpan?> wait = ClusterWait.Option();
        command.Add(wait);
        command.SetAction((line, stop) => cluster.Read(line) is { } redis
            ? OnCluster(terminal, redis, line.GetValue(run), line.GetValue(output), ClusterWait.Of(line.GetValue(wait), terminal), stop)
            : Execute(terminal, RunSource.Of(Output.FindRun(line.GetValue(run))), stop));
        return command;
    }

    private static async Task<int> OnCluster(Terminal terminal, RedisAddress redis, string? run, string? folder, ClusterWait wait, CancellationToken stop)
    {
        await using ClusterClient client = await ClusterOption.Connect(redis, stop, wait);
        string? named = run is null ? null : Path.GetFileName(Path.TrimEndingDirectorySeparator(run));
        (string name, Func<Task<RunProgress?>> read) = await RunSource.Of(client.Grains, named);
        Output output = Output.Named(folder, name);
        RunProgress? last = await new WatchScreen(terminal, TimeProvider.System).Follow(read, GoneAfter, stop);
        if (last is not { Run.Finished: true })
        {
            return Unfinished(terminal, last, $"; the run is kept: pick it up with {ClusterSilence.PickUpCommand(name, redis)}", stop);
        }

        if (File.Exists(output.Folder.ReportPath))
        {
            ReportScreen.Fact(terminal.Out, "report", output.Folder.ReportPath);
            RunReport report = output.Folder.ReadReport();
            return ReportCommand.CodeOf(report);
        }

        // The client that started the run may be gone: whichever client is here at its end reports it.
        return await RunConclusion.OfEnded(terminal, client, await RunControlCommands.Find(client, name), output, new(null, null, Progress: false, Check: true, CheckFiles.None), stop);
    }

    private static async Task<int> Execute(Terminal terminal, Func<Task<RunProgress?>> read, CancellationToken stop)
    {
        RunProgress? last = await new WatchScreen(terminal, TimeProvider.System).Follow(read, GoneAfter, stop);
        return last is { Run.Finished: true } ? ExitCodes.Ok : Unfinished(terminal, last, "", stop);
    }

    private static int Unfinished(Terminal terminal, RunProgress? last, string advice, CancellationToken stop)
    {
        if (stop.IsCancellationRequested)
        {
            return ExitCodes.Ok;
        }

        terminal.Error.WriteLine($"stress: no news of {last?.Run.Labels.Run ?? "the run"} for {GoneAfter.TotalSeconds:0} s: its executor is gone or stopped{advice}");
        return ExitCodes.Incomplete;
    }
}
