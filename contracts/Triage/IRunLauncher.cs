namespace Stress.Contracts.Triage;

/// <summary>
/// Starts runs requested from a browser or over the API: only of emulated kernels, from a text that cannot name a file, command or library, within limits, and one after another.
/// </summary>
public interface IRunLauncher : IAsyncDisposable
{
    /// <summary>Runs that may wait.</summary>
    public const int MostWaiting = 8;

    /// <summary>Most pairs times virtual hours of a run.</summary>
    public const long MostPairHours = 10_000_000;

    /// <summary>Where runs are executed, in words.</summary>
    string Where { get; }

    /// <summary>The scenarios to start from.</summary>
    IReadOnlyList<OfferedScenario> Scenarios { get; }

    /// <summary>The runs requested since the server started, the latest first: the waiting ones, the running one, and the last that ended.</summary>
    IReadOnlyList<LaunchedRun> Runs { get; }

    /// <summary>Everything in a scenario that is not accepted here, by line; empty if it is accepted.</summary>
    /// <param name="scenario">Its text.</param>
    IReadOnlyList<ScenarioProblem> Check(string scenario);

    /// <summary>Puts a run into the queue.</summary>
    /// <param name="request">What to run.</param>
    /// <param name="by">Who asks, if known.</param>
    /// <returns>The run, or what is not accepted.</returns>
    /// <exception cref="TriageException">The queue is full, or the folder of runs cannot be written.</exception>
    LaunchAnswer Start(LaunchRequest request, string by);

    /// <summary>Pauses, resumes or cancels a run that was requested here.</summary>
    /// <param name="run">Its name.</param>
    /// <param name="order">What.</param>
    /// <exception cref="TriageException">There is no such run here, or it has ended.</exception>
    Task Tell(string run, LaunchOrder order);

    /// <summary>The silos that execute runs, and what each of them holds.</summary>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TriageException">The cluster does not answer.</exception>
    Task<SilosState> Silos(CancellationToken stop);
}

/// <summary>The silos that execute runs.</summary>
/// <param name="Where">Where, in words.</param>
/// <param name="Silos">The silos; empty if none is started before the first run.</param>
/// <param name="Runs">The runs that a cluster keeps, the latest first.</param>
public sealed record SilosState(string Where, IReadOnlyList<SiloRow> Silos, IReadOnlyList<ClusterRunRow> Runs);

/// <summary>A silo.</summary>
/// <param name="Name">Its address.</param>
/// <param name="Status"><c>active</c>, <c>leaving</c> or <c>no answer</c>.</param>
/// <param name="Workers">Sites that it executes at once.</param>
/// <param name="Shards">Shards that it drives.</param>
/// <param name="Routers">Routers that are active on it.</param>
/// <param name="MostRouters">Most that were at one moment.</param>
/// <param name="MemoryBytes">Memory of its process.</param>
/// <param name="PeakMemoryBytes">Most that it has had.</param>
/// <param name="Build">Commit, or version, of its build; empty when it does not say.</param>
/// <param name="Grains">Grains that are active on it, by kind, the most first.</param>
public sealed record SiloRow(
    string Name, string Status, int Workers, int Shards, int Routers, int MostRouters, long MemoryBytes, long PeakMemoryBytes, string Build, IReadOnlyList<GrainCount> Grains);

/// <summary>Grains of a kind.</summary>
/// <param name="Kind">The grain's class.</param>
/// <param name="Count">Activations.</param>
public sealed record GrainCount(string Kind, int Count);

/// <summary>A run that a cluster keeps.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Started">Wall time of the start.</param>
/// <param name="Phase">What it was told to do, or that it is finished.</param>
/// <param name="Sites">Sites planned.</param>
/// <param name="Done">Sites executed to their end.</param>
/// <param name="Failed">Sites that failed or were lost.</param>
public sealed record ClusterRunRow(string Name, DateTimeOffset Started, string Phase, long Sites, long Done, long Failed);

/// <summary>A scenario to start from.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it shows.</param>
/// <param name="Text">Its text, with what it includes.</param>
public sealed record OfferedScenario(string Name, string Description, string Text);

/// <summary>Something in a scenario, or in the request, that is not accepted.</summary>
/// <param name="Line">Line of the scenario, from 1; 0 when it is about all of it, or about a number beside it.</param>
/// <param name="Message">What is wrong and what would be accepted, in one line.</param>
public sealed record ScenarioProblem(int Line, string Message);

/// <summary>What to run. Values are as they were typed; null or empty for the scenario's own.</summary>
public sealed record LaunchRequest
{
    /// <summary>The scenario's text.</summary>
    public string Scenario { get; init; } = "";

    /// <summary>Pairs.</summary>
    public string? Pairs { get; init; }

    /// <summary>Virtual hours.</summary>
    public string? Hours { get; init; }

    /// <summary>Seed.</summary>
    public string? Seed { get; init; }

    /// <summary>Teardown design, one of those that are built in.</summary>
    public string? Design { get; init; }
}

/// <summary>The result of a request.</summary>
/// <param name="Run">The run; null when something was not accepted.</param>
/// <param name="Problems">What was not accepted.</param>
public sealed record LaunchAnswer(LaunchedRun? Run, IReadOnlyList<ScenarioProblem> Problems);

/// <summary>A requested run.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Scenario">The scenario's name.</param>
/// <param name="By">Who asked.</param>
/// <param name="At">When.</param>
/// <param name="Phase">Where it is.</param>
/// <param name="Outcome">How it ended, in words; empty before.</param>
public sealed record LaunchedRun(string Name, string Scenario, string By, DateTimeOffset At, LaunchPhase Phase, string Outcome);

/// <summary>The phase of a requested run.</summary>
public enum LaunchPhase
{
    /// <summary>Others are before it.</summary>
    Waiting,

    /// <summary>It is executed.</summary>
    Running,

    /// <summary>It holds.</summary>
    Paused,

    /// <summary>It has ended.</summary>
    Ended,
}

/// <summary>The orders for a run.</summary>
public enum LaunchOrder
{
    /// <summary>Hold.</summary>
    Pause,

    /// <summary>Go on.</summary>
    Resume,

    /// <summary>End for good.</summary>
    Cancel,
}
