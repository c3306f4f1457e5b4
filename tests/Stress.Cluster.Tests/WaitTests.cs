using Stress.Client;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>A client, a watch and a silo that are started before what they need, as a first <c>kubectl apply</c> starts them.</summary>
public sealed class WaitTests
{
    private static string[] Work => [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", "4", "--hours", "2", "--name", "first"];

    [ToolFact("redis-server")]
    public async Task Whoever_waits_says_what_for_and_goes_on_as_soon_as_it_is_there()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        RunningProcess run = cluster.Run("run", onCluster: true, [.. Work, "--wait", "3min"]);
        await run.Says($"of 180: no silo answers in the cluster of {cluster.Address}");
        await cluster.StopRedis();
        RunningProcess silo = cluster.BeginSilo(0, 2, "--wait", "180");
        await silo.Says($"of 180: no Redis answers at {cluster.Address}");

        // A command that does not wait, or waits in vain, reports what was missing.
        foreach (RunningProcess process in (RunningProcess[])[cluster.BeginSilo(1), cluster.BeginSilo(2, 2, "--wait", "1s"), cluster.Stress("watch", "first", "--cluster", cluster.Address, "--wait", "1s")])
        {
            Assert.Equal(ExitCodes.Unavailable, await process.End());
            Assert.StartsWith($"stress: no Redis answers at {cluster.Address}; accepted is ", process.Output.TrimEnd().Split('\n')[^1]);
        }

        cluster.StartRedis();
        await silo.Says("/metrics");
        Assert.True(await run.End() is ExitCodes.Ok or ExitCodes.NotDecided or ExitCodes.ExpectationFailed, run.Output);
        Assert.True(cluster.HasReport("run"), run.Output);
    }
}
