using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ospf;
using Stress.Emulator.Wire;
using Stress.Tests.Shared;
using Xunit;
using Xunit.Abstractions;

namespace Stress.Dial.Tests.Frr;

/// <summary>Debian's FRR as a router of an emulated network, in real time: ten emulated routers in two rows, and FRR behind a line of the first.</summary>
[Collection(FrrCollection.Name)]
public sealed class FrrTests(ITestOutputHelper output) : IDisposable
{
    private const int Outside = 10;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private readonly CancellationTokenSource _stop = new();
    private readonly object _turn = new();
    private FrrNamespace? _frr;
    private TunLink? _tunLink;
    private Site? _site;
    private Task _clock = Task.CompletedTask;
    private string _last = "";

    public void Dispose()
    {
        _stop.Cancel();
        Task.WaitAny(_clock); // without its exception, of which Until has told
        _frr?.Dispose();
        _stop.Dispose();
    }

    [FrrFact]
    public void Ten_emulated_routers_and_frr_become_full_with_one_database_and_the_same_routes_and_again_after_flaps()
    {
        Start();
        Until("Full both ways", AllFull);
        Until("one database", SameDatabase);
        Until("the same routes", SameRoutes);

        // A datagram of the real kernel crosses the emulated ones; noise may take one.
        Until("a datagram arrives", () =>
        {
            _frr!.Send("192.168.9.1", 9);
            return At(s => s.Routers[9].Counters.Delivered) > 0;
        });

        // Lines inside, and FRR's own.
        long before = Lost(1) + Lost(7);
        At(s =>
        {
            s.Routers[1].Kill("pppd", Signal.Hup, s.Now);
            s.Routers[7].Kill("pppd", Signal.Hup, s.Now);
            return 0;
        });
        Until("five lines are lost", () => Lost(1) + Lost(7) >= before + 5);
        Until("Full again", AllFull);
        before = Lost(0);
        At(s =>
        {
            _tunLink!.LoseCarrier(s.Now);
            return 0;
        });
        Until("FRR's line is lost", () => Lost(0) > before);
        Until("FRR is Full again", AllFull);
        Until("one database", SameDatabase);
        Until("the same routes", SameRoutes);
        Dissected();
    }

    // Lines that a router has lost so far: what has come back cannot be missed.
    private long Lost(int router) => At(s => s.Routers[router].Counters.Disconnects);

    private void Start()
    {
        Topology grid = new NetworkOptions { Shape = NetworkShape.Grid, Width = 5, Height = 2 }.Build();
        int port = grid.Links.SelectMany(l => l.Ends).Count(e => e.Node == 0), line = grid.Links.Count;
        _frr = new FrrNamespace($"{SiteAddresses.Line(line, ModemLink.Called)}", $"{SiteAddresses.Line(line, ModemLink.Calling)}", $"{SiteAddresses.Ethernet(Outside)}/24");
        SiteOptions options = null!;
        var tun = new LinkKind("tun", 2, TunLink.Events, (site, number, slot, ends) => _tunLink = new TunLink(
            site, number, slot, ends[ModemLink.Calling], Emulator.Sites.PppOptions.Of(options, options.Topology.PlaceOf(0, Outside).Ports[0]), _frr.Tun));
        Topology graph = grid with
        {
            Labels = [.. grid.Labels, "outside"],
            Nodes = [.. grid.Nodes, (Role)grid.Labels.Count],
            Links = [.. grid.Links, new PlannedLink(tun, new LinkEnd(Outside, 0), new LinkEnd(0, port))],
        };
        options = new SiteOptions
        {
            Graph = graph, Seed = 3, Design = "purge-flagged", SkipQuiet = false,
            Line = new LineOptions { TrainingFailuresPerThousand = 0, DialTime = TimeRange.Milliseconds(100, 200), Delay = TimeRange.Milliseconds(5, 10), BitRate = 1_000_000 },
            Roles = new RoleSet([.. graph.Labels.Select((label, number) => new RoleOptions
            {
                Role = (Role)number, Pppd = new PppdOptions { Persist = true, Holdoff = VirtualTime.FromSeconds(1) }, Daemons = label == "outside" ? [] : ["zebra", "ospfd"],
                Kernel = new KernelOptions { Forwarding = true },
                Ospfd = new OspfdOptions { Adjacency = OspfdAdjacency.Full, HelloInterval = VirtualTime.FromSeconds(1), DeadInterval = VirtualTime.FromSeconds(4) },
            })]),
        };
        _site = Site.Create(options, 0);
        _clock = Task.Factory.StartNew(Run, TaskCreationOptions.LongRunning);
    }

