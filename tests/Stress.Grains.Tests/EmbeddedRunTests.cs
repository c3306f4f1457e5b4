using Microsoft.Extensions.Time.Testing;
using Stress.Emulator.Sites;
using Stress.Silo;
using Xunit;

namespace Stress.Grains.Tests;

public sealed class EmbeddedRunTests
{
    // A limit for hangs: no test passes or fails by speed.
    private static readonly TimeSpan Generous = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task One_worker_and_two_give_one_digest_and_another_seed_another()
    {
        RunResult one = await Run(workers: 1, Plans.Of(sites: 10, windows: 6, runId: "one"));
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(workers: 2);
        RunResult two = await Finish(silo, Plans.Of(sites: 10, windows: 6, runId: "two") with { ShardSize = 4 });
        RunResult again = await Finish(silo, Plans.Of(sites: 10, windows: 6, runId: "again"));
        RunResult other = await Finish(silo, Plans.Of(sites: 10, windows: 6, seed: 2, runId: "other"));

        Assert.Equal(10, one.Progress.Done);
        Assert.Equal(one.Digest, two.Digest);
        Assert.Equal(one.Digest, again.Digest);
        Assert.NotEqual(one.Digest, other.Digest);
        Assert.Equal(Direct(10, 6), one.Digest);
    }

    [Fact]
    public async Task A_run_of_sites_of_three_labels_counts_under_each()
    {
        RunPlan plan = Plans.Of(sites: 4, windows: 6, runId: "chain") with { Site = Plans.Chain(), CheckpointWindows = 2 };
        RunResult result = await Run(workers: 2, plan);

        Site[] sites = [.. Enumerable.Range(0, 4).Select(number => Site.Create(plan.Site, (uint)number))];
        foreach (Site site in sites)
        {
            for (int window = 0; window < 6; window++)
            {
                site.RunWindow();
            }
        }

        RunTotals totals = result.Totals;
        Assert.Equal((4, 0), (result.Progress.Done, result.Troubles.Count));
        Assert.Equal(["hub", "relay", "leaf"], totals.Counters.Labels);
        Assert.Equal(Enumerable.Range(0, 3).Select(label => sites.Sum(site => site.Tally.Counters[label].Disconnects)), totals.Counters.By(c => c.Disconnects));
        Assert.Equal(totals.Counters.By(c => c.Disconnects), totals.Series.Disconnects.Select(line => line[^1]));
        Assert.All(totals.Counters.By(c => c.Disconnects), disconnects => Assert.True(disconnects > 0));
    }

