using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Stress.Client.Launching;

namespace Stress.Client.Images;

/// <summary>
/// The folders of an image that its user may write to: the SDK's container publishing packs files only, and an image without a shell cannot make them later. A volume mounted on one
/// takes over its owner. The layer is added to the archive that the SDK wrote (OCI image layout 1.0).
/// </summary>
public static class WritableFolders
{
    /// <summary>The user that the program runs as in an image: that of Microsoft's chiseled base images.</summary>
    public const int User = 1654;

    private const string LayerType = "application/vnd.oci.image.layer.v1.tar+gzip", Index = "index.json";

    // Owner: everything; others: read and enter.
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Their paths: where a volume is mounted, and where a run writes its folder when nothing else is asked for.</summary>
    public static IReadOnlyList<string> Paths { get; } = ["/data", $"/app/{Output.DefaultFolder}"];

    /// <summary>Adds a layer with them to an archive.</summary>
    /// <param name="archive">An OCI image layout as tar, with one image.</param>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public static void AddTo(string archive)
    {
        string layout = Directory.CreateTempSubdirectory("stress-image-").FullName;
        try
        {
            TarFile.ExtractToDirectory(archive, layout, overwriteFiles: false);
            string indexFile = Path.Combine(layout, Index);
            JsonObject index = Read(indexFile), image = index["manifests"] is JsonArray { Count: 1 } images ? images[0]!.AsObject() : throw new InvalidDataException($"{archive}: not an archive of one image");
            JsonObject manifest = Read(BlobOf(layout, image)), configuration = Read(BlobOf(layout, manifest["config"]!.AsObject()));

            byte[] plain = Layer(), packed = Packed(plain);
            configuration["rootfs"]!["diff_ids"]!.AsArray().Add(Digest(plain));
            configuration["history"]?.AsArray().Add(new JsonObject { ["created_by"] = $"stress image: {string.Join(", ", Paths)}" });
            var layer = new JsonObject { ["mediaType"] = LayerType };
            Put(layout, layer, packed);
            manifest["layers"]!.AsArray().Add(layer);
            Replace(layout, manifest["config"]!.AsObject(), configuration);
            Replace(layout, image, manifest);
            File.WriteAllText(indexFile, index.ToJsonString());
            File.Delete(archive);
            TarFile.CreateFromDirectory(layout, archive, includeBaseDirectory: false);
        }
        finally
        {
            Directory.Delete(layout, recursive: true);
        }
    }

    private static byte[] Layer()
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (string path in Paths)
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, $"{path[1..]}/") { Uid = User, Gid = User, Mode = Mode, ModificationTime = DateTimeOffset.UnixEpoch });
            }
        }

        return bytes.ToArray();
    }

    private static byte[] Packed(byte[] plain)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(plain);
        }

        return packed.ToArray();
    }

    private static JsonObject Read(string file) => JsonNode.Parse(File.ReadAllText(file))!.AsObject();

    private static string Digest(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    private static string BlobOf(string layout, JsonObject descriptor) => Path.Combine([layout, "blobs", .. descriptor["digest"]!.GetValue<string>().Split(':')]);

    private static void Replace(string layout, JsonObject descriptor, JsonObject content)
    {
        File.Delete(BlobOf(layout, descriptor));
        Put(layout, descriptor, Encoding.UTF8.GetBytes(content.ToJsonString()));
    }

    // Writes a blob, and says in its descriptor where it is.
    private static void Put(string layout, JsonObject descriptor, byte[] bytes)
    {
        (descriptor["digest"], descriptor["size"]) = (Digest(bytes), bytes.Length);
        File.WriteAllBytes(BlobOf(layout, descriptor), bytes);
    }
}
