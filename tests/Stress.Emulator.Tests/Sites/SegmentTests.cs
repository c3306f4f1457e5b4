using System.Text.Json;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ospf;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

/// <summary>Routers whose Ethernets are at one segment.</summary>
public sealed class SegmentTests
{
    // Three routers on a segment, and one behind a line of the first.
    private static SiteOptions Lan(bool routes = false, IReadOnlyList<SiteEventOptions>? events = null, string design = "purge-all", TimeRange? down = null) => new()
    {
        Seed = 5, Window = VirtualTime.FromMinutes(10), Design = design, Events = events,
        Line = new LineOptions { TrainingFailuresPerThousand = 0, CarrierLossEvery = VirtualTime.FromMinutes(20) },
        Graph = new Topology(
            ["station", "branch"], [(Role)0, (Role)0, (Role)0, (Role)1], [new PlannedLink(LinkKind.Modem, new LinkEnd(0, 0), new LinkEnd(3, 0))])
        {
            Segments = [new PlannedSegment("lan", [0, 1, 2]) { Down = down ?? TimeRange.Seconds(60, 120) }],
        },
        Roles = new RoleSet(
            new RoleOptions
            {
                Role = (Role)0, Pppd = new PppdOptions { Persist = true }, Ripngd = new RipngdOptions { Routes = routes },
                Datagrams = new DatagramOptions { Interval = VirtualTime.FromSeconds(7), DatagramBytes = 64, To = DatagramsTo.Network },
            },
            new RoleOptions { Role = (Role)1, Pppd = new PppdOptions { Persist = true }, Ripngd = new RipngdOptions { Routes = routes } }),
    };

    private static Site Ran(SiteOptions options, int windows, ISiteTrace? trace = null)
    {
        Site site = Site.Create(options, 0);
        site.Trace = trace;
        for (int window = 0; window < windows; window++)
        {
            site.RunWindow();
        }

        return site;
    }

    private static Ospfd OspfdOf(Router router) => (Ospfd)router.Processes.All.ToArray().Single(p => p is Ospfd);

    [Fact]
    public void Stations_hear_each_others_Hellos_to_2_Way_and_their_datagrams_arrive()
    {
        var frames = new Frames();
        Site site = Ran(Lan(), 2, frames);

        Assert.Equal(["192.168.0.1", "192.168.0.2", "192.168.0.3"], site.Routers.Take(3).Select(r => r.RouterId.ToString()));
        Assert.All(site.Routers.Take(3), r => Assert.InRange(OspfdOf(r).TwoWayNeighbors, 2, 3));
        Assert.All(site.Routers.Take(3), r => Assert.True(r.Counters.Delivered > 50, $"{r.RouterId}: {r.Counters.Delivered} datagrams\n{site.Show(r.Number)}"));
        Assert.Empty(frames.Problems);
        Assert.Equal(["arp", "arp reply", "nd", "nd reply", "ospf", "ripng", "udp"], frames.Seen.Order(StringComparer.Ordinal).Where(s => s != "icmp6"));

        // Each asks for the other two once, and answers as often; nobody hears what it has sent itself.
        Assert.InRange(frames.Requests, 3, 6);
        Assert.All(site.Routers.Take(3), r => Assert.Equal(2, r.Kernel.Neighbors.ToArray().Count(n => n.Used && n.Family == 2 && n.LinkAddress != 0)));
    }

    [Fact]
    public void A_station_whose_cable_is_out_is_forgotten_by_the_others_and_comes_back()
    {
        SiteOptions options = Lan(
            events: [new SiteEventOptions { What = SiteEventKind.Flap, Of = "lan", To = EventScope.All, Pattern = EventPattern.Schedule, Every = VirtualTime.FromMinutes(10) }],
            down: TimeRange.Seconds(100, 100));
        Site site = Site.Create(options, 0);
        int least = int.MaxValue;
        site.RunWindow();
        Assert.All(site.Routers.Take(3), r => Assert.InRange(OspfdOf(r).TwoWayNeighbors, 2, 3));
        for (int second = 0; second < 300; second += 10)
        {
            site.RunUntil(VirtualTime.FromSeconds(600 + second), long.MaxValue);
            least = Math.Min(least, site.Routers.Take(3).Sum(r => Math.Max(0, OspfdOf(r).TwoWayNeighbors)));
        }

        Assert.InRange(least, 0, 2);
        Assert.All(site.Routers.Take(3), r => Assert.InRange(OspfdOf(r).TwoWayNeighbors, 2, 3));
    }

