using System.Data.Common;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Stress.Contracts.Triage;
using Stress.Observability;
using Stress.Triage.Bugs;
using Stress.Triage.Store;
using Stress.Triage.Web;

namespace Stress.Triage.Importing;

/// <summary>
/// Imports runs into a store. A run is one transaction: it is there with all of its crashes, or not at all, whenever the process ends. A run is never imported twice, whatever
/// folder or server it comes from.
/// </summary>
/// <param name="store">The store.</param>
public sealed class RunImport(StoreAddress store)
{
    // A damaged folder stays damaged until it is written again: a server looks every few seconds.
    private readonly Dictionary<string, (long Stamp, string Why)> _damaged = new(StringComparer.Ordinal);

    /// <summary>How deep below a folder to look for runs: runs/, a comparison, its designs.</summary>
    private const int MaxDepth = 3;

    /// <summary>Runs that are read ahead of being written.</summary>
    private const int ReadAhead = 3;

    /// <summary>How often a run that conflicted with another server is tried again.</summary>
    private const int MaxTries = 8;

    /// <summary>Imports all runs in the given folders.</summary>
    /// <param name="folders">Folders of runs, or folders that hold such folders.</param>
    /// <param name="progress">Told after each run.</param>
    /// <param name="stop">Ends it after the run at hand.</param>
    /// <param name="news">Told what is new in each run, once the run is stored; may be left out.</param>
    /// <exception cref="TriageException">A folder does not exist.</exception>
    public async Task<ImportOutcome> Import(IReadOnlyList<string> folders, IProgress<ImportOutcome>? progress, CancellationToken stop, Func<News, CancellationToken, Task>? news = null)
    {
        foreach (string folder in folders)
        {
            if (!Directory.Exists(folder))
            {
                throw new TriageException($"{folder}: no such folder; accepted is a run's folder, or one that holds such folders", TriageProblem.Wrong);
            }
        }

        Dictionary<string, long> read;
        using (TriageContext tables = store.Open())
        {
            read = await tables.Folders.AsNoTracking().ToDictionaryAsync(folder => folder.Path, folder => folder.Stamp, StringComparer.Ordinal, stop);
        }

        ImportOutcome outcome = ImportOutcome.None;
        List<string> damaged = [];
        var ahead = new Queue<(string Path, long Stamp, Task<object> Reading)>();
        using IEnumerator<(string Path, long Stamp)> toRead = ToRead().GetEnumerator();
        while (!stop.IsCancellationRequested)
        {
            // The next are read while this one is written: a database has one writer, and reading is half of the work.
            while (ahead.Count < ReadAhead && toRead.MoveNext())
            {
                (string next, long written) = toRead.Current;
                ahead.Enqueue((next, written, Task.Run(() => IsRun(next) ? (object)RunReading.Of(next) : SearchReading.Of(next), CancellationToken.None)));
            }

            if (!ahead.TryDequeue(out (string Path, long Stamp, Task<object> Reading) first))
            {
                break;
            }

            (string path, long stamp, Task<object> reads) = first;
            object reading;
            try
            {
                reading = await reads;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or JsonException)
            {
                string why = e.Message.ReplaceLineEndings(" ");
                why = why.StartsWith(path, StringComparison.Ordinal) ? why : $"{path}: {why}";
                _damaged[path] = (stamp, why);
                damaged.Add(why);
                outcome = outcome with { Damaged = damaged };
                continue;
            }

            var folder = new FolderRecord { Path = path, Stamp = stamp };
            IReadOnlyList<News> told;
            if (reading is RunReading run)
            {
                (Taken taken, told) = await Take(run, folder);
                outcome = taken switch
                {
                    Taken.New => outcome with { New = outcome.New + 1, Crashes = outcome.Crashes + run.Crashes.Count },
                    Taken.Renewed => outcome with { Renewed = outcome.Renewed + 1, Crashes = outcome.Crashes + run.Crashes.Count },
                    _ => outcome with { Known = outcome.Known + 1 },
                };
            }
            else
            {
                (int findings, told) = await Take((SearchReading)reading, folder);
                outcome = findings > 0 ? outcome with { Searches = outcome.Searches + 1, Findings = outcome.Findings + findings } : outcome with { Known = outcome.Known + 1 };
            }

            progress?.Report(outcome);
            foreach (News piece in news is null ? [] : told)
            {
                await news!(piece, stop);
            }
        }

        return outcome;

        IEnumerable<(string Path, long Stamp)> ToRead()
        {
            foreach (string path in folders.Select(Path.GetFullPath).SelectMany(folder => RunsIn(folder, 0)))
            {
                long stamp = File.GetLastWriteTimeUtc(Path.Combine(path, IsRun(path) ? RunFolder.ReportName : SearchReading.FileName)).Ticks;
                if (read.TryGetValue(path, out long known) && known == stamp)
                {
                    outcome = outcome with { Known = outcome.Known + 1 };
                }
                else if (_damaged.TryGetValue(path, out (long Stamp, string Why) still) && still.Stamp == stamp)
                {
                    damaged.Add(still.Why);
                    outcome = outcome with { Damaged = damaged };
                }
                else
                {
                    yield return (path, stamp);
                }
            }
        }
    }

