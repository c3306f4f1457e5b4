using Stress.Emulator.Kernel.Kern;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

public class RunQueuesTests
{
    private static int Next(RunQueues run) => run.Pick(out int p) ? p : -1;

    [Fact]
    public void A_woken_process_runs_when_the_waker_returns_and_the_waker_goes_on_after_it()
    {
        var run = new RunQueues();
        run.Wakeup(3);
        Assert.Equal((3, false), (Next(run), run.WantResched));
        run.Wakeup(0);
        Assert.Equal((3, true), (run.Running, run.WantResched)); // not before the return to user mode
        run.Preempt();
        Assert.Equal((0, false), (Next(run), run.WantResched));
        run.Sleep();
        Assert.Equal(3, Next(run));
    }

    [Fact]
    public void Woken_processes_run_before_preempted_ones_and_each_kind_first_in_first_out()
    {
        var run = new RunQueues();
        foreach (int p in new[] { 3, 4 })
        {
            run.Wakeup(p);
            Assert.Equal(p, Next(run));
            run.Preempt();
        }

        run.Wakeup(1);
        run.Wakeup(0);
        Assert.Equal([1, 0, 3, 4, -1], Enumerable.Range(0, 5).Select(_ => Next(run)));
    }

    [Fact]
    public void Waking_a_process_that_runs_or_is_runnable_changes_nothing()
    {
        var run = new RunQueues();
        run.Wakeup(1);
        run.Wakeup(1);
        Next(run);
        run.Wakeup(1);
        Assert.False(run.WantResched);
        run.Preempt();
        run.Wakeup(1); // at user priority, and stays there
        run.Wakeup(2);
        Assert.Equal([2, 1, -1], Enumerable.Range(0, 3).Select(_ => Next(run)));
    }

    [Fact]
    public void A_panic_empties_the_queues()
    {
        var run = new RunQueues();
        run.Wakeup(1);
        run.Wakeup(70);
        run.Clear();
        Assert.Equal(-1, Next(run));
        run.Wakeup(70);
        Assert.Equal(70, Next(run));
    }
}
