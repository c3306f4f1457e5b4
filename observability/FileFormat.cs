using System.Text.Json;

namespace Stress.Observability;

/// <summary>A file of ours has a format that this build does not read. The message names the file, its format and the one that is accepted.</summary>
/// <param name="message">One sentence.</param>
public sealed class FormatRefusedException(string message) : FormatException(message);

/// <summary>Our files state their format first: <c>"format": 2</c>.</summary>
public static class FileFormat
{
    /// <summary>Reads a file of one format.</summary>
    /// <param name="path">The file.</param>
    /// <param name="accepted">The format that is read.</param>
    /// <param name="options">How it is read.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="FormatRefusedException">It has another format, or states none.</exception>
    /// <exception cref="JsonException">It is not JSON of that kind.</exception>
    public static T Read<T>(string path, int accepted, JsonSerializerOptions options) => Parse<T>(path, File.ReadAllText(path), accepted, options);

    /// <summary>Reads the text of a file of one format.</summary>
    /// <param name="name">Its name in messages.</param>
    /// <param name="text">The text.</param>
    /// <param name="accepted">The format that is read.</param>
    /// <param name="options">How it is read.</param>
    /// <exception cref="FormatRefusedException">It has another format, or states none.</exception>
    /// <exception cref="JsonException">It is not JSON of that kind.</exception>
    public static T Parse<T>(string name, string text, int accepted, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.ValueKind != JsonValueKind.Object ? throw new JsonException($"{name}: a JSON {document.RootElement.ValueKind}")
            : !document.RootElement.TryGetProperty("format", out JsonElement format) ? throw new FormatRefusedException($"{name}: without a format number; accepted is format {accepted}")
            : format.ValueKind != JsonValueKind.Number || !format.TryGetInt32(out int number) ? throw new FormatRefusedException($"{name}: format {format.GetRawText()}; accepted is format {accepted}")
            : number != accepted ? throw new FormatRefusedException($"{name}: format {number}; accepted is format {accepted}")
            : document.RootElement.Deserialize<T>(options) ?? throw new JsonException($"{name}: empty");
    }
}
