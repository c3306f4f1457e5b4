using Orleans.Concurrency;

namespace Stress.Contracts;

/// <summary>One search: keeps its state, hands out the parts of its rounds, and answers the client. Its key is the search's name.</summary>
[Alias("stress.ISearchGrain")]
public interface ISearchGrain : IGrainWithStringKey
{
    /// <summary>Starts the search, or resumes it from what is stored.</summary>
    /// <param name="plan">What to search.</param>
    /// <exception cref="RunRefusedException">A search of this name has another plan, or the plan is not accepted.</exception>
    [Alias("Start")]
    Task Start(SearchPlan plan);

    /// <summary>
    /// The search's progress; null for one that was never started, or was forgotten. Asking counts as following it: a search that has not been asked about for
    /// <see cref="SearchPlan.FollowedSeconds"/> pauses until it is, and a silo that took it over continues it.
    /// </summary>
    [Alias("Progress"), AlwaysInterleave]
    Task<SearchProgress?> Progress();

    /// <summary>Pauses the search after the last completed round. Storage is kept, and the search can be started again from there.</summary>
    [Alias("Hold"), AlwaysInterleave]
    Task Hold();

    /// <summary>Its result so far, as its backend writes it; final once <see cref="SearchProgress.Finished"/>. Null for a search that was never started.</summary>
    [Alias("Report"), AlwaysInterleave]
    Task<byte[]?> Report();

    /// <summary>Deletes everything stored for it.</summary>
    [Alias("Forget")]
    Task Forget();
}

/// <summary>Executes one part of a round.</summary>
[Alias("stress.ISearchPartGrain")]
public interface ISearchPartGrain : IGrainWithStringKey
{
    /// <summary>
    /// Executes the part. Null if it takes longer than a few seconds, or its silo is leaving: the caller asks again, and gets the result of the same execution, or of another
    /// with the same result.
    /// </summary>
    /// <param name="plan">The search.</param>
    /// <param name="part">The part.</param>
    /// <exception cref="SearchPartException">It cannot be executed here.</exception>
    [Alias("Execute")]
    Task<byte[]?> Execute(SearchPlan plan, byte[] part);
}

/// <summary>A search as it was started.</summary>
[GenerateSerializer, Immutable, Alias("stress.SearchPlan")]
public sealed record SearchPlan
{
    /// <summary>Wall seconds without a question after which a search pauses.</summary>
    public const int FollowedSeconds = 60;

    /// <summary>Most characters of <see cref="Order"/>.</summary>
    public const int MaxOrderLength = 64 * 1024;

    /// <summary>Its name.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Who executes it.</summary>
    [Id(1)]
    public required string Backend { get; init; }

    /// <summary>What to search for, and how, as the backend reads it.</summary>
    [Id(2)]
    public required string Order { get; init; }

    /// <summary>The build that planned it.</summary>
    [Id(3)]
    public required BuildStamp Build { get; init; }

    /// <summary>True when another plan searches the same.</summary>
    public bool IsSameAs(SearchPlan other) => Name == other.Name && Backend == other.Backend && Order == other.Order && Build.Shares(other.Build);
}

/// <summary>Where a search is.</summary>
[GenerateSerializer, Immutable, Alias("stress.SearchProgress")]
public sealed record SearchProgress
{
    /// <summary>Nothing is left to do.</summary>
    [Id(0)]
    public required bool Finished { get; init; }

    /// <summary>It is paused: it was told to.</summary>
    [Id(1)]
    public required bool Held { get; init; }

    /// <summary>Its progress, as its backend writes it.</summary>
    [Id(2)]
    public required byte[] State { get; init; }

    /// <summary>Why it cannot continue; null while it can.</summary>
    [Id(3)]
    public string? Problem { get; init; }
}

/// <summary>A part cannot be executed, here or elsewhere: something it needs is missing.</summary>
/// <param name="message">What is missing.</param>
[GenerateSerializer, Alias("stress.SearchPartException")]
public sealed class SearchPartException(string message) : Exception(message);
