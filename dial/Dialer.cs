using System.Globalization;
using Stress.Dial.Calls;
using Stress.Dial.Far;
using Stress.Dial.Lines;
using Stress.Dial.Recording;
using Stress.Emulator.Simulation;

namespace Stress.Dial;

/// <summary>What a dial or answer run does.</summary>
public sealed record DialOptions
{
    /// <summary>Where the far side is, or where calls are taken.</summary>
    public required LineTarget Target { get; init; }

    /// <summary>Lines at once.</summary>
    public int Lines { get; init; } = 1;

    /// <summary>Calls on each line (dial) or in all (answer); 0 goes on until asked to stop.</summary>
    public long Cycles { get; init; } = 1;

    /// <summary>The options of a line's calls, by its number.</summary>
    public required Func<int, CallOptions> CallOf { get; init; }

    /// <summary>Between a call's end and the next attempt, also after a failed one.</summary>
    public VirtualTime Holdoff { get; init; } = VirtualTime.FromSeconds(60);

    /// <summary>Longest time to carrier.</summary>
    public VirtualTime Connect { get; init; } = VirtualTime.FromSeconds(60);

    /// <summary>Attempts in a row without one byte from the far side after which it counts as crashed in silence, once.</summary>
    public int SilentAttempts { get; init; } = 3;

    /// <summary>Seed of every draw.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Folder for a transcript and a capture of each call, or null.</summary>
    public string? Transcripts { get; init; }
}

/// <summary>A call that did not go as planned.</summary>
/// <param name="Line">The line, from 0.</param>
/// <param name="Call">The line's call, from 0.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Detail">One line for people.</param>
public sealed record CallProblem(int Line, long Call, CallOutcome Outcome, string Detail);

/// <summary>What a run counted. planned = done + failed + lost.</summary>
/// <param name="Planned">Calls that were to be made; those begun, when no number was given.</param>
/// <param name="Counters">All lines' counts together.</param>
/// <param name="Panics">Panics that the console told.</param>
/// <param name="SilentCrashes">Times a line went silent after it had answered.</param>
/// <param name="System">The far system, as far as its console told.</param>
/// <param name="Problems">The first hundred calls that did not go as planned.</param>
/// <param name="Elapsed">Wall time.</param>
/// <param name="Interrupted">Asked to stop before the end.</param>
public sealed record DialResult(
    long Planned,
    DialCounters Counters,
    IReadOnlyList<FarPanic> Panics,
    long SilentCrashes,
    FarSystem System,
    IReadOnlyList<CallProblem> Problems,
    TimeSpan Elapsed,
    bool Interrupted)
{
    /// <summary>Calls that went as planned.</summary>
    public long Done => Counters.Of(CallOutcome.Completed);

    /// <summary>Calls that were made and went otherwise.</summary>
    public long Failed => Counters.Ended - Done - Counters.Of(CallOutcome.Interrupted);

    /// <summary>Calls that were not made, or not finished.</summary>
    public long Lost => Planned - Done - Failed;
}

/// <summary>Dials N lines M times each: call, programme, holdoff, redial.</summary>
/// <param name="options">What to do.</param>
/// <param name="time">The clock.</param>
/// <param name="console">The far console, already running, or null.</param>
public sealed class Dialer(DialOptions options, TimeProvider time, ConsoleWatch? console = null)
{
    private const int MaxProblems = 100;
    private readonly List<CallProblem> _problems = [];
    private readonly Lock _lock = new();
    private long _ended;
    private long _silentCrashes;

    /// <summary>Calls ended so far, on all lines.</summary>
    public long Ended => Interlocked.Read(ref _ended);

    /// <summary>Runs to the end. The far side's behaviour never makes it throw.</summary>
    /// <param name="stop">Hangs up and returns what there is.</param>
    public async Task<DialResult> RunAsync(CancellationToken stop)
    {
        long start = time.GetTimestamp();
        DialCounters[] counters = [.. Enumerable.Range(0, options.Lines).Select(_ => new DialCounters())];
        await Task.WhenAll(Enumerable.Range(0, options.Lines).Select(line => Task.Run(() => LineAsync(line, counters[line], stop), CancellationToken.None))).ConfigureAwait(false);
        return Result(counters, time.GetElapsedTime(start), stop);
    }

    private DialResult Result(DialCounters[] counters, TimeSpan elapsed, CancellationToken stop)
    {
        var sum = new DialCounters();
        foreach (DialCounters line in counters)
        {
            sum.Add(line);
        }

        long planned = options.Cycles == 0 ? sum.Calls : options.Cycles * options.Lines;
        console?.CompletePending();
        return new DialResult(
            planned, sum, console?.Panics ?? [], Interlocked.Read(ref _silentCrashes), console?.System ?? FarSystem.Unknown, [.. _problems.OrderBy(p => (p.Line, p.Call))], elapsed, stop.IsCancellationRequested);
    }

