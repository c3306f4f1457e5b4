using Xunit;

namespace Stress.Grains.Tests;

public sealed class RunPhasesTests
{
    [Theory]
    [InlineData(RunPhase.Running, RunPhase.Paused, RunPhase.Paused)]
    [InlineData(RunPhase.Paused, RunPhase.Running, RunPhase.Running)]
    [InlineData(RunPhase.Running, RunPhase.Finished, RunPhase.Finished)]
    [InlineData(RunPhase.Paused, RunPhase.Cancelled, RunPhase.Cancelled)]
    [InlineData(RunPhase.Paused, RunPhase.Interrupted, RunPhase.Interrupted)]
    [InlineData(RunPhase.Cancelled, RunPhase.Running, RunPhase.Cancelled)]
    [InlineData(RunPhase.Cancelled, RunPhase.Interrupted, RunPhase.Cancelled)]
    [InlineData(RunPhase.Cancelled, RunPhase.Finished, RunPhase.Cancelled)]
    [InlineData(RunPhase.Interrupted, RunPhase.Paused, RunPhase.Interrupted)]
    [InlineData(RunPhase.Interrupted, RunPhase.Cancelled, RunPhase.Interrupted)]
    [InlineData(RunPhase.Finished, RunPhase.Cancelled, RunPhase.Finished)]
    public void A_run_is_held_and_goes_on_as_often_as_one_likes_and_ends_once(RunPhase now, RunPhase told, RunPhase next) =>
        Assert.Equal(next, RunPhases.After(now, told));

    [Theory]
    [InlineData(RunPhase.Running, Presence.Here, Duty.Execute, true)]
    [InlineData(RunPhase.Paused, Presence.Here, Duty.Hold, true)]
    [InlineData(RunPhase.Cancelled, Presence.Here, Duty.Close, true)]
    [InlineData(RunPhase.Interrupted, Presence.Here, Duty.Close, false)]
    [InlineData(RunPhase.Finished, Presence.Here, Duty.Execute, true)]
    [InlineData(RunPhase.Running, Presence.Moving, Duty.Stop, true)]
    [InlineData(RunPhase.Paused, Presence.Leaving, Duty.Stop, true)]
    [InlineData(RunPhase.Running, Presence.Forgotten, Duty.Stop, false)]
    public void A_phase_says_what_is_driven_and_whether_books_are_written(RunPhase told, Presence presence, Duty duty, bool writes)
    {
        var phases = new RunPhases(told, presence);

        Assert.Equal((duty, writes), (phases.Duty, phases.Writes));
    }

    [Fact]
    public void A_shard_that_has_nowhere_to_move_to_goes_on_and_one_that_leaves_does_not()
    {
        RunPhases here = default;

        Assert.Equal(here, here.Move().Stay());
        Assert.Equal(Presence.Leaving, here.Move().Leave().Stay().Presence);
        Assert.Equal(Presence.Leaving, here.Leave().Move().Presence);
        Assert.Equal(Presence.Forgotten, here.Forget().Leave().Move().Stay().Presence);
    }

    [Fact]
    public async Task Whoever_hears_of_the_end_of_a_phase_sees_the_next_one_whole_and_never_runs_inside_the_change()
    {
        var watch = new PhaseWatch();
        int? changer = null;
        bool inside = false;
        RunPhases seen = default;
        CancellationToken over = watch.Over, next = default;
        using CancellationTokenRegistration heard = over.Register(() =>
        {
            inside = changer == Environment.CurrentManagedThreadId;
            (seen, next) = (watch.Now, watch.Over);
        });
        changer = Environment.CurrentManagedThreadId;
        Task told = watch.Set(default(RunPhases).Tell(RunPhase.Paused));
        changer = null;
        await told;

        Assert.False(inside);
        Assert.Equal(RunPhase.Paused, seen.Told);
        Assert.False(next.IsCancellationRequested);
    }
}
