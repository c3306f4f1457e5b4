using System.Globalization;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;
using YamlDotNet.RepresentationModel;

namespace Stress.Scenarios;

/// <summary>Reads what the sites of a scenario are as networks: a shape, or nodes and links one by one.</summary>
internal static class NetworkLoader
{
    internal static readonly string[] NodeFields = ["name", "role", "address"];

    internal static readonly string[] LinkFields = ["called", "calling", "kind", "addresses", "group"];

    internal static readonly string[] SegmentFields = ["name", "stations", "down", "interface"];

    /// <summary>Longest name of a node, a label or a group.</summary>
    internal const int MaxName = 40;

    private const string NameAccepted = "letters, digits, '-', '_' and '.', up to 40 of them";

    /// <summary>The fields that make a scenario one of networks.</summary>
    internal static readonly string[] Fields = ["network", "nodes", "links", "segments"];

    /// <summary>The scenario with the network of a file, if the file gives one.</summary>
    public static Scenario Apply(Scenario s, string file, YamlMappingNode root)
    {
        YamlNode? network = Value(root, "network"), nodes = Value(root, "nodes"), links = Value(root, "links"), segments = Value(root, "segments");
        if (network is null && nodes is null && links is null)
        {
            if (segments is not null)
            {
                throw new ScenarioException(file, (int)segments.Start.Line, "segments", "without nodes", "segments beside nodes and links");
            }

            return CheckCounts(s, file, root);
        }

        if (network is not null && (nodes ?? links ?? segments) is { } both)
        {
            throw new ScenarioException(file, (int)both.Start.Line, nodes is not null ? "nodes" : links is not null ? "links" : "segments", "stands beside network", "a network, or nodes and links");
        }

        if (network is null && (nodes is null || links is null))
        {
            throw new ScenarioException(file, (int)(nodes ?? links)!.Start.Line, nodes is null ? "links" : "nodes", nodes is null ? "without nodes" : "without links", "nodes and links together, or a network");
        }

        (NetworkOptions? shape, Topology graph) = network is null ? (null, Explicit(file, nodes!, links!, segments)) : Shaped(s.Network, file, network);
        if (graph.Labels.Count > Topology.MaxLabels)
        {
            throw new ScenarioException(file, (int)(nodes ?? network)!.Start.Line, "nodes.role", $"{graph.Labels.Count} labels", $"at most {Topology.MaxLabels}");
        }

        Dictionary<string, RoleOptions> before = s.Site.Topology.Labels.Zip(s.Site.Roles).ToDictionary(x => x.First, x => x.Second, StringComparer.Ordinal);
        foreach ((string label, RoleOptions role) in s.RolesBefore)
        {
            before.TryAdd(label, role);
        }

        RoleOptions[] roles = [.. graph.Labels.Select((label, i) => before.TryGetValue(label, out RoleOptions? known) ? known with { Role = (Role)i } : new RoleOptions { Role = (Role)i })];
        bool same = graph.Labels.SequenceEqual(s.Site.Topology.Labels);
        return CheckCounts(
            s with
            {
                Network = shape,
                RolesBefore = before,
                Site = s.Site with { Graph = graph, CallersPerAnswerer = 1, Roles = new RoleSet(roles), Events = same ? s.Site.Events : null },

                // What a file below expects and reports is of other nodes.
                Expect = same ? s.Expect : [],
                ExpectReached = same ? s.ExpectReached : [],
                Reported = same ? s.Reported : [],
            },
            file, root);
    }

    /// <summary>A network and how often it is run together: a run has no more lines than it may have pairs.</summary>
    public static Scenario Count(Scenario s, string file, YamlMappingNode root)
    {
        if (s.Site.Graph is null)
        {
            return s;
        }

        long lines = (long)s.SitesOfNetwork * s.Site.Lines;
        return lines <= ScenarioLoader.MaxPairs
            ? s with { Pairs = (int)lines }
            : throw new ScenarioException(file, LineOf(root, "sites"), "sites", $"{s.SitesOfNetwork} sites of {s.Site.Lines} links are {lines} lines", $"at most {ScenarioLoader.MaxPairs} lines, here {ScenarioLoader.MaxPairs / s.Site.Lines} sites");
    }

    // Pairs are counted of pairs and sites of networks.
    private static Scenario CheckCounts(Scenario s, string file, YamlMappingNode root)
    {
        bool isNetwork = s.Site.Graph is not null;
        foreach (string field in isNetwork ? (ReadOnlySpan<string>)["pairs", "callers_per_answerer"] : ["sites"])
        {
            if (Value(root, field) is not null)
            {
                throw new ScenarioException(
                    file, LineOf(root, field), field, isNetwork ? "is of pairs, and this is a network" : "is of a network, and these are pairs",
                    isNetwork ? "sites, how many such networks the run has" : "pairs, or a network");
            }
        }

        return s;
    }

