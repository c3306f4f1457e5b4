using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using Stress.Observability.Instruments;
using Stress.Observability.Tests.Prometheus;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Observability.Tests.Tracing;

public sealed class OtlpTests
{
    [Fact]
    public async Task Spans_metrics_and_logs_reach_a_collector_when_an_endpoint_is_set()
    {
        var received = new ConcurrentDictionary<string, string>();
        int port = Programs.FreeLoopbackPort();
        WebApplicationBuilder collectorBuilder = WebApplication.CreateBuilder();
        collectorBuilder.Logging.ClearProviders();
        collectorBuilder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        await using WebApplication collector = collectorBuilder.Build();
        collector.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            string text = Encoding.Latin1.GetString(body.ToArray());
            received.AddOrUpdate(signal, text, (_, before) => before + text);
        });
        await collector.StartAsync();

        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{port}",
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_SERVICE_NAME"] = "stress-under-test",
        });
        builder.Services.AddStressInstruments().AddStressOtlp(builder.Configuration, "stress-silo");
        using (IHost host = builder.Build())
        {
            await host.StartAsync();
            host.Services.GetRequiredService<RunMetrics>().Publish(MetricsHost.Snapshot(MetricsHost.Mail, 1));
            using (WindowSpans.Window("nobody's", 1, 1))
            { }
            using (WindowSpans.Command("run"))
            using (WindowSpans.Window("seed-42", 3, 7))
            {
                using (WindowSpans.Lease())
                { }
                using (WindowSpans.Execute())
                { }
                using (WindowSpans.Return())
                { }
                using (WindowSpans.Checkpoint())
                { }
            }

            host.Services.GetRequiredService<ILogger<OtlpTests>>().LogInformation("a line of the log");
            // Observable instruments are read when they are exported, and their meter goes before the exporter does.
            Assert.True(host.Services.GetRequiredService<MeterProvider>().ForceFlush());
            await host.StopAsync();
        }

        // Disposing the host has flushed spans and logs.
        Assert.All(new[] { "window", "lease", "execute", "return", "checkpoint", "stress-under-test" }, name => Assert.Contains(name, received["traces"], StringComparison.Ordinal));
        Assert.DoesNotContain("nobody's", received["traces"], StringComparison.Ordinal);
        Assert.Contains("run_crashes_total", received["metrics"], StringComparison.Ordinal);
        Assert.Contains("a line of the log", received["logs"], StringComparison.Ordinal);
        await collector.StopAsync();
    }

    [Fact]
    public void Nothing_is_exported_when_no_endpoint_is_set()
    {
        var services = new ServiceCollection();
        services.AddStressOtlp(new ConfigurationBuilder().Build(), "stress-silo");
        Assert.Empty(services);
    }

    [Fact]
    public void The_steps_of_a_window_are_children_of_its_span()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == WindowSpans.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        using Activity? command = WindowSpans.Command("run");
        using Activity? window = WindowSpans.Window("seed-42", 3, 7);
        using Activity? lease = WindowSpans.Lease();
        Assert.NotNull(lease);
        Assert.Equal(window!.SpanId, lease.ParentSpanId);
        Assert.Equal(command!.TraceId, lease.TraceId);
        Assert.Equal(7, window.GetTagItem("stress.window"));
    }
}
