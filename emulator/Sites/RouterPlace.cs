using Stress.Emulator.Link;

namespace Stress.Emulator.Sites;

/// <summary>Where a router is in its site.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Entity">Names it in the run's random streams.</param>
/// <param name="Role">The label of its role, which names its options.</param>
/// <param name="Links">For each of its ports the number of the link at it.</param>
public readonly record struct RouterPlace(int Number, ulong Entity, Role Role, IReadOnlyList<int> Links)
{
    /// <summary>The place of a router.</summary>
    public static RouterPlace Of(SiteOptions options, uint site, int number) => Topology.Of(options).PlaceOf(site, number);
}
