using System.Globalization;
using System.Net;
using System.Text.Json;
using StackExchange.Redis;
using Stress.Silo;

namespace Stress.Tests.Clusters;

/// <summary>
/// A cluster of real processes on loopback: redis-server with an append-only file, silos, and clients. Everything that was started is ended on disposal.
/// </summary>
public sealed class LocalCluster : IAsyncDisposable
{
    /// <summary>The program of this build.</summary>
    public static readonly string ThisBuild = typeof(Stress.Client.StressCommand).Assembly.Location;

    private readonly Dictionary<(int Silo, bool Gateway), HeldProxy> _proxies = [];
    private readonly Dictionary<int, RunningProcess> _silos = [];
    private readonly Dictionary<int, (int Silo, int Gateway)> _ports = [];
    private readonly List<LoopbackPort> _taken = [];
    private readonly int _redisPort;
    private const string ConfigurationName = "redis.conf";
    private RunningProcess? _redis;
    private bool _secure;

    private LocalCluster(string folder)
    {
        Folder = folder;
        _redisPort = FreePort();
    }

    /// <summary>A folder of its own, for Redis and for runs.</summary>
    public string Folder { get; }

    /// <summary>Environment variables of silos and clients.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>The program of silos and clients that are started from now on.</summary>
    public string Build { get; set; } = ThisBuild;

    /// <summary>Whether silos that are started for the first time from now on are reached through proxies (<see cref="Part"/>).</summary>
    public bool Proxied { get; set; }

    /// <summary>What <c>--cluster</c> is told.</summary>
    public string Address => _secure ? $"rediss://localhost:{_redisPort}" : $"redis://127.0.0.1:{_redisPort}";

    /// <summary>Starts Redis, and no silo yet.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no redis-server.</exception>
    public static LocalCluster Start()
    {
        LocalCluster cluster = Create();
        try
        {
            cluster.StartRedis();
        }
        catch
        {
            Directory.Delete(cluster.Folder);
            throw;
        }

        return cluster;
    }

    /// <summary>Starts Redis with a password and with TLS only; silos and clients are told both by <see cref="Environment"/>.</summary>
    /// <param name="password">The password.</param>
    /// <param name="authority">File with the certificate of the authority.</param>
    /// <param name="certificate">File with the server's certificate, for localhost.</param>
    /// <param name="key">File with the server's key.</param>
    public static LocalCluster StartSecure(string password, string authority, string certificate, string key)
    {
        LocalCluster cluster = Create();
        cluster._secure = true;
        File.WriteAllText(
            Path.Combine(cluster.Folder, ConfigurationName),
            $"requirepass {password}\nport 0\ntls-port {cluster._redisPort}\ntls-ca-cert-file {authority}\ntls-cert-file {certificate}\ntls-key-file {key}\ntls-auth-clients no\n");
        cluster.Environment[SiloDefaults.RedisPasswordVariable] = password;
        cluster.Environment[SiloDefaults.RedisCaVariable] = authority;
        cluster.StartRedis();
        return cluster;
    }

    /// <summary>Starts redis-server, with whatever it had written before.</summary>
    public void StartRedis()
    {
        string[] own = _secure ? [Path.Combine(Folder, ConfigurationName)] : ["--port", Text(_redisPort)];
        _redis = RunningProcess.Start("redis-server", [.. own, "--bind", "127.0.0.1", "--appendonly", "yes", "--save", "", "--dir", Folder]);
    }

    /// <summary>Sends redis-server a command, as an administrator would.</summary>
    public async Task TellRedis(params string[] command)
    {
        ConfigurationOptions options = RedisAddress.Parse(Address).ToOptions();
        options.AllowAdmin = true;
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(options);
        await connection.GetDatabase().ExecuteAsync(command[0], [.. command.Skip(1)]);
    }

    /// <summary>Stops redis-server properly.</summary>
    public Task StopRedis() => _redis!.Terminate();

