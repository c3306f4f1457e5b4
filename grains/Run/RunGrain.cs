using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Stress.Contracts;
using Stress.Observability.Instruments;

namespace Stress.Grains;

/// <summary>What a run keeps in grain storage.</summary>
[GenerateSerializer, Alias("stress.RunState")]
public sealed class RunState
{
    /// <summary>The run, once it was started.</summary>
    [Id(0)]
    public RunDescription? Run { get; set; }
}

/// <summary>One run (<see cref="IRunGrain"/>).</summary>
[KeepAlive, SitePlacement]
public sealed class RunGrain(
    [PersistentState("run", RouterGrain.StorageName)] IPersistentState<RunState> state, SiteBackends backends, RunMetrics metrics, RunClock clock,
    SiloFormats formats, ISiloStatusOracle silos, ILogger<RunGrain> log)
    : Grain, IRunGrain
{
    private static readonly TimeSpan PublishEvery = TimeSpan.FromSeconds(1);

    /// <summary>Followers of a run are told that it is finished even if the silo with the list of runs hangs.</summary>
    private static readonly TimeSpan LongestFinish = TimeSpan.FromSeconds(2);

    private RunPublisher? _publisher;
    private IGrainTimer? _publishing;
    private IShardGrain[] _shards = [];
    private readonly LeaseClock _lease = new(clock.Time);
    private bool _interrupted;
    private bool _ended;
    private Task<ShardProgress>? _asking;
    private Task _writing = Task.CompletedTask;
    private Task<bool>? _finishing;
    private Outage? _unreachable;

    // Shards that were told to start, when the run is new; null when it may have been executed in part before.
    private HashSet<int>? _told;

    private RunDescription Run => state.State.Run ?? throw new RunRefusedException($"run {this.GetPrimaryKeyString()}: not started");

    private RunPlan Plan => Run.Plan;

    private bool Stored => Plan.CheckpointWindows > 0;

    // Evaluated whenever a shard is told: it may have changed since the run was asked.
    private RunPhase Told => _interrupted ? RunPhases.After(Run.Phase, RunPhase.Interrupted) : Run.Phase;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (state.State.Run is not null)
        {
            Begin();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task Start(RunPlan plan, string launch)
    {
        if (state.State.Run is { } run)
        {
            if (!run.Plan.IsSameAs(plan))
            {
                throw new RunRefusedException($"run {plan.RunId}: started before with another plan");
            }

            if (_interrupted)
            {
                // It continues from what is stored, or starts from the beginning.
                _interrupted = false;
                Begin();
                await Task.WhenAll(_shards.Select((shard, number) => shard.Start(Plan, number, first: false)));
            }
        }
        else
        {
            Refuse(plan, launch);
            state.State.Run = new RunDescription { Plan = plan, Launch = launch, Started = clock.Time.GetUtcNow(), Phase = RunPhase.Running };
            _told = [];
            Begin();
            SayWhoSharesNot();
            try
            {
                await Write();
            }
            catch (RunRefusedException)
            {
                // The list of runs is full: nothing of this run is kept, and nothing of it is executed.
                await Forget();
                throw;
            }
        }

        await KeepShards();
    }

    /// <inheritdoc/>
    public Task Pause(bool paused)
    {
        _lease.Attended();
        return Tell(paused ? RunPhase.Paused : RunPhase.Running);
    }

    /// <inheritdoc/>
    public async Task Attend(RunLease? lease)
    {
        if (lease?.Problem() is { } problem)
        {
            throw new RunRefusedException($"run {this.GetPrimaryKeyString()}: {problem}");
        }

        RunDescription before = Run;
        _lease.Attended();
        state.State.Run = before with { Lease = lease ?? before.Lease };
        if (before is { Phase: RunPhase.Paused, Unattended: true })
        {
            log.LogInformation("run {Run}: it has a client again and continues", Plan.RunId);
            await Tell(RunPhase.Running);
        }
        else if (lease is not null && lease != before.Lease)
        {
            await Write();
        }
    }

    /// <inheritdoc/>
    public Task Cancel() => Tell(RunPhase.Cancelled);

    /// <inheritdoc/>
    public Task Interrupt()
    {
        _interrupted = true;
        return KeepShards();
    }

    /// <inheritdoc/>
    public Task<ShardProgress> Progress() => AskShards();

    /// <inheritdoc/>
    public async Task<RunSnapshot> Snapshot()
    {
        ShardProgress progress = await AskShards();
        return _publisher!.Snapshot(progress);
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // Whichever silo takes over the run exports its totals from then on. A run that has ended is not taken over when its silo stops, and if it was shorter than the export
        // interval, the silo's last export is its first.
        if (!(_ended && reason.ReasonCode == DeactivationReasonCode.ShuttingDown))
        {
            metrics.Forget(this.GetPrimaryKeyString());
        }

        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<RunResult> Result() =>
        RunResult.Merge(Plan, await Task.WhenAll(_shards.Select((shard, number) => Asked(shard, number, shard.Result))));

    /// <inheritdoc/>
    public Task<RunDescription?> Describe() => Task.FromResult(state.State.Run);

    /// <inheritdoc/>
    public Task Keep() =>
        // A silo that was killed in the middle of a start may leave an entry in the list and nothing else.
        state.State.Run is null ? Task.CompletedTask : AskShards();

    /// <inheritdoc/>
    public async Task Forget()
    {
        _publishing?.Dispose();
        await Task.WhenAll(_shards.Select(shard => shard.Forget()));
        if (state.RecordExists)
        {
            await state.ClearStateAsync();
        }

        DeactivateOnIdle();
    }

    private void Refuse(RunPlan plan, string launch)
    {
        string? problem = (formats.Here.Refusal(plan.Build) is { } format ? $"its plan is {format}" : null)
            ?? plan.Problem()
            ?? backends.Problem(plan)
            ?? (launch.Length > RunDescription.MaxLaunchLength ? $"its scenario: accepted are up to {RunDescription.MaxLaunchLength} characters" : null);
        if (problem is not null)
        {
            throw new RunRefusedException($"run refused: {problem}");
        }
    }

    private void SayWhoSharesNot()
    {
        SiloAddress[] others = [.. silos.GetActiveSilos().Where(silo => formats.Of(silo)?.Format != formats.Here.Key)];
        if (others.Length > 0)
        {
            log.LogWarning("run {Run}: of {Format}; {Count} silos take no part in it: {Others}", Plan.RunId, formats.Here, others.Length, formats.InWords(others));
        }
    }

    private async Task Tell(RunPhase phase, bool unattended = false)
    {
        RunPhase next = RunPhases.After(Run.Phase, phase);
        if (next != Run.Phase || unattended != Run.Unattended)
        {
            state.State.Run = Run with { Phase = next, Unattended = unattended };
            await Write();
        }

        await KeepShards();
    }

    // A caller that asks while a question is pending gets its answer: a slow shard is not asked repeatedly.
    private Task<ShardProgress> AskShards()
    {
        if (_asking is not { IsCompleted: false })
        {
            _asking = KeepShards();
        }

        return _asking;
    }

    private async Task<ShardProgress> KeepShards()
    {
        if (Plan.Shards != _shards.Length)
        {
            throw new InvalidOperationException($"run {Plan.RunId}: {_shards.Length} shards of {Plan.Shards}");
        }

        ShardProgress[] shards = await Task.WhenAll(_shards.Select((shard, number) => Asked(shard, number, () => shard.Keep(Told))));
        ShardProgress progress = shards.Aggregate((sum, shard) => sum + shard);
        _publisher?.Publish(progress);
        _ended = progress.Finished;
        if (progress.Finished)
        {
            _publishing?.Dispose();
        }

        if (progress is { Finished: true, Unsaved: false } && !_interrupted && Run.Phase != RunPhase.Finished)
        {
            await Finish(progress);
        }

        return progress;
    }

    // Written once, however often the run is asked meanwhile. The answer waits only briefly for the list of runs; the write continues after it, in order with the others (Write),
    // and its failure affects nothing else.
    private async Task Finish(ShardProgress progress)
    {
        if (_finishing is null or { IsCompleted: true, Result: false })
        {
            _finishing = WriteFinished(progress);
        }

        await ((Task)_finishing).WaitAsync(LongestFinish).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    // False if it could not be written.
    private async Task<bool> WriteFinished(ShardProgress progress)
    {
        RunDescription before = Run;

        // The result of a cancelled run is in the list of runs once its last site is closed.
        RunDescription ended = before with { Phase = RunPhases.After(before.Phase, RunPhase.Finished), Ended = before.Ended ?? clock.Time.GetUtcNow() };
        try
        {
            state.State.Run = ended;
            await Write(progress);
            return true;
        }
        catch (Exception e)
        {
            // Storage or the list of runs is unavailable. The run is unchanged, unless it was told something meanwhile, and the next caller tries again.
            log.LogWarning("run {Run}: that it is finished cannot be written: {Problem}", Plan.RunId, e.Message);
            if (ReferenceEquals(state.State.Run, ended))
            {
                state.State.Run = before;
            }

            return false;
        }
    }

    // A shard that was reactivated because its silo died or left must be given the plan before it can answer.
    private async Task<T> Asked<T>(IShardGrain shard, int number, Func<Task<T?>> question) where T : class
    {
        for (; ; )
        {
            if (await question() is { } answer)
            {
                return answer;
            }

            await shard.Start(Plan, number, first: _told?.Add(number) ?? false);
        }
    }

    // One after another: a run may be told something while its end is being written.
    private Task Write(ShardProgress? progress = null) => Stored ? _writing = WriteAfter(_writing, progress) : Task.CompletedTask;

    private async Task WriteAfter(Task before, ShardProgress? progress)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await state.WriteStateAsync();
        await GrainFactory.GetGrain<IRunIndexGrain>(IRunIndexGrain.Key).Set(new RunEntry
        {
            RunId = Plan.RunId,
            Started = Run.Started,
            Phase = Run.Phase,

            // The list is for silos of every format: what was counted stays with the run.
            Progress = (progress ?? new ShardProgress { Planned = Plan.Sites }) with { Counters = default, Counts = null },
            Build = Plan.Build,
            Windows = Plan.Windows,
        });
        log.LogInformation("run {Run}: {Phase}", Plan.RunId, Run.Phase);
    }

    private void Begin()
    {
        _publisher = new RunPublisher(Plan, Run.Started, metrics, clock.Time);
        if (Run.Phase != RunPhase.Finished)
        {
            _publishing?.Dispose();
            _publishing = this.RegisterGrainTimer(_ => Publish(), new GrainTimerCreationOptions { DueTime = PublishEvery, Period = PublishEvery });
        }

        _shards = [.. Enumerable.Range(0, Plan.Shards).Select(shard => GrainFactory.GetGrain<IShardGrain>(GrainKeys.Shard(Plan.RunId, shard)))];
    }

    // Silos die and storage may be unavailable: those who follow the run are told, and it is tried again in a second.
    private async Task Publish()
    {
        try
        {
            if (_lease.Due(Run) is { } due)
            {
                log.LogWarning(
                    "run {Run}: no client of {Owner} for {Seconds} s: it is {What}", Plan.RunId, Run.Lease!.Owner, (due == RunPhase.Paused ? 1 : 2) * Run.Lease.Seconds,
                    due == RunPhase.Paused ? "paused, and cancelled after as long again; a client that follows it resumes it" : "cancelled");
                await Tell(due, unattended: true);
            }

            await AskShards();
            _unreachable?.Over();
        }
        catch (Exception e)
        {
            // Whatever it was, it is tried again in a second; nobody else would notice.
            _unreachable ??= new Outage(log, $"run {this.GetPrimaryKeyString()}: reaching every shard");
            _unreachable.Failed(e);
        }
    }
}
