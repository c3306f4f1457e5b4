using System.Formats.Tar;
using Stress.Client;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>Reports of runs whose client is gone, and whose silos were restarted since: any client can write them, anywhere.</summary>
public sealed class ReportTests
{
    private static string[] Work => [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", "8", "--hours", "4"];

    [ToolFact("redis-server")]
    public async Task The_report_of_a_run_that_nobody_followed_is_written_to_a_folder_and_packed_into_one_file_and_not_before_its_end()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        int code = await cluster.Run("embedded", onCluster: false, Work).End();
        await cluster.StartSilo(0);
        RunningProcess client = cluster.Run("client", onCluster: true, [.. Work, "--name", "alone", "--pace", "240"]);
        await cluster.Reached("client", 1);
        await client.Kill();

        // Paused meanwhile, so that it has not ended on a busy machine.
        Assert.Equal(ExitCodes.Ok, await cluster.Stress("pause", "alone", "--cluster", cluster.Address).End());
        string[] report = ["report", "alone", "--cluster", cluster.Address, "--out", Path.Combine(cluster.Folder, "written")];
        RunningProcess early = cluster.Stress(report), unknown = cluster.Stress(["report", "nonesuch", .. report[2..]]);
        Assert.Equal((ExitCodes.Unavailable, ExitCodes.Usage), (await early.End(), await unknown.End()));
        Assert.Contains("alone: paused, and has no report before its end", early.Output, StringComparison.Ordinal);
        Assert.Contains("nonesuch: no such run; accepted: alone", unknown.Output, StringComparison.Ordinal);

        Assert.Equal(ExitCodes.Ok, await cluster.Stress("resume", "alone", "--cluster", cluster.Address).End());
        RunningProcess waited = cluster.Stress([.. report, "--wait", "3min"]);
        Assert.True(await waited.End() == code, waited.Output);
        Assert.True(cluster.ReportOf("embedded") == cluster.ReportOf("written"), waited.Output);

        await cluster.KillSilo(0);
        await cluster.StartSilo(0);
        string archive = Path.Combine(cluster.Folder, "alone.tar"), unpacked = Path.Combine(cluster.Folder, "unpacked");
        string typed = string.Join(' ', ["dotnet", typeof(StressCommand).Assembly.Location, .. report[..^1], "-"]);
        RunningProcess packed = RunningProcess.Start("sh", ["-c", $"{typed} >{archive}"], cluster.Environment);
        Assert.True(await packed.End() == code, packed.Output);
        Directory.CreateDirectory(unpacked);
        await TarFile.ExtractToDirectoryAsync(archive, unpacked, overwriteFiles: false);

        Assert.Equal("alone", cluster.RunName("unpacked"));
        Assert.True(cluster.ReportOf("embedded") == cluster.ReportOf("unpacked"), packed.Output);
        Assert.Equal(
            ["crashes.ndjson", "report.html", "report.json", "run.json", "scenario.yaml"],
            Directory.EnumerateFiles(cluster.RunFolder("unpacked")!).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        // A crash of the archive is replayed from where it was unpacked to, as its own line says.
        Assert.Contains("./stress replay alone ", File.ReadAllText(Path.Combine(cluster.RunFolder("unpacked")!, "crashes.ndjson")), StringComparison.Ordinal);
        Assert.Contains("report         alone/report.json", packed.Output, StringComparison.Ordinal);
    }
}
