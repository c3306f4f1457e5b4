using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Stress.Client;
using Stress.Observability;
using Stress.Silo;

namespace Stress.Bench.Speed;

/// <summary>Two silo processes on a Redis of their own, which share this machine's processors as the workers of one embedded silo do.</summary>
internal sealed class ClusterSpeed : IAsyncDisposable
{
    private const int Silos = 2;
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1), Retry = TimeSpan.FromMilliseconds(200);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stress-bench-");
    private readonly List<Process> _processes = [];

    private ClusterSpeed()
    {
    }

    /// <summary>The address of its Redis.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Starts Redis and the silos; null when there is no redis-server.</summary>
    public static async Task<ClusterSpeed?> Start()
    {
        var cluster = new ClusterSpeed();
        try
        {
            int redis = FreePort();
            try
            {
                cluster.Run("redis-server", "--port", Text(redis), "--bind", "127.0.0.1", "--dir", cluster._folder.FullName, "--appendonly", "yes", "--save", "");
            }
            catch (System.ComponentModel.Win32Exception)
            {
                await cluster.DisposeAsync();
                return null;
            }

            RedisAddress address = RedisAddress.Parse($"redis://127.0.0.1:{redis}");
            using var limit = new CancellationTokenSource(StartLimit);
            while (await address.Problem() is not null)
            {
                await Task.Delay(Retry, limit.Token);
            }

            int workers = Math.Max(1, Environment.ProcessorCount / Silos);
            for (int silo = 0; silo < Silos; silo++)
            {
                Process process = cluster.Run(
                    Environment.ProcessPath!, typeof(StressCommand).Assembly.Location, "silo", "--cluster", address.ToString(), "--silo-port", Text(FreePort()),
                    "--gateway-port", Text(FreePort()), "--metrics-port", "0", "--workers", Text(workers));

                // It says one line when it is a member. Whatever else it says is read, so that it never waits for a reader.
                Task<string> errors = process.StandardError.ReadToEndAsync();
                if (await process.StandardOutput.ReadLineAsync(limit.Token) is null)
                {
                    throw new InvalidOperationException($"a silo did not start: {await errors}");
                }

                _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            }

            cluster.Address = address.ToString();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (Process process in Enumerable.Reverse(_processes))
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    /// <summary>The same run on the embedded silo of a process of its own and on the cluster, in turn.</summary>
    /// <param name="pairs">Pairs of troxel-2005.</param>
    /// <param name="hours">Virtual hours of each.</param>
    /// <param name="rounds">How often.</param>
    public async Task<ClusterShareOf[]> Shares(int pairs, int hours, int rounds)
    {
        var shares = new ClusterShareOf[rounds];
        (double before, string digest) = await StressRun(null, pairs, hours);
        for (int round = 0; round < rounds; round++)
        {
            (double cluster, string clusterDigest) = await StressRun(Address, pairs, hours);
            (double after, string afterDigest) = await StressRun(null, pairs, hours);
            double embedded = (before + after) / 2;
            shares[round] = new(cluster, embedded, cluster / embedded, clusterDigest == digest && afterDigest == digest);
            before = after;
        }

        return shares;
    }

    /// <summary>What <c>stress run</c> reports of troxel-2005 in a process of its own, with a silo in it or on the cluster.</summary>
    /// <param name="address">The cluster's Redis, or null for the embedded silo.</param>
    /// <param name="pairs">Pairs.</param>
    /// <param name="hours">Virtual hours of each.</param>
    private async Task<(double PairHoursPerSecond, string Digest)> StressRun(string? address, int pairs, int hours)
    {
        string report = Path.Combine(_folder.FullName, "report.json");
        string[] arguments =
        [
            typeof(StressCommand).Assembly.Location, "run", Path.Combine(Ns3.Root(), "scenarios", "troxel-2005.yaml"), "--pairs", Text(pairs), "--hours", Text(hours),
            "--no-progress", "--out", _folder.FullName, "--json", report, .. address is null ? (string[])[] : ["--cluster", address],
        ];
        using Process run = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder.FullName })!;
        Task<string> errors = run.StandardError.ReadToEndAsync();
        await run.StandardOutput.ReadToEndAsync();
        await run.WaitForExitAsync();
        if (run.ExitCode is not (ExitCodes.Ok or ExitCodes.ExpectationFailed))
        {
            throw new InvalidOperationException($"stress run ended with {run.ExitCode}: {await errors}");
        }

        RunReport read = JsonSerializer.Deserialize<RunReport>(File.ReadAllText(report), RunFolder.Json)!;
        return (pairs * hours / read.WallSeconds, read.Digest);
    }

    private Process Run(string program, params string[] arguments)
    {
        Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder.FullName })!;
        _processes.Add(process);
        if (program == "redis-server")
        {
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        return process;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One round of <see cref="ClusterSpeed.Shares"/>.</summary>
/// <param name="Cluster">Pair-hours a second of wall time on the cluster.</param>
/// <param name="Embedded">On the embedded silo, the mean of the runs before and after.</param>
/// <param name="Share">The first to the second.</param>
/// <param name="SameDigest">Whether all of them gave the same digest.</param>
internal sealed record ClusterShareOf(double Cluster, double Embedded, double Share, bool SameDigest);
