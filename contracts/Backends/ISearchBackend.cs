namespace Stress.Contracts;

/// <summary>
/// Executes searches: the interface between the grains, which own, hand out, keep and move, and whatever is searched for. One object serves all searches of a silo, from many threads
/// at once. Orders, parts, results and images are its own and opaque to the grains.
/// </summary>
public interface ISearchBackend
{
    /// <summary>Its name in a plan (<see cref="SearchPlan.Backend"/>).</summary>
    string Name { get; }

    /// <summary>Why it cannot execute the order, in words that follow "search refused: "; null when it can.</summary>
    string? Problem(string order);

    /// <summary>A search, new or restored.</summary>
    /// <param name="order">What is searched for, and how.</param>
    /// <param name="image">What <see cref="ISearch.Save"/> gave, here or on another silo; null for a new one.</param>
    ISearch Open(string order, ReadOnlyMemory<byte>? image);

    /// <summary>Executes a part of a round. The same part gives the same result, wherever and however often it is executed.</summary>
    /// <param name="order">The search's order.</param>
    /// <param name="part">One of <see cref="ISearch.Next"/>.</param>
    /// <param name="stop">Cancels it: the part does not count, and is executed elsewhere.</param>
    Task<byte[]> Execute(string order, byte[] part, CancellationToken stop);
}

/// <summary>One search between the executions of its parts. One caller at a time uses it.</summary>
public interface ISearch
{
    /// <summary>Rounds taken in.</summary>
    long Round { get; }

    /// <summary>The parts of the open round, or of the next; none at the end. They do not depend on who executes them.</summary>
    IReadOnlyList<byte[]> Next();

    /// <summary>Merges the outcome of the open round.</summary>
    /// <param name="results">A result for each part, in their order.</param>
    void Take(IReadOnlyList<byte[]> results);

    /// <summary>The image between two rounds.</summary>
    byte[] Save();

    /// <summary>Its progress, for the client.</summary>
    byte[] Progress();

    /// <summary>The result so far, for the client.</summary>
    /// <param name="interrupted">It was ended before its end.</param>
    byte[] Report(bool interrupted);
}
