using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Stress.Tests.Clusters;

namespace Stress.Bench;

/// <summary><c>stress bench pause</c>: a run on two silo processes is paused, looked at and resumed by the real commands; what the silos use meanwhile, and whether it ends as it should.</summary>
internal static class PauseCommand
{
    /// <summary>What a paused run may add to the processor time of a silo, of one core.</summary>
    private const double MostOfACore = 0.02;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var pairs = new Option<int>("--pairs") { Description = "Pairs of the run.", DefaultValueFactory = _ => 20_000 };
        var hours = new Option<int>("--hours") { Description = "Virtual hours.", DefaultValueFactory = _ => 2 };
        var seconds = new Option<int>("--seconds") { Description = "Length of the pause.", DefaultValueFactory = _ => 5 };
        var command = new Command("pause", "Pause, status and resume on two silo processes: what a paused run costs, and its result.") { pairs, hours, seconds };
        command.SetAction((line, _) => Execute(line.GetValue(pairs), line.GetValue(hours), line.GetValue(seconds)));
        return command;
    }

    private static async Task<int> Execute(int pairs, int hours, int seconds)
    {
        string[] work = ["scenarios/troxel-2005.yaml", "--pairs", pairs.ToString(CultureInfo.InvariantCulture), "--hours", hours.ToString(CultureInfo.InvariantCulture)];
        await using LocalCluster cluster = LocalCluster.Start();
        RunningProcess[] silos = [await cluster.StartSilo(0), await cluster.StartSilo(1)];
        double[] atRest = await Cores(silos, seconds * 4);
        RunningProcess run = cluster.Run("paused", onCluster: true, work);
        await cluster.Reached("paused", 1);
        string name = cluster.RunName("paused")!;
        await Say("pause");

        // Work in progress is done by the end of the next command; the runtime finishes compiling a few seconds later.
        await Say("status");
        double[] atOnce = await Cores(silos, seconds), settled = atOnce;
        for (int tries = 0; tries < 6 && !Idle(settled); tries++)
        {
            settled = await Cores(silos, seconds);
        }

        await Say("status");
        await Say("resume");
        int code = await run.End(Timeout.InfiniteTimeSpan);
        await cluster.Run("undisturbed", onCluster: true, work).End(Timeout.InfiniteTimeSpan);
        bool same = cluster.ReportOf("paused") == cluster.ReportOf("undisturbed"), idle = Idle(settled);
        Console.WriteLine($"silos without a run {Words(atRest)} of a core, paused {Words(atOnce)} at once and {Words(settled)} later (accepted: less than {Words([MostOfACore])} above a silo without a run){(idle ? "" : ": TOO MUCH")}");
        Console.WriteLine($"the run ended with exit code {code} and {(same ? "the report of the undisturbed run" : "ANOTHER REPORT: " + run.Output)}");
        return same && idle ? 0 : 1;

        bool Idle(double[] cores) => cores.Zip(atRest).All(silo => silo.First - silo.Second < MostOfACore);

        async Task Say(string what)
        {
            long asked = Stopwatch.GetTimestamp();
            RunningProcess told = cluster.Stress(what, name, "--cluster", cluster.Address);
            int answer = await told.End();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"$ ./stress {what} {name}   (exit code {answer}, {Stopwatch.GetElapsedTime(asked).TotalSeconds:0.0} s)"));
            Console.WriteLine(told.Output.TrimEnd());
        }
    }

    /// <summary>Processor time of each of some processes over a time, in cores.</summary>
    private static async Task<double[]> Cores(RunningProcess[] processes, int seconds)
    {
        TimeSpan[] before = [.. processes.Select(process => process.ProcessorTime)];
        long start = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return [.. processes.Select((process, i) => (process.ProcessorTime - before[i]).TotalSeconds / elapsed)];
    }

    private static string Words(double[] cores) => string.Join(" and ", cores.Select(core => core.ToString("0.0 %", CultureInfo.InvariantCulture)));
}
