namespace Stress.Contracts.Triage;

/// <summary>What the program that holds a store can execute for it: the store itself executes nothing.</summary>
public interface ITriageWork
{
    /// <summary>Executes the way to a crash again, to say when it was lost, what of it is needed, and who else has it.</summary>
    /// <param name="runFolder">The run's folder.</param>
    /// <param name="crashId">The crash's identifier in the run.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TriageException">The folder is not there, or the run cannot be executed again here.</exception>
    Task<CrashCause> Cause(string runFolder, string crashId, CancellationToken stop);
}

/// <summary>Why a crash came.</summary>
/// <param name="Title">The crash's title.</param>
/// <param name="Futures">Futures that were executed from each step.</param>
/// <param name="HorizonMicroseconds">Virtual microseconds at which every future ends.</param>
/// <param name="Steps">Steps on the way, from the store of the pointer to the crash, each with the share of futures that crash with the title.</param>
/// <param name="Moment">
/// Which of them is the moment it was lost: the event that made the pointer stale, without which no future crashes so, and whose operation the least list needs. Null where no event is such a one.
/// </param>
/// <param name="Without">The share of futures in which it still comes when the event of the moment does not: of none; null without a moment.</param>
/// <param name="Needed">The operation of the least list that the event of the moment executed; null without a moment.</param>
/// <param name="Turn">The step after which the share rises most, by chance as a rule; null where no single step's interval stands apart from that of the step before.</param>
/// <param name="Operations">The least operation list with this title; empty where the language has none.</param>
/// <param name="Elsewhere">What the list does on every stack and design.</param>
/// <param name="Seconds">Seconds that it took.</param>
public sealed record CrashCause(
    string Title, int Futures, long HorizonMicroseconds, IReadOnlyList<CauseStep> Steps, int? Moment, Rate? Without, string? Needed, int? Turn, IReadOnlyList<CauseOperation> Operations,
    IReadOnlyList<CauseElsewhere> Elsewhere, double Seconds);

/// <summary>A step on the way to a crash.</summary>
/// <param name="Event">The number of the event in the site's own count.</param>
/// <param name="AtMicroseconds">Virtual microseconds.</param>
/// <param name="What">What happened.</param>
/// <param name="Crash">The share of futures from here that crash with the title.</param>
/// <param name="Other">Futures that panic in another way.</param>
public sealed record CauseStep(long Event, long AtMicroseconds, string What, Rate Crash, int Other);

/// <summary>An operation of the least list.</summary>
/// <param name="Text">The operation.</param>
/// <param name="Without">What the list does without it.</param>
public sealed record CauseOperation(string Text, string Without);

/// <summary>What the least list does elsewhere.</summary>
/// <param name="Stack">The stack.</param>
/// <param name="Design">The teardown design.</param>
/// <param name="Verdict">What was seen, in words.</param>
/// <param name="Has">True: a bad access; false: none; null: not decided, since the stack does not model a step.</param>
public sealed record CauseElsewhere(string Stack, string Design, string Verdict, bool? Has);
