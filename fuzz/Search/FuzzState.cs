using Stress.Fuzz.Lists;

namespace Stress.Fuzz.Search;

/// <summary>A search between two rounds: with grammar, stacks and options, all that it needs to continue.</summary>
public sealed record FuzzState
{
    /// <summary>Rounds merged, of lists and of titles.</summary>
    public long Round { get; set; }

    /// <summary>Rounds of lists taken in: the size of the next depends on it.</summary>
    public long Searched { get; set; }

    /// <summary>Lists drawn.</summary>
    public long Lists { get; set; }

    /// <summary>Steps answered.</summary>
    public long Steps { get; set; }

    /// <summary>Lists without a result.</summary>
    public long NotExecuted { get; set; }

    /// <summary>Why the last of them has none; null for none.</summary>
    public string? WhyLost { get; set; }

    /// <summary>The digest so far.</summary>
    public ulong Digest { get; set; }

    /// <summary>Wall time that it was worked on.</summary>
    public TimeSpan Elapsed { get; set; }

    /// <summary>Of that, confirming and minimising.</summary>
    public TimeSpan Aside { get; set; }

    /// <summary>Titles to confirm.</summary>
    public List<NewTitle> Pending { get; init; } = [];

    /// <summary>Findings, in the order of their lists.</summary>
    public List<Finding> Findings { get; init; } = [];

    /// <summary>Lists that reached something new.</summary>
    public IReadOnlyList<KeptList> Corpus { get; init; } = [];

    /// <summary>Hashes of what was reached.</summary>
    public IReadOnlyList<ulong> Reached { get; init; } = [];

    /// <summary>Hashes of the edges that were reached in kernels with KCOV.</summary>
    public IReadOnlyList<ulong> Edges { get; init; } = [];

    /// <summary>How many of them lead into which function.</summary>
    public IReadOnlyList<FunctionEdges> Functions { get; init; } = [];

    /// <summary>Functions of each stack whose edges are seen.</summary>
    public Dictionary<string, int> Covered { get; init; } = [];

    /// <summary>In how many lists each title was seen.</summary>
    public Dictionary<string, long> Seen { get; init; } = [];

    /// <summary>How each operation went.</summary>
    public IReadOnlyList<OperationRate> Operations { get; init; } = [];
}
