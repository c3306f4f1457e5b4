using System.Diagnostics;
using System.Text.Json;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ospf;
using Stress.Emulator.Wire;
using Xunit;
using Xunit.Abstractions;
using TraceSource = Stress.Emulator.Oracle.TraceSource;

namespace Stress.Dial.Tests.Frr;

/// <summary>
/// Debian's FRR as a station of an emulated Ethernet segment, in real time: its TAP's frames are those of a node there that has no daemons of its own, and every frame of the segment goes to the TAP.
/// </summary>
public sealed class FrrSegmentTests(ITestOutputHelper output) : IDisposable
{
    private const int Stations = 4, Bridge = 4;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly Ipv4Address Outside = Ipv4Address.Of(192, 168, 200, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly object _turn = new();
    private FrrNamespace? _frr;
    private Site? _site;
    private Task _clock = Task.CompletedTask;
    private string _last = "";

    public void Dispose()
    {
        _stop.Cancel();
        _clock.Wait();
        _frr?.Dispose();
        _stop.Dispose();
    }

    [FrrFact]
    public void Emulated_stations_and_frr_elect_one_designated_router_have_one_database_and_routes_to_each_other_and_again_after_its_cable_was_out()
    {
        Start();
        Until("one database", SameDatabase);
        Until("routes", HaveRoutes);
        string elected = Elected(0);
        output.WriteLine($"designated router and backup: {elected}");

        // Every emulated cable of the two designated ones is pulled; the others elect anew.
        At(s =>
        {
            for (int station = 0; station < Stations; station++)
            {
                if (elected.Contains($"192.168.0.{station + 1} ", StringComparison.Ordinal))
                {
                    s.Segments[0].PullCable(station, s.Now);
                }
            }

            return 0;
        });
        Until("somebody else is designated", () => Enumerable.Range(0, Stations).Any(i => Elected(i) != elected));
        Until("one database again", SameDatabase);
        Until("routes again", HaveRoutes);
    }

    private void Start()
    {
        _frr = FrrNamespace.AtSegment("192.168.0.200/24", $"{Outside}/24");
        var options = new SiteOptions
        {
            Seed = 3, Design = "purge-flagged", SkipQuiet = false,
            Graph = new Topology(["station", "outside"], [.. Enumerable.Repeat((Role)0, Stations), (Role)1], [])
            {
                Segments = [new PlannedSegment("lan", [.. Enumerable.Range(0, Stations + 1)]) { Down = TimeRange.Seconds(10, 12) }],
            },
            Roles = new RoleSet(
                new RoleOptions
                {
                    Role = (Role)0, Daemons = ["zebra", "ospfd"], Kernel = new KernelOptions { Forwarding = true },
                    Ospfd = new OspfdOptions { Adjacency = OspfdAdjacency.Full, HelloInterval = VirtualTime.FromSeconds(1), DeadInterval = VirtualTime.FromSeconds(4) },
                },
                new RoleOptions { Role = (Role)1, Daemons = [] }),
        };
        _site = Site.Create(options, 0);
        _site.Trace = new ToTap(_frr.Tun);
        _clock = Task.Factory.StartNew(Run, TaskCreationOptions.LongRunning);
    }

    private sealed class ToTap(Tun tap) : ISiteTrace
    {
        public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage)
        {
        }

        public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame)
        {
        }

        public void EtherFrame(VirtualTime at, int segment, int station, ReadOnlySpan<byte> frame)
        {
            if (station < Stations)
            {
                tap.Write(frame);
            }
        }
    }

    private void Run()
    {
        long start = Stopwatch.GetTimestamp();
        byte[] frame = new byte[2048];
        while (!_stop.IsCancellationRequested)
        {
            lock (_turn)
            {
                var now = new VirtualTime((long)Stopwatch.GetElapsedTime(start).TotalMicroseconds);
                _site!.RunUntil(now, long.MaxValue);
                while (_frr!.Tun.Read(frame) is > 0 and int length)
                {
                    _site.Segments[0].Transmit(Bridge, frame.AsSpan(0, Math.Min(length, EthernetSegment.MaxFrame)), _site.Now);
                }

                _site.RunUntil(now + new VirtualTime(1), long.MaxValue);
                Monitor.PulseAll(_turn);
            }

            _frr!.Tun.Wait(10);
        }
    }

    private T At<T>(Func<Site, T> look)
    {
        lock (_turn)
        {
            return look(_site!);
        }
    }

    // Looks again until it is so. The limit ends a test that hangs; nothing is decided by it.
    private void Until(string what, Func<bool> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.False(_clock.IsFaulted, $"{_clock.Exception}");
            Assert.True(Stopwatch.GetElapsedTime(start) < Limit, $"not within {Limit}: {what}\n{_last}");
            lock (_turn)
            {
                Monitor.Wait(_turn, Limit);
            }
        }

        output.WriteLine($"{what} after {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
    }

    private static OspfArea AreaOf(Router router) => ((Ospfd)router.Processes.All.ToArray().Single(p => p is Ospfd)).Area!;

    private string Elected(int router) => At(s =>
    {
        foreach (OspfInterface i in AreaOf(s.Routers[router]).Interfaces)
        {
            if (i.Used && i.Type == OspfNetworkType.Broadcast)
            {
                return $"{i.DesignatedRouter} {i.BackupDesignatedRouter} ";
            }
        }

        return "";
    });

    private static IEnumerable<string> Lsas(JsonElement list) => list.EnumerateArray()
        .Select(l => $"{l.GetProperty("advertisingRouter").GetString()} {l.GetProperty("lsaSeqNumber").GetString()} {l.GetProperty("checksum").GetString()}");

    private bool SameDatabase()
    {
        if (_frr!.Show("show ip ospf database router") is not { } routers || _frr.Show("show ip ospf database network") is not { } networks)
        {
            return false;
        }

        string frr = string.Join('\n', Lsas(routers.GetProperty("routerLinkStates").GetProperty("areas").GetProperty("0.0.0.0"))
            .Concat(Lsas(networks.GetProperty("networkLinkStates").GetProperty("areas").GetProperty("0.0.0.0"))).Order(StringComparer.Ordinal));
        List<string> ours = At(s => s.Routers.Take(Stations).Select(Database).ToList());
        _last = $"FRR:\n{frr}\nrouter 0:\n{ours[0]}";
        return ours.TrueForAll(database => database == frr) && frr.Split('\n').Length == Stations + 2;
    }

    private static string Database(Router router)
    {
        List<string> lines = [];
        foreach (ref readonly OspfDatabaseRow row in AreaOf(router).Database)
        {
            if (row.Used)
            {
                lines.Add($"{row.Header.AdvertisingRouter} {(uint)row.Header.Sequence:x8} {row.Header.Checksum:x}");
            }
        }

        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines);
    }

    // Every emulated kernel has a route to FRR's loopback by its address on the segment.
    private bool HaveRoutes() => At(s => s.Routers.Take(Stations).All(router =>
    {
        foreach (ref readonly RtEntry rt in router.Kernel.Routes)
        {
            if (rt.Up && rt.Family == 2 && rt.PrefixLength is 24 or 32 && (uint)rt.Destination.Low >> 8 == Outside.Value >> 8 && router.Kernel.IsStation(rt.Ifp.Index))
            {
                return true;
            }
        }

        return false;
    }));
}
