using System.Runtime.InteropServices;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;

namespace Stress.Contracts;

/// <summary>A counter that live views show, for each role.</summary>
public enum LiveCounter : byte
{
    /// <summary>Links lost while the kernel lived.</summary>
    Disconnects,

    /// <summary>Calls placed after the first.</summary>
    Redials,

    /// <summary>Pointers that became stale at a detach.</summary>
    StaleCreated,

    /// <summary>Stale pointers that exist now.</summary>
    StaleLive,

    /// <summary>Uses of a pointer that named another live interface.</summary>
    Aliases,

    /// <summary>Lost membership slots.</summary>
    LeakedSlots,
}

/// <summary>
/// What live views show of a site, or of many: cumulative since virtual time zero, so that a later state of a site replaces an earlier one
/// and a window that was executed twice counts once. Much smaller than a <see cref="SiteTally"/>: it comes with every slice.
/// </summary>
[GenerateSerializer, Alias("stress.LiveCounts")]
public sealed class LiveCounts
{
    private const int Roles = 2;

    /// <summary>Counters, two roles each.</summary>
    [Id(0)]
    public long[] Counters { get; } = new long[Roles * ((int)LiveCounter.LeakedSlots + 1)];

    /// <summary>Frames over the lines.</summary>
    [Id(1)]
    public long Frames { get; private set; }

    /// <summary>Crashes by title and role.</summary>
    [Id(2)]
    public Dictionary<CrashKey, long> Crashes { get; } = [];

    /// <summary>A counter of one role.</summary>
    public long this[LiveCounter counter, Role role] => Counters[((int)counter * Roles) + (int)role];

    /// <summary>Both roles: called, calling.</summary>
    public long[] ByRole(LiveCounter counter) => [this[counter, Role.Called], this[counter, Role.Calling]];

    /// <summary>The counts of a site as it stands. The tally goes on by itself; these do not.</summary>
    public static LiveCounts Of(SiteTally tally)
    {
        var counts = new LiveCounts { Frames = tally.Frames };
        for (int role = 0; role < Roles; role++)
        {
            counts.At(LiveCounter.Disconnects, role) = tally.Disconnects[role];
            counts.At(LiveCounter.Redials, role) = tally.Redials[role];
            counts.At(LiveCounter.Aliases, role) = tally.Aliases[role];
            counts.At(LiveCounter.LeakedSlots, role) = tally.LeakedSlots[role];
        }

        foreach (StaleTally stale in tally.Stale)
        {
            counts.At(LiveCounter.StaleCreated, (int)stale.Role) += stale.Created;
            counts.At(LiveCounter.StaleLive, (int)stale.Role) += stale.Live;
        }

        foreach (CrashTally crash in tally.Crashes)
        {
            counts.Crashes[CrashKey.Of(crash)] = crash.Count;
        }

        return counts;
    }

    /// <summary>Adds a site's counts, or with <paramref name="times"/> −1 takes away what was added before.</summary>
    public void Add(LiveCounts more, int times = 1)
    {
        Frames += times * more.Frames;
        for (int i = 0; i < Counters.Length; i++)
        {
            Counters[i] += times * more.Counters[i];
        }

        foreach ((CrashKey key, long count) in more.Crashes)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(Crashes, key, out _) += times * count;
        }
    }

    /// <summary>The same counts, apart from these.</summary>
    public LiveCounts Copy()
    {
        var copy = new LiveCounts();
        copy.Add(this);
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

    private ref long At(LiveCounter counter, int role) => ref Counters[((int)counter * Roles) + role];
}
