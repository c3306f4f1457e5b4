using Stress.Fuzz.Stacks;

namespace Stress.Fuzz.Search;

/// <summary>A new title of a list, to be confirmed and minimised.</summary>
/// <param name="Title">The exact title.</param>
/// <param name="Kind">What kind.</param>
/// <param name="Stacks">The stack, or the two stacks, that it was seen on.</param>
/// <param name="Number">The list's number, from 1.</param>
/// <param name="List">The list.</param>
public sealed record NewTitle(string Title, FindingKind Kind, IReadOnlyList<string> Stacks, long Number, IReadOnlyList<string> List);

/// <summary>
/// A part of a round: some of its lists on one stack, or a title to confirm. It is self-contained, and executing it again gives the same result where the
/// stack is deterministic: a part whose worker died is given to another.
/// </summary>
public sealed record FuzzPart
{
    /// <summary>The stack that executes <see cref="Lists"/>; empty for a title.</summary>
    public string Stack { get; init; } = "";

    /// <summary>The lists.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Lists { get; init; } = [];

    /// <summary>The title to confirm, or null.</summary>
    public NewTitle? Title { get; init; }
}

/// <summary>The outcome of a part.</summary>
public sealed record FuzzPartResult
{
    /// <summary>An outcome for each list.</summary>
    public IReadOnlyList<ListOutcome> Outcomes { get; init; } = [];

    /// <summary>Functions of the stack whose edges are seen; 0 for a stack without coverage.</summary>
    public int CoveredFunctions { get; init; }

    /// <summary>The finding that a title has become.</summary>
    public Finding? Finding { get; init; }
}
