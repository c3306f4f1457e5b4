using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;
using Stress.Observability.Instruments;
using Stress.Silo;
using Xunit;

namespace Stress.Grains.Tests;

public sealed class TelemetryTests
{
    private static readonly RunTelemetry Telemetry = new() { Scenario = "test" };

    [Fact]
    public async Task The_trace_of_a_command_holds_its_windows_with_lease_execute_return_and_checkpoint()
    {
        var spans = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == WindowSpans.SourceName || TelemetryExtensions.OrleansSources.Contains(source.Name),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        RunPlan plan = Plans.Of(sites: 3, windows: 4, runId: "traced") with { CheckpointWindows = 1, Telemetry = Telemetry, Pace = 1e9 };
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(workers: 1);
        ActivityTraceId trace;
        using (Activity command = WindowSpans.Command("run")!)
        {
            trace = command.TraceId;
            await Finish(silo, plan);
        }

        Activity[] ours = [.. spans.Where(span => span.Source.Name == WindowSpans.SourceName && span.TraceId == trace)];
        Activity[] windows = [.. ours.Where(span => span.OperationName == "window")];
        Assert.Equal([0L, 1L, 2L], windows.Select(span => (long)span.GetTagItem("stress.site")!).Distinct().Order());
        Assert.All(windows, window => Assert.Equal(
            ["execute", "lease", "return"], ours.Where(span => span.ParentSpanId == window.SpanId).Select(span => span.OperationName).Order()));

        // The router writes it, in the call that gives the image back.
        Assert.Contains(ours, span => span.OperationName == "checkpoint");
    }

    [Fact]
    public async Task Of_the_slices_of_one_second_a_silo_traces_a_few()
    {
        var spans = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == WindowSpans.SourceName || TelemetryExtensions.OrleansSources.Contains(source.Name),
            Sample = (ref ActivityCreationOptions<ActivityContext> span) =>
                (span.Parent.TraceFlags & ActivityTraceFlags.Recorded) != 0 || span.Name == "few" ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.PropagationData,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        RunPlan plan = Plans.Of(sites: 3 * TracedSlices.ASecond, windows: 1, runId: "few") with { Telemetry = Telemetry };
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = 1, Clock = new FakeTimeProvider() });
        ActivityTraceId trace;
        using (Activity command = WindowSpans.Command("few")!)
        {
            trace = command.TraceId;
            await Finish(silo, plan);
        }

        Assert.Equal(TracedSlices.ASecond, spans.Count(span => span.TraceId == trace && span.Recorded && span.OperationName == "window"));
    }

    [Fact]
    public async Task Windows_that_are_executed_again_are_counted_as_such_by_the_silo_and_once_by_the_run()
    {
        var sums = new ConcurrentDictionary<string, long>();
        RunPlan plan = Plans.Of(sites: 1, windows: 1_000, runId: "again") with { Telemetry = Telemetry };
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == MetricCatalogue.MeterName)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (tags.Contains(new KeyValuePair<string, object?>("run", plan.RunId)))
            {
                sums.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value);
            }
        });
        listener.Start();

        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(workers: 1);
        var link = silo.Grains.GetGrain<IModemLinkGrain>(GrainKeys.Link(plan.RunId, 0, 0));
        int reached = (await link.RunSlice(plan, 0)).NextWindow;
        Assert.True(reached > 0);
        Assert.Equal(0, sums[MetricCatalogue.SiloWindowsRerun.Instrument]);

        // Whoever has the image now never gives it back.
        await silo.Grains.GetGrain<IRouterGrain>(GrainKeys.Router(plan.RunId, 0, 0)).Lease(plan, reached, first: false);
        int again = (await link.RunSlice(plan, reached)).NextWindow;
        Assert.Equal(Math.Min(again, reached), sums[MetricCatalogue.SiloWindowsRerun.Instrument]);
        Assert.Equal(reached + again, sums[MetricCatalogue.SiloWindows.Instrument]);
    }

    private static async Task Finish(EmbeddedSilo silo, RunPlan plan)
    {
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>(plan.RunId);
        await run.Start(plan);
        while (!(await run.Progress()).Finished)
        {
            await Task.Yield();
        }
    }
}
