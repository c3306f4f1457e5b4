using Stress.Contracts;

namespace Stress.Grains;

/// <summary>What drivers need from a site's line.</summary>
public interface ISiteCalls
{
    /// <summary>Executes a slice.</summary>
    /// <param name="site">The site.</param>
    /// <param name="window">The window to continue from.</param>
    /// <param name="first">True if no part of it can have been executed before.</param>
    Task<SliceResult> RunSlice(int site, int window, bool first);

    /// <summary>Closes a site at its current window.</summary>
    /// <param name="site">The site.</param>
    /// <param name="window">The window to continue from.</param>
    /// <param name="keep">True to keep its image in storage.</param>
    Task<SliceResult> Close(int site, int window, bool keep);

    /// <summary>Is told of a site that has been silent for too long.</summary>
    void Lost(int site);

    /// <summary>Is told of a site that is booked and may still have a checkpoint in storage.</summary>
    void Stored(int site);
}

/// <summary>
/// Drives the sites of a shard, some at a time, through the phases of its run; separate from any grain. All of it runs on one scheduler, the grain's, one step at a time.
/// </summary>
/// <param name="plan">The run.</param>
/// <param name="ledger">The books.</param>
/// <param name="phases">The phase that the shard is in.</param>
/// <param name="pacer">Says when a window is due; null in a run that is not paced.</param>
/// <param name="calls">Reaches the sites.</param>
/// <param name="clock">Measures patience and retries.</param>
/// <param name="answers">Wall time after which a call times out.</param>
public sealed class ShardDrivers(RunPlan plan, ShardLedger ledger, PhaseWatch phases, Pacer? pacer, ISiteCalls calls, TimeProvider clock, TimeSpan answers)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(2);

    private readonly Queue<int> _left = new();
    private int _alive;
    private int _holding;

    /// <summary>How often a driver asked what to do next. It does not change while a run is paused.</summary>
    public long Turns { get; private set; }

    /// <summary>True while the shard is paused and every driver waits for the end of that: no slice is out.</summary>
    public bool AtRest => phases.Now.Duty == Duty.Hold && _holding == _alive;

    /// <summary>Ends when all drivers have.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Starts as many drivers as the shard may have, on the caller's scheduler; existing ones count.</summary>
    /// <param name="atOnce">Sites driven at once.</param>
    /// <param name="first">True when none of the sites can have been executed before.</param>
    public void Start(int atOnce, bool first)
    {
        int more = atOnce - _alive;
        _alive = atOnce;
        Ended = Task.WhenAll([Ended, .. Enumerable.Range(0, Math.Max(0, more)).Select(_ => DriveSites(first))]);
    }

    // It books every error itself and never throws.
    private async Task DriveSites(bool first)
    {
        await Task.Yield();
        while (await MayGoOn())
        {
            // Sites left unfinished continue first.
            if (_left.TryDequeue(out int left))
            {
                await DriveSite(left, first: false);
            }
            else if (!ledger.TryTake(out int site))
            {
                break;
            }
            else if (phases.Now.Duty == Duty.Close)
            {
                ledger.CloseUnbegun(site);
            }
            else
            {
                await DriveSite(site, first);
            }
        }

        _alive--;
    }

    // Waits while the run is paused; false when the shard stops.
    private async Task<bool> MayGoOn()
    {
        for (; ; )
        {
            Turns++;
            CancellationToken over = phases.Over;
            Duty duty = phases.Now.Duty;
            if (duty != Duty.Hold)
            {
                return duty != Duty.Stop;
            }

            _holding++;
            await Wait(Timeout.InfiniteTimeSpan, over);
            _holding--;
        }
    }

    private async Task DriveSite(int site, bool first)
    {
        TimeSpan retry = FirstRetry;
        var silence = new Silence(clock, TimeSpan.FromSeconds(plan.LostAfterSeconds));
        for (; ; )
        {
            if (phases.Now.Duty == Duty.Hold)
            {
                await MayGoOn();
                silence.Broken();
            }

            Turns++;
            CancellationToken over = phases.Over;
            Duty duty = phases.Now.Duty;
            if (duty == Duty.Hold)
            {
                continue;
            }

            if (duty == Duty.Stop)
            {
                _left.Enqueue(site);
                return;
            }

            int window = ledger.NextWindow(site);
            if (duty == Duty.Execute && pacer is not null && pacer.Late(site, window) < TimeSpan.Zero)
            {
                await pacer.WaitFor(site, window, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                silence.Broken();
                continue;
            }

            SliceResult slice;
            try
            {
                // A call times out on its own; our own clock covers the rest of the patience. The result of an abandoned call is not needed.
                TimeSpan left = silence.Left, longest = left > answers ? answers : left > FirstRetry ? left : FirstRetry;
                silence.Waits(longest);
                Task<SliceResult> call = duty == Duty.Close ? calls.Close(site, window, keep: phases.Now.Told == RunPhase.Interrupted) : calls.RunSlice(site, window, first);
                first = false;
                slice = left > answers ? await call : await call.WaitAsync(longest, clock);
            }
            catch (Exception e)
            {
                // Whatever it was, there was no answer: a silo went away, or storage did not answer. The site is asked again, since executing twice gives the same result; a
                // persistent error ends with the patience, and is in the report.
                if (await IsLost(site, window, silence, e.Message, retry, over))
                {
                    return;
                }

                retry = retry + retry < LongestRetry ? retry + retry : LongestRetry;
                continue;
            }

            if (slice.Declined)
            {
                // A leaving silo declines for as long as its drain takes; one that keeps declining is waited for no longer than a silent one.
                if (await IsLost(site, window, silence, "every silo that was asked declines it, since it is leaving", FirstRetry, over))
                {
                    return;
                }

                continue;
            }

            silence.Broken();
            retry = FirstRetry;
            if (Booked(site, slice))
            {
                return;
            }
        }
    }

    // No result came from a site: it is lost when the patience is over, and otherwise asked again after a pause.
    private async Task<bool> IsLost(int site, int window, Silence silence, string why, TimeSpan pause, CancellationToken over)
    {
        silence.Waited();
        if (silence.IsOver)
        {
            ledger.Close(site, SiteState.Lost, window, $"no window of it came for {plan.LostAfterSeconds} s: {why}");
            calls.Lost(site);
            return true;
        }

        silence.Waits(pause);
        await Wait(pause, over);
        silence.Waited();
        return false;
    }

    // True when nothing is left to do for the site.
    private bool Booked(int site, SliceResult slice)
    {
        try
        {
            bool closed = ledger.Merge(site, slice);
            if (closed && slice.Stored && phases.Now.Writes)
            {
                calls.Stored(site);
            }

            return closed;
        }
        catch (Exception e)
        {
            // Any exception is an error of ours in one site: it fails with this as its problem. A driver that ended here would leave a run that never does.
            ledger.Close(site, SiteState.Failed, slice.NextWindow, e.Message);
            return true;
        }
    }

    // Ends with the phase at the latest.
    private Task Wait(TimeSpan time, CancellationToken over) => Quietly(Task.Delay(time, clock, over));

    private static async Task Quietly(Task wait) =>
        await wait.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
}
