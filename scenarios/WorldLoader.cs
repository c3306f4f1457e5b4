using System.Globalization;
using Stress.Emulator.Exploration;
using Stress.Emulator.Kernel;
using Stress.Emulator.Sites;
using Stress.Emulator.Stacks;
using YamlDotNet.RepresentationModel;

namespace Stress.Scenarios;

/// <summary>Reads the small worlds of <c>stress explore</c>: a YAML file, or an operation list (<see cref="World.FromOperations"/>). As strict as the scenarios' loader.</summary>
public static class WorldLoader
{
    internal const int MostAllocations = 64, MostBytes = 65_536;
    internal static readonly string[] TopFields = ["world", "description", "sleeping_allocation", "routers"];
    internal static readonly string[] RouterFields = ["name", "kernel", "setup", "processes", "interrupts", "allocations"];
    internal static readonly string[] ActorFields = ["name", "steps"];
    internal static readonly string[] AllocationFields = ["name", "bytes", "count"];
    internal static readonly string[] Sleeping = ["none", "lookup-again", "pointer-kept"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="ScenarioException">It cannot be accepted.</exception>
    public static World Load(string path) => Parse(ScenarioLoader.ReadFile(path, null), path);

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">Its name; <c>.ops</c> is an operation list.</param>
    /// <exception cref="ScenarioException">It cannot be accepted.</exception>
    public static World Parse(string text, string file) => Errors(file, () => file.EndsWith(".ops", StringComparison.Ordinal) || (file == ScenarioLoader.StandardInput && !IsMap(text))
        ? World.FromOperations(Path.GetFileNameWithoutExtension(file), OperationList.Parse(text, file))
        : Worlds(ScenarioLoader.Root(text, file), file));

    /// <summary>A file's description of its world; empty if it has none.</summary>
    /// <exception cref="ScenarioException">The text is not a map, or the description is not a text.</exception>
    public static string DescriptionOf(string text, string file) =>
        Optional(ScenarioLoader.Root(text, file), "description") is { } description ? ScenarioLoader.Text(file, description, "description").Trim() : "";

    internal static World Read(YamlMappingNode root, string file) => Errors(file, () => Worlds(root, file));

    private static World Errors(string file, Func<World> read)
    {
        try
        {
            return read();
        }
        catch (OperationListException e)
        {
            string[] parts = e.Message[(e.File.Length + e.Line.ToString(CultureInfo.InvariantCulture).Length + 3)..].Split("; accepted: ");
            throw new ScenarioException(file, e.Line, "", parts[0], parts.Length > 1 ? parts[1] : "wait MESSAGE, post MESSAGE, or an operation of a list");
        }
        catch (ArgumentException e)
        {
            string[] parts = e.Message.Split("; accepted: ");
            throw new ScenarioException(file, 0, "", parts[0], parts.Length > 1 ? parts[1] : "a smaller world");
        }
    }

    // Without a name the text decides: a map's first word ends with a colon, and no operation does.
    internal static bool IsMap(string text) =>
        text.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0 && line[0] != '#')?.Split(' ')[0] is { } word && (word.EndsWith(':') || word == "---");

    private static World Worlds(YamlMappingNode root, string file)
    {
        Known(root, file, "", TopFields);
        var builder = new WorldBuilder(Optional(root, "world") is { } w ? ScenarioLoader.Text(file, w, "world") : Path.GetFileNameWithoutExtension(file));
        if (Optional(root, "sleeping_allocation") is { } s)
        {
            string value = ScenarioLoader.Text(file, s, "sleeping_allocation");
            if (!Sleeping.Contains(value))
            {
                throw ScenarioLoader.Bad(file, s, "sleeping_allocation", string.Join(", ", Sleeping));
            }

            builder.Sleeps = value != "none";
            builder.KeepsPointer = value == "pointer-kept";
        }

        foreach (YamlNode node in ScenarioLoader.ListOf(file, Needed(root, "routers", file), "routers"))
        {
            Router(builder, ScenarioLoader.Map(file, node, "routers", $"a map of {string.Join(", ", RouterFields)}"), file);
        }

        return builder.Build();
    }

