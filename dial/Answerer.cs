using System.Globalization;
using Stress.Dial.Calls;
using Stress.Dial.Far;
using Stress.Dial.Lines;
using Stress.Dial.Recording;

namespace Stress.Dial;

/// <summary>Answers calls: getty or PPP at once, until each caller ends its link.</summary>
/// <param name="options">What to do; <see cref="DialOptions.Lines"/> calls are answered at once.</param>
/// <param name="listener">Where calls arrive; the caller disposes it.</param>
/// <param name="time">The clock.</param>
/// <param name="console">The far console, already running, or null.</param>
public sealed class Answerer(DialOptions options, ILineListener listener, TimeProvider time, ConsoleWatch? console = null) : ICallRun
{
    /// <inheritdoc/>
    public CallLedger Ledger { get; } = new();

    /// <inheritdoc/>
    public async Task<DialResult> RunAsync(CancellationToken stop)
    {
        long start = time.GetTimestamp();
        var free = new SortedSet<int>(Enumerable.Range(0, options.Lines));
        Dictionary<Task, int> calls = [];
        long begun = 0;
        while (options.Cycles == 0 || begun < options.Cycles)
        {
            if (free.Count == 0)
            {
                Task ended = await Task.WhenAny(calls.Keys).ConfigureAwait(false);
                free.Add(calls[ended]);
                calls.Remove(ended);
                continue;
            }

            ILine? line = await AcceptAsync(stop).ConfigureAwait(false);
            if (stop.IsCancellationRequested)
            {
                if (line is not null)
                {
                    await line.DisposeAsync().ConfigureAwait(false);
                }

                break;
            }

            if (line is not null)
            {
                int number = free.Min;
                free.Remove(number);
                long call = begun++;
                calls.Add(Task.Run(() => OneAsync(line, number, call, stop), CancellationToken.None), number);
            }
            else if (calls.Keys.All(call => call.IsCompleted))
            {
                if (begun > 0)
                {
                    Ledger.AddSilence();
                }

                break;
            }

            foreach (Task ended in calls.Keys.Where(call => call.IsCompleted).ToArray())
            {
                free.Add(calls[ended]);
                calls.Remove(ended);
            }
        }

        await Task.WhenAll(calls.Keys).ConfigureAwait(false);
        return Ledger.Result(options.Cycles == 0 ? null : options.Cycles, console, time.GetElapsedTime(start), stop.IsCancellationRequested);
    }

    // A call, or null when none came in time.
    private async Task<ILine?> AcceptAsync(CancellationToken stop)
    {
        using var late = new CancellationTokenSource(options.Wait.IsNever ? Timeout.InfiniteTimeSpan : TimeSpan.FromMicroseconds(options.Wait.Microseconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        try
        {
            return await listener.AcceptAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
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

        Ledger.Keep(recorder, options.Transcripts, string.Create(CultureInfo.InvariantCulture, $"answer{n:000000}"), counters);

        Ledger.Add(number, n, result, counters);
    }
}