    private async Task LineAsync(int line, DialCounters counters, CancellationToken stop)
    {
        CallOptions call = options.CallOf(line);
        LineTarget target = options.Target.ForLine(line);
        int silent = 0;
        bool answered = false;
        for (long n = 0; (options.Cycles == 0 || n < options.Cycles) && !stop.IsCancellationRequested; n++)
        {
            if (n > 0 && options.Holdoff > VirtualTime.Zero)
            {
                await Task.Delay(TimeSpan.FromMicroseconds(options.Holdoff.Microseconds), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (stop.IsCancellationRequested)
                {
                    break;
                }
            }

            CallResult result = await OneAsync(target, call, line, n, counters, stop).ConfigureAwait(false);
            Interlocked.Increment(ref _ended);
            if (result.HeardAnything)
            {
                silent = 0;
                answered = true;
            }
            else if (result.Outcome != CallOutcome.Interrupted && ++silent == options.SilentAttempts && answered)
            {
                Interlocked.Increment(ref _silentCrashes);
            }

            if (result.Outcome is not (CallOutcome.Completed or CallOutcome.Interrupted))
            {
                Problem(line, n, result);
            }
        }
    }

    private async Task<CallResult> OneAsync(LineTarget target, CallOptions call, int line, long n, DialCounters counters, CancellationToken stop)
    {
        ILine? opened = null;
        CallRecorder? recorder = options.Transcripts is null
            ? null
            : new CallRecorder(string.Create(CultureInfo.InvariantCulture, $"{target} line {line} call {n}"), time.GetUtcNow());
        try
        {
            using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
            late.CancelAfter(TimeSpan.FromMicroseconds(options.Connect.Microseconds));
            try
            {
                opened = await target.OpenAsync(late.Token).ConfigureAwait(false);
            }
            catch (LineException e)
            {
                return NotConnected(counters, recorder, CallOutcome.NoConnection, e.Message);
            }
            catch (OperationCanceledException)
            {
                return stop.IsCancellationRequested
                    ? NotConnected(counters, recorder, CallOutcome.Interrupted, "asked to stop")
                    : NotConnected(counters, recorder, CallOutcome.NoConnection, $"no carrier within {options.Connect}");
            }

            return await new Call(opened, call, (line, n), options.Seed, counters, (ICallLog?)recorder ?? NoCallLog.Instance, time).RunAsync(stop).ConfigureAwait(false);
        }
        finally
        {
            if (opened is not null)
            {
                await opened.DisposeAsync().ConfigureAwait(false);
            }

            recorder?.Save(options.Transcripts!, string.Create(CultureInfo.InvariantCulture, $"line{line:000}-call{n:000000}"));
        }
    }

    private static CallResult NotConnected(DialCounters counters, CallRecorder? recorder, CallOutcome outcome, string detail)
    {
        counters.Calls++;
        counters.End(outcome);
        recorder?.Note(VirtualTime.Zero, detail);
        return new CallResult(outcome, detail, false, false, default, default);
    }

    private void Problem(int line, long call, CallResult result)
    {
        lock (_lock)
        {
            if (_problems.Count < MaxProblems)
            {
                _problems.Add(new CallProblem(line, call, result.Outcome, result.Detail));
            }
        }
    }
}

/// <summary>Answers calls: getty or PPP at once, until each caller ends its link.</summary>
/// <param name="options">What to do; <see cref="DialOptions.Lines"/> calls are answered at once.</param>
/// <param name="listener">Where callers come in; the caller disposes it.</param>
/// <param name="time">The clock.</param>
/// <param name="console">The far console, already running, or null.</param>
public sealed class Answerer(DialOptions options, ILineListener listener, TimeProvider time, ConsoleWatch? console = null)
{
    private const int MaxProblems = 100;
    private readonly List<CallProblem> _problems = [];
    private readonly DialCounters _sum = new();
    private readonly Lock _lock = new();
    private long _ended;

    /// <summary>Calls ended so far.</summary>
    public long Ended => Interlocked.Read(ref _ended);

    /// <summary>Answers calls until the number is reached or it is asked to stop.</summary>
    public async Task<DialResult> RunAsync(CancellationToken stop)
    {
        long start = time.GetTimestamp();
        var free = new Queue<int>(Enumerable.Range(0, options.Lines));
        using var lines = new SemaphoreSlim(options.Lines);
        List<Task> calls = [];
        for (long n = 0; options.Cycles == 0 || n < options.Cycles; n++)
        {
            ILine line;
            int number;
            try
            {
                await lines.WaitAsync(stop).ConfigureAwait(false);
                line = await listener.AcceptAsync(stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            lock (_lock)
            {
                number = free.Dequeue();
            }

            calls.RemoveAll(call => call.IsCompleted);
            long call = n;
            calls.Add(Task.Run(
                async () =>
                {
                    await OneAsync(line, number, call, stop).ConfigureAwait(false);
                    lock (_lock)
                    {
                        free.Enqueue(number);
                    }

                    lines.Release();
                },
                CancellationToken.None));
        }

        await Task.WhenAll(calls).ConfigureAwait(false);
        console?.CompletePending();
        long planned = options.Cycles == 0 ? _sum.Calls : options.Cycles;
        return new DialResult(
            planned, _sum, console?.Panics ?? [], 0, console?.System ?? FarSystem.Unknown, [.. _problems.OrderBy(p => p.Call)], time.GetElapsedTime(start), stop.IsCancellationRequested);
    }

    private async Task OneAsync(ILine line, int number, long n, CancellationToken stop)
    {
        var counters = new DialCounters();
        CallRecorder? recorder = options.Transcripts is null
            ? null
            : new CallRecorder(string.Create(CultureInfo.InvariantCulture, $"{listener.Target} call {n}"), time.GetUtcNow());
        CallResult result;
        await using (line)
        {
            result = await new Call(line, options.CallOf(number), (number, n), options.Seed, counters, (ICallLog?)recorder ?? NoCallLog.Instance, time)
                .RunAsync(stop).ConfigureAwait(false);
        }

        recorder?.Save(options.Transcripts!, string.Create(CultureInfo.InvariantCulture, $"answer{n:000000}"));
        lock (_lock)
        {
            _sum.Add(counters);
            if (result.Outcome is not (CallOutcome.Completed or CallOutcome.Interrupted) && _problems.Count < MaxProblems)
            {
                _problems.Add(new CallProblem(number, n, result.Outcome, result.Detail));
            }
        }

        Interlocked.Increment(ref _ended);
    }
}
