using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;
using Stress.Contracts;
using Stress.Grains;
using Stress.Observability.Instruments;

namespace Stress.Silo;

/// <summary>Membership, storage and names of a cluster of several silos, the same for silos and clients.</summary>
public static class ClusterExtensions
{
    /// <summary>Name of the cluster, unless <see cref="ClusterIdVariable"/> gives another.</summary>
    public const string ClusterId = "stress";

    /// <summary>Environment variable with the cluster's name: Orleans' own, which its Kubernetes hosting reads too.</summary>
    public const string ClusterIdVariable = "ORLEANS_CLUSTER_ID";

    /// <summary>Redis itself, behind <see cref="CrossingStorage"/>.</summary>
    private const string RedisStorageName = "redis";

    /// <summary>How often a client refreshes the list of gateways.</summary>
    private static readonly TimeSpan GatewayRefresh = TimeSpan.FromSeconds(2);

    /// <summary>Makes a silo a member of the cluster.</summary>
    public static ISiloBuilder UseStressCluster(this ISiloBuilder silo, RedisAddress redis)
    {
        silo.Configure<ClusterOptions>(Name);
        silo.UseRedisClustering(options => options.ConfigurationOptions = redis.ToOptions());
        CrossingMembership.Decorate(silo.Services);
        silo.Services.AddKeyedSingleton<IGrainStorage>(RouterGrain.StorageName, (services, _) => new CrossingStorage(services.GetRequiredKeyedService<IGrainStorage>(RedisStorageName)));
        silo.AddRedisGrainStorage(RedisStorageName, builder => builder.Configure<IServiceProvider>((options, services) =>
        {
            options.ConfigurationOptions = redis.ToOptions();
            options.DeleteStateOnClear = true;
            options.GrainStorageSerializer = services.GetRequiredService<IGrainStorageSerializer>();
        }));
        return silo;
    }

    /// <summary>Makes a process a client of the cluster.</summary>
    public static IClientBuilder UseStressCluster(this IClientBuilder client, RedisAddress redis)
    {
        client.Configure<ClusterOptions>(Name);
        client.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = GatewayRefresh);
        client.UseRedisClustering(options => options.ConfigurationOptions = redis.ToOptions());
        client.AddOutgoingGrainCallFilter(call =>
        {
            // A run that this client names has its format: it is placed on silos that read it.
            RequestContext.Set(SiloFormats.RequestKey, BuildStamp.Current.Key);
            return call.Invoke();
        });
        if (TelemetryExtensions.Traces(client.Configuration))
        {
            client.AddActivityPropagation();
        }

        return client;
    }

    private static void Name(ClusterOptions options)
    {
        options.ServiceId = StressSiloBuilder.ServiceId;
        options.ClusterId = Environment.GetEnvironmentVariable(ClusterIdVariable) is { Length: > 0 } id ? id : ClusterId;
    }
}
