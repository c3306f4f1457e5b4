using Spectre.Console;
using Stress.Emulator.Oracle;
using Stress.Emulator.Stacks.History;

namespace Stress.Client.Screen;

/// <summary>Bugs of real network stacks, before and after their fixes, for a person.</summary>
public static class HistoryScreen
{
    /// <summary>Writes the table and the sum; with details, also how each side came to its verdict.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<HistoryRun> runs, bool details)
    {
        Table table = new Table().Border(TableBorder.Simple)
            .AddColumn("entry and its source").AddColumn("before the fix").AddColumn(new TableColumn("found").NoWrap()).AddColumn("after")
            .AddColumn(new TableColumn("gone").NoWrap());
        foreach (HistoryRun run in runs)
        {
            HistoryEntry e = run.Entry;
            table.AddRow(
                $"{Markup.Escape(e.Id)}\n[dim]{Markup.Escape(e.Source)}[/]", Markup.Escape(e.Before.ToString()), run.Found ? HistoryEntry.NameOf(e.Verdict) : Wrong(HistoryEntry.NameOf(run.Before.Verdict)),
                Markup.Escape(e.After.ToString()), run.Gone ? "yes" : Wrong(HistoryEntry.NameOf(run.After.Verdict)));
        }

        console.Write(table);
        if (details)
        {
            foreach (HistoryRun run in runs)
            {
                WriteDetails(console, run);
            }
        }

        console.MarkupLineInterpolated($"{runs.Count} entries: {runs.Count(r => r.Found)} found before the fix, {runs.Count(r => r.Gone)} gone after it");
    }

    private static string Wrong(string verdict) => $"[bold red]{verdict}[/]";

    private static void WriteDetails(IAnsiConsole console, HistoryRun run)
    {
        HistoryEntry e = run.Entry;
        console.MarkupLineInterpolated($"[bold]{e.Id}[/]  {e.Title}");
        console.MarkupLineInterpolated($"  {e.System}; {e.Class}; holder {KernelNames.Of(e.Holder)}; expected {HistoryEntry.NameOf(e.Verdict)}");
        console.MarkupLineInterpolated($"  inferred: {e.Inferred}");
        WriteSide(console, "before", e.Before, run.Before, e.Operations.Count);
        WriteSide(console, "after ", e.After, run.After, e.Operations.Count);
        console.WriteLine();
    }

    private static void WriteSide(IAnsiConsole console, string name, HistorySide side, HistoryOutcome outcome, int operations)
    {
        string text = outcome.Text.Length > 0 ? $": {outcome.Text}" : "";
        console.MarkupLineInterpolated($"  {name} {side}: {HistoryEntry.NameOf(outcome.Verdict)} after {outcome.Steps} of {operations} operations{text}");
        foreach (HolderFinding other in outcome.Others)
        {
            console.MarkupLineInterpolated($"  [dim]       besides, {HistoryEntry.NameOf(other.Verdict)}: {other.Text}[/]");
        }
    }
}
