using System.Text.Json;

namespace Stress.Client.Images;

/// <summary>What an image is made of, in CycloneDX 1.6: the packages that the program depends on, with their hashes, and the base image.</summary>
public static class BillOfMaterials
{
    /// <summary>Its name in an image.</summary>
    public const string FileName = "sbom.cdx.json";

    private const string HashPrefix = "sha512-";
    private static readonly JsonSerializerOptions Form = new() { WriteIndented = true };

    /// <summary>Writes it.</summary>
    /// <param name="version">The program's version.</param>
    /// <param name="origin">The base image.</param>
    /// <param name="dependencies">Files <c>NAME.deps.json</c>, as the SDK writes them.</param>
    public static string Of(string version, string origin, IEnumerable<string> dependencies)
    {
        SortedDictionary<string, string> packages = new(StringComparer.Ordinal);
        foreach (string file in dependencies)
        {
            using JsonDocument text = JsonDocument.Parse(File.ReadAllText(file));
            foreach (JsonProperty library in text.RootElement.GetProperty("libraries").EnumerateObject().Where(library => library.Value.GetProperty("type").GetString() == "package"))
            {
                packages[library.Name] = library.Value.GetProperty("sha512").GetString() ?? "";
            }
        }

        return JsonSerializer.Serialize(
            new
            {
                bomFormat = "CycloneDX",
                specVersion = "1.6",
                version = 1,
                metadata = new { component = new { type = "application", name = "stress", version } },
                components = (object[])
                [
                    new { type = "container", name = origin },
                    .. packages.Select(package => Component(package.Key.Split('/'), package.Value)),
                ],
            },
            Form) + "\n";
    }

    private static object Component(string[] package, string hash) => new
    {
        type = "library",
        name = package[0],
        version = package[1],
        purl = $"pkg:nuget/{package[0]}@{package[1]}",
        hashes = hash.StartsWith(HashPrefix, StringComparison.Ordinal)
            ? (object[])[new { alg = "SHA-512", content = Convert.ToHexStringLower(Convert.FromBase64String(hash[HashPrefix.Length..])) }]
            : [],
    };
}
