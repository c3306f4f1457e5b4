using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Xunit;

namespace Stress.Grains.Tests;

public sealed class ShardLedgerTests
{
    private static readonly RunPlan Plan = Plans.Of(sites: 3, windows: 4);

    [Fact]
    public void A_finished_site_counts_once_however_often_it_is_handed_in()
    {
        ShardLedger ledger = Started();
        Assert.True(ledger.Merge(0, Plans.Finished(Plan, 5)));
        Assert.True(ledger.Merge(0, Plans.Finished(Plan, 5)));

        Assert.Equal(1, ledger.Progress.Done);
        Assert.Equal(5, ledger.Progress.Counters.Events);
        Assert.Equal(5, ledger.Result().Totals.Counters.OfSite().Events);
        Assert.Equal(5, ledger.Result().Totals.Crashes.Values.Single().Count);
    }

    [Fact]
    public void Books_that_are_written_and_opened_again_count_closed_sites_once_and_running_ones_not_at_all()
    {
        ShardLedger ledger = Started();
        ledger.Merge(0, Plans.Finished(Plan, 5));
        ledger.Merge(1, new SliceResult { NextWindow = 2, Counters = new() { Events = 7, Disconnects = 1 }, Crashes = 1 });

        var again = new ShardLedger(Plan, 0, ledger.Closed());
        Assert.Equal((1L, 5L), (again.Progress.Done, again.Progress.Counters.Events));
        Assert.Equal(Plan.Windows, again.Progress.Windows);
        List<int> waiting = [];
        while (again.TryTake(out int site))
        {
            waiting.Add(site);
        }

        Assert.Equal([1, 2], waiting);
        again.Merge(1, Plans.Finished(Plan, 2));
        again.Merge(2, Plans.Finished(Plan, 3));
        Assert.True(again.Progress.Finished);
        Assert.Equal(10, again.Result().Totals.Counters.OfSite().Events);
    }

    [Fact]
    public void A_later_slice_replaces_an_earlier_and_an_earlier_changes_nothing()
    {
        ShardLedger ledger = Started();
        ledger.Merge(0, new SliceResult { NextWindow = 1, Counters = new() { Events = 10, Disconnects = 1 } });
        ledger.Merge(0, new SliceResult { NextWindow = 3, Counters = new() { Events = 30, Disconnects = 3 } });
        ledger.Merge(0, new SliceResult { NextWindow = 2, Counters = new() { Events = 20, Disconnects = 2 } });

        Assert.Equal(30, ledger.Progress.Counters.Events);
        Assert.Equal(3, ledger.Progress.Counters.Disconnects);
        Assert.Equal(3, ledger.Progress.Windows);
        Assert.Equal(3, ledger.NextWindow(0));
    }

    [Fact]
    public void A_site_that_finishes_twice_with_different_digests_is_an_error()
    {
        ShardLedger ledger = Started();
        ledger.Merge(0, Plans.Finished(Plan, 5));

        var error = Assert.Throws<InvalidOperationException>(() => ledger.Merge(0, Plans.Finished(Plan, 6)));
        Assert.Contains("not deterministic", error.Message);
    }

    [Fact]
    public void Planned_is_done_plus_failed_plus_lost()
    {
        ShardLedger ledger = Started();
        ledger.Merge(0, Plans.Finished(Plan, 1));
        ledger.Merge(1, new SliceResult { NextWindow = 2, Problem = "boom" });
        Assert.False(ledger.Progress.Finished);
        ledger.Close(2, SiteState.Lost, 0, "no answer");

        ShardProgress progress = ledger.Progress;
        Assert.True(progress.Finished);
        Assert.Equal((1, 1, 1), (progress.Done, progress.Failed, progress.Lost));
        Assert.Equal([(1, "boom"), (2, "no answer")], ledger.Result().Troubles.Select(trouble => (trouble.Site, trouble.Problem)));
    }

