using System.Runtime.InteropServices;
using Stress.Emulator.Sites;

namespace Stress.Contracts;

/// <summary>
/// What live views show for a site, or for many: cumulative since virtual time zero, so that a later state of a site replaces an earlier one
/// and a window that was executed twice counts once. Much smaller than a <see cref="SiteTally"/>: it comes with every slice.
/// </summary>
[GenerateSerializer, Alias("stress.LiveCounts")]
public sealed class LiveCounts
{
    /// <summary>The counters, by label.</summary>
    [Id(0)]
    public NodeCounters Counters { get; init; } = new();

    /// <summary>Crashes by title and label.</summary>
    [Id(2)]
    public Dictionary<CrashKey, long> Crashes { get; } = [];

    /// <summary>What the rates of code paths and their intervals are computed from.</summary>
    [Id(3)]
    public RateSums Rates { get; } = new();

    /// <summary>The empty counts of a run.</summary>
    public static LiveCounts Of(RunPlan plan) => new() { Counters = new NodeCounters(plan.Site.Topology.Labels) };

    /// <summary>A copy of the current counts of a site. The tally keeps changing; these do not.</summary>
    public static LiveCounts Of(SiteTally tally)
    {
        var counts = new LiveCounts { Counters = tally.Counters.Copy() };
        foreach (CrashTally crash in tally.Crashes)
        {
            counts.Crashes[CrashKey.Of(crash)] = crash.Count;
        }

        counts.Rates.Add(RateSums.Of(tally, paths: true));
        return counts;
    }

    /// <summary>Adds a site's counts.</summary>
    public void Add(LiveCounts more)
    {
        Counters.Add(more.Counters);
        Rates.Add(more.Rates);
        foreach ((CrashKey key, long count) in more.Crashes)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(Crashes, key, out _) += count;
        }
    }

    /// <summary>Subtracts what was added before.</summary>
    public void Subtract(LiveCounts less)
    {
        Counters.Subtract(less.Counters);
        Rates.Subtract(less.Rates);
        foreach ((CrashKey key, long count) in less.Crashes)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(Crashes, key, out _) -= count;
        }
    }

    /// <summary>A copy of these counts.</summary>
    public LiveCounts Copy()
    {
        var copy = new LiveCounts { Counters = Counters.Copy() };
        copy.Rates.Add(Rates);
        foreach ((CrashKey key, long count) in Crashes)
        {
            copy.Crashes.Add(key, count);
        }

        return copy;
    }

    /// <summary>The sum of two, either of which may be missing.</summary>
    public static LiveCounts? Sum(LiveCounts? a, LiveCounts? b)
    {
        if (a is null || b is null)
        {
            return a ?? b;
        }

        LiveCounts sum = a.Copy();
        sum.Add(b);
        return sum;
    }
}
