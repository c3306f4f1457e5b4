using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Observability.Instruments;
using Xunit;

namespace Stress.Grains.Tests;

/// <summary>A counter is declared once: whatever is declared is summed, crosses, and is shown.</summary>
public sealed class CountersTests
{
    private static readonly Serializer Wire = new ServiceCollection()
        .AddSerializer(serializer => serializer.AddAssembly(typeof(RunPlan).Assembly)).BuildServiceProvider().GetRequiredService<Serializer>();

    [Fact]
    public void Every_declared_counter_is_summed_and_taken_away_again()
    {
        NodeCounters sum = Numbered();
        sum.Add(Numbered());
        foreach (CounterInfo counter in CounterInfo.All)
        {
            Assert.Equal(2 * Number(counter, 0), counter.In(sum[0]));
            Assert.Equal(2 * Number(counter, 1), counter.In(sum[1]));
            Assert.Equal(2 * Number(counter, 2), counter.In(sum.OfSite()));
            Assert.Equal(counter.In(sum[0]) + counter.In(sum[1]) + counter.In(sum.OfSite()), counter.In(sum.Total));
        }

        sum.Subtract(Numbered());
        Assert.Equal(Numbered().Rows.ToArray(), sum.Rows.ToArray());
        Assert.Throws<ArgumentException>(() => sum.Add(new NodeCounters(["called"])));
    }

    [Fact]
    public void Every_declared_counter_crosses_with_the_label_of_its_node()
    {
        NodeCounters one = Numbered(), two = Numbered(["hub", "spoke"]);
        Assert.Equal(one.Rows.ToArray(), Cross(one).Rows.ToArray());
        Assert.Same(PairTopology.Labels, Cross(one).Labels);
        Assert.Equal(two.Rows.ToArray(), Cross(two).Rows.ToArray());
        Assert.Equal(["hub", "spoke"], Cross(two).Labels);
        Assert.Equal(one.Total, Cross(one.Total));
        Assert.Equal(one.Rows.ToArray(), Cross(new SiteTally { Counters = one }).Counters.Rows.ToArray());
    }

    [Fact]
    public void Counters_that_another_build_declared_are_refused()
    {
        var surrogate = Contracts.Surrogates.CountersSurrogate.Of(Numbered().Rows);
        surrogate.Declared++;
        var e = Assert.Throws<InvalidDataException>(() => surrogate.To(new Counters[3]));
        Assert.StartsWith("counters of another build", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_declared_counter_is_in_a_report_by_its_name_and_comes_back()
    {
        NodeCounters counters = Numbered();
        using JsonDocument json = JsonDocument.Parse(JsonSerializer.Serialize(counters, RunFolder.Json));
        Assert.Equal(CounterInfo.All.Select(counter => counter.Name), json.RootElement.EnumerateObject().Select(property => property.Name));
        foreach (CounterInfo counter in CounterInfo.All)
        {
            JsonElement value = json.RootElement.GetProperty(counter.Name);
            Assert.Equal(Number(counter, counter.OfSite ? 2 : 1), counter.OfSite ? value.GetInt64() : value.GetProperty("calling").GetInt64());
        }

        NodeCounters again = json.RootElement.Deserialize<NodeCounters>(RunFolder.Json)!;
        Assert.Equal(counters.Labels, again.Labels);
        Assert.All(CounterInfo.All, counter => Assert.Equal(
            counter.OfSite ? [0, 0, Number(counter, 2)] : [Number(counter, 0), Number(counter, 1), 0], again.Rows.ToArray().Select(row => counter.In(row))));
        Assert.Equal(7, JsonSerializer.Deserialize<NodeCounters>("""{"later":{"x":1},"disconnects":{"calling":7}}""")!.Total.Disconnects);
        Assert.Contains("counters.frames", Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<NodeCounters>("""{"frames":"many"}""")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_declared_counter_that_is_a_metric_is_exported_by_role_or_for_the_site()
    {
        using var meter = new Meter(MetricCatalogue.MeterName);
        var metrics = new RunMetrics(meter, TimeProvider.System);
        metrics.Publish(new RunSnapshot { Labels = new RunLabels("run", "scenario", "design", "emulator"), Counters = Numbered() });
        Dictionary<(string Instrument, string? Role), double> heard = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter, meter))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            string? role = null;
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                role = tag.Key == "role" ? (string?)tag.Value : role;
            }

            heard[(instrument.Name, role)] = value;
        });
        listener.Start();
        listener.RecordObservableInstruments();

        Assert.NotEmpty(MetricCatalogue.Counters);
        foreach ((CounterInfo counter, MetricInfo metric) in MetricCatalogue.Counters)
        {
            if (counter.OfSite)
            {
                Assert.Equal(Number(counter, 2), heard[(metric.Instrument, null)]);
                continue;
            }

            Assert.Equal((Number(counter, 0), Number(counter, 1)), (heard[(metric.Instrument, "called")], heard[(metric.Instrument, "calling")]));
        }
    }

    // A number of its own for each counter and row.
    private static NodeCounters Numbered(IReadOnlyList<string>? labels = null)
    {
        var counters = new NodeCounters(labels);
        for (int row = 0; row < counters.Rows.Length; row++)
        {
            foreach (CounterInfo counter in CounterInfo.All)
            {
                Counters.Values(ref counters.Rows[row])[counter.Index] = Number(counter, row);
            }
        }

        return counters;
    }

    private static long Number(CounterInfo counter, int row) => (1_000_003L * (counter.Index + 1)) + row;

    private static T Cross<T>(T value) => Wire.Deserialize<T>(Wire.SerializeToArray(value))!;
}
