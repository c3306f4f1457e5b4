using System.Text.Json;
using System.Text.Json.Serialization;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Sites;

namespace Stress.Observability;

/// <summary>A count for each label of a run's nodes.</summary>
/// <param name="labels">The labels.</param>
/// <param name="counts">A count for each.</param>
[JsonConverter(typeof(RoleCountsJson))]
public sealed class RoleCounts(IReadOnlyList<string> labels, IReadOnlyList<long> counts) : IEquatable<RoleCounts>
{
    /// <summary>The labels.</summary>
    public IReadOnlyList<string> Labels { get; } = labels;

    /// <summary>A count for each.</summary>
    public IReadOnlyList<long> Counts { get; } = counts;

    /// <summary>The sum.</summary>
    public long Total { get; } = counts.Sum();

    /// <summary>One counter of all labels.</summary>
    public static RoleCounts Of(NodeCounters counters, Func<Counters, long> counter) => new(counters.Labels, counters.By(counter));

    /// <summary>The count of a label; 0 of one that is none of these.</summary>
    public long Of(string label)
    {
        for (int i = 0; i < Labels.Count; i++)
        {
            if (Labels[i] == label)
            {
                return Counts[i];
            }
        }

        return 0;
    }

    /// <inheritdoc/>
    public bool Equals(RoleCounts? other) => other is not null && Labels.SequenceEqual(other.Labels) && Counts.SequenceEqual(other.Counts);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RoleCounts);

    /// <inheritdoc/>
    public override int GetHashCode() => Total.GetHashCode();
}

/// <summary>Counts of labels as JSON: an object with a number a label.</summary>
public sealed class RoleCountsJson : JsonConverter<RoleCounts>
{
    /// <inheritdoc/>
    public override RoleCounts Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"counts of roles: a JSON {document.RootElement.ValueKind}; accepted is an object with a whole number for each role");
        }

        var labels = new List<string>();
        var counts = new List<long>();
        foreach (JsonProperty label in document.RootElement.EnumerateObject())
        {
            labels.Add(label.Name);
            counts.Add(label.Value.ValueKind == JsonValueKind.Number && label.Value.TryGetInt64(out long count)
                ? count
                : throw new JsonException($"counts of roles: {label.Name}: {label.Value.GetRawText()}; accepted is a whole number"));
        }

        return new RoleCounts(labels, counts);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, RoleCounts value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach ((int i, string label) in value.Labels.Index())
        {
            writer.WriteNumber(label, value.Counts[i]);
        }

        writer.WriteEndObject();
    }
}
