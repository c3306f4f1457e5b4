using Stress.Emulator.Link;

namespace Stress.Emulator.Sites;

/// <summary>Where a router is in its site.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Entity">Names it in the run's random streams.</param>
/// <param name="Role">Its label, which names its options.</param>
/// <param name="Label">The label in words.</param>
/// <param name="Ports">What is at each of its ports.</param>
public readonly record struct RouterPlace(int Number, ulong Entity, Role Role, string Label, IReadOnlyList<PortPlace> Ports)
{
    /// <summary>The place of a router.</summary>
    public static RouterPlace Of(SiteOptions options, uint site, int number) => options.Topology.PlaceOf(site, number);
}

/// <summary>What is at a port of a router.</summary>
/// <param name="Link">The link's number in the site.</param>
/// <param name="End">Which of its ends the port is.</param>
/// <param name="Nodes">The nodes at the link, by end.</param>
public readonly record struct PortPlace(int Link, int End, IReadOnlyList<PlacedNode> Nodes);

/// <summary>A node of a site.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Role">Its label.</param>
public readonly record struct PlacedNode(int Number, Role Role);
