using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Stress.Tests.Shared;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Stress.Scenarios.Tests;

/// <summary>The documents that are written from the code say what the code does. <c>STRESS_WRITE_REFERENCE=1</c> writes them again.</summary>
public sealed class ScenarioReferenceTests
{
    private const string Start = "<!-- fields -->\n", End = "<!-- /fields -->";

    private static readonly JsonNode Schema = JsonNode.Parse(ScenarioReference.Schema())!;

    private static readonly JsonNode World = JsonNode.Parse(WorldReference.Schema())!;

    [Fact]
    public void The_reference_lists_every_field_with_what_it_accepts_and_its_default()
    {
        string file = Repository.At("docs", "scenarios.md");
        string text = File.ReadAllText(file);
        int start = text.IndexOf(Start, StringComparison.Ordinal) + Start.Length, end = text.IndexOf(End, StringComparison.Ordinal);
        Matches(file, text, text[..start] + ScenarioReference.Table() + text[end..]);
    }

    [Fact]
    public void The_schema_has_every_field()
    {
        string file = Repository.At("scenarios", "scenario.schema.json");
        Matches(file, File.Exists(file) ? File.ReadAllText(file) : "", ScenarioReference.Schema());
    }

    [Fact]
    public void Reference_and_schema_have_the_same_fields()
    {
        var schema = new List<string>();
        Collect(Schema, "", schema);
        Assert.Equal(ScenarioReference.Fields().Select(f => f.Path).Order(StringComparer.Ordinal), schema.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_option_of_a_scenario_is_a_field_of_the_reference()
    {
        var fields = ScenarioReference.Fields().Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
        foreach ((string field, _, _) in new Scenario().Options())
        {
            Assert.Contains(Regex.Replace(field, "^roles\\.(called|calling)\\.", "roles[]."), fields);
        }
    }

    [Fact]
    public void The_defaults_of_the_reference_are_those_of_a_file_that_says_nothing()
    {
        var defaults = ScenarioReference.Fields().ToDictionary(f => f.Path, f => f.Default);
        foreach ((string field, string value, _) in ScenarioLoader.Parse("name: a", "s.yaml").Options())
        {
            Assert.Equal(value, defaults[Regex.Replace(field, "^roles\\.(called|calling)\\.", "roles[].")]);
        }
    }

    [Theory]
    [MemberData(nameof(ScenarioFileTests.Shipped), MemberType = typeof(ScenarioFileTests))]
    public void The_schema_accepts_a_shipped_scenario_and_the_whole_of_it(string file)
    {
        string path = Repository.At("scenarios", file);
        Assert.Empty(Faults(File.ReadAllText(path)));
        Assert.Empty(Faults(ScenarioWriter.Write(ScenarioLoader.Load(path))));
    }

    [Theory]
    [InlineData("pears: 3", "pears")]
    [InlineData("pairs: 0", "pairs")]
    [InlineData("pairs: many", "pairs")]
    [InlineData("hours: -1", "hours")]
    [InlineData("seed: x", "seed")]
    [InlineData("window: 10", "window")]
    [InlineData("design: netbsd-2038", "design")]
    [InlineData("callers_per_answerer: 65", "callers_per_answerer")]
    [InlineData("include: ../a.yaml", "include")]
    [InlineData("line: {delay: 1s..2}", "line.delay")]
    [InlineData("line: {training_failures_per_thousand: 1001}", "line.training_failures_per_thousand")]
    [InlineData("roles: [{name: a}]", "roles[].role")]
    [InlineData("roles: [{role: called, kernel: {fill: foo}}]", "roles[].kernel.fill")]
    [InlineData("roles: [{role: called, pppd: {persist: yes}}]", "roles[].pppd.persist")]
    [InlineData("roles: [{role: called, daemons: [bgpd]}]", "roles[].daemons[]")]
    [InlineData("roles: [{role: called, group_member: 10.0.0.1}]", "roles[].group_member")]
    [InlineData("roles: [{role: called, kernel: {competitors: [{name: a, bytes: 16, hold: 1s..never}]}}]", "roles[].kernel.competitors[].hold")]
    [InlineData("expect: [{path: any}]", "expect[].percent")]
    [InlineData("expect: [{path: any, percent: 101}]", "expect[].percent")]
    public void The_schema_refuses_what_the_loader_refuses(string text, string field)
    {
        Assert.Throws<ScenarioException>(() => ScenarioLoader.Parse(text, "s.yaml"));
        Assert.Equal([field], Faults(text));
    }

    public static TheoryData<string> Worlds => [.. Directory.EnumerateFiles(Repository.At("scenarios", "explore"), "*.yaml").Order(StringComparer.Ordinal).Select(f => Path.GetFileName(f))];

    [Fact]
    public void The_schema_of_small_worlds_is_what_the_loader_takes()
    {
        string file = Repository.At("scenarios", "explore", "world.schema.json");
        Matches(file, File.Exists(file) ? File.ReadAllText(file) : "", WorldReference.Schema());
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void The_schema_of_small_worlds_accepts_a_shipped_world(string file)
    {
        string text = File.ReadAllText(Repository.At("scenarios", "explore", file));
        WorldLoader.Parse(text, file);
        Assert.Empty(Faults(text, World));
        Assert.NotEmpty(WorldLoader.DescriptionOf(text, file));
    }

    [Theory]
    [InlineData("world: a", "routers")]
    [InlineData("wurld: a\nrouters: [{name: a}]", "wurld")]
    [InlineData("sleeping_allocation: sometimes\nrouters: [{name: a}]", "sleeping_allocation")]
    [InlineData("routers: {name: a}", "routers")]
    [InlineData("routers: [{setup: []}]", "routers[].name")]
    [InlineData("routers: [{name: a, kernel: {fill: foo}}]", "routers[].kernel.fill")]
    [InlineData("routers:\n- name: a\n  setup:\n  - destroi ppp0", "routers[].setup[]")]
    [InlineData("routers:\n- name: a\n  processes:\n  - {name: p}", "routers[].processes[].steps")]
    [InlineData("routers:\n- name: a\n  interrupts:\n  - name: i\n    steps:\n    - wait message", "routers[].interrupts[].steps[]")]
    [InlineData("routers:\n- name: a\n  allocations: [{name: b, bytes: 16, count: 65}]", "routers[].allocations[].count")]
    [InlineData("routers:\n- name: a\n  allocations: [{name: b, bytes: 0, count: 1}]", "routers[].allocations[].bytes")]
    public void The_schema_of_small_worlds_refuses_what_the_loader_refuses(string text, string field)
    {
        Assert.Throws<ScenarioException>(() => WorldLoader.Parse(text, "w.yaml"));
        Assert.Equal([field], Faults(text, World));
    }

    [Fact]
    public void Every_shipped_file_points_an_editor_to_its_schema()
    {
        foreach (string file in Directory.EnumerateFiles(Repository.At("scenarios"), "*.yaml").Concat(Directory.EnumerateFiles(Repository.At("scenarios", "explore"), "*.yaml")))
        {
            string[] words = File.ReadLines(file).First().Split('=');
            Assert.Equal("# yaml-language-server: $schema", words[0]);
            Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(file)!, words[1])), file);
        }
    }

