using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Stress.Emulator.Designs;
using Stress.Emulator.Simulation;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Scenarios.Tests;

/// <summary>The schema and the reference are what the loader's fields say. <c>STRESS_WRITE_REFERENCE=1</c> writes both anew.</summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, XElement> Docs = new[] { typeof(SiteOptions).Assembly, typeof(Scenario).Assembly }
        .SelectMany(a => XDocument.Load(Path.ChangeExtension(a.Location, ".xml")).Descendants("member")).ToDictionary(m => m.Attribute("name")!.Value);

    private static readonly CompetitorOptions Competitor = new("", 0, CompetitorTrigger.Background, CountRange.Fixed(1), VirtualTime.Zero, TimeRange.Fixed(VirtualTime.Never), BlockContent.Text);

    private sealed record Field(string Name, string Accepts, string Default, string Meaning, Type Type, IReadOnlyList<Field> Inner);

    [Fact]
    public void The_schema_has_the_loaders_fields()
    {
        JsonObject schema = Map(Fields());
        var whole = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = "Stress scenario", ["description"] = "What ScenarioLoader accepts, field by field; what it checks across fields stands in docs/scenarios.md." };
        foreach ((string key, JsonNode? value) in schema.ToList())
        {
            schema.Remove(key);
            whole[key] = value;
        }

        Same(Repository.At("scenarios", "scenario.schema.json"), whole.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");
    }

    [Fact]
    public void The_reference_has_the_loaders_fields()
    {
        var text = new StringBuilder("""
            # Scenario files

            Every field, what it accepts, its value when nothing names it, and what it means. Made from the option records and their comments, and held to
            them by a test. One error of one line says file, line, field and what is accepted. An editor that knows JSON schemas can use
            `scenarios/scenario.schema.json`.

            - `include` takes another file of the same folder first (4 at most); roles merge by `role`, lists are replaced.
            - `pairs` is a multiple of `callers_per_answerer`; `update_jitter` is at most `update`; names of roles, and of a role's competitors, differ.
            - A source of an included file is dropped where the including file brings another value.
            - 256 KiB, 12 levels; no aliases, no tags.

            | field | accepts | default | meaning |
            |---|---|---|---|

            """);
        Rows(text, "", Fields());
        Same(Repository.At("docs", "scenarios.md"), text.ToString());
    }

    [Fact]
    public void Each_field_has_a_meaning() => Assert.Empty(Flat("", Fields()).Where(f => f.Field.Meaning.Length == 0).Select(f => f.Path));

    [Fact]
    public void The_loader_knows_the_top_fields_of_the_reference() =>
        Assert.Equal(
            Assert.Throws<ScenarioException>(() => ScenarioLoader.Parse("x: 1", "s.yaml")).Accepted.Split(", ").Order(), Fields().Select(f => f.Name).Order());

    private static List<Field> Fields()
    {
        var s = new Scenario();
        string designs = string.Join(", ", TeardownDesigns.All.Select(d => d.Name)), paths = "membership, in6_selecthlim, any, stale, alias, first_crash_within_hour, or an exact crash title";
        Field Text(string name, string accepts, string of, string meaning) => new(name, accepts, of, meaning, typeof(string), []);
        string Of(Type type, string property) => Meaning(type.GetProperty(property)!);
        return
        [
            Text("name", "text", "", Of(typeof(Scenario), "Name")),
            Text("description", "text", "", Of(typeof(Scenario), "Description")),
            Text("include", "the name of a file in the same folder", "", "File that is taken first."),
            new("pairs", $"a whole number from 1 to {ScenarioLoader.MaxPairs}", $"{s.Pairs}", Of(typeof(Scenario), "Pairs"), typeof(int), []),
            new("hours", $"a number of hours above 0 and up to {ScenarioLoader.MaxHours}, or a time with a unit, as 36h", ScenarioFields.SpellTime(s.Duration), Of(typeof(Scenario), "Duration"), typeof(double), []),
            new("seed", ScenarioFields.Accepts(typeof(ulong), "seed"), $"{s.Seed}", Of(typeof(Scenario), "Seed"), typeof(ulong), []),
            .. Walk(s.Site).Where(f => f.Name is not ("called" or "calling")).Select(f => f.Name == "design" ? f with { Accepts = designs } : f),
            new("roles", "a list", "", "The two ends of a call, each at most once.", typeof(List<RoleOptions>), Walk(s.Site.Called)),
            new("expect", "a list", "", "Bands that the result must lie in.", typeof(List<Expectation>),
                [Text("path", paths, "", Of(typeof(Expectation), "Path")), Text("role", "called, calling", "", Of(typeof(Expectation), "Role")), Text("design", designs, "", Of(typeof(Expectation), "Design")), Text("percent", "a per cent or a band, as 70..80", "", "The band, both ends inclusive.")]),
            new("expect_reached", "a list", "", Of(typeof(Scenario), "ExpectReached"), typeof(List<string>), []),
            new("reported", "a list", "", "Figures that somebody reported, shown beside the measured ones.", typeof(List<ReportedFigure>),
                [Text("path", "text", "", Of(typeof(ReportedFigure), "Path")), Text("role", "called, calling", "", Of(typeof(ReportedFigure), "Role")), Text("percent", "a per cent", "", Of(typeof(ReportedFigure), "Percent"))]),
            new("sources", "a map of field paths to sources", "", Of(typeof(Scenario), "Sources"), typeof(Dictionary<string, string>), []),
        ];
    }

    private static List<Field> Walk(object record) => [.. ScenarioFields.Properties(record.GetType()).Select(p =>
    {
        object? value = p.GetValue(record);
        string name = ScenarioFields.FieldName(p.Name);
        bool map = value is not null && value is not System.Collections.IEnumerable && ScenarioFields.SpellValue(value) is null;
        string of = value switch { null => "", Role => "", string word => word, IEnumerable<string> words => string.Join(", ", words), _ => ScenarioFields.SpellValue(value) ?? "" };
        string accepts = name switch { "daemons" => "a list of zebra, ospfd, ripngd", "group_member" => "an IPv4 multicast group, as 224.0.1.1", _ when map => "a map", _ => ScenarioFields.Accepts(p.PropertyType, name) };
        return new Field(name, accepts, of, Meaning(p), p.PropertyType, map ? Walk(value!) : value is IReadOnlyList<CompetitorOptions> ? Walk(Competitor) : []);
    })];

    // The first sentence or two of a property's comment, or of the parameter that it comes from.
    private static string Meaning(PropertyInfo p)
    {
        XElement? text = Docs.GetValueOrDefault($"P:{p.DeclaringType!.FullName}.{p.Name}")?.Element("summary")
            ?? Docs.GetValueOrDefault($"T:{p.DeclaringType.FullName}")?.Elements("param").FirstOrDefault(x => x.Attribute("name")!.Value == p.Name);
        return text is null ? "" : Regex.Replace(string.Concat(text.Nodes().Select(n => n switch
        {
            XElement { Name.LocalName: "see" } see => $"`{string.Join('_', Regex.Split(see.Attribute("cref")!.Value.Split('.')[^1], "(?<=[a-z])(?=[A-Z])")).ToLowerInvariant()}`",
            XElement e => $"`{e.Value}`",
            _ => n.ToString().Replace("&lt;", "<").Replace("&gt;", ">").Replace("&amp;", "&"),
        })), "\\s+", " ").Trim().Replace("|", "\\|");
    }

    private static IEnumerable<(string Path, Field Field)> Flat(string prefix, IEnumerable<Field> fields) =>
        fields.SelectMany(f => Flat($"{prefix}{f.Name}.", f.Inner).Prepend((Path: prefix + f.Name, Field: f)));

    private static void Rows(StringBuilder text, string prefix, IEnumerable<Field> fields)
    {
        foreach ((string path, Field f) in Flat(prefix, fields))
        {
            text.Append($"| `{path}` | {f.Accepts.Split(" of name, ")[0]} | {f.Default} | {f.Meaning} |\n");
        }
    }

    private static JsonObject Map(IEnumerable<Field> fields)
    {
        var properties = new JsonObject();
        foreach (Field f in fields)
        {
            JsonObject of = Schema(f);
            of["description"] = $"{f.Meaning} Accepted: {f.Accepts}.";
            properties[f.Name] = of;
        }

        return new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
    }

    private static JsonObject Schema(Field f)
    {
        Type type = Nullable.GetUnderlyingType(f.Type) ?? f.Type;
        bool list = type != typeof(string) && type != typeof(Dictionary<string, string>) && typeof(System.Collections.IEnumerable).IsAssignableFrom(type);
        if (list)
        {
            return new JsonObject { ["type"] = "array", ["items"] = f.Inner.Count > 0 ? Map(f.Inner) : new JsonObject { ["type"] = "string" } };
        }

        if (f.Inner.Count > 0)
        {
            return Map(f.Inner);
        }

        if (type == typeof(int))
        {
            (long min, long max) = f.Name == "pairs" ? (1, ScenarioLoader.MaxPairs) : ScenarioFields.Limit(f.Name);
            return new JsonObject { ["type"] = "integer", ["minimum"] = min, ["maximum"] = max };
        }

        return type == typeof(bool) ? new JsonObject { ["type"] = "boolean" }
            : type == typeof(ulong) ? new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = ulong.MaxValue }
            : type.IsEnum ? new JsonObject { ["enum"] = new JsonArray([.. Enum.GetValues(type).Cast<Enum>().Select(e => (JsonNode)ScenarioFields.Spell(e))]) }
            : type == typeof(Dictionary<string, string>) ? new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } }
            : f.Name == "design" ? new JsonObject { ["enum"] = new JsonArray([.. TeardownDesigns.All.Select(d => (JsonNode)d.Name)]) }
            : type == typeof(double) || type == typeof(CountRange) || f.Name == "percent" ? new JsonObject { ["type"] = new JsonArray("number", "string") }
            : new JsonObject { ["type"] = "string" };
    }

    private static void Same(string file, string expected)
    {
        if (Environment.GetEnvironmentVariable("STRESS_WRITE_REFERENCE") == "1")
        {
            File.WriteAllText(file, expected);
        }

        Assert.True(File.Exists(file) && File.ReadAllText(file) == expected, $"{file} is not what the code says; STRESS_WRITE_REFERENCE=1 dotnet test tests/Stress.Scenarios.Tests writes it anew");
    }
}
