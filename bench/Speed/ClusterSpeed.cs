using System.Globalization;
using System.Text.Json;
using Stress.Client;
using Stress.Observability;
using Stress.Tests.Clusters;

namespace Stress.Bench.Speed;

/// <summary>Two silo processes on a Redis of their own, which share this machine's processors as the workers of one embedded silo do.</summary>
internal static class ClusterSpeed
{
    private const int Silos = 2;

    /// <summary>The same run on the embedded silo of a process of its own and on the cluster, in turn; null when there is no redis-server.</summary>
    /// <param name="pairs">Pairs of troxel-2005.</param>
    /// <param name="hours">Virtual hours of each.</param>
    /// <param name="rounds">How often.</param>
    public static async Task<ClusterShareOf[]?> Shares(int pairs, int hours, int rounds)
    {
        LocalCluster started;
        try
        {
            started = LocalCluster.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }

        await using LocalCluster cluster = started;
        for (int silo = 0; silo < Silos; silo++)
        {
            await cluster.StartSilo(silo, Math.Max(1, Environment.ProcessorCount / Silos));
        }

        var shares = new ClusterShareOf[rounds];
        (double before, string digest) = await Run(cluster, "before", onCluster: false, pairs, hours);
        for (int round = 0; round < rounds; round++)
        {
            (double two, string twoDigest) = await Run(cluster, $"cluster-{round}", onCluster: true, pairs, hours);
            (double after, string afterDigest) = await Run(cluster, $"embedded-{round}", onCluster: false, pairs, hours);
            double embedded = (before + after) / 2;
            shares[round] = new(two, embedded, two / embedded, twoDigest == digest && afterDigest == digest);
            before = after;
        }

        return shares;
    }

    // What stress run reports of troxel-2005 in a process of its own.
    private static async Task<(double PairHoursPerSecond, string Digest)> Run(LocalCluster cluster, string name, bool onCluster, int pairs, int hours)
    {
        RunningProcess run = cluster.Run(
            name, onCluster, Path.Combine(Ns3.Root(), "scenarios", "troxel-2005.yaml"), "--pairs", pairs.ToString(CultureInfo.InvariantCulture), "--hours", hours.ToString(CultureInfo.InvariantCulture));
        int code = await run.End();
        if (code is not (ExitCodes.Ok or ExitCodes.ExpectationFailed))
        {
            throw new InvalidOperationException($"stress run ended with {code}: {run.Output}");
        }

        RunReport report = cluster.ReadReport(name).Deserialize<RunReport>(RunFolder.Json)!;
        return (pairs * hours / report.WallSeconds, report.Digest);
    }
}

/// <summary>One round of <see cref="ClusterSpeed.Shares"/>.</summary>
/// <param name="Cluster">Pair-hours a second of wall time on the cluster.</param>
/// <param name="Embedded">On the embedded silo, the mean of the runs before and after.</param>
/// <param name="Share">The first to the second.</param>
/// <param name="SameDigest">Whether all of them gave the same digest.</param>
internal sealed record ClusterShareOf(double Cluster, double Embedded, double Share, bool SameDigest);
