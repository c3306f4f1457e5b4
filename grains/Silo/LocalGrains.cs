using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Stress.Contracts;

namespace Stress.Grains;

/// <summary>The grains of this silo that hold something which must not be lost when the silo is asked to leave, and whether it is leaving.</summary>
/// <param name="grains">Reaches them.</param>
/// <param name="log">Is told when storage refuses a write.</param>
public sealed class LocalGrains(IGrainFactory grains, ILogger<LocalGrains> log)
{
    private readonly ConcurrentDictionary<GrainId, bool> _routers = new();
    private readonly ConcurrentDictionary<GrainId, bool> _shards = new();
    private volatile bool _leaving;
    private volatile int _active;
    private volatile int _most;

    /// <summary>True from the moment when the silo was asked to leave: it takes no further work.</summary>
    public bool Leaving => _leaving;

    /// <summary>Outage of grain storage, for all grains of this silo: it is unavailable for all at once.</summary>
    public Outage Storage { get; } = new(log, "writing books and checkpoints");

    /// <summary>Bytes of memory of this process before the first grain of a run became active.</summary>
    public long IdleMemoryBytes { get; } = Environment.WorkingSet;

    /// <summary>Routers that are active here: each leads a site whose image is in this process.</summary>
    public int Routers => _active;

    /// <summary>Most routers that were active here at one moment.</summary>
    public int MostRouters => _most;

    /// <summary>Shards that are driven from here.</summary>
    public int Shards => _shards.Count;

    /// <summary>A router became active here.</summary>
    public void Add(IRouterGrain router)
    {
        if (!_routers.TryAdd(router.GetGrainId(), true))
        {
            return;
        }

        int now = Interlocked.Increment(ref _active);
        for (int most = _most; now > most; most = _most)
        {
            Interlocked.CompareExchange(ref _most, now, most);
        }
    }

    /// <summary>A router is no longer active here.</summary>
    public void Remove(IRouterGrain router)
    {
        if (_routers.TryRemove(router.GetGrainId(), out _))
        {
            Interlocked.Decrement(ref _active);
        }
    }

    /// <summary>A shard became active here.</summary>
    public void Add(IShardGrain shard) => _shards[shard.GetGrainId()] = true;

    /// <summary>A shard is no longer active here.</summary>
    public void Remove(IShardGrain shard) => _shards.TryRemove(shard.GetGrainId(), out _);

    /// <summary>
    /// Leaves: no further slice starts, running slices end with their current window and return their images; then every router and shard here saves its state and moves to another
    /// silo, if there is one.
    /// </summary>
    /// <param name="gate">The silo's gate.</param>
    /// <param name="cancel">Ends the attempt; what has not been written by then is executed again from its last checkpoint.</param>
    public async Task Leave(SliceGate gate, CancellationToken cancel)
    {
        _leaving = true;
        await gate.Drain().WaitAsync(cancel);
        await Task.WhenAll(_routers.Keys.Select(id => Quietly(async () =>
        {
            var router = grains.GetGrain<IRouterGrain>(id);
            await router.Save();
            await router.Move();
        }))).WaitAsync(cancel);
        await Task.WhenAll(_shards.Keys.Select(id => Quietly(grains.GetGrain<IShardGrain>(id).Move))).WaitAsync(cancel);
    }

    // A grain that cannot be saved must not keep the others from being saved.
    private static async Task Quietly(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or InvalidOperationException)
        {
            // Its silo, its storage or its own contract failed: its site is executed again from the last checkpoint.
        }
    }
}
