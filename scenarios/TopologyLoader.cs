using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;
using YamlDotNet.RepresentationModel;

namespace Stress.Scenarios;

/// <summary>Reads a network that a file describes one by one: its nodes, the links between them, and the Ethernet segments that they are stations of.</summary>
internal static class TopologyLoader
{
    internal static readonly string[] NodeFields = ["name", "role", "address"];

    internal static readonly string[] LinkFields = ["called", "calling", "kind", "addresses", "group"];

    internal static readonly string[] SegmentFields = ["name", "stations", "down", "interface", "querier", "query_interval", "query_response", "snooping", "dad", "same_ethernet"];

    /// <summary>Longest name of a node, a label or a group.</summary>
    internal const int MaxName = 40;

    private const string NameAccepted = "letters, digits, '-', '_' and '.', up to 40 of them";

    /// <summary>The network of a file.</summary>
    /// <param name="file">The file's name, for errors.</param>
    /// <param name="nodeList">The value of <c>nodes</c>.</param>
    /// <param name="linkList">The value of <c>links</c>.</param>
    /// <param name="segmentList">The value of <c>segments</c>; null if the file has none.</param>
    /// <exception cref="ScenarioException">Something in it is not accepted.</exception>
    public static Topology Read(string file, YamlNode nodeList, YamlNode linkList, YamlNode? segmentList)
    {
        var names = new List<string>();
        var labels = new List<string>();
        var nodes = new List<Role>();
        var addresses = new List<Ipv4Address>();
        var used = new Dictionary<Ipv4Address, string>();
        foreach (YamlNode node in ScenarioLoader.ListOf(file, nodeList, "nodes"))
        {
            string? name = null, label = null;
            Ipv4Address address = Ipv4Address.Any;
            foreach ((string field, YamlNode key, YamlNode value) in FieldsIn(file, node, "nodes", NodeFields))
            {
                switch (field)
                {
                    case "name":
                        name = Name(file, value, "nodes.name");
                        if (names.Contains(name))
                        {
                            throw new ScenarioException(file, (int)value.Start.Line, "nodes.name", $"two nodes are called \"{name}\"", "a name of its own for each node");
                        }

                        break;
                    case "role":
                        label = Name(file, value, "nodes.role");
                        break;
                    default:
                        address = Address(file, value, "nodes.address", used);
                        break;
                }
            }

            if (name is null || label is null)
            {
                throw new ScenarioException(file, (int)node.Start.Line, name is null ? "nodes.name" : "nodes.role", "is missing", "name and role, and address where wanted");
            }

            if (labels.FirstOrDefault(known => known != label && string.Equals(known, label, StringComparison.OrdinalIgnoreCase)) is { } twin)
            {
                throw new ScenarioException(file, (int)node.Start.Line, "nodes.role", $"\"{label}\" and \"{twin}\" differ in case alone", "labels that differ in more");
            }

            if (!labels.Contains(label))
            {
                labels.Add(label);
            }

            names.Add(name);
            nodes.Add((Role)(byte)labels.IndexOf(label));
            addresses.Add(address);
            if (names.Count > ScenarioFields.MaxNodes)
            {
                throw new ScenarioException(file, (int)node.Start.Line, "nodes", $"more than {ScenarioFields.MaxNodes} nodes", $"at most {ScenarioFields.MaxNodes}");
            }
        }

        var links = new List<PlannedLink>();
        var ports = new int[nodes.Count];
        var numbers = names.Index().ToDictionary(x => x.Item, x => x.Index, StringComparer.Ordinal);
        foreach (YamlNode node in ScenarioLoader.ListOf(file, linkList, "links"))
        {
            int called = -1, calling = -1;
            LinkKind kind = LinkKind.Modem;
            IReadOnlyList<Ipv4Address>? ends = null;
            string? group = null;
            foreach ((string field, YamlNode key, YamlNode value) in FieldsIn(file, node, "links", LinkFields))
            {
                switch (field)
                {
                    case "called" or "calling":
                        string name = ScenarioLoader.Text(file, value, $"links.{field}");
                        int number = numbers.TryGetValue(name, out int known) ? known : throw ScenarioLoader.Bad(file, value, $"links.{field}", "the name of a node");
                        (called, calling) = field == "called" ? (number, calling) : (called, number);
                        if (++ports[number] > Topology.MaxPorts)
                        {
                            throw new ScenarioException(file, (int)value.Start.Line, $"links.{field}", $"\"{name}\" has more than {Topology.MaxPorts} links", $"at most {Topology.MaxPorts} links at a node");
                        }

                        break;
                    case "kind":
                        string word = ScenarioLoader.Text(file, value, "links.kind");
                        kind = LinkKind.Known.FirstOrDefault(k => k.Name == word) ?? throw ScenarioLoader.Bad(file, value, "links.kind", string.Join(", ", LinkKind.Known.Select(k => k.Name)));
                        break;
                    case "addresses":
                        ends = [.. ScenarioLoader.ListOf(file, value, "links.addresses").Select(a => Address(file, a, "links.addresses", used))];
                        if (ends.Count != 2)
                        {
                            throw new ScenarioException(file, (int)value.Start.Line, "links.addresses", $"{ends.Count} addresses", "two: of the called end and of the calling end");
                        }

                        break;
                    default:
                        group = Name(file, value, "links.group");
                        break;
                }
            }

            if (called < 0 || calling < 0)
            {
                throw new ScenarioException(file, (int)node.Start.Line, called < 0 ? "links.called" : "links.calling", "is missing", "called and calling, the names of two nodes");
            }

            if (called == calling)
            {
                throw new ScenarioException(file, (int)node.Start.Line, "links.calling", $"\"{names[called]}\" calls itself", "two nodes");
            }

            links.Add(new PlannedLink(kind, new LinkEnd(called, ports[called] - 1), new LinkEnd(calling, ports[calling] - 1)) { Addresses = ends, Group = group });
            if (links.Count > ScenarioFields.MaxLinks)
            {
                throw new ScenarioException(file, (int)node.Start.Line, "links", $"more than {ScenarioFields.MaxLinks} links", $"at most {ScenarioFields.MaxLinks}");
            }
        }

        List<PlannedSegment>? segments = segmentList is null ? null : Segments(file, segmentList, names, labels);
        if (nodes.Count == 0 || links.Count == 0)
        {
            throw new ScenarioException(file, (int)(nodes.Count == 0 ? nodeList : linkList).Start.Line, nodes.Count == 0 ? "nodes" : "links", "the list is empty", "at least two nodes and a link");
        }

        if (Apart(nodes.Count, links, segments) is { } lonely)
        {
            throw new ScenarioException(
                file, (int)((YamlSequenceNode)nodeList).Children[lonely].Start.Line, "nodes", $"no link or segment connects \"{names[0]}\" with \"{names[lonely]}\", directly or through others",
                "nodes that are all connected; a network apart would be a site of its own");
        }

        var graph = new Topology(labels, nodes, links) { Names = names, Addresses = addresses.TrueForAll(a => a.IsAny) ? null : addresses, Segments = segments is { Count: > 0 } ? segments : null };
        foreach ((int number, PlannedSegment segment) in (segments ?? []).Index().Where(s => s.Item.Interface is null))
        {
            int at = (int)((YamlSequenceNode)segmentList!).Children[number].Start.Line;
            Ipv4Address[] of = [.. segment.Stations.Select(graph.AddressOf)];
            if (of.Any(a => a.Value >> 8 != of[0].Value >> 8))
            {
                throw new ScenarioException(file, at, "segments.stations", $"addresses of more than one net: {string.Join(", ", of)}", "nodes whose addresses are of one net of 24 bits, or nodes without an address");
            }

            if (of.GroupBy(a => a).FirstOrDefault(g => g.Count() > 1) is { } twice)
            {
                throw new ScenarioException(file, at, "segments.stations", $"two stations have the address {twice.Key}", "an address for each of them, or for none");
            }
        }

        return graph;
    }

