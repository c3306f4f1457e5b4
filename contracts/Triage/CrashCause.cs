using Stress.Observability;
using Stress.Observability.Html;

namespace Stress.Contracts.Triage;

/// <summary>What the program that opens a store can execute for it: the store itself executes nothing.</summary>
public interface ITriageWork
{
    /// <summary>Executes a crash again, to find when it was lost, what of it is needed, and which other stacks have it.</summary>
    /// <param name="runFolder">The run's folder.</param>
    /// <param name="crashId">The crash's identifier in the run.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TriageException">The folder is not there, or the run cannot be executed again here.</exception>
    Task<CrashCause> Cause(string runFolder, string crashId, CancellationToken stop);

    /// <summary>Executes the futures of a crash's site with a change from an event on.</summary>
    /// <param name="runFolder">The run's folder.</param>
    /// <param name="crashId">The crash's identifier in the run.</param>
    /// <param name="number">The event, between the store of the pointer and the crash.</param>
    /// <param name="design">The teardown design of every kernel after the event; null removes the event instead.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TriageException">The folder is not there, the run cannot be executed again here, the event is not on the way, or the design cannot come into a kernel that runs.</exception>
    Task<CrashBranch> Branch(string runFolder, string crashId, long number, string? design, CancellationToken stop);

    /// <summary>Teardown designs that a running kernel can be switched to.</summary>
    IReadOnlyList<string> Designs { get; }

    /// <summary>Executes the site of a crash again, from its seed to the crash, and returns the steps to it.</summary>
    /// <param name="runFolder">The run's folder.</param>
    /// <param name="crashId">The crash's identifier in the run.</param>
    /// <param name="at">The event after which to return the systems' state; null for that of the crash.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TriageException">The folder is not there, the run cannot be executed again here, or the event is not on the path.</exception>
    Task<CrashReplay> Replay(string runFolder, string crashId, long? at, CancellationToken stop);

    /// <summary>Executes the site of a crash again and returns every event that is drawn: for pages without a server.</summary>
    /// <param name="runFolder">The run's folder.</param>
    /// <param name="crashId">The crash's identifier in the run.</param>
    /// <param name="stop">Gives up.</param>
    /// <returns>One replay for each event that is drawn, in order; the last is that of the crash.</returns>
    /// <exception cref="TriageException">The folder is not there, or the run cannot be executed again here.</exception>
    Task<IReadOnlyList<CrashReplay>> Walk(string runFolder, string crashId, CancellationToken stop);

    /// <summary>A crash as a file for use elsewhere.</summary>
    /// <param name="runFolder">The run's folder.</param>
    /// <param name="crashId">The crash's identifier in the run.</param>
    /// <param name="form">In which form.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TriageException">The folder is not there, the run cannot be executed again here, or the crash cannot be expressed in that form.</exception>
    Task<byte[]> File(string runFolder, string crashId, CrashForm form, CancellationToken stop);
}

/// <summary>The futures of a crash's site with a change.</summary>
/// <param name="Event">The event.</param>
/// <param name="AtMicroseconds">Virtual microseconds.</param>
/// <param name="What">What happened in it.</param>
/// <param name="Design">The teardown design after it; null if the event is removed.</param>
/// <param name="AsItWas">The share of futures that crash with the title where nothing is changed: from the state before the event, or after it where the design changes.</param>
/// <param name="Changed">The share where it is.</param>
/// <param name="OtherAsItWas">Futures that panic in another way where nothing is changed.</param>
/// <param name="Other">Futures that panic in another way where it is.</param>
public sealed record CrashBranch(long Event, long AtMicroseconds, string What, string? Design, Rate AsItWas, Rate Changed, int OtherAsItWas, int Other);

/// <summary>The form in which a crash is exported.</summary>
public enum CrashForm
{
    /// <summary>The minimal operation list with its title, for <c>stress exec</c>.</summary>
    Ops,

    /// <summary>The frames of its site's lines up to the crash, as pcapng.</summary>
    Pcapng,

    /// <summary>The list as one C file, C99 without dependencies.</summary>
    C,

    /// <summary>The list as a script for sh.</summary>
    Sh,
}

/// <summary>The steps to a crash, as executed again.</summary>
/// <param name="Timeline">The steps of the pointer's life with the steps next to each, and the last before the crash.</param>
/// <param name="CrashEvent">The event that crashed.</param>
/// <param name="At">The event after which <paramref name="Systems"/> are told.</param>
/// <param name="Systems">The state of each system of the site then.</param>
/// <param name="Story">The life of the pointer, one line per stage.</param>
public sealed record CrashReplay(CrashTimeline Timeline, long CrashEvent, long At, IReadOnlyList<SystemState> Systems, IReadOnlyList<string> Story)
{
    /// <summary>The crash's way through its network; null for pairs.</summary>
    public CrashWay? Way { get; init; }
}

/// <summary>A system of a site between two events.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Text">Interfaces, sockets, memberships, routes and memory.</param>
public sealed record SystemState(string Name, string Text);

/// <summary>The cause of a crash.</summary>
/// <param name="Title">The crash's title.</param>
/// <param name="Futures">Futures that were executed from each step.</param>
/// <param name="HorizonMicroseconds">Virtual microseconds at which every future ends.</param>
/// <param name="Steps">Steps from the store of the pointer to the crash, each with the share of futures that crash with the title.</param>
/// <param name="Moment">
/// Which of them is the moment it was lost: the event that made the pointer stale, without which no future has this crash, and whose operation the minimal list needs. Null where
/// no event is such a one.
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

/// <summary>A step to a crash.</summary>
/// <param name="Event">The number of the event in the site's own count.</param>
/// <param name="AtMicroseconds">Virtual microseconds.</param>
/// <param name="What">What happened.</param>
/// <param name="Crash">The share of futures from here that crash with the title.</param>
/// <param name="Other">Futures that panic in another way.</param>
public sealed record CauseStep(long Event, long AtMicroseconds, string What, Rate Crash, int Other);

/// <summary>An operation of the minimal list.</summary>
/// <param name="Text">The operation.</param>
/// <param name="Without">The list's result without it.</param>
public sealed record CauseOperation(string Text, string Without);

/// <summary>The minimal list's result elsewhere.</summary>
/// <param name="Stack">The stack.</param>
/// <param name="Design">The teardown design.</param>
/// <param name="Verdict">What was seen, in words.</param>
/// <param name="Has">True: a bad access; false: none; null: not decided, since the stack does not model a step.</param>
public sealed record CauseElsewhere(string Stack, string Design, string Verdict, bool? Has);
