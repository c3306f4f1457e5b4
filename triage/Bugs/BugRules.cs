using Microsoft.EntityFrameworkCore;
using Stress.Contracts.Triage;
using Stress.Triage.Store;

namespace Stress.Triage.Bugs;

/// <summary>What a run says of bugs that people have said something of.</summary>
public static class BugRules
{
    /// <summary>
    /// A bug was seen in a run. One that was fixed is back when a run that began since has it: on its own backend where the fix went into that, and on the design
    /// that was to end it where the fix is another design.
    /// </summary>
    /// <param name="tables">The store, in the transaction that takes in the run.</param>
    /// <param name="bug">The bug, as it was before the run.</param>
    /// <param name="run">The run.</param>
    /// <returns>Identifiers of the bugs that are back.</returns>
    public static async Task<IReadOnlyList<string>> Seen(TriageContext tables, BugRecord bug, RunRecord run)
    {
        const int Fixed = (int)BugStatus.Fixed;
        long own = bug.DuplicateOf ?? bug.Id;
        List<BugRecord> back = await tables.Bugs.AsNoTracking()
            .Where(b => b.Status == Fixed && !b.Regressed && b.FixedAt < run.Started
                && ((b.Id == own && (b.FixedBy == b.Backend || !tables.Runs.Any(r => r.Backend == b.FixedBy))) || (b.Title == bug.Title && b.FixedBy == run.Backend)))
            .ToListAsync();
        foreach (BugRecord fixedOnce in back)
        {
            await tables.Bugs.Where(b => b.Id == fixedOnce.Id).ExecuteUpdateAsync(b => b.SetProperty(x => x.Regressed, true));
        }

        if (bug.DuplicateOf is { } other)
        {
            await tables.Bugs.Where(b => b.Id == other && b.LastSeen < run.Started).ExecuteUpdateAsync(b => b.SetProperty(x => x.LastSeen, run.Started));
        }

        return [.. back.Select(b => b.Key)];
    }
}
