namespace Stress.Grains;

/// <summary>One run (<see cref="IRunGrain"/>).</summary>
[KeepAlive]
public sealed class RunGrain : Grain, IRunGrain
{
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
        _shards = [.. Enumerable.Range(0, plan.Shards).Select(shard => GrainFactory.GetGrain<IShardGrain>(GrainKeys.Shard(plan.RunId, shard)))];
        return Task.WhenAll(_shards.Select((shard, number) => shard.Start(plan, number)));
    }

    /// <inheritdoc/>
    public Task Pause(bool paused) => Task.WhenAll(_shards.Select(shard => shard.Pause(paused)));

    /// <inheritdoc/>
    public Task Cancel() => Task.WhenAll(_shards.Select(shard => shard.Cancel()));

    /// <inheritdoc/>
    public async Task<ShardProgress> Progress() =>
        (await Task.WhenAll(_shards.Select(shard => shard.Progress()))).Aggregate(new ShardProgress(), (sum, shard) => sum + shard);

    /// <inheritdoc/>
    public async Task<RunResult> Result() => RunResult.Merge(Plan, await Task.WhenAll(_shards.Select(shard => shard.Result())));
}
