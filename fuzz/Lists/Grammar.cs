namespace Stress.Fuzz.Lists;

/// <summary>An operation that a list may have.</summary>
/// <param name="Weight">How often it is drawn, against the others that are possible at that place.</param>
/// <param name="Template">
/// The line, a word or a place in braces for each word. <c>{pool}</c> is a name of the pool that the list has made (rarely one that it has not, or no longer); <c>{pool:type}</c>
/// one of a type, or of types separated by <c>|</c>; <c>{+pool:type}</c> makes one; <c>{-pool}</c> ends one; any other <c>{name}</c> is drawn from the values of that name.
/// </param>
/// <param name="Where">Stacks that have it; null for all.</param>
/// <param name="Undoes">The operation that it takes back: mostly it has the arguments of a line with that one.</param>
public sealed record Production(int Weight, string Template, IReadOnlyList<string>? Where = null, string? Undoes = null)
{
    /// <summary>The words of the template.</summary>
    public IReadOnlyList<string> Words { get; } = Template.Split(' ');

    /// <summary>The operation.</summary>
    public string Word => Words[0];

    /// <summary>The place that each word is; null for a literal word.</summary>
    internal IReadOnlyList<Place?> Places { get; } = [.. Template.Split(' ').Select(Place.Of)];
}

/// <summary>Names that appear and disappear in a list: interfaces, sockets, addresses.</summary>
/// <param name="Name">What templates call it.</param>
/// <param name="Members">All names that a list may use.</param>
/// <param name="MustExist">The language refuses a name that no earlier line has made.</param>
public sealed record Pool(string Name, IReadOnlyList<string> Members, bool MustExist = false);

/// <summary>A language of operation lists as the search writes it.</summary>
/// <param name="Productions">Its operations with their weights.</param>
/// <param name="Pools">Names that appear and disappear.</param>
/// <param name="Values">Values by name; a value may contain places itself.</param>
/// <param name="Beginnings">Possible beginnings of lists, so that most of what follows has something to work on.</param>
public sealed record Grammar(
    IReadOnlyList<Production> Productions, IReadOnlyList<Pool> Pools, IReadOnlyDictionary<string, IReadOnlyList<string>> Values, IReadOnlyList<IReadOnlyList<string>> Beginnings)
{
    /// <summary>The grammar with only what every one of these stacks has.</summary>
    /// <param name="stacks">What the stacks are called in <see cref="Production.Where"/>.</param>
    public Grammar For(IReadOnlyList<string> stacks) => this with { Productions = [.. Productions.Where(p => p.Where is null || stacks.All(p.Where.Contains))] };

    /// <summary>The pool of a name; null where the name is that of values.</summary>
    public Pool? PoolOf(string name) => Pools.FirstOrDefault(pool => pool.Name == name);
}

/// <summary>A place of a template.</summary>
/// <param name="Sign">What happens to the name: <c>+</c> it is made, <c>-</c> it ends, or a blank.</param>
/// <param name="Name">A pool, or values.</param>
/// <param name="Types">Types that are accepted, or made; empty for any.</param>
internal readonly record struct Place(char Sign, string Name, IReadOnlyList<string> Types)
{
    /// <summary>The place that a word of a template is; null for a word that stands for itself.</summary>
    public static Place? Of(string word)
    {
        if (word[0] != '{')
        {
            return null;
        }

        string inside = word[1..^1];
        char sign = inside[0] is '+' or '-' ? inside[0] : ' ';
        string[] parts = (sign == ' ' ? inside : inside[1..]).Split(':');
        return new Place(sign, parts[0], parts.Length > 1 ? parts[1].Split('|') : []);
    }
}
