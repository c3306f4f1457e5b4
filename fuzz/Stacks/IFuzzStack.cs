using Stress.Fuzz.Lists;

namespace Stress.Fuzz.Stacks;

/// <summary>What a stack answered to one line.</summary>
/// <param name="Word">The operation.</param>
/// <param name="Error">The error, <c>ENXIO(6)</c>; empty where it succeeded.</param>
/// <param name="Otherwise">Other possible answers of a model for the step, since a list has no times.</param>
/// <param name="IsExecuted">False where the stack does not have the operation, or a rule of its interface forbids it there.</param>
public sealed record StepAnswer(string Word, string Error, IReadOnlyList<string> Otherwise, bool IsExecuted = true);

/// <summary>The outcome of one list on one stack.</summary>
/// <param name="Steps">Its answers, up to where it stopped.</param>
/// <param name="Titles">What was reported, in the order in which it was; empty for a list that went well.</param>
/// <param name="Reached">What else the stack knows to have been reached: cells of a model's coverage.</param>
/// <param name="Lost">Why there is no result; null where there is one.</param>
public sealed record ListOutcome(IReadOnlyList<StepAnswer> Steps, IReadOnlyList<string> Titles, IReadOnlyList<string> Reached, string? Lost = null)
{
    /// <summary>Edges of a kernel with KCOV that the list was the first of its boot to reach; empty for any other stack.</summary>
    public IReadOnlyList<ReachedEdges> Edges { get; init; } = [];

    /// <summary>A list without a result.</summary>
    public static ListOutcome Nothing(string why) => new([], [], [], why);
}

/// <summary>What a search needs to know about a stack to draw lists for it and to judge their outcomes.</summary>
public interface IStackFacts
{
    /// <summary>The name on the command line.</summary>
    string Name { get; }

    /// <summary>Its name in productions.</summary>
    string Speaks { get; }

    /// <summary>Stacks of one family should agree; null for one that is not compared.</summary>
    string? Family { get; }

    /// <summary>Lists that are executed in one call at best; it does not depend on the machine.</summary>
    int Batch { get; }
}

/// <summary>The facts about a stack that is elsewhere.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Speaks">Its name in productions.</param>
/// <param name="Family">Stacks of one family should agree; null for one that is not compared.</param>
/// <param name="Batch">Lists that are executed in one call at best.</param>
public sealed record StackFacts(string Name, string Speaks, string? Family, int Batch) : IStackFacts;

/// <summary>Something that executes lists and reports what it saw.</summary>
public interface IFuzzStack : IStackFacts
{
    /// <summary>Functions whose edges it sees (<see cref="ListOutcome.Edges"/>); 0 for a stack without coverage.</summary>
    int CoveredFunctions => 0;

    /// <summary>Executes lists, each as on a system that has just been started.</summary>
    /// <param name="lists">The lists.</param>
    /// <param name="seed">What the system draws its own random numbers from.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>An outcome for each list.</returns>
    IReadOnlyList<ListOutcome> Run(IReadOnlyList<IReadOnlyList<string>> lists, ulong seed, CancellationToken stop);
}
