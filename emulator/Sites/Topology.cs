using System.Text.Json;
using System.Text.Json.Serialization;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Link;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;

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
public sealed record PlannedLink(LinkKind Kind, params IReadOnlyList<LinkEnd> Ends)
{
    /// <summary>The IPv4 address of each end; null for those that follow from the link's number (<see cref="SiteAddresses.Line"/>).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Ipv4Address>? Addresses { get; init; }

    /// <summary>What it shares with others, such as a cable tray; null if nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Group { get; init; }
}

/// <summary>An Ethernet segment of a site: the ne0 of each station is at it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Stations">The numbers of the nodes.</param>
public sealed record PlannedSegment(string Name, IReadOnlyList<int> Stations)
{
    /// <summary>How long a cable that a programme of events pulls out stays out.</summary>
    public TimeRange Down { get; init; } = TimeRange.Seconds(5, 60);

    /// <summary>The interface of each station that is at it: the Ethernet of boot, or one of the role's that is plugged in, and goes and comes back.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Interface { get; init; }

    /// <summary>The station that asks the others for their groups; null where nobody does.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PlannedQuerier? Querier { get; init; }

    /// <summary>Its switch snoops: frames to a group reach the stations that have reported it, and the querier.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Snooping { get; init; }

    /// <summary>Duplicate address detection of its stations goes over it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Dad { get; init; }

    /// <summary>Stations whose NICs all have the Ethernet address of the first of them, as cloned machines have; null where each has its own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<int>? SameEthernet { get; init; }

    /// <summary>The link-layer address of a station, in the low 48 bits.</summary>
    /// <param name="node">The station.</param>
    public ulong LinkAddressOf(int node) => SiteAddresses.OnEthernet(SameEthernet?.Contains(node) == true ? SameEthernet[0] : node);

    /// <summary>What its switch knows before anybody has sent anything; null for one that does not snoop. A port is forgotten when no report comes for as long as a querier with the segment's, or the usual, times keeps it.</summary>
    public SnoopingSwitch? NewSwitch() => Snooping
        ? new SnoopingSwitch(Stations.Count, (Querier?.Options ?? new QuerierOptions()).Membership, new VirtualTime((QuerierOptions.Robustness + 1) * QuerierOptions.LastMember.Microseconds))
        : null;
}

/// <summary>The querier of a segment.</summary>
/// <param name="Node">The number of the node, one of the segment's stations.</param>
/// <param name="Options">How it asks.</param>
public sealed record PlannedQuerier(int Node, QuerierOptions Options);

/// <summary>A site as a graph: nodes by number, each with a label, and the links between their ports.</summary>
/// <param name="Labels">The labels, by their number (<see cref="Role"/>): what options, counters, reports and metrics know the nodes by.</param>
/// <param name="Nodes">The label of each node.</param>
/// <param name="Links">The links.</param>
public sealed record Topology(IReadOnlyList<string> Labels, IReadOnlyList<Role> Nodes, IReadOnlyList<PlannedLink> Links)
{
    /// <summary>Most labels: each is a column of every table.</summary>
    public const int MaxLabels = 16;

    /// <summary>Most ports of a node.</summary>
    public const int MaxPorts = 64;

    /// <summary>The name of each node; null if they are numbered only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>The Ethernet's address of each node, 0.0.0.0 for the one that follows from its number; null where all do (<see cref="SiteAddresses.Ethernet"/>).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Ipv4Address>? Addresses { get; init; }

    /// <summary>Ethernet segments; null where each node's Ethernet leads out of the modelled world.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PlannedSegment>? Segments { get; init; }

    /// <summary>The stations of all segments, one after another: the segment's number and the node's.</summary>
    [JsonIgnore]
    public IEnumerable<(int Segment, int Station, int Node)> Stations => (Segments ?? []).SelectMany((segment, s) => segment.Stations.Select((node, station) => (s, station, node)));

    /// <summary>A node in words: its name, or its label and number.</summary>
    public string NodeName(int node) => Names is { } names ? names[node] : $"{NameOf(Nodes[node])} {node}";

    /// <summary>The Ethernet's address of a node.</summary>
    public Ipv4Address AddressOf(int node) => GivenTo(node) is { IsAny: false } given ? given : SiteAddresses.Ethernet(node);

