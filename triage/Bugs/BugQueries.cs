using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Stress.Contracts.Triage;
using Stress.Observability;
using Stress.Triage.Store;

namespace Stress.Triage.Bugs;

/// <summary>Queries about bugs.</summary>
/// <param name="store">The store.</param>
public sealed class BugQueries(StoreAddress store)
{
    /// <summary>Rows of a bug's own lists of crashes and of findings.</summary>
    private const int CrashesShown = 100;

    private const int Day = 10;

    /// <summary>The bugs, last seen first.</summary>
    public async Task<Page<BugRow>> List(BugFilter filter, CancellationToken stop)
    {
        using TriageContext tables = store.Open();
        IQueryable<BugRecord> bugs = tables.Bugs.AsNoTracking();
        bugs = filter.Status is { } status ? bugs.Where(bug => bug.Status == (int)status) : bugs.Where(bug => bug.Status != (int)BugStatus.Duplicate);
        if (filter.Backend.Length > 0)
        {
            bugs = bugs.Where(bug => bug.Backend == filter.Backend);
        }

        if (filter.Search.Length > 0)
        {
            string part = filter.Search.ToLowerInvariant();
            bugs = bugs.Where(bug => bug.Title.ToLower().Contains(part) || bug.Key.StartsWith(part));
        }

        if (!filter.WithPrivate)
        {
            bugs = bugs.Where(bug => !bug.Private && !tables.Bugs.Any(other => other.DuplicateOf == bug.Id && other.Private));
        }

        if (filter.Regressed)
        {
            bugs = bugs.Where(bug => bug.Regressed);
        }

        long total = await bugs.LongCountAsync(stop);
        List<BugRecord> rows = await bugs.OrderByDescending(bug => bug.LastSeen).ThenBy(bug => bug.Key).Skip(filter.Skip).Take(filter.Take).ToListAsync(stop);
        long[] ids = [.. rows.Select(bug => bug.Id)];
        var merged = await tables.Bugs.AsNoTracking().Where(bug => bug.DuplicateOf != null && ids.Contains(bug.DuplicateOf.Value)).ToListAsync(stop);
        return new Page<BugRow>(total, filter.Skip, [.. rows.Select(bug => RowOf([bug, .. merged.Where(other => other.DuplicateOf == bug.Id)]))]);
    }

