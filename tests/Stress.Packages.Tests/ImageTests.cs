using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stress.Tests.Shared;
using Xunit;
using Xunit.Abstractions;

namespace Stress.Packages.Tests;

/// <summary>The image by the SDK's container publishing, on a base image of a registry on loopback: what is in it, and that it runs.</summary>
/// <param name="output">What the commands printed.</param>
public sealed class ImageTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("stress-image-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_image_is_published_without_an_engine_and_what_is_in_it_runs_a_scenario()
    {
        using var registry = new BaseImageRegistry();
        string archive = Path.Combine(_folder, "stress.tar"), root = Path.Combine(_folder, "root");

        string said = Run(
            Repository.Root, Repository.At("stress"), "image", "--base", registry.Image, "--out", archive, "--name", "registry.example:5000/net/stress:7", "--no-ready-to-run", "--sbom",
            Path.Combine(_folder, "sbom.json"));
        Assert.Contains("registry.example:5000/net/stress:7", said);

        // What an engine does with it: the manifest that the index names, its configuration, its layers one over another.
        string layout = Directory.CreateDirectory(Path.Combine(_folder, "layout")).FullName;
        TarFile.ExtractToDirectory(archive, layout, overwriteFiles: false);
        JsonElement manifest = Blob(layout, Json(Path.Combine(layout, "index.json")).GetProperty("manifests")[0]);
        JsonElement configuration = Blob(layout, manifest.GetProperty("config")).GetProperty("config");
        Assert.Equal("1654", configuration.GetProperty("User").GetString());
        Assert.Equal(["11111/tcp", "30000/tcp", "9464/tcp"], configuration.GetProperty("ExposedPorts").EnumerateObject().Select(port => port.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["dotnet", "/app/Stress.Client.dll"], configuration.GetProperty("Entrypoint").EnumerateArray().Select(word => word.GetString()));
        Assert.Contains(configuration.GetProperty("Env").EnumerateArray(), variable => variable.GetString() == "DOTNET_EnableDiagnostics=0");

        JsonElement[] layers = [.. manifest.GetProperty("layers").EnumerateArray()];
        Assert.Equal(registry.Layer, layers[0].GetProperty("digest").GetString());
        Directory.CreateDirectory(root);
        foreach (JsonElement layer in layers)
        {
            using var packed = new GZipStream(File.OpenRead(PathOf(layout, layer)), CompressionMode.Decompress);
            TarFile.ExtractToDirectory(packed, root, overwriteFiles: true);
        }

        Assert.Equal(
            [("data/", 1654, true), ("app/runs/", 1654, true)],
            Entries(layout, layers[^1]).Select(entry => (entry.Name, entry.Uid, entry.EntryType == TarEntryType.Directory && entry.Mode.HasFlag(UnixFileMode.UserWrite))));
        Assert.Equal(layers.Length, Blob(layout, manifest.GetProperty("config")).GetProperty("rootfs").GetProperty("diff_ids").GetArrayLength());

        string app = Path.Combine(root, "app");
        Assert.Equal(File.ReadAllText(Path.Combine(_folder, "sbom.json")), File.ReadAllText(Path.Combine(app, "sbom.cdx.json")));
        Assert.True(File.Exists(Path.Combine(app, "triage", "Stress.Triage.dll")), "the triage library is not in the image");
        Assert.Equal(
            Directory.EnumerateFiles(Repository.At("scenarios"), "*.yaml").Select(Path.GetFileName).Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(Path.Combine(app, "scenarios")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Contains("digest ", Run(app, "dotnet", "Stress.Client.dll", "run", "scenarios/control-static-units.yaml", "--pairs", "2", "--hours", "1", "--no-store", "--out", Path.Combine(_folder, "runs")));
    }

    private static List<TarEntry> Entries(string layout, JsonElement layer)
    {
        using var tar = new TarReader(new GZipStream(File.OpenRead(PathOf(layout, layer)), CompressionMode.Decompress));
        var entries = new List<TarEntry>();
        while (tar.GetNextEntry() is { } entry)
        {
            entries.Add(entry);
        }

        return entries;
    }

    private static JsonElement Json(string file) => JsonDocument.Parse(File.ReadAllBytes(file)).RootElement;

    private static JsonElement Blob(string layout, JsonElement descriptor) => Json(PathOf(layout, descriptor));

    private static string PathOf(string layout, JsonElement descriptor) => Path.Combine([layout, "blobs", .. descriptor.GetProperty("digest").GetString()!.Split(':')]);

    private string Run(string folder, string program, params string[] words) => TypedCommand.Run(output, new ProcessStartInfo(program, words) { WorkingDirectory = folder }, Longest);

    /// <summary>A registry with one image of one layer with one file: enough for building on an image.</summary>
    private sealed class BaseImageRegistry : IDisposable
    {
        private const string ManifestType = "application/vnd.docker.distribution.manifest.v2+json";
        private readonly Dictionary<string, (byte[] Bytes, string Type)> _blobs = [];
        private readonly HttpListener _listener = new();
        private readonly string _manifest;

        public BaseImageRegistry()
        {
            using var plain = new MemoryStream();
            using (var tar = new TarWriter(plain, leaveOpen: true))
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "etc/base") { DataStream = new MemoryStream("a base image\n"u8.ToArray()) });
            }

            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            {
                gzip.Write(plain.ToArray());
            }

            Layer = Add(packed.ToArray(), "application/vnd.docker.image.rootfs.diff.tar.gzip");
            string architecture = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
            byte[] configuration = JsonSerializer.SerializeToUtf8Bytes(
                new { architecture, os = "linux", config = new { Env = (string[])["PATH=/usr/bin"] }, rootfs = new { type = "layers", diff_ids = (string[])[Digest(plain.ToArray())] }, history = Array.Empty<object>() });
            string config = Add(configuration, "application/vnd.docker.container.image.v1+json");
            _manifest = Add(
                JsonSerializer.SerializeToUtf8Bytes(new
                {
                    schemaVersion = 2,
                    mediaType = ManifestType,
                    config = new { mediaType = _blobs[config].Type, size = configuration.Length, digest = config },
                    layers = (object[])[new { mediaType = _blobs[Layer].Type, size = packed.Length, digest = Layer }],
                }),
                ManifestType);

            int port = Programs.FreeLoopbackPort();
            Image = $"localhost:{port}/base:10";
            _listener.Prefixes.Add($"http://localhost:{port}/");
            _listener.Start();
            _ = Serve();
        }

        /// <summary>The base image's name.</summary>
        public string Image { get; }

        /// <summary>The digest of its layer.</summary>
        public string Layer { get; }

        public void Dispose() => _listener.Close();

        private static string Digest(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

        private string Add(byte[] bytes, string type)
        {
            string digest = Digest(bytes);
            _blobs[digest] = (bytes, type);
            return digest;
        }

        private async Task Serve()
        {
            while (_listener.IsListening)
            {
                HttpListenerContext call;
                try
                {
                    call = await _listener.GetContextAsync();
                }
                catch (Exception end) when (end is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                string path = call.Request.Url!.AbsolutePath, last = path[(path.LastIndexOf('/') + 1)..];
                (byte[] Bytes, string Type) answer = default;
                bool known = path == "/v2/" || _blobs.TryGetValue(last == "10" ? _manifest : last, out answer);
                call.Response.StatusCode = known ? 200 : 404;
                byte[] bytes = answer.Bytes ?? Encoding.UTF8.GetBytes("{}");
                call.Response.ContentType = answer.Type ?? "application/json";
                call.Response.Headers["Docker-Content-Digest"] = answer.Bytes is null ? null : Digest(answer.Bytes);
                call.Response.ContentLength64 = bytes.Length;
                if (call.Request.HttpMethod == "HEAD")
                {
                    call.Response.Close();
                }
                else
                {
                    call.Response.Close(bytes, willBlock: true);
                }
            }
        }
    }
}
