using Stress.Emulator.Stacks;
using YamlDotNet.RepresentationModel;

namespace Stress.Scenarios;

/// <summary>What a file is, by its name or, for standard input, by its text.</summary>
public enum InputKind
{
    /// <summary>A scenario of <c>stress run</c>.</summary>
    Scenario,

    /// <summary>A small world of <c>stress explore</c>.</summary>
    World,

    /// <summary>An operation list of <c>stress exec</c>.</summary>
    OperationList,
}

/// <summary>One thing in a file that is not accepted.</summary>
/// <param name="File">The file, which may be an included one.</param>
/// <param name="Line">Line, from 1; 0 when it is about the file as a whole.</param>
/// <param name="Message">File, line, field, what is wrong and what would be accepted, in one line.</param>
public sealed record FileProblem(string File, int Line, string Message);

/// <summary>
/// Finds everything in a file that its loader refuses. The loaders stop at the first error, since a run must not begin; here the refused value is removed from the tree, or
/// replaced by an accepted one if the format needs it, and the file is read again. Combinations of fields are checked once each of them is
/// valid on its own, so that no error follows from another one.
/// </summary>
public sealed class FileCheck
{
    /// <summary>The most problems to look for in a file.</summary>
    public const int MaxProblems = 100;

    private readonly List<FileProblem> _problems = [];
    private int _standIns;

    private FileCheck(InputKind kind) => Kind = kind;

    /// <summary>What the file was read as.</summary>
    public InputKind Kind { get; }

    /// <summary>The problems, by file and line; empty for a file that is accepted.</summary>
    public IReadOnlyList<FileProblem> Problems => [.. _problems.GroupBy(p => p.File).SelectMany(file => file.OrderBy(p => p.Line))];

    /// <summary>Whether there were more than <see cref="MaxProblems"/>.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The scenario, if the file is one and is accepted.</summary>
    public Scenario? Scenario { get; private set; }

    /// <summary>Checks a file.</summary>
    /// <param name="path">The file, or <see cref="ScenarioLoader.StandardInput"/>.</param>
    /// <param name="input">Standard input.</param>
    /// <exception cref="ScenarioException">The file cannot be read at all.</exception>
    public static FileCheck Of(string path, TextReader? input = null)
    {
        string text = ScenarioLoader.ReadFile(path, input);
        if (path.EndsWith(".ops", StringComparison.Ordinal) || (path == ScenarioLoader.StandardInput && !WorldLoader.IsMap(text)))
        {
            var list = new FileCheck(InputKind.OperationList);
            list.Operations(text, path);
            return list;
        }

        YamlMappingNode root;
        try
        {
            root = ScenarioLoader.Root(text, path);
        }
        catch (ScenarioException e)
        {
            var broken = new FileCheck(InputKind.Scenario);
            broken.Add(e);
            return broken;
        }

        bool isWorld = root.Children.Keys.Any(key => key is YamlScalarNode { Value: "routers" or "world" });
        var check = new FileCheck(isWorld ? InputKind.World : InputKind.Scenario);
        if (isWorld)
        {
            check.World(root, path);
        }
        else
        {
            check.OfScenario(text, path, ScenarioLoader.Beside(path));
        }

        return check;
    }

    /// <summary>Checks a scenario that comes without a folder, such as one from the network: <c>include:</c> is refused.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="name">Its name in messages.</param>
    public static FileCheck OfText(string text, string name)
    {
        var check = new FileCheck(InputKind.Scenario);
        check.OfScenario(text, name, include: null);
        return check;
    }

    private void Operations(string text, string file)
    {
        string[] lines = text.Split('\n');
        while (true)
        {
            try
            {
                OperationFile.Parse(string.Join('\n', lines), file);
                return;
            }
            catch (OperationListException e)
            {
                // An error in a line that was emptied before follows from that.
                if (e.Line < 1 || e.Line > lines.Length || lines[e.Line - 1].Length == 0 || !Add(new FileProblem(file, e.Line, e.Message)))
                {
                    return;
                }

                lines[e.Line - 1] = "";
            }
        }
    }

    private void World(YamlMappingNode root, string file) => Repeat([(file, root)], () => WorldLoader.Read(root, file));

    private void OfScenario(string text, string path, Func<string, string, int, string>? include)
    {
        List<(string File, YamlMappingNode Root)> chain;
        try
        {
            chain = ScenarioLoader.Chain(text, path, include);
        }
        catch (ScenarioException e)
        {
            Add(e);
            return;
        }

        Repeat(chain, () => chain.Aggregate(new Scenario(), (s, part) => ScenarioLoader.Apply(s, part.File, part.Root)));
        if (_problems.Count == 0)
        {
            Repeat(chain, () => Scenario = ScenarioLoader.Combine(chain, path, text));
        }

        if (_problems.Count > 0)
        {
            Scenario = null;
        }
    }

    // Reads repeatedly, without what was refused, until nothing is refused or what is refused cannot be found in the tree.
    private void Repeat(IReadOnlyList<(string File, YamlMappingNode Root)> chain, Action read)
    {
        while (true)
        {
            try
            {
                read();
                return;
            }
            catch (ScenarioException e)
            {
                // An error about the file as a whole may follow from what was removed from it.
                if (e.Line == 0 && _problems.Count > 0)
                {
                    return;
                }

                if (!Add(e) || chain.FirstOrDefault(part => part.File == e.File).Root is not { } root || !TakeOut(root, e))
                {
                    return;
                }
            }
        }
    }

    private bool Add(ScenarioException e) => Add(new FileProblem(e.File, e.Line, e.Message));