    private static void Router(WorldBuilder builder, YamlMappingNode map, string file)
    {
        Known(map, file, "routers", RouterFields);
        var kernel = new KernelOptions();
        if (Optional(map, "kernel") is { } k)
        {
            kernel = (KernelOptions)ScenarioLoader.Bind(kernel, file, ScenarioLoader.Map(file, k, "routers.kernel", "a map of kernel options"), "routers.kernel.", []);
        }

        // All operations of the router are parsed as one list, each on its own line of the file, so that an error names that line.
        var lines = new SortedDictionary<int, string>();
        List<YamlNode> setup = Optional(map, "setup") is { } list ? [.. ScenarioLoader.ListOf(file, list, "routers.setup")] : [];
        var programs = new List<(WorldActorKind Kind, string Name, List<YamlNode> Steps)>();
        foreach ((string field, WorldActorKind kind) in new[] { ("processes", WorldActorKind.Process), ("interrupts", WorldActorKind.Interrupt) })
        {
            foreach (YamlNode node in Optional(map, field) is { } actors ? ScenarioLoader.ListOf(file, actors, $"routers.{field}") : [])
            {
                YamlMappingNode actor = ScenarioLoader.Map(file, node, $"routers.{field}", "a map of name and steps");
                Known(actor, file, $"routers.{field}", ActorFields);
                programs.Add((kind, ScenarioLoader.Text(file, Needed(actor, "name", file), "name"), [.. ScenarioLoader.ListOf(file, Needed(actor, "steps", file), "steps")]));
            }
        }

        foreach (YamlNode node in setup.Concat(programs.SelectMany(p => p.Steps)))
        {
            string text = ScenarioLoader.Text(file, node, "steps");
            if (MessageOf(text) is null && !lines.TryAdd((int)node.Start.Line, text))
            {
                throw ScenarioLoader.Bad(file, node, "steps", "each operation on a line of its own");
            }
        }

        string whole = string.Join('\n', Enumerable.Range(1, lines.Count == 0 ? 0 : lines.Keys.Last()).Select(n => lines.GetValueOrDefault(n, "")));
        Dictionary<int, Operation> operations = OperationList.Parse(whole, file).ToDictionary(o => o.Line);
        int router = builder.Router(ScenarioLoader.Text(file, Needed(map, "name", file), "name"), kernel, [.. setup.Select(n => OperationOf(n))]);
        foreach ((WorldActorKind kind, string name, List<YamlNode> steps) in programs)
        {
            foreach (YamlNode node in steps)
            {
                switch (MessageOf(ScenarioLoader.Text(file, node, "steps")))
                {
                    case ("wait", var message) when kind == WorldActorKind.Process:
                        builder.Wait(router, kind, name, message);
                        break;
                    case ("post", var message):
                        builder.Post(router, kind, name, message);
                        break;
                    case null:
                        builder.Add(router, kind, name, OperationOf(node));
                        break;
                    default:
                        throw ScenarioLoader.Bad(file, node, "steps", "an operation or post MESSAGE: an interrupt cannot sleep");
                }
            }
        }

        foreach (YamlNode node in Optional(map, "allocations") is { } all ? ScenarioLoader.ListOf(file, all, "routers.allocations") : [])
        {
            YamlMappingNode a = ScenarioLoader.Map(file, node, "routers.allocations", "a map of name, bytes and count");
            Known(a, file, "routers.allocations", AllocationFields);
            string name = ScenarioLoader.Text(file, Needed(a, "name", file), "name");
            int bytes = Whole(file, Needed(a, "bytes", file), "bytes", MostBytes);
            for (int n = Whole(file, Needed(a, "count", file), "count", MostAllocations); n > 0; n--)
            {
                builder.Add(router, WorldActorKind.Allocation, name, OperationList.Parse($"alloc {bytes}", file)[0]);
            }
        }

        Operation OperationOf(YamlNode node) => operations.TryGetValue((int)node.Start.Line, out Operation? o)
            ? o : throw ScenarioLoader.Bad(file, node, "setup", "an operation: before the first step nothing waits");
    }

    private static (string Verb, string Message)? MessageOf(string step)
    {
        string[] words = step.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 2 && words[0] is "wait" or "post" ? (words[0], words[1]) : null;
    }

    private static int Whole(string file, YamlNode node, string field, int most) =>
        int.TryParse(ScenarioLoader.Text(file, node, field), NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n >= 1 && n <= most
            ? n : throw ScenarioLoader.Bad(file, node, field, $"a whole number from 1 to {most}");

    private static YamlNode? Optional(YamlMappingNode map, string field) => map.Children.TryGetValue(new YamlScalarNode(field), out YamlNode? node) ? node : null;

    private static YamlNode Needed(YamlMappingNode map, string field, string file) =>
        Optional(map, field) ?? throw new ScenarioException(file, (int)map.Start.Line, field, "is missing", "each router and program with its name, each program with steps");

    private static void Known(YamlMappingNode map, string file, string prefix, string[] fields)
    {
        foreach (YamlNode key in map.Children.Keys)
        {
            string field = ScenarioLoader.Text(file, key, prefix);
            if (!fields.Contains(field))
            {
                throw new ScenarioException(file, (int)key.Start.Line, prefix.Length == 0 ? field : $"{prefix}.{field}", ScenarioLoader.Unknown(field, fields), string.Join(", ", fields));
            }
        }
    }
}
