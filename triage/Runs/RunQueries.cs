using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Stress.Contracts.Triage;
using Stress.Triage.Bugs;
using Stress.Triage.Importing;
using Stress.Triage.Store;

namespace Stress.Triage.Runs;

/// <summary>What a store says of runs.</summary>
/// <param name="store">The store.</param>
public sealed class RunQueries(StoreAddress store)
{
    /// <summary>The runs.</summary>
    public async Task<Page<RunRow>> List(RunFilter filter, CancellationToken stop)
    {
        using TriageContext tables = store.Open();
        IQueryable<RunRecord> runs = tables.Runs.AsNoTracking();
        if (filter.Backend.Length > 0)
        {
            runs = runs.Where(run => run.Backend == filter.Backend);
        }

        if (filter.Verdict.Length > 0)
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

    /// <summary>Compares two runs.</summary>
    /// <exception cref="TriageException">A run is not there.</exception>
    public async Task<RunDifference> Compare(string first, string second, CancellationToken stop)
    {
        RunDetail a = await Detail(first, stop), b = await Detail(second, stop);
        return Comparison.Of(a, b);
    }

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
            : throw new TriageException($"{name}: several runs begin so: {string.Join(", ", found)}; accepted is one", TriageProblem.Wrong);
    }
}
