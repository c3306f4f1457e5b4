using Stress.Contracts;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Observability.Instruments;

namespace Stress.Grains;

/// <summary>Turns a run's progress into the totals that metrics export and live views show.</summary>
/// <param name="plan">The run.</param>
/// <param name="started">Wall time of its start.</param>
/// <param name="metrics">Exports the totals; a run without telemetry is not exported.</param>
/// <param name="clock">Wall time.</param>
public sealed class RunPublisher(RunPlan plan, DateTimeOffset started, RunMetrics metrics, TimeProvider clock)
{
    private const double MicrosecondsPerHour = 3_600_000_000;
    private TimeSpan? _took;

    /// <summary>Exports the run's progress.</summary>
    public void Publish(ShardProgress progress)
    {
        if (plan.Telemetry is not null)
        {
            metrics.Publish(Snapshot(progress));
        }
    }

    /// <summary>Where the run is.</summary>
    public RunSnapshot Snapshot(ShardProgress progress)
    {
        TimeSpan wall = clock.GetUtcNow() - started;
        if (progress.Finished)
        {
            wall = _took ??= wall;
        }

        LiveCounts counts = progress.Counts ?? LiveCounts.Of(plan);
        NodeCounters counters = counts.Counters.Copy();
        counters.OfSite().Events = progress.Counters.Events;
        PathBand[] bands = plan.Telemetry?.Bands ?? [];
        int pairsOfSite = plan.Site.Topology.Links.Count;
        double hoursOfWindow = plan.Site.Window.Microseconds / MicrosecondsPerHour;
        return new RunSnapshot
        {
            Labels = plan.Labels,
            Crashes = Crashes(counts, bands),
            Counters = counters,
            Windows = progress.Windows,
            WindowsPlanned = (long)plan.Windows * plan.Sites,
            Pairs = (long)plan.Sites * pairsOfSite,
            PairHours = progress.Windows * hoursOfWindow * pairsOfSite,
            HoursPlanned = plan.Windows * hoursOfWindow,
            SitesPlanned = progress.Planned,
            SitesDone = progress.Done,
            SitesFailed = progress.Failed,
            SitesLost = progress.Lost,
            Paused = progress.Paused,
            Finished = progress.Finished,
            Wall = wall,
            Pace = plan.Pace,
            PaceLag = progress.PaceLag,
            Bands = bands,
        };
    }

    // The two paths of the 2005 mail and those with a band are exported from the beginning: zero is an answer too.
    private static List<PathCount> Crashes(LiveCounts counts, PathBand[] bands)
    {
        var sum = new SortedDictionary<(string Path, Role Role), long>();
        foreach (string path in bands.Select(band => band.Path).Append(CodePath.Membership).Append(CodePath.In6SelectHlim))
        {
            foreach (Role role in counts.Counters.Roles)
            {
                sum[(path, role)] = 0;
            }
        }

        foreach ((CrashKey key, long count) in counts.Crashes)
        {
            (string, Role) path = (key.Path, key.Role);
            sum[path] = sum.GetValueOrDefault(path) + count;
        }

        return [.. sum.Select(path => new PathCount(
            path.Key.Path, path.Key.Role, path.Value, ClusterInterval.EffectiveTrials(counts.Rates[path.Key.Path, counts.Counters.NameOf(path.Key.Role)])))];
    }
}
