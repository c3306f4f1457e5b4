using Spectre.Console;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Emulator.Stacks.History;
using Stress.Observability;

namespace Stress.Client.Screen;

/// <summary>Bugs of real network stacks, before and after their fixes, for a person.</summary>
public static class HistoryScreen
{
    /// <summary>Writes the table and the sum; with details, also how each side came to its verdict.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<HistoryRun> runs, bool details)
    {
        var table = new ScreenTable(["entry and its source", "before the fix", "found", "after", "gone"], about: 1);
        foreach (HistoryRun run in runs)
        {
            HistoryEntry e = run.Entry;
            table.Add(
                $"{e.Id}\n{e.Source}", e.Before.ToString(), run.Found ? HistoryEntry.NameOf(e.Verdict) : Wrong(run.Before.Name),
                e.After.ToString(), run.Gone ? "yes" : Wrong(run.After.Name));
        }

        table.Write(console);
        if (details)
        {
            foreach (HistoryRun run in runs)
            {
                WriteDetails(console, run);
            }
        }

        Said.Line(console, 2, ($"{Counted.Of(runs.Count, "entry")}: {runs.Count(r => r.Found)} found before the fix, {runs.Count(r => r.Gone)} gone after it{(runs.All(r => r.IsDecided) ? "" : $", {runs.Count(r => !r.IsDecided)} not decided")}", ""));
    }

    private static ScreenCell Wrong(string verdict) => new(verdict, "bold red");

    private static void WriteDetails(IAnsiConsole console, HistoryRun run)
    {
        HistoryEntry e = run.Entry;
        Said.Line(console, 2, (e.Id, "bold"), ($"  {e.Title}", ""));
        Said.Line(console, 4, ($"  {e.System}; {e.Class}; holder {KernelNames.Of(e.Holder)}; expected {HistoryEntry.NameOf(e.Verdict)}", ""));
        Said.Line(console, 4, ($"  inferred: {e.Inferred}", ""));
        WriteSide(console, "before", e.Before, run.Before, e.Operations.Count);
        WriteSide(console, "after ", e.After, run.After, e.Operations.Count);
        console.WriteLine();
    }

    private static void WriteSide(IAnsiConsole console, string name, HistorySide side, HistoryOutcome outcome, int operations)
    {
        string text = !outcome.IsDecided ? $": {outcome.NotDecided}" : outcome.Text.Length > 0 ? $": {outcome.Text}" : "";
        Said.Line(console, 4, ($"  {name} {side}: {outcome.Name} after {outcome.Steps} of {Counted.Of(operations, "operation")}{text}", ""));
        foreach (HolderFinding other in outcome.Others)
        {
            Said.Line(console, 11, ($"         besides, {HistoryEntry.NameOf(other.Verdict)}: {other.Text}", "dim"));
        }
    }
}
