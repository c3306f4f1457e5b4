using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;

namespace Stress.Observability.Instruments;

/// <summary>
/// Exports the exact totals of runs. Nothing is summed here: an instrument reports the counters of the latest snapshot, so a repeated window, a repeated snapshot or a silo that
/// takes over a run changes nothing.
/// </summary>
public sealed class RunMetrics
{
    private static readonly TimeSpan KeepFinished = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<string, Exported> _runs = new(StringComparer.Ordinal);
    private readonly TimeProvider _clock;

    /// <param name="meter">The meter <see cref="MetricCatalogue.MeterName"/>.</param>
    /// <param name="clock">Says when a crash was first and last seen.</param>
    public RunMetrics(Meter meter, TimeProvider clock)
    {
        _clock = clock;
        Counter(meter, MetricCatalogue.RunCrashes, e => e.Snapshot.Crashes.Select(c => Measure(e, c.Count, c.Path, e.Snapshot.Counters.NameOf(c.Role))));
        Gauge(meter, MetricCatalogue.RunIndependent, e => e.Snapshot.Crashes.Select(c => Measure(e, c.Independent, c.Path, e.Snapshot.Counters.NameOf(c.Role))));
        foreach ((CounterInfo counter, MetricInfo metric) in MetricCatalogue.Counters)
        {
            Action<Meter, MetricInfo, Func<Exported, IEnumerable<Measurement<double>>>> create = metric.Kind == MetricKind.Gauge ? Gauge : Counter;
            create(meter, metric, e => Counted(e, counter));
        }

        Gauge(meter, MetricCatalogue.RunVirtualTime, e => [Measure(e, e.Snapshot.PairHours * 3600 / e.Snapshot.Pairs)]);
        Counter(meter, MetricCatalogue.RunPairSeconds, e => [Measure(e, e.Snapshot.PairHours * 3600)]);
        Counter(meter, MetricCatalogue.RunWindows, e => [Measure(e, e.Snapshot.Windows)]);
        Gauge(meter, MetricCatalogue.RunSitesPlanned, e => [Measure(e, e.Snapshot.SitesPlanned)]);
        Gauge(meter, MetricCatalogue.RunSitesDone, e => [Measure(e, e.Snapshot.SitesDone)]);
        Gauge(meter, MetricCatalogue.RunSitesFailed, e => [Measure(e, e.Snapshot.SitesFailed)]);
        Gauge(meter, MetricCatalogue.RunSitesLost, e => [Measure(e, e.Snapshot.SitesLost)]);
        Gauge(meter, MetricCatalogue.RunPaceLag, e => [Measure(e, e.Snapshot.PaceLag.TotalSeconds)]);
        Gauge(meter, MetricCatalogue.RunPace, e => [Measure(e, e.Snapshot.Pace)]);
        Gauge(meter, MetricCatalogue.RunWallTime, e => [Measure(e, e.Snapshot.Wall.TotalSeconds)]);
        Gauge(meter, MetricCatalogue.RunActive, e => [Measure(e, e.Snapshot.Active ? 1 : 0)]);
        Gauge(meter, MetricCatalogue.RunFirstCrash, e => e.Seen.Select(s => Measure(e, s.Value.First, s.Key.Path, e.Snapshot.Counters.NameOf(s.Key.Role))));
        Gauge(meter, MetricCatalogue.RunLastCrash, e => e.Seen.Select(s => Measure(e, s.Value.Last, s.Key.Path, e.Snapshot.Counters.NameOf(s.Key.Role))));
        Gauge(meter, MetricCatalogue.RunReported, e => Bands(e, b => b.Reported));
        Gauge(meter, MetricCatalogue.RunExpectedMin, e => Bands(e, b => b.Min));
        Gauge(meter, MetricCatalogue.RunExpectedMax, e => Bands(e, b => b.Max));
    }

    /// <summary>Makes a snapshot the exported one. An older snapshot of the same run (fewer windows) is ignored; a run that finished an hour ago is removed.</summary>
    public void Publish(RunSnapshot snapshot)
    {
        double now = _clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        foreach ((string run, Exported old) in _runs)
        {
            // Otherwise a silo that runs for months would export every run that it ever had.
            if (old.Snapshot.Finished && now - old.At > KeepFinished.TotalSeconds)
            {
                Forget(run);
            }
        }

        _runs.AddOrUpdate(
            snapshot.Labels.Run,
            _ => new Exported(snapshot, now, Seen(new Dictionary<(string, Role), (long, double, double)>(), snapshot, now)),
            (_, before) => snapshot.Windows < before.Snapshot.Windows ? before : new Exported(snapshot, now, Seen(before.Seen, snapshot, now)));
    }

    /// <summary>Stops exporting a run. Unknown runs are not an error.</summary>
    public void Forget(string run) => _runs.TryRemove(run, out _);

    private static Dictionary<(string Path, Role Role), (long Count, double First, double Last)> Seen(
        IReadOnlyDictionary<(string Path, Role Role), (long Count, double First, double Last)> before, RunSnapshot snapshot, double now)
    {
        var seen = before.ToDictionary();
        foreach (PathCount c in snapshot.Crashes.Where(c => c.Count > 0))
        {
            (string, Role) key = (c.Path, c.Role);
            seen[key] = seen.TryGetValue(key, out (long Count, double First, double Last) old)
                ? (c.Count, old.First, c.Count > old.Count ? now : old.Last)
                : (c.Count, now, now);
        }

        return seen;
    }

    private static IEnumerable<Measurement<double>> Counted(Exported e, CounterInfo counter)
    {
        NodeCounters counters = e.Snapshot.Counters;
        return counter.OfSite
            ? [Measure(e, counter.In(counters.OfSite()))]
            : counters.Labels.Select((label, node) => Measure(e, counter.In(counters[node]), null, label));
    }

    private static IEnumerable<Measurement<double>> Bands(Exported e, Func<PathBand, double?> pick) =>
        e.Snapshot.Bands.Where(b => pick(b) is not null).Select(b => Measure(e, pick(b)!.Value, b.Path, e.Snapshot.Counters.NameOf(b.Role)));

    private static Measurement<double> Measure(Exported e, double value, string? path = null, string? role = null)
    {
        var tags = new List<KeyValuePair<string, object?>>(6)
        {
            new("run", e.Snapshot.Labels.Run),
            new("scenario", e.Snapshot.Labels.Scenario),
            new("design", e.Snapshot.Labels.Design),
            new("backend", e.Snapshot.Labels.Backend),
        };
        if (path is not null)
        {
            tags.Add(new("path", path));
        }

        if (role is not null)
        {
            tags.Add(new("role", role));
        }

        return new Measurement<double>(value, tags);
    }

    private void Counter(Meter meter, MetricInfo info, Func<Exported, IEnumerable<Measurement<double>>> read) =>
        meter.CreateObservableCounter(info.Instrument, () => _runs.Values.SelectMany(read), null, info.Help);

    private void Gauge(Meter meter, MetricInfo info, Func<Exported, IEnumerable<Measurement<double>>> read) =>
        meter.CreateObservableGauge(info.Instrument, () => _runs.Values.SelectMany(read), null, info.Help);

    private sealed record Exported(RunSnapshot Snapshot, double At, IReadOnlyDictionary<(string Path, Role Role), (long Count, double First, double Last)> Seen);
}
