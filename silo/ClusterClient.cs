using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using Orleans.Runtime;
using Stress.Contracts;
using Stress.Observability.Instruments;
using Stress.Silo.Connections;
using Stress.Silo.Tls;

namespace Stress.Silo;

/// <summary>A client of a cluster of silos.</summary>
public sealed class ClusterClient : IRunHost
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan FactsPatience = TimeSpan.FromSeconds(4);

    private readonly IHost _host;

    private ClusterClient(IHost host, RedisAddress redis) => (_host, Cluster) = (host, redis);

    /// <inheritdoc/>
    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <inheritdoc/>
    public RedisAddress? Cluster { get; }

    /// <summary>Connects to any silo of the cluster.</summary>
    /// <param name="redis">Its Redis.</param>
    /// <param name="patience">How long to wait for a silo; null for a few seconds.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ClusterUnavailableException">None answers in that time.</exception>
    public static async Task<ClusterClient> ConnectAsync(RedisAddress redis, TimeSpan? patience = null, CancellationToken cancel = default)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<IHostLifetime, ClientOwnedLifetime>();
        builder.Configuration.AddEnvironmentVariables();
        builder.Services.AddStressOtlp(builder.Configuration, "stress-client");
        DateTime until = DateTime.UtcNow + (patience ?? Patience);
        ClusterCertificates? certificates = redis.Certificates is { } tls ? new(tls, tls.Read(TimeProvider.System.GetUtcNow()), TimeProvider.System, _ => { }) : null;
        RefusalNews news = new(TimeProvider.System, _ => { });
        builder.UseOrleansClient(client =>
        {
            client.UseStressCluster(redis);
            if (certificates is not null)
            {
                client.UseMutualTls(certificates, news);
            }

            client.UseConnectionRetryFilter(async (_, stop) =>
            {
                await Task.Delay(Retry, stop);
                return DateTime.UtcNow < until;
            });
        });
        IHost host = builder.Build();
        try
        {
            await host.StartAsync(cancel);
            return new ClusterClient(host, redis);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            host.Dispose();
            if (news.Last is { } refusal)
            {
                throw new ClusterUnavailableException($"a silo of {redis} is not trusted: {refusal}; accepted is a silo with a certificate by the authority of {redis.Certificates!.Authority}");
            }

            string hint = certificates is null ? ", or --tls-cert, --tls-key and --tls-ca if its silos require certificates" : "";
            throw new ClusterUnavailableException(
                $"no silo answers in the cluster of {redis}; accepted is a cluster with a silo, for example ./stress silo --cluster {redis}{hint} ({e.GetBaseException().Message.ReplaceLineEndings(" ").TrimEnd('.')})");
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SiloFacts>> Silos()
    {
        Dictionary<SiloAddress, SiloStatus> hosts = await Grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
        SiloFacts[] facts = await Task.WhenAll(hosts.Keys.Select(Facts));
        return [.. facts.OrderBy(silo => silo.Silo, StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    // A silo that hangs, or has just died, is still listed but does not answer.
    private async Task<SiloFacts> Facts(SiloAddress silo)
    {
        try
        {
            return await Grains.GetGrain<ISiloGrain>(silo.ToParsableString()).Facts().WaitAsync(FactsPatience);
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            return SiloFacts.Silent(silo.Endpoint.ToString());
        }
    }
}

/// <summary>The cluster does not answer.</summary>
/// <param name="message">One line.</param>
public sealed class ClusterUnavailableException(string message) : Exception(message);
