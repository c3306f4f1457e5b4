using Stress.Client;
using Stress.Contracts;
using Stress.Silo;

namespace Stress.Tests.Clusters;

/// <summary>What may happen to a cluster during a run.</summary>
public enum Fault
{
    /// <summary>SIGKILL for one silo, which is started again.</summary>
    Kill,

    /// <summary>One silo more.</summary>
    Add,

    /// <summary>SIGTERM for one silo, which is started again.</summary>
    Drain,

    /// <summary>Redis is down for some seconds.</summary>
    Redis,

    /// <summary>SIGKILL for every silo, which are started again.</summary>
    KillAll,

    /// <summary>Redis loses everything that it has; its silos end, and are started again.</summary>
    Empty,

    /// <summary>Redis refuses writes for some seconds, since it is full.</summary>
    Full,

    /// <summary>A silo hangs until it is declared dead; when it continues it ends, and is started again.</summary>
    Hang,

    /// <summary>SIGKILL for the client, which is started again under the run's name.</summary>
    Evict,

    /// <summary>Nothing passes between the silos until one is declared dead by the other; when something does again it ends, and is started again.</summary>
    Partition,

    /// <summary>A silo and clients with a foreign certificate, an expired one and none try to connect, and one silo has the wrong files for a while.</summary>
    Certificates,

    /// <summary>The silos are replaced, one after another, by those of another build.</summary>
    Builds,
}

/// <summary>Applies it to a cluster of two silos, numbers 0 and 1.</summary>
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

    private static async Task WrongCertificates(LocalCluster cluster)
    {
        using ClusterAuthority another = new("another");
        Dictionary<string, string> right = new(cluster.Environment);
        string stranger = Path.Combine(cluster.Folder, "stranger");
        IReadOnlyDictionary<string, string> strange = another.Issue(stranger, "stranger", ofSilo: true);

        // Clients: with a foreign certificate, an expired one, none. Each gets the exit code for a temporary error, and no answer.
        Dictionary<string, string> expired = strange.ToDictionary(file => file.Key, file => file.Value.Replace(stranger, Path.Combine(cluster.Folder, "expired"), StringComparison.Ordinal));
        foreach (IReadOnlyDictionary<string, string> files in (IReadOnlyDictionary<string, string>[])[strange, expired, strange.ToDictionary(file => file.Key, _ => "")])
        {
            cluster.Tell(files);
            RunningProcess client = cluster.Stress("runs", "--cluster", cluster.Address);
            int code = await client.End();
            if (code != ExitCodes.Unavailable)
            {
                throw new InvalidOperationException($"a client that may not come in ended with {code} in place of {ExitCodes.Unavailable}: {client.Output}");
            }
        }

        // A silo: the others refuse it, and it does not become a member.
        cluster.Tell(strange);
        RunningProcess silo = cluster.BeginSilo(2);
        await await Task.WhenAny(cluster.SaysOfSilo(0, "CN=stranger: it is not by the cluster's authority"), cluster.SaysOfSilo(1, "CN=stranger: it is not by the cluster's authority"));
        await silo.Kill();

        // And the silos' own files do not match for a while, as if copied one by one: the earlier ones stay in use.
        cluster.Tell(right);
        string key = right[SiloDefaults.TlsKeyVariable], kept = await File.ReadAllTextAsync(key);
        await File.WriteAllTextAsync(key, await File.ReadAllTextAsync(strange[SiloDefaults.TlsKeyVariable]));
        await Task.WhenAll(cluster.SaysOfSilo(0, "the earlier certificates stay in use"), cluster.SaysOfSilo(1, "the earlier certificates stay in use"));
        await File.WriteAllTextAsync(key, kept);
        await cluster.KillSilo(1);
        await cluster.StartSilo(1);
    }

    /// <summary>Prepares a cluster for a fault, before its silos are started.</summary>
    public static void Prepare(LocalCluster cluster, Fault fault)
    {
        cluster.Proxied = fault == Fault.Partition;
        if (fault == Fault.Certificates)
        {
            using ClusterAuthority authority = new("cluster");
            _ = authority.Issue(Path.Combine(cluster.Folder, "expired"), "expired", ofSilo: false, expired: true);
            cluster.Tell(authority.Issue(Path.Combine(cluster.Folder, OwnFiles), "silo", ofSilo: true));
        }
    }

    private const string OwnFiles = "tls";

    /// <summary>Applies a fault.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="fault">What happens.</param>
    /// <param name="redisAway">How long Redis is down, or full.</param>
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
            case Fault.Partition:
                cluster.Part();
                int dead = await cluster.FirstToEnd(0, 1);
                await EndsForWantOfACluster(cluster, dead);
                cluster.Join();
                await cluster.StartSilo(dead);
                break;
            case Fault.Certificates:
                await WrongCertificates(cluster);
                break;
            case Fault.Builds:
                cluster.Build = OtherBuild.Make(Path.Combine(cluster.Folder, "other"), LocalCluster.ThisBuild, "9.9.9", BuildStamp.Current.Format);
                for (int silo = 0; silo < 2; silo++)
                {
                    await cluster.DrainSilo(silo);
                    await cluster.StartSilo(silo);
                }

                break;
        }
    }
}
