using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using k8s.Models;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.K8s.Tests;

/// <summary>The start script, the configuration and the probe of the Redis manifest, with a real redis-server and folders of the test's own.</summary>
public sealed class RedisTests : IDisposable
{
    private const string Password = "of-this-test-only";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly string _folder = Directory.CreateTempSubdirectory("stress-test-").FullName;
    private Process? _server;

    [ToolFact("redis-server")]
    public void Redis_starts_with_the_password_from_a_file_keeps_every_write_and_answers_its_probe()
    {
        if (Tools.Find("kubectl") is null)
        {
            return; // ManifestTests say that it is missing
        }

        Manifests manifests = Manifests.All.Single(manifests => manifests.Folder == "base");
        V1Container redis = manifests.Pods.Single(pod => pod.Owner == "stress-redis").Spec.Containers.Single();
        int port = FreePort();
        foreach (string folder in (string[])["data", "config", "run"])
        {
            Directory.CreateDirectory(Path.Combine(_folder, folder));
        }

        string configuration = manifests.Of<V1ConfigMap>().Single(map => map.Metadata.Name.StartsWith("stress-redis-config", StringComparison.Ordinal)).Data["redis.conf"];
        File.WriteAllText(Path.Combine(_folder, "config", "redis.conf"), Here(configuration, port) + "\nbind 127.0.0.1\nlogfile redis.log\n");
        string script = Here(redis.Args.Single(), port);
        _server = Start(redis.Command, script);

        string probe = redis.ReadinessProbe.Exec.Command[^1].Replace("redis-cli", $"redis-cli -p {port}", StringComparison.Ordinal);
        Assert.True(SpinWait.SpinUntil(() => Shell(probe).Code == 0, Limit), File.ReadAllText(Path.Combine(_folder, "data", "redis.log")));
        Assert.DoesNotContain(Password, script);
        Assert.DoesNotContain(Password, File.ReadAllText($"/proc/{_server.Id}/cmdline"));
        Assert.Contains("NOAUTH", Shell($"redis-cli -p {port} set a b").Output);
        Assert.Equal("appendonly\nyes\n", Shell($"REDISCLI_AUTH=$STRESS_REDIS_PASSWORD redis-cli -p {port} config get appendonly").Output);
        Assert.Equal("maxmemory-policy\nnoeviction\n", Shell($"REDISCLI_AUTH=$STRESS_REDIS_PASSWORD redis-cli -p {port} config get maxmemory-policy").Output);
        Assert.Equal("OK\n", Shell($"REDISCLI_AUTH=$STRESS_REDIS_PASSWORD redis-cli -p {port} set kept yes").Output);

        _server.Kill();
        _server.WaitForExit();
        _server = Start(redis.Command, script);
        Assert.True(SpinWait.SpinUntil(() => Shell(probe).Code == 0, Limit));
        Assert.Equal("yes\n", Shell($"REDISCLI_AUTH=$STRESS_REDIS_PASSWORD redis-cli -p {port} get kept").Output);
    }

    public void Dispose()
    {
        if (_server is { HasExited: false })
        {
            _server.Kill();
            _server.WaitForExit();
        }

        _server?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // The container's folders are this test's; everything else is the manifest's own text. Its everysec is made always, since the test kills at once.
    private string Here(string text, int port) => text
        .Replace("/run/redis", Path.Combine(_folder, "run"), StringComparison.Ordinal)
        .Replace("/etc/redis", Path.Combine(_folder, "config"), StringComparison.Ordinal)
        .Replace("dir /data", $"dir {Path.Combine(_folder, "data")}", StringComparison.Ordinal)
        .Replace("appendfsync everysec", "appendfsync always", StringComparison.Ordinal)
        .Replace("port 6379", string.Create(CultureInfo.InvariantCulture, $"port {port}"), StringComparison.Ordinal);

    private static Process Start(IList<string> command, string script)
    {
        var start = new ProcessStartInfo(command[0], [.. command.Skip(1), script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["STRESS_REDIS_PASSWORD"] = Password;
        return Process.Start(start)!;
    }

    private static (int Code, string Output) Shell(string script)
    {
        using Process process = Start(["sh", "-ceu"], script);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
