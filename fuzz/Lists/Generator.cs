using Stress.Emulator.Stacks;

namespace Stress.Fuzz.Lists;

/// <summary>Writes lists, and changes lists that reached something new.</summary>
/// <param name="grammar">The language, with what the stacks at hand have.</param>
public sealed class Generator(Grammar grammar)
{
    /// <summary>The least and the most lines of a list; a mutated one also has at most this many.</summary>
    public const int Shortest = 6, Longest = 36, LongestChanged = 64;

    // Percentage of names that were never made or are gone: most of these fail, but some show faults.
    private const int Stray = 6;

    // Percentage of undoing operations that undo something that the list did.
    private const int Undone = 80;

    // Percentage of lists that start from nothing.
    private const int Bare = 15;

    private const int MostBeginnings = 2;

    /// <summary>A list of its own.</summary>
    public IReadOnlyList<string> Generate(Chance chance)
    {
        var lines = new List<string>();
        var state = new ListState(grammar);
        int length = Shortest + chance.Below(Longest - Shortest + 1);
        for (int n = grammar.Beginnings.Count == 0 || chance.Percent(Bare) ? 0 : 1 + chance.Below(MostBeginnings); n > 0; n--)
        {
            foreach (string line in chance.Of(grammar.Beginnings))
            {
                lines.Add(line);
                state.Take(line);
            }
        }

        while (lines.Count < length && Line(state, chance) is { } line)
        {
            lines.Add(line);
            state.Take(line);
        }

        return lines;
    }

    /// <summary>A list derived from another by one to four changes.</summary>
    /// <param name="parent">The list that is changed.</param>
    /// <param name="other">Where a part of another list is put in, that list.</param>
    /// <param name="chance">Draws.</param>
    public IReadOnlyList<string> Mutate(IReadOnlyList<string> parent, IReadOnlyList<string> other, Chance chance)
    {
        List<string> lines = [.. parent];
        for (int n = 1 + chance.Below(4); n > 0; n--)
        {
            Change(lines, other, chance);
        }

        lines = Possible(lines);
        return lines.Count == 0 ? Generate(chance) : lines.Count <= LongestChanged ? lines : lines[..LongestChanged];
    }

    // Removes the lines that name something that must have been made before, if a change removed that.
    private List<string> Possible(List<string> lines)
    {
        var state = new ListState(grammar);
        var kept = new List<string>();
        foreach (string line in lines)
        {
            if (state.IsPossible(line))
            {
                kept.Add(line);
                state.Take(line);
            }
        }

        return kept;
    }

    private void Change(List<string> lines, IReadOnlyList<string> other, Chance chance)
    {
        int at = chance.Below(lines.Count + 1);
        switch (chance.Below(8))
        {
            case 0 or 1 or 2:
                Insert(lines, at, 1 + chance.Below(4), chance);
                break;
            case 3 when lines.Count > 1:
                at = chance.Below(lines.Count);
                lines.RemoveRange(at, Math.Min(lines.Count - at, 1 + chance.Below(3)));
                break;
            case 4 when lines.Count > 1:
                at = chance.Below(lines.Count - 1);
                (lines[at], lines[at + 1]) = (lines[at + 1], lines[at]);
                break;
            case 5 when lines.Count > 0:
                lines.Insert(at, chance.Of(lines));
                break;
            case 6 when other.Count > 0:
                int from = chance.Below(other.Count);
                lines.InsertRange(at, other.Skip(from).Take(1 + chance.Below(other.Count - from)));
                break;
            default:
                Insert(lines, lines.Count, 1 + chance.Below(6), chance);
                break;
        }
    }

    private void Insert(List<string> lines, int at, int count, Chance chance)
    {
        var state = new ListState(grammar);
        foreach (string line in lines.Take(at))
        {
            state.Take(line);
        }

        for (; count > 0 && Line(state, chance) is { } line; count--)
        {
            lines.Insert(at++, line);
            state.Take(line);
        }
    }

    // One more line: a production of those that are possible now, by weight.
    private string? Line(ListState state, Chance chance)
    {
        Production[] possible = [.. grammar.Productions.Where(p => (p.Undoes is null || state.Lines(p.Undoes).Count > 0) && p.Places.Skip(1).All(place => IsPossible(place, state)))];
        int total = possible.Sum(p => p.Weight);
        if (total == 0)
        {
            return null;
        }

        int drawn = chance.Below(total);
        foreach (Production production in possible)
        {
            drawn -= production.Weight;
            if (drawn < 0)
            {
                return Undo(production, state, chance) ?? string.Join(' ', production.Words.Select(word => Fill(word, state, chance)));
            }
        }

        return null;
    }

    private static string? Undo(Production production, ListState state, Chance chance) =>
        production.Undoes is { } word && state.Lines(word) is { Count: > 0 } lines && chance.Percent(Undone)
            ? string.Join(' ', chance.Of(lines).Split(' ').Skip(1).Take(production.Words.Count - 1).Prepend(production.Word))
            : null;

    private bool IsPossible(Place? of, ListState state) =>
        of is not { } place ? true
        : grammar.PoolOf(place.Name) is null ? grammar.Values[place.Name].Any(value => Parts(value).All(part => IsPossible(Place.Of(part), state)))
        : place.Sign == '+' || state.Living(place).Count > 0;

    private string Fill(string word, ListState state, Chance chance)
    {
        if (Place.Of(word) is not { } place)
        {
            return word;
        }

        if (grammar.PoolOf(place.Name) is not { } pool)
        {
            string[] values = [.. grammar.Values[place.Name].Where(value => Parts(value).All(part => IsPossible(Place.Of(part), state)))];
            return FillInside(chance.Of(values), state, chance);
        }

        IReadOnlyList<string> living = state.Living(place);
        if (place.Sign == '+')
        {
            string[] all = [.. pool.Members.Where(name => place.Types.Count == 0 || Suits(name, place.Types[0]))];
            string[] free = [.. all.Where(name => !living.Contains(name))];
            return chance.Of(free.Length > 0 && !chance.Percent(Stray) ? free : all);
        }

        IReadOnlyList<string> stray = pool.MustExist ? [.. state.Ever(pool.Name)] : pool.Members;
        return chance.Of(chance.Percent(Stray) && stray.Count > 0 ? stray : living);
    }

    // A member whose name contains a type (tun0, gif1) has only that one; others have any.
    private bool Suits(string name, string type) => !grammar.Pools.Any(pool => pool.Members.Contains(name) && pool.Members.Any(member => member.StartsWith(type, StringComparison.Ordinal))) || name.StartsWith(type, StringComparison.Ordinal);

    private static IEnumerable<string> Parts(string value)
    {
        for (int at = value.IndexOf('{', StringComparison.Ordinal); at >= 0; at = value.IndexOf('{', at + 1))
        {
            yield return value[at..(value.IndexOf('}', at) + 1)];
        }
    }

    private string FillInside(string value, ListState state, Chance chance)
    {
        foreach (string part in Parts(value).ToArray())
        {
            int at = value.IndexOf(part, StringComparison.Ordinal);
            value = value[..at] + Fill(part, state, chance) + value[(at + part.Length)..];
        }

        return value;
    }
}