    /// <summary>A link in words: its ends, the one that answers first.</summary>
    public string LinkName(int link) => string.Join(" - ", Links[link].Ends.Select(end => NodeName(end.Node)));

    /// <summary>A station of all segments' in words.</summary>
    public string StationName(int station) => Stations.ElementAt(station) is var at ? $"{NodeName(at.Node)} at {Segments![at.Segment].Name}" : "";

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
    public RouterPlace PlaceOf(uint site, int node) => PlaceOf(site, node, [.. Enumerable.Range(0, Links.Count).Where(link => Links[link].Ends.Any(e => e.Node == node))]);

    /// <summary>The places of all nodes in a site.</summary>
    public RouterPlace[] PlacesOf(uint site)
    {
        var links = new List<int>[Nodes.Count];
        for (int node = 0; node < links.Length; node++)
        {
            links[node] = [];
        }

        for (int link = 0; link < Links.Count; link++)
        {
            foreach (LinkEnd end in Links[link].Ends)
            {
                if (links[end.Node].Count == 0 || links[end.Node][^1] != link)
                {
                    links[end.Node].Add(link);
                }
            }
        }

        return [.. links.Select((of, node) => PlaceOf(site, node, of))];
    }

    private RouterPlace PlaceOf(uint site, int node, List<int> links)
    {
        var places = new PortPlace[links.Sum(link => Links[link].Ends.Count(e => e.Node == node))];
        foreach (int link in links)
        {
            PlannedLink planned = Links[link];
            foreach ((int number, LinkEnd end) in planned.Ends.Index())
            {
                if (end.Node == node)
                {
                    places[end.Port] = new PortPlace(
                        link, number, [.. planned.Ends.Select((e, i) => new PlacedNode(e.Node, Nodes[e.Node], e.Port, GivenTo(e.Node), planned.Addresses?[i] ?? Ipv4Address.Any))]);
                }
            }
        }

        Ipv4Address given = GivenTo(node);
        return new RouterPlace(node, ((ulong)site << 16) | (uint)(node + 1), Nodes[node], NameOf(Nodes[node]), places, given.IsAny ? SiteAddresses.Ethernet(node) : given)
        {
            Station = StationOf(node),
        };
    }

    private StationPlace StationOf(int node)
    {
        for (int s = 0; s < (Segments?.Count ?? 0); s++)
        {
            for (int station = 0; station < Segments![s].Stations.Count; station++)
            {
                if (Segments[s].Stations[station] == node)
                {
                    PlannedQuerier? querier = Segments[s].Querier;
                    StationPlace place = Segments[s].Interface is { } name && ClonedKind.TryParse(name, out short unit)
                        ? new StationPlace(Segments[s].LinkAddressOf(node), unit, SiteAddresses.Segment(s, station))
                        : new StationPlace(Segments[s].LinkAddressOf(node), StationPlace.OfBoot, Ipv4Address.Any);
                    return place with { DetectsDuplicates = Segments[s].Dad, IsQueried = querier is not null, Querier = querier?.Node == node ? querier.Options : null };
                }
            }
        }

        return default;
    }

    // Stations are on one net: that of the first one's Ethernet.
    private Ipv4Address GivenTo(int node)
    {
        if (Addresses?[node] is { IsAny: false } given)
        {
            return given;
        }

        for (int s = 0; s < (Segments?.Count ?? 0); s++)
        {
            for (int station = 0; station < Segments![s].Stations.Count; station++)
            {
                if (Segments[s].Stations[station] == node && Segments[s].Interface is null)
                {
                    return SiteAddresses.Ethernet(Segments[s].Stations[0], (byte)(station + 1));
                }
            }
        }

        return Ipv4Address.Any;
    }

    /// <summary>Whether a role has an interface of this name that is an Ethernet and plugged in.</summary>
    public static bool HasNic(RoleOptions role, string name) => role.Interfaces.Any(i => i.Name == name && ClonedKind.TryParse(name, out short unit) && ClonedKind.Of(unit) is { IsPluggedIn: true, IsEthernet: true });

