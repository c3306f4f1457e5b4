using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

/// <summary>Default routers and the prefixes that they advertise (reference 3.10; 8.3, row 11).</summary>
public sealed class DefaultRouterTests
{
    private static readonly Ipv6Address Prefix = Ipv6Address.Parse("2001:db8:1::");

    private static Machine Host(bool accepts = true) => new(options: new KernelOptions { AcceptRtadv = accepts });

    private static void Advertise(Machine m, int slot, ushort seconds = 1800, byte hopLimit = 255, Ipv6Address? router = null)
    {
        Ipv6Address source = router ?? Machine.PeerLink;
        byte[] b = new byte[Ipv6Header.Length + RouterAdvertisement.Length];
        new Ipv6Header { NextHeader = IpProtocol.Icmpv6, HopLimit = hopLimit, PayloadLength = RouterAdvertisement.Length, Source = source, Destination = Ipv6Address.AllNodes }.Write(b);
        new RouterAdvertisement { RouterLifetime = seconds, OnLink = true, Prefix = Prefix, PrefixLength = 64 }.Write(b.AsSpan(Ipv6Header.Length), source, Ipv6Address.AllNodes);
        m.K.Ip6Input(slot, b);
    }

    private static NdDefrouter[] Routers(Machine m) => [.. m.K.NdDefrouters.ToArray().Where(dr => dr.Used)];

    private static int Announced(Machine m) => m.K.NdPrefixes.ToArray().Count(pr => pr.Used && pr.Announced);

    private static int DefaultRoutes(Machine m) => m.K.Routes.ToArray().Count(rt => rt.Up && rt.Family == 24 && rt.PrefixLength == 0);

    [Fact]
    public void A_host_that_listens_has_the_router_its_route_and_its_prefix_and_another_has_none()
    {
        Machine m = Host(), deaf = Host(accepts: false);
        Advertise(m, m.Up());
        Advertise(deaf, deaf.Up());

        Assert.True(Assert.Single(Routers(m)).Installed);
        Assert.Equal((1, 1, 1), (DefaultRoutes(m), Announced(m), m.K.NdPfxRouters.ToArray().Count(x => x.Used)));
        Assert.Empty(Routers(deaf));
        Assert.Equal((0, 0), (DefaultRoutes(deaf), Announced(deaf)));
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(255, false)]
    public void Only_a_neighbour_is_believed(byte hopLimit, bool linkLocal)
    {
        Machine m = Host();
        Advertise(m, m.Up(), hopLimit: hopLimit, router: linkLocal ? null : Ipv6Address.Parse("2001:db8::1"));
        Assert.Empty(Routers(m));
    }

    [Fact]
    public void A_lifetime_of_zero_and_one_that_is_over_end_a_router_and_its_route()
    {
        Machine m = Host();
        int slot = m.Up();
        Advertise(m, slot);
        Advertise(m, slot, seconds: 0);
        Assert.Empty(Routers(m));
        Assert.Equal((0, 0), (DefaultRoutes(m), m.K.NdPfxRouters.ToArray().Count(x => x.Used)));

        Advertise(m, slot, seconds: 2);
        for (int tick = 0; tick < 10; tick++)
        {
            Assert.Single(Routers(m));
            m.K.Nd6Timer();
        }

        Assert.Empty(Routers(m));
        Assert.Equal(0, DefaultRoutes(m));
    }

    [Fact]
    public void Detaching_a_unit_with_an_IPv6_address_takes_its_routers_and_prefixes_along()
    {
        Machine m = Host();
        int slot = m.Up();
        Advertise(m, slot);
        m.Close(slot);

        Assert.Empty(Routers(m));
        Assert.Equal((0, 0), (Announced(m), DefaultRoutes(m)));
    }

    [Fact]
    public void After_pppd_has_taken_the_address_they_stay_and_ndp_reads_the_freed_ifnet()
    {
        Machine m = Host();
        int slot = m.Up();
        Advertise(m, slot);
        m.Down(slot);

        Assert.Equal((1, 1, 0), (m.Stale(HolderKind.NdDefrouterIfp), m.Stale(HolderKind.NdPrefixIfp), DefaultRoutes(m)));
        Assert.Equal(3, m.K.Nd6ListRoutersAndPrefixes()); // with the link-local prefix of the Ethernet
        Assert.Equal(2, m.Probe(Probe.StalePointerUsed));
        Assert.Equal(PurgeGap.NoInet6Address, m.Oracle.GapOf(HolderKind.NdDefrouterIfp, Routers(m)[0].Ifp));
    }

    [Fact]
    public void The_next_calls_router_is_chosen_after_one_whose_unit_is_gone()
    {
        Machine m = Host();
        int slot = m.Up();
        Advertise(m, slot);
        m.Down(slot);
        m.K.Heap.Malloc(0, BlockImage.Text); // somebody else has the block
        Advertise(m, m.Up());

        Assert.Equal([false, true], Routers(m).OrderBy(dr => dr.Place).Select(dr => dr.Installed));
        Assert.Equal((1, 2), (DefaultRoutes(m), Announced(m)));
    }
}
