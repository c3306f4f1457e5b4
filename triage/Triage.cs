using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Stress.Contracts.Triage;
using Stress.Triage.Bugs;
using Stress.Triage.Importing;
using Stress.Triage.Runs;
using Stress.Triage.Store;
using Stress.Triage.Web;

namespace Stress.Triage;

/// <summary>What the client loads.</summary>
public sealed class TriageFactory : ITriageFactory
{
    /// <inheritdoc/>
    public async Task<ITriage> Open(string store, string runsFolder, TimeProvider time)
    {
        StoreAddress address = StoreAddress.Parse(store, Environment.GetEnvironmentVariable);
        try
        {
            using TriageContext tables = address.Open();
            await tables.Database.MigrateAsync();
            if (address.IsFile)
            {
                // Pages are read while runs come in.
                await tables.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL");
            }
        }
        catch (Exception e) when (e is DbException or IOException or UnauthorizedAccessException or InvalidOperationException { InnerException: DbException })
        {
            throw new TriageException(
                $"--store {address.Shown}: {Reason(e)}", address.IsFile && e is SqliteException ? TriageProblem.Wrong : TriageProblem.Unavailable);
        }

        return new Triage(address, runsFolder, time);
    }

    private static string Reason(Exception e) => (e.GetBaseException() is PostgresException { MessageText: var text } ? text : e.GetBaseException().Message).ReplaceLineEndings(" ").TrimEnd('.');
}

/// <summary>Runs and bugs of one store.</summary>
/// <param name="store">The store.</param>
/// <param name="runsFolder">The folder of runs.</param>
/// <param name="time">The clock of what people say.</param>
public sealed class Triage(StoreAddress store, string runsFolder, TimeProvider time) : ITriage
{
    private readonly RunImport _import = new(store);

    /// <summary>Runs.</summary>
    public RunQueries OfRuns { get; } = new(store);

    /// <summary>Bugs.</summary>
    public BugQueries OfBugs { get; } = new(store);

    /// <summary>The folder of runs.</summary>
    public string RunsFolder => runsFolder;

    /// <summary>The store's address, as shown to people.</summary>
    public string StoreShown => store.Shown;

    /// <inheritdoc/>
    public Task<ImportOutcome> Import(IReadOnlyList<string> folders, IProgress<ImportOutcome>? progress, CancellationToken stop) => Written(() => _import.Import(folders, progress, stop));

    /// <summary>Takes run folders in as <see cref="Import"/> does, and tells what is new.</summary>
    public Task<ImportOutcome> ImportWithNews(IReadOnlyList<string> folders, Func<News, CancellationToken, Task>? news, CancellationToken stop) => Written(() => _import.Import(folders, null, stop, news));

    /// <inheritdoc/>
    public Task<Page<RunRow>> Runs(RunFilter filter, CancellationToken stop) => OfRuns.List(filter, stop);

    /// <inheritdoc/>
    public Task<RunDetail> Run(string name, CancellationToken stop) => OfRuns.Detail(name, stop);

    /// <inheritdoc/>
    public Task<Page<BugRow>> Bugs(BugFilter filter, CancellationToken stop) => OfBugs.List(filter, stop);

    /// <inheritdoc/>
    public Task<BugDetail> Bug(string id, CancellationToken stop) => OfBugs.Detail(id, stop);

    /// <inheritdoc/>
    public async Task<BugDetail> Change(string id, BugChange change, CancellationToken stop)
    {
        await Written(async () =>
        {
            await OfBugs.Change(id, change, time.GetUtcNow(), stop);
            return 0;
        });
        return await OfBugs.Detail(id, stop);
    }

    /// <inheritdoc/>
    public Task<RunDifference> Compare(string first, string second, CancellationToken stop) => OfRuns.Compare(first, second, stop);

    /// <inheritdoc/>
    public Task Serve(ServeOptions options, Action<string> listening, CancellationToken stop) => TriageServer.Run(this, options, listening, stop);

    /// <inheritdoc/>
    public Task<int> ExportSite(string folder, ITriageWork? work, int replays, CancellationToken stop) => SiteExport.Write(this, folder, work, replays, stop);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        // Connections stay in a pool, and would keep the file open, or a server from stopping.
        if (store.IsFile)
        {
            SqliteConnection.ClearAllPools();
        }
        else
        {
            NpgsqlConnection.ClearAllPools();
        }

        return ValueTask.CompletedTask;
    }

    private async Task<T> Written<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is DbException or DbUpdateException)
        {
            throw new TriageException($"{store.Shown}: {e.GetBaseException().Message.ReplaceLineEndings(" ").TrimEnd('.')}", TriageProblem.NotWritten);
        }
    }
}
