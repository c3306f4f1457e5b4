using Microsoft.EntityFrameworkCore;
using Stress.Contracts.Triage;
using Stress.Triage.Store;

namespace Stress.Triage.Bugs;

/// <summary>What a run means for bugs that people have marked.</summary>
public static class BugRules
{
    /// <summary>
    /// A bug was seen in a run or a search. A fixed one is back if a run that started since has it: on its own backend if the fix went into that, or on the design that was to end
    /// it if the fix is another design.
    /// </summary>
    /// <param name="tables">The store, in the transaction that takes in the run or the search.</param>
    /// <param name="seen">The bugs that it has, as they were before it.</param>
    /// <param name="backend">Its backend.</param>
    /// <param name="started">When it began, in microseconds since 1970.</param>
    /// <returns>The bugs that are back.</returns>
    public static async Task<IReadOnlyList<BugRecord>> Seen(TriageContext tables, IReadOnlyList<BugRecord> seen, string backend, long started)
    {
        const int Fixed = (int)BugStatus.Fixed;
        long[] own = [.. seen.Select(bug => bug.DuplicateOf ?? bug.Id).Distinct()];
        string[] titles = [.. seen.Select(bug => bug.Title)];
        List<BugRecord> back = await tables.Bugs.AsNoTracking()
            .Where(b => b.Status == Fixed && !b.Regressed && b.FixedAt < started
                && ((own.Contains(b.Id) && (b.FixedBy == b.Backend || !tables.Runs.Any(r => r.Backend == b.FixedBy))) || (b.FixedBy == backend && titles.Contains(b.Title))))
            .ToListAsync();
        long[] ids = [.. back.Select(b => b.Id)], others = [.. seen.Select(bug => bug.DuplicateOf).OfType<long>().Distinct()];
        if (ids.Length > 0)
        {
            await tables.Bugs.Where(b => ids.Contains(b.Id)).ExecuteUpdateAsync(b => b.SetProperty(x => x.Regressed, true));
        }

        if (others.Length > 0)
        {
            await tables.Bugs.Where(b => others.Contains(b.Id) && b.LastSeen < started).ExecuteUpdateAsync(b => b.SetProperty(x => x.LastSeen, started));
        }

        return back;
    }
}