    [Theory]
    [InlineData(RunPhase.Interrupted, "interrupted")]
    [InlineData(RunPhase.Cancelled, "cancelled")]
    public void A_site_closed_early_gives_its_counts_and_is_partial_and_not_lost(RunPhase ending, string word)
    {
        ShardLedger ledger = Started();
        ledger.Ending = ending;
        SliceResult finished = Plans.Finished(Plan, 4);
        ledger.Merge(0, finished with { NextWindow = 2, Outcome = finished.Outcome! with { Finished = false, Windows = 2 } });
        ledger.CloseUnbegun(1);

        ShardResult result = ledger.Result();
        Assert.Equal(4, result.Totals.Counters.OfSite().Events);
        Assert.Equal((0L, 2L), (result.Progress.Lost, result.Progress.Ended));
        Assert.Equal([SiteState.Begun, SiteState.NotBegun], result.States[..2]);
        Assert.Equal([word, $"{word} before its start"], result.Troubles.Select(trouble => trouble.Problem));
        Assert.Equal([SiteState.Begun, SiteState.NotBegun], result.Troubles.Select(trouble => trouble.State));
        Assert.Equal(VirtualTime.Never, result.FirstCrashes[0]);
    }

    [Fact]
    public void Live_counts_are_of_the_last_slice_of_each_site_and_books_of_closed_sites_leave_out_what_still_runs()
    {
        RunPlan plan = Plan with { Telemetry = new RunTelemetry { Scenario = "test", Bands = [] } };
        ShardLedger ledger = Started(plan);
        SliceResult done = Plans.Finished(plan, 5);
        ledger.Merge(0, done with { Counts = LiveCounts.Of(done.Outcome!.Tally) });
        ledger.Merge(1, new SliceResult { NextWindow = 1, Counts = LiveCounts.Of(Plans.Outcome(plan, 2).Tally) });
        ledger.Merge(1, new SliceResult { NextWindow = 2, Counts = LiveCounts.Of(Plans.Outcome(plan, 3).Tally) });

        Assert.Equal(8, Crashes(ledger.Progress));
        Assert.Equal(5, Crashes(ledger.Closed().Progress));
        Assert.Equal(5, Crashes(new ShardLedger(plan, 0, ledger.Closed()).Progress));
        Assert.Equal(8, Crashes(ledger.Progress));

        static long Crashes(ShardProgress progress) => progress.Counts!.Crashes.Values.Sum();
    }

    [Fact]
    public void Sites_and_their_marks_are_kept_where_the_plan_asks_for_them_and_survive_being_written()
    {
        RunPlan plan = Plan with { KeepSites = true };
        ShardLedger ledger = Started(plan);
        SliceResult done = Plans.Finished(plan, 5);
        ledger.Merge(2, done with { Outcome = done.Outcome! with { Marks = [new WindowMark(1, 2)] } });
        ledger.Merge(0, Plans.Finished(plan, 3));
        ShardResult result = new ShardLedger(plan, 0, ledger.Closed()).Result();

        Assert.Equal([(0, unchecked(3UL * 0x9E3779B97F4A7C15)), (2, unchecked(5UL * 0x9E3779B97F4A7C15))], result.Sites.Select(site => (site.Site, site.Digest)));
        Assert.Equal([new WindowMark(1, 2)], result.Marks[2]);
        Assert.False(result.Marks.ContainsKey(0));
    }

    [Fact]
    public void Running_sites_are_those_that_were_taken_and_not_closed_each_with_its_next_window()
    {
        ShardLedger ledger = Started();
        ledger.Merge(0, Plans.Finished(Plan, 1));
        ledger.Merge(2, new SliceResult { NextWindow = 3 });

        Assert.Equal(3, ledger.Planned);
        Assert.Equal([(1, 0), (2, 3)], ledger.Running);
    }

    [Fact]
    public void Books_of_another_number_of_sites_and_a_closing_state_that_is_none_are_refused()
    {
        ShardLedger ledger = Started();

        Assert.Contains("3 sites for a shard of 2", Assert.Throws<InvalidDataException>(() => new ShardLedger(Plans.Of(sites: 2, windows: 4), 0, ledger.Closed())).Message);
        Assert.Contains("site 0: accepted are the states of a site that did not finish", Assert.Throws<ArgumentOutOfRangeException>(() => ledger.Close(0, SiteState.Done, 0, "done")).Message);
    }

