using Stress.Emulator.Stacks;

namespace Stress.Fuzz.Lists;

/// <summary>The lists that reached something new, in the order in which they did.</summary>
public sealed class Corpus
{
    private readonly List<IReadOnlyList<string>> _lists = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>The lists.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Lists => _lists;

    /// <summary>What was reached so far.</summary>
    public int Reached => _seen.Count;

    /// <summary>Takes in what a list reached.</summary>
    /// <returns>How much of it is new; with anything new the list is kept.</returns>
    public int Take(IReadOnlyList<string> list, IEnumerable<string> reached, bool keep = true)
    {
        int news = reached.Count(_seen.Add);
        if (news > 0 && keep)
        {
            _lists.Add(list);
        }

        return news;
    }

    /// <summary>A list to change: every second time one of the newest eighth, since what is new leads on.</summary>
    public IReadOnlyList<string> Draw(Chance chance)
    {
        int newest = Math.Max(1, _lists.Count / 8);
        return chance.Percent(50) ? _lists[_lists.Count - 1 - chance.Below(newest)] : chance.Of(_lists);
    }
}