    // A site's tally before its first window has its labels too: it is what a site gives that is closed there, or whose slice was over before it began on a busy machine.
    [Fact]
    public async Task A_run_of_sites_of_three_labels_ends_when_it_is_cancelled_before_its_first_window()
    {
        RunPlan plan = Plans.Of(sites: 3, windows: 6, runId: "unbegun") with
        {
            Site = Plans.Chain(),
            Pace = 1,
            ShardSize = 3,
            Telemetry = new RunTelemetry { Scenario = "test", Bands = [] },
        };
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = 1, Clock = new FakeTimeProvider() });
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>(plan.RunId);
        await run.Start(plan);
        await run.Cancel().WaitAsync(Generous);
        ShardProgress progress = await Finished(run);
        RunTotals totals = (await run.Result()).Totals;

        Assert.Equal((3L, 0L, 0L), (progress.Begun + progress.NotBegun, progress.Failed, progress.Windows));
        Assert.Equal(["hub", "relay", "leaf"], totals.Counters.Labels);
    }

    [Fact]
    public async Task Checkpoints_change_no_result()
    {
        RunPlan plan = Plans.Of(sites: 4, windows: 6, runId: "checkpointed") with { CheckpointWindows = 2 };

        Assert.Equal(Direct(4, 6), (await Run(workers: 2, plan)).Digest);
    }

    [Fact]
    public async Task The_notes_of_a_checked_site_are_what_a_second_execution_gives()
    {
        RunPlan plan = Plans.Of(sites: 4, windows: 6, runId: "checked") with { CheckedSites = [1, 3] };
        RunResult result = await Run(workers: 2, plan);

        Assert.Equal([1, 3], result.Marks.Keys.Order());
        Assert.Null(await SecondExecution.Compare(new EmulatorBackend(), plan, 3, result.Marks[3], default));

        WindowMark[] changed = [.. result.Marks[3]];
        changed[4] = changed[4] with { Digest = changed[4].Digest + 1 };
        Difference difference = (await SecondExecution.Compare(new EmulatorBackend(), plan, 3, changed, default))!;
        Assert.Equal((3, 4), (difference.Site, difference.Window));
        Assert.Equal(changed[3].Events + 1, difference.FirstEvent);
        Assert.Null(difference.Event);
        Assert.Contains("agree with each other", difference.ToString());
    }

    [Fact]
    public async Task A_paused_run_comes_to_rest_and_goes_on_when_it_is_told_to()
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(workers: 1);
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>("paused");
        await run.Start(Plans.Of(sites: 3, windows: 1_000_000, runId: "paused"));
        await Until(run, progress => progress.Windows > 0);
        await run.Pause(true);
        ShardProgress held = await Until(run, progress => progress.AtRest);
        Assert.True(held.Paused);
        Assert.Equal(held.Windows, (await run.Progress()).Windows);

        // Every driver waits by now: waking them inside the call that resumes the run would never return.
        await run.Pause(false).WaitAsync(Generous);
        Assert.False((await run.Progress().WaitAsync(Generous)).Paused);
        await Until(run, progress => progress.Windows > held.Windows);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancelled_run_books_what_is_left_as_lost_also_when_it_is_paused(bool paused)
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(workers: 1);
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>("cancelled");
        await run.Start(Plans.Of(sites: 3, windows: 1_000_000, runId: "cancelled"));
        if (paused)
        {
            await run.Pause(true);
            await Until(run, progress => progress.AtRest);
        }

        await run.Cancel().WaitAsync(Generous);
        ShardProgress progress = await Finished(run);

        Assert.Equal((3L, 3L, 0L), (progress.Planned, progress.Begun + progress.NotBegun, progress.Lost));
    }

    [Fact]
    public async Task Starting_a_run_twice_changes_nothing_and_another_plan_is_refused()
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(workers: 1);
        RunPlan plan = Plans.Of(sites: 3, windows: 2, runId: "twice");
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>("twice");
        await run.Start(plan);
        await run.Start(plan);
        await Finished(run);

        Assert.Equal(3, (await run.Result()).Progress.Done);
        await Assert.ThrowsAsync<RunRefusedException>(() => run.Start(plan with { Windows = 3 }));
        await Assert.ThrowsAsync<RunRefusedException>(() => silo.Grains.GetGrain<IRunGrain>("never started").Progress());
    }

    [Theory]
    [InlineData("../elsewhere", 1)]
    [InlineData(".hidden", 1)]
    [InlineData("a/b", 1)]
    [InlineData("none", 0)]
    [InlineData("many", RunPlan.MaxSites + 1)]
    public async Task A_plan_from_the_network_that_leads_out_of_its_folder_or_is_too_great_is_refused(string runId, int sites)
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(workers: 1);
        await Assert.ThrowsAsync<RunRefusedException>(() => silo.Grains.GetGrain<IRunGrain>("refused").Start(Plans.Of(sites, windows: 2) with { RunId = runId, ShardSize = 1_000_000 }));
    }

    [Fact]
    public async Task An_interrupted_run_goes_on_from_its_folder_to_the_digest_of_one_that_was_not()
    {
        string folder = Directory.CreateTempSubdirectory("stress-test-").FullName;
        try
        {
            RunPlan plan = Plans.Of(sites: 6, windows: 40, runId: "resumed") with { CheckpointWindows = 3, SitesInFlight = 1 };
            ShardProgress partial;
            await using (EmbeddedSilo silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = 1, StateFolder = folder }))
            {
                IRunGrain run = silo.Grains.GetGrain<IRunGrain>(plan.RunId);
                await run.Start(plan);
                await run.Interrupt();
                partial = await Finished(run);
            }

            RunResult whole;
            await using (EmbeddedSilo silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = 2, StateFolder = folder }))
            {
                whole = await Finish(silo, plan);
            }

            // An interruption loses no work: begun or not, it can be continued.
            Assert.Equal((6L, 0L), (partial.Done + partial.Begun + partial.NotBegun, partial.Lost));
            Assert.Equal((6L, 0L), (whole.Progress.Done, whole.Progress.Lost));
            Assert.Equal(6L * 40, whole.Progress.Windows);
            Assert.Equal(Direct(6, 40), whole.Digest);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<RunResult> Run(int workers, RunPlan plan)
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(workers);
        return await Finish(silo, plan);
    }

    private static async Task<RunResult> Finish(EmbeddedSilo silo, RunPlan plan)
    {
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>(plan.RunId);
        await run.Start(plan);
        await Finished(run);
        return await run.Result();
    }

    private static Task<ShardProgress> Finished(IRunGrain run) => Until(run, progress => progress.Finished);

    // The questions serve as waits: each answer takes a turn of the run and of every shard.
    private static async Task<ShardProgress> Until(IRunGrain run, Func<ShardProgress, bool> reached)
    {
        for (; ; )
        {
            ShardProgress progress = await run.Progress().WaitAsync(Generous);
            if (reached(progress))
            {
                return progress;
            }

            await Task.Yield();
        }
    }

    private static ulong Direct(int sites, int windows)
    {
        var digest = new RunDigest();
        for (int number = 0; number < sites; number++)
        {
            var site = Site.Create(new SiteOptions { Seed = 1 }, (uint)number);
            for (int window = 0; window < windows; window++)
            {
                site.RunWindow();
            }

            digest.Add(number, site.Tally.Digest);
        }

        return digest.Value;
    }
}
