using Stress.Emulator.Link;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Sites;

/// <summary>Where a router is in its site.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Entity">Names it in the run's random streams.</param>
/// <param name="Role">Its label, which names its options.</param>
/// <param name="Label">The label in words.</param>
/// <param name="Ports">What is at each of its ports.</param>
/// <param name="Address">Its Ethernet's address, which is its OSPF router ID.</param>
public readonly record struct RouterPlace(int Number, ulong Entity, Role Role, string Label, IReadOnlyList<PortPlace> Ports, Ipv4Address Address)
{
    /// <summary>Its place on an Ethernet segment, if it is on one.</summary>
    public StationPlace Station { get; init; }

    /// <summary>The place of a router.</summary>
    public static RouterPlace Of(SiteOptions options, uint site, int number) => options.Topology.PlaceOf(site, number);
}

/// <summary>A node's place on an Ethernet segment.</summary>
/// <param name="LinkAddress">Its link-layer address, in the low 48 bits; 0 where it is at no segment.</param>
/// <param name="Unit">The unit of the interface that is plugged in there, or <see cref="OfBoot"/> for the Ethernet of boot.</param>
/// <param name="Address">The address that an interface that is plugged in gets on the segment's net.</param>
public readonly record struct StationPlace(ulong LinkAddress, short Unit, Ipv4Address Address)
{
    /// <summary>The Ethernet of boot, which has no unit.</summary>
    public const short OfBoot = -1;

    /// <summary>Duplicate address detection goes over the segment.</summary>
    public bool DetectsDuplicates { get; init; }

    /// <summary>Somebody on the segment asks for members of groups.</summary>
    public bool IsQueried { get; init; }

    /// <summary>The node itself asks for them, and how; null if it does not.</summary>
    public QuerierOptions? Querier { get; init; }
}

/// <summary>What is at a port of a router.</summary>
/// <param name="Link">The link's number in the site.</param>
/// <param name="End">Which of its ends the port is.</param>
/// <param name="Nodes">The nodes at the link, by end.</param>
public readonly record struct PortPlace(int Link, int End, IReadOnlyList<PlacedNode> Nodes);

/// <summary>A node of a site.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Role">Its label.</param>
/// <param name="Port">The link's number on it.</param>
/// <param name="Address">Its Ethernet's address where the topology gives one, or 0.0.0.0.</param>
/// <param name="LinkAddress">Its address on the link where the topology gives one, or 0.0.0.0.</param>
public readonly record struct PlacedNode(int Number, Role Role, int Port, Ipv4Address Address = default, Ipv4Address LinkAddress = default);