    /// <summary>Starts a silo, or starts it again at its old address, and waits until it has joined.</summary>
    /// <param name="number">Its number: 0, 1, 2...</param>
    /// <param name="workers">Sites that it executes at once.</param>
    public async Task<RunningProcess> StartSilo(int number, int workers = 2)
    {
        RunningProcess silo = BeginSilo(number, workers);
        await silo.Says("/metrics");
        return silo;
    }

    /// <summary>Starts a silo and waits for nothing.</summary>
    /// <param name="number">Its number: 0, 1, 2...</param>
    /// <param name="workers">Sites that it executes at once.</param>
    /// <param name="more">Further words of its command line.</param>
    public RunningProcess BeginSilo(int number, int workers = 2, params string[] more)
    {
        if (!_ports.TryGetValue(number, out (int Silo, int Gateway) ports))
        {
            ports = _ports[number] = (FreePort(), FreePort());
            if (Proxied)
            {
                foreach (bool gateway in (bool[])[true, false])
                {
                    int port = gateway ? ports.Gateway : ports.Silo;
                    _proxies[(number, gateway)] = new HeldProxy(new IPEndPoint(ProxyAddress(number), port), new IPEndPoint(IPAddress.Loopback, port));
                }
            }
        }

        string[] advertise = _proxies.ContainsKey((number, true)) ? ["--advertise", ProxyAddress(number).ToString()] : [];
        return _silos[number] = Stress(
            ["silo", .. advertise, "--cluster", Address, "--silo-port", Text(ports.Silo), "--gateway-port", Text(ports.Gateway), "--metrics-port", "0", "--workers", Text(workers), .. more]);
    }

    /// <summary>Kills a silo with SIGKILL.</summary>
    public Task KillSilo(int number) => _silos[number].Kill();

    /// <summary>Waits until a silo has ended on its own, and returns its exit code.</summary>
    public Task<int> EndOfSilo(int number) => _silos[number].End();

    /// <summary>Waits until a silo has written something.</summary>
    public Task SaysOfSilo(int number, string text) => _silos[number].Says(text);

    /// <summary>What a silo has written.</summary>
    public string OutputOfSilo(int number) => _silos[number].Output;

    /// <summary>Asks a silo to leave with SIGTERM, and returns its exit code.</summary>
    public Task<int> DrainSilo(int number) => _silos[number].Terminate();

    /// <summary>Waits until one of two silos has ended on its own, and returns its number.</summary>
    public async Task<int> FirstToEnd(int one, int other)
    {
        Task<int> first = _silos[one].End(), second = _silos[other].End();
        return await Task.WhenAny(first, second) == first ? one : other;
    }

    /// <summary>Separates the silos from each other: what one sends to another waits. Their clients and Redis reach them as before. They have proxies (<see cref="Proxied"/>).</summary>
    public void Part()
    {
        foreach (((int _, bool gateway), HeldProxy proxy) in _proxies)
        {
            if (!gateway)
            {
                proxy.Hold();
            }
        }
    }

    /// <summary>Ends <see cref="Part"/>: what has waited arrives.</summary>
    public void Join()
    {
        foreach (HeldProxy proxy in _proxies.Values)
        {
            proxy.Release();
        }
    }

    /// <summary>Makes a silo hang: SIGSTOP.</summary>
    public void StopSilo(int number) => _silos[number].Stop();

    /// <summary>Lets a hanging silo continue: SIGCONT.</summary>
    public void ContinueSilo(int number) => _silos[number].Continue();

    /// <summary>A silo's address as shown on screens.</summary>
    public string SiloName(int number) => $"{(_proxies.ContainsKey((number, true)) ? ProxyAddress(number) : IPAddress.Loopback)}:{_ports[number].Silo}";

    /// <summary>Gives silos and clients that are started from now on other environment variables, on top of those they have.</summary>
    public void Tell(IReadOnlyDictionary<string, string> environment)
    {
        foreach ((string name, string value) in environment)
        {
            Environment[name] = value;
        }
    }

    /// <summary>Port on which a silo's clients or other silos reach it.</summary>
    public int PortOf(int silo, bool gateway) => gateway ? _ports[silo].Gateway : _ports[silo].Silo;

