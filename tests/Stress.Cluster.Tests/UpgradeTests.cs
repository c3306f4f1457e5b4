using Stress.Client;
using Stress.Contracts;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>Silos of two builds, and network faults between silos, as real processes.</summary>
public sealed class UpgradeTests
{
    private const int Windows = 8 * 4 * 6;

    private static string[] Work => [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", "8", "--hours", "4"];

    [ToolFact("redis-server")]
    public Task A_run_moves_to_silos_of_another_build_of_its_format_that_come_one_after_another() => Outlives(Fault.Builds, "(build 9.9.9)");

    [ToolFact("redis-server")]
    public Task Silos_that_are_parted_from_each_other_lose_nothing_and_the_one_that_is_declared_dead_ends_with_its_code() => Outlives(Fault.Partition, "/metrics");

    [ToolFact("redis-server")]
    public Task Wrong_certificates_in_mid_run_let_nobody_in_and_lose_nothing() => Outlives(Fault.Certificates, "the earlier certificates stay in use");

    [ToolFact("redis-server")]
    public async Task A_build_of_another_format_names_the_runs_that_have_to_end_first_and_waits_for_them()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.StartSilo(0);
        RunningProcess run = cluster.Run("run", onCluster: true, [.. Work, "--pace", "60", "--name", "before"]);
        await cluster.Reached("run", 1);
        cluster.Build = OtherBuild.Make(Path.Combine(cluster.Folder, "other"), LocalCluster.ThisBuild, "9.9.9", BuildStamp.Current.Format + 1);
        RunningProcess at = cluster.Stress("upgrade", "--cluster", cluster.Address);
        Assert.True(await at.End() == ExitCodes.Unavailable, at.Output);
        Assert.Contains($"1 unfinished run that this build does not read: before ({BuildStamp.Current.Words})", at.Output, StringComparison.Ordinal);

        // Silos of both are members, and the run stays on those that can read it.
        RunningProcess next = await cluster.StartSilo(1);
        await next.Says("they share no run");
        RunningProcess patient = cluster.Stress("upgrade", "--cluster", cluster.Address, "--wait", "10min");
        await patient.Says("waiting, ");
        cluster.Build = LocalCluster.ThisBuild;
        Assert.Equal(ExitCodes.Ok, await cluster.Stress("cancel", "before", "--cluster", cluster.Address).End());
        Assert.Equal(ExitCodes.Interrupted, await run.End());
        Assert.True(await patient.End() == ExitCodes.Ok, patient.Output);
        Assert.Contains("no run is unfinished: silos of this build may take the place of these", patient.Output, StringComparison.Ordinal);
        Assert.Contains("(build 9.9.9)", patient.Output, StringComparison.Ordinal);
    }

    private static async Task Outlives(Fault fault, string said)
    {
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.Run("embedded", onCluster: false, Work).End();
        Faults.Prepare(cluster, fault);
        await Task.WhenAll(cluster.StartSilo(0), cluster.StartSilo(1));
        RunningProcess run = cluster.Run("run", onCluster: true, [.. Work, "--pace", "1200", "--checkpoint", "2"]);
        await cluster.Reached("run", Windows / 6);
        await Faults.Apply(cluster, fault, TimeSpan.Zero);
        await run.End();

        Assert.True(cluster.ReportOf("embedded") == cluster.ReportOf("run"), run.Output);
        if (fault == Fault.Builds)
        {
            RunningProcess asked = cluster.Stress("upgrade", "--cluster", cluster.Address);
            Assert.True(await asked.End() == ExitCodes.Ok, asked.Output);
            Assert.Equal(2, asked.Output.Split('\n').Count(line => line.StartsWith("silo ", StringComparison.Ordinal) && line.Contains(said, StringComparison.Ordinal)));
            return;
        }

        string silos = cluster.OutputOfSilo(0) + cluster.OutputOfSilo(1);
        Assert.True(silos.Contains(said, StringComparison.Ordinal), silos);
    }
}
