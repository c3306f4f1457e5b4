using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stress.Emulator.Link;

namespace Stress.Emulator.Sites;

/// <summary>
/// Options of a site as JSON: a property for each, and one for the options of each label, of the label's name. A name that this build does not have is skipped, and one
/// that is missing has its default.
/// </summary>
public sealed class SiteOptionsJson : JsonConverter<SiteOptions>
{
    private static readonly PropertyInfo[] Options =
    [
        .. typeof(SiteOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.SetMethod is not null && p.Name != "EqualityContract" && p.GetCustomAttribute<JsonIgnoreAttribute>() is not { Condition: JsonIgnoreCondition.Always }),
    ];

    /// <inheritdoc/>
    public override SiteOptions Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"options of a site: a JSON {document.RootElement.ValueKind}; accepted is an object");
        }

        var site = new SiteOptions();
        foreach (PropertyInfo property in Options)
        {
            if (document.RootElement.TryGetProperty(Name(property.Name, options), out JsonElement value) && property.PropertyType != typeof(RoleSet))
            {
                property.SetValue(site, value.Deserialize(property.PropertyType, options));
            }
        }

        var roles = new List<RoleOptions>();
        foreach (string label in site.Topology.Labels)
        {
            roles.Add(document.RootElement.TryGetProperty(Name(label, options), out JsonElement value) && value.Deserialize<RoleOptions>(options) is { } role
                ? role
                : new RoleOptions { Role = (Role)roles.Count });
        }

        return site with { Roles = new RoleSet([.. roles]) };
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, SiteOptions value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (PropertyInfo property in Options)
        {
            if (property.PropertyType == typeof(RoleSet))
            {
                foreach ((int label, string name) in value.Topology.Labels.Index())
                {
                    writer.WritePropertyName(Name(name, options));
                    JsonSerializer.Serialize(writer, value.Roles[label], options);
                }
            }
            else if (property.GetValue(value) is { } told)
            {
                writer.WritePropertyName(Name(property.Name, options));
                JsonSerializer.Serialize(writer, told, property.PropertyType, options);
            }
        }

        writer.WriteEndObject();
    }

    // A label is written like a property's name.
    private static string Name(string name, JsonSerializerOptions options)
    {
        string property = char.ToUpperInvariant(name[0]) + name[1..];
        return options.PropertyNamingPolicy?.ConvertName(property) ?? property;
    }
}
