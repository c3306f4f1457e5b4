using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Observability;

namespace Stress.Client.Reports;

/// <summary>One cell of the matrix.</summary>
/// <param name="Order">Teardown order.</param>
/// <param name="Stale">Uses that found no attached interface.</param>
/// <param name="Alias">Uses that found another live interface.</param>
/// <param name="Possible">False if the holder cannot be used after this order.</param>
public sealed record CoverageEntry(TeardownOrder Order, long Stale, long Alias, bool Possible)
{
    /// <summary>Used at all.</summary>
    public bool Reached => Stale + Alias > 0;
}

/// <summary>One holder and one place that uses it.</summary>
/// <param name="Holder">In BSD's spelling.</param>
/// <param name="Site">The kernel function.</param>
/// <param name="Cells">One a teardown order.</param>
/// <param name="Crashes">Uses that the kernel did not survive, both roles.</param>
public sealed record CoverageRow(string Holder, string Site, IReadOnlyList<CoverageEntry> Cells, long Crashes);

/// <summary>What a run reached: the matrix of holder × teardown order × use site, and the named probes.</summary>
/// <param name="Run">The run's name.</param>
/// <param name="Rows">The uses that a run's kernel has, and any other that was seen.</param>
/// <param name="Probes">The named probes with their counts; zero for one that was never reached.</param>
public sealed record CoverageMatrix(string Run, IReadOnlyList<CoverageRow> Rows, IReadOnlyList<(string Name, long Count)> Probes)
{
    /// <summary>Cells that could be reached.</summary>
    public int Possible => Rows.Sum(row => row.Cells.Count(cell => cell.Possible));

    /// <summary>Of these, cells that were.</summary>
    public int Reached => Rows.Sum(row => row.Cells.Count(cell => cell.Possible && cell.Reached));

    /// <summary>Reads it from a report.</summary>
    public static CoverageMatrix Of(RunReport report)
    {
        TeardownOrder[] orders = Enum.GetValues<TeardownOrder>();
        List<CoverageRow> rows = [];
        foreach (HolderKind holder in Enum.GetValues<HolderKind>())
        {
            foreach (UseSite site in Enum.GetValues<UseSite>())
            {
                bool known = Coverage.Uses.Contains((holder, site));
                CoverageEntry[] cells =
                [
                    .. orders.Select(order => new CoverageEntry(
                        order,
                        report.Probes.GetValueOrDefault(Coverage.Name(holder, order, site, alias: false)),
                        report.Probes.GetValueOrDefault(Coverage.Name(holder, order, site, alias: true)),
                        known && (Coverage.IsRecord(holder) ? order == TeardownOrder.DuringDetach : Coverage.Orders.Contains(order)))),
                ];
                if (known || cells.Any(cell => cell.Reached))
                {
                    string start = $"{KernelNames.Of(site)}: stale {KernelNames.Of(holder)} (";
                    rows.Add(new CoverageRow(
                        KernelNames.Of(holder), KernelNames.Of(site), cells, report.CodePaths.Where(path => path.Title.StartsWith(start, StringComparison.Ordinal)).Sum(path => path.Crashes)));
                }
            }
        }

        return new CoverageMatrix(
            report.RunId, rows, [.. Enumerable.Range(0, ProbeNames.Count).Select(i => ProbeNames.Of((Probe)i)).Select(name => (name, report.Probes.GetValueOrDefault(name)))]);
    }
}
