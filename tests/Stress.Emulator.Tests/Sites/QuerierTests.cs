using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

/// <summary>A station that asks the others of its segment for their groups (RFC 2236, RFC 2710), and how the kernels of igmp.c and mld6.c answer.</summary>
public sealed class QuerierTests
{
    private const string Group = "224.0.1.1";

    // Four stations, of which the first asks; all but that one are members of a group. Nobody dials for the line.
    private static SiteOptions Lan(bool nics = false, InterfaceTeardown teardown = InterfaceTeardown.Usual, string design = "netbsd-2005", bool queried = true, TimeRange? away = null, bool snooping = false, params IReadOnlyList<SiteEventOptions> events) => new()
    {
        Seed = 7, Window = VirtualTime.FromMinutes(10), Design = design, Events = events.Count > 0 ? events : null,
        Roles = new RoleSet(
            new RoleOptions
            {
                Role = (Role)0, Daemons = ["zebra"], GroupMember = snooping ? Group : null, Datagrams = new DatagramOptions { Interval = VirtualTime.FromSeconds(snooping ? 10 : 0), DatagramBytes = 48, To = DatagramsTo.Group }, Interfaces = Nics(nics, InterfaceTeardown.Usual, away),
            },
            new RoleOptions { Role = (Role)1, Daemons = ["zebra"], GroupMember = Group, Interfaces = Nics(nics, teardown, away) },
            new RoleOptions { Role = (Role)2, Daemons = ["zebra"] }),
        Graph = new Topology(["querier", "station", "branch"], [(Role)0, (Role)1, (Role)1, (Role)1, (Role)2], [new PlannedLink(LinkKind.Modem, new LinkEnd(0, 0), new LinkEnd(4, 0))])
        {
            Segments = [new PlannedSegment("lan", [0, 1, 2, 3]) { Interface = nics ? "aue0" : null, Querier = queried ? new PlannedQuerier(0, new QuerierOptions()) : null, Snooping = snooping }],
        },
    };

    private static IReadOnlyList<InterfaceOptions> Nics(bool nics, InterfaceTeardown teardown, TimeRange? away) =>
        nics ? [new InterfaceOptions { Name = "aue0", Teardown = teardown, Down = away ?? TimeRange.Seconds(30, 60) }] : [];

    private static Site Ran(SiteOptions options, double minutes, ISiteTrace? trace = null)
    {
        Site site = Site.Create(options, 0);
        site.Trace = trace;
        site.RunUntil(VirtualTime.FromMilliseconds((int)(minutes * 60_000)), long.MaxValue);
        return site;
    }

    [Fact]
    public void General_queries_of_both_families_come_at_the_start_a_quarter_of_the_interval_later_and_then_each_interval()
    {
        var heard = new Messages();
        Ran(Lan(), 10, heard);

        foreach (string query in (string[])["query 0.0.0.0 10000 ms", "query6 :: 10000 ms"])
        {
            (VirtualTime At, int Station, string What)[] asked = [.. heard.All.Where(m => m.What == query)];
            Assert.All(asked, m => Assert.Equal(0, m.Station));
            Assert.Equal([31_250, 125_000, 125_000, 125_000, 125_000], asked.Zip(asked.Skip(1)).Select(pair => (pair.Second.At - pair.First.At).Microseconds / 1_000));
        }

        Assert.Empty(heard.Problems);
    }

