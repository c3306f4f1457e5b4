using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Connections.Security;
using Orleans.Hosting;
using Stress.Observability.Instruments;
using Stress.Silo.Tls;

namespace Stress.Silo.Connections;

/// <summary>The layers between a socket and Orleans.</summary>
internal static class ConnectionExtensions
{
    /// <summary>Limits on a silo's two ports, and mutual TLS on them and on its connections to other silos.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="tls">The files of mutual TLS, or null for none.</param>
    public static void UseGuardedConnections(this ISiloBuilder silo, ConnectionLimits limits, ClusterTls? tls)
    {
        silo.Services.AddSingleton(services => new RefusalNews(TimeProvider.System, Log(services)));
        if (tls is not null)
        {
            silo.Services.AddSingleton(services => new ClusterCertificates(tls, tls.Read(TimeProvider.System.GetUtcNow()), TimeProvider.System, Log(services)));
            silo.Services.AddHostedService(services => new CertificateWatch(
                services.GetRequiredService<ClusterCertificates>(), services.GetRequiredService<SiloMetrics>(), TimeProvider.System, Log(services)));
        }

        silo.Services.AddOptions<SiloConnectionOptions>().Configure<RefusalNews, IServiceProvider>((options, news, services) =>
        {
            ClusterCertificates? own = services.GetService<ClusterCertificates>();
            options.ConfigureSiloInboundConnection(connection => Inbound(connection, "the silos' port", ofSilos: true));
            options.ConfigureGatewayInboundConnection(connection => Inbound(connection, "the clients' port", ofSilos: false));
            if (own is not null)
            {
                options.ConfigureSiloOutboundConnection(connection => connection.UseClientTls(TlsConnections.Client(own, news)));
            }

            void Inbound(IConnectionBuilder connection, string where, bool ofSilos)
            {
                var guard = new ConnectionGuard(where, limits, TimeProvider.System, news);
                connection.Use(guard.Count);
                if (own is not null)
                {
                    connection.UseServerTls(TlsConnections.Server(own, news, where, ofSilos));
                }

                connection.Use(guard.Hear);
            }
        });
    }

    /// <summary>Mutual TLS on a client's connections.</summary>
    public static void UseMutualTls(this IClientBuilder client, ClusterCertificates certificates, RefusalNews news) =>
        client.Configure<ClientConnectionOptions>(options => options.ConfigureConnection(connection => connection.UseClientTls(TlsConnections.Client(certificates, news))));

    private static Action<string> Log(IServiceProvider services)
    {
        ILogger log = services.GetRequiredService<ILoggerFactory>().CreateLogger("Stress.Silo.Connections");
        return line => log.LogWarning("{Line}", line);
    }
}
