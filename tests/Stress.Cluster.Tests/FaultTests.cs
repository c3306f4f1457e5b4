using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>A run whose silos, Redis and client come and go, with real processes.</summary>
public sealed class FaultTests
{
    private const int Pairs = 8;
    private const int Hours = 4;
    private const int Windows = Pairs * Hours * 6;
    private static readonly TimeSpan RedisAway = TimeSpan.FromSeconds(10);

    private static string[] Work => [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", $"{Pairs}", "--hours", $"{Hours}"];

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

    [ToolFact("redis-server")]
    public async Task Sites_that_are_networks_end_the_same_on_two_silos_of_which_one_is_killed()
    {
        const int Networks = 6, Lines = 24, NetworkHours = 2, NetworkWindows = Networks * NetworkHours * 6;
        string[] work = [Repository.At("scenarios", "grid.yaml"), "--pairs", $"{Networks * Lines}", "--hours", $"{NetworkHours}"];
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.Run("embedded", onCluster: false, work).End();
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        RunningProcess run = cluster.Run("run", onCluster: true, [.. work, "--pace", "600", "--checkpoint", "2"]);
        await cluster.Reached("run", NetworkWindows / 3);
        await Faults.Apply(cluster, Fault.Kill, RedisAway);
        await run.End();
        Assert.True(cluster.ReportOf("embedded") == cluster.ReportOf("run"), run.Output);
    }
}
