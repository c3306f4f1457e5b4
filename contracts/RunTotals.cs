using System.Runtime.InteropServices;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;

namespace Stress.Contracts;

/// <summary>
/// The sum over sites. Integers only, and every operation gives the same result in any order: sums, and the earliest of two first crashes.
/// </summary>
/// <param name="bins">Bins of the series.</param>
/// <param name="labels">The labels of the sites' nodes; null for those of a pair.</param>
[GenerateSerializer, Alias("stress.RunTotals")]
public sealed class RunTotals(int bins, IReadOnlyList<string>? labels = null)
{
    /// <summary>The empty totals of a run.</summary>
    public static RunTotals Of(RunPlan plan) => new(plan.Bins, plan.Site.Topology.Labels);

    /// <summary>Windows executed.</summary>
    [Id(0)]
    public long Windows { get; private set; }

    /// <summary>The counters, by label: every other count of a role is of one of <see cref="NodeCounters.Labels"/>.</summary>
    [Id(1)]
    public NodeCounters Counters { get; } = new(labels);

    /// <summary>Rare paths, and how often each was reached.</summary>
    [Id(2)]
    public Dictionary<string, long> Probes { get; } = [];

    /// <summary>Crashes by title and label.</summary>
    [Id(3)]
    public Dictionary<CrashKey, CrashSum> Crashes { get; } = [];

    /// <summary>Stale pointers by holder and label.</summary>
    [Id(4)]
    public Dictionary<StaleKey, StaleSum> Stale { get; } = [];

    /// <summary>Counts over virtual time.</summary>
    [Id(5)]
    public SiteSeries Series { get; } = new(bins, (labels ?? PairTopology.Labels).Count);

    /// <summary>What rates and their intervals are computed from.</summary>
    [Id(6)]
    public RateSums Rates { get; } = new();

    /// <summary>What networks count by link and by node; empty for a run of pairs.</summary>
    [Id(7)]
    public LinkTotals Links { get; } = new();

    /// <summary>Adds one site's result. The caller adds each site once.</summary>
    public void Add(int site, SiteOutcome outcome)
    {
        SiteTally tally = outcome.Tally;
        Windows += outcome.Windows;
        Counters.Add(tally.Counters);
        foreach ((string probe, long count) in tally.Probes)
        {
            AddProbe(probe, count);
        }

        foreach (CrashTally crash in tally.Crashes)
        {
            AddCrash(site, crash);
        }

        foreach (StaleTally stale in tally.Stale)
        {
            AddStale(new StaleKey(stale.Holder, stale.Role), new StaleSum(stale.Created, stale.Healed, stale.Live));
        }

        Links.Add(tally.Links);
        Rates.Add(RateSums.Of(tally));
        Series.Add(outcome.Series);
    }

    /// <summary>Adds a shard's sum.</summary>
    public void Add(RunTotals other)
    {
        Windows += other.Windows;
        Counters.Add(other.Counters);
        foreach ((string probe, long count) in other.Probes)
        {
            AddProbe(probe, count);
        }

        foreach ((CrashKey key, CrashSum sum) in other.Crashes)
        {
            AddCrash(key, sum);
        }

        foreach ((StaleKey key, StaleSum sum) in other.Stale)
        {
            AddStale(key, sum);
        }

        Links.Add(other.Links);
        Rates.Add(other.Rates);
        Series.Add(other.Series);
    }

    private void AddProbe(string probe, long count) => CollectionsMarshal.GetValueRefOrAddDefault(Probes, probe, out _) += count;

    // The text of a crash is only put together for the earliest: most sites have every title, and few are the first.
    private void AddCrash(int site, CrashTally crash)
    {
        CrashKey key = CrashKey.Of(crash);
        Crashes[key] = Crashes.TryGetValue(key, out CrashSum? sum) && !sum.IsAfter(crash.First, site)
            ? sum with { Count = sum.Count + crash.Count }
            : new CrashSum(crash.Count + (sum?.Count ?? 0), site, crash.First, crash.FirstEvent, crash.Stack, crash.Story)
            {
                AllocatedBy = crash.AllocatedBy, FreedBy = crash.FreedBy,
            };
    }

    private void AddCrash(CrashKey key, CrashSum more) => Crashes[key] = Crashes.TryGetValue(key, out CrashSum? sum) ? sum.And(more) : more;

    private void AddStale(StaleKey key, StaleSum more)
    {
        ref StaleSum sum = ref CollectionsMarshal.GetValueRefOrAddDefault(Stale, key, out _);
        sum = new StaleSum(sum.Created + more.Created, sum.Healed + more.Healed, sum.Live + more.Live);
    }
}

/// <summary>Crashes of one title under one label, and where the first was.</summary>
/// <param name="Count">How many.</param>
/// <param name="Site">The site of the first in virtual time; the lowest number among equals.</param>
/// <param name="First">Virtual time of the first.</param>
/// <param name="FirstEvent">Its number in the site's own count.</param>
/// <param name="Stack">Innermost function first.</param>
/// <param name="Story">The life of the pointer.</param>
[GenerateSerializer, Immutable, Alias("stress.CrashSum")]
public sealed record CrashSum(
    [property: Id(0)] long Count,
    [property: Id(1)] int Site,
    [property: Id(2)] VirtualTime First,
    [property: Id(3)] long FirstEvent,
    [property: Id(4)] IReadOnlyList<string> Stack,
    [property: Id(5)] IReadOnlyList<string> Story)
{
    /// <summary>Who allocated the object, innermost function first, if a real system reports it.</summary>
    [Id(6)]
    public IReadOnlyList<string>? AllocatedBy { get; init; }

    /// <summary>Who freed the object, innermost function first, if a real system reports it.</summary>
    [Id(7)]
    public IReadOnlyList<string>? FreedBy { get; init; }

    /// <summary>The story, and what a real system reports besides it, one line each.</summary>
    public IReadOnlyList<string> Told => [.. Story, .. Line("allocated by", AllocatedBy), .. Line("freed by", FreedBy)];

    /// <summary>Both counts, and the earlier first.</summary>
    public CrashSum And(CrashSum other) =>
        IsAfter(other.First, other.Site)
            ? other with { Count = Count + other.Count }
            : this with { Count = Count + other.Count };

    /// <summary>True when a crash at that time on that site comes before this first one.</summary>
    public bool IsAfter(VirtualTime first, int site) => (first.Microseconds, site).CompareTo((First.Microseconds, Site)) < 0;

    private static IEnumerable<string> Line(string what, IReadOnlyList<string>? stack) => stack is { Count: > 0 } ? [$"{what}: {string.Join(", from ", stack)}"] : [];
}

/// <summary>Stale pointers of one holder under one label.</summary>
/// <param name="Created">Became stale at a detach.</param>
/// <param name="Healed">Were cleared or freed without a crash.</param>
/// <param name="Live">Exist at the end.</param>
[GenerateSerializer, Immutable, Alias("stress.StaleSum")]
public readonly record struct StaleSum([property: Id(0)] long Created, [property: Id(1)] long Healed, [property: Id(2)] long Live);