    /// <summary>A bug by its identifier or an unambiguous beginning of it.</summary>
    /// <exception cref="TriageException">There is none, or there are several.</exception>
    public async Task<BugDetail> Detail(string id, CancellationToken stop)
    {
        using TriageContext tables = store.Open();
        BugRecord bug = await Find(tables, id, stop);
        List<BugRecord> all = [bug, .. await tables.Bugs.AsNoTracking().Where(other => other.DuplicateOf == bug.Id).ToListAsync(stop)];
        long[] ids = [.. all.Select(b => b.Id)];
        BugRow row = RowOf(all);
        long first = all.Min(b => b.FirstSeen), last = all.Max(b => b.LastSeen);

        // Every run of its backend since it was first seen is a trial, whether it occurred or not.
        var runs = await tables.Runs.AsNoTracking().Where(run => run.Backend == bug.Backend && run.Started >= first)
            .Select(run => new { run.Id, run.Scenario, run.Version, run.Started, run.Disconnects }).ToListAsync(stop);
        var seen = await tables.Crashes.Where(crash => ids.Contains(crash.BugId)).GroupBy(crash => crash.RunId)
            .Select(run => new { run.Key, Crashes = run.Sum(crash => crash.Count), Tries = run.Sum(crash => crash.Disconnects), Weighted = run.Sum(crash => crash.DesignEffect * crash.Disconnects) }).ToListAsync(stop);
        Dictionary<long, long> hits = seen.ToDictionary(run => run.Key, run => run.Crashes);

        // Disconnects of one site are not independent, and a store has no sites: the runs' own intervals show by how much to reduce them.
        double effect = seen.Sum(run => run.Tries) is > 0 and var tries ? Math.Max(1, seen.Sum(run => run.Weighted) / tries) : 1;
        long Hits(IEnumerable<long> of) => of.Sum(run => hits.GetValueOrDefault(run));
        RateOf Named(string name, IReadOnlyList<(long Id, long Disconnects)> of) => new(name, of.Count, RateOf(Hits(of.Select(run => run.Id)), of.Sum(run => run.Disconnects), effect));
        var alike = runs.GroupBy(run => (run.Scenario, run.Version)).Where(group => group.Any(run => hits.ContainsKey(run.Id))).ToList();
        var clean = runs.Where(run => run.Started > last && !hits.ContainsKey(run.Id)).ToList();
        string duplicateOf = bug.DuplicateOf is { } other ? await tables.Bugs.Where(b => b.Id == other).Select(b => b.Key).SingleAsync(stop) : "";
        List<CrashRecordOf> crashes = await (from crash in tables.Crashes.AsNoTracking()
                                             join run in tables.Runs.AsNoTracking() on crash.RunId equals run.Id
                                             where ids.Contains(crash.BugId)
                                             orderby run.Started descending, crash.Count descending, crash.Id
                                             select new CrashRecordOf(crash, run.Name)).Take(CrashesShown).ToListAsync(stop);
        List<BugRecord> elsewhere = await tables.Bugs.AsNoTracking().Where(b => b.Title == bug.Title && b.Backend != bug.Backend).OrderBy(b => b.Backend).ToListAsync(stop);
        List<FindingRecord> findings = await tables.Findings.AsNoTracking().Where(finding => ids.Contains(finding.BugId)).OrderByDescending(finding => finding.At).ThenBy(finding => finding.Id).Take(CrashesShown).ToListAsync(stop);
        List<NoteRecord> notes = await tables.Notes.AsNoTracking().Where(note => ids.Contains(note.BugId)).OrderBy(note => note.At).ToListAsync(stop);
        return new BugDetail(
            row,
            duplicateOf,
            RateOf(Hits(hits.Keys), runs.Sum(run => run.Disconnects), effect),
            CleanOf(clean.Count, clean.Sum(run => run.Disconnects)),
            new FlakeFacts(alike.Sum(group => group.Count(run => hits.ContainsKey(run.Id))), alike.Sum(group => group.Count())),
            [.. runs.GroupBy(run => run.Version).OrderBy(version => version.Min(run => run.Started)).Select(version => Named(version.Key, [.. version.Select(run => (run.Id, run.Disconnects))]))],
            [.. runs.GroupBy(run => Microseconds.Time(run.Started).ToString("O")[..Day]).OrderBy(day => day.Key, StringComparer.Ordinal).Select(day => Named(day.Key, [.. day.Select(run => (run.Id, run.Disconnects))]))],
            [.. elsewhere.Select(b => RowOf([b]))],
            [.. all.Skip(1).Select(b => b.Title).Distinct(StringComparer.Ordinal)],
            [.. crashes.Select(crash => crash.Crash.Row(bug.Key, crash.Run))],
            [.. notes.Select(note => new BugNote(Microseconds.Time(note.At), note.By, note.Text))],
            [.. findings.Select(finding => finding.Row())]);
    }

    /// <summary>Records what is known about a bug.</summary>
    /// <exception cref="TriageException">There is no such bug, or the change makes no sense.</exception>
    public async Task Change(string id, BugChange change, DateTimeOffset now, CancellationToken stop)
    {
        using TriageContext tables = store.Open();
        await using var transaction = await tables.Database.BeginTransactionAsync(stop);
        BugRecord bug = await Find(tables, id, stop);
        tables.Attach(bug);
        if (change.Status is { } status)
        {
            if (status == BugStatus.Fixed && string.IsNullOrWhiteSpace(change.FixedBy))
            {
                throw new TriageException($"{bug.Key}: fixed by what is missing; accepted is a design, a patch or a commit", TriageProblem.Wrong);
            }

            if (status == BugStatus.Duplicate)
            {
                await Merge(tables, bug, change.DuplicateOf ?? "", stop);
            }
            else
            {
                bug.DuplicateOf = null;
            }

            bug.Status = (int)status;
            bug.FixedBy = status == BugStatus.Fixed ? change.FixedBy!.Trim() : "";
            bug.FixedAt = status == BugStatus.Fixed ? Microseconds.Of(now) : 0;
            bug.Regressed = false;
        }

        bug.Private = change.Private ?? bug.Private;

        if (!string.IsNullOrWhiteSpace(change.Note))
        {
            tables.Notes.Add(new NoteRecord { BugId = bug.Id, At = Microseconds.Of(now), By = change.By, Text = change.Note });
        }

        await tables.SaveChangesAsync(stop);
        await transaction.CommitAsync(stop);
    }

