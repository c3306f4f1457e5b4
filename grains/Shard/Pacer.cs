using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;

namespace Stress.Grains;

/// <summary>The clock that paces runs. Orleans has its own, which must keep running while a test stops this one.</summary>
/// <param name="Time">Wall time.</param>
public sealed record RunClock(TimeProvider Time);

/// <summary>
/// Keeps the sites of a shard in step with wall time. A window is due once wall time has covered it, never earlier, so virtual time is never ahead. The turns of a run's sites are
/// spread evenly over a window, so that displays move steadily and the load is even. It decides when a window is executed, never the result.
/// </summary>
public sealed class Pacer
{
    // Longer waits are split: a timer of the base library holds at most 49 days.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);
    private readonly TimeProvider _clock;
    private readonly RunPlan _plan;
    private readonly TimeSpan _window;
    private readonly long _zero;
    private TimeSpan _origin;
    private TimeSpan? _pausedAt;

    /// <summary>Starts pacing now.</summary>
    /// <param name="plan">The run; its pace is above 0.</param>
    /// <param name="clock">Wall time.</param>
    /// <param name="windowsDone">Windows that each of the sites has finished, for a run that is continued.</param>
    public Pacer(RunPlan plan, TimeProvider clock, int windowsDone = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(plan.Pace);
        _plan = plan;
        _clock = clock;
        _zero = clock.GetTimestamp();
        _window = WallOf(plan.Site.Window, plan.Pace);
        _origin = -windowsDone * _window;
    }

    private TimeSpan Now => _clock.GetElapsedTime(_zero);

    /// <summary>Wall time by which a window of a site is late; negative while it is not due yet.</summary>
    public TimeSpan Late(int site, int window) =>
        (_pausedAt ?? Now) - _origin - ((window + ((site - _plan.FirstSite + 1) / (double)_plan.Sites)) * _window);

    /// <summary>Waits until a window of a site is due.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task WaitFor(int site, int window, CancellationToken cancel)
    {
        while (Late(site, window) is var late && late < TimeSpan.Zero)
        {
            // A timer may fire slightly early; an extra millisecond costs nothing and saves a second wait.
            TimeSpan wait = -late + TimeSpan.FromMilliseconds(1);
            await Task.Delay(wait < LongestWait ? wait : LongestWait, _clock, cancel);
        }
    }

    /// <summary>Stops the clock of the run, or resumes it from where it stopped.</summary>
    public void Pause(bool paused)
    {
        if (paused)
        {
            _pausedAt ??= Now;
        }
        else if (_pausedAt is { } since)
        {
            _origin += Now - since;
            _pausedAt = null;
        }
    }

    private static TimeSpan WallOf(VirtualTime virtualTime, double pace) => TimeSpan.FromMicroseconds(virtualTime.Microseconds / pace);
}
