using System.IO.Hashing;
using System.Text;
using Stress.Emulator.Stacks;

namespace Stress.Fuzz.Lists;

/// <summary>The lists that reached something new, in the order in which they did.</summary>
public sealed class Corpus
{
    private readonly List<IReadOnlyList<string>> _lists;

    // Hashes of what was reached: a search reaches some hundred thousand things, and its state travels.
    private readonly HashSet<ulong> _seen;

    /// <summary>An empty one.</summary>
    public Corpus()
        : this([], [])
    {
    }

    /// <summary>One as it was.</summary>
    /// <param name="lists">Its lists.</param>
    /// <param name="seen">What <see cref="Seen"/> gave.</param>
    public Corpus(IEnumerable<IReadOnlyList<string>> lists, IEnumerable<ulong> seen) => (_lists, _seen) = ([.. lists], [.. seen]);

    /// <summary>The lists.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Lists => _lists;

    /// <summary>How much was reached so far.</summary>
    public int Reached => _seen.Count;

    /// <summary>Hashes of what was reached, in ascending order.</summary>
    public IReadOnlyList<ulong> Seen => [.. _seen.Order()];

    /// <summary>Takes in what a list reached.</summary>
    /// <returns>How much of it is new; with anything new the list is kept.</returns>
    public int Take(IReadOnlyList<string> list, IEnumerable<string> reached, bool keep = true)
    {
        int news = reached.Count(what => _seen.Add(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(what))));
        if (news > 0 && keep)
        {
            _lists.Add(list);
        }

        return news;
    }

    /// <summary>A list to change: half of the time one of the newest eighth, since new lists lead further.</summary>
    public IReadOnlyList<string> Draw(Chance chance)
    {
        int newest = Math.Max(1, _lists.Count / 8);
        return chance.Percent(50) ? _lists[_lists.Count - 1 - chance.Below(newest)] : chance.Of(_lists);
    }
}
