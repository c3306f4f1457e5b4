using Stress.Bench.Cluster;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>Real processes on loopback and a real redis-server.</summary>
public sealed class ClusterTests
{
    private const int Pairs = 8;
    private const int Hours = 4;
    private const int Windows = Pairs * Hours * 6;
    private static readonly TimeSpan RedisAway = TimeSpan.FromSeconds(3);

    private static string[] Work => [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", $"{Pairs}", "--hours", $"{Hours}"];

    [ToolFact("redis-server")]
    public async Task One_report_on_the_embedded_silo_and_on_one_two_and_three_silos()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.Run("embedded", onCluster: false, Work).End();
        for (int silos = 1; silos <= 3; silos++)
        {
            await cluster.StartSilo(silos - 1);
            RunningProcess run = cluster.Run($"on-{silos}", onCluster: true, Work);
            await run.End();
            Assert.True(cluster.ReportOf("embedded") == cluster.ReportOf($"on-{silos}"), run.Output);
        }
    }

    [ToolFact("redis-server")]
    public async Task A_killed_an_added_a_drained_silo_and_an_absent_redis_change_nothing()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.Run("embedded", onCluster: false, Work).End();
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        RunningProcess run = cluster.Run("run", onCluster: true, [.. Work, "--pace", "600", "--checkpoint", "2"]);
        Fault[] faults = [Fault.Kill, Fault.Add, Fault.Redis, Fault.Drain];
        for (int i = 0; i < faults.Length; i++)
        {
            await cluster.Reached("run", Windows * (i + 1) / 6);
            await Faults.Apply(cluster, faults[i], RedisAway);
        }

        await run.End();
        Assert.True(cluster.ReportOf("embedded") == cluster.ReportOf("run"), run.Output);
        Assert.Contains("lost\":0", File.ReadAllText(Path.Combine(cluster.RunFolder("run")!, "report.json")).Replace(" ", "", StringComparison.Ordinal));
    }

    [ToolFact("redis-server")]
    public async Task A_run_outlives_every_silo_and_its_client()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.Run("embedded", onCluster: false, Work).End();
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        RunningProcess run = cluster.Run("run", onCluster: true, [.. Work, "--pace", "1200", "--checkpoint", "2"]);
        await cluster.Reached("run", Windows / 3);
        await Faults.Apply(cluster, Fault.KillAll, RedisAway);
        await run.End();
        Assert.True(cluster.ReportOf("embedded") == cluster.ReportOf("run"), run.Output);
    }

    [Fact]
    public async Task An_embedded_run_that_was_killed_goes_on_to_the_same_report()
    {
        string folder = Directory.CreateTempSubdirectory("stress-test-").FullName;
        try
        {
            string[] work = ["run", .. Work, "--no-progress", "--pace", "2400", "--checkpoint", "2", "--out", Path.Combine(folder, "killed")];
            RunningProcess killed = Start(work);
            await UntilCheckpointed(Path.Combine(folder, "killed"));
            await killed.Kill();
            string runFolder = Directory.EnumerateDirectories(Path.Combine(folder, "killed")).Single();
            RunningProcess resumed = Start(["resume", runFolder, "--no-progress"]);
            await resumed.End();
            RunningProcess whole = Start(["run", .. Work, "--no-progress", "--out", Path.Combine(folder, "whole")]);
            await whole.End();

            Assert.Equal(Digest(whole.Output), Digest(resumed.Output));
            Assert.False(Directory.Exists(Path.Combine(runFolder, "state")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static RunningProcess Start(IReadOnlyList<string> arguments) =>
        RunningProcess.Start("dotnet", [typeof(Stress.Client.StressCommand).Assembly.Location, .. arguments]);

    private static async Task UntilCheckpointed(string runs)
    {
        while (!Directory.Exists(runs) || !Directory.EnumerateFiles(runs, "router-*.state", SearchOption.AllDirectories).Any())
        {
            await Task.Delay(50);
        }
    }

    private static string Digest(string output) => output.Split('\n').Single(line => line.StartsWith("digest", StringComparison.Ordinal));
}