    private static (NetworkOptions Options, Topology Graph) Shaped(NetworkOptions? before, string file, YamlNode node)
    {
        string accepted = ScenarioFields.Accepts(typeof(NetworkOptions), "network");
        YamlMappingNode map = ScenarioLoader.Map(file, node, "network", accepted);
        if (before is null && Value(map, "shape") is null)
        {
            throw new ScenarioException(file, (int)node.Start.Line, "network.shape", "is missing", string.Join(", ", ScenarioFields.Values(typeof(NetworkShape)).Select(ScenarioFields.Spell)));
        }

        var options = (NetworkOptions)ScenarioLoader.Bind(before ?? new NetworkOptions(), file, map, "network.", []);
        foreach ((YamlNode key, YamlNode value) in map.Children)
        {
            string field = ((YamlScalarNode)key).Value!;
            if (field != "shape" && !FieldsOf(options.Shape).Contains(field))
            {
                throw new ScenarioException(
                    file, (int)key.Start.Line, $"network.{field}", $"has no effect on the shape {ScenarioFields.Spell(options.Shape)}", string.Join(", ", FieldsOf(options.Shape).Prepend("shape")));
            }
        }

        (int nodes, long links) = options.Size();
        if (nodes > ScenarioFields.MaxNodes || links > ScenarioFields.MaxLinks)
        {
            throw new ScenarioException(file, (int)node.Start.Line, "network", $"{nodes} nodes and {links} links", $"at most {ScenarioFields.MaxNodes} nodes and {ScenarioFields.MaxLinks} links");
        }

        return options.Problem() is not { } problem
            ? (options, options.Build())
            : throw new ScenarioException(file, LineOf(map, problem.Field, (int)node.Start.Line), $"network.{problem.Field}", problem.Problem, problem.Accepted);
    }

    /// <summary>The fields of a shape.</summary>
    internal static IReadOnlyList<string> FieldsOf(NetworkShape shape) => shape switch
    {
        NetworkShape.Pair => [],
        NetworkShape.Grid => ["width", "height"],
        NetworkShape.Tree => ["nodes", "branches"],
        NetworkShape.Random => ["nodes", "links", "seed"],
        _ => ["nodes"],
    };

    private static Topology Explicit(string file, YamlNode nodeList, YamlNode linkList, YamlNode? segmentList)
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
        if (Apart(nodes.Count, links, segments) is { } lonely)
        {
            YamlNode at = nodes.Count == 0 ? nodeList : ((YamlSequenceNode)nodeList).Children[lonely];
            throw new ScenarioException(
                file, (int)at.Start.Line, "nodes", nodes.Count == 0 ? "no node" : $"no way leads from \"{names[0]}\" to \"{names[lonely]}\"", "nodes that links join, all of them: what is not joined is another site");
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
                throw new ScenarioException(file, (int)node.Start.Line, name is null ? "segments.name" : "segments.stations", "is missing", "name and stations, and down and interface where wanted");
            }

            var segment = new PlannedSegment(name, stations);
            segment = segment with { Interface = nic };
            segments.Add(down is { } range ? segment with { Down = range } : segment);
        }

        return segments;
    }

    // The first node that links and segments do not join to node 0; null where they join all.
    private static int? Apart(int nodes, IReadOnlyList<PlannedLink> links, List<PlannedSegment>? segments)
    {
        if (nodes == 0 || links.Count == 0)
        {
            return nodes > 1 ? 1 : 0;
        }

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

    private static YamlNode? Value(YamlMappingNode map, string field) => map.Children.TryGetValue(new YamlScalarNode(field), out YamlNode? value) ? value : null;

    private static int LineOf(YamlMappingNode map, string field, int otherwise = 1) =>
        map.Children.Keys.FirstOrDefault(key => key is YamlScalarNode { Value: { } name } && name == field) is { } key ? (int)key.Start.Line : otherwise;

    /// <summary>How many sites of a network a file asks for.</summary>
    internal static int Sites(string file, YamlNode value) =>
        int.TryParse(ScenarioLoader.Text(file, value, "sites"), NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n is > 0 and <= ScenarioLoader.MaxPairs
            ? n
            : throw ScenarioLoader.Bad(file, value, "sites", $"a whole number from 1 to {ScenarioLoader.MaxPairs}");
}
