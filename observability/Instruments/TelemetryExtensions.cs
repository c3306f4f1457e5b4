using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Prometheus;

namespace Stress.Observability.Instruments;

/// <summary>Hosts and exports the instruments: /metrics for Prometheus, OTLP for a collector.</summary>
public static class TelemetryExtensions
{
    /// <summary>Orleans' own meter.</summary>
    public const string OrleansMeter = "Microsoft.Orleans";

    /// <summary>Orleans' own activity sources: calls of grains, and what the runtime itself does.</summary>
    public static readonly IReadOnlyList<string> OrleansSources =
        ["Microsoft.Orleans.Application", "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Lifecycle", "Microsoft.Orleans.Storage"];

    /// <summary>The variables one of which has to be set for OTLP export.</summary>
    public static readonly IReadOnlyList<string> OtlpVariables =
        ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"];

    /// <summary>Selects another sampler than ours.</summary>
    public const string SamplerVariable = "OTEL_TRACES_SAMPLER";

    /// <summary>True when a process with this configuration exports its spans: only then is it worth carrying a context along with every call.</summary>
    public static bool Traces(IConfiguration configuration) => WindowSpans.IsHeard || Exports(configuration);

    /// <summary>Adds <see cref="RunMetrics"/> and <see cref="SiloMetrics"/>.</summary>
    public static IServiceCollection AddStressInstruments(this IServiceCollection services)
    {
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(s => new RunMetrics(StressMeter(s), s.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(s => new SiloMetrics(StressMeter(s)));
        return services;
    }

    /// <summary>Serves our instruments, Orleans' and the runtime's at <c>/metrics</c>, in Prometheus' text format.</summary>
    /// <param name="endpoints">The host; <see cref="AddStressInstruments"/> must have been called on its services.</param>
    public static IEndpointConventionBuilder MapStressMetrics(this IEndpointRouteBuilder endpoints)
    {
        IServiceProvider services = endpoints.ServiceProvider;
        object scope = services.GetRequiredService<IMeterFactory>();

        // Created now rather than at first use: an observable instrument that does not exist is not scraped.
        services.GetRequiredService<RunMetrics>();
        services.GetRequiredService<SiloMetrics>();
        CollectorRegistry registry = Metrics.NewCustomRegistry();
        DotNetStats.Register(registry);

        // The meters of this host, not those of others in the process.
        bool Ours(Instrument i) => i.Meter.Name == MetricCatalogue.MeterName ? ReferenceEquals(i.Meter.Scope, scope) : i.Meter.Name == OrleansMeter;
        var counters = new MeterCounters(registry, Ours);
        IDisposable adapter = MeterAdapter.StartListening(new MeterAdapterOptions
        {
            Registry = registry,
            MetricFactory = Metrics.WithCustomRegistry(registry),
            MetricsExpireAfter = TimeSpan.FromMinutes(5),
            InstrumentFilterPredicate = i => Ours(i) && !MeterCounters.IsCounter(i),
            ResolveHistogramBuckets = i => i.Meter.Name == MetricCatalogue.MeterName
                ? Histogram.PowersOfTenDividedBuckets(-4, 1, 4)
                : Histogram.ExponentialBuckets(1, 2, 16),
        });
        IHostApplicationLifetime life = services.GetRequiredService<IHostApplicationLifetime>();
        life.ApplicationStopped.Register(adapter.Dispose);
        life.ApplicationStopped.Register(counters.Dispose);
        return endpoints.MapMetrics("/metrics", registry);
    }

    /// <summary>
    /// Exports metrics, traces and logs by OTLP, as the <c>OTEL_*</c> variables say (endpoint, protocol, headers, service name, sampler). Does nothing
    /// when no endpoint is set.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">The host's configuration; it must contain the environment variables, and the exporter reads it too.</param>
    /// <param name="service">The service's name, unless <c>OTEL_SERVICE_NAME</c> gives another: <c>stress-silo</c> or <c>stress-client</c>.</param>
    public static IServiceCollection AddStressOtlp(this IServiceCollection services, IConfiguration configuration, string service)
    {
        if (!Exports(configuration))
        {
            return services;
        }

        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(service).AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics.AddMeter(MetricCatalogue.MeterName, OrleansMeter, "System.Runtime"))
            .WithTracing(traces =>
            {
                traces.AddSource([WindowSpans.SourceName, .. OrleansSources]);
                if (configuration[SamplerVariable] is not { Length: > 0 })
                {
                    traces.SetSampler(new ParentBasedSampler(new CommandSampler()));
                }
            })
            .WithLogging()
            .UseOtlpExporter();
        return services;
    }

    /// <summary>True when a process with this configuration exports by OTLP.</summary>
    public static bool Exports(IConfiguration configuration) => OtlpVariables.Any(v => configuration[v] is { Length: > 0 });

    private static Meter StressMeter(IServiceProvider services) => services.GetRequiredService<IMeterFactory>().Create(MetricCatalogue.MeterName);
}