    /// <summary>Refuses a topology that is not a valid site.</summary>
    /// <param name="roles">What its nodes are.</param>
    /// <exception cref="ArgumentException">It is not; the message says why and what would be accepted.</exception>
    public void Check(RoleSet roles)
    {
        string? problem =
            Labels.Count == 0 || Labels.Any(string.IsNullOrEmpty) || Labels.Distinct(StringComparer.OrdinalIgnoreCase).Count() != Labels.Count ? "its labels are not a name of its own for each"
            : roles.Count != Labels.Count ? $"it has options for {roles.Count} labels of {Labels.Count}"
            : Nodes.Count == 0 || Nodes.Any(n => (int)n >= Labels.Count) ? $"a node has none of its {Labels.Count} labels"
            : Labels.Count > MaxLabels ? $"it has {Labels.Count} labels, more than {MaxLabels}"
            : Nodes.Count > SiteAddresses.MaxNodes ? $"it has {Nodes.Count} nodes, more than {SiteAddresses.MaxNodes}"
            : Links.Count > SiteAddresses.MaxLinks ? $"it has {Links.Count} links, more than {SiteAddresses.MaxLinks}"
            : Names is { } names && names.Count != Nodes.Count ? $"it has {names.Count} names for {Nodes.Count} nodes"
            : Addresses is { } addresses && addresses.Count != Nodes.Count ? $"it has {addresses.Count} addresses for {Nodes.Count} nodes"
            : Links.Any(l => l.Addresses is { } of && of.Count != l.Ends.Count) ? "a link has not an address for each end"
            : Links.FirstOrDefault(l => l.Ends.Count != l.Kind.Ends) is { } link ? $"a {link.Kind.Name} link has {link.Ends.Count} ends, not {link.Kind.Ends}"
            : Links.Any(l => l.Ends.Any(e => e.Node < 0 || e.Node >= Nodes.Count)) ? $"a link ends at a node that is none of its {Nodes.Count}"
            : Links.SelectMany(l => l.Ends).GroupBy(e => e.Node).FirstOrDefault(g => !g.Select(e => e.Port).Order().SequenceEqual(Enumerable.Range(0, g.Count()))) is { } node
                ? $"the ports of node {node.Key} are {string.Join(", ", node.Select(e => e.Port).Order())}"
            : Links.SelectMany(l => l.Ends).GroupBy(e => e.Node).FirstOrDefault(g => g.Count() > MaxPorts) is { } many ? $"node {many.Key} has {many.Count()} ports, more than {MaxPorts}"
            : Stations.Any(s => s.Node < 0 || s.Node >= Nodes.Count) ? $"a segment has a station that is none of its {Nodes.Count} nodes"
            : Stations.GroupBy(s => s.Node).FirstOrDefault(g => g.Count() > 1) is { } often ? $"node {often.Key} is a station twice"
            : Segments?.FirstOrDefault(s => s.Interface is not null && s.Stations.Any(n => !HasNic(roles[Nodes[n]], s.Interface))) is { } without
                ? $"a station of the segment {without.Name} has no {without.Interface} that is plugged in"
            : Segments?.FirstOrDefault(s => s.SameEthernet is { } same && (same.Count < 2 || same.Distinct().Count() != same.Count || same.Any(n => !s.Stations.Contains(n)))) is { } twins ? $"same_ethernet of the segment {twins.Name} is not two or more of its stations"
            : Segments?.FirstOrDefault(s => s.Querier is { } querier && !s.Stations.Contains(querier.Node)) is { } unasked ? $"the querier of the segment {unasked.Name} is none of its stations"
            : Segments?.Select(s => s.Querier?.Options.Problem()).FirstOrDefault(p => p is not null) is { } wrong ? $"a querier's {wrong.Field}: {wrong.Problem}"
            : Segments?.FirstOrDefault(s => s.Stations.Count is < 2 or > EthernetSegment.MaxStations) is { } segment ? $"the segment {segment.Name} has {segment.Stations.Count} stations"
            : null;
        if (problem is not null)
        {
            throw new ArgumentException(
                $"a site of nodes and links: {problem}; accepted are labels with options, a label for each node, and links whose ends are the nodes' ports, which are numbered from 0, one link at each, and segments of 2 to {EthernetSegment.MaxStations} nodes, a node at one of them at most");
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
