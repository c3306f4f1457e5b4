using System.Diagnostics;
using System.Net.Sockets;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.K8s.Tests;

/// <summary>A test that builds a Containerfile: where there is no buildah, or the registry of the base images cannot be reached, it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BuildahFactAttribute : FactAttribute
{
    private const string Registry = "mcr.microsoft.com";
    private const int Port = 443;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly Lazy<string?> Missing = new(() => Tools.Find("buildah") is null ? "needs buildah (Debian package buildah)" : Answers() ? null : $"needs the registry {Registry}");

    /// <inheritdoc/>
    public override string? Skip => Missing.Value;

    private static bool Answers()
    {
        try
        {
            using var socket = new TcpClient();
            return socket.ConnectAsync(Registry, Port).Wait(Patience);
        }
        catch (AggregateException)
        {
            return false;
        }
    }
}

/// <summary>The Containerfile, by an engine that needs no daemon.</summary>
public sealed class ContainerfileBuildTests
{
    [BuildahFact]
    public async Task The_Containerfile_builds_an_image_whose_program_says_its_version()
    {
        string image = $"localhost/stress-test-{Environment.ProcessId}";
        await Buildah("build", "--isolation", "chroot", "-t", image, Repository.Root);
        try
        {
            string container = (await Buildah("from", image)).Trim();
            try
            {
                Assert.StartsWith("stress ", await Buildah("run", "--isolation", "chroot", container, "--", "dotnet", "/app/Stress.Client.dll", "--version"), StringComparison.Ordinal);
            }
            finally
            {
                await Buildah("rm", container);
            }
        }
        finally
        {
            await Buildah("rmi", image);
        }
    }

    private static async Task<string> Buildah(params string[] words)
    {
        using Process buildah = Process.Start(new ProcessStartInfo("buildah", words) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = buildah.StandardOutput.ReadToEndAsync(), errors = buildah.StandardError.ReadToEndAsync();
        await buildah.WaitForExitAsync();
        Assert.True(buildah.ExitCode == 0, await errors);
        return await output;
    }
}
