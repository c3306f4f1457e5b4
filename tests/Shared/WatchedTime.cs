using Microsoft.Extensions.Time.Testing;

namespace Stress.Tests.Shared;

/// <summary>
/// A clock that a test advances by hand, and that reports when something waits on it: a test awaits <see cref="WaitsAsync"/> instead of sleeping, then advances. Real lines under
/// it move at their own pace.
/// </summary>
public sealed class WatchedTime : FakeTimeProvider
{
    private readonly Lock _lock = new();
    private readonly HashSet<Watched> _running = [];
    private readonly List<(TimeSpan Due, int Count, TaskCompletionSource Reached)> _watchers = [];

    /// <summary>Completes when at least so many timers run that were set to exactly this time, at once when they do already.</summary>
    public Task WaitsAsync(TimeSpan due, int count = 1)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _watchers.Add((due, count, reached));
            Look();
        }

        return reached.Task;
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var watched = new Watched(this, callback, state);
        watched.Start(base.CreateTimer(watched.Fire, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan), dueTime, period);
        return watched;
    }

    private void Started(Watched timer)
    {
        lock (_lock)
        {
            // It may have fired already.
            if (timer.Due != Timeout.InfiniteTimeSpan)
            {
                _running.Add(timer);
                Look();
            }
        }
    }

    private void Stopped(Watched timer)
    {
        lock (_lock)
        {
            timer.Due = Timeout.InfiniteTimeSpan;
            _running.Remove(timer);
        }
    }

    private void Look()
    {
        for (int i = _watchers.Count - 1; i >= 0; i--)
        {
            (TimeSpan due, int count, TaskCompletionSource reached) = _watchers[i];
            if (_running.Count(timer => timer.Due == due) >= count)
            {
                _watchers.RemoveAt(i);
                reached.SetResult();
            }
        }
    }

    private sealed class Watched(WatchedTime owner, TimerCallback callback, object? state) : ITimer
    {
        private ITimer? _timer;

        public TimeSpan Due { get; set; }

        public void Start(ITimer timer, TimeSpan due, TimeSpan period)
        {
            _timer = timer;
            Change(due, period);
        }

        public void Fire(object? _)
        {
            owner.Stopped(this);
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            // Notified once it is set: the observer may advance the clock at once.
            owner.Stopped(this);
            Due = dueTime;
            bool changed = _timer!.Change(dueTime, period);
            owner.Started(this);
            return changed;
        }

        public void Dispose()
        {
            owner.Stopped(this);
            _timer!.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
