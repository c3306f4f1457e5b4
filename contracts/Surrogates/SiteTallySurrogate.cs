using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Contracts.Surrogates;

/// <summary>Wire form of <see cref="CrashTally"/>.</summary>
/// <param name="Title">Title.</param>
/// <param name="Role">Role.</param>
/// <param name="Count">How many.</param>
/// <param name="First">Virtual time of the first.</param>
/// <param name="FirstEvent">Its number.</param>
/// <param name="Stack">Innermost function first.</param>
/// <param name="Story">The life of the pointer.</param>
/// <param name="Words">The title in a real system's own words, or null.</param>
/// <param name="Function">The kernel function that such a crash belongs to, or null.</param>
/// <param name="AllocatedBy">Who allocated the object, or null.</param>
/// <param name="FreedBy">Who freed it, or null.</param>
/// <param name="ByAge">How many by the kernel's age.</param>
[GenerateSerializer, Immutable, Alias("stress.CrashTally")]
public readonly record struct CrashTallySurrogate(
    [property: Id(0)] CrashTitle Title,
    [property: Id(1)] Role Role,
    [property: Id(2)] long Count,
    [property: Id(3)] VirtualTime First,
    [property: Id(4)] long FirstEvent,
    [property: Id(5)] string[] Stack,
    [property: Id(6)] string[] Story,
    [property: Id(7)] string? Words,
    [property: Id(8)] string? Function,
    [property: Id(9)] string[]? AllocatedBy,
    [property: Id(10)] string[]? FreedBy,
    [property: Id(11)] long[] ByAge);

/// <summary>Wire form of <see cref="StaleTally"/>.</summary>
/// <param name="Holder">Holder.</param>
/// <param name="Role">Role.</param>
/// <param name="Created">Became stale.</param>
/// <param name="Healed">Were cleared.</param>
/// <param name="Live">Exist.</param>
[GenerateSerializer, Immutable, Alias("stress.StaleTally")]
public readonly record struct StaleTallySurrogate(
    [property: Id(0)] HolderKind Holder, [property: Id(1)] Role Role, [property: Id(2)] long Created, [property: Id(3)] long Healed, [property: Id(4)] long Live);

/// <summary>Wire form of <see cref="SiteTally"/>: it comes with the result of every site.</summary>
[GenerateSerializer, Immutable, Alias("stress.SiteTally")]
public struct SiteTallySurrogate
{
    /// <summary>What was counted.</summary>
    [Id(0)]
    public NodeCounters Counters;

    /// <summary>Names of the rare paths.</summary>
    [Id(1)]
    public string[] Probes;

    /// <summary>How often each was reached.</summary>
    [Id(2)]
    public long[] Reached;

    /// <summary>Crashes.</summary>
    [Id(3)]
    public CrashTallySurrogate[] Crashes;

    /// <summary>Stale pointers.</summary>
    [Id(4)]
    public StaleTallySurrogate[] Stale;

    /// <summary>Virtual time of the first crash.</summary>
    [Id(5)]
    public VirtualTime FirstCrash;

    /// <summary>The rolling digest.</summary>
    [Id(6)]
    public ulong Digest;

    /// <summary>Decided disconnects by role and kernel age.</summary>
    [Id(7)]
    public long[] DecidedByAge;

    /// <summary>What a network counts by link and by node; null for a site of pairs.</summary>
    [Id(8)]
    public LinkTotals? Links;
}

/// <summary>Converts <see cref="SiteTally"/>.</summary>
[RegisterConverter]
public sealed class SiteTallyConverter : IConverter<SiteTally, SiteTallySurrogate>
{
    /// <inheritdoc/>
    public SiteTally ConvertFromSurrogate(in SiteTallySurrogate surrogate)
    {
        var tally = new SiteTally
        {
            Counters = surrogate.Counters,
            FirstCrash = surrogate.FirstCrash,
            Digest = surrogate.Digest,
            DecidedByAge = surrogate.DecidedByAge,
            Links = surrogate.Links?.ToTally() ?? new LinkTally(),
        };
        for (int i = 0; i < surrogate.Probes.Length; i++)
        {
            tally.Probes.Add(surrogate.Probes[i], surrogate.Reached[i]);
        }

        foreach (CrashTallySurrogate crash in surrogate.Crashes)
        {
            tally.Crashes.Add(new CrashTally(crash.Title, crash.Role)
            {
                Count = crash.Count,
                First = crash.First,
                FirstEvent = crash.FirstEvent,
                Stack = crash.Stack,
                Story = crash.Story,
                Words = crash.Words,
                Function = crash.Function,
                AllocatedBy = crash.AllocatedBy ?? [],
                FreedBy = crash.FreedBy ?? [],
                ByAge = crash.ByAge,
            });
        }

        foreach (StaleTallySurrogate stale in surrogate.Stale)
        {
            tally.Stale.Add(new StaleTally(stale.Holder, stale.Role) { Created = stale.Created, Healed = stale.Healed, Live = stale.Live });
        }

        return tally;
    }

    /// <inheritdoc/>
    public SiteTallySurrogate ConvertToSurrogate(in SiteTally value) => new()
    {
        Counters = value.Counters,
        Probes = [.. value.Probes.Keys],
        Reached = [.. value.Probes.Values],
        Crashes = [.. value.Crashes.Select(c => new CrashTallySurrogate(c.Title, c.Role, c.Count, c.First, c.FirstEvent, [.. c.Stack], [.. c.Story], c.Words, c.Function, Lines(c.AllocatedBy), Lines(c.FreedBy), [.. c.ByAge]))],
        Stale = [.. value.Stale.Select(s => new StaleTallySurrogate(s.Holder, s.Role, s.Created, s.Healed, s.Live))],
        FirstCrash = value.FirstCrash,
        Digest = value.Digest,
        DecidedByAge = value.DecidedByAge,
        Links = value.Links.Decided.Length == 0 ? null : LinkTotals.Of(value.Links),
    };

    private static string[]? Lines(IReadOnlyList<string> lines) => lines.Count == 0 ? null : [.. lines];
}
