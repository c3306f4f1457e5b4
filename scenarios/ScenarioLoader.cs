using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Stacks;
using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ospf;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Stress.Scenarios;

/// <summary>Reads scenario files. Strict: every field must be known, have its unit and be in its range; otherwise one error says which is not.</summary>
public static class ScenarioLoader
{
    /// <summary>Largest file, in bytes.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>Deepest nesting of maps and lists.</summary>
    public const int MaxDepth = 12;

    /// <summary>Longest chain of includes.</summary>
    public const int MaxIncludes = 4;

    /// <summary>Most pairs in a run.</summary>
    public const int MaxPairs = 10_000_000;

    /// <summary>Longest run, in hours of virtual time.</summary>
    public const int MaxHours = 1_000_000;

    internal static readonly string[] TopFields =
    [
        "name", "description", "include", "pairs", "hours", "seed", "design", "backend", "fault", "callers_per_answerer", "sites", "network", "nodes", "links", "segments", "window", "roles", "line", "events", "expect", "expect_reached", "expect_design", "expect_nothing", "reported", "sources",
    ];

    internal static readonly string[] ExpectFields = ["path", "role", "design", "percent"];

    internal static readonly string[] ReportedFields = ["path", "role", "percent"];

    internal static readonly string[] Daemons = [.. DaemonKind.Names];

    // An interface before its map is read.
    internal static readonly InterfaceOptions Interface = new();

    // A competitor before its map is read.
    internal static readonly CompetitorOptions Competitor =
        new("", 0, CompetitorTrigger.Background, CountRange.Fixed(1), VirtualTime.Zero, TimeRange.Fixed(VirtualTime.Never), BlockContent.Text);

    internal static readonly string[] Backends = [Scenario.Emulator, Scenario.Uml];

    internal static readonly string[] Paths = ["membership", "in6_selecthlim", "any", "stale", "alias", "first_crash_within_hour"];

    /// <summary>The name for standard input where a file is expected.</summary>
    public const string StandardInput = "-";

    /// <summary>Reads a file. <c>include:</c> names a file of the same folder.</summary>
    /// <param name="path">The file, or <see cref="StandardInput"/>, whose folder is the current one.</param>
    /// <param name="input">Standard input.</param>
    /// <exception cref="ScenarioException">The file cannot be accepted.</exception>
    public static Scenario Load(string path, TextReader? input = null)
    {
        string text = ReadFile(path, input);
        return Parse(text, path, Beside(path));
    }

    // Reads what a file includes: a file of the same folder.
    internal static Func<string, string, int, string> Beside(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        return (name, from, line) => ReadFile(Path.Combine(folder, name), from, line, "include");
    }

    /// <summary>Reads a scenario that comes without a folder, such as one from the network: <c>include:</c> is refused.</summary>
    /// <exception cref="ScenarioException">The text cannot be accepted.</exception>
    public static Scenario Parse(string text, string fileName) => Parse(text, fileName, null);

    /// <summary>The text of a file, or of standard input.</summary>
    /// <param name="path">The file, or <see cref="StandardInput"/>.</param>
    /// <param name="input">Standard input.</param>
    /// <exception cref="ScenarioException">It cannot be read, or is too large.</exception>
    public static string ReadFile(string path, TextReader? input)
    {
        if (path != StandardInput || input is null)
        {
            return ReadFile(path, path, 0, "");
        }

        char[] text = new char[MaxBytes + 1];
        int length = input.ReadBlock(text, 0, text.Length);
        return length <= MaxBytes && Encoding.UTF8.GetByteCount(text, 0, length) <= MaxBytes
            ? new string(text, 0, length)
            : throw new ScenarioException(path, 0, "", $"more than {MaxBytes} bytes", $"at most {MaxBytes} bytes");
    }

