using System.Text.Json.Serialization;
using Stress.Fuzz.Lists;

namespace Stress.Fuzz.Search;

/// <summary>What kind of finding.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FindingKind>))]
public enum FindingKind
{
    /// <summary>A stack reported a use of freed memory, died, or kept what it should have released.</summary>
    Crash,

    /// <summary>Two stacks that should agree answered a step differently.</summary>
    Disagreement,
}

/// <summary>One title that the search found.</summary>
public sealed record Finding
{
    /// <summary>The exact title, which identifies it.</summary>
    public required string Title { get; init; }

    /// <summary>What kind.</summary>
    public required FindingKind Kind { get; init; }

    /// <summary>The stack, or the two stacks, that it was seen on.</summary>
    public required IReadOnlyList<string> Stacks { get; init; }

    /// <summary>The number of the list that showed it first, from 1: how many lists it took.</summary>
    public required long List { get; init; }

    /// <summary>The list as it was drawn.</summary>
    public required IReadOnlyList<string> Drawn { get; init; }

    /// <summary>How many of <see cref="FuzzSearch.Confirmations"/> executions of the list on its own gave the title.</summary>
    public int Confirmed { get; init; }

    /// <summary>The list reduced to what the title needs.</summary>
    public IReadOnlyList<string> Minimal { get; init; } = [];

    /// <summary>No operation of <see cref="Minimal"/> can go.</summary>
    public bool IsMinimal { get; init; }

    /// <summary>Other titles that executions of the list have given, with how often.</summary>
    public IReadOnlyDictionary<string, int> OtherTitles { get; init; } = new Dictionary<string, int>();

    /// <summary>In how many lists of the search it was seen.</summary>
    public long Seen { get; init; }

    /// <summary>Every execution on its own gave it.</summary>
    [JsonIgnore]
    public bool IsConfirmed => Confirmed == FuzzSearch.Confirmations;
}

/// <summary>How an operation went on a stack.</summary>
/// <param name="Stack">The stack.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Tried">How often it was executed.</param>
/// <param name="Succeeded">How often it succeeded.</param>
public sealed record OperationRate(string Stack, string Operation, long Tried, long Succeeded);

/// <summary>What a search has done.</summary>
public sealed record FuzzReport
{
    /// <summary>The version of the file's format.</summary>
    public int Format { get; init; } = 1;

    /// <summary>The stacks.</summary>
    public required IReadOnlyList<string> Stacks { get; init; }

    /// <summary>The fault that was switched on in a real kernel, or empty.</summary>
    public string Fault { get; init; } = "";

    /// <summary>A stack is released software, without a fault reintroduced by us: findings are reported to its maintainers before anybody else (SECURITY.md).</summary>
    public bool Private { get; init; }

    /// <summary>Executions of each finding's list on its own.</summary>
    public int Confirmations { get; init; } = FuzzSearch.Confirmations;

    /// <summary>The seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Lists that reach something new are mutated; otherwise each list is drawn independently.</summary>
    public required bool Guided { get; init; }

    /// <summary>Lists drawn.</summary>
    public required long Lists { get; init; }

    /// <summary>Lists that a stack could not execute (a change had taken away what they need), or whose result was lost.</summary>
    public required long NotExecuted { get; init; }

    /// <summary>Why the last of them has no result; null for none.</summary>
    public string? WhyLost { get; init; }

    /// <summary>Steps answered, over all stacks.</summary>
    public required long Steps { get; init; }

    /// <summary>Distinct things reached: an answer in a state, a cell of a model.</summary>
    public required int Reached { get; init; }

    /// <summary>Different edges reached in kernels with KCOV; 0 where no stack is one.</summary>
    public int Edges { get; init; }

    /// <summary>A new edge was a reason to keep a list.</summary>
    public bool ByEdges { get; init; }

    /// <summary>Functions of each stack whose edges are seen.</summary>
    public IReadOnlyDictionary<string, int> CoveredFunctions { get; init; } = new Dictionary<string, int>();

    /// <summary>The functions that were entered, with how many edges that lead into each were reached.</summary>
    public IReadOnlyList<FunctionEdges> Functions { get; init; } = [];

    /// <summary>The lists that were kept, and why; null in <c>fuzz.json</c>, which has them beside it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<KeptList>? Kept { get; init; } = [];

    /// <summary>Lists kept because they reached something new.</summary>
    public required int Corpus { get; init; }

    /// <summary>The findings, in the order in which they were made.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>How each operation went on each stack.</summary>
    public required IReadOnlyList<OperationRate> Operations { get; init; }

    /// <summary>A hash of every list and every outcome: equal for equal seeds and numbers of lists where the stacks are deterministic.</summary>
    public required string Digest { get; init; }

    /// <summary>Wall time of the search itself, without confirming and minimising.</summary>
    public required double SearchSeconds { get; init; }

    /// <summary>Wall time altogether.</summary>
    public required double Seconds { get; init; }

    /// <summary>Processor time of the stacks and of the search.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>A stack's summary of how it executed lists.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>It was ended before its budget was used.</summary>
    public bool Interrupted { get; init; }

    /// <summary>Operations of the grammar that never succeeded on any stack: nothing can be said about them.</summary>
    [JsonIgnore]
    public IReadOnlyList<OperationRate> NeverSucceeded => [.. Operations.Where(o => o.Succeeded == 0)];
}
