using System.Globalization;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;
using YamlDotNet.RepresentationModel;

namespace Stress.Scenarios;

/// <summary>Reads the network that each site of a scenario is: a shape, or nodes, links and segments one by one.</summary>
internal static class NetworkLoader
{
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
                throw new ScenarioException(file, (int)segments.Start.Line, "segments", "without nodes and links in this file", "nodes, links and segments in one file, in any order");
            }

            return CheckCounts(s, file, root);
        }

        if (network is not null && (nodes ?? links ?? segments) is { } both)
        {
            throw new ScenarioException(file, (int)both.Start.Line, nodes is not null ? "nodes" : links is not null ? "links" : "segments", "cannot be combined with network", "a network, or nodes and links");
        }

        if (network is null && (nodes is null || links is null))
        {
            throw new ScenarioException(file, (int)(nodes ?? links)!.Start.Line, nodes is null ? "links" : "nodes", nodes is null ? "without nodes in this file" : "without links in this file", "nodes and links in one file, in any order, or a network");
        }

        (NetworkOptions? shape, Topology graph) = network is null ? (null, TopologyLoader.Read(file, nodes!, links!, segments)) : Shaped(s.Network, file, network);
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

                // The expectations and reported figures of an included file are about other nodes.
                Expect = same ? s.Expect : [],
                ExpectReached = same ? s.ExpectReached : [],
                Reported = same ? s.Reported : [],
            },
            file, root);
    }

    /// <summary>A network and how many copies of it are run together: a run has no more lines than it may have pairs.</summary>
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

    // A scenario of pairs has pairs, one of networks has sites.
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

    private static YamlNode? Value(YamlMappingNode map, string field) => map.Children.TryGetValue(new YamlScalarNode(field), out YamlNode? value) ? value : null;

    private static int LineOf(YamlMappingNode map, string field, int otherwise = 1) =>
        map.Children.Keys.FirstOrDefault(key => key is YamlScalarNode { Value: { } name } && name == field) is { } key ? (int)key.Start.Line : otherwise;

    /// <summary>The number of sites of a network that a file requests.</summary>
    internal static int Sites(string file, YamlNode value) =>
        int.TryParse(ScenarioLoader.Text(file, value, "sites"), NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n is > 0 and <= ScenarioLoader.MaxPairs
            ? n
            : throw ScenarioLoader.Bad(file, value, "sites", $"a whole number from 1 to {ScenarioLoader.MaxPairs}");
}
