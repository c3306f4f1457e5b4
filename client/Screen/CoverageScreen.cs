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
        var table = new ScreenTable(["holder", "use site", .. orders.Select(order => "#" + Coverage.NameOf(order).Replace(' ', '\n')), "#crashes"]);
        foreach (CoverageRow row in matrix.Rows)
        {
            table.Add([row.Holder, row.Site, .. orders.Select(order => (ScreenCell)Cell(row.Cells.Single(c => c.Order == order))), row.Crashes == 0 ? "" : Count(row.Crashes)]);
        }

        table.Write(console);
        Said.Line(console, 2, ("n: uses of a pointer to no attached interface; ~n: of one that names another interface; -: never; blank: cannot be", ""));
        Said.Fact(console, "cells reached", $"{matrix.Reached} of {matrix.Possible}");
        foreach (CoverageRow row in matrix.Rows)
        {
            string[] never = [.. row.Cells.Where(c => c.Possible && !c.Reached).Select(c => Coverage.NameOf(c.Order))];
            if (never.Length > 0)
            {
                Said.Fact(console, "never", $"{row.Site}: {row.Holder} ({string.Join(", ", never)})");
            }
        }

        var probes = new ScreenTable(["rare path", "#reached"]);
        foreach ((string name, long count) in matrix.Probes)
        {
            probes.Add(name, count == 0 ? "never" : Count(count));
        }

        probes.Write(console);
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