    private static List<PlannedSegment> Segments(string file, YamlNode list, List<string> names, List<string> labels)
    {
        var segments = new List<PlannedSegment>();
        var at = new HashSet<int>();
        foreach (YamlNode node in ScenarioLoader.ListOf(file, list, "segments"))
        {
            string? name = null;
            List<int>? stations = null;
            TimeRange? down = null;
            string? nic = null;
            int querier = -1;
            YamlNode? querierAt = null;
            QuerierOptions? asks = null;
            bool snooping = false, dad = false;
            List<int>? same = null;
            YamlNode? sameAt = null;
            foreach ((string field, YamlNode key, YamlNode value) in FieldsIn(file, node, "segments", SegmentFields))
            {
                switch (field)
                {
                    case "name":
                        name = Name(file, value, "segments.name");
                        if (name == SiteEventOptions.Everything || names.Contains(name) || labels.Contains(name) || segments.Exists(s => s.Name == name))
                        {
                            throw new ScenarioException(file, (int)value.Start.Line, "segments.name", $"\"{name}\" is the name of something else", "a name that no node, label or other segment has");
                        }

                        break;
                    case "down":
                        down = (TimeRange)(ScenarioFields.Scalar(typeof(TimeRange), "segments.down", ScenarioLoader.Text(file, value, "segments.down"))
                            ?? throw ScenarioLoader.Bad(file, value, "segments.down", "a time or a range of times, as 5s..1min"));
                        break;
                    case "interface":
                        nic = ScenarioLoader.Text(file, value, "segments.interface");
                        nic = nic == InterfaceOptions.Ethernet ? null : ClonedKind.TryParse(nic, out short unit) && ClonedKind.Of(unit).IsPluggedIn
                            ? nic : throw ScenarioLoader.Bad(file, value, "segments.interface", $"{InterfaceOptions.Ethernet}, or the name of an interface that is plugged in, as aue0");
                        break;
                    case "querier":
                        querier = names.IndexOf(ScenarioLoader.Text(file, value, "segments.querier"));
                        querierAt = value;
                        break;
                    case "snooping" or "dad":
                        bool set = (bool)(ScenarioFields.Scalar(typeof(bool), $"segments.{field}", ScenarioLoader.Text(file, value, $"segments.{field}")) ?? throw ScenarioLoader.Bad(file, value, $"segments.{field}", "true or false"));
                        (snooping, dad) = field == "dad" ? (snooping, set) : (set, dad);
                        break;
                    case "same_ethernet":
                        same = [.. ScenarioLoader.ListOf(file, value, "segments.same_ethernet").Select(one => names.IndexOf(ScenarioLoader.Text(file, one, "segments.same_ethernet")))];
                        sameAt = value;
                        break;
                    case "query_interval":
                        asks = (asks ?? new QuerierOptions()) with { Interval = Time(file, value, "segments.query_interval") };
                        break;
                    case "query_response":
                        asks = (asks ?? new QuerierOptions()) with { Response = Time(file, value, "segments.query_response") };
                        break;
                    default:
                        stations = [];
                        foreach (YamlNode station in ScenarioLoader.ListOf(file, value, "segments.stations"))
                        {
                            int number = names.IndexOf(ScenarioLoader.Text(file, station, "segments.stations"));
                            if (number < 0)
                            {
                                throw ScenarioLoader.Bad(file, station, "segments.stations", "names of nodes");
                            }

                            stations.Add(at.Add(number) ? number : throw new ScenarioException(
                                file, (int)station.Start.Line, "segments.stations", $"\"{names[number]}\" is at two segments, or twice at one", "a node once: it has one Ethernet"));
                        }

                        if (stations.Count is < 2 or > EthernetSegment.MaxStations)
                        {
                            throw new ScenarioException(file, (int)value.Start.Line, "segments.stations", $"{stations.Count} stations", $"2 to {EthernetSegment.MaxStations} stations");
                        }

                        break;
                }
            }

            if (name is null || stations is null)
            {
                throw new ScenarioException(file, (int)node.Start.Line, name is null ? "segments.name" : "segments.stations", "is missing", "name and stations, and down, interface, querier, query_interval, query_response, snooping, dad and same_ethernet where wanted");
            }

            if (querierAt is not null && !stations.Contains(querier))
            {
                throw ScenarioLoader.Bad(file, querierAt, "segments.querier", "the name of one of its stations");
            }

            if (same is not null && (same.Count < 2 || same.Distinct().Count() != same.Count || !same.TrueForAll(stations.Contains)))
            {
                throw new ScenarioException(file, (int)sameAt!.Start.Line, "segments.same_ethernet", "is not two or more of its stations", "names of two or more of its stations");
            }

            if (asks is not null && querierAt is null)
            {
                throw new ScenarioException(file, (int)node.Start.Line, "segments.querier", "is missing: nobody asks for members", "querier, the name of one of its stations, next to query_interval and query_response");
            }

            asks ??= new QuerierOptions();
            if (asks.Problem() is { } problem)
            {
                throw new ScenarioException(file, (int)node.Start.Line, $"segments.{problem.Field}", problem.Problem, problem.Accepted);
            }

            var segment = new PlannedSegment(name, stations);
            segment = segment with { Interface = nic, Querier = querierAt is null ? null : new PlannedQuerier(querier, asks), Snooping = snooping, Dad = dad, SameEthernet = same };
            segments.Add(down is { } range ? segment with { Down = range } : segment);
        }

        return segments;
    }