    [Fact]
    public void Only_a_slice_that_ends_a_site_leaves_nothing_to_do_for_it()
    {
        ShardLedger ledger = Started();
        SliceResult finished = Plans.Finished(Plan, 4);

        Assert.False(ledger.Merge(0, new SliceResult { NextWindow = 1 }));
        Assert.True(ledger.Merge(0, finished with { NextWindow = 2, Outcome = finished.Outcome! with { Finished = false, Windows = 2 } }));
        Assert.True(ledger.Merge(1, new SliceResult { NextWindow = 1, Problem = "boom" }));
        Assert.True(ledger.Merge(1, new SliceResult { NextWindow = 2 }));
    }

    [Fact]
    public void Every_site_that_is_closed_in_whatever_way_is_one_closing()
    {
        ShardLedger ledger = Started();
        Assert.Equal(0, ledger.Closings);
        ledger.Merge(0, Plans.Finished(Plan, 1));
        ledger.Merge(0, Plans.Finished(Plan, 1));
        Assert.Equal(1, ledger.Closings);
        ledger.Merge(1, new SliceResult { NextWindow = 1, Problem = "boom" });
        ledger.CloseUnbegun(2);
        Assert.Equal(3, ledger.Closings);
    }

    [Fact]
    public void A_shard_that_is_not_the_first_books_its_sites_under_their_numbers_in_the_run()
    {
        RunPlan plan = Plans.Of(sites: 6, windows: 4);
        ShardLedger ledger = Started(plan, 1);
        ledger.Merge(4, new SliceResult { NextWindow = 2 });
        ledger.Merge(5, Plans.Finished(plan, 1));
        ledger.Close(3, SiteState.Lost, 0, "no answer");

        Assert.Equal((0, 2), (ledger.NextWindow(3), ledger.NextWindow(4)));
        Assert.Equal([(4, 2)], ledger.Running);
        Assert.Equal([SiteState.Lost, SiteState.Running, SiteState.Done], ledger.Result().States);
    }

    [Fact]
    public void A_slice_that_ends_where_the_last_one_did_takes_its_place()
    {
        ShardLedger ledger = Started();
        ledger.Merge(0, new SliceResult { NextWindow = 2, Counters = new() { Events = 10 }, Crashes = 1 });
        ledger.Merge(0, new SliceResult { NextWindow = 2, Counters = new() { Events = 12 }, Crashes = 3 });

        Assert.Equal((12, 3L, 2L), (ledger.Progress.Counters.Events, ledger.Progress.Crashes, ledger.Progress.Windows));
    }

    [Fact]
    public void Books_that_are_opened_again_know_every_digest_first_crash_and_trouble_and_no_crash_of_a_running_site()
    {
        ShardLedger ledger = Started();
        ledger.Merge(0, Plans.Finished(Plan, 5) with { Crashes = 5 });
        ledger.Merge(1, new SliceResult { NextWindow = 2, Crashes = 2 });
        ledger.Merge(2, new SliceResult { NextWindow = 1, Problem = "boom" });
        ShardResult before = ledger.Result(), again = new ShardLedger(Plan, 0, ledger.Closed()).Result();

        Assert.Equal(before.Digests, again.Digests);
        Assert.NotEqual(0UL, again.Digests[0]);
        Assert.Equal([VirtualTime.FromMinutes(5), VirtualTime.Never, VirtualTime.Never], again.FirstCrashes);
        Assert.Equal((2, 1, SiteState.Failed, "boom"), (Assert.Single(again.Troubles).Site, again.Troubles[0].Window, again.Troubles[0].State, again.Troubles[0].Problem));
        Assert.Equal((7L, 5L), (before.Progress.Crashes, again.Progress.Crashes));
    }

    private static ShardLedger Started(RunPlan? plan = null, int shard = 0)
    {
        var ledger = new ShardLedger(plan ?? Plan, shard);
        while (ledger.TryTake(out _))
        {
        }

        return ledger;
    }
}
