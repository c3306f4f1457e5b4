namespace Stress.Observability;

/// <summary>
/// 95 % intervals of rates whose trials come from sites. Disconnects of one site are not independent: a kernel that has just booted behaves differently from an old one, and one
/// end's crash is the other end's lost link. So sites are the sample, and the rate is a ratio of two sums over them (W. G. Cochran,
/// Sampling Techniques, 3rd edition, 2.11 and 6.4: linearised variance). The interval of a share is Wilson's at the number of independent trials that would have that variance,
/// lowered for few sites by the quantile of Student's t (E. L. Korn and B. I. Graubard, Survey Methodology 24 (1998) 193-201, who do it with another interval).
/// </summary>
public static class ClusterInterval
{
    private const double Z95 = 1.959963984540054;

    /// <summary>The number of independent trials with as much information as these of the sites: at most the trials, 0 without any.</summary>
    /// <remarks>
    /// A variance cannot be seen where nothing, or everything, was a hit. Then the worst case is assumed, that all trials of a site are alike: the number of sites
    /// (where they differ in size, Kish's), so that what a zero excludes does not depend on what happens within a site.
    /// </remarks>
    public static double EffectiveTrials(ClusterSums sums)
    {
        if (sums.Trials == 0)
        {
            return 0;
        }

        double n = sums.Trials, rate = sums.Hits / n;
        if (sums.Sites < 2 || sums.Hits == 0 || rate >= 1)
        {
            return n / sums.TrialsSquared * n;
        }

        double t = StudentT95(Freedom(sums));
        double effective = rate * (1 - rate) / Variance(sums) * (Z95 / t * (Z95 / t));
        return Math.Clamp(effective, 1, n);
    }

    /// <summary>The interval of a share of trials, each of which is a hit at most once.</summary>
    public static WilsonInterval Share(ClusterSums sums) => WilsonInterval.Of(sums.Hits, sums.Trials, EffectiveTrials(sums));

    /// <summary>The interval of a ratio that may be above one, such as stale pointers for each disconnect: the estimate and its error by sites.</summary>
    public static WilsonInterval Ratio(ClusterSums sums) => Ratio(sums, 1);

    /// <summary>The same, as if it were of <paramref name="times"/> so many sites like these.</summary>
    public static WilsonInterval Ratio(ClusterSums sums, double times)
    {
        double rate = sums.Hits / (double)Math.Max(1, sums.Trials);
        if (sums.Trials == 0 || sums.Sites < 2)
        {
            return new(rate, 0, double.PositiveInfinity);
        }

        if (sums.Hits == 0)
        {
            return WilsonInterval.OfRate(0, EffectiveTrials(sums) * times);
        }

        double half = StudentT95(Math.Max(1, (sums.SitesHit * times) - 1)) * Math.Sqrt(Variance(sums) / times);
        return new(rate, Math.Max(0, rate - half), rate + half);
    }

    // The variance of the ratio: the squared differences between each site's hits and those expected from the ratio, over the square of all trials.
    private static double Variance(ClusterSums sums)
    {
        double n = sums.Trials, rate = sums.Hits / n;
        double squares = sums.HitsSquared - (2 * rate * sums.HitsTimesTrials) + (rate * rate * sums.TrialsSquared);
        return Math.Max(double.Epsilon, squares * sums.Sites / (sums.Sites - 1) / n / n);
    }

    // If few sites have a hit, or few have a miss, the variance is known only from those.
    private static double Freedom(ClusterSums sums) => Math.Max(1, Math.Min(sums.SitesHit, sums.SitesMissed) - 1);

    /// <summary>The 97.5 % quantile of Student's t (G. W. Hill's expansion about the normal; exact for 1 and 2 degrees of freedom).</summary>
    public static double StudentT95(double freedom)
    {
        if (freedom < 1.5)
        {
            return 12.706204736174694;
        }

        if (freedom < 2.5)
        {
            return 4.302652729749464;
        }

        double z = Z95, z2 = z * z, v = freedom;
        double a = z * (z2 + 1) / 4;
        double b = z * ((((5 * z2) + 16) * z2) + 3) / 96;
        double c = z * ((((((3 * z2) + 19) * z2) + 17) * z2) - 15) / 384;
        double d = z * ((((((((79 * z2) + 776) * z2) + 1482) * z2) - 1920) * z2) - 945) / 92160;
        return z + (a / v) + (b / (v * v)) + (c / (v * v * v)) + (d / (v * v * v * v));
    }
}
