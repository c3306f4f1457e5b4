using System.Diagnostics.Metrics;
using Prometheus;

namespace Stress.Observability.Instruments;

/// <summary>
/// Exports the counters of meters to Prometheus as counters: prometheus-net's own adapter makes gauges of them. A counter's name ends in <c>_total</c>, as Prometheus
/// wants it.
/// </summary>
internal sealed class MeterCounters : IDisposable
{
    private const string Suffix = "_total";
    private readonly Lock _lock = new();
    private readonly MeterListener _listener = new();
    private readonly IMetricFactory _factory;
    private readonly Dictionary<Series, Exported> _series = [];
    private long _round;

    /// <param name="registry">Where the counters are exported.</param>
    /// <param name="accepts">Which instruments to export, if they are counters.</param>
    public MeterCounters(CollectorRegistry registry, Func<Instrument, bool> accepts)
    {
        _factory = Metrics.WithCustomRegistry(registry);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (IsCounter(instrument) && accepts(instrument))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<byte>((i, value, tags, _) => Measured(i, value, tags));
        _listener.SetMeasurementEventCallback<short>((i, value, tags, _) => Measured(i, value, tags));
        _listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Measured(i, value, tags));
        _listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Measured(i, value, tags));
        _listener.SetMeasurementEventCallback<float>((i, value, tags, _) => Measured(i, value, tags));
        _listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Measured(i, value, tags));
        _listener.SetMeasurementEventCallback<decimal>((i, value, tags, _) => Measured(i, (double)value, tags));
        _listener.Start();
        registry.AddBeforeCollectCallback(Observe);
    }

    /// <summary>True for an instrument whose value never falls: <see cref="Counter{T}"/> and <see cref="ObservableCounter{T}"/>.</summary>
    public static bool IsCounter(Instrument instrument) =>
        instrument.GetType() is { IsGenericType: true } type
        && (type.GetGenericTypeDefinition() == typeof(Counter<>) || type.GetGenericTypeDefinition() == typeof(ObservableCounter<>));

    /// <summary>The name of an instrument's counter at <c>/metrics</c>.</summary>
    public static string NameOf(Instrument instrument)
    {
        string name = Legal($"{instrument.Meter.Name}_{instrument.Name}").ToLowerInvariant();
        return name.EndsWith(Suffix, StringComparison.Ordinal) ? name : name + Suffix;
    }

    /// <summary>Stops listening; what was exported stays as it is.</summary>
    public void Dispose() => _listener.Dispose();

    // Reads the observable instruments, and drops the series that they no longer report: those of a run that is no longer exported.
    private void Observe()
    {
        lock (_lock)
        {
            _round++;
            _listener.RecordObservableInstruments();
            foreach ((Series series, Exported gone) in _series.Where(s => s.Value.Round is { } round && round < _round).ToList())
            {
                gone.Counter.RemoveLabelled(gone.Labels);
                _series.Remove(series);
            }
        }
    }

    private void Measured(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        (string[] names, string[] labels) = Labels(tags);
        lock (_lock)
        {
            var key = new Series(instrument, string.Join('\n', names), string.Join('\n', labels));
            if (!_series.TryGetValue(key, out Exported? series))
            {
                Counter counter = _factory.CreateCounter(NameOf(instrument), Help(instrument), names);
                _series[key] = series = new Exported(counter, labels);
            }

            if (!instrument.IsObservable)
            {
                series.Counter.WithLabels(labels).Inc(value);
                return;
            }

            // An observable counter reports its total. One that decreased has started again, as after a restart.
            if (series.Counter.WithLabels(labels).Value > value)
            {
                series.Counter.RemoveLabelled(labels);
            }

            series.Counter.WithLabels(labels).IncTo(value);
            series.Round = _round;
        }
    }

    // Prometheus requires a help text; Orleans has none.
    private static string Help(Instrument instrument) => instrument.Description is { Length: > 0 } text ? text : $"{instrument.Name} of the meter {instrument.Meter.Name}.";

    private static (string[] Names, string[] Values) Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string[] names = new string[tags.Length], values = new string[tags.Length];
        for (int i = 0; i < tags.Length; i++)
        {
            names[i] = Legal(tags[i].Key);
            values[i] = Convert.ToString(tags[i].Value, System.Globalization.CultureInfo.InvariantCulture) ?? "";
        }

        return (names, values);
    }

    private static string Legal(string name) => string.Create(name.Length, name, static (legal, from) =>
    {
        for (int i = 0; i < legal.Length; i++)
        {
            legal[i] = char.IsAsciiLetterOrDigit(from[i]) ? from[i] : '_';
        }
    });

    private readonly record struct Series(Instrument Instrument, string Names, string Values);

    private sealed class Exported(Counter counter, string[] labels)
    {
        public Counter Counter { get; } = counter;

        public string[] Labels { get; } = labels;

        // The scrape at which it was last reported; null for an instrument that is not observable.
        public long? Round { get; set; }
    }
}
