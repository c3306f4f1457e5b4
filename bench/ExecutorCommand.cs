using System.CommandLine;
using Stress.Bench.Speed;
using Stress.Emulator.Sites;

namespace Stress.Bench;

/// <summary><c>executor</c>: the site executor and nothing else, for profiling.</summary>
internal static class ExecutorCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var pairs = new Option<int>("--pairs") { Description = "Pairs of troxel-2005.", DefaultValueFactory = _ => 400 };
        var windows = new Option<int>("--windows") { Description = "Windows that each executes.", DefaultValueFactory = _ => 72 };
        var noSkip = new Option<bool>("--no-skip") { Description = "Execute quiet stretches event by event." };
        var noOracle = new Option<bool>("--no-oracle") { Description = "Without the oracle." };
        var command = new Command("executor", "Execute troxel-2005 on one thread, without Orleans.") { pairs, windows, noSkip, noOracle };
        command.SetAction(async (line, _) =>
        {
            SiteOptions options = Work.Troxel() with { SkipQuiet = !line.GetValue(noSkip), Oracle = !line.GetValue(noOracle) };
            Measurement measured = await Executor.SiteBySite(options, line.GetValue(pairs), line.GetValue(windows));
            Console.WriteLine(
                $"{measured.PairHours:n0} pair-hours, {measured.Events:n0} events in {measured.Processor.TotalSeconds:0.00} s of a core, compilation included: {measured.SpeedPerCore:n0} pair-hours/s, digest {measured.Digest:x16}");
            return 0;
        });
        return command;
    }
}