    private static VirtualTime Time(string file, YamlNode value, string field) =>
        (VirtualTime)(ScenarioFields.Scalar(typeof(VirtualTime), field, ScenarioLoader.Text(file, value, field)) ?? throw ScenarioLoader.Bad(file, value, field, "a time, as 125s"));

    // The first node that links and segments do not connect with node 0; null if they connect all.
    private static int? Apart(int nodes, IReadOnlyList<PlannedLink> links, List<PlannedSegment>? segments)
    {
        ILookup<int, int> neighbours = links.SelectMany(l => new[] { (l.Ends[0].Node, l.Ends[1].Node), (l.Ends[1].Node, l.Ends[0].Node) })
            .Concat((segments ?? []).SelectMany(s => s.Stations.SelectMany(a => new[] { (s.Stations[0], a), (a, s.Stations[0]) })))
            .ToLookup(x => x.Item1, x => x.Item2);
        var seen = new bool[nodes];
        var next = new Queue<int>([0]);
        seen[0] = true;
        while (next.TryDequeue(out int node))
        {
            foreach (int neighbour in neighbours[node].Where(n => !seen[n]))
            {
                if (!seen[neighbour])
                {
                    seen[neighbour] = true;
                    next.Enqueue(neighbour);
                }
            }
        }

        int apart = Array.IndexOf(seen, false);
        return apart < 0 ? null : apart;
    }