    [Fact]
    public void One_member_of_each_group_reports_within_the_response_interval_and_the_others_are_suppressed()
    {
        var heard = new Messages();
        Site site = Ran(Lan(), 10, heard);

        VirtualTime[] queries = [.. heard.All.Where(m => m.What == "query 0.0.0.0 10000 ms").Select(m => m.At).Skip(2)];
        Assert.Equal(4, queries.Length);
        foreach (VirtualTime asked in queries)
        {
            (VirtualTime At, int Station, string What)[] answers = [.. heard.All.Where(m => m.At > asked && m.At < asked + VirtualTime.FromSeconds(60))];
            Assert.All(answers, m => Assert.True(m.At < asked + VirtualTime.FromMilliseconds(10_200), $"{m.What} at {m.At}"));
            Assert.Single(answers, m => m.What == $"report {Group}");

            // Each station is the only member of its own solicited-node group.
            Assert.Equal(3, answers.Count(m => m.What.StartsWith("report6 ff02::1:ff", StringComparison.Ordinal)));
        }

        // Who has not reported last would leave in silence.
        Assert.Equal([IgmpState.Idle, IgmpState.Lazy, IgmpState.Lazy], site.Routers.Skip(1).Take(3).Select(r => r.Kernel.InMultis.ToArray().Single(m => m.Used && m.Group.ToString() == Group).State).Order());
    }

    [Fact]
    public void Different_members_answer_from_query_to_query()
    {
        var heard = new Messages();
        Ran(Lan(), 120, heard);

        Assert.Equal([1, 2, 3], heard.All.Where(m => m.What == $"report {Group}").Select(m => m.Station).Distinct().Order());
    }

    [Fact]
    public void Whoever_reported_last_says_that_it_leaves_and_the_querier_asks_twice_about_the_group_alone()
    {
        var heard = new Messages();
        Site site = Ran(Lan(), 9, heard);
        heard.All.Clear();
        int last = site.Routers.Skip(1).Take(3).Single(r => StateIn(r) == IgmpState.Idle).Number, lazy = last == 1 ? 2 : 1;
        Assert.Equal(Errno.None, Drop(site, lazy));
        site.RunUntil(VirtualTime.FromMilliseconds(9 * 60_000 + 4_000), long.MaxValue);
        Assert.Empty(heard.All);

        Assert.Equal(Errno.None, Drop(site, last));
        site.RunUntil(VirtualTime.FromMilliseconds(9 * 60_000 + 8_000), long.MaxValue);
        (VirtualTime at, int station, string what) = heard.All[0];
        Assert.Equal((last, $"leave {Group}"), (station, what));
        (VirtualTime At, int Station, string What)[] asked = [.. heard.All.Where(m => m.What == $"query {Group} 1000 ms")];
        Assert.Equal([0, 0], asked.Select(m => m.Station));
        Assert.Equal(1_000, (asked[1].At - asked[0].At).Microseconds / 1_000);
        Assert.InRange((asked[0].At - at).Microseconds, 0, 1_000);

        // The one member that is left answers each.
        Assert.InRange(heard.All.Count(m => m.What == $"report {Group}" && m.Station == 6 - last - lazy), 1, 2);
        Assert.Equal(0, ((Querier)site.Routers[0].Processes.All.ToArray().Single(p => p is Querier)).GroupsLeft);
    }

    private static IgmpState StateIn(Router router) => router.Kernel.InMultis.ToArray().Single(m => m.Used && m.Group.ToString() == Group).State;

    private static Errno Drop(Site site, int router)
    {
        var kernel = site.Routers[router].Kernel;
        int socket = Array.FindIndex(kernel.Pcbs.ToArray(), pcb => pcb.Used && pcb.Port == 123);
        return kernel.IpDropMembership(socket, Ipv4Address.Parse(Group), Ipv4Address.Any);
    }

