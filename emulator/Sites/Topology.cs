using System.Text.Json;
using System.Text.Json.Serialization;
using Stress.Emulator.Core;
using Stress.Emulator.Link;

namespace Stress.Emulator.Sites;

/// <summary>A kind of link: what it takes in the queue of events, and how one is made between ports.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Ends">How many ends it has.</param>
/// <param name="Events">Its slots in the queue of events.</param>
/// <param name="Create">Makes link number n of a site from its first slot and its ports, by end.</param>
[JsonConverter(typeof(LinkKindJson))]
public sealed record LinkKind(string Name, int Ends, int Events, Func<Site, int, int, IReadOnlyList<Port>, ILink> Create)
{
    /// <summary>A telephone line with a modem at each end; end 0 answers.</summary>
    public static LinkKind Modem { get; } = new("modem", 2, ModemLink.Events, static (site, number, slot, ends) => new ModemLink(
        site, number, slot, new ModemLine(site.Options.Line, site.Options.Seed, ((ulong)site.Number << 16) | 0x8000 | (uint)number, number), ends[ModemLink.Called], ends[ModemLink.Calling]));

    /// <summary>Every kind.</summary>
    public static IReadOnlyList<LinkKind> Known { get; } = [Modem];
}

/// <summary>An end of a link: a port of a node.</summary>
/// <param name="Node">The node's number.</param>
/// <param name="Port">The port's number on it: for a modem the tty's.</param>
public readonly record struct LinkEnd(int Node, int Port);

/// <summary>A link of a site.</summary>
/// <param name="Kind">What carries its frames.</param>
/// <param name="Ends">Its ends, by number.</param>
public sealed record PlannedLink(LinkKind Kind, params IReadOnlyList<LinkEnd> Ends);

/// <summary>A site as a graph: nodes by number, each with a label, and the links between their ports.</summary>
/// <param name="Labels">The labels, by their number (<see cref="Role"/>): what options, counters, reports and metrics know the nodes by.</param>
/// <param name="Nodes">The label of each node.</param>
/// <param name="Links">The links.</param>
public sealed record Topology(IReadOnlyList<string> Labels, IReadOnlyList<Role> Nodes, IReadOnlyList<PlannedLink> Links)
{
    /// <summary>A label in words.</summary>
    public string NameOf(Role role) => Labels[(int)role];

    /// <summary>The label of this name, or null.</summary>
    public Role? RoleOf(string label)
    {
        for (int i = 0; i < Labels.Count; i++)
        {
            if (Labels[i] == label)
            {
                return (Role)i;
            }
        }

        return null;
    }

    /// <summary>The label of the node at an end of a link, in words.</summary>
    public string LabelAt(int link, int end) => NameOf(Nodes[Links[link].Ends[end].Node]);

    /// <summary>The place of a node in a site.</summary>
    public RouterPlace PlaceOf(uint site, int node)
    {
        int ports = Links.Sum(l => l.Ends.Count(e => e.Node == node));
        var places = new PortPlace[ports];
        for (int link = 0; link < Links.Count; link++)
        {
            foreach ((int number, LinkEnd end) in Links[link].Ends.Index())
            {
                if (end.Node == node)
                {
                    places[end.Port] = new PortPlace(link, number, [.. Links[link].Ends.Select(e => new PlacedNode(e.Node, Nodes[e.Node]))]);
                }
            }
        }

        return new RouterPlace(node, ((ulong)site << 16) | (uint)(node + 1), Nodes[node], NameOf(Nodes[node]), places);
    }

    /// <summary>Refuses what is no site.</summary>
    /// <param name="roles">What its nodes are.</param>
    /// <exception cref="ArgumentException">It is none, and the message says why and what would be accepted.</exception>
    public void Check(RoleSet roles)
    {
        const int MaxOwners = byte.MaxValue;
        string? problem =
            Labels.Count == 0 || Labels.Any(string.IsNullOrEmpty) || Labels.Distinct(StringComparer.OrdinalIgnoreCase).Count() != Labels.Count ? "its labels are not a name of its own for each"
            : roles.Count != Labels.Count ? $"it has options for {roles.Count} labels of {Labels.Count}"
            : Nodes.Count == 0 || Nodes.Any(n => (int)n >= Labels.Count) ? $"a node has none of its {Labels.Count} labels"
            : Nodes.Count + Links.Count > MaxOwners ? $"it has {Nodes.Count} nodes and {Links.Count} links, more than {MaxOwners} in all"
            : Links.FirstOrDefault(l => l.Ends.Count != l.Kind.Ends) is { } link ? $"a {link.Kind.Name} link has {link.Ends.Count} ends, not {link.Kind.Ends}"
            : Links.Any(l => l.Ends.Any(e => e.Node < 0 || e.Node >= Nodes.Count)) ? $"a link ends at a node that is none of its {Nodes.Count}"
            : Links.SelectMany(l => l.Ends).GroupBy(e => e.Node).FirstOrDefault(g => !g.Select(e => e.Port).Order().SequenceEqual(Enumerable.Range(0, g.Count()))) is { } node
                ? $"the ports of node {node.Key} are {string.Join(", ", node.Select(e => e.Port).Order())}"
            : null;
        if (problem is not null)
        {
            throw new ArgumentException(
                $"a site of nodes and links: {problem}; accepted are labels with options, a label for each node, and links whose ends are the nodes' ports, which are numbered from 0, one link at each");
        }
    }
}

/// <summary>A kind of link as JSON: its name.</summary>
public sealed class LinkKindJson : JsonConverter<LinkKind>
{
    /// <inheritdoc/>
    public override LinkKind Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string? name = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return LinkKind.Known.FirstOrDefault(k => k.Name == name)
            ?? throw new JsonException($"a link of kind {name ?? "null"}; accepted are {string.Join(", ", LinkKind.Known.Select(k => k.Name))}");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, LinkKind value, JsonSerializerOptions options) => writer.WriteStringValue(value.Name);
}
