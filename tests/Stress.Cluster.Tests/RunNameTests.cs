using Stress.Client;
using Stress.Silo;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>A run whose name is given from outside, as by a Job's pods: a client that is evicted is replaced by one that follows the same run.</summary>
public sealed class RunNameTests
{
    private const string Name = "0e2f4a58-1f0c-4c8e-9f0e-5d1f2f0c7c11";

    private static string[] Work => [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", "8", "--hours", "4"];

    [ToolFact("redis-server")]
    public async Task The_client_after_one_that_was_killed_follows_its_run_and_writes_the_report_and_another_run_of_that_name_is_refused()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.Run("embedded", onCluster: false, Work).End();
        await cluster.StartSilo(0);
        cluster.Environment[SiloDefaults.RunNameVariable] = Name;
        string[] paced = [.. Work, "--pace", "1200", "--checkpoint", "2"];
        RunningProcess first = cluster.Run("first", onCluster: true, paced);
        await cluster.Reached("first", 1);
        await first.Kill();
        RunningProcess second = cluster.Run("second", onCluster: true, paced);
        await second.Says($"{Name} was started before and is ");
        RunningProcess other = cluster.Run("other", onCluster: true, [.. paced, "--seed", "5"]);

        Assert.Equal(ExitCodes.Usage, await other.End());
        Assert.Contains($"--name {Name}: that is another run, ./stress run ", other.Output, StringComparison.Ordinal);
        await second.End();
        Assert.Equal(Name, cluster.RunName("second"));
        Assert.True(cluster.ReportOf("embedded") == cluster.ReportOf("second"), second.Output);

        // A client that comes after the end gets the report too, and there was only one run.
        RunningProcess third = cluster.Run("third", onCluster: true, paced);
        await third.End();
        Assert.True(cluster.ReportOf("embedded") == cluster.ReportOf("third"), third.Output);
        RunningProcess runs = cluster.Stress("runs", "--cluster", cluster.Address);
        await runs.End();
        Assert.Single(runs.Output.Split('\n'), line => line.Contains(" finished ", StringComparison.Ordinal));
    }
}
