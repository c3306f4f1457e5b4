using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ospf;
using Stress.Emulator.Wire;
using Stress.Tests.Shared;
using Xunit;
using Xunit.Abstractions;
using TraceSource = Stress.Emulator.Oracle.TraceSource;

namespace Stress.Dial.Tests.Frr;

/// <summary>
/// Debian's FRR as a station of an emulated Ethernet segment, in real time: its TAP's frames are those of a node there that has no daemons of its own, and every frame of the segment goes to the TAP.
/// Ten emulated stations are there too, and a line leads from one of them to a router behind.
/// </summary>
[Collection(FrrCollection.Name)]
public sealed class FrrSegmentTests(ITestOutputHelper output) : IDisposable
{
    private const int Stations = 10, Bridge = 10, Behind = 11, Gateway = 4;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly VirtualTime Step = VirtualTime.FromMilliseconds(100);
    private static readonly Ipv4Address FrrAddress = Ipv4Address.Of(192, 168, 0, 200);
    private readonly CancellationTokenSource _stop = new();
    private readonly object _turn = new();
    private Ipv4Address _frrId;
    private FrrNamespace? _frr;
    private Site? _site;
    private ToTap? _tap;
    private Func<Site, bool>? _awaited;
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
    public void Stations_and_an_frr_that_wins_ties_elect_the_same_routers_and_have_one_database_and_the_same_routes_and_again_after_cables_were_out() =>
        Try(Ipv4Address.Of(192, 168, 200, 1), [0, 2]);

    [FrrFact]
    public void Stations_and_an_frr_that_loses_ties_elect_the_same_routers_and_have_one_database_and_the_same_routes_and_again_after_cables_were_out() =>
        Try(Ipv4Address.Of(10, 9, 9, 1), [1, 3]);

    // By FRR's Router ID, and with STRESS_FRR_FLAPS all rounds in turn until so many cables have been pulled.
    private void Try(Ipv4Address id, IEnumerable<int> rounds)
    {
        _frrId = id;
        Start();
        Until("Full where it is to be", Adjacent);
        Until("one database", SameDatabase);
        Until("the same routes", SameRoutes);
        output.WriteLine($"designated router and backup: {At(s => Elected(s, 0))}");

        // A datagram of the real kernel crosses the segment and the line; noise may take one.
        Until("a datagram arrives", () =>
        {
            _frr!.Send($"{SiteAddresses.Ethernet(Behind)}", 9);
            return At(s => s.Routers[Behind].Counters.Delivered) > 0;
        });

        int wanted = int.MaxValue, flaps = 0;
        if (Environment.GetEnvironmentVariable("STRESS_FRR_FLAPS") is { Length: > 0 } given)
        {
            (wanted, rounds) = (int.Parse(given, CultureInfo.InvariantCulture), Enumerable.Range(0, int.MaxValue));
        }

        foreach (int round in rounds.TakeWhile(_ => flaps < wanted))
        {
            List<int> cables = Pull(round);
            flaps += cables.Count;
            Until($"round {round}: {string.Join(", ", cables)} lost to the others", () => At(_ => _awaited is null));
            Until("all as before", () => Adjacent() && SameDatabase() && SameRoutes());
            output.WriteLine($"{flaps} cables; designated router and backup: {At(s => Elected(s, 0))}");
        }

        Dissected();
    }

    // In turn FRR's cable, the Designated Router's, its and its Backup's, and FRR's with those of half of the others. Whose cable is out is dead to everybody else before it is back.
    private List<int> Pull(int round) => At(s =>
    {
        (Ipv4Address dr, Ipv4Address backup) = Elected(s, 0);
        List<int> pulled = (round % 4) switch
        {
            0 => [Bridge],
            1 => [StationOf(dr)],
            2 => [StationOf(dr), StationOf(backup)],
            _ => [Bridge, .. Enumerable.Range(0, Stations).Where(station => (station + round) % 2 == 0)],
        };
        foreach (int station in pulled)
        {
            s.Segments[0].PullCable(station, s.Now);
        }

        _awaited = site => pulled.TrueForAll(lost => Enumerable.Range(0, Stations).All(station => station == lost || NeighbourOf(site, station, lost) == OspfNeighborState.Down));
        return pulled;
    });

