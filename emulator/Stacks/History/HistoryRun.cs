using Stress.Emulator.Oracle;
using Stress.Emulator.Stacks.NetBsd;

namespace Stress.Emulator.Stacks.History;

/// <summary>What one side came to.</summary>
/// <param name="Verdict">Of the entry's holder.</param>
/// <param name="Text">How, in words; empty for none.</param>
/// <param name="Steps">Steps until the list's end or the crash.</param>
/// <param name="Others">What was found of other holders: the entry's fix does not answer for it.</param>
/// <param name="NotDecided">Which steps the kernel does not model, in words; empty for a list that was executed.</param>
public sealed record HistoryOutcome(Verdict Verdict, string Text, int Steps, IReadOnlyList<HolderFinding> Others, string NotDecided = "")
{
    /// <summary>False when an operation is not modelled, so that nothing can be said to be absent.</summary>
    public bool IsDecided => NotDecided.Length == 0;

    /// <summary>The verdict as a header spells it, or <c>not decided</c>.</summary>
    public string Name => IsDecided ? HistoryEntry.NameOf(Verdict) : "not decided";
}

/// <summary>An entry run on both sides of its fix.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Before">Before the fix.</param>
/// <param name="After">With the fix.</param>
public sealed record HistoryRun(HistoryEntry Entry, HistoryOutcome Before, HistoryOutcome After)
{
    /// <summary>Whether the kernel before the fix gives the verdict in the header.</summary>
    public bool Found => Before.IsDecided && Before.Verdict == Entry.Verdict;

    /// <summary>Whether nothing of the holder is found with the fix.</summary>
    public bool Gone => After.IsDecided && After.Verdict == Verdict.Clean;

    /// <summary>Whether both sides were executed in full.</summary>
    public bool IsDecided => Before.IsDecided && After.IsDecided;

    /// <summary>Runs both sides, each on a kernel just booted.</summary>
    public static HistoryRun Of(HistoryEntry entry) => new(entry, Side(entry, entry.Before), Side(entry, entry.After));

    private static HistoryOutcome Side(HistoryEntry entry, HistorySide side)
    {
        var stack = new NetBsd2005Stack(side.Design, switches: side.Switches);
        OperationRun run = new OperationRunner(stack).Run(entry.Operations);
        IReadOnlyList<HolderFinding> findings = stack.Findings();
        HolderFinding? own = findings.FirstOrDefault(f => f.Holder == entry.Holder);
        return new HistoryOutcome(own?.Verdict ?? Verdict.Clean, own?.Text ?? "", run.Steps.Count, [.. findings.Where(f => f.Holder != entry.Holder)], run.WhyNotDecided);
    }
}