    // igmp.c: a report of version 1 puts members to sleep that were not about to report themselves; the next query only wakes them.
    [Fact]
    public void A_report_of_version_1_makes_members_sleep_through_one_query()
    {
        var heard = new Messages();
        Site site = Ran(Lan(), 9, heard);
        Span<byte> frame = stackalloc byte[EthernetHeader.MinFrame];
        frame.Clear();
        var group = Ipv4Address.Parse(Group);
        new EthernetHeader(EthernetHeader.OfGroup(group), 0x0200_0000_00FF, EtherType.Ipv4).Write(frame);
        int header = new Ipv4Header { PayloadLength = IgmpMessage.Length, TimeToLive = 1, Protocol = IpProtocol.Igmp, Source = Ipv4Address.Of(192, 168, 0, 99), Destination = group }.Write(frame[EthernetHeader.Length..]);
        new IgmpMessage(IgmpType.MembershipReportV1, 0, group).Write(frame[(EthernetHeader.Length + header)..]);
        site.Segments[0].Transmit(0, frame, site.Now);
        site.RunUntil(VirtualTime.FromMilliseconds(9 * 60_000 + 1_000), long.MaxValue);
        Assert.Equal([IgmpState.Sleeping, IgmpState.Sleeping, IgmpState.Sleeping], site.Routers.Skip(1).Take(3).Select(StateIn));

        heard.All.Clear();
        site.RunUntil(VirtualTime.FromMinutes(11), long.MaxValue);
        Assert.Contains(heard.All, m => m.What == "query 0.0.0.0 10000 ms");
        Assert.Equal([IgmpState.Awakening, IgmpState.Awakening, IgmpState.Awakening], site.Routers.Skip(1).Take(3).Select(StateIn));
        Assert.DoesNotContain(heard.All, m => m.What == $"report {Group}");
        site.RunUntil(VirtualTime.FromMinutes(14), long.MaxValue);
        Assert.Single(heard.All, m => m.What == $"report {Group}");
    }

    [Fact]
    public void A_station_that_stops_its_NIC_says_Done_for_its_solicited_node_group_and_the_querier_asks_about_it()
    {
        var heard = new Messages();
        Ran(Lan(nics: true, InterfaceTeardown.AddressesFirst, "index-generation", events: new SiteEventOptions { What = SiteEventKind.Recreate, Of = "station", Pattern = EventPattern.Schedule, Every = VirtualTime.FromMinutes(8) }), 30, heard);

        Assert.Empty(heard.Problems);
        Assert.Contains(heard.All, m => m.What.StartsWith("done6 ff02::1:ff", StringComparison.Ordinal));
        Assert.Contains(heard.All, m => m.Station == 0 && m.What.StartsWith("query6 ff02::1:ff", StringComparison.Ordinal) && m.What.EndsWith(" 1000 ms", StringComparison.Ordinal));
    }

    // Where its addresses were removed first nobody purges the record, and igmp_fasttimo walks all of them.
    [Theory]
    [InlineData(InterfaceTeardown.AddressesFirst, "netbsd-2005", true)]
    [InlineData(InterfaceTeardown.Usual, "netbsd-2005", false)]
    [InlineData(InterfaceTeardown.AddressesFirst, "purge-all", false)]
    [InlineData(InterfaceTeardown.AddressesFirst, "index-generation", false)]
    public void A_report_timer_that_is_armed_when_the_NIC_goes_is_followed_only_where_the_addresses_went_first(InterfaceTeardown teardown, string design, bool dies)
    {
        Site site = Ran(
            Lan(nics: true, teardown, design, away: TimeRange.Seconds(30, 30), events: new SiteEventOptions { What = SiteEventKind.Recreate, Of = "station", Every = VirtualTime.FromMinutes(2) }), 12 * 60);

        Assert.InRange(site.Routers.Sum(r => r.Counters.Disconnects), 200, 500);
        Assert.Equal(dies, site.Crashes.Count > 0);
        Assert.All(site.Crashes, crash => Assert.Equal((UseSite.IpOutput, HolderKind.InMultiIfp), (crash.Title.Site, crash.Title.Holder)));
        if (!dies && teardown == InterfaceTeardown.Usual)
        {
            Assert.Equal(0, site.Routers.Sum(r => r.Counters.StaleCreated));
        }
    }