    private void Start()
    {
        _frr = FrrNamespace.AtSegment($"{FrrAddress}/24", $"{_frrId}/24");
        var options = new SiteOptions
        {
            Seed = 3, Design = "purge-flagged", SkipQuiet = false,
            Line = new LineOptions { TrainingFailuresPerThousand = 0, DialTime = TimeRange.Milliseconds(100, 200), Delay = TimeRange.Milliseconds(5, 10), BitRate = 1_000_000 },
            Graph = new Topology(
                ["station", "outside", "gateway", "behind"],
                [.. Enumerable.Range(0, Stations).Select(n => n == Gateway ? (Role)2 : (Role)0), (Role)1, (Role)3],
                [new PlannedLink(LinkKind.Modem, new LinkEnd(Gateway, 0), new LinkEnd(Behind, 0))])
            {
                Segments = [new PlannedSegment("lan", [.. Enumerable.Range(0, Stations + 1)]) { Down = TimeRange.Seconds(6, 8) }],
            },
            Roles = new RoleSet([.. new[] { "station", "outside", "gateway", "behind" }.Select((label, number) => new RoleOptions
            {
                Role = (Role)number, Pppd = new PppdOptions { Persist = true, Holdoff = VirtualTime.FromSeconds(1) }, Daemons = label == "outside" ? [] : ["zebra", "ospfd"],
                Kernel = new KernelOptions { Forwarding = label != "outside" },
                Ospfd = new OspfdOptions { Adjacency = OspfdAdjacency.Full, HelloInterval = VirtualTime.FromSeconds(1), DeadInterval = VirtualTime.FromSeconds(4) },
            })]),
        };
        _site = Site.Create(options, 0);
        _site.Trace = _tap = new ToTap(_site, _frr.Tun);
        _clock = Task.Factory.StartNew(Run, TaskCreationOptions.LongRunning);
    }

    // Whatever an emulated station sends FRR gets, while its cable is in; the dissector gets every frame.
    private sealed class ToTap(Site site, Tun tap) : ISiteTrace
    {
        public List<(long Microseconds, byte[] Frame)> Frames { get; } = [];

        public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage)
        {
        }

