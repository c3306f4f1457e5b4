using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Stress.Contracts.Triage;
using Stress.Observability;
using Stress.Triage.Bugs;
using Stress.Triage.Importing;
using Stress.Triage.Store;

namespace Stress.Triage.Runs;

/// <summary>Queries about runs.</summary>
/// <param name="store">The store.</param>
public sealed class RunQueries(StoreAddress store)
{
    // Seeds that a paired test uses: enough for any difference that matters, and few enough for a page.
    private const int MostPairs = 500;

    /// <summary>The runs.</summary>
    public async Task<Page<RunRow>> List(RunFilter filter, CancellationToken stop)
    {
        using TriageContext tables = store.Open();
        IQueryable<RunRecord> runs = tables.Runs.AsNoTracking();
        if (filter.Backend.Length > 0)
        {
            runs = runs.Where(run => run.Backend == filter.Backend);
        }

        if (filter.Verdict == RunFilter.Red)
        {
            runs = runs.Where(run => run.Verdict == "not met" || run.Verdict == "incomplete");
        }
        else if (filter.Verdict.Length > 0)
        {
            runs = runs.Where(run => run.Verdict == filter.Verdict);
        }

        if (filter.Search.Length > 0)
        {
            string part = filter.Search.ToLowerInvariant();
            runs = runs.Where(run => run.Name.ToLower().Contains(part) || run.Scenario.ToLower().Contains(part) || run.Backend.ToLower().Contains(part) || run.Version.ToLower().Contains(part));
        }

        long total = await runs.LongCountAsync(stop);
        IOrderedQueryable<RunRecord> sorted = filter.Sort switch
        {
            "panics" => runs.OrderByDescending(run => run.Panics).ThenByDescending(run => run.Started),
            "disconnects" => runs.OrderByDescending(run => run.Disconnects).ThenByDescending(run => run.Started),
            _ => runs.OrderByDescending(run => run.Started),
        };
        List<RunRecord> rows = await sorted.ThenByDescending(run => run.Id).Skip(filter.Skip).Take(filter.Take).ToListAsync(stop);
        return new Page<RunRow>(total, filter.Skip, [.. rows.Select(run => run.Row())]);
    }

    /// <summary>Every backend that has a run.</summary>
    public async Task<IReadOnlyList<string>> Backends(CancellationToken stop)
    {
        using TriageContext tables = store.Open();
        return await tables.Runs.Select(run => run.Backend).Distinct().OrderBy(backend => backend).ToListAsync(stop);
    }

    /// <summary>A run by its name or an unambiguous beginning of it.</summary>
    /// <exception cref="TriageException">There is none, or there are several.</exception>
    public async Task<RunDetail> Detail(string name, CancellationToken stop)
    {
        using TriageContext tables = store.Open();
        RunRecord run = await Find(tables, name, stop);
        var crashes = await (from crash in tables.Crashes.AsNoTracking()
                             join bug in tables.Bugs.AsNoTracking() on crash.BugId equals bug.Id
                             where crash.RunId == run.Id
                             orderby crash.Count descending, crash.Id
                             select new { crash, bug.Key }).ToListAsync(stop);
        byte[] report = await tables.Reports.Where(row => row.RunId == run.Id).Select(row => row.Report).SingleAsync(stop);
        return new RunDetail(run.Row(), RunReading.Unpacked(report), run.Folder, [.. crashes.Select(row => row.crash.Row(row.Key, run.Name))]);
    }

    /// <summary>A crash by its number in the store.</summary>
    /// <exception cref="TriageException">There is none.</exception>
    public async Task<CrashRow> Crash(long number, CancellationToken stop)
    {
        using TriageContext tables = store.Open();
        var found = await (from crash in tables.Crashes.AsNoTracking()
                           join bug in tables.Bugs.AsNoTracking() on crash.BugId equals bug.Id
                           join run in tables.Runs.AsNoTracking() on crash.RunId equals run.Id
                           where crash.Id == number
                           select new { crash, bug.Key, run.Name }).SingleOrDefaultAsync(stop);
        return found is null
            ? throw new TriageException(string.Create(CultureInfo.InvariantCulture, $"{number}: no such crash; accepted is the number of one"), TriageProblem.Wrong)
            : found.crash.Row(found.Key, found.Name);
    }

