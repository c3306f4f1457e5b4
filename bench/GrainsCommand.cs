using System.CommandLine;
using Stress.Bench.Speed;

namespace Stress.Bench;

/// <summary><c>grains</c>: how much of the bare executor's speed is left in a run through the grains of an embedded silo, round by round.</summary>
internal static class GrainsCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var pairs = new Option<int>("--pairs") { Description = "Pairs of troxel-2005.", DefaultValueFactory = _ => 2_000 };
        var windows = new Option<int>("--windows") { Description = "Windows that each executes.", DefaultValueFactory = _ => 72 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds, after one to warm up.", DefaultValueFactory = _ => 5 };
        var command = new Command("grains", "The grains of an embedded silo, compared with the executor on one thread.") { pairs, windows, rounds };
        command.SetAction(async (line, _) =>
        {
            GrainShare[] shares = await GrainSpeed.Shares(Work.Troxel(), line.GetValue(pairs), line.GetValue(windows), line.GetValue(rounds));
            Console.WriteLine("pair-hours/s   of one thread each: wall  processor  bare threads   collections  pause  bytes a site");
            foreach (GrainShare share in shares)
            {
                Console.WriteLine(
                    $"{share.Speed,12:n0} {share.Wall,28:p0} {share.Processor,10:p0} {share.Bare,13:p0} {share.Collections,13:n0} {share.Pause,6:p0} {share.BytesASite,13:n0}{(share.SameDigest ? "" : "   DIGEST DIFFERS")}");
            }

            return shares.All(share => share.SameDigest) ? Client.ExitCodes.Ok : Client.ExitCodes.NotDeterministic;
        });
        return command;
    }
}
