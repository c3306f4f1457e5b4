using Stress.Client;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>A silo that has lost its cluster ends on its own, with one line and an exit code, and does not stay ready but useless.</summary>
public sealed class LostClusterTests
{
    private static string[] Work => [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", "8", "--hours", "4", "--pace", "1200", "--checkpoint", "2"];

    [ToolFact("redis-server")]
    public async Task Silos_whose_Redis_was_emptied_end_with_a_code_and_the_run_is_started_again_on_those_that_follow_to_the_same_report()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.Run("embedded", onCluster: false, Work[..5]).End();
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        RunningProcess run = cluster.Run("run", onCluster: true, Work);
        await cluster.Reached("run", 8);
        await cluster.TellRedis("FLUSHALL");
        for (int silo = 0; silo < 2; silo++)
        {
            Assert.True(await cluster.EndOfSilo(silo) == ExitCodes.Unavailable, cluster.OutputOfSilo(silo));
            Assert.Single(cluster.OutputOfSilo(silo).Split('\n'), line => line.StartsWith($"stress: {cluster.Address} has lost the cluster's membership table: the silo ends", StringComparison.Ordinal));
            Assert.False(cluster.OutputOfSilo(silo).Contains("   at ", StringComparison.Ordinal), cluster.OutputOfSilo(silo));
        }

        await Task.WhenAll(cluster.StartSilo(0), cluster.StartSilo(1));
        await run.End();
        Assert.Contains("the cluster has forgotten the run", run.Output, StringComparison.Ordinal);
        Assert.True(cluster.ReportOf("embedded") == cluster.ReportOf("run"), run.Output);
    }

    [ToolFact("redis-server")]
    public async Task A_silo_that_was_declared_dead_while_it_hung_ends_in_one_line_with_a_code_and_without_a_stack()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        RunningProcess other = await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        await other.Says($"silo {cluster.SiloName(1)} is a member");
        cluster.StopSilo(1);
        await other.Says($"silo {cluster.SiloName(1)} is dead");
        cluster.ContinueSilo(1);

        Assert.True(await cluster.EndOfSilo(1) == ExitCodes.Unavailable, cluster.OutputOfSilo(1));
        Assert.Single(cluster.OutputOfSilo(1).Split('\n'), line => line.StartsWith("stress: the cluster has declared this silo dead", StringComparison.Ordinal));
        Assert.False(cluster.OutputOfSilo(1).Contains("   at ", StringComparison.Ordinal), cluster.OutputOfSilo(1));
    }

    [ToolFact("redis-server")]
    public async Task A_silo_says_once_and_without_a_stack_that_Redis_is_away_and_once_that_it_is_back()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.StartSilo(0);
        await cluster.StopRedis();
        await cluster.SaysOfSilo(0, $"reading the membership table in {cluster.Address}: not possible now");
        cluster.StartRedis();
        await cluster.SaysOfSilo(0, $"reading the membership table in {cluster.Address}: possible again");

        Assert.Single(cluster.OutputOfSilo(0).Split('\n'), line => line.Contains("membership table", StringComparison.Ordinal) && line.Contains("not possible now", StringComparison.Ordinal));
        Assert.False(cluster.OutputOfSilo(0).Contains("   at ", StringComparison.Ordinal), cluster.OutputOfSilo(0));
    }

    [ToolFact("redis-server")]
    public async Task A_Redis_that_is_full_in_mid_run_refuses_writes_and_nothing_is_lost()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.Run("embedded", onCluster: false, Work[..5]).End();
        RunningProcess silo = await cluster.StartSilo(0);
        RunningProcess run = cluster.Run("run", onCluster: true, Work);
        await cluster.Reached("run", 8);
        await cluster.TellRedis("CONFIG", "SET", "maxmemory", "1");
        await cluster.Reached("run", 40);
        await cluster.TellRedis("CONFIG", "SET", "maxmemory", "0");
        await run.End();

        Assert.True(cluster.ReportOf("embedded") == cluster.ReportOf("run"), run.Output + silo.Output);
    }
}