    // A querier's own memberships, and what it has chosen with IP_MULTICAST_IF, are holders like those of any other program.
    [Fact]
    public void A_querier_whose_NIC_was_away_asks_again_as_at_the_start()
    {
        var heard = new Messages();
        Site site = Ran(Lan(nics: true, design: "purge-all", away: TimeRange.Seconds(40, 40), events: new SiteEventOptions { What = SiteEventKind.Recreate, Of = "querier", Pattern = EventPattern.Schedule, Every = VirtualTime.FromMinutes(20) }), 62, heard);

        VirtualTime[] asked = [.. heard.All.Where(m => m.What == "query 0.0.0.0 10000 ms").Select(m => m.At)];
        Assert.True(asked.Zip(asked.Skip(1)).Count(pair => (pair.Second - pair.First).Microseconds == 31_250_000) >= 3, string.Join(' ', asked));
        Assert.Equal(0, site.Routers.Sum(r => r.Counters.Panics));
        Assert.Contains(site.Routers[0].Kernel.InMultis.ToArray(), m => m.Used && m.Group == Ipv4Address.AllRouters && site.Routers[0].Kernel.IsStation(m.Ifp.Index));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_segment_with_a_querier_is_the_same_from_images_and_in_full(bool nics, bool snooping)
    {
        SiteOptions options = Lan(nics, InterfaceTeardown.AddressesFirst, snooping: snooping, events: nics ? new SiteEventOptions { What = SiteEventKind.Recreate, Of = "station", Every = VirtualTime.FromMinutes(3) } : new SiteEventOptions { What = SiteEventKind.Flap, Of = "lan", Every = VirtualTime.FromMinutes(7) });

        EveryWay.Ran(options, 12);
    }

    [Fact]
    public void Without_a_querier_nobody_asks_and_each_member_reports_twice_when_it_joins()
    {
        var heard = new Messages();
        Ran(Lan(queried: false), 60, heard);

        Assert.DoesNotContain(heard.All, m => m.What.StartsWith("query", StringComparison.Ordinal));
        Assert.Equal([1, 1, 2, 2, 3, 3], heard.All.Where(m => m.What == $"report {Group}").Select(m => m.Station).Order());
    }

    private static (long Arrived, long Filtered, long Missed) Counts(Site site)
    {
        return (site.Routers.Sum(r => r.Counters.Delivered), site.Segments[0].Snooping!.Filtered, site.Segments[0].Snooping!.Missed);
    }

    [Fact]
    public void Behind_a_switch_that_snoops_every_member_reports_for_itself_and_gets_its_group()
    {
        var heard = new Messages();
        Site site = Ran(Lan(snooping: true), 10, heard);
        VirtualTime asked = heard.All.Last(m => m.What == "query 0.0.0.0 10000 ms").At;
        site.RunUntil(VirtualTime.FromMinutes(11), long.MaxValue);
        Assert.Equal([1, 2, 3], heard.All.Where(m => m.At > asked - VirtualTime.FromSeconds(125) && m.At < asked && m.What == $"report {Group}").Select(m => m.Station).Order());

        // The first datagrams came before the first reports. The querier's own group was never reported to a host.
        (long arrived, long filtered, long missed) = Counts(site);
        Assert.InRange(arrived, (3 * 66) - 9, 3 * 66);
        Assert.InRange(filtered, 0, 30);
        Assert.InRange(missed, 0, 6);
    }

    [Fact]
    public void Without_a_querier_the_switch_forgets_the_members_and_keeps_what_they_want_from_them()
    {
        (long arrived, _, long missed) = Counts(Ran(Lan(snooping: true, queried: false), 60));

        Assert.InRange(arrived, 3 * 20, 3 * 30);
        Assert.InRange(missed, 3 * 300, 3 * 361);
    }

    // in_addmulti of a group whose record was left at the same address is EADDRINUSE: no report, and so nothing from the switch until the next query arms that record.
    [Fact]
    public void A_stale_record_that_is_adopted_costs_the_member_its_frames_until_the_next_query()
    {
        SiteOptions Stopped(string design) => Lan(
            nics: true, InterfaceTeardown.AddressesFirst, design, away: TimeRange.Seconds(30, 30), snooping: true, events: new SiteEventOptions { What = SiteEventKind.Recreate, Of = "station", Every = VirtualTime.FromMinutes(10) });
        (_, _, long left) = Counts(Ran(Stopped("netbsd-2005"), 12 * 60));
        (_, _, long purged) = Counts(Ran(Stopped("purge-all"), 12 * 60));

        Assert.True(left > 2 * purged, $"{left} {purged}");
    }

    [Theory]
    [InlineData(4, 125, 10, "the querier of the segment lan is none of its stations")]
    [InlineData(0, 10, 10, "a querier's query_interval: is no longer than query_response")]
    [InlineData(0, 125, 26, "a querier's query_response: is none that a query has room for")]
    public void A_querier_that_is_none_is_refused_in_a_sentence(int node, int interval, int response, string problem)
    {
        SiteOptions options = Lan();
        var querier = new PlannedQuerier(node, new QuerierOptions { Interval = VirtualTime.FromSeconds(interval), Response = VirtualTime.FromSeconds(response) });
        var refused = Assert.Throws<ArgumentException>(() => Site.Create(options with { Graph = options.Graph! with { Segments = [options.Graph.Segments![0] with { Querier = querier }] } }, 0));

        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
    }

    // Reads IGMP and MLD off a segment.
    private sealed class Messages : ISiteTrace
    {
        public List<(VirtualTime At, int Station, string What)> All { get; } = [];

        public List<string> Problems { get; } = [];

        public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage)
        {
        }

        public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame)
        {
        }