    [Fact]
    public void Routes_of_RIPng_lead_over_the_segment_through_the_gateway_that_announced_them()
    {
        Site site = Ran(Lan(routes: true), 2);

        foreach (Router router in site.Routers.Take(3))
        {
            RtEntry[] routes = [.. router.Kernel.Routes.ToArray().Where(r => r.Up && r.Family == 24 && r.PrefixLength == 64 && r.Destination.High >> 32 == 0x20010DB8 && router.Kernel.IsStation(r.Ifp.Index))];
            Assert.True(routes.Length >= 2, $"{routes.Length} routes\n{site.Show(router.Number)}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_site_with_a_segment_is_the_same_from_images_and_in_full(bool routes)
    {
        SiteOptions options = Lan(routes, [new SiteEventOptions { What = SiteEventKind.Flap, Every = VirtualTime.FromMinutes(7) }], "netbsd-2005");
        Site whole = EveryWay.Ran(options, 12);

        Assert.NotEqual(whole.Digest, Ran(options with { Events = null }, 12).Digest);
    }

    // Four routers on a segment whose lines nobody dials for, each with the address of a net of its own behind it.
    private static SiteOptions FullLan(string design = "purge-all", IReadOnlyList<SiteEventOptions>? events = null, bool flaps = false)
    {
        SiteOptions options = Lan(design: design, events: events, down: TimeRange.Seconds(100, 100));
        options = options with
        {
            Line = options.Line with { CarrierLossEvery = flaps ? VirtualTime.FromMinutes(20) : VirtualTime.Zero },
            Graph = options.Graph! with { Links = [.. options.Graph.Links, new PlannedLink(LinkKind.Modem, new LinkEnd(1, 0), new LinkEnd(3, 1))] },
        };
        return options.With([.. options.Roles.Select(role => role with
        {
            Ospfd = new OspfdOptions { Adjacency = OspfdAdjacency.Full }, Kernel = role.Kernel with { Forwarding = true },
            Datagrams = new DatagramOptions { Interval = VirtualTime.FromSeconds(7), DatagramBytes = 64, To = DatagramsTo.Network },
        })]);
    }

    private static string Database(Router router)
    {
        List<string> lines = [];
        foreach (ref readonly OspfDatabaseRow row in OspfdOf(router).Area!.Database)
        {
            if (row.Used)
            {
                lines.Add($"{row.Header.Type} {row.Header.LinkStateId} {row.Header.Sequence:x8} {row.Header.Checksum:x4} {row.Flushed}");
            }
        }

        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines);
    }

    private static string[] Designated(Site site) => [.. site.Routers.Take(3).Select(r => r.Kernel.InMultis.ToArray().Any(m => m.Used && m.Group == Ipv4Address.AllDRouters) ? $"{r.Number}" : "-")];

    [Fact]
    public void Stations_at_full_elect_and_join_224_0_0_6_have_one_database_and_routes_over_the_segment()
    {
        Site site = Ran(FullLan(), 2);

        Assert.All(site.Routers, r => Assert.Equal((r.Number, Database(site.Routers[0])), (r.Number, Database(r))));
        Assert.Contains("Network 192.168.0.3 ", Database(site.Routers[3]), StringComparison.Ordinal);
        Assert.Equal(["-", "1", "2"], Designated(site));

        // Router 2 reaches what is behind the lines of the others by their addresses on the segment, and the branch the segment by the nearer one.
        RtEntry over = Assert.Single(site.Routers[2].Kernel.Routes.ToArray(), r => r.Up && r.Family == 2 && r.PrefixLength == 24 && r.Destination.Low == 0xC0A80300);
        Assert.True(site.Routers[2].Kernel.IsStation(over.Ifp.Index));
        Assert.Contains(site.Routers[3].Kernel.Routes.ToArray(), r => r.Up && r.Family == 2 && r.PrefixLength == 24 && r.Destination.Low == 0xC0A80000);
        Assert.True(site.Tally.Counters.Total.Forwarded > 100, $"{site.Tally.Counters.Total.Forwarded}");
    }

    [Fact]
    public void Routes_lead_another_way_while_the_cable_of_the_designated_router_is_out_and_224_0_0_6_is_left_when_another_stays_designated()
    {
        SiteOptions options = FullLan(events: [new SiteEventOptions { What = SiteEventKind.Flap, Of = "lan", To = EventScope.One, Pattern = EventPattern.Schedule, Every = VirtualTime.FromMinutes(10) }]);
        Site site = Site.Create(options, 0);
        var designated = new HashSet<string>();
        for (int second = 0; second < 7200; second += 20)
        {
            site.RunUntil(VirtualTime.FromSeconds(second), long.MaxValue);
            designated.Add(string.Join(' ', Designated(site)));
        }

        Assert.Superset(new HashSet<string> { "- 1 2" }, designated);
        Assert.True(designated.Count > 2, string.Join(" | ", designated));
        site.RunUntil(VirtualTime.FromSeconds(7200 + 400), long.MaxValue);
        Assert.All(site.Routers, r => Assert.Equal((r.Number, Database(site.Routers[0])), (r.Number, Database(r))));
    }

    [Fact]
    public void A_segment_at_full_is_the_same_from_images_and_in_full_and_allocates_nothing_while_nothing_happens()
    {
        SiteOptions options = FullLan("netbsd-2005", [new SiteEventOptions { What = SiteEventKind.Flap, Every = VirtualTime.FromMinutes(7) }], flaps: true);

        EveryWay.Ran(options, 8);

        Site quiet = Site.Create(FullLan(), 0);
        quiet.RunUntil(VirtualTime.FromMinutes(70), long.MaxValue);
        long before = GC.GetAllocatedBytesForCurrentThread();
        quiet.RunUntil(VirtualTime.FromMinutes(130), long.MaxValue);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    // The stations' NICs are plugged in, and are pulled out one after another.
    private static SiteOptions Pulled(InterfaceTeardown teardown, string design)
    {
        SiteOptions options = FullLan(design, [new SiteEventOptions { What = SiteEventKind.Recreate, Of = "aue0", Pattern = EventPattern.Schedule, Every = VirtualTime.FromMinutes(8) }]);
        options = options with { Graph = options.Graph! with { Segments = [new PlannedSegment("lan", [0, 1, 2]) { Interface = "aue0" }] } };
        return options.With([.. options.Roles.Select((role, number) => number > 0 ? role : role with
        {
            Ospfd = role.Ospfd with { Exit = OspfdExit.AtAddressAdd },
            Interfaces = [new InterfaceOptions { Name = "aue0", Teardown = teardown, Down = TimeRange.Seconds(60, 90) }],
        })]);
    }

    [Fact]
    public void A_station_that_is_pulled_out_and_plugged_in_again_is_a_neighbour_again_with_the_same_database()
    {
        Site site = Site.Create(Pulled(InterfaceTeardown.Usual, "purge-all"), 0);
        site.RunUntil(VirtualTime.FromMinutes(7), long.MaxValue);
        Assert.All(site.Routers, r => Assert.Equal((r.Number, Database(site.Routers[0])), (r.Number, Database(r))));
        Assert.Contains("Network 10.208.0.3 ", Database(site.Routers[0]), StringComparison.Ordinal);
        Assert.All(site.Routers.Take(3), r => Assert.Equal(2, r.Kernel.Neighbors.ToArray().Count(n => n.Used && n.Family == 2 && n.LinkAddress != 0)));
        int away = 0;
        for (int second = 420; second < 7200; second += 20)
        {
            site.RunUntil(VirtualTime.FromSeconds(second), long.MaxValue);
            away += site.Routers.Take(3).Count(r => !r.Kernel.Interfaces.ToArray().Any(i => i.Attached && r.Kernel.IsStation(i.Index)));
        }

        Assert.InRange(away, 20, 200);
        site.RunUntil(VirtualTime.FromMinutes(127), long.MaxValue);
        Assert.All(site.Routers, r => Assert.Equal((r.Number, Database(site.Routers[0])), (r.Number, Database(r))));
        Assert.Equal(0, site.Tally.Counters.Total.Panics);
        Assert.Equal(site.Digest, Ran(Pulled(InterfaceTeardown.Usual, "purge-all") with { SkipQuiet = false }, 12) is var full ? Through(full, VirtualTime.FromMinutes(127)) : 0);
    }

    private static ulong Through(Site site, VirtualTime end)
    {
        site.RunUntil(end, long.MaxValue);
        return site.Digest;
    }

    [Fact]
    public void A_segment_of_NICs_that_a_role_has_not_is_refused_in_a_sentence()
    {
        SiteOptions options = Pulled(InterfaceTeardown.Usual, "purge-all");
        var refused = Assert.Throws<ArgumentException>(() => Site.Create(options.With([.. options.Roles.Select(role => role with { Interfaces = [] })]) with { Events = null }, 0));

        Assert.Contains("a station of the segment lan has no aue0 that is plugged in", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_with_a_segment_cross_as_json()
    {
        SiteOptions options = Lan(), read = JsonSerializer.Deserialize<SiteOptions>(JsonSerializer.Serialize(options))!;

        Assert.Equal(Ran(options, 2).Digest, Ran(read, 2).Digest);
    }

    [Theory]
    [InlineData(new[] { 0 }, "the segment lan has 1 stations")]
    [InlineData(new[] { 0, 1, 0 }, "node 0 is a station twice")]
    [InlineData(new[] { 0, 4 }, "a segment has a station that is none of its 4 nodes")]
    public void A_segment_that_is_none_is_refused_in_a_sentence(int[] stations, string problem)
    {
        SiteOptions options = Lan();
        var refused = Assert.Throws<ArgumentException>(() => Site.Create(options with { Graph = options.Graph! with { Segments = [new PlannedSegment("lan", stations)] } }, 0));

        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frame_reaches_all_other_stations_once_one_after_another_and_none_whose_cable_is_out()
    {
        var site = new Alone();
        Heard[] stations = [new(), new(), new()];
        var segment = new EthernetSegment(site, 0, 0, stations, TimeRange.Seconds(10, 10), new RandomStream(1, 1, RandomPurpose.Segment));
        segment.Transmit(1, new byte[60], VirtualTime.Zero);
        segment.Transmit(2, new byte[1514], VirtualTime.Zero);
        site.Run(segment);

        // (60 + 24) and (1,514 + 24) bytes at 0.8 us, and the way's 5 us.
        Assert.Equal(["60 at 72", "1514 at 1302"], stations[0].All);
        Assert.Equal(["1514 at 1302"], stations[1].All);
        Assert.Equal(["60 at 72"], stations[2].All);

        segment.PullCable(0, site.Now);
        segment.Transmit(0, new byte[60], site.Now);
        segment.Transmit(1, new byte[61], site.Now);
        site.Run(segment);
        Assert.Equal(2, stations[0].All.Count);
        Assert.Single(stations[1].All);
        Assert.Equal(2, stations[2].All.Count);
        Assert.True(segment.IsIn(0));
    }

    private sealed class Heard : IStation
    {
        public List<string> All { get; } = [];

        public void EtherArrived(ReadOnlySpan<byte> frame, VirtualTime now) => All.Add($"{frame.Length} at {now.Microseconds}");
    }

    private sealed class Alone : ISegmentSite
    {
        public EventQueue Events { get; } = new(EthernetSegment.Events);

        public VirtualTime Now { get; private set; }

        public void Run(EthernetSegment segment)
        {
            while (!Events.NextTime.IsNever)
            {
                int slot = Events.Pop(out VirtualTime at);
                Now = at;
                segment.Fire(slot, at);
            }
        }

        public void FrameSent(int segment, int station, ReadOnlySpan<byte> frame)
        {
        }

        public void Say(int segment, int station, string text)
        {
        }
    }

    // Reads every frame of a segment.
    private sealed class Frames : ISiteTrace
    {
        public HashSet<string> Seen { get; } = [];

        public List<string> Problems { get; } = [];

        public int Requests { get; private set; }

        public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage)
        {
        }

        public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame)
        {
        }

        public void EtherFrame(VirtualTime at, int segment, int station, ReadOnlySpan<byte> frame)
        {
            if (EthernetHeader.TryParse(frame, out EthernetHeader header) != WireError.None || header.Source != SiteAddresses.OnEthernet(station) || frame.Length is < 60 or > 1514)
            {
                Problems.Add($"{at}: {frame.Length} bytes from {EthernetHeader.Text(header.Source)}");
                return;
            }

            ReadOnlySpan<byte> packet = frame[EthernetHeader.Length..];
            string? what = header.Type switch
            {
                EtherType.Arp when ArpMessage.TryParse(packet, out ArpMessage arp) == WireError.None => Arp(arp, header),
                EtherType.Ipv4 when Ipv4Header.TryParse(packet, out Ipv4Header ip) == WireError.None => Ipv4(ip, packet, header),
                EtherType.Ipv6 when Ipv6Header.TryParse(packet, out Ipv6Header ip6) == WireError.None => Ipv6(ip6, packet, header),
                _ => null,
            };
            if (what is null)
            {
                Problems.Add($"{at}: {Convert.ToHexString(frame)}");
            }
            else
            {
                Seen.Add(what);
            }
        }

        private string? Arp(in ArpMessage arp, in EthernetHeader header)
        {
            Requests += arp.IsReply ? 0 : 1;
            return arp.SenderLink != header.Source || (header.Destination == EthernetHeader.Broadcast) == arp.IsReply ? null : arp.IsReply ? "arp reply" : "arp";
        }

        private static string? Ipv4(in Ipv4Header ip, ReadOnlySpan<byte> packet, in EthernetHeader header) =>
            ip.Destination.IsMulticast && header.Destination != EthernetHeader.OfGroup(ip.Destination) ? null
            : ip.Protocol switch
            {
                IpProtocol.Ospf => OspfHello.TryParse(ip.Payload(packet), out OspfHello hello) == WireError.None && hello.NetworkMask.ToString() == "255.255.255.0" && hello.RouterPriority == 0 ? "ospf" : null,
                IpProtocol.Igmp => "igmp",
                IpProtocol.Udp => !EthernetHeader.IsGroup(header.Destination) && UdpHeader.TryParse(ip.Payload(packet), ip.Source, ip.Destination, out _) == WireError.None ? "udp" : null,
                _ => null,
            };

        private static string? Ipv6(in Ipv6Header ip, ReadOnlySpan<byte> packet, in EthernetHeader header)
        {
            ReadOnlySpan<byte> payload = ip.Payload(packet);
            return ip.Destination.IsMulticast && header.Destination != EthernetHeader.OfGroup(ip.Destination) ? null
                : ip.NextHeader == IpProtocol.HopByHop ? "icmp6"
                : ip.NextHeader == IpProtocol.Udp ? UdpHeader.TryParse(payload, ip.Source, ip.Destination, out _) == WireError.None ? "ripng" : null
                : Icmpv6Nd.TryParse(payload, ip.Source, ip.Destination, out Icmpv6Nd nd) != WireError.None || !Icmpv6Nd.TryLinkAddress(payload, nd.Type, out ulong link) || link != header.Source ? null
                : nd.Type == Icmpv6Type.NeighborSolicitation ? "nd" : "nd reply";
        }
    }
}
