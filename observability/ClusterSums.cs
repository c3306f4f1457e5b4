namespace Stress.Observability;

/// <summary>
/// What a rate and its interval need of many sites: sums over the sites of the trials n, of the hits x, and of their squares and products. Integers, so that
/// the sum over shards is the same in any order.
/// </summary>
/// <param name="Sites">Sites with a trial.</param>
/// <param name="Trials">Sum of n.</param>
/// <param name="TrialsSquared">Sum of n².</param>
/// <param name="Hits">Sum of x.</param>
/// <param name="HitsSquared">Sum of x².</param>
/// <param name="HitsTimesTrials">Sum of x n.</param>
/// <param name="SitesHit">Sites with a hit.</param>
/// <param name="SitesMissed">Sites with fewer hits than trials.</param>
public readonly record struct ClusterSums(
    long Sites, long Trials, long TrialsSquared, long Hits, long HitsSquared, long HitsTimesTrials, long SitesHit, long SitesMissed)
{
    /// <summary>The sums of one site.</summary>
    public static ClusterSums Of(long hits, long trials) =>
        new(trials > 0 ? 1 : 0, trials, trials * trials, hits, hits * hits, hits * trials, hits > 0 ? 1 : 0, hits < trials ? 1 : 0);

    /// <summary>The sums over the sites of both.</summary>
    public static ClusterSums operator +(ClusterSums a, ClusterSums b) => new(
        a.Sites + b.Sites, a.Trials + b.Trials, a.TrialsSquared + b.TrialsSquared, a.Hits + b.Hits, a.HitsSquared + b.HitsSquared,
        a.HitsTimesTrials + b.HitsTimesTrials, a.SitesHit + b.SitesHit, a.SitesMissed + b.SitesMissed);

    /// <summary>The sums without those sites.</summary>
    public static ClusterSums operator -(ClusterSums a, ClusterSums b) => new(
        a.Sites - b.Sites, a.Trials - b.Trials, a.TrialsSquared - b.TrialsSquared, a.Hits - b.Hits, a.HitsSquared - b.HitsSquared,
        a.HitsTimesTrials - b.HitsTimesTrials, a.SitesHit - b.SitesHit, a.SitesMissed - b.SitesMissed);
}
