using System.Globalization;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using Stress.Contracts;

namespace Stress.Grains;

/// <summary>Places the parts of a search on the silos of its format in turn. Where a part is executed does not affect the result.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SearchPartPlacementAttribute() : PlacementAttribute(new SearchPartPlacement());

/// <summary>The strategy behind <see cref="SearchPartPlacementAttribute"/>.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
public sealed class SearchPartPlacement : PlacementStrategy
{
    /// <summary>The key of a part.</summary>
    /// <param name="search">The search's name.</param>
    /// <param name="round">The round.</param>
    /// <param name="part">The part's number in it.</param>
    public static string Key(string search, long round, int part) => string.Create(CultureInfo.InvariantCulture, $"{search}/part-{round}-{part}");

    /// <summary>Which of this many silos is next.</summary>
    /// <param name="key">The part's key.</param>
    /// <param name="silos">How many there are.</param>
    public static int Turn(string key, int silos)
    {
        string[] words = key.Split('-');
        return (int)((long.Parse(words[^2], CultureInfo.InvariantCulture) + long.Parse(words[^1], CultureInfo.InvariantCulture)) % silos);
    }
}

/// <summary>The director of <see cref="SearchPartPlacement"/>.</summary>
/// <param name="formats">Which format each silo reads.</param>
/// <param name="here">Name of this silo.</param>
/// <param name="local">Whether it is leaving.</param>
public sealed class SearchPartPlacementDirector(SiloFormats formats, ILocalSiloDetails here, LocalGrains local) : IPlacementDirector
{
    /// <inheritdoc/>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        // A search is driven on a silo of its own format: so is every part.
        SiloAddress[] silos = [.. formats.Among(formats.Here.Key, context.GetCompatibleSilos(target)).Order()];
        SiloAddress[] staying = [.. silos.Where(silo => !(local.Leaving && silo.Equals(here.SiloAddress)))];
        silos = staying.Length > 0 ? staying : silos;
        return Task.FromResult(silos[SearchPartPlacement.Turn(target.GrainIdentity.Key.ToString()!, silos.Length)]);
    }
}
