using System.Globalization;
using Stress.Dial.Calls;
using Stress.Dial.Far;
using Stress.Dial.Lines;
using Stress.Dial.Recording;
using Stress.Emulator.Core;

namespace Stress.Dial;

/// <summary>Dials N lines M times each: call, programme, holdoff, redial.</summary>
/// <param name="options">What to do.</param>
/// <param name="time">The clock.</param>
/// <param name="console">The far console, already running, or null.</param>
public sealed class Dialer(DialOptions options, TimeProvider time, ConsoleWatch? console = null) : ICallRun
{
    /// <inheritdoc/>
    public CallLedger Ledger { get; } = new();

    /// <inheritdoc/>
    public async Task<DialResult> RunAsync(CancellationToken stop)
    {
        long start = time.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, options.Lines).Select(line => Task.Run(() => LineAsync(line, stop), CancellationToken.None))).ConfigureAwait(false);
        return Ledger.Result(options.Cycles == 0 ? null : options.Cycles * options.Lines, console, time.GetElapsedTime(start), stop.IsCancellationRequested);
    }

    private async Task LineAsync(int line, CancellationToken stop)
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

            var counters = new DialCounters();
            CallResult result = await OneAsync(target, call, line, n, counters, stop).ConfigureAwait(false);
            Ledger.Add(line, n, result, counters);
            if (result.HeardAnything)
            {
                silent = 0;
                answered = true;
            }
            else if (result.Outcome != CallOutcome.Interrupted && ++silent == options.SilentAttempts && answered)
            {
                Ledger.AddSilence();
            }
        }
    }

    private async Task<CallResult> OneAsync(LineTarget target, CallOptions call, int line, long n, DialCounters counters, CancellationToken stop)
    {
        CallRecorder? recorder = options.Transcripts is null
            ? null
            : new CallRecorder(string.Create(CultureInfo.InvariantCulture, $"{target} line {line} call {n}"), time.GetUtcNow());
        CallResult result = await ConnectAsync(target, call, line, n, counters, recorder, stop).ConfigureAwait(false);
        Ledger.Keep(recorder, options.Transcripts, string.Create(CultureInfo.InvariantCulture, $"line{line:000}-call{n:000000}"), counters);

        return result;
    }

    private async Task<CallResult> ConnectAsync(
        LineTarget target, CallOptions call, int line, long n, DialCounters counters, CallRecorder? recorder, CancellationToken stop)
    {
        ILine? opened = null;
        try
        {
            using var late = new CancellationTokenSource(TimeSpan.FromMicroseconds(options.Connect.Microseconds), time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
            try
            {
                opened = await target.OpenAsync(either.Token).ConfigureAwait(false);
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
        }
    }

    private static CallResult NotConnected(DialCounters counters, CallRecorder? recorder, CallOutcome outcome, string detail)
    {
        counters.Calls++;
        counters.End(outcome);
        recorder?.Note(VirtualTime.Zero, detail);
        return new CallResult(outcome, detail, false, false, default, default);
    }
}
