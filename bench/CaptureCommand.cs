using System.CommandLine;
using System.Diagnostics;
using Stress.Client.Capture;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Scenarios;
using Stress.Tests.Shared;

namespace Stress.Bench;

/// <summary>
/// <c>capture</c>: writes every frame of a run as pcapng and has the real tshark dissect it: no malformed packet, no wrong checksum, every protocol present.
/// </summary>
public static class CaptureCommand
{
    private static readonly string[] Expected = ["PPP LCP", "PPP IPCP", "PPP IPV6CP", "PPP PAP", "PPP CHAP", "OSPF", "RIPng", "IGMPv2", "ICMPv6"];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var hours = new Option<int>("--pair-hours") { Description = "Pair-hours in all (default 1000).", DefaultValueFactory = _ => 1_000 };
        var command = new Command("capture", "Capture a run and dissect it with tshark.") { hours };
        command.SetAction((line, stop) => Task.FromResult(Execute(line.GetValue(hours), stop)));
        return command;
    }

    // Two files of half the sites each: tshark uses one processor.
    private static int Execute(int pairHours, CancellationToken stop)
    {
        const int Hours = 12;
        Scenario scenario = ScenarioLoader.Load(Repository.At("scenarios", "authenticated.yaml"));
        int sites = (pairHours + Hours - 1) / Hours, half = (sites + 1) / 2;
        int windows = (int)(VirtualTime.FromHours(Hours).Microseconds / scenario.Site.Window.Microseconds);
        string folder = Directory.CreateTempSubdirectory("stress-capture-").FullName;
        try
        {
            long start = Stopwatch.GetTimestamp();
            (int First, int Count)[] parts = [.. new[] { (0, half), (half, sites - half) }.Where(part => part.Item2 > 0)];
            string[] files = [.. parts.Select((_, i) => Path.Combine(folder, $"{i}.pcapng"))];
            long written = 0;
            Parallel.For(0, parts.Length, i => Interlocked.Add(ref written, RunCapture.Write(files[i], scenario.Site, parts[i].First, parts[i].Count, windows, stop).Frames));
            TimeSpan captured = Stopwatch.GetElapsedTime(start);
            start = Stopwatch.GetTimestamp();
            TsharkSummary[] summaries = new TsharkSummary[parts.Length];
            Parallel.For(0, parts.Length, i => summaries[i] = Tshark.Dissect(files[i]));
            TimeSpan dissected = Stopwatch.GetElapsedTime(start);
            long frames = summaries.Sum(s => s.Frames);
            string[] problems = [.. summaries.SelectMany(s => s.Problems)];
            var protocols = summaries.SelectMany(s => s.Protocols).GroupBy(p => p.Key).ToDictionary(g => g.Key, g => g.Sum(p => p.Value));
            Console.WriteLine($"{sites * Hours:#,0} pair-hours, {frames:#,0} frames ({files.Sum(f => new FileInfo(f).Length) / 1e6:0.0} MB), {summaries.Sum(s => s.Comments):#,0} with comments");
            Console.WriteLine($"captured in {captured.TotalSeconds:0.0} s, dissected by tshark in {dissected.TotalSeconds:0.0} s");
            foreach ((string protocol, long count) in protocols.OrderByDescending(p => p.Value))
            {
                Console.WriteLine($"{protocol,-12} {count,9:#,0}");
            }

            string[] missing = [.. Expected.Where(p => !protocols.ContainsKey(p))];
            bool mld = summaries.Any(s => s.IcmpV6Types.ContainsKey("131"));
            Console.WriteLine($"{problems.Length} malformed or with a wrong checksum; missing: {(missing.Length == 0 ? "none" : string.Join(", ", missing))}; MLD reports: {(mld ? "yes" : "none")}");
            foreach (string problem in problems.Take(10))
            {
                Console.WriteLine(problem);
            }

            return problems.Length == 0 && missing.Length == 0 && mld && frames == written ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
