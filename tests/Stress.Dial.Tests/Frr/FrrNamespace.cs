using System.Diagnostics;
using System.Text.Json;
using Stress.Tests.Shared;

namespace Stress.Dial.Tests.Frr;

/// <summary>A network namespace with a TUN in which FRR's zebra and ospfd run; all of it ends with this object, the processes by their ids.</summary>
internal sealed class FrrNamespace : IDisposable
{
    private const string Daemons = "/usr/lib/frr";
    private readonly string _name = $"stress-{Environment.ProcessId}";
    private readonly string _folder;
    private readonly List<Process> _started = [];

    /// <summary>The namespace, before its daemons run.</summary>
    /// <param name="address">FRR's address on the line.</param>
    /// <param name="peer">The emulated router's.</param>
    /// <param name="network">The address and prefix of its loopback, which is its Router ID too.</param>
    public FrrNamespace(string address, string peer, string network)
        : this(["addr", "add", address, "peer", peer], network, ethernet: false)
    {
    }

    /// <summary>The namespace with a TAP, a station of an Ethernet segment.</summary>
    /// <param name="address">FRR's address on the segment, and the bits of its mask.</param>
    /// <param name="network">The address and prefix of its loopback, which is its Router ID too.</param>
    public static FrrNamespace AtSegment(string address, string network) => new(["addr", "add", address], network, ethernet: true);

    private FrrNamespace(string[] address, string network, bool ethernet)
    {
        Device = $"st{Environment.ProcessId % 100_000_000}";
        _folder = Directory.CreateTempSubdirectory("stress-frr").FullName;
        Tun = new Tun(Device, ethernet);
        try
        {
            Ip("netns", "add", _name);
            Ip("link", "set", Device, "netns", _name);
            Ip("-n", _name, "link", "set", "lo", "up");
            Ip(["-n", _name, .. address, "dev", Device]);
            Ip("-n", _name, "addr", "add", network, "dev", "lo");
            Ip("-n", _name, "link", "set", Device, "up", "mtu", "1500");
            string id = network.Split('/')[0];
            File.WriteAllText(Path.Combine(_folder, "zebra.conf"), "ip forwarding\n");
            File.WriteAllText(
                Path.Combine(_folder, "ospfd.conf"),
                $"interface {Device}\n ip ospf network {(ethernet ? "broadcast" : "point-to-point")}\n ip ospf hello-interval 1\n ip ospf dead-interval 4\n ip ospf cost 10\n ip ospf area 0\ninterface lo\n ip ospf area 0\n ip ospf passive\nrouter ospf\n ospf router-id {id}\n");
            Assert(Programs.Run("chown", "-R", "frr:frr", _folder));
            Start("zebra");
            WaitFor("zserv");
            Start("ospfd");
            WaitFor("ospfd.vty");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The TUN's name.</summary>
    public string Device { get; }

    /// <summary>This side of the TUN.</summary>
    public Tun Tun { get; }

    /// <summary>What a daemon answers to a show command, as JSON; null where it answers with none.</summary>
    public JsonElement? Show(string command)
    {
        string output = Programs.Run("vtysh", "--vty_socket", _folder, "-c", command + " json").Output;
        int start = output.IndexOf('{', StringComparison.Ordinal);
        return start < 0 ? null : JsonDocument.Parse(output[start..]).RootElement;
    }

    /// <summary>A datagram of the namespace's own kernel.</summary>
    public void Send(string address, int port) => Assert(Programs.Run("ip", "netns", "exec", _name, "bash", "-c", $"echo stress > /dev/udp/{address}/{port}"));

    private void Start(string daemon) => _started.Add(Process.Start(new ProcessStartInfo(
        "ip", ["netns", "exec", _name, Path.Combine(Daemons, daemon), "-f", Path.Combine(_folder, daemon + ".conf"), "-z", Path.Combine(_folder, "zserv"), "-i", Path.Combine(_folder, daemon + ".pid"),
        "--vty_socket", _folder, "-P", "0", "--log", $"file:{Path.Combine(_folder, daemon + ".log")}"])
    { RedirectStandardOutput = true, RedirectStandardError = true })!);

    private void WaitFor(string file)
    {
        using var watcher = new FileSystemWatcher(_folder);
        long start = Stopwatch.GetTimestamp();
        while (!File.Exists(Path.Combine(_folder, file)))
        {
            watcher.WaitForChanged(WatcherChangeTypes.All, 200);
            if (_started.Any(p => p.HasExited) || Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(60))
            {
                throw new InvalidOperationException($"FRR does not start: {string.Join('\n', Directory.EnumerateFiles(_folder, "*.log").Select(File.ReadAllText))}");
            }
        }
    }

    private static void Ip(params string[] arguments) => Assert(Programs.Run("ip", arguments));

    private static void Assert((int ExitCode, string Output, string Errors) run)
    {
        if (run.ExitCode != 0)
        {
            throw new InvalidOperationException($"exit code {run.ExitCode}: {run.Output}{run.Errors}");
        }
    }

    public void Dispose()
    {
        foreach (Process process in Enumerable.Reverse(_started))
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            process.WaitForExit();
            process.Dispose();
        }

        Tun.Dispose();
        Programs.Run("ip", "netns", "del", _name);
        Directory.Delete(_folder, recursive: true);
    }
}
