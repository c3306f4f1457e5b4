using Orleans.Runtime;
using Stress.Contracts;
using Stress.Contracts.Triage;
using Stress.Silo;

namespace Stress.Client.Triage;

/// <summary>Asks silos for their state and what each of them holds.</summary>
public static class SiloView
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(4);

    /// <summary>The silos of a cluster, or the one in this process, and the runs that they know.</summary>
    /// <param name="host">How they are reached.</param>
    /// <param name="where">Where that is, in words.</param>
    public static async Task<SilosState> Of(IRunHost host, string where)
    {
        IReadOnlyList<SiloFacts> facts = await host.Silos();
        IReadOnlyList<SimpleGrainStatistic> grains = await Grains(host);
        IReadOnlyList<RunEntry> runs = host.IsCluster ? await host.Grains.GetGrain<IRunIndexGrain>(IRunIndexGrain.Key).List() : [];
        return new SilosState(
            where,
            [.. facts.Select(silo => StateOf(silo, grains.Where(grain => facts.Count == 1 || silo.Silo.Contains(grain.SiloAddress.Endpoint.ToString(), StringComparison.Ordinal))))],
            await Task.WhenAll(runs.Select(run => RowOf(host, run))));
    }

    // The list has a run's progress when it started or ended; a run in progress is asked itself.
    private static async Task<ClusterRunRow> RowOf(IRunHost host, RunEntry run)
    {
        ShardProgress at = run.Progress;
        try
        {
            if (run.Phase.IsUnfinished() && run.Build?.Shares(BuildStamp.Current) == true)
            {
                at = await host.Grains.GetGrain<IRunGrain>(run.RunId).Progress().WaitAsync(Longest);
            }
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            // It is on a silo that hangs: only what the list has is known.
        }

        return new ClusterRunRow(run.RunId, run.Started, run.Phase.ToString().ToLowerInvariant(), at.Planned, at.Done, at.Failed + at.Lost);
    }

    private static SiloRow StateOf(SiloFacts silo, IEnumerable<SimpleGrainStatistic> grains) => new(
        silo.Silo, !silo.Answers ? "no answer" : silo.Leaving ? "leaving" : "active", silo.Workers, silo.Shards, silo.Routers, silo.MostRouters, silo.MemoryBytes, silo.PeakMemoryBytes,
        silo.Build is { } build ? build.Commit.Length > 0 ? build.Commit[..Math.Min(12, build.Commit.Length)] : build.Version : "",
        [
            .. grains.Select(grain => (Name: NameOf(grain.GrainType), grain.ActivationCount)).Where(grain => grain.Name.Length > 0).GroupBy(grain => grain.Name)
                .Select(kind => new GrainCount(kind.Key, kind.Sum(grain => grain.ActivationCount))).OrderByDescending(kind => kind.Count).ThenBy(kind => kind.Kind, StringComparer.Ordinal),
        ]);

    // Only grains of ours say what a silo does for a run.
    private static string NameOf(string type)
    {
        string full = type.Split(',')[0];
        return full.StartsWith("Stress.", StringComparison.Ordinal) ? full[(full.LastIndexOf('.') + 1)..] : "";
    }

    private static async Task<IReadOnlyList<SimpleGrainStatistic>> Grains(IRunHost host)
    {
        try
        {
            return await host.Grains.GetGrain<IManagementGrain>(0).GetSimpleGrainStatistics().WaitAsync(Longest);
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            // A silo that hangs is listed as not answering.
            return [];
        }
    }
}
