using Stress.Contracts;

namespace Stress.Silo;

/// <summary>Where runs are executed: a silo in this process, or a cluster.</summary>
public interface IRunHost : IAsyncDisposable
{
    /// <summary>Where the caller gets its grains.</summary>
    IGrainFactory Grains { get; }

    /// <summary>The cluster, or null for a silo in this process.</summary>
    RedisAddress? Cluster { get; }

    /// <summary>True for a cluster: a run continues without its client, and silos may come and go.</summary>
    bool IsCluster => Cluster is not null;

    /// <summary>The state of each silo.</summary>
    Task<IReadOnlyList<SiloFacts>> Silos();
}
