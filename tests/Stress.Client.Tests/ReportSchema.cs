using System.Text.Json;
using System.Text.RegularExpressions;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>Checks a report against <c>docs/report.schema.json</c>: types, required and unknown properties, references. All that the schema uses.</summary>
internal static class ReportSchema
{
    private static readonly JsonElement Schema = JsonDocument.Parse(File.ReadAllText(Repository.At("docs", "report.schema.json"))).RootElement;

    public static void Check(JsonElement report) => Check(report, Schema, "report");

    private static void Check(JsonElement value, JsonElement schema, string at)
    {
        if (schema.TryGetProperty("$ref", out JsonElement reference))
        {
            schema = Schema.GetProperty("$defs").GetProperty(reference.GetString()!["#/$defs/".Length..]);
        }

        if (schema.TryGetProperty("type", out JsonElement type))
        {
            string[] accepted = type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(t => t.GetString()!)] : [type.GetString()!];
            Assert.True(accepted.Contains(TypeOf(value)) || (accepted.Contains("number") && TypeOf(value) == "integer"), $"{at}: {TypeOf(value)}, accepted {string.Join(", ", accepted)}");
        }

        if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out JsonElement properties))
        {
            foreach (JsonElement required in schema.GetProperty("required").EnumerateArray())
            {
                Assert.True(value.TryGetProperty(required.GetString()!, out _), $"{at}: '{required}' is missing");
            }

            foreach (JsonProperty property in value.EnumerateObject())
            {
                Assert.True(properties.TryGetProperty(property.Name, out JsonElement of) || Pattern(schema, property.Name, out of), $"{at}: '{property.Name}' is not in the schema");
                Check(property.Value, of, $"{at}.{property.Name}");
            }
        }

        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out JsonElement items))
        {
            int i = 0;
            foreach (JsonElement item in value.EnumerateArray())
            {
                Check(item, items, $"{at}[{i++}]");
            }
        }
    }

    private static bool Pattern(JsonElement schema, string name, out JsonElement of)
    {
        of = default;
        foreach (JsonProperty pattern in schema.TryGetProperty("patternProperties", out JsonElement patterns) ? patterns.EnumerateObject().ToArray() : [])
        {
            if (Regex.IsMatch(name, pattern.Name))
            {
                of = pattern.Value;
                return true;
            }
        }

        return false;
    }

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Null => "null",
        _ => value.GetRawText().AsSpan().ContainsAny('.', 'e', 'E') ? "number" : "integer",
    };
}
