using Stress.Observability.Instruments;

namespace Stress.Grains;

/// <summary>One run (<see cref="IRunGrain"/>).</summary>
[KeepAlive]
public sealed class RunGrain(RunMetrics metrics, RunClock clock) : Grain, IRunGrain
{
    private static readonly TimeSpan PublishEvery = TimeSpan.FromSeconds(1);
    private RunPublisher? _publisher;
    private IGrainTimer? _publishing;
    private RunPlan? _plan;
    private IShardGrain[] _shards = [];

    private RunPlan Plan => _plan ?? throw new InvalidOperationException($"run {this.GetPrimaryKeyString()}: not started");

    /// <inheritdoc/>
    public Task Start(RunPlan plan)
    {
        if (_plan is not null)
        {
            return _plan == plan ? Task.CompletedTask : throw new InvalidOperationException($"run {plan.RunId}: started before with another plan");
        }

        _plan = plan;
        _publisher = new RunPublisher(plan, clock.Time.GetUtcNow(), metrics, clock.Time);
        _publishing = this.RegisterGrainTimer(_ => Progress(), new GrainTimerCreationOptions { DueTime = TimeSpan.Zero, Period = PublishEvery });
        _shards = [.. Enumerable.Range(0, plan.Shards).Select(shard => GrainFactory.GetGrain<IShardGrain>(GrainKeys.Shard(plan.RunId, shard)))];
        return Task.WhenAll(_shards.Select((shard, number) => shard.Start(plan, number)));
    }

    /// <inheritdoc/>
    public Task Pause(bool paused) => Task.WhenAll(_shards.Select(shard => shard.Pause(paused)));

    /// <inheritdoc/>
    public Task Cancel() => Task.WhenAll(_shards.Select(shard => shard.Cancel()));

    /// <inheritdoc/>
    public async Task<ShardProgress> Progress()
    {
        ShardProgress progress = (await Task.WhenAll(_shards.Select(shard => shard.Progress()))).Aggregate(new ShardProgress(), (sum, shard) => sum + shard);
        _publisher?.Publish(progress);
        if (progress.Finished)
        {
            _publishing?.Dispose();
        }

        return progress;
    }

    /// <inheritdoc/>
    public async Task<RunSnapshot> Snapshot() =>
        _publisher is { } publisher ? publisher.Snapshot(await Progress()) : throw new InvalidOperationException($"run {this.GetPrimaryKeyString()}: not started");

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // Whichever silo takes the run over exports its totals from there.
        metrics.Forget(this.GetPrimaryKeyString());
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<RunResult> Result() => RunResult.Merge(Plan, await Task.WhenAll(_shards.Select(shard => shard.Result())));
}