    /// <summary>The folder that the run of a crash was imported from.</summary>
    /// <param name="number">The crash's number in the store.</param>
    /// <param name="stop">Gives up.</param>
    public async Task<string> FolderOf(long number, CancellationToken stop)
    {
        using TriageContext tables = store.Open();
        return await (from crash in tables.Crashes join run in tables.Runs on crash.RunId equals run.Id where crash.Id == number select run.Folder).SingleAsync(stop);
    }

    /// <summary>Compares two runs.</summary>
    /// <exception cref="TriageException">A run is not there.</exception>
    public async Task<RunDifference> Compare(string first, string second, CancellationToken stop)
    {
        RunDetail a = await Detail(first, stop), b = await Detail(second, stop);
        (int seeds, IReadOnlyDictionary<(string Title, string Role), SeedPairs> pairs) = await Paired(a.Row, b.Row, stop);
        return Comparison.Of(a, b, seeds, pairs);
    }

    // Runs like the one and runs like the other that have equal seeds. If the two are alike themselves, only the seed differs: they make no pairs.
    private async Task<(int Seeds, IReadOnlyDictionary<(string Title, string Role), SeedPairs> Pairs)> Paired(RunRow first, RunRow second, CancellationToken stop)
    {
        Dictionary<(string Title, string Role), SeedPairs> pairs = [];
        if (LikeOf(first) == LikeOf(second))
        {
            return (0, pairs);
        }

        using TriageContext tables = store.Open();
        Dictionary<long, long> a = await NewestBySeed(tables, first, stop), b = await NewestBySeed(tables, second, stop);
        long[] seeds = [.. a.Keys.Where(b.ContainsKey).Order().Take(MostPairs)];
        long[] runs = [.. seeds.Select(seed => a[seed]).Concat(seeds.Select(seed => b[seed]))];
        var had = await (from crash in tables.Crashes.AsNoTracking()
                         join bug in tables.Bugs.AsNoTracking() on crash.BugId equals bug.Id
                         where runs.Contains(crash.RunId)
                         select new { crash.RunId, bug.Title, crash.Role }).Distinct().ToListAsync(stop);
        foreach (var title in had.GroupBy(row => (row.Title, row.Role)))
        {
            HashSet<long> with = [.. title.Select(row => row.RunId)];
            long Seeds(bool inFirst, bool inSecond) => seeds.Count(seed => with.Contains(a[seed]) == inFirst && with.Contains(b[seed]) == inSecond);
            long onlyFirst = Seeds(true, false), onlySecond = Seeds(false, true);
            pairs[title.Key] = new SeedPairs(Seeds(true, true), onlyFirst, onlySecond, Seeds(false, false), McNemar.ExactP(onlyFirst, onlySecond));
        }

        return (seeds.Length, pairs);
    }

    private static (string, string, string, long, double) LikeOf(RunRow run) => (run.Scenario, run.Backend, run.Version, run.Pairs, run.Hours);

    // Of several runs with one seed the newest; a run that was not executed to its end does not count.
    private static async Task<Dictionary<long, long>> NewestBySeed(TriageContext tables, RunRow like, CancellationToken stop) =>
        (await tables.Runs.AsNoTracking()
            .Where(run => run.Scenario == like.Scenario && run.Backend == like.Backend && run.Version == like.Version && run.Pairs == like.Pairs && run.Hours == like.Hours)
            .Where(run => run.Verdict != "partial" && run.Verdict != "incomplete")
            .OrderBy(run => run.Started).ThenBy(run => run.Id).Select(run => new { run.Seed, run.Id }).ToListAsync(stop))
        .GroupBy(run => run.Seed).ToDictionary(seed => seed.Key, seed => seed.Last().Id);

    private static async Task<RunRecord> Find(TriageContext tables, string name, CancellationToken stop)
    {
        List<RunRecord> exact = await tables.Runs.AsNoTracking().Where(run => run.Name == name).OrderByDescending(run => run.Started).ThenByDescending(run => run.Id).Take(1).ToListAsync(stop);
        if (exact.Count == 1)
        {
            return exact[0];
        }

        List<string> found = name.Length == 0 ? [] : await tables.Runs.Where(run => run.Name.StartsWith(name)).Select(run => run.Name).Distinct().OrderBy(run => run).Take(4).ToListAsync(stop);
        return found.Count == 1 ? await Find(tables, found[0], stop)
            : found.Count == 0 ? throw new TriageException($"{name}: no such run; accepted is a name that stress runs lists", TriageProblem.Wrong)
            : throw new TriageException($"{name}: several runs have names that begin with it: {string.Join(", ", found)}; accepted is one", TriageProblem.Wrong);
    }
}
