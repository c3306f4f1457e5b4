using System.Globalization;
using Stress.Emulator.Core;
using Stress.Emulator.Oracle;

namespace Stress.Observability;

/// <summary>A stretch of the way of a packet through a network: over one link, or one segment.</summary>
/// <param name="From">The node that sent it, by number.</param>
/// <param name="To">The node that it came to.</param>
/// <param name="Link">The link; -1 for a segment.</param>
/// <param name="Segment">The segment; -1 for a link.</param>
public sealed record CrashHop(int From, int To, int Link, int Segment);

/// <summary>A crash's way through its network: which node died, which of its interfaces had gone, and what used the pointer to it.</summary>
/// <param name="Node">The node that died, by number.</param>
/// <param name="Interface">The interface that the fatal pointer named, by its name; empty where it is no longer known.</param>
/// <param name="Link">The link whose interface that was; -1 where it was at none.</param>
/// <param name="Segment">The segment that it was at; -1 where it was at none.</param>
/// <param name="Gone">When the interface was detached last; <see cref="VirtualTime.Never"/> where that is not known.</param>
/// <param name="At">When the node died.</param>
/// <param name="Cause">What the event that used the pointer was.</param>
/// <param name="By">What that was in words, such as <c>a timer of ospfd</c> or <c>OSPF packet</c>.</param>
/// <param name="Through">The link that did something other than bringing a frame, such as losing carrier; -1 for none.</param>
/// <param name="Hops">The way of the packet from the node that sent it first; empty where it was none.</param>
public sealed record CrashWay(
    int Node, string Interface, int Link, int Segment, VirtualTime Gone, VirtualTime At, EventCause Cause, string By, int Through, IReadOnlyList<CrashHop> Hops)
{
    /// <summary>The node that the packet came from; the node that died where it was none.</summary>
    public int Origin => Hops.Count > 0 ? Hops[0].From : Node;

    /// <summary>Whether the network has every node, link and segment of the way: the report beside a run may have been changed since.</summary>
    /// <param name="network">The network.</param>
    public bool IsIn(NetworkReport network) =>
        Node < network.Nodes.Count && Link < network.Links.Count && Through < network.Links.Count && Segment < (network.Segments?.Count ?? 0)
        && Hops.All(hop => hop.From < network.Nodes.Count && hop.To < network.Nodes.Count && hop.Link < network.Links.Count && hop.Segment < (network.Segments?.Count ?? 0));

    /// <summary>Who died, in a sentence.</summary>
    /// <param name="network">The network.</param>
    public string Died(NetworkReport network) => $"{NameOf(network, Node)} died at {At}.";

    /// <summary>What had gone, in a sentence.</summary>
    /// <param name="network">The network.</param>
    public string Went(NetworkReport network)
    {
        string what = Interface.Length > 0 ? $"{Interface} of {NameOf(network, Node)}" : $"an interface of {NameOf(network, Node)} that is no longer known";
        string where = Link >= 0 ? $", at the link {network.Links[Link].Name}" : Segment >= 0 ? $", at the segment {network.Segments![Segment].Name}" : "";
        string when = Gone.IsNever ? "" : Gone == At ? ", detached at that very time" : string.Create(CultureInfo.InvariantCulture, $", detached at {Gone}, {(At - Gone).Microseconds / 1e6:#,0.###} s before");
        return $"The pointer named {what}{where}{when}.";
    }

    /// <summary>What used it and where that came from, in a sentence.</summary>
    /// <param name="network">The network.</param>
    public string Used(NetworkReport network) => Cause switch
    {
        EventCause.Frame when Hops.Count > 0 => $"Used while {NameOf(network, Node)} handled an arriving packet ({By}), which came from {NameOf(network, Origin)} {Way(network)}.",
        EventCause.Frame => $"Used while {NameOf(network, Node)} handled an arriving packet ({By}).",
        EventCause.Line when Through >= 0 => $"Used after something happened on the link {network.Links[Through].Name} ({By}).",
        EventCause.Timer => $"Used by {By} on {NameOf(network, Node)} itself: no packet brought it.",
        _ => $"Used by {By}, on {NameOf(network, Node)}.",
    };

    private string Way(NetworkReport network) => string.Join(", then ", Hops.Select(hop =>
        hop.Link >= 0 ? $"over {network.Links[hop.Link].Name}" : $"over the segment {network.Segments![hop.Segment].Name}"));

    private static string NameOf(NetworkReport network, int node) => network.Nodes[node].Name;
}
