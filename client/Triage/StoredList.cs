using Stress.Client.Launching;
using Stress.Client.RealStacks;
using Stress.Contracts.Triage;
using Stress.Guests.Kernels;

namespace Stress.Client.Triage;

/// <summary>The minimal list that is stored for a bug.</summary>
/// <param name="Text">The list.</param>
/// <param name="Kernel">The real kernel that it was seen on, <c>uml:KERNEL</c>; null for an emulated one.</param>
/// <param name="Fault">The fault that was switched on there; null for none.</param>
public sealed record StoredList(string Text, string? Kernel, string? Fault)
{
    /// <summary>Finds a bug's list.</summary>
    /// <param name="terminal">The clock.</param>
    /// <param name="store">The store's address.</param>
    /// <param name="bug">The bug's identifier, or the beginning of one.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="UsageException">There is no such bug, or no list of it.</exception>
    public static async Task<StoredList> FindAsync(Terminal terminal, string store, string bug, CancellationToken stop)
    {
        const string Accepted = "accepted is an operation list, the name of an entry of scenarios/history, or a bug that stress bugs lists";
        if (store == TriageLibrary.DefaultStore && !File.Exists(store))
        {
            throw new UsageException($"{bug}: no such file and no entry of scenarios/history, and there is no triage store here; {Accepted}");
        }

        try
        {
            await using ITriage triage = await TriageLibrary.Open(store, Output.DefaultFolder, terminal.Time);
            BugDetail detail = await triage.Bug(bug, stop);
            FindingRow found = detail.Findings.Where(finding => finding.Least.Count > 0).MinBy(finding => finding.Least.Count)
                ?? throw new UsageException($"{bug}: no list of operations is stored for this bug: it came in runs; accepted is a bug that fuzz found, or the list of one (minimise, export)");
            string[] words = found.Stacks.Split(", ");
            return new StoredList(
                string.Join('\n', found.Least), words.FirstOrDefault(word => GuestExec.KernelOf(word) is { Length: > 0 }), words.FirstOrDefault(word => KernelFaults.All.Any(fault => fault.Name == word)));
        }
        catch (TriageException e)
        {
            throw new UsageException($"{e.Message}; or an operation list, or the name of an entry of scenarios/history");
        }
    }
}
