using System.CommandLine;
using Stress.Client.Running;
using Stress.Client.Screen;
using Stress.Observability;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress watch RUN</c>: a run that lives in another process or on a cluster, as it goes on.</summary>
public static class WatchCommand
{
    /// <summary>Wall time without news of a run after which it is taken for gone.</summary>
    private static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(60);

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var run = new Argument<string?>("RUN")
        {
            Description = "The run's folder or name (default: the latest under runs, or on the cluster).",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string?> cluster = ClusterOption.Create();
        var command = new Command("watch", "Watch a run that another process has started.") { run, cluster };
        command.SetAction((line, stop) => ClusterOption.Read(line.GetValue(cluster)) is { } redis
            ? OnCluster(terminal, redis, line.GetValue(run), stop)
            : Execute(terminal, RunSource.Of(Output.FindRun(line.GetValue(run))), stop));
        return command;
    }

    private static async Task<int> OnCluster(Terminal terminal, RedisAddress redis, string? run, CancellationToken stop)
    {
        await using ClusterClient client = await ClusterOption.Connect(redis, stop);
        string? name = run is null ? null : Path.GetFileName(Path.TrimEndingDirectorySeparator(run));
        return await Execute(terminal, await RunSource.Of(client.Grains, name), stop);
    }

    private static async Task<int> Execute(Terminal terminal, Func<Task<RunProgress?>> read, CancellationToken stop)
    {
        RunProgress? last = await new WatchScreen(terminal, TimeProvider.System).Follow(read, GoneAfter, stop);
        if (last is { Run.Finished: true } || stop.IsCancellationRequested)
        {
            return ExitCodes.Ok;
        }

        terminal.Error.WriteLine($"stress: no news of {last?.Run.Labels.Run ?? "the run"} for {GoneAfter.TotalSeconds:0} s: whoever executes it is gone, or stopped");
        return ExitCodes.Incomplete;
    }
}