    private static void Matches(string file, string found, string expected)
    {
        if (Environment.GetEnvironmentVariable("STRESS_WRITE_REFERENCE") == "1" && found != expected)
        {
            File.WriteAllText(file, expected);
            return;
        }

        Assert.True(found == expected, $"{file} is not what the code says: STRESS_WRITE_REFERENCE=1 dotnet test tests/Stress.Scenarios.Tests writes it again");
    }

    private static void Collect(JsonNode schema, string path, List<string> fields)
    {
        if (path.Length > 0 && !path.EndsWith("[]", StringComparison.Ordinal))
        {
            fields.Add(path);
        }

        foreach ((string name, JsonNode? inner) in schema["properties"]?.AsObject() ?? [])
        {
            Assert.NotEmpty((string?)inner!["description"] ?? "");
            Collect(inner, path.Length == 0 ? name : $"{path}.{name}", fields);
        }

        if (schema["items"] is { } items)
        {
            Collect(items, path + "[]", fields);
        }
    }

    private static List<string> Faults(string yaml) => Faults(yaml, Schema);

    private static List<string> Faults(string yaml, JsonNode schema)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        var faults = new List<string>();
        Check(stream.Documents[0].RootNode, schema, "", faults);
        return faults;
    }

    // The part of JSON Schema that the format uses, on YAML nodes as an editor's YAML (1.2, core schema) sees them.
    private static void Check(YamlNode node, JsonNode schema, string path, List<string> faults)
    {
        if (schema["anyOf"] is JsonArray any)
        {
            if (!any.Any(s => Fits(node, s!)))
            {
                faults.Add(path);
            }

            return;
        }

        if (schema["type"] is JsonArray types)
        {
            // A map or a name.
            if (node is YamlScalarNode && types.Any(type => (string?)type == "string"))
            {
                return;
            }

            schema = schema.DeepClone();
            schema["type"] = (string?)types[0];
        }

        switch ((string?)schema["type"], node)
        {
            case ("object", YamlMappingNode map):
                foreach (JsonNode? needed in schema["required"]?.AsArray() ?? [])
                {
                    if (!map.Children.ContainsKey(new YamlScalarNode((string)needed!)))
                    {
                        faults.Add(path.Length == 0 ? (string)needed! : $"{path}.{needed}");
                    }
                }

                foreach ((YamlNode key, YamlNode value) in map.Children)
                {
                    string name = ((YamlScalarNode)key).Value!, full = path.Length == 0 ? name : $"{path}.{name}";
                    JsonNode? inner = schema["properties"]?[name] ?? (schema["additionalProperties"] as JsonObject);
                    if (inner is null)
                    {
                        faults.Add(full);
                    }
                    else
                    {
                        Check(value, inner, full, faults);
                    }
                }

                break;
            case ("array", YamlSequenceNode list):
                if (schema["maxItems"] is { } most && list.Children.Count > (int)most)
                {
                    faults.Add(path);
                }

                foreach (YamlNode item in list)
                {
                    Check(item, schema["items"]!, path + "[]", faults);
                }

                break;
            case (not ("object" or "array"), YamlScalarNode scalar) when Scalar(scalar, schema):
                break;
            default:
                faults.Add(path);
                break;
        }
    }

    private static bool Fits(YamlNode node, JsonNode schema)
    {
        var faults = new List<string>();
        Check(node, schema, "", faults);
        return faults.Count == 0;
    }

    private static bool Scalar(YamlScalarNode scalar, JsonNode schema)
    {
        string text = scalar.Value ?? "";
        bool plain = scalar.Style == ScalarStyle.Plain;
        bool number = plain && Regex.IsMatch(text, "^[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)$");
        bool yesNo = plain && text is "true" or "false";
        return (string?)schema["type"] switch
        {
            "boolean" => yesNo,
            "integer" => number && !text.Contains('.') && InRange(),
            "number" => number && InRange(),
            "string" => !number && !yesNo && (schema["pattern"] is not { } p || Regex.IsMatch(text, (string)p!)),
            _ => schema["enum"]!.AsArray().Any(w => (string)w! == text),
        };

        bool InRange()
        {
            decimal n = decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
            return (schema["minimum"] is not { } min || n >= Number(min)) && (schema["maximum"] is not { } max || n <= Number(max))
                && (schema["exclusiveMinimum"] is not { } above || n > Number(above));
        }

        static decimal Number(JsonNode n) => decimal.Parse(n.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
