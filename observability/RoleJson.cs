using System.Text.Json;
using System.Text.Json.Serialization;
using Stress.Emulator.Link;

namespace Stress.Observability;

/// <summary>A role as JSON for people to read: its label in words.</summary>
/// <param name="labels">The labels of the run's nodes, by their number.</param>
public sealed class RoleJson(IReadOnlyList<string> labels) : JsonConverter<Role>
{
    /// <inheritdoc/>
    public override Role Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string? label = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        for (int i = 0; i < labels.Count; i++)
        {
            if (labels[i] == label)
            {
                return (Role)i;
            }
        }

        throw new JsonException($"a role: {label ?? reader.TokenType.ToString()}; accepted are {string.Join(", ", labels)}");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Role value, JsonSerializerOptions options) => writer.WriteStringValue(labels[(int)value]);
}
