using System.Globalization;
using Spectre.Console;
using Stress.Client.Commands;
using Stress.Observability;
using Stress.Observability.Html;

namespace Stress.Client.Screen;

/// <summary>The result of a comparison, for a person.</summary>
public static class CompareScreen
{
    /// <summary>Writes the verdict on each design, and where the files are; with details, the tables behind it.</summary>
    public static void Write(IAnsiConsole console, CompareReport report, string folder, bool details)
    {
        if (!report.Complete)
        {
            Said.Line(console, 2, ("PARTIAL", "bold yellow"), (": not every site of every design is finished", ""));
        }

        Said.Line(
            console, 2, (report.Scenario, "bold"), ("  seed ", ""), ($"{report.Seed}", "bold"),
            ($"   {Counted.Of(report.Designs.Count, "design")}, each {Counted.Of(report.Pairs, "pair")} x {OptionsScreen.Hours(report.VirtualHours)} h", ""));
        Write(console, ComparePages.Verdict(report), about: 1);
        foreach (PageTable page in details ? ComparePages.Tables(report).Where(page => page.Rows.Count > 0) : [])
        {
            Write(console, page);
        }

        List<ExpectationVerdict> verdicts = [.. report.Designs.SelectMany(design => design.Expectations)];
        if (verdicts.Count > 0)
        {
            Said.Fact(console, "expectations", ReportScreen.Sum(verdicts));
        }

        foreach (string judged in report.Designs.Select(design => design.JudgedBy).Where(text => text.Length > 0))
        {
            Said.Fact(console, "judged", judged);
        }

        foreach (string why in report.NotDecided)
        {
            Said.Line(console, 2, ("NOT DECIDED", "bold yellow"), ($"  {why}", ""));
        }

        Said.Fact(console, "wall time", $"{report.WallSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s");
        Said.Command(console, "repeat", report.Command);
        Said.Fact(console, "files", $"{folder}/{CompareCommand.JsonName}, {CompareCommand.HtmlName}{(details ? "" : " (details there, or with --details)")}");
    }

    private static void Write(IAnsiConsole console, PageTable page, int about = 0)
    {
        console.WriteLine();
        Said.Line(console, 2, (page.Heading, "bold"), ($"  {page.Text}", "dim"));
        var table = new ScreenTable(page.Columns, about);
        foreach (IReadOnlyList<string> row in page.Rows)
        {
            table.Add([.. row.Select(cell => (ScreenCell)cell)]);
        }

        table.Write(console);
    }
}
