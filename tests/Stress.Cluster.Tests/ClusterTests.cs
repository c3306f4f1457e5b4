using System.Globalization;
using Stress.Bench.Cluster;
using Stress.Observability;
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

    [ToolFact("redis-server")]
    public async Task A_run_on_a_cluster_is_watched_by_its_name_from_another_process_until_it_has_finished()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.StartSilo(0);
        RunningProcess run = cluster.Run("run", onCluster: true, Work[0], "--pairs", "2", "--hours", "100000", "--pace", "7200");
        await cluster.Reached("run", 1);
        string name = Path.GetFileName(cluster.RunFolder("run")!);
        RunningProcess unknown = cluster.Stress("watch", "nonesuch", "--cluster", cluster.Address);
        RunningProcess[] watches = [cluster.Stress("watch", name, "--cluster", cluster.Address), cluster.Stress("watch", "--cluster", cluster.Address)];
        foreach (RunningProcess watch in watches)
        {
            await watch.Says("membership called");
            Assert.DoesNotContain("finished", watch.Output);
        }

        // Two virtual hours a second would take half a day: it ends because it is cancelled.
        Assert.Equal(0, await cluster.Stress("cancel", name, "--cluster", cluster.Address).End());
        await run.End();
        RunReport report = new RunFolder(cluster.RunFolder("run")!).ReadReport();
        string counts = string.Create(
            CultureInfo.InvariantCulture,
            $" of 100000 h  {report.Disconnects.Called + report.Disconnects.Calling:#,0} disconnects  {report.Paths.Where(path => path.Path == CodePath.Any).Sum(path => path.Crashes):#,0} crashes");
        foreach (RunningProcess watch in watches)
        {
            Assert.True(await watch.End() == 0, watch.Output);
            string last = watch.Output.TrimEnd().Split('\n')[^1];
            Assert.Contains(counts, last);
            Assert.Contains("finished", last);
        }

        Assert.Equal(2, await unknown.End());
        Assert.Contains($"nonesuch: no such run on the cluster; accepted: {name}", unknown.Output);
    }

    [Fact]
    public async Task The_measurements_name_the_command_that_is_typed_in_their_help_and_when_a_line_is_wrong()
    {
        RunningProcess help = RunningProcess.Start("dotnet", [typeof(LocalCluster).Assembly.Location, "--help"]);
        Assert.Equal(0, await help.End());
        Assert.Contains("  stress bench [command] [options]", help.Output);

        RunningProcess unknown = RunningProcess.Start("dotnet", [typeof(LocalCluster).Assembly.Location, "nonesuch"]);
        Assert.Equal(2, await unknown.End());
        Assert.Equal("stress bench: Unrecognized command or argument 'nonesuch'. (see stress bench --help)", unknown.Output.Trim());
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
