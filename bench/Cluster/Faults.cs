using Stress.Client;

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

    /// <summary>Redis loses everything that it has; its silos end, and are started again.</summary>
    Empty,

    /// <summary>Redis refuses writes for some seconds, since it is full.</summary>
    Full,

    /// <summary>A silo hangs until it is declared dead; when it goes on it ends, and is started again.</summary>
    Hang,

    /// <summary>SIGKILL for the client, which is started again under the run's name.</summary>
    Evict,
}

/// <summary>Does it to a cluster of two silos, numbers 0 and 1.</summary>
public static class Faults
{
    // A silo that stays, ready and useless, or ends with another code, is a fault of ours.
    private static async Task EndsForWantOfACluster(LocalCluster cluster, int silo)
    {
        int code = await cluster.EndOfSilo(silo);
        if (code != ExitCodes.Unavailable)
        {
            throw new InvalidOperationException($"silo {silo} ended with {code} in place of {ExitCodes.Unavailable}: {cluster.OutputOfSilo(silo)}");
        }
    }

    /// <summary>Applies a fault.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="fault">What happens.</param>
    /// <param name="redisAway">How long Redis is away, or full.</param>
    /// <param name="evict">Kills the client and starts it again.</param>
    public static async Task Apply(LocalCluster cluster, Fault fault, TimeSpan redisAway, Func<Task>? evict = null)
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
            case Fault.Empty:
                await cluster.TellRedis("FLUSHALL");
                await Task.WhenAll(EndsForWantOfACluster(cluster, 0), EndsForWantOfACluster(cluster, 1));
                await Task.WhenAll(cluster.StartSilo(0), cluster.StartSilo(1));
                break;
            case Fault.Full:
                await cluster.TellRedis("CONFIG", "SET", "maxmemory", "1");
                await Task.Delay(redisAway);
                await cluster.TellRedis("CONFIG", "SET", "maxmemory", "0");
                break;
            case Fault.Hang:
                cluster.StopSilo(1);
                await cluster.SaysOfSilo(0, $"silo {cluster.SiloName(1)} is dead");
                cluster.ContinueSilo(1);
                await EndsForWantOfACluster(cluster, 1);
                await cluster.StartSilo(1);
                break;
            case Fault.Evict:
                await (evict ?? throw new ArgumentException($"{fault}: without a client to evict", nameof(evict)))();
                break;
        }
    }
}