    /// <summary>Imports one run that was read.</summary>
    /// <param name="reading">The run.</param>
    /// <param name="folder">The folder it was read from, or null.</param>
    public Task<(Taken Taken, IReadOnlyList<News> News)> Take(RunReading reading, FolderRecord? folder) => Tried(() => TakeOnce(reading, folder));

    /// <summary>Imports the findings of a search.</summary>
    /// <param name="reading">The search.</param>
    /// <param name="folder">The folder it was read from.</param>
    /// <returns>How many of its findings were not there yet, and what is new.</returns>
    public Task<(int Findings, IReadOnlyList<News> News)> Take(SearchReading reading, FolderRecord folder) => Tried(() => TakeOnce(reading, folder));

    private static async Task<T> Tried<T>(Func<Task<T>> take)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await take();
            }
            catch (Exception e) when (attempt < MaxTries && (e is DbUpdateException || (e is DbException database && database.IsTransient)))
            {
                // Another server is importing the same run, or the same bug, at this moment: its rows will be there at the next try.
                await Task.Delay(TimeSpan.FromMilliseconds(20 * attempt));
            }
        }
    }

    // A transaction as of a run: all of its findings, or none.
    private async Task<(int Findings, IReadOnlyList<News> News)> TakeOnce(SearchReading reading, FolderRecord folder)
    {
        using TriageContext tables = store.Open();
        await using IDbContextTransaction transaction = await tables.Database.BeginTransactionAsync();
        await Remember(tables, folder);
        List<News> news = [];
        int taken = 0;
        foreach ((FindingRecord finding, string title, string backend) in reading.Findings)
        {
            if (await tables.Findings.AnyAsync(known => known.Key == finding.Key))
            {
                continue;
            }

            string key = BugTitle.KeyOf(title, backend);
            BugRecord? bug = await tables.Bugs.AsNoTracking().SingleOrDefaultAsync(known => known.Key == key);
            if (bug is null)
            {
                bug = new BugRecord { Key = key, Title = title, Backend = backend, FirstSeen = finding.At, LastSeen = finding.At, Private = reading.IsPrivate };
                tables.Bugs.Add(bug);
                news.Add(new News("new-bug", finding.Search, key, title));
                await tables.SaveChangesAsync();
            }

            tables.Findings.Add(Copy(finding, bug.Id));
            await tables.SaveChangesAsync();
            await tables.Bugs.Where(b => b.Id == bug.Id).ExecuteUpdateAsync(b => b
                .SetProperty(x => x.Runs, x => x.Runs + 1)
                .SetProperty(x => x.Crashes, x => x.Crashes + finding.Seen)
                .SetProperty(x => x.FirstSeen, x => x.FirstSeen < finding.At ? x.FirstSeen : finding.At)
                .SetProperty(x => x.LastSeen, x => x.LastSeen > finding.At ? x.LastSeen : finding.At));
            news.AddRange((await BugRules.Seen(tables, [bug], backend, finding.At)).Where(back => !back.Private).Select(back => new News("regression", finding.Search, back.Key, back.Title)));
            taken++;
        }

        await tables.SaveChangesAsync();
        await transaction.CommitAsync();

        // No notification mentions anything private (SECURITY.md).
        return (taken, reading.IsPrivate ? [] : news);
    }

    private static async Task Remember(TriageContext tables, FolderRecord folder)
    {
        if (await tables.Folders.Where(known => known.Path == folder.Path).ExecuteUpdateAsync(known => known.SetProperty(f => f.Stamp, folder.Stamp)) == 0)
        {
            tables.Folders.Add(new FolderRecord { Path = folder.Path, Stamp = folder.Stamp });
        }
    }

    private async Task<(Taken Taken, IReadOnlyList<News> News)> TakeOnce(RunReading reading, FolderRecord? folder)
    {
        using TriageContext tables = store.Open();
        if (store.IsFile)
        {
            // With write-ahead logging, a power failure can lose the last runs but never the store; they are imported again.
            await tables.Database.OpenConnectionAsync();
            await tables.Database.ExecuteSqlRawAsync("PRAGMA synchronous=NORMAL");
        }

        await using IDbContextTransaction transaction = await tables.Database.BeginTransactionAsync();
        RunRecord? before = await tables.Runs.AsNoTracking().SingleOrDefaultAsync(run => run.Key == reading.Run.Key);
        if (folder is not null)
        {
            await Remember(tables, folder);
        }

        if (before is not null && (before.ReportSha256 == reading.Run.ReportSha256 || IsFuller(before, reading.Run)))
        {
            await tables.SaveChangesAsync();
            await transaction.CommitAsync();
            return (Taken.Known, []);
        }

        if (before is not null)
        {
            await Forget(tables, before);
        }

        RunRecord run = Copy(reading.Run);
        tables.Runs.Add(run);
        List<News> news = run.Verdict is "not met" or "incomplete" ? [new News(run.Verdict.Replace(' ', '-'), run.Name, "", "")] : [];
        Dictionary<string, BugRecord> bugs = await BugsOf(tables, reading, run);
        news.AddRange(bugs.Values.Where(bug => bug.Id == 0 && !bug.Private).Select(bug => new News("new-bug", run.Name, bug.Key, bug.Title)));
        await tables.SaveChangesAsync();
        tables.Reports.Add(new ReportRecord { RunId = run.Id, Report = reading.Report });
        await tables.SaveChangesAsync();
        await CrashInsert.Write(tables, reading.Crashes.Select(row => new StoredCrash
        {
            RunId = run.Id,
            BugId = bugs[row.Title].Id,
            CrashId = row.Crash.Id,
            Title = row.Crash.Title,
            Path = row.Crash.Path,
            Role = row.Crash.Role,
            Count = row.Crash.Count,
            Disconnects = row.Disconnects,
            DesignEffect = row.DesignEffect,
            Site = row.Crash.Site,
            Event = row.Crash.Event,
            At = row.Crash.AtMicroseconds,
            Stack = string.Join('\n', row.Crash.Stack),
            Story = string.Join('\n', row.Crash.Story),
            Replay = row.Crash.Replay,
        }));

        // In one statement, and in the database: another server may count for the same bugs at this moment.
        await tables.Bugs.Where(bug => tables.Crashes.Any(crash => crash.RunId == run.Id && crash.BugId == bug.Id)).ExecuteUpdateAsync(bug => bug
            .SetProperty(b => b.Runs, b => b.Runs + 1)
            .SetProperty(b => b.Crashes, b => b.Crashes + tables.Crashes.Where(crash => crash.RunId == run.Id && crash.BugId == b.Id).Sum(crash => crash.Count))
            .SetProperty(b => b.FirstSeen, b => b.FirstSeen < run.Started ? b.FirstSeen : run.Started)
            .SetProperty(b => b.LastSeen, b => b.LastSeen > run.Started ? b.LastSeen : run.Started));
        news.AddRange((await BugRules.Seen(tables, [.. bugs.Values], run.Backend, run.Started)).Where(bug => !bug.Private).Select(bug => new News("regression", run.Name, bug.Key, bug.Title)));
        await transaction.CommitAsync();
        return (before is null ? Taken.New : Taken.Renewed, news);
    }

    // A copy of an interrupted run does not replace the resumed run.
    private static bool IsFuller(RunRecord there, RunRecord read) => read.Verdict is "partial" or "incomplete" && there.Verdict is not ("partial" or "incomplete");

    private static async Task Forget(TriageContext tables, RunRecord run)
    {
        var had = await tables.Crashes.Where(crash => crash.RunId == run.Id).GroupBy(crash => crash.BugId).Select(bug => new { Bug = bug.Key, Crashes = bug.Sum(crash => crash.Count) }).ToListAsync();
        foreach (var bug in had.OrderBy(bug => bug.Bug))
        {
            await tables.Bugs.Where(b => b.Id == bug.Bug).ExecuteUpdateAsync(b => b.SetProperty(x => x.Runs, x => x.Runs - 1).SetProperty(x => x.Crashes, x => x.Crashes - bug.Crashes));
        }

        await tables.Crashes.Where(crash => crash.RunId == run.Id).ExecuteDeleteAsync();
        await tables.Runs.Where(known => known.Id == run.Id).ExecuteDeleteAsync();
    }

    private static async Task<Dictionary<string, BugRecord>> BugsOf(TriageContext tables, RunReading reading, RunRecord run)
    {
        string[] titles = [.. reading.Crashes.Select(crash => crash.Title).Distinct(StringComparer.Ordinal)];
        string[] keys = [.. titles.Select(title => BugTitle.KeyOf(title, run.Backend))];
        Dictionary<string, BugRecord> bugs = await tables.Bugs.Where(bug => keys.Contains(bug.Key)).ToDictionaryAsync(bug => bug.Title, StringComparer.Ordinal);
        foreach ((string title, string key) in titles.Zip(keys).Where(bug => !bugs.ContainsKey(bug.First)))
        {
            bugs[title] = new BugRecord { Key = key, Title = title, Backend = run.Backend, FirstSeen = run.Started, LastSeen = run.Started };
            tables.Bugs.Add(bugs[title]);
        }

        return bugs;
    }

    // A retry stores it again: the number from a failed try is not valid.
    private static RunRecord Copy(RunRecord run) => new()
    {
        Key = run.Key,
        ReportSha256 = run.ReportSha256,
        Name = run.Name,
        Scenario = run.Scenario,
        Backend = run.Backend,
        Version = run.Version,
        Seed = run.Seed,
        Started = run.Started,
        Pairs = run.Pairs,
        Hours = run.Hours,
        Disconnects = run.Disconnects,
        Panics = run.Panics,
        Titles = run.Titles,
        Verdict = run.Verdict,
        Digest = run.Digest,
        Folder = run.Folder,
    };

    private static FindingRecord Copy(FindingRecord finding, long bug) => new()
    {
        BugId = bug,
        Key = finding.Key,
        Search = finding.Search,
        At = finding.At,
        Title = finding.Title,
        Stacks = finding.Stacks,
        List = finding.List,
        Lists = finding.Lists,
        Seen = finding.Seen,
        Titles = finding.Titles,
        Least = finding.Least,
        IsLeast = finding.IsLeast,
    };

    private static bool IsRun(string folder) => File.Exists(Path.Combine(folder, RunFolder.ReportName));

    private static IEnumerable<string> RunsIn(string folder, int depth)
    {
        if ((IsRun(folder) || File.Exists(Path.Combine(folder, SearchReading.FileName))) && !File.Exists(Path.Combine(folder, RunFolder.NoStoreName)))
        {
            yield return folder;
        }
        else if (depth < MaxDepth)
        {
            foreach (string below in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
            {
                foreach (string run in RunsIn(below, depth + 1))
                {
                    yield return run;
                }
            }
        }
    }

}

/// <summary>What was done with a run that was read.</summary>
public enum Taken
{
    /// <summary>It was new.</summary>
    New,

    /// <summary>It replaced its earlier state.</summary>
    Renewed,

    /// <summary>It was there.</summary>
    Known,
}
