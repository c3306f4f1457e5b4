using Stress.Emulator.Oracle;

namespace Stress.Emulator.Simulation;

/// <summary>One code path that crashed: the parts of its title, and how often and when first.</summary>
public sealed record CrashTally(CrashTitle Title, Role Role)
{
    private IReadOnlyList<string>? _stack;
    private IReadOnlyList<string>? _story;

    public long Count { get; set; }

    /// <summary>Stack and story before anybody asks for their words.</summary>
    internal CrashStory? Told { get; set; }

    /// <summary>Virtual time of the first crash with this title on this site.</summary>
    public VirtualTime First { get; set; }

    /// <summary>The number of the event, in the site's own count, that crashed first.</summary>
    public long FirstEvent { get; set; }

    /// <summary>Innermost function first.</summary>
    public IReadOnlyList<string> Stack
    {
        get => _stack ??= Told?.Stack ?? [];
        set => _stack = value;
    }

    /// <summary>The life of the pointer in words: allocated, stored, which purge did not run, freed, reused, used.</summary>
    public IReadOnlyList<string> Story
    {
        get => _story ??= Told?.Lines ?? [];
        set => _story = value;
    }
}

/// <summary>Stale pointers of one holder in one role.</summary>
public sealed record StaleTally(HolderKind Holder, Role Role)
{
    /// <summary>Holders that became stale at a detach.</summary>
    public long Created { get; set; }

    /// <summary>Stale holders that were cleared or freed without a crash.</summary>
    public long Healed { get; set; }

    /// <summary>Stale holders that exist now.</summary>
    public long Live { get; set; }
}

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

    /// <summary>Price counters, 16 a role: the fields of <see cref="Designs.DesignPrice"/> in their order, then the detaches that still wait.</summary>
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