    private static IEnumerable<(string Field, YamlNode Key, YamlNode Value)> FieldsIn(string file, YamlNode node, string prefix, string[] known)
    {
        foreach ((YamlNode key, YamlNode value) in ScenarioLoader.Map(file, node, prefix, "a map of " + string.Join(", ", known)).Children)
        {
            string field = ScenarioLoader.Text(file, key, prefix);
            yield return known.Contains(field)
                ? (field, key, value)
                : throw new ScenarioException(file, (int)key.Start.Line, $"{prefix}.{field}", ScenarioLoader.Unknown(field, known), string.Join(", ", known));
        }
    }

    private static string Name(string file, YamlNode node, string field) =>
        ScenarioLoader.Text(file, node, field) is { Length: > 0 and <= MaxName } name && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? name : throw ScenarioLoader.Bad(file, node, field, NameAccepted);

    private static Ipv4Address Address(string file, YamlNode node, string field, Dictionary<Ipv4Address, string> used)
    {
        if (!Ipv4Address.TryParse(ScenarioLoader.Text(file, node, field), out Ipv4Address address) || address.IsAny || address.IsMulticast || address.IsLoopback || address == Ipv4Address.Broadcast)
        {
            throw ScenarioLoader.Bad(file, node, field, "the IPv4 address of an interface, as 192.0.2.1");
        }

        return used.TryAdd(address, field) ? address : throw new ScenarioException(file, (int)node.Start.Line, field, $"{address} stands twice", "an address of its own for each interface");
    }
}
