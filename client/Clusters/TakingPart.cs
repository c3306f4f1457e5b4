using Stress.Contracts;
using Stress.Observability;
using Stress.Silo;

namespace Stress.Client.Clusters;

/// <summary>Which silos of a cluster take part in a run of this build.</summary>
internal static class TakingPart
{
    /// <summary>The workers of the silos that take part: those that read what this build writes. The others are named.</summary>
    /// <exception cref="ClusterUnavailableException">None of those that answer does.</exception>
    public static (int Workers, IReadOnlyList<string> Apart) Of(IReadOnlyList<SiloFacts> silos, RedisAddress cluster, string? design = null)
    {
        SiloFacts[] answering = [.. silos.Where(silo => silo.Answers)];
        List<string> apart = [];
        int workers = 0;
        foreach (SiloFacts silo in answering)
        {
            if (BuildStamp.Current.Refusal(silo.Build) is not { } refusal)
            {
                workers += silo.Workers;
            }
            else
            {
                apart.Add($"stress: silo {silo.Silo} takes no part: it is {refusal}");
            }
        }

        // A library is never sent: every silo that may execute a site must have it.
        string[] without = design is null ? [] : [.. answering.Where(silo => BuildStamp.Current.Refusal(silo.Build) is null && !silo.Designs.Contains(design)).Select(silo => silo.Silo)];
        if (without.Length > 0)
        {
            throw new ClusterUnavailableException(
                $"design {design}: not known to {Counted.Of(without.Length, "silo")} of {cluster} ({string.Join(", ", without)}); accepted is the same library in the directory that every silo was given with --designs");
        }

        return apart.Count < answering.Length || answering.Length == 0 ? (Math.Max(1, workers), apart) : throw new ClusterUnavailableException(
            $"no silo of {cluster} reads what this build writes; accepted is a cluster with a silo of {BuildStamp.Current.Words}");
    }
}
