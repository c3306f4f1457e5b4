namespace Stress.Contracts.Triage;

/// <summary>
/// Runs and the bugs in them, across runs. The implementation (project Stress.Triage) is loaded when it is first used, so that a run needs neither its build nor its start: the
/// client only knows this interface.
/// </summary>
public interface ITriage : IAsyncDisposable
{
    /// <summary>Imports run folders into the store. A run that is there already is left as it is; a resumed one replaces its earlier state.</summary>
    /// <param name="folders">Folders of runs, or folders that hold such folders.</param>
    /// <param name="progress">Told after each run.</param>
    /// <param name="stop">Ends it after the run at hand; what was imported stays.</param>
    /// <exception cref="TriageException">A folder does not exist, or the store cannot be written.</exception>
    Task<ImportOutcome> Import(IReadOnlyList<string> folders, IProgress<ImportOutcome>? progress, CancellationToken stop);

    /// <summary>The runs, newest first.</summary>
    Task<Page<RunRow>> Runs(RunFilter filter, CancellationToken stop);

    /// <summary>A run by its name or an unambiguous beginning of it.</summary>
    /// <exception cref="TriageException">There is none, or there are several.</exception>
    Task<RunDetail> Run(string name, CancellationToken stop);

    /// <summary>The bugs, last seen first.</summary>
    Task<Page<BugRow>> Bugs(BugFilter filter, CancellationToken stop);

    /// <summary>A bug by its identifier or an unambiguous beginning of it.</summary>
    /// <exception cref="TriageException">There is none, or there are several.</exception>
    Task<BugDetail> Bug(string id, CancellationToken stop);

    /// <summary>Records what is known about a bug.</summary>
    /// <param name="id">The bug, as <see cref="Bug"/> takes it.</param>
    /// <param name="change">The change.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TriageException">There is no such bug, or it would become its own duplicate.</exception>
    Task<BugDetail> Change(string id, BugChange change, CancellationToken stop);

    /// <summary>Compares two runs.</summary>
    /// <exception cref="TriageException">A run is not there.</exception>
    Task<RunDifference> Compare(string first, string second, CancellationToken stop);

    /// <summary>Serves pages and the API until it is stopped.</summary>
    /// <param name="options">Where, and for whom.</param>
    /// <param name="listening">Told the address once it answers.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="TriageException">The address is in use, or a file of tokens is not valid.</exception>
    Task Serve(ServeOptions options, Action<string> listening, CancellationToken stop);

    /// <summary>Writes all pages into a folder, to be opened without a server.</summary>
    /// <param name="folder">The folder; created when it is not there.</param>
    /// <param name="work">Executes crashes again, so that the steps to each are on its page; null for none.</param>
    /// <param name="replays">At most this many crashes are executed again, of the newest runs first: each takes up to a few seconds.</param>
    /// <param name="stop">Ends it between two pages.</param>
    /// <returns>Files written.</returns>
    /// <exception cref="TriageException">The folder cannot be written.</exception>
    Task<int> ExportSite(string folder, ITriageWork? work, int replays, CancellationToken stop);
}

/// <summary>Opens <see cref="ITriage"/>; the one class that the client looks for in Stress.Triage.</summary>
public interface ITriageFactory
{
    /// <summary>Opens a store, and makes or brings up to date its tables.</summary>
    /// <param name="store">A file of SQLite, or <c>postgres://user@host:port/database</c>.</param>
    /// <param name="runsFolder">The folder whose new runs are imported.</param>
    /// <param name="time">The clock of what people say.</param>
    /// <exception cref="TriageException">It cannot be opened.</exception>
    Task<ITriage> Open(string store, string runsFolder, TimeProvider time);
}

/// <summary>Why triage cannot do what it was asked.</summary>
/// <param name="message">One sentence: what was given, what would be accepted.</param>
/// <param name="problem">Who can fix it.</param>
public sealed class TriageException(string message, TriageProblem problem) : Exception(message)
{
    /// <summary>Who can fix it.</summary>
    public TriageProblem Problem { get; } = problem;
}

/// <summary>Kinds of <see cref="TriageException"/>.</summary>
public enum TriageProblem
{
    /// <summary>The command line is wrong.</summary>
    Wrong,

    /// <summary>The database or the address is not available now.</summary>
    Unavailable,

    /// <summary>The store cannot be written.</summary>
    NotWritten,
}
