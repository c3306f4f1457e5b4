using System.Runtime.InteropServices;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Contracts;

/// <summary>Crashes of one title through pointers to interfaces of one link.</summary>
/// <param name="Link">The link's number in its site.</param>
/// <param name="Title">The title.</param>
[GenerateSerializer, Immutable, Alias("stress.LinkCrashKey")]
public readonly record struct LinkCrashKey([property: Id(0)] int Link, [property: Id(1)] CrashTitle Title);

/// <summary>What networks count by link and by node: the sum over sites, which all have the same. Empty for a run of pairs.</summary>
[GenerateSerializer, Alias("stress.LinkTotals")]
public sealed class LinkTotals
{
    /// <summary>Decided disconnects by link.</summary>
    [Id(0)]
    public List<long> Decided { get; } = [];

    /// <summary>Panics by node.</summary>
    [Id(1)]
    public List<long> Panics { get; } = [];

    /// <summary>Crashes by link and title.</summary>
    [Id(2)]
    public Dictionary<LinkCrashKey, long> Crashes { get; } = [];

    /// <summary>The counts of one site.</summary>
    public static LinkTotals Of(LinkTally tally)
    {
        var totals = new LinkTotals();
        totals.Add(tally);
        return totals;
    }

    /// <summary>The same counts in a site's form, crashes by link and title.</summary>
    public LinkTally ToTally() => new()
    {
        Decided = [.. Decided],
        Panics = [.. Panics],
        Crashes = [.. Crashes.OrderBy(c => c.Key.Link).ThenBy(c => c.Key.Title.ToString(), StringComparer.Ordinal).Select(c => new LinkCrash { Link = c.Key.Link, Title = c.Key.Title, Count = c.Value })],
    };

    /// <summary>Adds a site's counts.</summary>
    public void Add(LinkTally tally)
    {
        Add(Decided, tally.Decided);
        Add(Panics, tally.Panics);
        foreach (LinkCrash crash in tally.Crashes)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(Crashes, new LinkCrashKey(crash.Link, crash.Title), out _) += crash.Count;
        }
    }

    /// <summary>Adds others' counts.</summary>
    public void Add(LinkTotals other)
    {
        Add(Decided, CollectionsMarshal.AsSpan(other.Decided));
        Add(Panics, CollectionsMarshal.AsSpan(other.Panics));
        foreach ((LinkCrashKey key, long count) in other.Crashes)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(Crashes, key, out _) += count;
        }
    }

    private static void Add(List<long> sum, ReadOnlySpan<long> more)
    {
        for (int i = 0; i < more.Length; i++)
        {
            if (i == sum.Count)
            {
                sum.Add(0);
            }

            sum[i] += more[i];
        }
    }
}