    // The site keeps up with the machine's clock; between two looks it waits for a packet.
    private void Run()
    {
        long start = Stopwatch.GetTimestamp();
        byte[] packet = new byte[2048];
        while (!_stop.IsCancellationRequested)
        {
            lock (_turn)
            {
                var now = new VirtualTime((long)Stopwatch.GetElapsedTime(start).TotalMicroseconds);
                _site!.RunUntil(now, long.MaxValue);
                while (_frr!.Tun.Read(packet) is > 0 and int length)
                {
                    _tunLink!.FromTun(packet.AsSpan(0, length), now);
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

    // Checks again until it is so. The limit ends a test that hangs; nothing is decided by it.
    private void Until(string what, Func<bool> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.False(_clock.IsFaulted, $"{_clock.Exception}");
            Assert.True(Stopwatch.GetElapsedTime(start) < Limit, $"not within {Limit}: {what}\n{_last}");
            lock (_turn)
            {
                Monitor.Wait(_turn, Limit); // until the site has advanced
            }
        }

        output.WriteLine($"{what} after {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
    }

    private List<string> Neighbours()
    {
        JsonElement? shown = _frr!.Show("show ip ospf neighbor");
        return shown is not { } s ? [] : [.. s.GetProperty("neighbors").EnumerateObject().SelectMany(n => n.Value.EnumerateArray()).Select(n => n.GetProperty("nbrState").GetString()!.Split('/')[0])];
    }

    private bool AllFull()
    {
        bool full = At(s => s.Routers.Take(Outside).All(r => r.Ospfd().FullNeighbors == r.Ports.Length));
        List<string> neighbours = Neighbours();
        _last = $"emulated {full}, FRR's neighbours {string.Join(", ", neighbours)}";
        return full && neighbours is ["Full"];
    }

    private bool SameDatabase()
    {
        if (_frr!.Show("show ip ospf database router") is not { } shown)
        {
            return false;
        }

        string frr = string.Join('\n', shown.GetProperty("routerLinkStates").GetProperty("areas").GetProperty("0.0.0.0").EnumerateArray()
            .Select(l => $"{l.GetProperty("advertisingRouter").GetString()} {l.GetProperty("lsaSeqNumber").GetString()} {l.GetProperty("checksum").GetString()}").Order(StringComparer.Ordinal));
        List<string> ours = At(s => s.Routers.Take(Outside).Select(Database).ToList());
        _last = $"FRR:\n{frr}\nrouter 0:\n{ours[0]}";
        return ours.TrueForAll(database => database == frr) && frr.Split('\n').Length == Outside + 1;
    }

    private static string Database(Router router)
    {
        List<string> lines = [];
        foreach (ref readonly OspfDatabaseRow row in router.Ospfd().Area!.Database)
        {
            if (row.Used)
            {
                lines.Add($"{row.Header.AdvertisingRouter} {(uint)row.Header.Sequence:x8} {row.Header.Checksum:x}");
            }
        }

        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines);
    }

    // FRR has a route to every emulated Ethernet, installed, at the cost that router 0's routes and one line more give; every emulated kernel has one to FRR's loopback.
    private bool SameRoutes()
    {
        if (_frr!.Show("show ip route ospf") is not { } shown)
        {
            return false;
        }

        var frr = shown.EnumerateObject().SelectMany(p => p.Value.EnumerateArray()).Where(r => r.TryGetProperty("installed", out JsonElement i) && i.GetBoolean())
            .ToDictionary(r => r.GetProperty("prefix").GetString()!, r => r.GetProperty("metric").GetUInt32());
        Dictionary<string, uint> ours = At(s => s.Routers[0].Ospfd().Area!.Costs());
        uint line = OspfArea.InterfaceCost;
        bool outward = Enumerable.Range(0, Outside).All(n => frr.TryGetValue($"192.168.{n}.0/24", out uint metric) && metric == (n == 0 ? 2 * line : ours.GetValueOrDefault($"192.168.{n}.0/24") + line));
        bool inward = At(s => s.Routers.Take(Outside).All(HasOutside));
        _last = $"FRR: {string.Join(", ", frr)}\nrouter 0: {string.Join(", ", ours)}\nevery kernel has a route to FRR: {inward}";
        return outward && inward;
    }

    private static bool HasOutside(Router router)
    {
        foreach (ref readonly RtEntry rt in router.Kernel.Routes)
        {
            if (rt.Up && rt.Family == 2 && rt.PrefixLength == 32 && (uint)rt.Destination.Low == SiteAddresses.Ethernet(Outside).Value)
            {
                return true;
            }
        }

        return false;
    }

    // Where tshark is there: every packet of the line, whoever sent it, is well-formed and has right checksums.
    private void Dissected()
    {
        if (Tools.Find("tshark") is null)
        {
            return;
        }

        var capture = new ArrayBufferWriter<byte>();
        Pcapng.WriteHeader(capture, "the line to FRR");
        List<(long Microseconds, bool Sent, byte[] Frame)> frames = At(_ => _tunLink!.Frames.ToList());
        foreach ((long at, bool sent, byte[] frame) in frames)
        {
            Pcapng.WriteFrame(capture, at, sent, frame, null);
        }

        TsharkSummary summary = Tshark.Dissect(capture.WrittenSpan);
        Assert.Empty(summary.Problems);
        Assert.Equal(frames.Count, summary.Frames);
        Assert.True(summary.Protocols["OSPF"] > 20);
    }
}
