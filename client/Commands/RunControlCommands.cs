using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Stress.Client.Clusters;
using Stress.Client.Following;
using Stress.Client.Launching;
using Stress.Client.Screen;
using Stress.Contracts;
using Stress.Observability;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress status|cancel|pause RUN</c> and <c>stress runs</c>: commands for runs on a cluster.</summary>
public static class RunControlCommands
{
    /// <summary><c>stress status RUN</c>.</summary>
    public static Command Status(Terminal terminal) => ForRun("status", "Show how far a run on a cluster has got.", (run, redis, stop) => ShowStatus(terminal, run, redis, stop));

    /// <summary><c>stress cancel RUN</c>.</summary>
    public static Command Cancel(Terminal terminal) => ForRun("cancel", "End a run on a cluster for good.", (run, redis, stop) => Tell(terminal, run, redis, RunPhase.Cancelled, stop));

    /// <summary><c>stress pause RUN</c>.</summary>
    public static Command Pause(Terminal terminal) => ForRun("pause", "Pause a run on a cluster.", (run, redis, stop) => Tell(terminal, run, redis, RunPhase.Paused, stop));

    /// <summary><c>stress runs</c>.</summary>
    public static Command Runs(Terminal terminal)
    {
        var cluster = new ClusterOption();
        Option<string> store = TriageCommands.Store();
        var search = new Option<string>("--search") { Description = "Only runs with this in their name, scenario, design or kernel (of a store).", DefaultValueFactory = _ => "" };
        Option<string?> json = SharedOptions.Json();
        var command = new Command("runs", "List the runs of the triage store, or those of a cluster.") { store, search, json };
        cluster.AddTo(command);
        command.SetAction((line, stop) => cluster.Read(line) is { } address
            ? List(terminal, address, stop)
            : TriageCommands.ListRuns(terminal, line.GetValue(store)!, line.GetValue(search)!, line.GetValue(json), stop));
        return command;
    }

    /// <summary>Tells an unfinished run to run, to pause or to end, and shows where it is.</summary>
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
        (RunDescription? description, IReadOnlyList<RunEntry> known) = await Look(client, run);
        if (description is not null)
        {
            return description;
        }

        string names = known.Count == 0 ? "none, the cluster has no run" : string.Join(", ", known.Take(5).Select(entry => entry.RunId));
        throw new UsageException($"{run}: no such run; accepted: {names}");
    }

    /// <summary>The run of a name, or null for none; and every run that the cluster knows.</summary>
    /// <exception cref="UsageException">It is of a format that this build does not read.</exception>
    internal static async Task<(RunDescription? Run, IReadOnlyList<RunEntry> Known)> Look(ClusterClient client, string run)
    {
        IReadOnlyList<RunEntry> known = await client.Grains.GetGrain<IRunIndexGrain>(IRunIndexGrain.Key).List();
        RunSource.CheckReadable(known, run);
        return (RunPlan.IsRunId(run) ? await client.Grains.GetGrain<IRunGrain>(run).Describe() : null, known);
    }

    private static Command ForRun(string name, string what, Func<string, RedisAddress, CancellationToken, Task<int>> action)
    {
        var run = new Argument<string>("RUN") { Description = "The run's name." };
        var cluster = new ClusterOption();
        var command = new Command(name, what) { run };
        cluster.AddTo(command);
        command.SetAction((line, stop) => action(line.GetValue(run)!, cluster.Required(line), stop));
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
        Show(terminal, name, run, progress, await client.Silos(), already);
        return ExitCodes.Ok;
    }

    /// <summary>Writes a run's progress, and what its silos do.</summary>
    public static void Show(Terminal terminal, string name, RunDescription run, ShardProgress progress, IReadOnlyList<SiloFacts> silos, string already)
    {
        Launch launch = Launch.From(run);
        Said.Line(terminal.Out, 2, (name, "bold"), ($"  {Lower(run.Phase)}{already}, started {Time(run.Started)}", ""));
        if (run.Lease is { Seconds: > 0 } lease)
        {
            string what = run.Phase switch
            {
                RunPhase.Paused when run.Unattended => $"no client for {lease.Seconds} s: paused, and cancelled after as long again; ./stress watch {name} resumes it",
                RunPhase.Cancelled when run.Unattended => $"cancelled since no client had followed it for {2L * lease.Seconds} s",
                _ => $"paused when no client has followed it for {lease.Seconds} s, cancelled after as long again",
            };
            terminal.Text.WriteLine($"lease of {lease.Owner}: {what}");
        }

        terminal.Text.WriteLine(ProgressScreen.Line(progress, launch, HasEnded(run.Phase) ? null : DateTimeOffset.UtcNow - run.Started));
        terminal.Text.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"sites: {progress.Planned:#,0} planned, {progress.Done:#,0} done, {progress.Failed:#,0} failed, {progress.Lost:#,0} lost"));
        foreach (SiloFacts silo in silos)
        {
            terminal.Text.WriteLine(!silo.Answers ? $"silo {silo.Silo}: no answer" : string.Create(
                CultureInfo.InvariantCulture,
                $"silo {silo.Silo}: {Counted.Of(silo.Workers, "worker")}, {Counted.Of(silo.Routers, "site")} in memory, {Counted.Of(silo.Shards, "shard")} driven, {silo.MemoryBytes / 1048576.0:#,0} MiB{(silo.Leaving ? ", leaving" : "")}{(BuildStamp.Current.Refusal(silo.Build) is { } refusal ? $"; {refusal}: it takes no part" : "")}"));
        }
    }

    private static async Task<int> List(Terminal terminal, RedisAddress redis, CancellationToken stop)
    {
        await using ClusterClient client = await ClusterOption.Connect(redis, stop);
        IReadOnlyList<RunEntry> runs = await client.Grains.GetGrain<IRunIndexGrain>(IRunIndexGrain.Key).List();
        if (runs.Count == 0)
        {
            terminal.Text.WriteLine("no runs");
            return ExitCodes.Ok;
        }

        List<(RunEntry Run, ShardProgress At)> rows = [];
        foreach (RunEntry run in runs)
        {
            rows.Add((run, !HasEnded(run.Phase) && IsReadable(run) ? await client.Grains.GetGrain<IRunGrain>(run.RunId).Progress() : run.Progress));
        }

        Show(terminal, rows);
        return ExitCodes.Ok;
    }

    /// <summary>Writes the runs of a cluster.</summary>
    public static void Show(Terminal terminal, IReadOnlyList<(RunEntry Run, ShardProgress At)> runs)
    {
        var table = new ScreenTable(["run", "state", "started", "#sites", "#done", "#failed", "#lost"]);
        foreach ((RunEntry run, ShardProgress at) in runs)
        {
            table.Add(run.RunId, Lower(run.Phase), Time(run.Started), Count(at.Planned), Count(at.Done), Count(at.Failed), Count(at.Lost));
        }

        table.Write(terminal.Out);
        foreach ((RunEntry run, _) in runs)
        {
            if (BuildStamp.Current.Refusal(run.Build) is { } refusal)
            {
                terminal.Text.WriteLine($"{run.RunId}: {refusal}");
            }
        }
    }

    private static bool IsReadable(RunEntry run) => BuildStamp.Current.Refusal(run.Build) is null;

    private static bool HasEnded(RunPhase phase) => phase is not (RunPhase.Running or RunPhase.Paused);

    private static string Lower(RunPhase phase) => phase.ToString().ToLowerInvariant();

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Count(long n) => n.ToString("#,0", CultureInfo.InvariantCulture);
}
