using System.Diagnostics;
using k8s.Models;
using Stress.Silo;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.K8s.Tests;

/// <summary>The start script, the configuration and the probe of the Redis manifest, with a real redis-server and folders of the test's own.</summary>
[Collection("environment variables")]
public sealed class RedisTests : IDisposable
{
    private const string Password = "of-this-test-only";
    // What the pod may have, as Kubernetes would tell the script.
    private const long MemoryBytes = 24 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private readonly string _folder = Directory.CreateTempSubdirectory("stress-test-").FullName;
    private readonly int _port = Programs.FreeLoopbackPort();
    private string _cli = "";
    private Process? _server;

    [ToolFact("redis-server")]
    public void Redis_starts_with_the_password_from_a_file_keeps_every_write_and_answers_its_probe()
    {
        Start("base", "");
        Assert.Contains("NOAUTH", Shell(Cli("set a b")).Output);
        Assert.Equal("appendonly\nyes\n", Shell(Authenticated("config get appendonly")).Output);
        Assert.Equal("maxmemory-policy\nnoeviction\n", Shell(Authenticated("config get maxmemory-policy")).Output);
        Assert.Equal("OK\n", Shell(Authenticated("set kept yes")).Output);

        Stop();
        Start("base", "");
        Assert.Equal("yes\n", Shell(Authenticated("get kept")).Output);
    }

    [ToolFact("redis-server")]
    public void Full_memory_below_the_pod_s_limit_refuses_writes_and_loses_nothing()
    {
        Start("base", "");
        Assert.Equal($"maxmemory\n{MemoryBytes / 3 * 2}\n", Shell(Authenticated("config get maxmemory")).Output);
        Assert.Equal("OK\n", Shell(Authenticated("set kept yes")).Output);

        // A megabyte at a time, more often than the pod has megabytes.
        (_, string output) = Shell(
            $"export REDISCLI_AUTH=$STRESS_REDIS_PASSWORD; for i in $(seq {MemoryBytes >> 20}); do head -c 1048576 /dev/zero | tr '\\0' a | {_cli} -x set fill$i; done");

        Assert.Contains("OK", output);
        Assert.Contains("OOM command not allowed", output);
        Assert.Equal("yes\n", Shell(Authenticated("get kept")).Output);
    }

    [ToolFact("redis-server")]
    public async Task With_TLS_Redis_answers_nobody_in_clear_and_a_silo_that_trusts_the_authority()
    {
        Certificates.Write(In("tls"));
        Start("overlays/prod", $"--tls --cacert {In("tls")}/ca.crt");
        Assert.NotEqual("PONG\n", Shell($"REDISCLI_AUTH=$STRESS_REDIS_PASSWORD timeout 5 redis-cli -p {_port} ping 2>&1 || true").Output);

        RedisAddress address = RedisAddress.Parse($"rediss://localhost:{_port}");
        Environment.SetEnvironmentVariable(SiloDefaults.RedisPasswordVariable, Password);
        try
        {
            Assert.NotNull(await address.Problem());
            Environment.SetEnvironmentVariable(SiloDefaults.RedisCaVariable, In("tls") + "/ca.crt");
            Assert.Null(await address.Problem());
        }
        finally
        {
            Environment.SetEnvironmentVariable(SiloDefaults.RedisPasswordVariable, null);
            Environment.SetEnvironmentVariable(SiloDefaults.RedisCaVariable, null);
        }
    }

    public void Dispose()
    {
        Stop();
        Directory.Delete(_folder, recursive: true);
    }

    // The manifest's own script and configuration, and its own probe to say when it is ready.
    private void Start(string overlay, string tls)
    {
        Manifests manifests = Manifests.All.Single(manifests => manifests.Folder == overlay);
        V1Container redis = manifests.Pods.Single(pod => pod.Owner == "stress-redis").Spec.Containers.Single();
        foreach (string folder in (string[])["data", "config", "run"])
        {
            Directory.CreateDirectory(In(folder));
        }

        foreach ((string name, string text) in manifests.Of<V1ConfigMap>().Single(map => map.Metadata.Name.StartsWith("stress-redis-config", StringComparison.Ordinal)).Data)
        {
            File.WriteAllText(Path.Combine(In("config"), name), Here(text) + "\n");
        }

        File.AppendAllText(Path.Combine(In("config"), "redis.conf"), "bind 127.0.0.1\nlogfile redis.log\n");
        string script = Here(redis.Args.Single());
        _server = Start(redis.Command, script);
        _cli = $"redis-cli -p {_port} {tls}";
        string probe = Here(redis.ReadinessProbe.Exec.Command[^1]).Replace("redis-cli", $"redis-cli -p {_port}", StringComparison.Ordinal);
        Assert.True(SpinWait.SpinUntil(() => Shell(probe).Code == 0, Limit), "Redis does not answer its readiness probe");
        Assert.DoesNotContain(Password, script);
        Assert.DoesNotContain(Password, File.ReadAllText($"/proc/{_server.Id}/cmdline"));
    }

    private void Stop()
    {
        if (_server is { HasExited: false })
        {
            _server.Kill();
            _server.WaitForExit();
        }

        _server?.Dispose();
        _server = null;
    }

    private string In(string folder) => Path.Combine(_folder, folder);

    private string Cli(string command) => $"{_cli} {command}";

    private string Authenticated(string command) => $"REDISCLI_AUTH=$STRESS_REDIS_PASSWORD {Cli(command)}";

    // The container's folders are this test's; everything else is the manifest's text. Writes are kept at once, since the test kills Redis after the last.
    private string Here(string text) => text
        .Replace("/run/redis", In("run"), StringComparison.Ordinal)
        .Replace("/etc/redis", In("config"), StringComparison.Ordinal)
        .Replace("/tls/", In("tls") + "/", StringComparison.Ordinal)
        .Replace("dir /data", $"dir {In("data")}", StringComparison.Ordinal)
        .Replace("appendfsync everysec", "appendfsync always", StringComparison.Ordinal)
        .Replace("port 6379", $"port {_port}", StringComparison.Ordinal);

    private static Process Start(IList<string> command, string script)
    {
        var start = new ProcessStartInfo(command[0], [.. command.Skip(1), script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["STRESS_REDIS_PASSWORD"] = Password;
        start.Environment["STRESS_REDIS_MEMORY_BYTES"] = $"{MemoryBytes}";
        return Process.Start(start)!;
    }

    private static (int Code, string Output) Shell(string script)
    {
        using Process process = Start(["sh", "-ceu"], script);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
