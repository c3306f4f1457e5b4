using System.Globalization;
using Spectre.Console;
using Stress.Client.Commands;
using Stress.Observability;
using Stress.Observability.Html;

namespace Stress.Client.Screen;

/// <summary>The result of a comparison, for a person.</summary>
public static class CompareScreen
{
    /// <summary>Writes the tables, the verdicts, and where the files are.</summary>
    public static void Write(IAnsiConsole console, CompareReport report, string folder)
    {
        if (!report.Complete)
        {
            console.MarkupLine("[bold yellow]PARTIAL[/]: not every site of every design is finished");
        }

        console.MarkupLineInterpolated(
            $"[bold]{report.Scenario}[/]  seed [bold]{report.Seed}[/]   {report.Designs.Count} designs, each {report.Pairs} pairs x {OptionsScreen.Hours(report.VirtualHours)} h");
        foreach (PageTable page in ComparePages.Tables(report).Where(page => page.Rows.Count > 0))
        {
            console.WriteLine();
            console.MarkupLineInterpolated($"[bold]{page.Heading}[/]  [dim]{page.Text}[/]");
            Table table = new Table().Border(TableBorder.Simple);
            foreach (string column in page.Columns)
            {
                var made = new TableColumn(Markup.Escape(column.TrimStart('#')));
                table.AddColumn(column.StartsWith('#') ? made.RightAligned() : made);
            }

            foreach (IReadOnlyList<string> row in page.Rows)
            {
                table.AddRow([.. row.Select(Markup.Escape)]);
            }

            console.Write(table);
        }

        List<ExpectationVerdict> verdicts = [.. report.Designs.SelectMany(design => design.Expectations)];
        if (verdicts.Count > 0)
        {
            console.MarkupLineInterpolated($"expectations   [bold]{verdicts.Count(verdict => verdict.Met)} of {verdicts.Count} met[/]");
        }

        console.MarkupLineInterpolated($"wall time      [bold]{report.WallSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s[/]");
        console.MarkupLineInterpolated($"repeat         [bold]{report.Command}[/]");
        console.MarkupLineInterpolated($"files          [bold]{folder}/{CompareCommand.JsonName}, {CompareCommand.HtmlName}[/]");
    }
}
