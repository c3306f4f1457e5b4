using System.Text.Json;
using System.Text.Json.Serialization;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Sites;

/// <summary>
/// Counters as JSON: a property for each, by its name in <see cref="CounterInfo.All"/>. What nodes count is an object with a number a label, what a site counts
/// as a whole is a number. A name that this build does not have is skipped, and one that is missing counts nothing.
/// </summary>
public sealed class NodeCountersJson : JsonConverter<NodeCounters>
{
    /// <inheritdoc/>
    public override NodeCounters Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"counters: a JSON {document.RootElement.ValueKind}; accepted is an object");
        }

        List<string> labels = [];
        foreach (JsonProperty label in document.RootElement.EnumerateObject().Where(c => c.Value.ValueKind == JsonValueKind.Object).SelectMany(c => c.Value.EnumerateObject()))
        {
            if (!labels.Contains(label.Name))
            {
                labels.Add(label.Name);
            }
        }

        var counters = new NodeCounters(labels.Count == 0 ? null : labels);
        foreach (CounterInfo counter in CounterInfo.All)
        {
            if (!document.RootElement.TryGetProperty(counter.Name, out JsonElement value))
            {
                continue;
            }

            if (counter.OfSite)
            {
                Counters.Values(ref counters.OfSite())[counter.Index] = Number(value, counter.Name);
                continue;
            }

            for (int node = 0; node < labels.Count; node++)
            {
                if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty(labels[node], out JsonElement of))
                {
                    Counters.Values(ref counters[node])[counter.Index] = Number(of, $"{counter.Name}.{labels[node]}");
                }
            }
        }

        return counters;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, NodeCounters value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (CounterInfo counter in CounterInfo.All)
        {
            if (counter.OfSite)
            {
                writer.WriteNumber(counter.Name, counter.In(value.OfSite()));
                continue;
            }

            writer.WriteStartObject(counter.Name);
            for (int node = 0; node < value.Labels.Count; node++)
            {
                writer.WriteNumber(value.Labels[node], counter.In(value[node]));
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static long Number(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)
            ? number
            : throw new JsonException($"counters.{name}: {value.GetRawText()}; accepted is a whole number");
}
