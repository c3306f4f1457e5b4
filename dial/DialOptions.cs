using Stress.Dial.Calls;
using Stress.Dial.Far;
using Stress.Dial.Lines;
using Stress.Emulator.Core;

namespace Stress.Dial;

/// <summary>What a dial or answer run does.</summary>
public sealed record DialOptions
{
    /// <summary>Where the far side is, or where calls are accepted.</summary>
    public required LineTarget Target { get; init; }

    /// <summary>Lines at once.</summary>
    public int Lines { get; init; } = 1;

    /// <summary>Calls on each line (dial) or in all (answer); 0 continues until asked to stop.</summary>
    public long Cycles { get; init; } = 1;

    /// <summary>The options of a line's calls, by its number.</summary>
    public required Func<int, CallOptions> CallOf { get; init; }

    /// <summary>Time between a call's end and the next attempt, also after a failed one.</summary>
    public VirtualTime Holdoff { get; init; } = VirtualTime.FromSeconds(60);

    /// <summary>Longest time to carrier.</summary>
    public VirtualTime Connect { get; init; } = VirtualTime.FromSeconds(60);

    /// <summary>Dial: attempts in a row without one byte from the far side after which it counts as crashed in silence, once.</summary>
    public int SilentAttempts { get; init; } = 3;

    /// <summary>Answer: time without a call, while none lasts, after which no more is expected. A far side that called before then counts as crashed in silence.</summary>
    public VirtualTime Wait { get; init; } = VirtualTime.Never;

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
/// <param name="Panics">Panics that the console reported.</param>
/// <param name="SilentCrashes">Times the far side went silent after it had answered, or called.</param>
/// <param name="System">The far system, if its console identified it.</param>
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
    /// <summary>Why the first of the transcripts that were lost could not be written, or null when none was.</summary>
    public Exception? TranscriptFault { get; init; }

    /// <summary>Calls that went as planned.</summary>
    public long Done => Counters.Of(CallOutcome.Completed);

    /// <summary>Calls that were made and did not go as planned.</summary>
    public long Failed => Counters.Ended - Done - Counters.Of(CallOutcome.Interrupted);

    /// <summary>Calls that were not made, or not finished.</summary>
    public long Lost => Planned - Done - Failed;
}

/// <summary>Calls to, or from, one far system.</summary>
public interface ICallRun
{
    /// <summary>What has ended so far; may be read while it runs.</summary>
    CallLedger Ledger { get; }

    /// <summary>Runs to the end. The far side's behaviour never makes it throw.</summary>
    /// <param name="stop">Hangs up and returns the result so far.</param>
    Task<DialResult> RunAsync(CancellationToken stop);
}
