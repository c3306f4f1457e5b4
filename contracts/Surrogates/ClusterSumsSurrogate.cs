using Stress.Observability;

namespace Stress.Contracts.Surrogates;

/// <summary>Wire form of <see cref="ClusterSums"/>: its eight numbers in their order.</summary>
[GenerateSerializer, Immutable, Alias("stress.ClusterSums")]
public struct ClusterSumsSurrogate
{
    /// <summary>Sites, trials, trials squared, hits, hits squared, hits times trials, sites hit, sites missed.</summary>
    [Id(0)]
    public long[] Values;
}

/// <summary>Converts <see cref="ClusterSums"/>.</summary>
[RegisterConverter]
public sealed class ClusterSumsConverter : IConverter<ClusterSums, ClusterSumsSurrogate>
{
    /// <inheritdoc/>
    public ClusterSums ConvertFromSurrogate(in ClusterSumsSurrogate surrogate) =>
        surrogate.Values is [long sites, long trials, long trials2, long hits, long hits2, long both, long hit, long missed]
            ? new ClusterSums(sites, trials, trials2, hits, hits2, both, hit, missed)
            : throw new InvalidDataException($"sums of sites with {surrogate.Values?.Length ?? 0} numbers; accepted are 8");

    /// <inheritdoc/>
    public ClusterSumsSurrogate ConvertToSurrogate(in ClusterSums value) => new()
    {
        Values = [value.Sites, value.Trials, value.TrialsSquared, value.Hits, value.HitsSquared, value.HitsTimesTrials, value.SitesHit, value.SitesMissed],
    };
}
