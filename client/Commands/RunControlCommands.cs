using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Stress.Client.Running;
using Stress.Client.Screen;
using Stress.Grains;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress status|cancel|pause RUN</c> and <c>stress runs</c>: what one asks of runs on a cluster.</summary>
public static class RunControlCommands
{
    /// <summary><c>stress status RUN</c>.</summary>
    public static Command Status(Terminal terminal) => ForRun("status", "Show where a run on a cluster is.", (run, redis, stop) => ShowStatus(terminal, run, redis, stop));

    /// <summary><c>stress cancel RUN</c>.</summary>
    public static Command Cancel(Terminal terminal) => ForRun("cancel", "End a run on a cluster for good.", (run, redis, stop) => Tell(terminal, run, redis, RunPhase.Cancelled, stop));

    /// <summary><c>stress pause RUN</c>.</summary>
    public static Command Pause(Terminal terminal) => ForRun("pause", "Hold a run on a cluster.", (run, redis, stop) => Tell(terminal, run, redis, RunPhase.Paused, stop));

    /// <summary><c>stress runs</c>.</summary>
    public static Command Runs(Terminal terminal)
    {
        Option<string?> cluster = ClusterOption.Create();
        var command = new Command("runs", "List the runs of a cluster.") { cluster };
        command.SetAction((line, stop) => List(terminal, ClusterOption.Required(line.GetValue(cluster)), stop));
        return command;
    }

    /// <summary>Tells a run that goes on to run, to pause or to end, and shows where it is.</summary>
    /// <exception cref="UsageException">There is no such run, or it has ended.</exception>
    internal static async Task<int> Tell(Terminal terminal, string run, RedisAddress redis, RunPhase wish, CancellationToken stop)
    {
        await using ClusterClient client = await ClusterOption.Connect(redis, stop);
        RunDescription before = await Find(client, run);
        if (HasEnded(before.Phase))
        {
            throw new UsageException($"{run}: {Lower(before.Phase)} already; accepted is a run that is running or paused");
        }

        IRunGrain grain = client.Grains.GetGrain<IRunGrain>(run);
        await (wish == RunPhase.Cancelled ? grain.Cancel() : grain.Pause(wish == RunPhase.Paused));
        return await ShowStatus(terminal, client, run, before.Phase == wish ? " already" : "");
    }

    /// <summary>The run of a name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    internal static async Task<RunDescription> Find(ClusterClient client, string run)
    {
        if (RunPlan.IsRunId(run) && await client.Grains.GetGrain<IRunGrain>(run).Describe() is { } description)
        {
            return description;
        }

        IReadOnlyList<RunEntry> known = await client.Grains.GetGrain<IRunIndexGrain>(IRunIndexGrain.Key).List();
        string names = known.Count == 0 ? "none, the cluster has no run" : string.Join(", ", known.Take(5).Select(entry => entry.RunId));
        throw new UsageException($"{run}: no such run; accepted: {names}");
    }

    private static Command ForRun(string name, string what, Func<string, RedisAddress, CancellationToken, Task<int>> action)
    {
        var run = new Argument<string>("RUN") { Description = "The run's name." };
        Option<string?> cluster = ClusterOption.Create();
        var command = new Command(name, what) { run, cluster };
        command.SetAction((line, stop) => action(line.GetValue(run)!, ClusterOption.Required(line.GetValue(cluster)), stop));
        return command;
    }

    private static async Task<int> ShowStatus(Terminal terminal, string run, RedisAddress redis, CancellationToken stop)
    {
        await using ClusterClient client = await ClusterOption.Connect(redis, stop);
        await Find(client, run);
        return await ShowStatus(terminal, client, run);
    }

    private static async Task<int> ShowStatus(Terminal terminal, ClusterClient client, string name, string already = "")
    {
        ShardProgress progress = await client.Grains.GetGrain<IRunGrain>(name).Progress();
        RunDescription run = await Find(client, name);
        Launch launch = Launch.From(run);
        terminal.Out.MarkupLineInterpolated($"[bold]{name}[/]  {Lower(run.Phase)}{already}, started {Time(run.Started)}");
        terminal.Out.WriteLine(ProgressScreen.Line(progress, launch, HasEnded(run.Phase) ? null : DateTimeOffset.UtcNow - run.Started));
        terminal.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"sites: {progress.Planned:#,0} planned, {progress.Done:#,0} done, {progress.Failed:#,0} failed, {progress.Lost:#,0} lost"));
        foreach (SiloFacts silo in await client.Silos())
        {
            terminal.Out.WriteLine(!silo.Answers ? $"silo {silo.Silo}: no answer" : string.Create(
                CultureInfo.InvariantCulture,
                $"silo {silo.Silo}: {silo.Workers} workers, {silo.Routers:#,0} sites in memory, {silo.Shards:#,0} shard{(silo.Shards == 1 ? "" : "s")} driven, {silo.MemoryBytes / 1048576.0:#,0} MiB{(silo.Leaving ? ", leaving" : "")}"));
        }

        return ExitCodes.Ok;
    }

    private static async Task<int> List(Terminal terminal, RedisAddress redis, CancellationToken stop)
    {
        await using ClusterClient client = await ClusterOption.Connect(redis, stop);
        IReadOnlyList<RunEntry> runs = await client.Grains.GetGrain<IRunIndexGrain>(IRunIndexGrain.Key).List();
        if (runs.Count == 0)
        {
            terminal.Out.WriteLine("no runs");
            return ExitCodes.Ok;
        }

        Table table = new Table().Border(TableBorder.Simple);
        table.AddColumns("run", "state", "started", "sites", "done", "failed", "lost");
        foreach (RunEntry run in runs)
        {
            ShardProgress at = !HasEnded(run.Phase) ? await client.Grains.GetGrain<IRunGrain>(run.RunId).Progress() : run.Progress;
            table.AddRow(Markup.Escape(run.RunId), Lower(run.Phase), Time(run.Started), Count(at.Planned), Count(at.Done), Count(at.Failed), Count(at.Lost));
        }

        terminal.Out.Write(table);
        return ExitCodes.Ok;
    }

    private static bool HasEnded(RunPhase phase) => phase is not (RunPhase.Running or RunPhase.Paused);

    private static string Lower(RunPhase phase) => phase.ToString().ToLowerInvariant();

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Count(long n) => n.ToString("#,0", CultureInfo.InvariantCulture);
}
