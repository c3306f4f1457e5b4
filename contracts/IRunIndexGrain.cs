using Orleans.Concurrency;

namespace Stress.Contracts;

/// <summary>The list of a cluster's runs. There is one (key 0).</summary>
[Alias("stress.IRunIndexGrain")]
public interface IRunIndexGrain : IGrainWithIntegerKey
{
    /// <summary>The key of the only one.</summary>
    const long Key = 0;

    /// <summary>Enters a run, or replaces its entry.</summary>
    /// <exception cref="RunRefusedException">Too many runs are unfinished.</exception>
    [Alias("Set")]
    Task Set(RunEntry entry);

    /// <summary>Every run in the list, the latest first.</summary>
    [Alias("List"), AlwaysInterleave]
    Task<IReadOnlyList<RunEntry>> List();

    /// <summary>Keeps every unfinished run going. Every silo asks several times a minute: whichever silo has died, the next one to ask revives the run.</summary>
    [Alias("Keep"), AlwaysInterleave]
    Task Keep();
}

/// <summary>A run in the list.</summary>
[GenerateSerializer, Immutable, Alias("stress.RunEntry")]
public sealed record RunEntry
{
    /// <summary>Its name.</summary>
    [Id(0)]
    public required string RunId { get; init; }

    /// <summary>Wall time of the start.</summary>
    [Id(1)]
    public required DateTimeOffset Started { get; init; }

    /// <summary>What it was told to do, or that it is finished.</summary>
    [Id(2)]
    public required RunPhase Phase { get; init; }

    /// <summary>Its progress when the entry was written.</summary>
    [Id(3)]
    public required ShardProgress Progress { get; init; }

    /// <summary>Windows of each site.</summary>
    [Id(4)]
    public required int Windows { get; init; }

    /// <summary>The build that planned it; null for a build before format 1.</summary>
    [Id(5)]
    public BuildStamp? Build { get; init; }
}