    internal static string ReadFile(string path, string file, int line, string field)
    {
        try
        {
            if (Directory.Exists(path))
            {
                throw new ScenarioException(file, line, field, $"\"{path}\" is a folder", "a scenario file in YAML");
            }

            if (!File.Exists(path))
            {
                throw new ScenarioException(file, line, field, $"\"{path}\" does not exist", "a scenario file in YAML, such as scenarios/troxel-2005.yaml");
            }

            // A device or a pipe does not say how long it is: read no more than is accepted.
            using FileStream stream = File.OpenRead(path);
            var bytes = new byte[MaxBytes + 1];
            int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MaxBytes)
            {
                string size = stream.CanSeek && stream.Length > MaxBytes ? $"{stream.Length}" : $"more than {MaxBytes}";
                throw new ScenarioException(file, line, field, $"{size} bytes", $"at most {MaxBytes} bytes");
            }

            return new StreamReader(new MemoryStream(bytes, 0, length)).ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ScenarioException(file, line, field, $"cannot be read ({e.Message.TrimEnd('.')})", "a readable scenario file");
        }
    }

    private static Scenario Parse(string text, string fileName, Func<string, string, int, string>? include) => Combine(Chain(text, fileName, include), fileName, text);

    // The files of a scenario, the innermost include first.
    internal static List<(string File, YamlMappingNode Root)> Chain(string text, string fileName, Func<string, string, int, string>? include)
    {
        var chain = new List<(string File, YamlMappingNode Root)>();
        string current = text, name = fileName;
        while (true)
        {
            YamlMappingNode root = Root(current, name);
            chain.Insert(0, (name, root));
            if (!root.Children.TryGetValue(new YamlScalarNode("include"), out YamlNode? node))
            {
                return chain;
            }

            int line = (int)node.Start.Line;
            string target = (node as YamlScalarNode)?.Value ?? "";
            if (include is null)
            {
                throw new ScenarioException(name, line, "include", "a scenario from the network cannot name files", "a scenario without include");
            }

            if (target.Length == 0 || target.IndexOfAny(['/', '\\', ':']) >= 0 || target.Any(char.IsControl) || target is "." or "..")
            {
                throw new ScenarioException(name, line, "include", $"\"{target}\" is not accepted", "the name of a file in the same folder");
            }

            if (chain.Any(c => Path.GetFileName(c.File) == target))
            {
                throw new ScenarioException(name, line, "include", $"\"{target}\" includes itself", "includes without a circle");
            }

            if (chain.Count > MaxIncludes)
            {
                throw new ScenarioException(name, line, "include", "too many includes", $"a chain of at most {MaxIncludes}");
            }

            current = include(target, name, line);
            name = Path.Combine(Path.GetDirectoryName(name) ?? "", target);
        }
    }

    internal static Scenario Combine(IReadOnlyList<(string File, YamlMappingNode Root)> chain, string fileName, string text)
    {
        var scenario = new Scenario();
        foreach ((string file, YamlMappingNode root) in chain)
        {
            Scenario before = scenario;
            scenario = Check(Apply(before, file, root), before, file, root);

            // Bands are written for the design of the file that states them, whatever an including file or the command line changes.
            if (KeyOf(root, "expect_design") is null && (scenario.ExpectDesign is null || KeyOf(root, "expect", "expect_reached") is not null))
            {
                scenario = scenario with { ExpectDesign = scenario.Site.Design };
            }
        }

        if (scenario.Pairs % scenario.Site.Lines != 0)
        {
            (string file, YamlMappingNode root) = chain.LastOrDefault(c => KeyOf(c.Root, "pairs", "callers_per_answerer") is not null, chain[^1]);
            int line = (int)(KeyOf(root, "pairs", "callers_per_answerer") ?? root).Start.Line;
            throw new ScenarioException(file, line, "pairs", $"{scenario.Pairs} is not divisible by callers_per_answerer {scenario.Site.Lines}", "a multiple of callers_per_answerer");
        }

        scenario = scenario with { FileName = fileName, SourceText = text, Site = scenario.Site with { Seed = scenario.Seed } };
        if (chain.Count > 1)
        {
            // A run keeps the text, and is read again where the included file does not exist.
            string whole = ScenarioWriter.Write(scenario);
            if (Encoding.UTF8.GetByteCount(whole) > MaxBytes)
            {
                throw new ScenarioException(fileName, 0, "include", $"more than {MaxBytes} bytes with what it includes", $"at most {MaxBytes} bytes");
            }

            scenario = scenario with { SourceText = whole };
        }

        return scenario;
    }

    // The first of some keys that a map has.
    private static YamlNode? KeyOf(YamlNode map, params string[] fields) =>
        (map as YamlMappingNode)?.Children.Keys.FirstOrDefault(k => k is YamlScalarNode { Value: { } key } && fields.Contains(key));

    // Errors that one field alone does not show: checked after each file, so that the file that causes one is named.
    private static Scenario Check(Scenario s, Scenario before, string file, YamlMappingNode root)
    {
        if (s.Site.Roles.Where(role => role.Name.Length > 0).GroupBy(role => role.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            YamlNode roles = root.Children[new YamlScalarNode("roles")];
            YamlNode at = ((YamlSequenceNode)roles).Select(r => KeyOf(r, "name")).LastOrDefault(k => k is not null) ?? roles;
            throw new ScenarioException(file, (int)at.Start.Line, "roles.name", $"two roles are called \"{twice.Key}\"", "a name of its own for each role");
        }

        foreach (RoleOptions role in s.Site.Roles)
        {
            if (role.Ripngd.UpdateJitter > role.Ripngd.Update)
            {
                YamlNode at = root.Children[new YamlScalarNode("roles")];
                at = ((YamlSequenceNode)at).FirstOrDefault(r => r is YamlMappingNode m && Text(file, m.Children[new YamlScalarNode("role")], "roles.role") == s.NameOf(role.Role)) ?? at;
                at = (at as YamlMappingNode)?.Children.TryGetValue(new YamlScalarNode("ripngd"), out YamlNode? ripngd) == true ? KeyOf(ripngd, "update_jitter", "update") ?? ripngd : at;
                throw new ScenarioException(
                    file, (int)at.Start.Line, $"roles.{s.NameOf(role.Role)}.ripngd.update_jitter", $"{ScenarioFields.SpellTime(role.Ripngd.UpdateJitter)} is more than update", $"at most update, {ScenarioFields.SpellTime(role.Ripngd.Update)}");
            }
        }

        foreach (RoleOptions role in s.Site.Roles.Where(role => role.Datagrams is { To: DatagramsTo.Group } && role.Datagrams.Interval > VirtualTime.Zero))
        {
            Topology of = s.Site.Topology;
            string? lacks = role.GroupMember is null ? "the role has no group_member"
                : Enumerable.Range(0, of.Nodes.Count).FirstOrDefault(node => of.Nodes[node] == role.Role && !of.Stations.Any(station => station.Node == node), -1) is >= 0 and int apart ? $"{of.NodeName(apart)} is at no segment" : null;
            if (lacks is not null)
            {
                throw new ScenarioException(
                    file, root.Children.TryGetValue(new YamlScalarNode("roles"), out YamlNode? named) ? (int)named.Start.Line : 0, $"roles.{s.NameOf(role.Role)}.datagrams.to", $"group, and {lacks}",
                    "a group_member of the role, as 224.0.1.1, and a segment that its nodes are at");
            }
        }

        if (s.Site.Graph is { } graph)
        {
            int[] lines = new int[graph.Nodes.Count];
            foreach (PlannedSegment segment in (graph.Segments ?? []).Where(segment => segment.Interface is not null))
            {
                if (segment.Stations.FirstOrDefault(node => !Topology.HasNic(s.Site.Roles[graph.Nodes[node]], segment.Interface!), -1) is >= 0 and int without)
                {
                    throw new ScenarioException(
                        file, root.Children.TryGetValue(new YamlScalarNode("segments"), out YamlNode? named) ? (int)named.Start.Line : 0, "segments.interface",
                        $"{segment.Interface}, which role {graph.NameOf(graph.Nodes[without])} of {graph.NodeName(without)} has not", $"{segment.Interface} among the interfaces of each station's role");
                }
            }

            foreach (int node in (graph.Segments ?? []).SelectMany(segment => segment.Stations))
            {
                int neighbors = graph.Links.SelectMany(link => link.Ends).Count(end => end.Node == node) + graph.Segments!.First(segment => segment.Stations.Contains(node)).Stations.Count - 1;
                if (neighbors > OspfArea.MaxNeighbors && s.Site.Roles[graph.Nodes[node]].Ospfd.Adjacency == OspfdAdjacency.Full)
                {
                    throw new ScenarioException(
                        file, root.Children.TryGetValue(new YamlScalarNode("roles"), out YamlNode? named) ? (int)named.Start.Line : 0, "roles.ospfd.adjacency",
                        $"full, and {graph.NodeName(node)} has {neighbors} neighbours on its lines and its segment", $"two-way, or at most {OspfArea.MaxNeighbors} neighbours of a node");
                }
            }

            foreach (LinkEnd end in graph.Links.SelectMany(link => link.Ends))
            {
                if (++lines[end.Node] > OspfArea.MaxInterfaces && s.Site.Roles[graph.Nodes[end.Node]].Ospfd.Adjacency == OspfdAdjacency.Full)
                {
                    throw new ScenarioException(
                        file, root.Children.TryGetValue(new YamlScalarNode("roles"), out YamlNode? named) ? (int)named.Start.Line : 0, "roles.ospfd.adjacency",
                        $"full, and {graph.NodeName(end.Node)} has more than {OspfArea.MaxInterfaces} lines", $"two-way, or at most {OspfArea.MaxInterfaces} lines at a node");
                }
            }
        }

        if (s.Site.Roles.All(role => role.Pppd.Silent))
        {
            YamlNode roles = root.Children[new YamlScalarNode("roles")];
            YamlNode at = ((YamlSequenceNode)roles)
                .Select(r => r is YamlMappingNode m && m.Children.TryGetValue(new YamlScalarNode("pppd"), out YamlNode? pppd) ? KeyOf(pppd, "silent") : null)
                .LastOrDefault(k => k is not null) ?? roles;
            throw new ScenarioException(file, (int)at.Start.Line, "roles.pppd.silent", "true for both roles, so that neither end would begin", "silent for one role at most");
        }

        // A source belongs to a value: if a file has another value, or removes the field, the included file's source is no longer true.
        Dictionary<string, string> old = before.Options().ToDictionary(o => o.Field, o => o.Value), now = s.Options().ToDictionary(o => o.Field, o => o.Value);
        root.Children.TryGetValue(new YamlScalarNode("sources"), out YamlNode? own);
        foreach (YamlNode key in (own as YamlMappingNode)?.Children.Keys ?? [])
        {
            string field = Text(file, key, "sources");
            if (!now.ContainsKey(field))
            {
                throw new ScenarioException(file, (int)key.Start.Line, $"sources.{field}", "names no field", "a field path such as roles.called.kernel.fill");
            }
        }

        RealFields.Check(s, file, root);
        return s with
        {
            Sources = s.Sources.Where(x => (own is not null && KeyOf(own, x.Key) is not null) || (now.TryGetValue(x.Key, out string? value) && old.TryGetValue(x.Key, out string? was) && value == was))
                .ToDictionary(x => x.Key, x => x.Value, StringComparer.Ordinal),
        };
    }

    internal static YamlMappingNode Root(string text, string file)
    {
        if (Encoding.UTF8.GetByteCount(text) > MaxBytes)
        {
            throw new ScenarioException(file, 0, "", $"{Encoding.UTF8.GetByteCount(text)} bytes", $"at most {MaxBytes} bytes");
        }

        var parser = new Parser(new StringReader(text));
        try
        {
            int depth = 0;
            while (parser.MoveNext())
            {
                switch (parser.Current)
                {
                    case NodeEvent { Tag.IsEmpty: false } tagged:
                        throw new ScenarioException(file, (int)tagged.Start.Line, "", "tags (!name) are not accepted", "plain values");
                    case AnchorAlias alias:
                        throw new ScenarioException(file, (int)alias.Start.Line, "", "aliases (*name) are not accepted", "plain values; include: for what files share");
                    case MappingStart or SequenceStart when ++depth > MaxDepth:
                        throw new ScenarioException(file, (int)parser.Current.Start.Line, "", "nested too deep", $"at most {MaxDepth} levels");
                    case MappingEnd or SequenceEnd:
                        depth--;
                        break;
                }
            }

            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count != 1 || stream.Documents[0].RootNode is not YamlMappingNode root)
            {
                throw new ScenarioException(file, 1, "", "is not one YAML map", $"the fields {string.Join(", ", TopFields)}");
            }

            return root;
        }
        catch (YamlException e)
        {
            throw new ScenarioException(file, (int)e.Start.Line, "", e.Message.Split('\n')[0].TrimEnd('.'), "YAML with each field once");
        }
        catch (Exception e) when (e is not (ScenarioException or OutOfMemoryException))
        {
            // On some malformed texts the parser fails with an internal exception (InvalidOperationException, ArgumentException): nothing else runs here.
            throw new ScenarioException(file, (int)(parser.Current?.End.Line ?? 1), "", "is not YAML near this line", "YAML with each field once");
        }
    }

    internal static ScenarioException Bad(string file, YamlNode node, string field, string accepted) =>
        new(file, (int)node.Start.Line, field, node is YamlScalarNode s ? $"\"{s.Value}\" is not accepted{Meant(s.Value ?? "", accepted)}" : node is YamlMappingNode ? "a map is not accepted here" : "a list is not accepted here", accepted);

    internal static string Unknown(string field, IEnumerable<string> known) => $"unknown field{NearestWord.Hint(field, known)}";

    // If single words are accepted, one of them may be meant.
    private static string Meant(string value, string accepted) => NearestWord.Hint(value, accepted.Split(", ").Where(word => word.Length > 2 && !word.Contains(' ')));

    internal static string Text(string file, YamlNode node, string field) => (node as YamlScalarNode)?.Value ?? throw Bad(file, node, field, "text");

    internal static YamlMappingNode Map(string file, YamlNode node, string field, string accepted) => node as YamlMappingNode ?? throw Bad(file, node, field, accepted);

    internal static YamlSequenceNode ListOf(string file, YamlNode node, string field) => node as YamlSequenceNode ?? throw Bad(file, node, field, "a list");

    internal static Scenario Apply(Scenario s, string file, YamlMappingNode root)
    {
        // First of all: what the other fields say about roles refers to the labels of the nodes.
        s = NetworkLoader.Apply(s, file, root);
        foreach ((YamlNode key, YamlNode value) in root.Children)
        {
            string field = Text(file, key, "");
            switch (field)
            {
                case "include" or "network" or "nodes" or "links" or "segments" or "events":
                    break;
                case "sites":
                    s = s with { SitesOfNetwork = NetworkLoader.Sites(file, value) };
                    break;
                case "name":
                    s = s with { Name = Text(file, value, field) };
                    break;
                case "description":
                    s = s with { Description = Text(file, value, field).Trim() };
                    break;
                case "backend":
                    s = s with { Backend = Text(file, value, field) is var backend && Backends.Contains(backend) ? backend : throw Bad(file, value, field, string.Join(", ", Backends)) };
                    break;
                case "fault":
                    s = s with { Fault = NameOf(file, value, field, "the name of a fault that the kernels were built with (./stress kernel build --faults), as clone-mc-list") };
                    break;
                case "pairs":
                    s = s with { Pairs = int.TryParse(Text(file, value, field), NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n is > 0 and <= MaxPairs ? n : throw Bad(file, value, field, $"a whole number from 1 to {MaxPairs}") };
                    break;
                case "hours":
                    s = s with { Duration = Hours(file, value, field) };
                    break;
                case "seed":
                    s = s with { Seed = ScenarioFields.Scalar(typeof(ulong), field, Text(file, value, field)) is ulong seed ? seed : throw Bad(file, value, field, ScenarioFields.Accepts(typeof(ulong), field)) };
                    break;
                case "design":
                    s = s with { Site = s.Site with { Design = Design(file, value, field) } };
                    break;
                case "callers_per_answerer":
                case "window":
                    s = s with { Site = (SiteOptions)Bind(s.Site, file, new YamlMappingNode(key, value), "", []) };
                    break;
                case "line":
                    s = s with { Site = s.Site with { Line = (LineOptions)Bind(s.Site.Line, file, Map(file, value, field, ScenarioFields.Accepts(typeof(LineOptions), field)), "line.", []) } };
                    break;
                case "roles":
                    s = Roles(s, file, ListOf(file, value, field));
                    break;
                case "expect":
                    s = s with { Expect = ListOf(file, value, field).Select(x => Expect(s, file, x)).ToList() };
                    break;
                case "expect_reached":
                    s = s with { ExpectReached = ListOf(file, value, field).Select(x => Probe(file, x)).ToList() };
                    break;
                case "expect_design":
                    s = s with { ExpectDesign = Text(file, value, field) == Scenario.AnyDesign ? Scenario.AnyDesign : Design(file, value, field) };
                    break;
                case "expect_nothing":
                    s = s with { ExpectNothing = Text(file, value, field).Trim() is { Length: > 0 } why ? why : throw Bad(file, value, field, "a text that says why nothing can happen") };
                    break;
                case "reported":
                    s = s with { Reported = ListOf(file, value, field).Select(x => Reported(s, file, x)).ToList() };
                    break;
                case "sources":
                    var sources = new Dictionary<string, string>(s.Sources, StringComparer.Ordinal);
                    foreach ((YamlNode k, YamlNode v) in Map(file, value, field, "a map of field paths to sources").Children)
                    {
                        sources[Text(file, k, field)] = Text(file, v, field);
                    }

                    s = s with { Sources = sources };
                    break;
                default:
                    throw new ScenarioException(file, (int)key.Start.Line, field, Unknown(field, TopFields), string.Join(", ", TopFields));
            }
        }

        // Last of all: they name interfaces of roles.
        if (root.Children.TryGetValue(new YamlScalarNode("events"), out YamlNode? programmes))
        {
            s = s with { Site = s.Site with { Events = ListOf(file, programmes, "events").Select(x => Event(s, file, x)).ToList() is { Count: > 0 } events ? events : null } };
        }

        return NetworkLoader.Count(s, file, root);
    }

    private static string Design(string file, YamlNode value, string field)
    {
        string design = Text(file, value, field);
        return TeardownDesigns.All.Any(d => d.Name == design) ? design : throw Bad(file, value, field, string.Join(", ", TeardownDesigns.All.Select(d => d.Name)));
    }

    private static VirtualTime Hours(string file, YamlNode value, string field)
    {
        string text = Text(file, value, field);
        if (!ScenarioFields.TryTime(text, out VirtualTime t)
            && decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal h) && h <= MaxHours)
        {
            t = new VirtualTime((long)(h * 3_600_000_000m));
        }

        return t > VirtualTime.Zero && !t.IsNever ? t : throw Bad(file, value, field, $"a number of hours above 0 and up to {MaxHours}, or a time with a unit, as 36h");
    }

    private static string Probe(string file, YamlNode node)
    {
        string text = Text(file, node, "expect_reached");
        var names = Enumerable.Range(0, ProbeNames.Count).Select(i => ProbeNames.Of((Probe)i)).ToList();
        return names.Contains(text) ? text : throw Bad(file, node, "expect_reached", string.Join(", ", names));
    }

    private static Role? RoleOf(Scenario s, string file, YamlNode node, string field) =>
        s.Site.Topology.RoleOf(Text(file, node, field)) ?? throw Bad(file, node, field, string.Join(", ", s.Site.Topology.Labels));

    private static Expectation Expect(Scenario s, string file, YamlNode node)
    {
        var e = new Expectation { Line = (int)node.Start.Line };
        bool percent = false;
        foreach ((YamlNode key, YamlNode value) in Map(file, node, "expect", string.Join(", ", ExpectFields)).Children)
        {
            string field = Text(file, key, "expect");
            switch (field)
            {
                case "path":
                    e = e with { Path = Text(file, value, "expect.path") };
                    if (!Paths.Contains(e.Path) && !e.Path.Contains(": stale ", StringComparison.Ordinal))
                    {
                        throw Bad(file, value, "expect.path", string.Join(", ", Paths) + ", or an exact crash title");
                    }

                    break;
                case "role":
                    e = e with { Role = RoleOf(s, file, value, "expect.role") };
                    break;
                case "design":
                    e = e with { Design = Design(file, value, "expect.design") };
                    break;
                case "percent":
                    string[] parts = Text(file, value, "expect.percent").Split("..");
                    if (parts.Length is not (1 or 2) || !Percent(parts[0], out double a) || !Percent(parts[^1], out double b) || a > b)
                    {
                        throw Bad(file, value, "expect.percent", "a per cent or a band, as 70..80");
                    }

                    e = e with { MinPercent = a, MaxPercent = b };
                    percent = true;
                    break;
                default:
                    throw new ScenarioException(file, (int)key.Start.Line, $"expect.{field}", Unknown(field, ExpectFields), string.Join(", ", ExpectFields));
            }
        }

        return e.Path.Length > 0 && percent ? e : throw new ScenarioException(file, e.Line, "expect", "path or percent is missing", "path and percent, with role and design where wanted");
    }

    private static SiteEventOptions Event(Scenario s, string file, YamlNode node)
    {
        YamlMappingNode map = Map(file, node, "events", ScenarioFields.Accepts(typeof(SiteEventOptions), "events"));
        foreach (string needed in (ReadOnlySpan<string>)["what", "every"])
        {
            if (KeyOf(map, needed) is null)
            {
                throw new ScenarioException(file, (int)node.Start.Line, $"events.{needed}", "is missing", "what and every, with of, to, pattern, phase and spread where wanted");
            }
        }

        var e = (SiteEventOptions)Bind(new SiteEventOptions(), file, map, "events.", []);
        if (e.TargetsIn(s.Site.Topology, s.Site.Roles).Length > 0)
        {
            return e;
        }

        Topology graph = s.Site.Topology;
        InterfaceOptions[] interfaces = e.IsOfInterfaces ? [.. s.Site.Roles.SelectMany(role => role.Interfaces)] : [];
        if (e.IsOfInterfaces && interfaces.Length == 0)
        {
            throw new ScenarioException(file, (int)node.Start.Line, "events.what", $"{ScenarioFields.Spell(e.What)} affects interfaces, but no role has any", "flap, reboot, hup, or roles with interfaces");
        }

        string[] known =
        [
            SiteEventOptions.Everything, .. graph.Labels, .. graph.Names ?? [], .. e.What == SiteEventKind.Flap ? graph.Links.Select(l => l.Group).OfType<string>().Concat((graph.Segments ?? []).Select(s => s.Name)).Distinct() : [],
            .. interfaces.SelectMany(i => (string[])[i.Name, i.Group]).Where(name => name.Length > 0).Distinct(),
        ];
        throw Bad(file, KeyOf(map, "of") is not null ? map.Children[new YamlScalarNode("of")] : node, "events.of", string.Join(", ", known.Take(MaxNamed)) + (known.Length > MaxNamed ? " and other nodes" : ""));
    }

    // Names of nodes in a message.
    private const int MaxNamed = 40;

    private static bool Percent(string text, out double value) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) && value is >= 0 and <= 100;

    private static ReportedFigure Reported(Scenario s, string file, YamlNode node)
    {
        string path = "";
        Role? role = null;
        double percent = -1;
        foreach ((YamlNode key, YamlNode value) in Map(file, node, "reported", string.Join(", ", ReportedFields)).Children)
        {
            string field = Text(file, key, "reported");
            switch (field)
            {
                case "path":
                    path = Text(file, value, "reported.path");
                    break;
                case "role":
                    role = RoleOf(s, file, value, "reported.role");
                    break;
                case "percent" when Percent(Text(file, value, "reported.percent"), out percent):
                    break;
                case "percent":
                    throw Bad(file, value, "reported.percent", "a per cent");
                default:
                    throw new ScenarioException(file, (int)key.Start.Line, $"reported.{field}", Unknown(field, ReportedFields), string.Join(", ", ReportedFields));
            }
        }

        return path.Length > 0 && percent >= 0 ? new ReportedFigure(path, role, percent) : throw new ScenarioException(file, (int)node.Start.Line, "reported", "path or percent is missing", string.Join(", ", ReportedFields));
    }

    private static Scenario Roles(Scenario s, string file, YamlSequenceNode roles)
    {
        var seen = new HashSet<Role>();
        IReadOnlyList<string> labels = s.Site.Topology.Labels;
        foreach (YamlNode node in roles)
        {
            YamlMappingNode map = Map(file, node, "roles", $"a map with role: {string.Join(" or ", labels)}");
            if (!map.Children.TryGetValue(new YamlScalarNode("role"), out YamlNode? roleNode))
            {
                throw new ScenarioException(file, (int)node.Start.Line, "roles.role", "is missing", string.Join(", ", labels));
            }

            Role role = RoleOf(s, file, roleNode, "roles.role")!.Value;
            string prefix = $"roles.{labels[(int)role]}.";
            if (!seen.Add(role))
            {
                throw new ScenarioException(file, (int)roleNode.Start.Line, "roles.role", $"\"{labels[(int)role]}\" stands twice", $"each of {string.Join(" and ", labels)} once");
            }

            bool named = map.Children.TryGetValue(new YamlScalarNode("kernel"), out YamlNode? kernel) && kernel is YamlScalarNode { Value.Length: > 0 };
            RoleOptions from = map.Children.TryGetValue(new YamlScalarNode("like"), out YamlNode? like) ? Like(s, file, like, prefix + "like", role) : s.Site.Roles[role];
            var bound = (RoleOptions)Bind(from, file, map, prefix, named ? ["role", "like", "kernel"] : ["role", "like"]);
            s = s with { Site = s.Site.With(bound) };
            if (named)
            {
                string name = NameOf(file, kernel!, prefix + "kernel", "a map of an emulated kernel's options, or with backend: uml the name of a real kernel (./stress kernel list)");
                s = s.WithKernel(role, name);
            }
        }

        return s;
    }

    // The options of another role: of one before this item, or of one that the nodes of an included file had.
    private static RoleOptions Like(Scenario s, string file, YamlNode node, string field, Role role)
    {
        string label = Text(file, node, field);
        RoleOptions? found = s.Site.Topology.RoleOf(label) is { } here && here != role ? s.Site.Roles[here] : s.RolesBefore.GetValueOrDefault(label);
        return found is null
            ? throw Bad(file, node, field, string.Join(", ", s.Site.Topology.Labels.Union(s.RolesBefore.Keys).Where(known => known != s.NameOf(role))))
            : found with { Role = role, Name = "" };
    }

    // Names of kernels and faults: they become words of a kernel's command line and names in a folder.
    private static string NameOf(string file, YamlNode node, string field, string accepted) =>
        Text(file, node, field) is var name && name.Length is > 0 and <= 80 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '+') ? name : throw Bad(file, node, field, accepted);

    // A copy of a record with the fields of a map set. The fields are derived from the record itself, so a new option is in the format at once.
    internal static object Bind(object record, string file, YamlMappingNode map, string prefix, string[] skip)
    {
        Type type = record.GetType();
        object copy = type.GetMethod("<Clone>$")!.Invoke(record, null)!;
        var fields = ScenarioFields.Properties(type).ToDictionary(p => ScenarioFields.FieldName(p.Name), StringComparer.Ordinal);
        foreach ((YamlNode key, YamlNode value) in map.Children)
        {
            string field = Text(file, key, prefix.TrimEnd('.'));
            if (skip.Contains(field))
            {
                continue;
            }

            if (!fields.TryGetValue(field, out PropertyInfo? p))
            {
                throw new ScenarioException(file, (int)key.Start.Line, prefix + field, Unknown(field, fields.Keys), string.Join(", ", fields.Keys));
            }

            p.SetValue(copy, Value(p.PropertyType, p.GetValue(copy), file, value, prefix, field));
        }

        return copy;
    }

    private static object? Value(Type type, object? now, string file, YamlNode node, string prefix, string field)
    {
        string full = prefix + field;
        if (type == typeof(IReadOnlyList<string>))
        {
            var words = ListOf(file, node, full).Select(n => (Node: n, Text: Text(file, n, full))).ToList();
            if (field == "daemons")
            {
                foreach ((YamlNode n, string w) in words)
                {
                    if (!Daemons.Contains(w) || words.Count(x => x.Text == w) > 1)
                    {
                        throw Bad(file, n, full, $"{string.Join(", ", Daemons)}, each at most once, in the order of their start");
                    }
                }
            }

            return words.Select(w => w.Text).ToList();
        }

        if (type == typeof(IReadOnlyList<CompetitorOptions>))
        {
            var competitors = new List<CompetitorOptions>();
            foreach (YamlNode n in ListOf(file, node, full))
            {
                CompetitorOptions c = ReadCompetitor(file, n, full);
                if (competitors.Any(x => x.Name == c.Name))
                {
                    throw new ScenarioException(file, (int)n.Start.Line, full + ".name", $"two competitors are called \"{c.Name}\"", "a name of its own for each competitor");
                }

                competitors.Add(c);
            }

            return competitors;
        }

        if (type == typeof(IReadOnlyList<InterfaceOptions>))
        {
            return Interfaces(file, ListOf(file, node, full), full);
        }

        if (node is YamlScalarNode s)
        {
            if (field == "group_member" && s.Value is var g && (!Emulator.Wire.Ipv4Address.TryParse(g ?? "", out Emulator.Wire.Ipv4Address group) || !group.IsMulticast))
            {
                throw Bad(file, node, full, "an IPv4 multicast group, as 224.0.1.1");
            }

            return ScenarioFields.Scalar(type, field, s.Value ?? "") ?? throw Bad(file, node, full, ScenarioFields.Accepts(type, field));
        }

        if (now is null || type == typeof(string) || type.IsPrimitive || type.IsEnum || typeof(IEnumerable).IsAssignableFrom(type) || type.GetMethod("<Clone>$") is null)
        {
            throw Bad(file, node, full, ScenarioFields.Accepts(type, field));
        }

        return Bind(now, file, Map(file, node, full, ScenarioFields.Accepts(type, field)), full + ".", []);
    }

    // A vlan is on the Ethernet or on an interface before it; a tunnel has a destination.
    private static List<InterfaceOptions> Interfaces(string file, YamlSequenceNode list, string field)
    {
        var interfaces = new List<InterfaceOptions>();
        foreach (YamlNode n in list)
        {
            var i = (InterfaceOptions)Bind(Interface, file, Map(file, n, field, ScenarioFields.Accepts(typeof(InterfaceOptions), field)), field + ".", []);
            YamlNode At(string key) => ((YamlMappingNode)n).Children.TryGetValue(new YamlScalarNode(key), out YamlNode? value) ? value : n;
            if (!ClonedKind.TryParse(i.Name, out short unit))
            {
                throw new ScenarioException(file, (int)At("name").Start.Line, field + ".name", i.Name.Length == 0 ? "is missing" : $"\"{i.Name}\" is of no kind that there is", InterfaceNames);
            }

            if (interfaces.Exists(known => known.Name == i.Name))
            {
                throw new ScenarioException(file, (int)At("name").Start.Line, field + ".name", $"two interfaces are called \"{i.Name}\"", "a name of its own for each interface");
            }

            ClonedWay way = ClonedKind.Of(unit).Way;
            string[] ethernets = [InterfaceOptions.Ethernet, .. interfaces.Where(known => ClonedKind.TryParse(known.Name, out short u) && ClonedKind.Of(u).IsEthernet).Select(known => known.Name)];
            if (way == ClonedWay.Parent ? !ethernets.Contains(i.Parent) : i.Parent != Interface.Parent)
            {
                throw new ScenarioException(
                    file, (int)At("parent").Start.Line, field + ".parent", $"\"{i.Parent}\" cannot have {i.Name} on it",
                    way == ClonedWay.Parent ? $"an Ethernet that is there before it: {string.Join(", ", ethernets)}" : "parent of a vlan or a pppoe alone");
            }

            if (way == ClonedWay.Tunnel ? !Emulator.Wire.Ipv4Address.TryParse(i.Tunnel, out Emulator.Wire.Ipv4Address far) || far.IsAny || far.IsMulticast : i.Tunnel.Length > 0)
            {
                throw new ScenarioException(
                    file, (int)At("tunnel").Start.Line, field + ".tunnel", i.Tunnel.Length == 0 ? "is missing" : $"\"{i.Tunnel}\" is not accepted of {i.Name}",
                    way == ClonedWay.Tunnel ? "the IPv4 address that the tunnel leads to, as 10.0.0.1" : "tunnel of a gif alone");
            }

            if (i.Peer.Length > 0 && !(way == ClonedWay.Peer && interfaces.Exists(known => known.Name == i.Peer && ClonedKind.TryParse(known.Name, out short u) && ClonedKind.Of(u).IsPaired && known.Peer.Length == 0) && !interfaces.Exists(known => known.Peer == i.Peer)))
            {
                throw new ScenarioException(
                    file, (int)At("peer").Start.Line, field + ".peer", $"\"{i.Peer}\" cannot be the other end of {i.Name}", way == ClonedWay.Peer ? "a veth that is there before it and is the end of no other" : "peer of a veth alone");
            }

            if (i.Bridge.Length > 0 && !(ClonedKind.Of(unit).CanBeMember && interfaces.Exists(known => known.Name == i.Bridge && ClonedKind.TryParse(known.Name, out short u) && ClonedKind.Of(u).Way == ClonedWay.Members)))
            {
                throw new ScenarioException(
                    file, (int)At("bridge").Start.Line, field + ".bridge", $"{i.Name} cannot be a member of \"{i.Bridge}\"", ClonedKind.Of(unit).CanBeMember ? "a bridge that is there before it" : "bridge of an aue or a veth alone");
            }

            if (i.Discovery && ClonedKind.Of(unit).ParentHolder != HolderKind.PppoeEthIfp)
            {
                throw new ScenarioException(file, (int)At("discovery").Start.Line, field + ".discovery", $"{i.Name} has none", "discovery of a pppoe alone");
            }

            interfaces.Add(i);
            if (interfaces.Count > InterfaceOptions.MostOfRole)
            {
                throw new ScenarioException(file, (int)n.Start.Line, field, $"more than {InterfaceOptions.MostOfRole} interfaces", $"at most {InterfaceOptions.MostOfRole} of a role");
            }
        }

        if (interfaces.Find(i => ClonedKind.TryParse(i.Name, out short unit) && ClonedKind.Of(unit).IsPaired && i.Peer.Length == 0 && !interfaces.Exists(other => other.Peer == i.Name)) is { } single)
        {
            throw new ScenarioException(file, (int)list.Start.Line, field + ".peer", $"{single.Name} has no other end", $"a further veth with peer: {single.Name}");
        }

        return interfaces;
    }

    /// <summary>The accepted names of interfaces, in words.</summary>
    internal static string InterfaceNames => string.Join(", ", ClonedKind.Known.Select(kind => kind.Flags.HasFlag(Iff.Loopback) ? $"{kind.Name}1" : $"{kind.Name}0")) + " and further numbers of these";

    private static CompetitorOptions ReadCompetitor(string file, YamlNode node, string field)
    {
        var c = (CompetitorOptions)Bind(Competitor, file, Map(file, node, field, ScenarioFields.Accepts(typeof(CompetitorOptions), field)), field + ".", []);
        if (c.Name.Length == 0 || c.Bytes == 0 || (c.Trigger == CompetitorTrigger.Background && c.Every == VirtualTime.Zero))
        {
            throw new ScenarioException(file, (int)node.Start.Line, field, "name, bytes or (for background) every is missing", "name, bytes, trigger, count, every, hold, content");
        }

        return c;
    }
}
