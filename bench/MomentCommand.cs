using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Stress.Bench.Speed;
using Stress.Client;
using Stress.Client.Triage;
using Stress.Contracts.Triage;
using Stress.Emulator.Core;
using Stress.Emulator.Minimise;
using Stress.Emulator.Sites;
using Stress.Scenarios;
using Stress.Tests.Shared;

namespace Stress.Bench;

/// <summary>
/// <c>stress bench moment</c>: crashes of the flagship: for how many the moment it was lost can be named (an event without which no future has this crash, and whose operation the
/// minimal list needs); and
/// how long 200 times 200 futures take.
/// </summary>
internal static class MomentCommand
{
    private const int Points = 200;
    private const double Percent = 95, Seconds = 5;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var crashes = new Option<int>("--crashes") { Description = "Crashes of the flagship.", DefaultValueFactory = _ => 1000 };
        var timed = new Option<int>("--timed") { Description = "Crashes of which 200 steps are timed too, the first ones.", DefaultValueFactory = _ => 5 };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the first run; each has 8 pairs.", DefaultValueFactory = _ => 1 };
        var command = new Command("moment", "The moment a crash was lost: of how many crashes it is named, and how long that takes.") { crashes, timed, seed };
        command.SetAction((line, stop) => Task.Run(() => Measure(line.GetValue(crashes), line.GetValue(timed), line.GetValue(seed), stop), stop));
        return command;
    }

    private static int Measure(int wanted, int timed, ulong seed, CancellationToken stop)
    {
        Machine.Write();

        SiteOptions flagship = ScenarioLoader.Load(Repository.At("scenarios", "troxel-2005.yaml")).Site;
        var causes = new CrashCauses(steps: 1);
        int asked = 0, named = 0;
        var missing = new SortedDictionary<string, int>(StringComparer.Ordinal);
        List<double> times = [], processor = [];
        for (; asked < wanted; seed++)
        {
            SiteOptions options = flagship with { Seed = seed };
            for (uint number = 0; number < 8 && asked < wanted; number++)
            {
                Site site = Site.Create(options, number);
                site.RunUntil(VirtualTime.FromMinutes(180), long.MaxValue);
                foreach (CrashTally crash in site.Crashes)
                {
                    if (asked == wanted)
                    {
                        break;
                    }

                    if (asked++ < timed)
                    {
                        (double wall, double own) = Time(options, number, crash);
                        times.Add(wall);
                        processor.Add(own);
                    }

                    CrashCause cause = causes.Of(options, number, crash, stop) ?? throw new InvalidOperationException($"seed {seed}, site {number}: {crash.Title} does not come again");
                    if (cause is { Moment: not null, Without.Hits: 0 })
                    {
                        named++;
                        continue;
                    }

                    string why = $"{crash.Title}: {(cause.Operations.Count == 0 ? "no operation list has this title" : "no event of the list's without which it never comes")}";
                    missing[why] = missing.GetValueOrDefault(why) + 1;
                    Console.WriteLine($"seed {seed}, site {number}, event {crash.FirstEvent}: {why}");
                }
            }
        }

        double share = 100.0 * named / asked;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{named} of {asked} crashes have a named moment ({share:F1} %, accepted: {Percent} % and more)"));
        foreach ((string why, int count) in missing)
        {
            Console.WriteLine($"  {count} without: {why}");
        }

        if (times.Count > 0)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Points} x {CrashCauses.UsualFutures} futures: {times.Min():F1} to {times.Max():F1} s (accepted: {Seconds} s), {processor.Min():F1} to {processor.Max():F1} s of processors, which does not depend on what else the machine does"));
        }

        return share >= Percent && times.All(time => time <= Seconds) ? ExitCodes.Ok : ExitCodes.ExpectationFailed;
    }

    // Wall time and processor time, in seconds.
    private static (double Wall, double Processor) Time(SiteOptions options, uint number, CrashTally crash)
    {
        using Process own = Process.GetCurrentProcess();
        (long began, TimeSpan before) = (Stopwatch.GetTimestamp(), own.TotalProcessorTime);
        CrashFutures way = CrashFutures.Of(options, number, crash)!;
        IReadOnlyList<FuturePoint> points = way.PointsAt([.. Enumerable.Range(0, Points).Select(i => way.First + ((way.Last - 1 - way.First) * i / (Points - 1))).Distinct()]);
        Parallel.For(0, Points * CrashCauses.UsualFutures, i => way.Execute(points[i % points.Count], (ulong)(i / points.Count) + 1));
        own.Refresh();
        return (Stopwatch.GetElapsedTime(began).TotalSeconds, (own.TotalProcessorTime - before).TotalSeconds);
    }
}