    /// <summary>Starts the command.</summary>
    public RunningProcess Stress(params string[] arguments) => RunningProcess.Start("dotnet", [Build, .. arguments], Environment);

    /// <summary>Starts a command line as screens and reports print it, <c>./stress run ...</c>, writing below a folder of the given name.</summary>
    public RunningProcess Command(string name, string line)
    {
        const string Program = "./stress ";
        return line.StartsWith(Program, StringComparison.Ordinal)
            ? Stress([.. line[Program.Length..].Split(' '), "--no-progress", "--out", Path.Combine(Folder, name)])
            : throw new ArgumentException($"'{line}': accepted is a line that starts with {Program}", nameof(line));
    }

    /// <summary>Starts a run, on the cluster or in a silo of its own, that writes below a folder of the given name.</summary>
    public RunningProcess Run(string name, bool onCluster, params string[] arguments) =>
        Stress(["run", .. arguments, "--no-progress", "--out", Path.Combine(Folder, name), .. onCluster ? ["--cluster", Address] : Array.Empty<string>()]);

    /// <summary>The folder of the only run below a name; null before it exists.</summary>
    public string? RunFolder(string name) =>
        Directory.Exists(Path.Combine(Folder, name)) ? Directory.EnumerateDirectories(Path.Combine(Folder, name)).FirstOrDefault() : null;

    /// <summary>The name of the only run below a name; null before it exists.</summary>
    public string? RunName(string name) => Path.GetFileName(RunFolder(name));

    /// <summary>Waits until a run has executed a number of its windows, according to its client's progress file.</summary>
    /// <param name="name">The run.</param>
    /// <param name="windows">Windows, over all sites.</param>
    /// <exception cref="TimeoutException">It does not get there.</exception>
    public async Task Reached(string name, long windows)
    {
        using var limit = new CancellationTokenSource(RunningProcess.Longest);
        for (; ; )
        {
            if (RunFolder(name) is { } folder && new Observability.RunFolder(folder) is var files && File.Exists(files.ProgressPath)
                && files.ReadProgress().Run.Windows >= windows)
            {
                return;
            }

            // A file that another process writes is polled.
            await Task.Delay(100);
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"the run below {name} has not executed {windows} windows within {RunningProcess.Longest.TotalMinutes:0} minutes");
            }
        }
    }

    /// <summary>Whether a run has written its report.</summary>
    public bool HasReport(string name) => RunFolder(name) is { } folder && File.Exists(Path.Combine(folder, "report.json"));

    /// <summary>The report of a run.</summary>
    public JsonElement ReadReport(string name)
    {
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(Path.Combine(RunFolder(name)!, "report.json")));
        return report.RootElement.Clone();
    }

    /// <summary>The report of a run, without what depends on where and how fast it was executed.</summary>
    public string ReportOf(string name)
    {
        string[] placement = ["runId", "wallSeconds", "workers", "execution"];
        return string.Join('\n', ReadReport(name).EnumerateObject().Where(field => !placement.Contains(field.Name)).Select(field => $"{field.Name}: {field.Value}"));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (RunningProcess silo in _silos.Values)
        {
            await silo.Kill();
        }

        foreach (HeldProxy proxy in _proxies.Values)
        {
            await proxy.DisposeAsync();
        }

        if (_redis is { } redis)
        {
            await redis.Kill();
        }

        Directory.Delete(Folder, recursive: true);
        _taken.ForEach(static port => port.Dispose());
    }

    // Kept to the cluster's end: a silo that starts again has the ports that it had.
    private int FreePort()
    {
        _taken.Add(LoopbackPort.Take());
        return _taken[^1].Number;
    }

    private static LocalCluster Create() => new(Directory.CreateTempSubdirectory("stress-cluster-").FullName);

    // Each silo has an address of its own on the loopback interface.
    private static IPAddress ProxyAddress(int silo) => new([127, 0, 0, (byte)(2 + silo)]);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
