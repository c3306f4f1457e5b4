using System.Net;
using Stress.Contracts;

namespace Stress.Silo;

/// <summary>The settings of a silo process. By default everything stays on loopback.</summary>
public sealed record SiloSettings
{
    /// <summary>The cluster's Redis: membership and grain storage.</summary>
    public required RedisAddress Redis { get; init; }

    /// <summary>Port on which silos talk to each other.</summary>
    public int SiloPort { get; init; } = SiloDefaults.SiloPort;

    /// <summary>Port on which clients reach the silo.</summary>
    public int GatewayPort { get; init; } = SiloDefaults.GatewayPort;

    /// <summary>HTTP port of the health endpoints and the metrics; 0 for any that is free.</summary>
    public int MetricsPort { get; init; } = SiloDefaults.MetricsPort;

    /// <summary>HTTP port of Orleans' dashboard, or null for none.</summary>
    public int? DashboardPort { get; init; }

    /// <summary>Address that every port listens on.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>Address that others are told; null in Kubernetes, where the pod's address is taken.</summary>
    public IPAddress? Advertise { get; init; } = IPAddress.Loopback;

    /// <summary>Wall time from its start within which the cluster's other silos must answer and admit it.</summary>
    public TimeSpan JoinTime { get; init; } = SiloDefaults.JoinTime;

    /// <summary>Sites executed at once.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>Users' own teardown designs, from a directory that is mounted in every silo; null for none.</summary>
    public DesignFolder? Designs { get; init; }

    /// <summary>True where the process runs in a Kubernetes pod.</summary>
    public static bool InKubernetes => Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is { Length: > 0 };
}