    private bool Add(FileProblem problem)
    {
        if (_problems.Count >= MaxProblems)
        {
            IsCut = true;
            return false;
        }

        if (!_problems.Contains(problem))
        {
            _problems.Add(problem);
        }

        return true;
    }

    private bool TakeOut(YamlMappingNode root, ScenarioException e)
    {
        Place[] places = [.. Places(root, "", "", null)];
        string last = e.Field[(e.Field.LastIndexOf('.') + 1)..];
        if (places.FirstOrDefault(p => p.Map is { } map && p.Line == e.Line && IsNeeded(last) && !map.Children.ContainsKey(new YamlScalarNode(last)) && e.Problem == "is missing") is { Map: { } lacking } place)
        {
            return Replace(lacking, new YamlScalarNode(last), last, place, e.Accepted);
        }

        bool Quoted(YamlNode? node) => node is YamlScalarNode { Value: { } value } && e.Problem.StartsWith($"\"{value}\" ", StringComparison.Ordinal);
        Place? found = places.FirstOrDefault(p => p.Map is null && p.Key is null && p.Line == e.Line && (Quoted(p.Node) || (p.Node is YamlScalarNode && e.Field.Length == 0)))
            ?? places.FirstOrDefault(p => p.Key is not null && p.IsOn(e.Line) && p.Is(e.Field) && Quoted(p.Node))
            ?? places.FirstOrDefault(p => p.Key is not null && p.Line == e.Line && p.Is(e.Field))
            ?? places.FirstOrDefault(p => p.Map is not null && p.Line == e.Line && p.Is(e.Field))
            ?? places.FirstOrDefault(p => p.Key is not null && p.IsOn(e.Line) && p.Is(e.Field))
            ?? places.FirstOrDefault(p => p.Key is null && p.Line == e.Line && p.Is(e.Field))
            ?? places.LastOrDefault(p => p.Line == e.Line && p.Parent is not null);
        switch (found)
        {
            case { Key: { } key, Parent: YamlMappingNode map }:
                return IsNeeded(last) && key is YamlScalarNode { Value: { } name } && name == last && !e.Problem.StartsWith("unknown field", StringComparison.Ordinal)
                    ? Replace(map, key, last, found, e.Accepted)
                    : map.Children.Remove(key);
            case { Parent: YamlSequenceNode list }:
                return list.Children.Remove(found.Node);
            default:
                return false;
        }
    }

    private static bool IsNeeded(string field) => field is "role" or "path" or "percent" or "name" or "bytes" or "count" or "every" or "steps" or "routers";

    private bool Replace(YamlMappingNode map, YamlNode key, string field, Place place, string accepted)
    {
        YamlNode? value = field switch
        {
            "role" => Free(place, map, accepted),
            "path" => new YamlScalarNode("any"),
            "percent" => new YamlScalarNode("0"),
            "name" => new YamlScalarNode($"stand-in-{++_standIns}"),
            "bytes" or "count" => new YamlScalarNode("1"),
            "every" => new YamlScalarNode("1s"),
            _ => new YamlSequenceNode(),
        };
        if (value is null)
        {
            // A third end of a line: none of its fields has a place.
            return place.List is { } list && list.Children.Remove(map);
        }

        map.Children[key] = value;
        return true;
    }

    // The role that no other item of the list has.
    private static YamlScalarNode? Free(Place place, YamlMappingNode map, string accepted)
    {
        IEnumerable<string?> taken = (place.List?.Children ?? []).Where(item => !ReferenceEquals(item, map)).Select(RoleOf);
        return accepted.Replace("each of ", "", StringComparison.Ordinal).Replace(" once", "", StringComparison.Ordinal).Split([", ", " and "], StringSplitOptions.None).FirstOrDefault(role => !taken.Contains(role)) is { } free ? new YamlScalarNode(free) : null;
    }

    private static string? RoleOf(YamlNode item) => item is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode("role"), out YamlNode? role) ? (role as YamlScalarNode)?.Value : null;

    // Every key and every item of the tree, with its path as the loaders name it: for a role both with and without its label.
    private static IEnumerable<Place> Places(YamlNode node, string labelled, string plain, YamlSequenceNode? list)
    {
        switch (node)
        {
            case YamlMappingNode map:
                foreach ((YamlNode key, YamlNode value) in map.Children)
                {
                    string name = (key as YamlScalarNode)?.Value ?? "";
                    string a = labelled.Length == 0 ? name : $"{labelled}.{name}", b = plain.Length == 0 ? name : $"{plain}.{name}";
                    yield return new Place(a, b, map, key, value, list);
                    foreach (Place inner in Places(value, a, b, null))
                    {
                        yield return inner;
                    }
                }

                break;
            case YamlSequenceNode items:
                foreach (YamlNode item in items)
                {
                    yield return new Place(labelled, plain, items, null, item, items);
                    foreach (Place inner in Places(item, RoleOf(item) is { } role && plain == "roles" ? $"{labelled}.{role}" : labelled, plain, items))
                    {
                        yield return inner;
                    }
                }

                break;
        }
    }

    private sealed record Place(string Labelled, string Plain, YamlNode Parent, YamlNode? Key, YamlNode Node, YamlSequenceNode? List)
    {
        public int Line => (int)(Key ?? Node).Start.Line;

        public YamlMappingNode? Map => Key is null ? Node as YamlMappingNode : null;

        public bool IsOn(int line) => Line == line || (int)Node.Start.Line == line;

        public bool Is(string field) => field == Labelled || field == Plain || Plain.EndsWith("." + field, StringComparison.Ordinal);
    }
}
