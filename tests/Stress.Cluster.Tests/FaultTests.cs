using System.Text.Json;
using Stress.Client;
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

    [ToolFact("redis-server")]
    public async Task A_search_has_one_digest_here_and_on_one_and_two_silos_and_when_the_silo_that_keeps_it_is_killed()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        string[] search = ["fuzz", "--stacks", "netbsd-7,netbsd-2005", "--lists", "3000", "--seed", "3", "--no-progress", "--no-store"];
        string here = await Searched(cluster, "here", search);
        await cluster.StartSilo(0);
        Assert.Equal(here, await Searched(cluster, "one", OnCluster("one")));
        await cluster.StartSilo(1);
        Task<string> two = Searched(cluster, "two", OnCluster("two"));

        // The silo that has the search's own grain: the other one continues from what is stored.
        Task first = cluster.SaysOfSilo(0, "search two: started"), second = cluster.SaysOfSilo(1, "search two: started");
        await cluster.KillSilo(await Task.WhenAny(first, second) == first ? 0 : 1);

        Assert.Equal(here, await two);
        string[] OnCluster(string name) => [.. search, "--cluster", cluster.Address, "--name", name];
    }

    // The result of a search, without times: corpus and findings are in its digest.
    private static async Task<string> Searched(LocalCluster cluster, string folder, string[] arguments)
    {
        RunningProcess run = cluster.Stress([.. arguments, "--out", Path.Combine(cluster.Folder, folder)]);
        Assert.True(await run.End() == ExitCodes.ExpectationFailed, run.Output);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(Path.Combine(cluster.RunFolder(folder)!, "fuzz.json")));
        return string.Join('\n', new[] { "digest", "lists", "corpus", "reached", "findings" }.Select(field => report.RootElement.GetProperty(field).ToString()));
    }
}
