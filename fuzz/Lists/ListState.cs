namespace Stress.Fuzz.Lists;

/// <summary>What the lines of a list have created so far, judged by their text only: no stack is asked.</summary>
/// <param name="grammar">The language.</param>
internal sealed class ListState(Grammar grammar)
{
    private readonly Dictionary<string, SortedDictionary<string, string>> _living = grammar.Pools.ToDictionary(pool => pool.Name, _ => new SortedDictionary<string, string>(StringComparer.Ordinal));
    private readonly Dictionary<string, SortedSet<string>> _ever = grammar.Pools.ToDictionary(pool => pool.Name, _ => new SortedSet<string>(StringComparer.Ordinal));

    // The pool on whose members others are created.
    private const string OwningPool = "if";

    private readonly HashSet<(string Owner, string Pool, string Member)> _owned = [];
    private readonly Dictionary<string, List<string>> _lines = new(StringComparer.Ordinal);

    /// <summary>The lines so far with an operation.</summary>
    public IReadOnlyList<string> Lines(string word) => _lines.GetValueOrDefault(word) ?? [];

    /// <summary>Whether everything that the line names, and that an earlier line must have made, was made.</summary>
    public bool IsPossible(string line)
    {
        string[] words = line.Split(' ');
        return ProductionOf(words) is { } production && !words.Where((word, i) => i > 0
            && production.Places[i] is { Sign: not '+' } place && grammar.PoolOf(place.Name) is { MustExist: true } && !_ever[place.Name].Contains(word)).Any();
    }

    // The first production that has the line's word and as many words.
    private Production? ProductionOf(string[] words) => grammar.Productions.FirstOrDefault(p => p.Words.Count == words.Length && p.Word == words[0] && Fits(p, words));

    /// <summary>Takes a line in.</summary>
    public void Take(string line)
    {
        string[] words = line.Split(' ');
        if (ProductionOf(words) is not { } production)
        {
            return;
        }

        if (!_lines.TryGetValue(words[0], out List<string>? same))
        {
            _lines[words[0]] = same = [];
        }

        same.Add(line);
        for (int i = 1; i < words.Length; i++)
        {
            if (production.Places[i] is { } place && _living.TryGetValue(place.Name, out SortedDictionary<string, string>? pool))
            {
                if (place.Sign == '+')
                {
                    pool[words[i]] = place.Types.Count > 0 ? place.Types[0] : "";
                    _ever[place.Name].Add(words[i]);
                    if (OwnerOf(production, words, place.Name) is { } owner)
                    {
                        _owned.Add((owner, place.Name, words[i]));
                    }
                }
                else if (place.Sign == '-')
                {
                    End(pool, words[i]);
                }
            }
        }
    }

    // What was created on something of another pool, such as an address on an interface, goes with it.
    private static string? OwnerOf(Production production, string[] words, string made) =>
        words.Where((_, i) => i > 0 && production.Places[i] is { Sign: ' ' } place && place.Name != made && place.Name == OwningPool).FirstOrDefault();

    private void End(SortedDictionary<string, string> pool, string name)
    {
        pool.Remove(name);
        foreach ((string owner, string owned, string member) in _owned.Where(o => o.Owner == name).ToArray())
        {
            _living[owned].Remove(member);
            _owned.Remove((owner, owned, member));
        }
    }

    /// <summary>Live names of a pool, of the given types.</summary>
    public IReadOnlyList<string> Living(Place place) =>
        [.. _living[place.Name].Where(name => place.Types.Count == 0 || place.Types.Contains(name.Value)).Select(name => name.Key)];

    /// <summary>Names that some line has made, live or not.</summary>
    public IReadOnlyCollection<string> Ever(string pool) => _ever[pool];

    private static bool Fits(Production production, string[] words) => !words.Where((word, i) => production.Words[i][0] != '{' && production.Words[i] != word).Any();
}
