using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Sites;

/// <summary>The cumulative counters of one site since virtual time zero: a later window's tally replaces an earlier one's. Integers only.</summary>
public sealed class SiteTally
{
    /// <summary>What was counted, by label: every other count by role is for one of <see cref="NodeCounters.Labels"/>.</summary>
    public NodeCounters Counters { get; init; } = new();

    /// <summary>Decided disconnects by label and kernel age (<see cref="KernelAge"/>): the ages of a label stand together.</summary>
    public long[] DecidedByAge { get; set; } = new long[PairTopology.Labels.Count * KernelAge.Count];

    /// <summary>Named rare paths that were reached (issue: probes).</summary>
    public SortedDictionary<string, long> Probes { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Crashes, a record for each title and role.</summary>
    public List<CrashTally> Crashes { get; set; } = [];

    /// <summary>Stale pointers, a record for each holder and role.</summary>
    public List<StaleTally> Stale { get; set; } = [];

    /// <summary>What a network counts by link and by node.</summary>
    public LinkTally Links { get; init; } = new();

    /// <summary>Virtual time of the site's first crash, or <see cref="VirtualTime.Never"/>.</summary>
    public VirtualTime FirstCrash { get; set; } = VirtualTime.Never;

    /// <summary>The rolling digest over every executed event.</summary>
    public ulong Digest { get; set; }
}
