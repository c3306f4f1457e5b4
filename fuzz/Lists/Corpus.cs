using System.IO.Hashing;
using System.Text;
using Stress.Emulator.Stacks;

namespace Stress.Fuzz.Lists;

/// <summary>Why a list was kept.</summary>
/// <param name="List">The list's number in the search, from 1.</param>
/// <param name="Answers">Answers in a state, and cells of a model, that it was the first to reach.</param>
/// <param name="Edges">Edges of a kernel that it was the first to reach.</param>
/// <param name="Functions">The functions that these edges lead into, those that no list had entered before first; at most <see cref="KeptBecause.MostFunctions"/>.</param>
/// <param name="Operations">The operations that reached them, in the order of the list; <see cref="KeptBecause.Removal"/> for the removal of what the list left.</param>
public sealed record KeptBecause(long List, int Answers, int Edges, IReadOnlyList<string> Functions, IReadOnlyList<string> Operations)
{
    /// <summary>Functions that are named.</summary>
    public const int MostFunctions = 8;

    /// <summary>What stands for an operation when namespace, interfaces and sockets of a list are removed.</summary>
    public const string Removal = "(removal)";
}

/// <summary>A list that was kept, and why.</summary>
/// <param name="Lines">The list.</param>
/// <param name="Why">What it was the first to reach.</param>
public sealed record KeptList(IReadOnlyList<string> Lines, KeptBecause Why);

/// <summary>The lists that reached something new, in the order in which they did.</summary>
public sealed class Corpus
{
    private readonly List<KeptList> _lists;

    // Those that were kept for an edge of a kernel.
    private readonly List<KeptList> _further;

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
    public Corpus(IReadOnlyList<KeptList> lists, IEnumerable<ulong> seen) => (_lists, _further, _seen) = ([.. lists], [.. lists.Where(kept => kept.Why.Edges > 0)], [.. seen]);

    /// <summary>The lists.</summary>
    public IReadOnlyList<KeptList> Lists => _lists;

    /// <summary>How much was reached so far.</summary>
    public int Reached => _seen.Count;

    /// <summary>Hashes of what was reached, in ascending order.</summary>
    public IReadOnlyList<ulong> Seen => [.. _seen.Order()];

    /// <summary>Takes in what a list reached.</summary>
    /// <returns>How much of it is new.</returns>
    public int Take(IEnumerable<string> reached) => reached.Count(what => _seen.Add(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(what))));

    /// <summary>Keeps a list.</summary>
    public void Keep(IReadOnlyList<string> list, KeptBecause why)
    {
        var kept = new KeptList(list, why);
        _lists.Add(kept);
        if (why.Edges > 0)
        {
            _further.Add(kept);
        }
    }

    /// <summary>
    /// A list to change: half of the time one of the newest eighth, since new lists lead further; where edges guide, half of the time one of those that reached a new edge, which are fewer and lead
    /// further than new answers.
    /// </summary>
    /// <param name="chance">Draws.</param>
    /// <param name="byEdges">Edges guide the search.</param>
    public IReadOnlyList<string> Draw(Chance chance, bool byEdges)
    {
        List<KeptList> from = byEdges && _further.Count > 0 && chance.Percent(50) ? _further : _lists;
        int newest = Math.Max(1, from.Count / 8);
        return (chance.Percent(50) ? from[from.Count - 1 - chance.Below(newest)] : chance.Of(from)).Lines;
    }
}
