using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Stress.Client.Images;
using Stress.Guests;

namespace Stress.Client.Commands;

/// <summary><c>stress image</c>: the image of silos and clients by the .NET SDK's own container publishing, without an engine and without root, as an archive.</summary>
public static partial class ImageCommand
{
    private const string UsualBase = "mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled", UsualArchive = "stress-image.tar", UsualName = "stress:dev";
    private const int LastLines = 12;

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var archive = new Option<string>("--out") { Description = "The archive (an OCI image layout as tar), for podman load, docker load or skopeo copy oci-archive:.", DefaultValueFactory = _ => UsualArchive };
        var name = new Option<string>("--name") { Description = "Name and tag of the image.", DefaultValueFactory = _ => UsualName };
        var origin = new Option<string>("--base") { Description = "The image to build on, from any registry: it needs ASP.NET Core 10 and nothing else.", DefaultValueFactory = _ => UsualBase };
        var runtime = new Option<string>("--runtime") { Description = "Runtime identifier of the machines to run it on.", DefaultValueFactory = _ => $"linux-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}" };
        var plain = new Option<bool>("--no-ready-to-run") { Description = "Skip ahead-of-time compilation: a smaller image that starts more slowly." };
        var sbom = new Option<string?>("--sbom") { Description = $"Write the bill of materials here too (CycloneDX; it is /app/{BillOfMaterials.FileName} in the image)." };
        var command = new Command("image", "Build the image of silos and clients without an engine and without root (of the source tree).") { archive, name, origin, runtime, plain, sbom };
        command.SetAction((line, stop) => Execute(
            terminal, line.GetValue(archive)!, line.GetValue(name)!, line.GetValue(origin)!, line.GetValue(runtime)!, !line.GetValue(plain), line.GetValue(sbom), stop));
        return command;
    }

    private static async Task<int> Execute(Terminal terminal, string archive, string name, string origin, string runtime, bool ahead, string? sbom, CancellationToken stop)
    {
        (string repository, string tag) = Named(name);

        string root = Path.GetDirectoryName(Path.GetFullPath(ProgramFolders.Find("scenarios")))!, project = Path.Combine(root, "client", "Stress.Client.csproj");
        if (!File.Exists(project))
        {
            throw new UsageException("image: of the source tree; accepted is ./stress image in the repository's root");
        }

        foreach ((string option, string? file) in ((string, string?)[])[("--out", archive), ("--sbom", sbom)])
        {
            if (file is not null && Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder && !Directory.Exists(folder))
            {
                throw new UsageException($"{option} {file}: {folder} is not there; accepted is a file in a folder that is");
            }
        }

        string work = Directory.CreateTempSubdirectory("stress-image-").FullName, beside = Path.Combine(work, "beside");
        try
        {
            string[] shared = ["-c", "Release", "-r", runtime, "--self-contained", "false", "--artifacts-path", Path.Combine(work, "artifacts"), "-v", "q", "-nologo"];
            terminal.Error.WriteLine("stress: building what is loaded when it is first used");
            await Publish([Path.Combine(root, "triage", "Stress.Triage.csproj"), .. shared, "-o", Path.Combine(beside, "triage")], stop);
            Directory.CreateDirectory(Path.Combine(beside, "scenarios"));
            foreach (string scenario in Directory.EnumerateFiles(Path.Combine(root, "scenarios"), "*.yaml"))
            {
                File.Copy(scenario, Path.Combine(beside, "scenarios", Path.GetFileName(scenario)));
            }

            string bill = BillOfMaterials.Of(
                ProgramVersion.Current.ToString(), origin, [Path.Combine(AppContext.BaseDirectory, "Stress.Client.deps.json"), Path.Combine(beside, "triage", "Stress.Triage.deps.json")]);
            File.WriteAllText(Path.Combine(beside, BillOfMaterials.FileName), bill);
            terminal.Error.WriteLine($"stress: building the image on {origin}");
            await Publish(
                [
                    project, .. shared, "-t:PublishContainer", $"-p:StressImageFiles={beside}", $"-p:PublishReadyToRun={(ahead ? "true" : "false")}", $"-p:ContainerBaseImage={origin}",
                    $"-p:ContainerRepository={repository}", $"-p:ContainerImageTag={tag}", $"-p:ContainerArchiveOutputPath={Path.GetFullPath(archive)}",
                ],
                stop);
            WritableFolders.AddTo(archive);
            if (sbom is not null)
            {
                File.WriteAllText(sbom, bill);
            }

            terminal.Text.WriteLine($"{archive}: {name} for {runtime}, {new FileInfo(archive).Length / 1048576.0:0.0} MiB{(sbom is null ? "" : $"; its bill of materials: {sbom}")}");
            return ExitCodes.Ok;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static (string Repository, string Tag) Named(string name)
    {
        Match parts = Reference().Match(name);
        return parts.Success
            ? (parts.Groups["repository"].Value, parts.Groups["tag"] is { Success: true, Value: string tag } ? tag : "latest")
            : throw new UsageException($"--name {name}: accepted is NAME or NAME:TAG in lower case, for example {UsualName} or registry.example:5000/stress:1");
    }

    // A reference of the OCI distribution specification: a registry with its port, a path, a tag.
    [GeneratedRegex("^(?<repository>(?:[A-Za-z0-9.-]+(?::[0-9]{1,5})?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?$")]
    private static partial Regex Reference();

    // The SDK's output is shown only if it fails.
    private static async Task Publish(string[] words, CancellationToken stop)
    {
        using var sdk = new Process { StartInfo = new ProcessStartInfo("dotnet", ["publish", .. words]) { RedirectStandardOutput = true, RedirectStandardError = true } };
        sdk.Start();
        Task<string> output = sdk.StandardOutput.ReadToEndAsync(CancellationToken.None), errors = sdk.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await sdk.WaitForExitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            sdk.Kill(entireProcessTree: true);
            throw;
        }

        if (sdk.ExitCode == 0)
        {
            return;
        }

        string[] lines = [.. (await output + await errors).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => line.Contains("error", StringComparison.OrdinalIgnoreCase)).Distinct()];
        throw new ImageException($"dotnet publish ended with {sdk.ExitCode}: {string.Join("; ", lines.TakeLast(LastLines))}; accepted are an SDK with its packages, and a base image whose registry answers");
    }
}

/// <summary>The SDK has not built the image: something that it fetches may be unavailable.</summary>
/// <param name="message">One line.</param>
public sealed class ImageException(string message) : Exception(message);
