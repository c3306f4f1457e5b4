using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Stress.Grains;

namespace Stress.Silo;

/// <summary>
/// A cluster of one silo inside the calling process: membership and storage in memory, one socket on loopback, no gateway, no console output.
/// What a run needs when nothing else is set up.
/// </summary>
public sealed class EmbeddedSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private EmbeddedSilo(IHost host) => _host = host;

    /// <summary>Where the caller gets its grains.</summary>
    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Starts the silo.</summary>
    /// <param name="workers">Sites executed at once, at least 1.</param>
    /// <param name="cancel">Gives up starting.</param>
    public static async Task<EmbeddedSilo> StartAsync(int workers, CancellationToken cancel = default)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });

        // Only errors, and on the error stream: the screen belongs to the client.
        builder.Logging.AddConsole(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.SetMinimumLevel(LogLevel.Error);

        // Ctrl-C is the client's: it closes the run first, and then this silo.
        builder.Services.AddSingleton<IHostLifetime, ClientOwnedLifetime>();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort: FreeLoopbackPort(), gatewayPort: 0, serviceId: StressSiloBuilder.ServiceId, clusterId: "embedded");
            silo.AddMemoryGrainStorage(RouterGrain.StorageName);
            silo.AddStressGrains(workers);

            // Alone in its cluster, a silo need not wait long for others when it goes.
            silo.Configure<ClusterMembershipOptions>(options => options.NumMissedTableIAmAliveLimit = 2);
        });
        IHost host = builder.Build();
        await host.StartAsync(cancel);
        return new EmbeddedSilo(host);
    }

    /// <summary>Stops the silo.</summary>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static int FreeLoopbackPort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
