using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;

namespace Stress.Grains;

/// <summary>The clock that paces runs. Orleans has one of its own, which must go on while a test holds this one.</summary>
/// <param name="Time">Wall time.</param>
public sealed record RunClock(TimeProvider Time);

/// <summary>
/// Holds the sites of a shard in step with wall time. A window is due when wall time has covered it: never before, so that virtual time is not ahead.
/// The sites of a run take their turns evenly spread over a window, so that what one sees moves steadily and the work comes evenly.
/// It decides when a window is executed, never the result.
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
    /// <param name="windowsDone">Windows that each of the sites has behind it, for a run that goes on.</param>
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
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    public async Task WaitFor(int site, int window, CancellationToken cancel)
    {
        while (Late(site, window) is var late && late < TimeSpan.Zero)
        {
            // A timer may fire a moment early; a millisecond more costs nothing and saves a second wait.
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
