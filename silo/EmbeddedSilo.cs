using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime.Hosting;
using Orleans.Storage;
using Stress.Contracts;
using Stress.Grains;
using Stress.Observability.Instruments;

namespace Stress.Silo;

/// <summary>
/// A cluster of one silo inside the calling process: membership in memory, storage in memory or in a folder, one socket on loopback, no gateway, no console output,
/// and on request a second socket with its metrics. It is what a run uses when nothing else is set up.
/// </summary>
public sealed class EmbeddedSilo : IRunHost
{
    private readonly IHost _host;
    private readonly LoopbackPort _port;

    private EmbeddedSilo(IHost host, LoopbackPort port)
    {
        _host = host;
        _port = port;
    }

    /// <inheritdoc/>
    public RedisAddress? Cluster => null;

    /// <inheritdoc/>
    public Task<IReadOnlyList<SiloFacts>> Silos() => Task.FromResult<IReadOnlyList<SiloFacts>>(
        [SiloGrain.Here("embedded", _host.Services.GetRequiredService<SliceGate>(), _host.Services.GetRequiredService<LocalGrains>(), _host.Services.GetRequiredService<BuildStamp>())]);

    /// <inheritdoc/>
    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Where Prometheus scrapes the silo, or null.</summary>
    public Uri? Metrics => (_host as WebApplication)?.Urls.Select(url => new Uri(new Uri(url), SiloDefaults.MetricsPath)).FirstOrDefault();

    /// <summary>Starts the silo, without metrics.</summary>
    /// <param name="workers">Sites executed at once, at least 1.</param>
    /// <param name="cancel">Gives up starting.</param>
    public static Task<EmbeddedSilo> StartAsync(int workers, CancellationToken cancel = default) =>
        StartAsync(new EmbeddedSiloOptions { Workers = workers }, cancel);

    /// <summary>Starts the silo.</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="cancel">Gives up starting.</param>
    /// <exception cref="IOException">The metrics port cannot be listened on, or another process is using the folder.</exception>
    public static async Task<EmbeddedSilo> StartAsync(EmbeddedSiloOptions options, CancellationToken cancel = default)
    {
        LoopbackPort own = LoopbackPort.Take();
        IHost host = options.MetricsPort is { } port ? WithMetrics(options, own, port) : WithoutMetrics(options, own);
        try
        {
            // Opened now: a folder that cannot be used is an error of the command line, not of the first grain.
            _ = host.Services.GetRequiredKeyedService<IGrainStorage>(RouterGrain.StorageName);
            await host.StartAsync(cancel);
            return new EmbeddedSilo(host, own);
        }
        catch
        {
            host.Dispose();
            own.Dispose();
            throw;
        }
    }

    /// <summary>Stops the silo.</summary>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        _port.Dispose();
    }

    private static IHost WithoutMetrics(EmbeddedSiloOptions options, LoopbackPort own)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        AddSilo(builder, options, own);
        return builder.Build();
    }

    private static WebApplication WithMetrics(EmbeddedSiloOptions options, LoopbackPort own, int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        AddSilo(builder, options, own);
        WebApplication app = builder.Build();
        app.UseRouting();
        app.MapStressMetrics();
        return app;
    }

    private static void AddSilo(IHostApplicationBuilder builder, EmbeddedSiloOptions options, LoopbackPort own)
    {
        builder.Configuration.AddEnvironmentVariables();

        // Only errors, and on the error stream: the screen belongs to the client. A collector, if there is one, gets what a silo process logs.
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.AddFilter<ConsoleLoggerProvider>(category: null, LogLevel.Error);
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        if (TelemetryExtensions.Exports(builder.Configuration))
        {
            builder.Logging.SetMinimumLevel(LogLevel.Warning);
            builder.Logging.AddFilter("Stress", LogLevel.Information);
        }

        // Ctrl-C is the client's: it closes the run first, and then this silo.
        builder.Services.AddSingleton<IHostLifetime, ClientOwnedLifetime>();
        builder.Services.AddSingleton(new RunClock(options.Clock));
        builder.Services.AddStressOtlp(builder.Configuration, "stress-client");
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort: own.Number, gatewayPort: 0, serviceId: StressSiloBuilder.ServiceId, clusterId: "embedded");
            if (options.StateFolder is { } folder)
            {
                silo.Services.AddGrainStorage(RouterGrain.StorageName, (services, _) => new FileGrainStorage(folder, services.GetRequiredService<IGrainStorageSerializer>()));
            }
            else
            {
                silo.AddMemoryGrainStorage(RouterGrain.StorageName);
            }

            silo.AddStressGrains(options.Workers);
            foreach (ISiteBackend backend in options.Backends)
            {
                silo.Services.AddSingleton(backend);
            }

            // Alone in its cluster, a silo need not wait long for others when it stops.
            silo.Configure<ClusterMembershipOptions>(membership => membership.NumMissedTableIAmAliveLimit = 2);
        });
    }
}
