using Stress.Client;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>A client whose cluster no longer answers.</summary>
public sealed class SilentClusterTests
{
    [ToolFact("redis-server")]
    public async Task A_client_whose_only_silo_hangs_says_what_it_waits_for_and_ends_in_the_time_that_was_named()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.StartSilo(0);
        RunningProcess run = cluster.Run("run", onCluster: true, [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", "8", "--hours", "2", "--pace", "900", "--lost-after", "4"]);
        await cluster.Reached("run", 1);
        cluster.StopSilo(0);
        string pickUp = $"./stress watch {cluster.RunName("run")} --cluster {cluster.Address}";
        await run.Says($"no answer from the cluster for 10 s; this client waits for a silo up to 45 s; the run is kept, and is picked up later with: {pickUp}");

        Assert.Equal(ExitCodes.Unavailable, await run.End());
        Assert.Contains("the cluster has not answered for 45 s", run.Output, StringComparison.Ordinal);
        Assert.EndsWith($"pick it up with: {pickUp}", run.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.False(cluster.HasReport("run"));

        // Once a silo answers again, any client that picks up the run gets its report.
        cluster.ContinueSilo(0);
        RunningProcess watch = cluster.Stress("watch", cluster.RunName("run")!, "--cluster", cluster.Address, "--out", Path.Combine(cluster.Folder, "run"));
        Assert.NotEqual(ExitCodes.Usage, await watch.End());
        Assert.True(cluster.HasReport("run"), watch.Output);
    }

    [ToolFact("redis-server")]
    public async Task A_silo_that_is_asked_to_leave_while_redis_is_away_ends_in_the_time_that_is_documented()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        RunningProcess silo = await cluster.StartSilo(0);
        await cluster.StopRedis();

        Assert.Equal(ExitCodes.Incomplete, await silo.Terminate());
        Assert.Contains("the silo has not left its cluster within 45 s", silo.Output, StringComparison.Ordinal);
    }
}
