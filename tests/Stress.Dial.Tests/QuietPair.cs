using Microsoft.Extensions.Time.Testing;
using Stress.Dial.Calls;
using Stress.Dial.Lines;
using Stress.Dial.Recording;
using Stress.Emulator.Core;

namespace Stress.Dial.Tests;

/// <summary>
/// Two calls on the two ends of one real line, under a clock that moves only when the line is quiet: every byte that one end has written the other has read, and
/// both wait for bytes or for a timer that they have set since. Then it moves to the earlier of the two timers. However long the machine takes, the ends see the
/// same times.
/// </summary>
internal sealed class QuietPair
{
    // No wait of a call is as long as this: it tells the timer that bounds a write from those that a call waits for.
    private static readonly VirtualTime WriteTimeout = new(77_777_777_777);
    private readonly FakeTimeProvider _clock = new();
    private readonly Lock _lock = new();
    private readonly End[] _ends;
    private TaskCompletionSource _quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public QuietPair(ILine first, ILine second)
    {
        _ends = [new End(this, first), new End(this, second)];
    }

    /// <summary>Executes both calls to their ends.</summary>
    public async Task<(DialCounters First, DialCounters Second)> RunAsync(CallOptions first, CallOptions second)
    {
        DialCounters[] counters = [new(), new()];
        Task both = Task.WhenAll(Execute(0, first, counters[0]), Execute(1, second, counters[1]));
        while (await Task.WhenAny(both, NextQuiet()) != both)
        {
            _clock.Advance(_ends.Min(end => end.Due) - _clock.GetUtcNow());
        }

        await both;
        return (counters[0], counters[1]);
    }

    private Task Execute(int n, CallOptions options, DialCounters counters) => Task.Run(async () =>
    {
        await new Call(_ends[n], options with { WriteTimeout = WriteTimeout }, (0, 0), 1, counters, NoCallLog.Instance, _ends[n].Time).RunAsync(CancellationToken.None);
        _ends[n].Ended();
    });

    private Task NextQuiet()
    {
        lock (_lock)
        {
            _quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Look();
            return _quiet.Task;
        }
    }

    private void Change(Action change)
    {
        lock (_lock)
        {
            change();
            Look();
        }
    }

    private void Look()
    {
        if (_ends[0].Waits && _ends[1].Waits && _ends[0].HeardBy(_ends[1]) && _ends[1].HeardBy(_ends[0]))
        {
            _quiet.TrySetResult();
        }
    }

    // A hang-up counts as a byte that is sent, and is read as the end of the line.
    private sealed class End : ILine
    {
        private readonly QuietPair _pair;
        private readonly ILine _line;
        private bool _reading;
        private bool _timerSet;

        public End(QuietPair pair, ILine line)
        {
            (_pair, _line) = (pair, line);
            Time = new EndTime(this);
        }

        public TimeProvider Time { get; }

        public long Sent { get; private set; }

        public long Read { get; private set; }

        public DateTimeOffset Due { get; private set; } = DateTimeOffset.MaxValue;

        public bool HasEnded { get; private set; }

        public bool Waits => HasEnded || (_reading && _timerSet);

        public bool HeardBy(End other) => other.HasEnded || Sent == other.Read;

        public async ValueTask<int> ReadAsync(Memory<byte> buffer)
        {
            // The timer that runs now is from before the bytes that were read last.
            _pair.Change(() => (_reading, _timerSet) = (true, false));
            int read = await _line.ReadAsync(buffer);
            _pair.Change(() => (_reading, _timerSet, Read) = (false, false, Read + Math.Max(1, read)));
            return read;
        }

        public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
        {
            _pair.Change(() => Sent += bytes.Length);
            return _line.WriteAsync(bytes, stop);
        }

        public void HangUp()
        {
            _pair.Change(() => Sent++);
            _line.HangUp();
        }

        public ValueTask DisposeAsync() => _line.DisposeAsync();

        public void Ended() => _pair.Change(() => (HasEnded, Due) = (true, DateTimeOffset.MaxValue));

        private void Set(DateTimeOffset due) => _pair.Change(() => (_timerSet, Due) = (true, due));

        private void Fired() => _pair.Change(() => _timerSet = false);

        private sealed class EndTime(End end) : TimeProvider
        {
            private FakeTimeProvider Clock => end._pair._clock;

            public override long TimestampFrequency => Clock.TimestampFrequency;

            public override long GetTimestamp() => Clock.GetTimestamp();

            public override DateTimeOffset GetUtcNow() => Clock.GetUtcNow();

            public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            {
                if (dueTime == TimeSpan.FromMicroseconds(WriteTimeout.Microseconds))
                {
                    return Clock.CreateTimer(callback, state, dueTime, period);
                }

                ITimer timer = Clock.CreateTimer(
                    _ =>
                    {
                        end.Fired();
                        callback(state);
                    },
                    null,
                    dueTime,
                    period);
                end.Set(Clock.GetUtcNow() + dueTime);
                return timer;
            }
        }
    }
}
