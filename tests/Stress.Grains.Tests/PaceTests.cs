using Microsoft.Extensions.Time.Testing;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Silo;
using Xunit;

namespace Stress.Grains.Tests;

public sealed class PaceTests
{
    // A window of one virtual minute takes a second.
    private static readonly RunPlan Plan = Plans.Of(sites: 4, windows: 6, runId: "paced") with
    {
        Site = new SiteOptions { Seed = 1, Window = VirtualTime.FromMinutes(1) },
        Pace = 60,
    };

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void A_window_is_due_when_wall_time_has_covered_it_and_the_sites_spread_over_a_window()
    {
        var pacer = new Pacer(Plan, _clock);
        Assert.Equal(TimeSpan.FromSeconds(-0.25), pacer.Late(0, 0));
        Assert.Equal(TimeSpan.FromSeconds(-1), pacer.Late(3, 0));
        Assert.Equal(TimeSpan.FromSeconds(-6), pacer.Late(3, 5));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(1.75), pacer.Late(0, 0));
    }

    [Fact]
    public void A_run_that_goes_on_is_as_late_as_one_that_was_never_stopped()
    {
        Assert.Equal(TimeSpan.FromSeconds(-0.25), new Pacer(Plan, _clock, windowsDone: 3).Late(0, 3));
    }

    [Fact]
    public void A_pause_moves_every_window()
    {
        var pacer = new Pacer(Plan, _clock);
        pacer.Pause(true);
        _clock.Advance(TimeSpan.FromHours(3));
        Assert.Equal(TimeSpan.FromSeconds(-1), pacer.Late(3, 0));
        pacer.Pause(false);
        _clock.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(TimeSpan.FromSeconds(-0.5), pacer.Late(3, 0));
    }

    [Fact]
    public async Task A_wait_ends_when_the_window_is_due_or_when_it_is_given_up()
    {
        var pacer = new Pacer(Plan, _clock);
        Task due = pacer.WaitFor(3, 0, default);
        _clock.Advance(TimeSpan.FromSeconds(0.9));
        Assert.False(due.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.2));
        await due;

        using var cancel = new CancellationTokenSource();
        Task waiting = pacer.WaitFor(3, 5, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_paced_run_executes_what_is_due_and_no_more_and_gives_the_same_digest()
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = 2, Clock = _clock });
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>(Plan.RunId);
        await run.Start(Plan);
        Assert.Equal(0, (await run.Progress()).Windows);

        // 0.6 s: the first two of four sites are due for one window.
        _clock.Advance(TimeSpan.FromSeconds(0.6));
        await Until(run, progress => progress.Windows == 2);
        Assert.Equal(TimeSpan.Zero, (await run.Progress()).PaceLag);

        await Advance(run, TimeSpan.FromSeconds(10), progress => progress.Finished);
        await using EmbeddedSilo free = await EmbeddedSilo.StartAsync(workers: 2);
        IRunGrain fast = free.Grains.GetGrain<IRunGrain>("fast");
        await fast.Start(Plan with { RunId = "fast", Pace = 0 });
        await Until(fast, progress => progress.Finished);
        Assert.Equal((await fast.Result()).Digest, (await run.Result()).Digest);
    }

    [Fact]
    public async Task A_paced_run_can_be_cancelled_while_it_waits()
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = 1, Clock = _clock });
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>(Plan.RunId);
        await run.Start(Plan);
        await run.Cancel();
        await Until(run, progress => progress.Begun + progress.NotBegun == Plan.Sites);
    }

    [Fact]
    public async Task A_paced_run_that_is_paused_executes_nothing_however_long_it_waits_and_goes_on_from_there()
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = 2, Clock = _clock });
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>(Plan.RunId);
        await run.Start(Plan);
        _clock.Advance(TimeSpan.FromSeconds(0.6));
        await Until(run, progress => progress.Windows == 2);

        await run.Pause(true);
        await Until(run, progress => progress.AtRest);
        _clock.Advance(TimeSpan.FromHours(1));
        ShardProgress held = await run.Progress();
        Assert.Equal((true, true, 2L), (held.Paused, held.AtRest, held.Windows));

        // Half a second after the pause it is where it would have been half a second after 0.6 s.
        await run.Pause(false);
        Assert.False((await run.Progress()).Finished);
        _clock.Advance(TimeSpan.FromSeconds(0.5));
        await Until(run, progress => progress.Windows == 4);
        await Advance(run, TimeSpan.FromSeconds(10), progress => progress.Finished);
    }

    // A site may not have begun its next wait yet when the clock moves: it is moved on until the run is there.
    private async Task Advance(IRunGrain run, TimeSpan step, Func<ShardProgress, bool> reached)
    {
        while (!reached(await run.Progress()))
        {
            _clock.Advance(step);
        }
    }

    private static async Task Until(IRunGrain run, Func<ShardProgress, bool> reached)
    {
        while (!reached(await run.Progress()))
        {
            await Task.Yield();
        }
    }
}
