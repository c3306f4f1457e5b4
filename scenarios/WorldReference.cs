using System.Text.Json.Nodes;
using Stress.Emulator.Kernel;
using Stress.Emulator.Stacks;

namespace Stress.Scenarios;

/// <summary>The format of the small worlds of <c>stress explore</c> as a JSON schema (explore/world.schema.json). Names and limits are the loader's own.</summary>
public static class WorldReference
{
    private static readonly Dictionary<string, string> Meanings = new(StringComparer.Ordinal)
    {
        ["world"] = "Short name, shown with every result; the file's name where it is left out.",
        ["description"] = "What the world is for, in a sentence.",
        ["sleeping_allocation"] = "Whether udp6_output may sleep for memory after it has checked an index, and what it uses afterwards.",
        ["routers"] = "The systems of the world.",
        ["name"] = "Name of the router.",
        ["kernel"] = "Options of its kernel, as in a scenario.",
        ["setup"] = "Operations that are done before the first step.",
        ["processes"] = "Programs of processes. Their steps interleave in every order.",
        ["interrupts"] = "Programs of interrupts, which cannot sleep.",
        ["allocations"] = "Allocations of kernel memory that may fall anywhere.",
        ["actor.name"] = "Name of the program.",
        ["actor.steps"] = "Its operations, in order, each on a line of its own (docs/operations.md); post MESSAGE, and of a process wait MESSAGE.",
        ["allocation.name"] = "Name of the program that allocates.",
        ["allocation.bytes"] = "Bytes of one allocation.",
        ["allocation.count"] = "How many of them.",
    };

    /// <summary>The schema (draft 2020-12), for editors. The loader has the last word: it also parses the arguments of each operation.</summary>
    public static string Schema()
    {
        JsonObject allocation = ScenarioReference.Map(
            [.. WorldLoader.AllocationFields],
            WorldLoader.AllocationFields.Select(field => (field, Described($"allocation.{field}", field switch
            {
                "bytes" => ScenarioReference.Whole(1, WorldLoader.MostBytes),
                "count" => ScenarioReference.Whole(1, WorldLoader.MostAllocations),
                _ => Text(),
            }))));
        JsonObject router = ScenarioReference.Map(["name"], WorldLoader.RouterFields.Select(field => (field, Described(field, field switch
        {
            "kernel" => ScenarioReference.Map([], ScenarioReference.Properties("roles[].kernel.", new KernelOptions())),
            "setup" => ScenarioReference.List(Steps([])),
            "processes" => ScenarioReference.List(Actor(["wait", "post"])),
            "interrupts" => ScenarioReference.List(Actor(["post"])),
            "allocations" => ScenarioReference.List(allocation),
            _ => Text(),
        }))));
        return ScenarioReference.Document("Stress small world", "A world of stress explore (docs/exploration.md); the loader has the last word.", ScenarioReference.Map(["routers"], WorldLoader.TopFields.Select(field => (field, Described(field, field switch
        {
            "sleeping_allocation" => ScenarioReference.Words(WorldLoader.Sleeping),
            "routers" => ScenarioReference.List(router),
            _ => Text(),
        })))));
    }

    private static JsonObject Actor(string[] further) => ScenarioReference.Map(
        [.. WorldLoader.ActorFields],
        WorldLoader.ActorFields.Select(field => (field, Described($"actor.{field}", field == "steps" ? ScenarioReference.List(Steps(further)) : Text()))));

    private static JsonObject Steps(string[] further) => ScenarioReference.Pattern($"({string.Join('|', OperationList.Names.Concat(further))})( .*)?");

    private static JsonObject Text() => new() { ["type"] = "string" };

    private static JsonObject Described(string field, JsonObject schema)
    {
        schema.Insert(0, "description", Meanings[field]);
        return schema;
    }
}
