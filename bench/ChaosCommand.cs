using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Stress.Tests.Clusters;

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
        var command = new Command("chaos", "Runs on a cluster while its processes are killed: one digest, nothing lost.") { runs, seed, only };
        command.SetAction((line, _) => Execute(line.GetValue(runs), line.GetValue(seed), line.GetValue(only)));
        return command;
    }

    private static async Task<int> Execute(int runs, int seed, Fault? only)
    {
        Console.WriteLine($"seed {seed}");
        var random = new Random(seed);
        string[] work = ["scenarios/troxel-2005.yaml", "--pairs", Pairs.ToString(CultureInfo.InvariantCulture), "--hours", Hours.ToString(CultureInfo.InvariantCulture)];
        string expected = await Expected(work);
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
            long at = random.NextInt64(1, Pairs * Hours * WindowsAnHour * 9 / 10);
            long start = Stopwatch.GetTimestamp();
            await using LocalCluster cluster = LocalCluster.Start();
            Faults.Prepare(cluster, fault);
            await Task.WhenAll(cluster.StartSilo(0), cluster.StartSilo(1));
            RunningProcess Client() => cluster.Run("run", onCluster: true, [.. work, "--pace", Pace.ToString(CultureInfo.InvariantCulture), "--checkpoint", "5", "--name", "chaos"]);
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

    private static async Task<string> Expected(string[] work)
    {
        await using LocalCluster alone = LocalCluster.Start();
        await alone.Run("alone", onCluster: false, work).End();
        return Comparable(alone.ReportOf("alone"));
    }

    // The line that repeats the run names options that this check sets, and they change no result.
    private static string Comparable(string report) => string.Join('\n', report.Split('\n').Where(line => !line.StartsWith("command:", StringComparison.Ordinal)));
}
