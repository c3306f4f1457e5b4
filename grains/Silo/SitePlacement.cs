using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using Stress.Contracts;

namespace Stress.Grains;

/// <summary>
/// Places a grain by its site, so that the router and the line of a site share a silo and an image never crosses the network in the usual case. Where a
/// site is executed does not affect the result.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SitePlacementAttribute() : PlacementAttribute(new SitePlacement());

/// <summary>The strategy behind <see cref="SitePlacementAttribute"/>.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
public sealed class SitePlacement : PlacementStrategy;

/// <summary>Which silo a site belongs to.</summary>
/// <param name="here">Name of this silo.</param>
/// <param name="local">Whether it is leaving.</param>
/// <param name="silos">Which silos are active.</param>
/// <param name="formats">Which format each reads.</param>
public sealed class SiteHome(ILocalSiloDetails here, LocalGrains local, ISiloStatusOracle silos, SiloFormats formats)
{
    /// <summary>The silo among <paramref name="candidates"/> with the greatest hash of (site, silo): when one joins or leaves, only its own share of sites moves.</summary>
    /// <param name="key">The grain's key, of which the run and the site count.</param>
    /// <param name="candidates">Silos, at least one.</param>
    public SiloAddress Among(string key, IReadOnlyCollection<SiloAddress> candidates)
    {
        if (candidates.Count == 1)
        {
            return candidates.First();
        }

        ulong seed = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(GrainKeys.PlaceOf(key)));
        SiloAddress? best = null;
        ulong most = 0;
        foreach (SiloAddress silo in candidates)
        {
            // A leaving silo takes nothing, unless it is the last.
            if (local.Leaving && silo.Equals(here.SiloAddress) && candidates.Count > 1)
            {
                continue;
            }

            ulong weight = Weight(seed, silo);
            if (best is null || weight > most)
            {
                (best, most) = (silo, weight);
            }
        }

        return best!;
    }

    /// <summary>True when the grain belongs to another silo than this one, which came after it was activated.</summary>
    public bool IsElsewhere(string key)
    {
        SiloAddress[] active = formats.Among(formats.Here.Key, silos.GetActiveSilos());
        return active.Length > 1 && !Among(key, active).Equals(here.SiloAddress);
    }

    // Address and port, not the generation: a restarted silo gets its sites back.
    private static ulong Weight(ulong seed, SiloAddress silo)
    {
        Span<byte> bytes = stackalloc byte[28];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, seed);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], silo.Endpoint.Port);
        silo.Endpoint.Address.TryWriteBytes(bytes[12..], out int length);
        return XxHash3.HashToUInt64(bytes[..(12 + length)]);
    }
}

/// <summary>The director of <see cref="SitePlacement"/>.</summary>
/// <param name="home">Which silo of several.</param>
/// <param name="formats">Which format each silo reads: a grain of a run is never placed on one that reads another.</param>
public sealed class SitePlacementDirector(SiteHome home, SiloFormats formats) : IPlacementDirector
{
    /// <inheritdoc/>
    /// <exception cref="StateFormatException">No silo of the cluster reads the run's format.</exception>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        string key = target.GrainIdentity.Key.ToString()!;
        string format = target.RequestContextData?.GetValueOrDefault(SiloFormats.RequestKey) as string ?? formats.Here.Key;
        SiloAddress[] silos = context.GetCompatibleSilos(target), sharing = formats.Among(format, silos);
        return sharing.Length > 0
            ? Task.FromResult(home.Among(key, sharing))
            : throw new StateFormatException($"run {GrainKeys.RunOf(key)}: no silo of the cluster reads format {format}; it has {formats.InWords(silos)}");
    }
}
