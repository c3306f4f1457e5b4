using System.Text.Json;
using Stress.Client;
using Stress.Contracts;
using Stress.Silo;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>The sites of a hanging silo: stopped by SIGSTOP, it keeps its connections and does not answer.</summary>
public sealed class LostSiteTests
{
    private const int Pairs = 8;
    private const int Hours = 4;
    private const int LostAfter = 4;

    private static string[] Work => [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", $"{Pairs}", "--hours", $"{Hours}"];

    [ToolFact("redis-server")]
    public async Task Sites_of_a_silo_that_hangs_are_lost_in_the_time_that_was_named_and_their_commands_execute_them_again()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        await using ClusterClient client = await ClusterClient.ConnectAsync(RedisAddress.Parse(cluster.Address));
        RunningProcess run = cluster.Run("run", onCluster: true, [.. Work, "--pace", "600", "--lost-after", $"{LostAfter}"]);
        await cluster.Reached("run", 1);

        // Paused near its beginning by a client that is connected already: a command would have to start first, and on a busy machine the run might have ended by then.
        IRunGrain held = client.Grains.GetGrain<IRunGrain>(cluster.RunName("run")!);
        await held.Pause(true);
        string without = (await client.Silos()).Single(silo => silo.Shards == 0).Silo;
        await held.Pause(false);
        cluster.StopSilo(Enumerable.Range(0, 2).Single(silo => cluster.SiloName(silo) == without));

        Assert.Equal(ExitCodes.Incomplete, await run.End());
        JsonElement report = cluster.ReadReport("run");
        JsonElement[] problems = [.. report.GetProperty("problems").EnumerateArray()];
        int lost = report.GetProperty("work").GetProperty("lost").GetInt32();
        Assert.Equal("lost", report.GetProperty("incomplete").GetString());

        // Those of the silo that hangs; on a machine that is busy enough the other's can be silent for as long, and are lost by the same rule.
        Assert.InRange(lost, 1, Pairs);
        Assert.Equal(lost, problems.Length);
        Assert.All(problems, problem => Assert.Contains($"no window of it came for {LostAfter} s", problem.GetProperty("problem").GetString(), StringComparison.Ordinal));
        Assert.Contains($"{lost} lost; the first is site {problems[0].GetProperty("site")}, again with: {problems[0].GetProperty("command")}", run.Output, StringComparison.Ordinal);

        // The command on the screen is executed as printed, and the site has the same digest as in an undisturbed run.
        string again = problems[0].GetProperty("command").GetString()!;
        await cluster.Command("again", again).End();
        int site = problems[0].GetProperty("site").GetInt32();
        await cluster.Run("undisturbed", onCluster: true, [.. Work, "--site", $"{site}"]).End();
        Assert.Equal(cluster.ReadReport("undisturbed").GetProperty("digest").GetString(), cluster.ReadReport("again").GetProperty("digest").GetString());
    }
}
