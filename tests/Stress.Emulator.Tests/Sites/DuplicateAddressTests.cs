using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

/// <summary>Duplicate address detection over a segment (RFC 4862, 5.4), as nd6_nbr.c of 2005 has it.</summary>
public sealed class DuplicateAddressTests
{
    // Three stations, of which the last two have the same Ethernet address.
    private static SiteOptions Lan(bool dad = true, bool twins = true, InterfaceTeardown teardown = InterfaceTeardown.Usual, string design = "netbsd-2005", params IReadOnlyList<SiteEventOptions> events) => new()
    {
        Seed = 11, Window = VirtualTime.FromMinutes(10), Design = design, Events = events.Count > 0 ? events : null,
        Roles = new RoleSet(
            new RoleOptions { Role = (Role)0, Daemons = ["zebra"], Interfaces = [new InterfaceOptions { Name = "aue0", Teardown = teardown, Down = TimeRange.Seconds(1, 4) }] },
            new RoleOptions { Role = (Role)1, Daemons = ["zebra"] }),
        Graph = new Topology(["station", "branch"], [(Role)0, (Role)0, (Role)0, (Role)1], [new PlannedLink(LinkKind.Modem, new LinkEnd(0, 0), new LinkEnd(3, 0))])
        {
            Names = ["one", "two", "three", "four"], Segments = [new PlannedSegment("lan", [0, 1, 2]) { Interface = "aue0", Dad = dad, SameEthernet = twins ? [1, 2] : null }],
        },
    };

    private static Site Ran(SiteOptions options, double seconds, ISiteTrace? trace = null)
    {
        Site site = Site.Create(options, 0);
        site.Trace = trace;
        site.RunUntil(VirtualTime.FromMilliseconds((int)(seconds * 1_000)), long.MaxValue);
        return site;
    }

    private static In6Dad? StateOf(Router router)
    {
        foreach (ref readonly In6Ifaddr a in router.Kernel.Inet6Addresses)
        {
            if (a.Used && router.Kernel.IsStation(a.Ifp.Index) && a.Address.IsLinkLocal)
            {
                return a.Dad;
            }
        }

        return null;
    }

