using CsCheck;
using Xunit;

namespace Stress.Observability.Tests;

public sealed class ClusterIntervalTests
{
    private const int Runs = 2_000;

    // Rate of a site of each kind, and disconnects that a site of the kind has: one that crashes more often has fewer, as rebooting takes time.
    public static TheoryData<double[], int[], int> Worlds { get; } = new()
    {
        { [0.75], [70], 40 },
        { [0.9, 0.6], [60, 90], 40 },
        { [0.9, 0.6], [60, 90], 640 },
        { [0.4, 0.1], [70, 80], 160 },
        { [0.2, 0.05, 0.05], [40, 80, 90], 160 },
        { [0.99, 0.9], [50, 60], 320 },
        { [0.03, 0.01], [70, 70], 160 },
    };

    [Theory]
    [MemberData(nameof(Worlds))]
    public void Of_a_hundred_intervals_about_95_hold_the_rate_however_much_sites_differ(double[] rates, int[] disconnects, int sites)
    {
        const int seed = 20050302;
        var random = new Random(seed);
        double truth = rates.Zip(disconnects, (rate, n) => rate * n).Sum() / disconnects.Sum();
        int held = 0, pooled = 0;
        for (int run = 0; run < Runs; run++)
        {
            ClusterSums sums = default;
            for (int site = 0; site < sites; site++)
            {
                int kind = random.Next(rates.Length), n = disconnects[kind] - 5 + random.Next(11), hits = 0;
                for (int i = 0; i < n; i++)
                {
                    hits += random.NextDouble() < rates[kind] ? 1 : 0;
                }

                sums += ClusterSums.Of(hits, n);
            }

            WilsonInterval interval = ClusterInterval.Share(sums), wrong = WilsonInterval.Of(sums.Hits, sums.Trials);
            held += truth >= interval.Low && truth <= interval.High ? 1 : 0;
            pooled += truth >= wrong.Low && truth <= wrong.High ? 1 : 0;
        }

        double share = 100.0 * held / Runs;
        Assert.True(share is >= 93 and <= 97, $"seed {seed}: {share} of 100");
        Assert.True(rates.Length == 1 || pooled < held, $"seed {seed}: {pooled} of {Runs} that take disconnects for independent hold it, by site {held}");
    }

    [Fact]
    public void The_sums_are_the_same_in_any_order_and_can_be_taken_away_again() =>
        Gen.Select(Gen.Int[0, 1000], Gen.Int[0, 1000]).Array[2, 9].Sample(sites =>
        {
            ClusterSums[] parts = [.. sites.Select(site => ClusterSums.Of(site.Item1, site.Item2))];
            ClusterSums sum = parts.Aggregate((a, b) => a + b);
            Assert.Equal(sum, parts.Reverse().Aggregate((a, b) => a + b));
            Assert.Equal(parts[0], parts.Skip(1).Aggregate(sum, (a, b) => a - b));
        });

    [Fact]
    public void Independent_disconnects_are_never_more_than_there_are_and_a_zero_is_worth_a_trial_a_site()
    {
        ClusterSums same = Enumerable.Repeat(ClusterSums.Of(3, 4), 10).Aggregate((a, b) => a + b), none = Enumerable.Repeat(ClusterSums.Of(0, 50), 10).Aggregate((a, b) => a + b);

        Assert.Equal(40, ClusterInterval.EffectiveTrials(same));
        Assert.Equal(10, ClusterInterval.EffectiveTrials(none), 9);
        Assert.Equal(WilsonInterval.Of(0, 10), ClusterInterval.Share(none));
        Assert.Equal(1, ClusterInterval.EffectiveTrials(ClusterSums.Of(3, 40)), 9);
        Assert.Equal(0, ClusterInterval.EffectiveTrials(default));
        Assert.Equal(new WilsonInterval(0, 0, 1), ClusterInterval.Share(default));
    }

    [Fact]
    public void A_ratio_may_be_above_one_and_its_interval_too()
    {
        ClusterSums sums = ClusterSums.Of(300, 100) + ClusterSums.Of(310, 100) + ClusterSums.Of(290, 100);

        WilsonInterval interval = ClusterInterval.Ratio(sums);

        Assert.Equal(3, interval.Rate);
        Assert.Equal(3 - (4.302652729749464 * 0.1 / Math.Sqrt(3)), interval.Low, 9);
        Assert.Equal(3 + (4.302652729749464 * 0.1 / Math.Sqrt(3)), interval.High, 9);
    }

    [Theory]
    [InlineData(1, 12.706)] // any table of Student's t
    [InlineData(2, 4.303)]
    [InlineData(3, 3.182)]
    [InlineData(5, 2.571)]
    [InlineData(10, 2.228)]
    [InlineData(30, 2.042)]
    [InlineData(1e9, 1.960)]
    public void The_quantiles_of_students_t_are_those_of_the_tables(double freedom, double quantile) =>
        Assert.Equal(quantile, ClusterInterval.StudentT95(freedom), 0.006);
}
