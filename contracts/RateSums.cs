using System.Runtime.InteropServices;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Sites;
using Stress.Observability;

namespace Stress.Contracts;

/// <summary>
/// What the rates of a run and their intervals are computed from: for each code path, title and kind of node, sums over the sites of crashes and decided
/// disconnects, of their squares and products (<see cref="ClusterSums"/>). Integers that can be added in any order, and subtracted again.
/// </summary>
[GenerateSerializer, Alias("stress.RateSums")]
public sealed class RateSums
{
    /// <summary>The node of sums over all nodes of a site.</summary>
    public const string EveryNode = "";

    /// <summary>The name of the sums of stale pointers that came to be.</summary>
    public const string Stale = "stale";

    /// <summary>The name of the sums of uses of a pointer that named another live interface.</summary>
    public const string Alias = "alias";

    // Trials by node and age, and hits by name, node and age. Sites without a hit are not in the second: their trials are in the first.
    [Id(0)]
    private readonly Dictionary<RateKey, ClusterSums> _trials = [];
    [Id(1)]
    private readonly Dictionary<RateKey, ClusterSums> _hits = [];

    /// <summary>Names that have hits.</summary>
    public IEnumerable<RateKey> Keys => _hits.Keys;

    /// <summary>The sums of one site.</summary>
    /// <param name="tally">What it counted.</param>
    /// <param name="paths">Code paths only, without titles and the ages of kernels: what live views show.</param>
    public static RateSums Of(SiteTally tally, bool paths = false)
    {
        var sums = new RateSums();
        long all = 0;
        IReadOnlyList<string> labels = tally.Counters.Labels;
        var trials = new Dictionary<(string Node, int Age), long>();
        for (int node = 0; node < labels.Count; node++)
        {
            long n = tally.Counters[node].DecidedDisconnects;
            all += n;
            trials[(labels[node], RateKey.EveryAge)] = trials.GetValueOrDefault((labels[node], RateKey.EveryAge)) + n;
            for (int age = 0; age < KernelAge.Count && !paths; age++)
            {
                trials[(labels[node], age)] = trials.GetValueOrDefault((labels[node], age)) + tally.DecidedByAge[(node * KernelAge.Count) + age];
            }
        }

        trials[(EveryNode, RateKey.EveryAge)] = all;
        foreach (((string node, int age), long n) in trials)
        {
            if (n > 0)
            {
                sums._trials.Add(new RateKey(EveryNode, node, age), ClusterSums.Of(0, n));
            }
        }

        var hits = new Dictionary<RateKey, long>();
        foreach (CrashTally crash in tally.Crashes)
        {
            CrashKey key = CrashKey.Of(crash);
            string node = tally.Counters.NameOf(key.Role);
            foreach (string name in paths ? (string[])[key.Path, CodePath.Any] : [key.Path, CodePath.Any, key.Text])
            {
                Hit(hits, new RateKey(name, node), crash.Count);
                Hit(hits, new RateKey(name, EveryNode), crash.Count);
            }

            for (int age = 0; age < KernelAge.Count && !paths; age++)
            {
                Hit(hits, new RateKey(key.Path, node, age), crash.ByAge[age]);
                Hit(hits, new RateKey(CodePath.Any, node, age), crash.ByAge[age]);
            }
        }

        for (int node = 0; node < labels.Count && !paths; node++)
        {
            Hit(hits, new RateKey(Alias, labels[node]), tally.Counters[node].Aliases);
            Hit(hits, new RateKey(Alias, EveryNode), tally.Counters[node].Aliases);
        }

        foreach (StaleTally stale in paths ? [] : tally.Stale)
        {
            Hit(hits, new RateKey(Stale, tally.Counters.NameOf(stale.Role)), stale.Created);
            Hit(hits, new RateKey(Stale, EveryNode), stale.Created);
        }

        foreach ((RateKey key, long x) in hits)
        {
            long n = trials.GetValueOrDefault((key.Node, key.Age));
            sums._hits.Add(key, ClusterSums.Of(x, n));
        }

        return sums;
    }

    /// <summary>Hits and trials of a name on a node.</summary>
    /// <param name="name">A code path, <see cref="CodePath.Any"/>, a crash title, <see cref="Stale"/>, or <see cref="Alias"/>.</param>
    /// <param name="node">The node's label, or <see cref="EveryNode"/>.</param>
    /// <param name="age">A class of <see cref="KernelAge"/>, or <see cref="RateKey.EveryAge"/>.</param>
    public ClusterSums this[string name, string node, int age = RateKey.EveryAge]
    {
        get
        {
            ClusterSums n = _trials.GetValueOrDefault(new RateKey(EveryNode, node, age)), x = _hits.GetValueOrDefault(new RateKey(name, node, age));
            return n with
            {
                Hits = x.Hits,
                HitsSquared = x.HitsSquared,
                HitsTimesTrials = x.HitsTimesTrials,
                SitesHit = x.SitesHit,
                SitesMissed = n.Sites - (x.Sites - x.SitesMissed),
            };
        }
    }

    /// <summary>Adds the sums of other sites.</summary>
    public void Add(RateSums more)
    {
        foreach ((RateKey key, ClusterSums sums) in more._trials)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_trials, key, out _) += sums;
        }

        foreach ((RateKey key, ClusterSums sums) in more._hits)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_hits, key, out _) += sums;
        }
    }

    /// <summary>Subtracts what was added before.</summary>
    public void Subtract(RateSums less)
    {
        foreach ((RateKey key, ClusterSums sums) in less._trials)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_trials, key, out _) -= sums;
        }

        foreach ((RateKey key, ClusterSums sums) in less._hits)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_hits, key, out _) -= sums;
        }
    }

    private static void Hit(Dictionary<RateKey, long> hits, RateKey key, long count)
    {
        if (count > 0)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(hits, key, out _) += count;
        }
    }
}

/// <summary>What a rate is of.</summary>
/// <param name="Name">A code path, a title, or another name of <see cref="RateSums"/>.</param>
/// <param name="Node">The node's label, or <see cref="RateSums.EveryNode"/>.</param>
/// <param name="Age">A class of <see cref="KernelAge"/>, or <see cref="EveryAge"/>.</param>
[GenerateSerializer, Immutable, Alias("stress.RateKey")]
public readonly record struct RateKey([property: Id(0)] string Name, [property: Id(1)] string Node, [property: Id(2)] int Age = RateKey.EveryAge)
{
    /// <summary>Not one class of ages, but all.</summary>
    public const int EveryAge = -1;
}