    [Fact]
    public void An_address_that_nobody_else_has_is_probed_once_reported_without_a_source_until_then_and_ready()
    {
        var heard = new Solicitations();
        Site site = Ran(Lan(twins: false), 30, heard);

        Assert.Equal([In6Dad.Ready, In6Dad.Ready, In6Dad.Ready], site.Routers.Take(3).Select(r => StateOf(r)));
        Assert.Equal([0, 1, 2], heard.All.Where(m => m.What == "probe").Select(m => m.Station).Order());
        Assert.All(heard.All.GroupBy(m => m.Station), of =>
        {
            Assert.Equal("report from ::", of.First().What);
            VirtualTime probed = of.Single(m => m.What == "probe").At;
            Assert.DoesNotContain(of, m => m.At > probed + VirtualTime.FromMilliseconds(1_500) && m.What == "report from ::");
        });
        Assert.DoesNotContain(heard.All, m => m.What.StartsWith("advertisement", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_two_stations_with_one_Ethernet_address_the_later_one_finds_the_other_and_does_not_use_its_address()
    {
        SiteOptions options = Lan(events: new SiteEventOptions { What = SiteEventKind.Recreate, Of = "three", Pattern = EventPattern.Schedule, Every = VirtualTime.FromMinutes(5) });
        var heard = new Solicitations();
        Site site = Ran(options, 11 * 60, heard);

        // Whatever came of the two boots, the one that stays has had its address since then, or neither has.
        In6Dad stays = StateOf(site.Routers[1])!.Value;
        Assert.Equal(stays == In6Dad.Ready ? In6Dad.Duplicated : In6Dad.Ready, StateOf(site.Routers[2]));
        (VirtualTime At, int Station, string What) answer = heard.All.LastOrDefault(m => m.What.StartsWith("advertisement", StringComparison.Ordinal));
        Assert.Equal(stays == In6Dad.Ready, answer.What == "advertisement to ff02::1");
        Assert.True(site.Routers.Sum(r => r.Oracle.Probes[(int)Probe.DadDuplicate]) > 0);
    }

    [Fact]
    public void A_duplicate_says_nothing_of_its_groups_and_is_not_spoken_to_by_its_address()
    {
        Site site = Ran(Lan(), 60);
        Router duplicate = Assert.Single(site.Routers.Skip(1).Take(2), r => StateOf(r) == In6Dad.Duplicated);
        var heard = new Solicitations();
        site.Trace = heard;
        site.RunUntil(VirtualTime.FromMinutes(5), long.MaxValue);

        Assert.DoesNotContain(heard.All, m => m.Station == duplicate.Number);
        Assert.Contains("duplicated", site.Show(duplicate.Number), StringComparison.Ordinal);
        Assert.DoesNotContain(duplicate.Kernel.Dadqs.ToArray(), d => d.Used);
    }

    [Fact]
    public void Without_dad_nothing_is_probed_and_twins_do_not_notice()
    {
        var heard = new Solicitations();
        Site site = Ran(Lan(dad: false), 60, heard);

        Assert.DoesNotContain(heard.All, m => m.What != "report from its own");
        Assert.All(site.Routers.Take(3), r => Assert.Equal(In6Dad.Ready, StateOf(r)));
    }

    // in6_purgeaddr stops detection before anything else, whoever takes the address away: the dadq leaves no pointer behind.
    [Theory]
    [InlineData(InterfaceTeardown.Usual, "netbsd-2005")]
    [InlineData(InterfaceTeardown.AddressesFirst, "netbsd-2005")]
    [InlineData(InterfaceTeardown.AddressesFirst, "index-generation")]
    public void A_NIC_that_goes_in_the_middle_of_detection_takes_the_dadq_with_it(InterfaceTeardown teardown, string design)
    {
        Site site = Ran(Lan(teardown: teardown, design: design, events: new SiteEventOptions { What = SiteEventKind.Recreate, Of = "aue0", Every = VirtualTime.FromSeconds(5) }), 3 * 3600);

        Assert.InRange(site.Routers.Sum(r => r.Oracle.Probes[(int)Probe.DadStopped]), 100, 2_000);
        Assert.InRange(site.Routers.Sum(r => r.Oracle.Probes[(int)Probe.DadDuplicate]), 100, 2_000);
        Assert.Equal(0, site.Routers.Sum(r => r.Counters.Panics));
        Assert.All(site.Routers, r => Assert.Equal(0, r.Oracle.Stale[(int)HolderKind.DadIfp].Created));
    }

    [Fact]
    public void A_segment_with_dad_is_the_same_from_images_and_in_full()
    {
        SiteOptions options = Lan(events: new SiteEventOptions { What = SiteEventKind.Recreate, Of = "aue0", Every = VirtualTime.FromSeconds(40) });

        EveryWay.Ran(options, 6);
    }

    [Theory]
    [InlineData(new[] { 1 })]
    [InlineData(new[] { 1, 1 })]
    [InlineData(new[] { 1, 3 })]
    public void Twins_that_are_none_are_refused_in_a_sentence(int[] same)
    {
        SiteOptions options = Lan();
        var refused = Assert.Throws<ArgumentException>(() => Site.Create(options with { Graph = options.Graph! with { Segments = [options.Graph.Segments![0] with { SameEthernet = same }] } }, 0));

        Assert.Contains("same_ethernet of the segment lan is not two or more of its stations", refused.Message, StringComparison.Ordinal);
    }

    // Reads neighbour discovery and MLD off a segment.
    private sealed class Solicitations : ISiteTrace
    {
        public List<(VirtualTime At, int Station, string What)> All { get; } = [];

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
            if (header.Type != EtherType.Ipv6 || Ipv6Header.TryParse(packet, out Ipv6Header ip) != WireError.None)
            {
                return;
            }

            ReadOnlySpan<byte> payload = ip.Payload(packet);
            if (ip.NextHeader == IpProtocol.HopByHop)
            {
                All.Add((at, station, ip.Source.IsAny ? "report from ::" : "report from its own"));
                return;
            }

            Assert.Equal(WireError.None, Icmpv6Nd.TryParse(payload, ip.Source, ip.Destination, out Icmpv6Nd nd));
            Assert.Equal(255, ip.HopLimit);
            if (nd.Type == Icmpv6Type.NeighborAdvertisement)
            {
                Assert.Equal(Icmpv6Nd.OverrideFlag, nd.Flags & (Icmpv6Nd.OverrideFlag | Icmpv6Nd.SolicitedFlag));
            }

            All.Add((at, station, nd.Type == Icmpv6Type.NeighborAdvertisement ? $"advertisement to {ip.Destination}" : ip.Source.IsAny && ip.Destination == nd.Target.SolicitedNode ? "probe" : "solicitation"));
        }
    }
}
