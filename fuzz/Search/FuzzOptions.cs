namespace Stress.Fuzz.Search;

/// <summary>The limits of a search, and how it proceeds.</summary>
public sealed record FuzzOptions
{
    /// <summary>The seed of every draw.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Lists; null for no limit.</summary>
    public long? Lists { get; init; }

    /// <summary>Wall time; null for no limit. Confirming and minimising count.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Findings after which it ends; null for no limit.</summary>
    public int? Findings { get; init; }

    /// <summary>Change lists that reached something new.</summary>
    public bool Guided { get; init; } = true;

    /// <summary>An edge of a kernel with KCOV that no list has reached is new. Otherwise such edges are counted only, and lists are kept for their answers.</summary>
    public bool ByEdges { get; init; } = true;

    /// <summary>Parts of a round executed at once in one process. The result does not depend on it.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Cut findings down.</summary>
    public bool Minimise { get; init; } = true;
}

/// <summary>Where a search is.</summary>
/// <param name="Lists">Lists so far.</param>
/// <param name="Steps">Steps so far.</param>
/// <param name="Reached">Different things reached.</param>
/// <param name="Findings">Findings.</param>
/// <param name="Elapsed">Wall time.</param>
/// <param name="Edges">Edges reached in kernels with KCOV.</param>
/// <param name="What">The current activity if it is not searching, or empty.</param>
public sealed record FuzzProgress(long Lists, long Steps, int Reached, int Findings, TimeSpan Elapsed, int Edges, string What);
