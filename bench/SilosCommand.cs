using System.CommandLine;
using Stress.Bench.Speed;

namespace Stress.Bench;

/// <summary><c>silos</c>: two silo processes on a Redis of their own, compared with the embedded silo, run by run.</summary>
internal static class SilosCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var pairs = new Option<int>("--pairs") { Description = "Pairs of troxel-2005.", DefaultValueFactory = _ => 4_000 };
        var hours = new Option<int>("--hours") { Description = "Virtual hours of each.", DefaultValueFactory = _ => 12 };
        var rounds = new Option<int>("--rounds") { Description = "Runs on the cluster, each between two on the embedded silo.", DefaultValueFactory = _ => 3 };
        var command = new Command("silos", "Two silo processes on Redis, compared with one embedded silo.") { pairs, hours, rounds };
        command.SetAction(async (line, _) =>
        {
            ClusterShareOf[]? shares = await ClusterSpeed.Shares(line.GetValue(pairs), line.GetValue(hours), line.GetValue(rounds));
            if (shares is null)
            {
                Console.Error.WriteLine("stress: redis-server is missing; accepted is one on the PATH (Debian package redis-server)");
                return Client.ExitCodes.Usage;
            }

            Console.WriteLine("pair-hours/s: cluster  embedded  share");
            foreach (ClusterShareOf share in shares)
            {
                Console.WriteLine($"{share.Cluster,21:n0} {share.Embedded,9:n0} {share.Share,6:p0}{(share.SameDigest ? "" : "   DIGESTS DIFFER")}");
            }

            return shares.All(share => share.SameDigest) ? Client.ExitCodes.Ok : Client.ExitCodes.NotDeterministic;
        });
        return command;
    }
}
