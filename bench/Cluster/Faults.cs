namespace Stress.Bench.Cluster;

/// <summary>What may happen to a cluster in the middle of a run.</summary>
public enum Fault
{
    /// <summary>SIGKILL for one silo, which is started again.</summary>
    Kill,

    /// <summary>One silo more.</summary>
    Add,

    /// <summary>SIGTERM for one silo, which is started again.</summary>
    Drain,

    /// <summary>Redis is away for some seconds.</summary>
    Redis,

    /// <summary>SIGKILL for every silo, which are started again.</summary>
    KillAll,
}

/// <summary>Does it to a cluster of two silos, numbers 0 and 1.</summary>
public static class Faults
{
    /// <summary>Applies a fault.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="fault">What happens.</param>
    /// <param name="redisAway">How long Redis is away.</param>
    public static async Task Apply(LocalCluster cluster, Fault fault, TimeSpan redisAway)
    {
        switch (fault)
        {
            case Fault.Kill:
                await cluster.KillSilo(1);
                await cluster.StartSilo(1);
                break;
            case Fault.Add:
                await cluster.StartSilo(2);
                break;
            case Fault.Drain:
                await cluster.DrainSilo(1);
                await cluster.StartSilo(1);
                break;
            case Fault.Redis:
                await cluster.StopRedis();
                await Task.Delay(redisAway);
                cluster.StartRedis();
                break;
            case Fault.KillAll:
                await cluster.KillSilo(0);
                await cluster.KillSilo(1);
                await Task.WhenAll(cluster.StartSilo(0), cluster.StartSilo(1));
                break;
        }
    }
}