        public void EtherFrame(VirtualTime at, int segment, int station, ReadOnlySpan<byte> frame)
        {
            Assert.Equal(WireError.None, EthernetHeader.TryParse(frame, out EthernetHeader header));
            ReadOnlySpan<byte> packet = frame[EthernetHeader.Length..];
            if (header.Type == EtherType.Ipv4 && Ipv4Header.TryParse(packet, out Ipv4Header ip) == WireError.None && ip.Protocol == IpProtocol.Igmp)
            {
                if (IgmpMessage.TryParse(ip.Payload(packet), out IgmpMessage igmp) != WireError.None || ip.TimeToLive != 1 || ip.HeaderLength != Ipv4Header.RouterAlertLength || header.Destination != EthernetHeader.OfGroup(ip.Destination))
                {
                    Problems.Add($"{at}: {Convert.ToHexString(frame)}");
                }

                All.Add((at, station, igmp.Type switch
                {
                    IgmpType.MembershipQuery => $"query {igmp.Group} {igmp.MaxResponseTenths * 100} ms",
                    IgmpType.LeaveGroup => $"leave {igmp.Group}",
                    _ => $"report {igmp.Group}",
                }));
            }
            else if (header.Type == EtherType.Ipv6 && Ipv6Header.TryParse(packet, out Ipv6Header ip6) == WireError.None && ip6.NextHeader == IpProtocol.HopByHop)
            {
                ReadOnlySpan<byte> payload = ip6.Payload(packet);
                if (Ipv6HopByHop.TryParse(payload, out Ipv6HopByHop options) != WireError.None || !options.RouterAlert || ip6.HopLimit != 1 || !ip6.Source.IsLinkLocal
                    || MldMessage.TryParse(payload[options.HeaderLength..], ip6.Source, ip6.Destination, out MldMessage mld) != WireError.None)
                {
                    Problems.Add($"{at}: {Convert.ToHexString(frame)}");
                    return;
                }

                All.Add((at, station, mld.Type switch
                {
                    Icmpv6Type.MulticastListenerQuery => $"query6 {mld.Group} {mld.MaxResponseMilliseconds} ms",
                    Icmpv6Type.MulticastListenerDone => $"done6 {mld.Group}",
                    _ => $"report6 {mld.Group}",
                }));
            }
        }
    }
}
