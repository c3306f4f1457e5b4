using System.Globalization;
using Stress.Client;
using Stress.Observability;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>Real processes on loopback and a real redis-server.</summary>
public sealed class ClusterTests
{
    private const int Pairs = 8;
    private const int Hours = 4;

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
    public async Task A_design_of_ones_own_runs_on_silos_that_have_its_library_and_a_silo_that_lacks_it_is_named()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        string library = Directory
            .EnumerateFiles(Repository.At("tests", "Stress.ExampleDesign", "bin"), "Stress.ExampleDesign.dll", SearchOption.AllDirectories).OrderByDescending(File.GetLastWriteTimeUtc).First();
        string mounted = Directory.CreateDirectory(Path.Combine(cluster.Folder, "designs")).FullName;
        File.Copy(library, Path.Combine(mounted, "fix.dll"));
        string[] work = [Work[0], "--pairs", "2", "--hours", "4", "--design", "purge-inet-only", "--design-assembly", library];
        RunningProcess silo = cluster.BeginSilo(0, 2, "--designs", mounted);
        await silo.Says("/metrics");

        await cluster.Run("embedded", onCluster: false, work).End();
        RunningProcess run = cluster.Run("shared", onCluster: true, work);
        await run.End();
        Assert.True(cluster.ReportOf("embedded") == cluster.ReportOf("shared"), run.Output);

        await cluster.StartSilo(1);
        RunningProcess refused = cluster.Run("refused", onCluster: true, work);
        Assert.Equal(ExitCodes.Unavailable, await refused.End());
        Assert.Contains($"not known to 1 silo of {cluster.Address} ({cluster.SiloName(1)})", refused.Output);
        Assert.Contains("design purge-inet-only@", refused.Output);

        // An operator's log, with a grain's life or a request in no line of it.
        Assert.All((string[])["dbug", "trce"], level => Assert.DoesNotContain($"Z {level}: ", silo.Output));
    }

    [ToolFact("redis-server")]
    public async Task A_run_on_a_cluster_is_watched_by_its_name_from_another_process_until_it_has_finished()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.StartSilo(0);
        RunningProcess run = cluster.Run("run", onCluster: true, Work[0], "--pairs", "2", "--hours", "100000", "--pace", "7200");
        await cluster.Reached("run", 1);
        string name = Path.GetFileName(cluster.RunFolder("run")!);
        string[] where = ["--cluster", cluster.Address, "--out", Path.Combine(cluster.Folder, "run")];
        RunningProcess unknown = cluster.Stress("watch", "nonesuch", "--cluster", cluster.Address);
        RunningProcess[] watches = [cluster.Stress(["watch", name, .. where]), cluster.Stress(["watch", .. where])];
        foreach (RunningProcess watch in watches)
        {
            await watch.Says("membership called");
            Assert.DoesNotContain("finished", watch.Output);
        }

        // Two virtual hours a second would take half a day: it ends because it is cancelled.
        Assert.Equal(0, await cluster.Stress("cancel", name, "--cluster", cluster.Address).End());
        Assert.Equal(ExitCodes.Interrupted, await run.End());
        RunReport report = new RunFolder(cluster.RunFolder("run")!).ReadReport();
        string counts = string.Create(
            CultureInfo.InvariantCulture,
            $" of 100000 h  {report.Disconnects.Total:#,0} disconnects  {report.Paths.Where(path => path.Path == CodePath.Any).Sum(path => path.Crashes):#,0} crashes");
        foreach (RunningProcess watch in watches)
        {
            // The result of a cancelled run is partial, and a client that watches to the end reports that like the one that started the run.
            Assert.True(await watch.End() == ExitCodes.Interrupted, watch.Output);
            Assert.Contains(counts, Assert.Single(watch.Output.Split('\n'), line => line.Contains("finished  ", StringComparison.Ordinal)));
        }

        Assert.Equal(2, await unknown.End());
        Assert.Contains($"nonesuch: no such run on the cluster; accepted: {name}", unknown.Output);
    }

    [ToolFact("redis-server")]
    public async Task Runs_that_have_ended_on_a_cluster_are_taken_into_a_store_with_the_report_that_their_own_client_wrote()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.StartSilo(0);
        RunningProcess run = cluster.Run("run", onCluster: true, Work[0], "--pairs", "2", "--hours", "2");
        await run.End();
        string taken = Path.Combine(cluster.Folder, "taken"), name = cluster.RunName("run")!;
        string[] import = ["import", "--cluster", cluster.Address, "--out", taken, "--store", Path.Combine(cluster.Folder, "triage.db")];

        RunningProcess first = cluster.Stress(import);
        int code = await first.End();
        RunningProcess second = cluster.Stress(import);

        Assert.True(code == 0, first.Output);
        Assert.Equal(new RunFolder(cluster.RunFolder("run")!).ReadReport().Digest, new RunFolder(Path.Combine(taken, name)).ReadReport().Digest);
        Assert.Contains("1 run", first.Output);
        Assert.True(await second.End() == 0, second.Output);
        Assert.Equal([name], Directory.GetDirectories(taken).Select(Path.GetFileName));
    }

    [Fact]
    public async Task The_measurements_name_the_command_that_is_typed_in_their_help_and_when_a_line_is_wrong()
    {
        RunningProcess help = RunningProcess.Start("dotnet", [typeof(Stress.Bench.Triage.MadeRuns).Assembly.Location, "--help"]);
        Assert.Equal(0, await help.End());
        Assert.Contains("  stress bench [command] [options]", help.Output);

        RunningProcess unknown = RunningProcess.Start("dotnet", [typeof(Stress.Bench.Triage.MadeRuns).Assembly.Location, "nonesuch"]);
        Assert.Equal(2, await unknown.End());
        Assert.Equal("stress bench: Unrecognized command or argument 'nonesuch'. (see stress bench --help)", unknown.Output.Trim());
    }
}