    /// <summary>A share with its interval.</summary>
    /// <param name="hits">Crashes.</param>
    /// <param name="trials">Disconnects.</param>
    /// <param name="effect">How many disconnects count as one independent one: the interval is that of correspondingly fewer.</param>
    public static Rate RateOf(long hits, long trials, double effect = 1)
    {
        // At least one if there was any: a rounded share must not lose its last crash.
        long independent = trials == 0 ? 0 : Math.Max(1, (long)(trials / effect));
        WilsonInterval interval = WilsonInterval.Of(trials == 0 ? 0 : (long)Math.Round((double)hits / trials * independent), independent);
        double share = trials == 0 ? 0 : Math.Min(1, (double)hits / trials);
        return new Rate(hits, trials, share, Math.Min(interval.Low, share), Math.Max(interval.High, share));
    }

    /// <summary>What clean disconnects show, and how many more are needed for the next power of ten.</summary>
    public static CleanSince CleanOf(long runs, long disconnects)
    {
        long next = 10;
        while (CleanBound.TrialsFor(next) <= disconnects)
        {
            next *= 10;
        }

        return new CleanSince(runs, disconnects, CleanBound.RateExcluded(disconnects), next, CleanBound.TrialsFor(next) - disconnects);
    }

    private static async Task Merge(TriageContext tables, BugRecord bug, string into, CancellationToken stop)
    {
        BugRecord other = await Find(tables, into, stop);
        if (other.Id == bug.Id || other.DuplicateOf == bug.Id)
        {
            throw new TriageException($"{bug.Key}: it would be its own duplicate; accepted is another bug", TriageProblem.Wrong);
        }

        bug.DuplicateOf = other.DuplicateOf ?? other.Id;
        await tables.Bugs.Where(b => b.DuplicateOf == bug.Id).ExecuteUpdateAsync(b => b.SetProperty(x => x.DuplicateOf, bug.DuplicateOf), stop);
    }

    private static async Task<BugRecord> Find(TriageContext tables, string id, CancellationToken stop)
    {
        List<BugRecord> found = id.Length == 0 ? [] : await tables.Bugs.AsNoTracking().Where(bug => bug.Key.StartsWith(id)).OrderBy(bug => bug.Key).Take(4).ToListAsync(stop);
        return found.Count == 1 ? found[0]
            : found.Find(bug => bug.Key == id) is { } exact ? exact
            : found.Count == 0 ? throw new TriageException($"{id}: no such bug; accepted is an identifier that stress bugs lists", TriageProblem.Wrong)
            : throw new TriageException($"{id}: several bugs have identifiers that begin with it: {string.Join(", ", found.Select(bug => bug.Key))}; accepted is one", TriageProblem.Wrong);
    }

    // A bug and those that were merged into it.
    private static BugRow RowOf(IReadOnlyList<BugRecord> bugs)
    {
        BugRecord own = bugs[0];
        return new BugRow(
            own.Key, own.Title, own.Backend, (BugStatus)own.Status, own.Regressed, own.FixedBy, Microseconds.Time(bugs.Min(bug => bug.FirstSeen)),
            Microseconds.Time(bugs.Max(bug => bug.LastSeen)), bugs.Sum(bug => bug.Runs), bugs.Sum(bug => bug.Crashes), bugs.Any(bug => bug.Private));
    }

    private sealed record CrashRecordOf(StoredCrash Crash, string Run);
}

/// <summary>Rows as they are stored, as they are shown.</summary>
public static class RowsShown
{
    /// <summary>A crash.</summary>
    /// <param name="crash">The row.</param>
    /// <param name="bug">Its bug.</param>
    /// <param name="run">Its run.</param>
    public static CrashRow Row(this StoredCrash crash, string bug, string run) => new(
        crash.Id, bug, run, crash.CrashId, crash.Title, crash.Path, crash.Role, crash.Count, crash.Disconnects, crash.Site, crash.Event, crash.At,
        crash.Stack.Split('\n', StringSplitOptions.RemoveEmptyEntries), crash.Story.Split('\n', StringSplitOptions.RemoveEmptyEntries), crash.Replay);

    /// <summary>A finding.</summary>
    public static FindingRow Row(this FindingRecord finding) => new(
        finding.Search, Microseconds.Time(finding.At), finding.Title, finding.Stacks, finding.List, finding.Lists, finding.Seen,
        [
            .. finding.Titles.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 2)).Where(words => words.Length == 2)
                .Select(words => new TitleCount(words[1], int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : 0)),
        ],
        finding.Least.Split('\n', StringSplitOptions.RemoveEmptyEntries), finding.IsLeast);

    /// <summary>A run.</summary>
    public static RunRow Row(this RunRecord run) => new(
        run.Name, run.Scenario, run.Backend, run.Version, unchecked((ulong)run.Seed), Microseconds.Time(run.Started), run.Pairs, run.Hours, run.Disconnects, run.Panics, run.Titles,
        run.Verdict, run.Digest);
}
