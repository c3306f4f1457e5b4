using System.IO.Hashing;
using System.Text;

namespace Stress.Fuzz.Lists;

/// <summary>How many edges of a kernel's function a search has reached.</summary>
/// <param name="Stack">The stack.</param>
/// <param name="Function">The function.</param>
/// <param name="Edges">Different edges that lead into it.</param>
public sealed record FunctionEdges(string Stack, string Function, int Edges);

/// <summary>The edges of kernels that a search has reached.</summary>
public sealed class EdgeMap
{
    private readonly HashSet<ulong> _edges;
    private readonly SortedDictionary<(string Stack, string Function), int> _functions;

    /// <summary>One as it was.</summary>
    /// <param name="edges">What <see cref="Edges"/> gave.</param>
    /// <param name="functions">What <see cref="Functions"/> gave.</param>
    public EdgeMap(IEnumerable<ulong> edges, IEnumerable<FunctionEdges> functions)
    {
        _edges = [.. edges];
        _functions = new SortedDictionary<(string Stack, string Function), int>(
            functions.ToDictionary(of => (of.Stack, of.Function), of => of.Edges),
            Comparer<(string Stack, string Function)>.Create((a, b) => string.CompareOrdinal(a.Stack, b.Stack) is not 0 and var order ? order : string.CompareOrdinal(a.Function, b.Function)));
    }

    /// <summary>How many.</summary>
    public int Count => _edges.Count;

    /// <summary>Their hashes, in ascending order.</summary>
    public IReadOnlyList<ulong> Edges => [.. _edges.Order()];

    /// <summary>How many in each function, in order of stack and name.</summary>
    public IReadOnlyList<FunctionEdges> Functions => [.. _functions.Select(of => new FunctionEdges(of.Key.Stack, of.Key.Function, of.Value))];

    /// <summary>Takes in edges that lead into a function.</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="function">The function.</param>
    /// <param name="edges">Their hashes.</param>
    /// <returns>How many are new, and whether no list has entered the function before.</returns>
    public (int New, bool Entered) Take(string stack, string function, IReadOnlyList<ulong> edges)
    {
        // Two stacks may be the same source.
        long of = (long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(stack));
        int news = edges.Count(edge => _edges.Add(XxHash3.HashToUInt64(BitConverter.GetBytes(edge), of)));
        if (news == 0)
        {
            return (0, false);
        }

        bool before = _functions.TryGetValue((stack, function), out int reached);
        _functions[(stack, function)] = reached + news;
        return (news, !before);
    }
}
