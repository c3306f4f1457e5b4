using Stress.Client;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>A run whose client is gone for good: it does not keep its silos busy for a year. LeaseTests of the grains hold the times; here are real processes.</summary>
public sealed class LeaseTests
{
    // Without an end of its own within any test.
    private static string[] Work => [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", "2", "--hours", "100000", "--pace", "7200", "--name", "left"];

    [ToolFact("redis-server")]
    public async Task A_run_without_a_client_is_held_goes_on_with_the_next_and_is_cancelled_without_one()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        RunningProcess silo = await cluster.StartSilo(0);
        string owner = Environment.MachineName;

        // Long enough for the next client, on a busy machine, to be there before the run is cancelled.
        RunningProcess client = cluster.Run("run", onCluster: true, [.. Work, "--lease", "30s"]);
        await cluster.Reached("run", 1);
        await client.Kill();
        await silo.Says($"run left: no client of {owner} for 30 s: it is paused");
        RunningProcess next = cluster.Run("run", onCluster: true, [.. Work, "--lease", "1s"]);
        await silo.Says("run left: it has a client again and continues");
        await next.Kill();

        await silo.Says($"run left: no client of {owner} for 2 s: it is cancelled");
        RunningProcess status = cluster.Stress("status", "left", "--cluster", cluster.Address);
        Assert.Equal(ExitCodes.Ok, await status.End());
        Assert.Contains($"lease of {owner}: cancelled since no client had followed it for 2 s", status.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Interrupted, await cluster.Run("run", onCluster: true, Work).End());
    }
}
