using CsCheck;
using Stress.Emulator.Sites;
using Xunit;

namespace Stress.Grains.Tests;

public sealed class MergingTests
{
    [Fact]
    public void The_result_does_not_depend_on_the_size_of_the_shards_or_on_the_order_in_which_sites_finish() =>
        Gen.Select(Gen.Int[1, 1000].Array[1, 12], Gen.Int[1, 5], Gen.Int[0, 1000]).Sample(
            (numbers, shardSize, shuffle) =>
            {
                RunResult expected = Run(numbers, numbers.Length, 0), result = Run(numbers, shardSize, shuffle);
                Assert.Equal(expected.Digest, result.Digest);
                Assert.Equal(expected.Progress, result.Progress);
                Assert.Equal(expected.FirstCrashes, result.FirstCrashes);
                Assert.Equal(expected.Totals.Counters.Rows.ToArray(), result.Totals.Counters.Rows.ToArray());
                Assert.Equal(expected.Totals.Series.Disconnects[0], result.Totals.Series.Disconnects[0]);
                Assert.NotEmpty(expected.Totals.Rates.Keys);
                Assert.All(expected.Totals.Rates.Keys, key => Assert.Equal(expected.Totals.Rates[key.Name, key.Node, key.Age], result.Totals.Rates[key.Name, key.Node, key.Age]));
                CrashSum first = expected.Totals.Crashes.Values.Single(), again = result.Totals.Crashes.Values.Single();
                Assert.Equal((first.Count, first.Site, first.First, first.FirstEvent), (again.Count, again.Site, again.First, again.FirstEvent));
            },
            iter: 200);

    [Fact]
    public void The_digest_depends_on_which_site_had_which_digest()
    {
        Assert.NotEqual(Run([1, 2], 2, 0).Digest, Run([2, 1], 2, 0).Digest);
        Assert.Throws<ArgumentOutOfRangeException>(() =>
        {
            var digest = new RunDigest();
            digest.Add(1, 0);
            digest.Add(1, 0);
        });
    }

    [Fact]
    public void A_site_that_stops_early_keeps_its_counts_in_the_rest_of_the_series()
    {
        var series = new SiteSeries(4);
        series.Note(1, new SiteTally { Counters = PairTopology.Counters(new() { Disconnects = 7 }, new() { Disconnects = 9 }) });
        series.HoldFrom(2);

        Assert.Equal([0, 7, 7, 7], series.Disconnects[0]);
        Assert.Equal([0, 9, 9, 9], series.Disconnects[1]);
    }

    private static RunResult Run(int[] numbers, int shardSize, int shuffle)
    {
        RunPlan plan = Plans.Of(numbers.Length, windows: 4) with { ShardSize = shardSize };
        List<ShardResult> results = [];
        for (int shard = 0; shard < plan.Shards; shard++)
        {
            (int first, int count) = plan.SitesOf(shard);
            var ledger = new ShardLedger(plan, shard);
            for (int i = 0; i < count; i++)
            {
                ledger.TryTake(out _);
            }

            foreach (int site in Enumerable.Range(first, count).OrderBy(site => (site + shuffle) * 7919 % 13))
            {
                ledger.Merge(site, Plans.Finished(plan, numbers[site]));
            }

            results.Add(ledger.Result());
        }

        return RunResult.Merge(plan, results);
    }
}