        public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame)
        {
        }

        public void EtherFrame(VirtualTime at, int segment, int station, ReadOnlySpan<byte> frame)
        {
            Frames.Add((at.Microseconds, frame.ToArray()));
            if (station != Bridge && site.Segments[0].IsIn(Bridge))
            {
                tap.Write(frame);
            }
        }
    }

    // The site keeps up with the machine's clock, in steps within which nothing that is waited for comes and goes; between two looks it waits for a frame.
    private void Run()
    {
        long start = Stopwatch.GetTimestamp();
        byte[] frame = new byte[2048];
        while (!_stop.IsCancellationRequested)
        {
            bool behind;
            lock (_turn)
            {
                var now = new VirtualTime((long)Stopwatch.GetElapsedTime(start).TotalMicroseconds);
                behind = now > _site!.Now + Step;
                now = behind ? _site.Now + Step : now;
                _site.RunUntil(now, long.MaxValue);
                while (_frr!.Tun.Read(frame) is > 0 and int length)
                {
                    _site.Segments[0].Transmit(Bridge, frame.AsSpan(0, Math.Min(length, EthernetSegment.MaxFrame)), _site.Now);
                }

                _site.RunUntil(now + new VirtualTime(1), long.MaxValue);
                _awaited = _awaited?.Invoke(_site) == true ? null : _awaited;
                Monitor.PulseAll(_turn);
            }

            if (!behind)
            {
                _frr!.Tun.Wait(10);
            }
        }
    }

    private T At<T>(Func<Site, T> look)
    {
        lock (_turn)
        {
            return look(_site!);
        }
    }

    // Checks again, each time the site has advanced, until it is so. The limit ends a test that hangs; nothing is decided by it.
    private void Until(string what, Func<bool> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Limit, $"not within {Limit}: {what}\n{_last}");
            lock (_turn)
            {
                VirtualTime next = _site!.Now + Step + Step;
                while (_site.Now < next)
                {
                    Assert.False(_clock.IsFaulted, $"{_clock.Exception}");
                    Monitor.Wait(_turn, TimeSpan.FromSeconds(1));
                }
            }
        }

        output.WriteLine($"{what} after {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
    }

    private static IEnumerable<Router> Emulated(Site site) => site.Routers.Where((_, node) => node != Bridge);

    private static int InterfaceOf(OspfArea area)
    {
        for (int number = 0; number < area.Interfaces.Length; number++)
        {
            if (area.Interfaces[number] is { Used: true, Type: OspfNetworkType.Broadcast })
            {
                return number;
            }
        }

        return -1;
    }

    private static (Ipv4Address Dr, Ipv4Address Backup) Elected(Site site, int station)
    {
        OspfArea area = site.Routers[station].Ospfd().Area!;
        return InterfaceOf(area) is >= 0 and int number ? (area.Interfaces[number].DesignatedRouter, area.Interfaces[number].BackupDesignatedRouter) : (Ipv4Address.Any, Ipv4Address.Any);
    }

    private static Ipv4Address AddressOf(int station) => station == Bridge ? FrrAddress : Ipv4Address.Of(192, 168, 0, (byte)(station + 1));

    private Ipv4Address IdOf(int station) => station == Bridge ? _frrId : AddressOf(station);

    private static int StationOf(Ipv4Address address) => Enumerable.Range(0, Stations + 1).Single(station => AddressOf(station) == address);

    private OspfNeighborState NeighbourOf(Site site, int station, int other)
    {
        OspfArea area = site.Routers[station].Ospfd().Area!;
        return InterfaceOf(area) is >= 0 and int number ? area.StateOf(number, IdOf(other)) : OspfNeighborState.Down;
    }

    // RFC 2328, 10.4: everybody knows the same two, with whom all are Full; any other two are 2-Way.
    private bool Adjacent()
    {
        if (_frr!.Show("show ip ospf neighbor") is not { } shown || !shown.TryGetProperty("neighbors", out JsonElement list))
        {
            return false;
        }

        var frr = list.EnumerateObject().SelectMany(n => n.Value.EnumerateArray().Select(v => (n.Name, State: v.GetProperty("nbrState").GetString()!))).ToDictionary(n => n.Name, n => n.State);
        return At(s =>
        {
            (Ipv4Address dr, Ipv4Address backup) = Elected(s, 0);
            bool Designated(int station) => AddressOf(station) == dr || AddressOf(station) == backup;
            List<string> wrong = [];
            for (int station = 0; station < Stations; station++)
            {
                (Ipv4Address, Ipv4Address) elected = Elected(s, station);
                if (elected != (dr, backup))
                {
                    wrong.Add($"station {station} has {elected}, station 0 {(dr, backup)}");
                }

                for (int other = 0; other <= Stations; other++)
                {
                    OspfNeighborState wanted = Designated(station) || Designated(other) ? OspfNeighborState.Full : OspfNeighborState.TwoWay;
                    if (other != station && NeighbourOf(s, station, other) is var state && state != wanted)
                    {
                        wrong.Add($"station {other} is {state} at station {station}");
                    }
                }

                string expected = $"{(Designated(station) || Designated(Bridge) ? "Full" : "2-Way")}/{(AddressOf(station) == dr ? "DR" : AddressOf(station) == backup ? "Backup" : "DROther")}";
                if (frr.GetValueOrDefault($"{AddressOf(station)}") is var found && found != expected)
                {
                    wrong.Add($"station {station} is {found ?? "unknown"} at FRR, not {expected}");
                }
            }

            _last = $"designated {dr}, backup {backup}\n{string.Join('\n', wrong)}";
            return wrong.Count == 0 && !dr.IsAny && !backup.IsAny;
        });
    }

    private static IEnumerable<OspfLsaHeader> Lsas(JsonElement? shown, string list, OspfLsaType type) => shown is { } s && s.TryGetProperty(list, out JsonElement of)
        && of.TryGetProperty("areas", out JsonElement areas) && areas.TryGetProperty("0.0.0.0", out JsonElement area)
        ? area.EnumerateArray().Select(l => new OspfLsaHeader
        {
            Type = type, LinkStateId = Address(l.GetProperty("linkStateId")), AdvertisingRouter = Address(l.GetProperty("advertisingRouter")),
            Sequence = (int)uint.Parse(l.GetProperty("lsaSeqNumber").GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            Checksum = ushort.Parse(l.GetProperty("checksum").GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            Age = l.GetProperty("lsaAge").GetUInt16(),
        })
        : [];

    private static Ipv4Address Address(JsonElement text) => new(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(System.Net.IPAddress.Parse(text.GetString()!).GetAddressBytes()));

    // Every router has the same instance of each LSA (RFC 2328, 13.1): a Router-LSA each, and one of the network. What is at MaxAge counts for nothing: FRR shows it for a minute more (ospfd/ospf_lsa.h).
    private bool SameDatabase()
    {
        var frr = Lsas(_frr!.Show("show ip ospf database router"), "routerLinkStates", OspfLsaType.Router)
            .Concat(Lsas(_frr.Show("show ip ospf database network"), "networkLinkStates", OspfLsaType.Network)).Where(lsa => lsa.Age < OspfLsaHeader.MaxAge).ToDictionary(lsa => lsa.Key);
        return At(s =>
        {
            List<string> wrong = [];
            foreach (Router router in Emulated(s))
            {
                OspfArea area = router.Ospfd().Area!;
                int count = 0;
                foreach (ref readonly OspfDatabaseRow row in area.Database)
                {
                    if (row.Used && !row.Flushed)
                    {
                        count++;
                        var header = OspfArea.HeaderOf(row, s.Now);
                        if (!frr.TryGetValue(header.Key, out OspfLsaHeader his) || header.CompareTo(his) != 0)
                        {
                            wrong.Add($"{area.RouterId}: {Text(header)}");
                        }
                    }
                }

                if (count != frr.Count)
                {
                    wrong.Add($"{area.RouterId}: {count} LSAs, FRR {frr.Count}");
                }
            }

            _last = $"FRR:\n{string.Join('\n', frr.Values.Select(Text))}\nnot so at\n{string.Join('\n', wrong)}";
            return wrong.Count == 0 && frr.Count == Stations + 3 && frr.Keys.Count(key => key.Type == OspfLsaType.Network) == 1;
        });
    }

    private static string Text(OspfLsaHeader lsa) => $"{lsa.Type} {lsa.LinkStateId} of {lsa.AdvertisingRouter} {(uint)lsa.Sequence:x8} {lsa.Checksum:x4} age {lsa.Age}";

    // Every station but the gateway has FRR's routes at FRR's costs, to FRR itself at that of the segment; every kernel, FRR's too, has installed what leads over routers.
    private bool SameRoutes()
    {
        if (_frr!.Show("show ip ospf route") is not { } table || _frr.Show("show ip route ospf") is not { } installed)
        {
            return false;
        }

        var frr = table.EnumerateObject().Where(r => r.Name.Contains('/', StringComparison.Ordinal)).ToDictionary(r => r.Name, r => r.Value.GetProperty("cost").GetUInt32());
        HashSet<string> inKernel = [.. installed.EnumerateObject().SelectMany(p => p.Value.EnumerateArray())
            .Where(r => r.TryGetProperty("installed", out JsonElement i) && i.GetBoolean()).Select(r => r.GetProperty("prefix").GetString()!)];
        string loopback = $"{_frrId}/32", lan = "192.168.0.0/24";
        uint segment = OspfArea.InterfaceCost;
        return At(s =>
        {
            List<string> wrong = [];
            foreach (Router router in Emulated(s))
            {
                OspfArea area = router.Ospfd().Area!;
                Dictionary<string, uint> ours = area.Costs();
                bool plain = router != s.Routers[Gateway] && router != s.Routers[Behind];
                foreach ((string prefix, uint cost) in frr)
                {
                    if (plain && prefix != lan && ours.GetValueOrDefault(prefix) != (prefix == loopback ? segment : cost))
                    {
                        wrong.Add($"{area.RouterId}: {prefix} costs {(ours.TryGetValue(prefix, out uint found) ? found : "nothing")}, FRR {cost}");
                    }
                }

                wrong.AddRange(ours.Keys.Except(frr.Keys).Select(prefix => $"{area.RouterId}: {prefix} is not FRR's"));
                wrong.AddRange(ours.Keys.Where(prefix => !Has(router, prefix)).Select(prefix => $"{area.RouterId}: {prefix} is not in the kernel"));
                if (!ours.ContainsKey(loopback))
                {
                    wrong.Add($"{area.RouterId}: no route to FRR");
                }
            }

            wrong.AddRange(frr.Keys.Where(prefix => prefix != lan && prefix != loopback && !inKernel.Contains(prefix)).Select(prefix => $"FRR: {prefix} is not in the kernel"));
            _last = $"FRR: {string.Join(", ", frr)}\n{string.Join('\n', wrong)}";
            return wrong.Count == 0 && frr.ContainsKey($"{SiteAddresses.Ethernet(Behind, 0)}/24");
        });
    }

    private static bool Has(Router router, string prefix)
    {
        foreach (ref readonly RtEntry rt in router.Kernel.Routes)
        {
            if (rt.Up && rt.Family == 2 && $"{new Ipv4Address((uint)rt.Destination.Low)}/{rt.PrefixLength}" == prefix)
            {
                return true;
            }
        }

        return false;
    }

    // Where tshark is there: every frame of the segment, whoever sent it, is well-formed and has right checksums.
    private void Dissected()
    {
        if (Tools.Find("tshark") is null)
        {
            return;
        }

        var capture = new ArrayBufferWriter<byte>();
        Pcapng.WriteSection(capture);
        Pcapng.WriteInterface(capture, "the segment with FRR", Pcapng.LinkTypeEthernet);
        List<(long Microseconds, byte[] Frame)> frames = At(_ => _tap!.Frames.ToList());
        foreach ((long at, byte[] frame) in frames)
        {
            Pcapng.WriteFrame(capture, at, null, frame, null);
        }

        TsharkSummary summary = Tshark.Dissect(capture.WrittenSpan);
        Assert.Empty(summary.Problems);
        Assert.Equal(frames.Count, summary.Frames);
        output.WriteLine($"{summary.Frames} frames, {summary.Protocols["OSPF"]} of OSPF");
        Assert.True(summary.Protocols["OSPF"] > 100);
    }
}
