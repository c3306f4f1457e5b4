using System.Text.RegularExpressions;
using Stress.Client.Reports;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Observability;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed partial class CoverageCommandTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task Coverage_of_a_run_counts_at_least_every_crash_and_names_what_was_never_reached()
    {
        string scenario = Path.Combine(_screen.Folder, "s.yaml");
        File.Copy(Repository.At("scenarios", "troxel-2005.yaml"), Path.Combine(_screen.Folder, "troxel-2005.yaml"));
        File.WriteAllText(scenario, "include: troxel-2005.yaml\nname: c\nexpect: []\nexpect_reached: [ospfd aborted, ETOOMANYREFS]\n");
        Assert.Equal(ExitCodes.ExpectationFailed, await _screen.Run("run", scenario, "--pairs=8", "--hours=4", $"--out={_screen.Folder}/runs", "--no-progress"));
        Assert.Contains("expected 'ETOOMANYREFS' to be reached", _screen.Error);
        Assert.DoesNotContain("'ospfd aborted'", _screen.Error);
        string run = Directory.GetDirectories(Path.Combine(_screen.Folder, "runs")).Single();
        RunReport report = new RunFolder(run).ReadReport();
        CoverageMatrix matrix = CoverageMatrix.Of(report);

        Assert.Equal(report.Panics.Total, matrix.Rows.Sum(row => row.Crashes));
        Assert.All(matrix.Rows, row => Assert.True(row.Crashes <= row.Cells.Sum(cell => cell.Stale), $"{row.Site}: {row.Holder}"));
        Assert.Equal(report.Alias.Total, matrix.Rows.Sum(row => row.Cells.Sum(cell => cell.Alias)));
        Assert.Equal(report.Probes["stale pointer used"], matrix.Rows.Sum(row => row.Cells.Sum(cell => cell.Stale)));

        using var shown = new Screen();
        Assert.Equal(ExitCodes.Ok, await shown.Run("coverage", run));
        Assert.Contains($"cells reached  {matrix.Reached} of {matrix.Possible}", shown.Out);
        Assert.Contains("never          ", shown.Out);
        Assert.Matches(@"ETOOMANYREFS\s+never", shown.Out);
        Assert.Equal(ExitCodes.Usage, await shown.Run("coverage", _screen.Folder));
    }

    [Fact]
    public void The_matrix_has_every_use_that_the_kernel_source_names()
    {
        // What only operation lists reach: no run has such a device or program, or its kernel clears the holder in time.
        HolderKind[] only =
        [
            HolderKind.Mif6Ifp, HolderKind.CarpDevIfp, HolderKind.RcvIf, HolderKind.Ip6qRcvIf, HolderKind.IfaddrIfp, HolderKind.IfAfdata, HolderKind.ReaderIfp, HolderKind.ImoMembership, HolderKind.PktInfoIfp,
            HolderKind.GifRouteIfp, HolderKind.BpfIfp, HolderKind.SpppIfp, HolderKind.DadIfp,
        ];
        HashSet<(HolderKind, UseSite)> found = [];
        foreach (string file in Directory.EnumerateFiles(Repository.At("emulator", "Kernel"), "*.cs", SearchOption.AllDirectories))
        {
            foreach (Match use in Use().Matches(File.ReadAllText(file)))
            {
                HolderKind holder = Enum.Parse<HolderKind>(use.Groups[1].Value);
                if (!only.Contains(holder))
                {
                    found.Add((holder, Enum.Parse<UseSite>(use.Groups[2].Value)));
                }
            }
        }

        Assert.True(found.Count > 10, $"{found.Count} found");
        Assert.Empty(found.Except(Coverage.Uses));
    }

    [GeneratedRegex(@"\b(?:Use|StaleUse|Alias)\((?:[^;()]|\([^()]*\))*?HolderKind\.(\w+), UseSite\.(\w+)")]
    private static partial Regex Use();
}
