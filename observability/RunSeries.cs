using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stress.Observability;

/// <summary>Counts over virtual time, in bins of equal width. Counts of a bin, not running totals; stale pointers are those that exist at its end.</summary>
/// <param name="BinMinutes">Width of a bin in virtual minutes.</param>
/// <param name="Bins">How many bins every list below has.</param>
/// <param name="Disconnects">Disconnects, a line for each role.</param>
/// <param name="Crashes">Crashes by path and role.</param>
/// <param name="StaleLive">Live stale pointers by holder and role.</param>
[JsonConverter(typeof(RunSeriesJson))]
public sealed record RunSeries(
    double BinMinutes, int Bins, IReadOnlyList<SeriesLine> Disconnects, IReadOnlyList<SeriesLine> Crashes, IReadOnlyList<SeriesLine> StaleLive)
{
    /// <summary>What <see cref="SeriesLine.Name"/> is of <see cref="Disconnects"/>.</summary>
    public const string DisconnectsName = "disconnects";

    /// <summary>No bins of a run whose nodes have these labels.</summary>
    public static RunSeries Empty(double binMinutes, IReadOnlyList<string> labels) =>
        new(binMinutes, 0, [.. labels.Select(label => new SeriesLine(DisconnectsName, label, []))], [], []);
}

/// <summary>One line of a series.</summary>
/// <param name="Name">Path or holder.</param>
/// <param name="Role">The label of a role, such as <c>called</c> or <c>calling</c>.</param>
/// <param name="Values">A value a bin.</param>
public sealed record SeriesLine(string Name, string Role, IReadOnlyList<long> Values);

/// <summary>Counts over virtual time as JSON: disconnects are a list for each role, <c>calledDisconnects</c>.</summary>
public sealed class RunSeriesJson : JsonConverter<RunSeries>
{
    private const string Suffix = "Disconnects";

    private sealed record Lines(double BinMinutes, int Bins, IReadOnlyList<SeriesLine> Crashes, IReadOnlyList<SeriesLine> StaleLive);

    /// <inheritdoc/>
    public override RunSeries Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        Lines lines = document.RootElement.Deserialize<Lines>(options) ?? throw new JsonException("series: null; accepted is an object");
        return new RunSeries(
            lines.BinMinutes, lines.Bins,
            [
                .. from property in document.RootElement.EnumerateObject()
                   where property.Name.EndsWith(Suffix, StringComparison.Ordinal) && property.Name.Length > Suffix.Length
                   select new SeriesLine(RunSeries.DisconnectsName, property.Name[..^Suffix.Length], property.Value.Deserialize<IReadOnlyList<long>>(options)!),
            ],
            lines.Crashes, lines.StaleLive);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, RunSeries value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber(Name(nameof(value.BinMinutes)), value.BinMinutes);
        writer.WriteNumber(Name(nameof(value.Bins)), value.Bins);
        foreach (SeriesLine line in value.Disconnects)
        {
            Write(line.Role + Suffix, line.Values);
        }

        Write(Name(nameof(value.Crashes)), value.Crashes);
        Write(Name(nameof(value.StaleLive)), value.StaleLive);
        writer.WriteEndObject();

        string Name(string property) => options.PropertyNamingPolicy?.ConvertName(property) ?? property;
        void Write<T>(string name, T part)
        {
            writer.WritePropertyName(name);
            JsonSerializer.Serialize(writer, part, options);
        }
    }
}
