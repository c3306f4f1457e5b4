using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Observability.Instruments;
using Stress.Silo;
using Xunit;

namespace Stress.Grains.Tests;

public sealed class LiveCountsTests
{
    private static readonly RunTelemetry Telemetry = new() { Scenario = "test", Bands = [new PathBand("membership", Role.Called, 0.75, 0.7, 0.8)] };

    [Fact]
    public void A_repeated_or_late_slice_changes_no_count()
    {
        var ledger = new ShardLedger(Plans.Of(sites: 3, windows: 4) with { Telemetry = Telemetry }, 0);
        Assert.True(ledger.TryTake(out int site));
        SliceResult early = Slice(1, 10), late = Slice(3, 30);
        foreach (SliceResult slice in (SliceResult[])[early, late, late, early])
        {
            ledger.Merge(site, slice);
        }

        LiveCounts counts = ledger.Progress.Counts!;
        Assert.Equal([30, 90], counts.Counters.By(c => c.Disconnects));
        Assert.Equal(30, counts.Crashes.Values.Sum());
        Assert.Equal(ClusterSums.Of(30, 30), counts.Rates[CodePath.Any, CodePath.Of(Role.Called)]);
    }

    [Fact]
    public async Task The_exported_totals_of_a_finished_run_are_its_result()
    {
        RunPlan plan = Plans.Of(sites: 7, windows: 6, runId: "exported") with { Telemetry = Telemetry };
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(workers: 2);
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>(plan.RunId);
        await run.Start(plan);
        RunSnapshot snapshot = await run.Snapshot();
        while (!snapshot.Finished)
        {
            snapshot = await run.Snapshot();
        }

        RunTotals totals = (await run.Result()).Totals;
        Assert.Equal(new RunLabels("exported", "test", plan.Site.Design, "emulator"), snapshot.Labels);
        Assert.Equal(totals.Counters.Rows.ToArray(), snapshot.Counters.Rows.ToArray());
        Assert.Equal(totals.Stale.Values.Sum(stale => stale.Created), snapshot.Counters.Total.StaleCreated);
        Assert.Equal(totals.Stale.Values.Sum(stale => stale.Live), snapshot.Counters.Total.StaleLive);
        Assert.Equal(totals.Crashes.Values.Sum(crash => crash.Count), snapshot.Crashes.Sum(path => path.Count));
        Assert.Equal(totals.Windows, snapshot.Windows);
        Assert.Equal((42, 7), (snapshot.WindowsPlanned, snapshot.SitesDone));
        Assert.Equal(Telemetry.Bands, snapshot.Bands);
    }

    private static SliceResult Slice(int next, int n) =>
        new() { NextWindow = next, Counts = LiveCounts.Of(Plans.Outcome(Plans.Of(sites: 3, windows: 4), n).Tally) };
}
