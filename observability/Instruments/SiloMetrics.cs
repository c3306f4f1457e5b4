using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Stress.Observability.Instruments;

/// <summary>Counts what one silo does, for rates. Work that is repeated is counted each time: totals of a run are <see cref="RunMetrics"/>.</summary>
/// <param name="meter">The meter <see cref="MetricCatalogue.MeterName"/>.</param>
public sealed class SiloMetrics(Meter meter)
{
    private readonly Counter<long> _windows = Counter(meter, MetricCatalogue.SiloWindows);
    private readonly Counter<long> _rerun = Counter(meter, MetricCatalogue.SiloWindowsRerun);
    private readonly Counter<long> _events = Counter(meter, MetricCatalogue.SiloEvents);
    private readonly Counter<long> _checkpointBytes = Counter(meter, MetricCatalogue.SiloCheckpointBytes);
    private readonly Histogram<double> _checkpointSeconds = meter.CreateHistogram<double>(
        MetricCatalogue.SiloCheckpointSeconds.Instrument, null, MetricCatalogue.SiloCheckpointSeconds.Help);

    /// <summary>Windows were executed.</summary>
    /// <param name="labels">The run.</param>
    /// <param name="windows">How many.</param>
    /// <param name="rerun">How many of them had been executed before.</param>
    /// <param name="events">Events in them.</param>
    public void Executed(RunLabels labels, long windows, long rerun, long events)
    {
        TagList tags = Tags(labels);
        _windows.Add(windows, tags);
        _rerun.Add(rerun, tags);
        _events.Add(events, tags);
    }

    /// <summary>A checkpoint was written.</summary>
    public void Checkpoint(RunLabels labels, TimeSpan took, long bytes)
    {
        TagList tags = Tags(labels);
        _checkpointSeconds.Record(took.TotalSeconds, tags);
        _checkpointBytes.Add(bytes, tags);
    }

    /// <summary>The certificate that the silo presents to peers.</summary>
    /// <param name="notAfter">When the current one expires; evaluated at each scrape.</param>
    public void Certificate(Func<DateTimeOffset> notAfter) =>
        meter.CreateObservableGauge(MetricCatalogue.SiloCertificate.Instrument, () => notAfter().ToUnixTimeSeconds(), null, MetricCatalogue.SiloCertificate.Help);

    private static Counter<long> Counter(Meter meter, MetricInfo info) => meter.CreateCounter<long>(info.Instrument, null, info.Help);

    private static TagList Tags(RunLabels labels) => new() { { "run", labels.Run }, { "scenario", labels.Scenario }, { "design", labels.Design }, { "backend", labels.Backend } };
}
