using System.Text.RegularExpressions;
using Stress.Client;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>The commands that pause and resume a run, on two silo processes.</summary>
public sealed partial class PauseTests
{
    private static string[] Work => [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", "600", "--hours", "24"];

    [ToolFact("redis-server")]
    public async Task A_run_that_was_paused_stands_still_and_goes_on_to_the_report_of_one_that_was_not()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        RunningProcess run = cluster.Run("paused", onCluster: true, Work);
        await cluster.Reached("paused", 1);
        await Tell(cluster, "pause");

        // Work in progress when it was paused finishes; then two consecutive states, after as many tries as needed, are equal.
        string before = Progress(await Tell(cluster, "status")), now = Progress(await Tell(cluster, "status"));
        while (before != now)
        {
            (before, now) = (now, Progress(await Tell(cluster, "status")));
        }

        await Tell(cluster, "resume");
        Assert.Equal(ExitCodes.Ok, await run.End());
        await cluster.Run("undisturbed", onCluster: true, Work).End();

        Assert.Equal(cluster.ReportOf("undisturbed"), cluster.ReportOf("paused"));
    }

    private static async Task<string> Tell(LocalCluster cluster, string what)
    {
        RunningProcess told = cluster.Stress(what, cluster.RunName("paused")!, "--cluster", cluster.Address);
        Assert.True(await told.End() == ExitCodes.Ok, told.Output);
        return told.Output;
    }

    // What was executed, without speeds and times.
    private static string Progress(string status) => Sites().Match(status).Value;

    [GeneratedRegex("sites: .*")]
    private static partial Regex Sites();
}
