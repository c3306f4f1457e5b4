using System.Diagnostics;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using Stress.Contracts;

namespace Stress.Grains;

/// <summary>Places a grain on the silo that its key names.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NamedSiloPlacementAttribute() : PlacementAttribute(new NamedSiloPlacement());

/// <summary>The strategy behind <see cref="NamedSiloPlacementAttribute"/>.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
public sealed class NamedSiloPlacement : PlacementStrategy;

/// <summary>The director of <see cref="NamedSiloPlacement"/>.</summary>
public sealed class NamedSiloPlacementDirector : IPlacementDirector
{
    /// <inheritdoc/>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        string key = target.GrainIdentity.Key.ToString()!;
        SiloAddress? named = Array.Find(context.GetCompatibleSilos(target), silo => silo.ToParsableString() == key);
        return named is not null ? Task.FromResult(named) : throw new OrleansException($"silo {key}: not a member of the cluster");
    }
}

/// <summary>The state of one silo (<see cref="ISiloGrain"/>).</summary>
[NamedSiloPlacement]
public sealed class SiloGrain(SliceGate gate, LocalGrains local, ILocalSiloDetails silo, BuildStamp build, DesignFolder designs) : Grain, ISiloGrain
{
    /// <inheritdoc/>
    public Task<SiloFacts> Facts() => Task.FromResult(Here(silo.SiloAddress.Endpoint.ToString(), gate, local, build) with { Designs = designs.Names });

    /// <summary>The facts of this process.</summary>
    public static SiloFacts Here(string name, SliceGate gate, LocalGrains local, BuildStamp build)
    {
        using Process process = Process.GetCurrentProcess();
        return new SiloFacts
        {
            Silo = name,
            Workers = gate.Workers,
            Routers = local.Routers,
            MostRouters = local.MostRouters,
            Shards = local.Shards,
            MemoryBytes = process.WorkingSet64,
            PeakMemoryBytes = process.PeakWorkingSet64,
            IdleMemoryBytes = local.IdleMemoryBytes,
            Leaving = local.Leaving,
            Build = build,
        };
    }
}
