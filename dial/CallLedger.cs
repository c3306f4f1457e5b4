using Stress.Dial.Calls;
using Stress.Dial.Far;
using Stress.Dial.Recording;

namespace Stress.Dial;

/// <summary>What has ended so far, on all lines. Its members may be used by several lines at once.</summary>
public sealed class CallLedger
{
    private const int MaxProblems = 100;
    private readonly List<CallProblem> _problems = [];
    private readonly DialCounters _sum = new();
    private readonly Lock _lock = new();
    private Exception? _transcriptFault;
    private long _ended;
    private long _failed;
    private long _silentCrashes;

    /// <summary>Calls ended.</summary>
    public long Ended => Interlocked.Read(ref _ended);

    /// <summary>Calls ended that did not go as planned.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Times the far side went silent.</summary>
    public long SilentCrashes => Interlocked.Read(ref _silentCrashes);

    /// <summary>Takes a call that has ended.</summary>
    /// <param name="line">Its line.</param>
    /// <param name="call">Its number on the line (dial), or in all (answer).</param>
    /// <param name="result">What became of it.</param>
    /// <param name="counters">What it counted.</param>
    public void Add(int line, long call, CallResult result, DialCounters counters)
    {
        lock (_lock)
        {
            _sum.Add(counters);
            if (result.Outcome is not (CallOutcome.Completed or CallOutcome.Interrupted))
            {
                _failed++;
                if (_problems.Count < MaxProblems)
                {
                    _problems.Add(new CallProblem(line, call, result.Outcome, result.Detail));
                }
            }

            _ended++;
        }
    }

    /// <summary>Records that the far side has gone silent.</summary>
    public void AddSilence() => Interlocked.Increment(ref _silentCrashes);

    /// <summary>Writes a call's transcript and capture. One that cannot be written is counted; the first reason stays.</summary>
    /// <param name="recorder">The call's recorder, or null.</param>
    /// <param name="folder">The folder of transcripts, or null where none are kept.</param>
    /// <param name="name">The files' name without its ending.</param>
    /// <param name="counters">The call's.</param>
    internal void Keep(CallRecorder? recorder, string? folder, string name, DialCounters counters)
    {
        if (folder is not null && recorder?.Save(folder, name) is { } fault)
        {
            counters.TranscriptsLost++;
            Interlocked.CompareExchange(ref _transcriptFault, fault, null);
        }
    }

    /// <summary>The result, once nothing is running.</summary>
    /// <param name="planned">Calls that were to be made, or null for as many as were started.</param>
    /// <param name="console">The far console, or null.</param>
    /// <param name="elapsed">Wall time.</param>
    /// <param name="interrupted">Asked to stop before the end.</param>
    public DialResult Result(long? planned, ConsoleWatch? console, TimeSpan elapsed, bool interrupted)
    {
        lock (_lock)
        {
            return new DialResult(
                planned ?? _sum.Calls,
                _sum,
                console?.Panics ?? [],
                _silentCrashes,
                console?.System ?? FarSystem.Unknown,
                [.. _problems.OrderBy(p => (p.Line, p.Call))],
                elapsed,
                interrupted)
            {
                TranscriptFault = _transcriptFault,
            };
        }
    }
}
