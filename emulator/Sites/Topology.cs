using Stress.Emulator.Core;
using Stress.Emulator.Link;

namespace Stress.Emulator.Sites;

/// <summary>A kind of link: what it takes in the queue of events, and how one is made between ports.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Events">Its slots in the queue of events.</param>
/// <param name="Create">Makes link number n of a site from its first slot and its ports, by end.</param>
public sealed record LinkKind(string Name, int Events, Func<Site, int, int, IReadOnlyList<Port>, ILink> Create)
{
    /// <summary>A telephone line with a modem at each end; end 0 answers.</summary>
    public static LinkKind Modem { get; } = new("modem", ModemLink.Events, static (site, number, slot, ends) => new ModemLink(
        site, number, slot, new ModemLine(site.Options.Line, site.Options.Seed, ((ulong)site.Number << 16) | 0x8000 | (uint)number, number), ends[ModemLink.Called], ends[ModemLink.Calling]));
}

/// <summary>An end of a link: a port of a node.</summary>
/// <param name="Node">The node's number.</param>
/// <param name="Port">The port's number on it: for a modem the tty's.</param>
public readonly record struct LinkEnd(int Node, int Port);

/// <summary>A link of a site.</summary>
/// <param name="Kind">What carries its frames.</param>
/// <param name="Ends">Its ends, by number.</param>
public sealed record PlannedLink(LinkKind Kind, params IReadOnlyList<LinkEnd> Ends);

/// <summary>A site as a graph: nodes by number, each with the label of its role, and the links between their ports.</summary>
/// <param name="Nodes">The label of each node.</param>
/// <param name="Links">The links.</param>
public sealed record Topology(IReadOnlyList<Role> Nodes, IReadOnlyList<PlannedLink> Links)
{
    /// <summary>The mail's sites: an answering system, node 0, with a modem for each caller.</summary>
    public static Topology Of(SiteOptions options) => new(
        [Role.Called, .. Enumerable.Repeat(Role.Calling, options.CallersPerAnswerer)],
        [.. Enumerable.Range(0, options.CallersPerAnswerer).Select(static i => new PlannedLink(LinkKind.Modem, new LinkEnd(0, i), new LinkEnd(i + 1, 0)))]);

    /// <summary>The place of a node in a site.</summary>
    public RouterPlace PlaceOf(uint site, int node)
    {
        int ports = Links.Sum(l => l.Ends.Count(e => e.Node == node));
        var links = new int[ports];
        for (int link = 0; link < Links.Count; link++)
        {
            foreach (LinkEnd end in Links[link].Ends)
            {
                if (end.Node == node)
                {
                    links[end.Port] = link;
                }
            }
        }

        return new RouterPlace(node, ((ulong)site << 16) | (uint)(node + 1), Nodes[node], links);
    }
}
