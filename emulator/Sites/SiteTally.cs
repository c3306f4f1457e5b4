using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Sites;

/// <summary>The cumulative counters of one site since virtual time zero: a later window's tally replaces an earlier one's. Integers only.</summary>
public sealed class SiteTally
{
    public long Events { get; set; }

    public long Frames { get; set; }

    /// <summary>Links that went down, by role: an interface lost its link while its kernel lived.</summary>
    public long[] Disconnects { get; set; } = new long[2];

    public long[] Panics { get; set; } = new long[2];

    public long[] Redials { get; set; } = new long[2];

    /// <summary>Uses of a pointer that named another live interface.</summary>
    public long[] Aliases { get; set; } = new long[2];

    /// <summary>Membership slots lost for the life of their socket.</summary>
    public long[] LeakedSlots { get; set; } = new long[2];

    /// <summary>Price counters, 16 a role: the fields of <see cref="DesignPrice"/> in their order, then the detaches that still wait.</summary>
    public long[] Prices { get; set; } = new long[2 * 16];

    /// <summary>Named rare paths that were reached (issue: probes).</summary>
    public SortedDictionary<string, long> Probes { get; set; } = new(StringComparer.Ordinal);

    public List<CrashTally> Crashes { get; set; } = [];

    public List<StaleTally> Stale { get; set; } = [];

    /// <summary>Virtual time of the site's first crash, or <see cref="VirtualTime.Never"/>.</summary>
    public VirtualTime FirstCrash { get; set; } = VirtualTime.Never;

    /// <summary>The rolling digest over every executed event.</summary>
    public ulong Digest { get; set; }
}
