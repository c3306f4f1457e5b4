using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Stress.Bench.Cluster;

/// <summary>
/// A cluster of real processes on loopback: redis-server with an append-only file, silos, and clients. Everything that was started is ended when it is disposed of.
/// </summary>
public sealed class LocalCluster : IAsyncDisposable
{
    private static readonly string Client = typeof(Stress.Client.StressCommand).Assembly.Location;
    private readonly Dictionary<int, RunningProcess> _silos = [];
    private readonly Dictionary<int, (int Silo, int Gateway)> _ports = [];
    private readonly int _redisPort = FreePort();
    private RunningProcess? _redis;

    private LocalCluster(string folder) => Folder = folder;

    /// <summary>A folder of its own, for Redis and for runs.</summary>
    public string Folder { get; }

    /// <summary>What <c>--cluster</c> is told.</summary>
    public string Address => $"redis://127.0.0.1:{_redisPort}";

    /// <summary>Starts Redis, and no silo yet.</summary>
    public static LocalCluster Start()
    {
        var cluster = new LocalCluster(Directory.CreateTempSubdirectory("stress-cluster-").FullName);
        cluster.StartRedis();
        return cluster;
    }

    /// <summary>Starts redis-server, with whatever it had written before.</summary>
    public void StartRedis() => _redis = RunningProcess.Start(
        "redis-server", ["--port", Text(_redisPort), "--bind", "127.0.0.1", "--appendonly", "yes", "--save", "", "--dir", Folder]);

    /// <summary>Stops redis-server in its own way.</summary>
    public Task StopRedis() => _redis!.Terminate();

    /// <summary>Starts a silo, or starts it again at its old address, and waits until it has joined.</summary>
    /// <param name="number">Its number: 0, 1, 2...</param>
    public async Task StartSilo(int number)
    {
        if (!_ports.TryGetValue(number, out (int Silo, int Gateway) ports))
        {
            ports = _ports[number] = (FreePort(), FreePort());
        }

        RunningProcess silo = _silos[number] = Stress(
            "silo", "--cluster", Address, "--silo-port", Text(ports.Silo), "--gateway-port", Text(ports.Gateway), "--metrics-port", "0", "--workers", "2");
        await silo.Says("/metrics");
    }

    /// <summary>Kills a silo with SIGKILL.</summary>
    public Task KillSilo(int number) => _silos[number].Kill();

    /// <summary>Asks a silo to leave with SIGTERM, and returns its exit code.</summary>
    public Task<int> DrainSilo(int number) => _silos[number].Terminate();

    /// <summary>Starts the command.</summary>
    public RunningProcess Stress(params string[] arguments) => RunningProcess.Start("dotnet", [Client, .. arguments]);

    /// <summary>Starts a run, on the cluster or in a silo of its own, that writes below a folder of the given name.</summary>
    public RunningProcess Run(string name, bool onCluster, params string[] arguments) =>
        Stress(["run", .. arguments, "--no-progress", "--out", Path.Combine(Folder, name), .. onCluster ? ["--cluster", Address] : Array.Empty<string>()]);

    /// <summary>The folder of the only run below a name; null before it exists.</summary>
    public string? RunFolder(string name) =>
        Directory.Exists(Path.Combine(Folder, name)) ? Directory.EnumerateDirectories(Path.Combine(Folder, name)).FirstOrDefault() : null;

    /// <summary>Waits until a run has executed a share of its windows, as its client has written down.</summary>
    /// <param name="name">The run.</param>
    /// <param name="windows">Windows, over all sites.</param>
    public async Task Reached(string name, long windows)
    {
        for (; ;)
        {
            if (RunFolder(name) is { } folder && new Observability.RunFolder(folder) is var files && File.Exists(files.ProgressPath)
                && files.ReadProgress().Run.Windows >= windows)
            {
                return;
            }

            await Task.Delay(100);
        }
    }

    /// <summary>Whether a run has written its report.</summary>
    public bool HasReport(string name) => RunFolder(name) is { } folder && File.Exists(Path.Combine(folder, "report.json"));

    /// <summary>The report of a run, without what depends on where and how fast it was executed.</summary>
    public string ReportOf(string name)
    {
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(Path.Combine(RunFolder(name)!, "report.json")));
        string[] placement = ["runId", "wallSeconds", "workers", "execution"];
        return string.Join('\n', report.RootElement.EnumerateObject().Where(field => !placement.Contains(field.Name)).Select(field => $"{field.Name}: {field.Value}"));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (RunningProcess silo in _silos.Values)
        {
            await silo.Kill();
        }

        if (_redis is { } redis)
        {
            await redis.Kill();
        }

        Directory.Delete(Folder, recursive: true);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}

/// <summary>A process that was started here, with what it writes.</summary>
public sealed class RunningProcess
{
    private const int Sigterm = 15;
    private readonly Process _process;
    private readonly StringBuilder _text = new();

    private RunningProcess(Process process) => _process = process;

    /// <summary>What it has written so far, both streams.</summary>
    public string Output
    {
        get
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }

    /// <summary>Starts a program.</summary>
    public static RunningProcess Start(string program, IReadOnlyList<string> arguments)
    {
        var running = new RunningProcess(new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true },
        });
        running._process.OutputDataReceived += (_, line) => running.Append(line.Data);
        running._process.ErrorDataReceived += (_, line) => running.Append(line.Data);
        running._process.Start();
        running._process.BeginOutputReadLine();
        running._process.BeginErrorReadLine();
        return running;
    }

    /// <summary>Waits for the end, and returns the exit code.</summary>
    public async Task<int> End()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>Waits until it has written something.</summary>
    /// <exception cref="InvalidOperationException">It ended without.</exception>
    public async Task Says(string text)
    {
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"the process ended with {_process.ExitCode} before it said '{text}': {Output}");
            }

            await Task.Delay(50);
        }
    }

    /// <summary>SIGKILL.</summary>
    public async Task Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and the exit code.</summary>
    public Task<int> Terminate()
    {
        _ = Signal(_process.Id, Sigterm);
        return End();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int pid, int signal);

    private void Append(string? line)
    {
        lock (_text)
        {
            _text.AppendLine(line);
        }
    }
}
