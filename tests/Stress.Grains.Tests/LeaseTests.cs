using Microsoft.Extensions.Time.Testing;
using Stress.Emulator.Sites;
using Stress.Silo;
using Xunit;

namespace Stress.Grains.Tests;

/// <summary>A run with a lease that no client follows any more, and a run that the list of runs refuses.</summary>
public sealed class LeaseTests
{
    private static readonly RunLease Minute = new("client-1", 60);
    private static readonly TimeSpan Generous = TimeSpan.FromMinutes(10);
    private readonly FakeTimeProvider _clock = new();

    [Theory]
    [InlineData(RunPhase.Running, false, 59, null)]
    [InlineData(RunPhase.Running, false, 60, RunPhase.Paused)]
    [InlineData(RunPhase.Running, false, 1000, RunPhase.Paused)]
    [InlineData(RunPhase.Paused, true, 119, null)]
    [InlineData(RunPhase.Paused, true, 120, RunPhase.Cancelled)]
    [InlineData(RunPhase.Paused, false, 1000, null)]
    [InlineData(RunPhase.Cancelled, true, 1000, null)]
    [InlineData(RunPhase.Finished, false, 1000, null)]
    public void A_run_is_held_when_its_lease_is_over_and_cancelled_after_as_long_again_unless_somebody_paused_it(RunPhase phase, bool unattended, int seconds, RunPhase? due)
    {
        var lease = new LeaseClock(_clock);
        _clock.Advance(TimeSpan.FromHours(1));
        lease.Attended();
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        RunDescription run = new() { Plan = Plan("run"), Launch = "", Started = _clock.GetUtcNow(), Phase = phase, Unattended = unattended, Lease = Minute };

        Assert.Equal(due, lease.Due(run));
        Assert.Null(lease.Due(run with { Lease = null }));
        Assert.Null(lease.Due(run with { Lease = Minute with { Seconds = 0 } }));
    }

    [Fact]
    public async Task A_run_without_a_client_is_held_goes_on_with_the_next_and_is_cancelled_without_one()
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = 1, Clock = _clock });
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>("alone");
        await run.Start(Plan("alone"));
        await run.Attend(Minute);
        _clock.Advance(TimeSpan.FromSeconds(60));
        RunDescription held = await Until(run, description => description.Phase != RunPhase.Running);
        Assert.Equal((RunPhase.Paused, true, Minute), (held.Phase, held.Unattended, held.Lease));

        await run.Attend(null);
        RunDescription goesOn = (await run.Describe())!;
        Assert.Equal((RunPhase.Running, false, Minute), (goesOn.Phase, goesOn.Unattended, goesOn.Lease));

        _clock.Advance(TimeSpan.FromSeconds(120));
        RunDescription ended = await Until(run, description => description.Phase == RunPhase.Cancelled);
        Assert.True(ended.Unattended);
    }

    [Fact]
    public async Task A_lease_that_is_none_is_refused()
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = 1, Clock = _clock });
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>("alone");
        await run.Start(Plan("alone"));

        Assert.False((await Assert.ThrowsAsync<RunRefusedException>(() => run.Attend(Minute with { Seconds = -1 }))).MayPass);
        await Assert.ThrowsAsync<RunRefusedException>(() => run.Attend(Minute with { Owner = new string('x', 1000) }));
        Assert.Null((await run.Describe())!.Lease);
        await run.Cancel();
    }

    [Fact]
    public async Task Nothing_stays_of_a_run_that_is_one_too_many_and_it_is_taken_when_another_has_ended()
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = 1, Clock = _clock });
        IRunGrain Run(int n) => silo.Grains.GetGrain<IRunGrain>($"run-{n}");
        for (int n = 0; n < RunIndexGrain.MaxUnfinished; n++)
        {
            await Run(n).Start(Plan($"run-{n}"));
        }

        IRunGrain last = Run(RunIndexGrain.MaxUnfinished);
        Assert.True((await Assert.ThrowsAsync<RunRefusedException>(() => last.Start(Plan($"run-{RunIndexGrain.MaxUnfinished}")))).MayPass);
        Assert.Null(await last.Describe());
        Assert.Equal(RunIndexGrain.MaxUnfinished, (await silo.Grains.GetGrain<IRunIndexGrain>(IRunIndexGrain.Key).List()).Count);

        await Run(0).Cancel();
        await last.Start(Plan($"run-{RunIndexGrain.MaxUnfinished}"));
        Assert.Equal(RunPhase.Running, (await last.Describe())!.Phase);
    }

    // Paced by a clock that stands still: it neither ends nor executes much.
    private static RunPlan Plan(string name) => Plans.Of(sites: 1, windows: 1_000_000, runId: name) with { Site = new SiteOptions { Seed = 1 }, Pace = 1, CheckpointWindows = 1000 };

    private static async Task<RunDescription> Until(IRunGrain run, Func<RunDescription, bool> reached)
    {
        using var limit = new CancellationTokenSource(Generous);
        for (; ; )
        {
            if (await run.Describe() is { } description && reached(description))
            {
                return description;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
        }
    }
}
