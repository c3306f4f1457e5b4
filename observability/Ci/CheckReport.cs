namespace Stress.Observability.Ci;

/// <summary>The outcome of a case.</summary>
public enum CheckOutcome
{
    /// <summary>As it should be.</summary>
    Passed,

    /// <summary>Not as the scenario expects: the command ends with 1.</summary>
    Failed,

    /// <summary>No answer: work is missing, or two executions differ. The command ends with 3, 4 or 130.</summary>
    Error,

    /// <summary>Not decided: an operation is not modelled, nothing could happen, or the run is partial. The command ends with 5 or 130. It never counts as passed.</summary>
    NotDecided,
}

/// <summary>One thing that was checked, or one crash title that was seen.</summary>
public sealed record CheckCase
{
    /// <summary>Names the kind in every format: <c>expectation</c>, <c>reached</c>, <c>crash</c>, <c>access</c>, <c>work</c>, <c>undecided</c>, <c>determinism</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>What it belongs to: the scenario or list, and the design.</summary>
    public required string Suite { get; init; }

    /// <summary>The expectation in words, or the crash title with its role: the same in every run.</summary>
    public required string Name { get; init; }

    /// <summary>A key that does not change with counts: the crash's id, or the expectation's own.</summary>
    public required string Key { get; init; }

    /// <summary>What it came to.</summary>
    public required CheckOutcome Outcome { get; init; }

    /// <summary>One line: what was expected and what was measured.</summary>
    public required string Message { get; init; }

    /// <summary>Further lines: stack, story, the command that replays it. May be empty.</summary>
    public IReadOnlyList<string> Detail { get; init; } = [];

    /// <summary>The file that states it, as it was named on the command line.</summary>
    public required string File { get; init; }

    /// <summary>Line in the file, from 1; 0 when no line states it.</summary>
    public int Line { get; init; }

    /// <summary>True when something bad was seen, expected or not: a crash, or an expectation that is not met.</summary>
    public bool IsFinding => Outcome != CheckOutcome.Passed || Kind is "crash" or "access";
}

/// <summary>The one result model behind <c>--junit</c>, <c>--sarif</c> and <c>--github</c>.</summary>
/// <param name="Name">What was executed: the run's, comparison's or list's name.</param>
/// <param name="Command">The command that repeats it.</param>
/// <param name="At">Wall time of the end.</param>
/// <param name="WallSeconds">Wall time that it took.</param>
/// <param name="Properties">Facts for the head of a suite: digest, seed, pairs.</param>
/// <param name="Cases">The cases, grouped by suite.</param>
public sealed record CheckReport(
    string Name, string Command, DateTimeOffset At, double WallSeconds, IReadOnlyList<KeyValuePair<string, string>> Properties, IReadOnlyList<CheckCase> Cases)
{
    /// <summary>How many cases have this outcome.</summary>
    public int Count(CheckOutcome outcome) => Cases.Count(c => c.Outcome == outcome);
}
