using System.Globalization;
using Spectre.Console;
using Stress.Client.Reports;
using Stress.Emulator.Oracle;

namespace Stress.Client.Screen;

/// <summary>The coverage of a run, for a person.</summary>
public static class CoverageScreen
{
    /// <summary>Writes the matrix, the cells never reached, and the probes.</summary>
    public static void Write(IAnsiConsole console, CoverageMatrix matrix)
    {
        TeardownOrder[] orders = [.. Enum.GetValues<TeardownOrder>().Where(order => matrix.Rows.Any(row => row.Cells.Any(c => c.Order == order && (c.Possible || c.Reached))))];
        Table table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("holder").NoWrap()).AddColumn(new TableColumn("use site").NoWrap());
        foreach (TeardownOrder order in orders)
        {
            table.AddColumn(new TableColumn(Coverage.NameOf(order).Replace(' ', '\n')).RightAligned().NoWrap());
        }

        table.AddColumn(new TableColumn("crashes").RightAligned().NoWrap());
        foreach (CoverageRow row in matrix.Rows)
        {
            table.AddRow([Markup.Escape(row.Holder), row.Site, .. orders.Select(order => Cell(row.Cells.Single(c => c.Order == order))), row.Crashes == 0 ? "" : Count(row.Crashes)]);
        }

        console.Write(table);
        console.WriteLine("n: uses of a pointer to no attached interface; ~n: of one that names another interface; -: never; blank: cannot be");
        console.WriteLine($"cells reached  {matrix.Reached} of {matrix.Possible}");
        foreach (CoverageRow row in matrix.Rows)
        {
            string[] never = [.. row.Cells.Where(c => c.Possible && !c.Reached).Select(c => Coverage.NameOf(c.Order))];
            if (never.Length > 0)
            {
                console.WriteLine($"never          {row.Site}: {row.Holder} ({string.Join(", ", never)})");
            }
        }

        Table probes = new Table().Border(TableBorder.Simple).AddColumn("rare path").AddColumn(new TableColumn("reached").RightAligned());
        foreach ((string name, long count) in matrix.Probes)
        {
            probes.AddRow(Markup.Escape(name), count == 0 ? "never" : Count(count));
        }

        console.Write(probes);
    }

    private static string Cell(CoverageEntry cell) => cell switch
    {
        { Stale: > 0, Alias: > 0 } => $"{Count(cell.Stale)}\n~{Count(cell.Alias)}",
        { Stale: > 0 } => Count(cell.Stale),
        { Alias: > 0 } => $"~{Count(cell.Alias)}",
        _ => cell.Possible ? "-" : "",
    };

    private static string Count(long n) => n.ToString("#,0", CultureInfo.InvariantCulture);
}
