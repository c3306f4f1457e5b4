using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Userland;

namespace Stress.Emulator.Sites;

/// <summary>What the events of a programme do.</summary>
public enum SiteEventKind : byte
{
    /// <summary>A link loses carrier, as <see cref="LineOptions.CarrierLossEvery"/> makes it; or the cable of a station of an Ethernet segment is pulled out, and is back after a while.</summary>
    Flap,

    /// <summary>A node is switched off and boots again.</summary>
    Reboot,

    /// <summary>HUP is sent to all pppds of a node, by cron or a person.</summary>
    Hup,

    /// <summary>An interface of <see cref="RoleOptions.Interfaces"/> is destroyed, or pulled out.</summary>
    Destroy,

    /// <summary>An interface that was destroyed is created again, or plugged in.</summary>
    Create,

    /// <summary>An interface is destroyed, and created again after its <see cref="InterfaceOptions.Down"/>.</summary>
    Recreate,

    /// <summary>An interface's IPv4 address is removed, and it gets the next of its net.</summary>
    Renumber,

    /// <summary>An interface's MTU changes from the usual one to <see cref="InterfaceOptions.OtherMtu"/>, or back.</summary>
    Mtu,
}

/// <summary>When the events of a programme come.</summary>
public enum EventPattern : byte
{
    /// <summary>At a fixed distance.</summary>
    Schedule,

    /// <summary>Independently of each other, at a mean distance.</summary>
    Random,
}

/// <summary>How many of its links or nodes an event of a programme affects.</summary>
public enum EventScope : byte
{
    /// <summary>One of them, drawn for each event.</summary>
    One,

    /// <summary>All of them.</summary>
    All,
}

/// <summary>A programme of events of a site: the same seed gives the same events.</summary>
public sealed record SiteEventOptions
{
    /// <summary>What <see cref="Of"/> says of every link or node.</summary>
    public const string Everything = "all";

    /// <summary>What happens.</summary>
    public SiteEventKind What { get; init; }

    /// <summary>To which links, nodes or interfaces: <see cref="Everything"/>, a node, a label, of links and interfaces a group, of stations their segment, or of interfaces a name.</summary>
    public string Of { get; init; } = Everything;

    /// <summary>To one of them, or to all at once.</summary>
    public EventScope To { get; init; }

    /// <summary>When.</summary>
    public EventPattern Pattern { get; init; } = EventPattern.Random;

    /// <summary>Distance of two events.</summary>
    public VirtualTime Every { get; init; } = VirtualTime.FromHours(1);

    /// <summary>When the first distance begins, drawn once a site.</summary>
    public TimeRange Phase { get; init; }

    /// <summary>How much later than the event it happens, drawn for each link or node: the cables in a tray do not break in the same microsecond.</summary>
    public TimeRange Spread { get; init; }

    /// <summary>Whether it affects interfaces of nodes.</summary>
    public bool IsOfInterfaces => What >= SiteEventKind.Destroy;

    /// <summary>
    /// The links, nodes or interfaces that the programme affects; empty if nothing has the name. Of an interface the node's number times <see cref="InterfaceOptions.MostOfRole"/>, and its
    /// place among its role's. Of a station of a segment the number of links and its place among all stations.
    /// </summary>
    /// <param name="topology">The site's nodes and links.</param>
    /// <param name="roles">What the nodes are, which tells of their interfaces.</param>
    public int[] TargetsIn(Topology topology, RoleSet? roles = null)
    {
        if (IsOfInterfaces)
        {
            return
            [
                .. from node in Enumerable.Range(0, roles is null ? 0 : topology.Nodes.Count)
                from at in roles![topology.Nodes[node]].Interfaces.Index()
                where IsNode(node) || at.Item.Name == Of || (at.Item.Group == Of && Of.Length > 0)
                select (node * InterfaceOptions.MostOfRole) + at.Index,
            ];
        }

        bool IsNode(int node) => Of == Everything || topology.NameOf(topology.Nodes[node]) == Of || (topology.Names is { } names && names[node] == Of);
        return What == SiteEventKind.Flap
            ?
            [
                .. Enumerable.Range(0, topology.Links.Count).Where(link => topology.Links[link].Group == Of || topology.Links[link].Ends.Any(end => IsNode(end.Node))),
                .. from at in topology.Stations.Index()
                where topology.Segments![at.Item.Segment].Name == Of || IsNode(at.Item.Node)
                select topology.Links.Count + at.Index,
            ]
            : [.. Enumerable.Range(0, topology.Nodes.Count).Where(IsNode)];
    }

    /// <summary>One of <see cref="TargetsIn"/> in words.</summary>
    public string NameOf(SiteOptions site, int target) => What == SiteEventKind.Flap
        ? target < site.Topology.Links.Count ? site.Topology.LinkName(target) : site.Topology.StationName(target - site.Topology.Links.Count)
        : !IsOfInterfaces ? site.Topology.NodeName(target)
        : target / InterfaceOptions.MostOfRole is var node && site.Roles[site.Topology.Nodes[node]].Interfaces is var interfaces
            ? $"{interfaces[target % InterfaceOptions.MostOfRole].Name} of {site.Topology.NodeName(node)}" : "";
}
