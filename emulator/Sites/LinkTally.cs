using Stress.Emulator.Core;
using Stress.Emulator.Oracle;

namespace Stress.Emulator.Sites;

/// <summary>Crashes of one title through pointers to an interface of one link.</summary>
public struct LinkCrash : IStateValue<LinkCrash>, ICountedCell<LinkCrash>
{
    /// <summary>The link's number in the site.</summary>
    public int Link;

    /// <summary>The title.</summary>
    public CrashTitle Title;

    /// <summary>How many.</summary>
    public long Count;

    readonly bool ICountedCell<LinkCrash>.HasKeyOf(in LinkCrash other) => Link == other.Link && Title == other.Title;

    void ICountedCell<LinkCrash>.Again() => Count++;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref LinkCrash value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Link);
        pass.Struct(ref value.Title);
        pass.Field(ref value.Count);
    }
}

/// <summary>
/// What a network counts by link and by node, since virtual time zero. A crash belongs to the link whose interface the fatal pointer named; a crash whose interface is no longer
/// known belongs to none. A site of pairs counts nothing here.
/// </summary>
public sealed class LinkTally
{
    /// <summary>Decided disconnects by link, of both its ends; empty for a site of pairs.</summary>
    public long[] Decided { get; init; } = [];

    /// <summary>Crashes by link and title.</summary>
    public IReadOnlyList<LinkCrash> Crashes { get; init; } = [];

    /// <summary>Panics by node; empty for a site of pairs.</summary>
    public long[] Panics { get; init; } = [];
}
