using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;

namespace Stress.Bench;

/// <summary><c>stress bench chaos</c>: runs on a cluster of real processes that are killed, drained, separated, upgraded and presented with wrong certificates, and whose Redis is
/// down, emptied or full, at random moments.</summary>
internal static class ChaosCommand
{
    private const int Pairs = 20;
    private const int Hours = 10;
    private const int WindowsAnHour = 6;

    /// <summary>Undisturbed, a run takes 15 seconds: longer than Redis is down, and long enough to have a middle.</summary>
    private const int Pace = 2400;

    private static readonly TimeSpan RedisAway = TimeSpan.FromSeconds(10);

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var runs = new Option<int>("--runs") { Description = "How many runs.", DefaultValueFactory = _ => 30 };
        var seed = new Option<int>("--seed") { Description = "Seed of faults and moments (default: a different one each time).", DefaultValueFactory = _ => Random.Shared.Next() };
        var only = new Option<Fault?>("--fault") { Description = "This fault only (default: each in turn)." };
        var grids = new Option<bool>("--grids")
        {
            Description = $"A hundred sites of a hundred routers (scenarios/grid.yaml, made larger), as fast as they go, in place of {Pairs} pairs of {Hours} h in fifteen seconds.",
        };
        var command = new Command("chaos", "Runs on a cluster while its processes are killed: one digest, nothing lost.") { runs, seed, only, grids };
        command.SetAction((line, _) => Execute(line.GetValue(runs), line.GetValue(seed), line.GetValue(only), line.GetValue(grids)));
        return command;
    }

    private static async Task<int> Execute(int runs, int seed, Fault? only, bool grids)
    {
        Console.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using LocalCluster alone = LocalCluster.Start();
        string[] work = grids
            ? [Grids(alone.Folder)]
            : ["scenarios/troxel-2005.yaml", "--pairs", Pairs.ToString(CultureInfo.InvariantCulture), "--hours", Hours.ToString(CultureInfo.InvariantCulture)];
        string[] speed = grids ? [] : ["--pace", Pace.ToString(CultureInfo.InvariantCulture)];
        await alone.Run("alone", onCluster: false, work).End();
        string expected = Comparable(alone.ReportOf("alone"));
        JsonElement report = alone.ReadReport("alone");
        long windows = (long)(report.GetProperty("sites").GetInt32() * report.GetProperty("virtualHours").GetDouble() * WindowsAnHour);
        Console.WriteLine($"undisturbed: digest {report.GetProperty("digest").GetString()}, {windows:n0} windows");
        int wrong = 0;
        Queue<Fault> order = [];
        for (int run = 0; run < runs; run++)
        {
            // Each fault in turn, in random order: thirty runs have every one of them.
            if (order.Count == 0)
            {
                Fault[] all = Enum.GetValues<Fault>();
                random.Shuffle(all);
                order = new Queue<Fault>(all);
            }

            Fault fault = only ?? order.Dequeue();
            long at = random.NextInt64(1, windows * 9 / 10);
            long start = Stopwatch.GetTimestamp();
            await using LocalCluster cluster = LocalCluster.Start();
            Faults.Prepare(cluster, fault);
            await Task.WhenAll(cluster.StartSilo(0), cluster.StartSilo(1));
            RunningProcess Client() => cluster.Run("run", onCluster: true, [.. work, .. speed, "--checkpoint", "5", "--name", "chaos"]);
            RunningProcess client = Client();
            await cluster.Reached("run", at);
            await Faults.Apply(cluster, fault, RedisAway, async () =>
            {
                await client.Kill();
                client = Client();
            });
            await client.End();
            bool same = cluster.HasReport("run") && Comparable(cluster.ReportOf("run")) == expected;
            wrong += same ? 0 : 1;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run + 1,3}  {fault,-12} at window {at,6}  {Stopwatch.GetElapsedTime(start).TotalSeconds,5:0.0} s  {(same ? "the same report" : "ANOTHER REPORT OR NONE: " + client.Output)}"));
        }

        Console.WriteLine($"{runs - wrong} of {runs} runs gave the report of the undisturbed run");
        return wrong == 0 ? 0 : 1;
    }

    // A scenario includes one of its own folder.
    private static string Grids(string folder)
    {
        foreach (string file in (string[])["troxel-2005.yaml", "grid.yaml"])
        {
            File.Copy(Repository.At("scenarios", file), Path.Combine(folder, file));
        }

        string grids = Path.Combine(folder, "grids.yaml");
        File.WriteAllText(grids, "name: grids\ndescription: A hundred grids of ten by ten routers.\ninclude: grid.yaml\nsites: 100\nnetwork: {shape: grid, width: 10, height: 10}\n");
        return grids;
    }

    // The line that repeats the run names options that this check sets, and they change no result.
    private static string Comparable(string report) => string.Join('\n', report.Split('\n').Where(line => !line.StartsWith("command:", StringComparison.Ordinal)));
}
