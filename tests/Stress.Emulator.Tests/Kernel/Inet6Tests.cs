using System.Runtime.CompilerServices;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

/// <summary>IPv6 addresses, groups and the cached route of a socket (reference 3).</summary>
public class Inet6Tests
{
    private static readonly Ipv6Address Rip = Ipv6Address.AllRipRouters;

    private static In6Ifaddr[] AddressesOf(Machine m, int slot) => [.. m.K.Inet6Addresses.ToArray().Where(a => a.Used && a.Ifp == m.K.PointerTo(slot))];

    private static In6Multi Record(Machine m, Ipv6Address group) => Assert.Single(m.K.In6Multis.ToArray(), x => x.Used && x.Group.WithEmbeddedScope(0) == group);

    private static (Machine M, int Slot, int Socket) Joined(bool linkLocalFirst = true)
    {
        var m = new Machine();
        int slot = m.Up(linkLocalFirst: linkLocalFirst), s = m.K.OpenSocket(PcbTable.Udp6, 521);
        if (!linkLocalFirst)
        {
            m.K.SiocAifAddr6(slot, Machine.LocalLink, 128, Machine.PeerLink);
        }

        Assert.Equal(Errno.None, m.K.Ipv6JoinGroup(s, Rip, m.Index(slot)));
        return (m, slot, s);
    }

    [Fact]
    public void A_group_record_that_nobody_refers_to_is_given_up_by_nobody()
    {
        // No system call leads there: the count is spoilt, as a fault of the model would spoil it, and must not wrap to 65,535.
        (Machine m, int slot, int s) = Joined();
        int at = m.K.In6Multis.ToArray().ToList().FindIndex(x => x.Used && x.Group.WithEmbeddedScope(0) == Rip);
        Unsafe.AsRef(in m.K.In6Multis[at]).RefCount = 0;
        var e = Assert.Throws<InvalidOperationException>(() => m.K.Ipv6LeaveGroup(s, Rip, m.Index(slot)));
        Assert.Contains("in6_delmulti", e.Message);
    }

    [Fact]
    public void At_if_up_the_kernel_adds_a_link_local_of_its_own_when_pppd_has_set_none()
    {
        var m = new Machine();
        int slot = m.Up(linkLocalFirst: false);
        In6Ifaddr a = Assert.Single(AddressesOf(m, slot));
        Assert.Equal((true, true, m.Index(slot), (byte)64), (a.Automatic, a.Address.IsLinkLocal, a.Address.EmbeddedScope, a.PrefixLength));
    }

    [Fact]
    public void At_if_up_the_kernel_adds_nothing_when_pppd_was_first()
    {
        var m = new Machine();
        int slot = m.Up();
        In6Ifaddr a = Assert.Single(AddressesOf(m, slot));
        Assert.Equal((false, Machine.LocalLink), (a.Automatic, a.Address.WithEmbeddedScope(0)));
    }

    [Fact]
    public void The_kernels_own_link_local_outlives_pppds_and_protects_ipv6_at_detach()
    {
        (Machine m, int slot, _) = Joined(linkLocalFirst: false);
        m.K.SiocDifAddr6(slot, Machine.LocalLink);
        Assert.Single(AddressesOf(m, slot));
        Assert.True(Record(m, Rip).Ia >= 0); // moved to the other address, not parked
        m.Close(slot);

        Assert.Equal((0, 0, 0), (m.Stale(HolderKind.In6MultiIfp), m.Stale(HolderKind.KludgeIfp), m.Stale(HolderKind.In6pRouteIfp)));
    }

    [Fact]
    public void Removing_the_last_address_parks_the_sockets_groups_and_the_next_one_takes_them_back()
    {
        (Machine m, int slot, _) = Joined();
        Assert.Equal(Errno.None, m.K.SiocDifAddr6(slot, Machine.LocalLink));
        Assert.Equal(-1, Record(m, Rip).Ia);
        Assert.DoesNotContain(m.K.In6Multis.ToArray(), x => x.Used && x.Ifp == m.K.PointerTo(slot) && x.Ia >= 0);
        m.K.SiocAifAddr6(slot, Machine.LocalLink, 128, Machine.PeerLink);
        Assert.True(Record(m, Rip).Ia >= 0);
    }

    [Fact]
    public void Parked_groups_are_not_visited_by_the_timer()
    {
        (Machine m, int slot, _) = Joined();
        m.K.SiocDifAddr6(slot, Machine.LocalLink);
        ushort timer = Record(m, Rip).Timer;
        Assert.True(timer > 0);
        m.K.EnterFromUser(KernelFunction.SoftNet);
        m.K.Mld6FastTimeo();
        Assert.Equal(timer, Record(m, Rip).Timer);
    }

    [Fact]
    public void Below_an_mtu_of_1280_removing_the_last_address_panics_for_want_of_a_kludge()
    {
        var m = new Machine(options: new KernelOptions { PppMtu = 1279 });
        int slot = m.Up(), s = m.K.OpenSocket(PcbTable.Udp6, 521);
        Assert.Equal(Errno.None, m.K.Ipv6JoinGroup(s, Rip, m.Index(slot)));
        KernelPanic panic = Assert.Throws<KernelPanic>(() => m.K.SiocDifAddr6(slot, Machine.LocalLink));
        Assert.Equal((UseSite.In6SaveMkludge, "in6_savemkludge: no kludge space"), (panic.Site, panic.Message));
    }

    [Theory]
    [InlineData(1279, 0)]
    [InlineData(1280, 1)]
    public void Below_an_mtu_of_1280_the_kernel_makes_no_link_local(int mtu, int addresses)
    {
        var m = new Machine(options: new KernelOptions { PppMtu = mtu });
        Assert.Equal(addresses, AddressesOf(m, m.Up(linkLocalFirst: false)).Length);
    }

    [Fact]
    public void Below_an_mtu_of_1280_and_without_groups_of_sockets_the_last_address_goes_quietly()
    {
        var m = new Machine(options: new KernelOptions { PppMtu = 576 });
        m.Down(m.Up());
        Assert.Equal(0, m.StaleTotal());
    }

    [Theory]
    [InlineData(0, Errno.EHOSTUNREACH)]
    [InlineData(4, Errno.ENXIO)]
    [InlineData(4000, Errno.ENXIO)]
    [InlineData(-1, Errno.ENXIO)]
    public void An_index_without_interface_is_ENXIO_even_zero_where_a_group_is_joined_or_left_while_PKTINFO_names_no_interface_by_zero(int index, Errno sent)
    {
        (Machine m, _, int s) = Joined();
        Assert.Equal(Errno.ENXIO, m.K.Ipv6JoinGroup(s, Rip, index));
        Assert.Equal(Errno.ENXIO, m.K.Ipv6LeaveGroup(s, Rip, index));
        Assert.Equal(sent, m.K.SendUdp6(s, Rip, 521, index, new byte[24]));
    }

    [Fact]
    public void The_outgoing_interface_by_index_is_ENXIO_without_interface_and_zero_clears_it()
    {
        (Machine m, int slot, int s) = Joined();
        Assert.Equal(Errno.ENXIO, m.K.Ipv6MulticastIf(s, 9));
        Assert.Equal(Errno.None, m.K.Ipv6MulticastIf(s, m.Index(slot)));
        Assert.Equal(m.K.PointerTo(slot), m.K.Pcbs[s].MulticastIfp);
        Assert.Equal(Errno.None, m.K.Ipv6MulticastIf(s, 0));
        Assert.True(m.K.Pcbs[s].MulticastIfp.IsNull);
    }

    [Fact]
    public void Joining_needs_an_ipv6_address_on_the_interface()
    {
        var m = new Machine();
        m.K.EnterFromUser(KernelFunction.Syscall);
        int slot = m.K.PppOpen(0, 1), s = m.K.OpenSocket(PcbTable.Udp6, 521);
        Assert.Equal(Errno.EADDRNOTAVAIL, m.K.Ipv6JoinGroup(s, Rip, m.Index(slot)));
        Assert.Equal(Errno.EINVAL, m.K.Ipv6JoinGroup(s, Machine.LocalLink, m.Index(slot)));
    }

    [Fact]
    public void Joining_twice_is_EADDRINUSE_and_leaving_twice_EADDRNOTAVAIL()
    {
        (Machine m, int slot, int s) = Joined();
        Assert.Equal(Errno.EADDRINUSE, m.K.Ipv6JoinGroup(s, Rip, m.Index(slot)));
        Assert.Equal(Errno.None, m.K.Ipv6JoinGroup(s, Rip, IMachine.EthernetIndex));
        Assert.Equal(Errno.None, m.K.Ipv6LeaveGroup(s, Rip, m.Index(slot)));
        Assert.Equal(Errno.EADDRNOTAVAIL, m.K.Ipv6LeaveGroup(s, Rip, m.Index(slot)));
        Assert.Equal(Errno.None, m.K.Ipv6LeaveGroup(s, Rip, IMachine.EthernetIndex));
    }

    [Fact]
    public void A_socket_may_join_more_than_twenty_groups()
    {
        (Machine m, int slot, int s) = Joined();
        for (ulong i = 0x100; i < 0x120; i++)
        {
            Assert.Equal(Errno.None, m.K.Ipv6JoinGroup(s, new Ipv6Address(0xFF02000000000000, i), m.Index(slot)));
        }
    }

    [Fact]
    public void A_link_local_address_with_another_interfaces_index_is_EINVAL()
    {
        var m = new Machine();
        int slot = m.Up(linkLocalFirst: false);
        Assert.Equal(Errno.EINVAL, m.K.SiocAifAddr6(slot, Machine.LocalLink.WithEmbeddedScope(9), 128, Machine.PeerLink));
        Assert.Equal(Errno.None, m.K.SiocAifAddr6(slot, Machine.LocalLink.WithEmbeddedScope(m.Index(slot)), 128, Machine.PeerLink));
        Assert.Equal(Errno.EADDRNOTAVAIL, m.K.SiocDifAddr6(slot, Ipv6Address.LinkLocal(0x99)));
    }

    [Fact]
    public void A_send_without_a_source_address_on_the_interface_is_EADDRNOTAVAIL()
    {
        var m = new Machine();
        m.K.EnterFromUser(KernelFunction.Syscall);
        int slot = m.K.PppOpen(0, 1), s = m.K.OpenSocket(PcbTable.Udp6, 521);
        Assert.Equal(Errno.EADDRNOTAVAIL, m.K.SendUdp6(s, Rip, 521, m.Index(slot), new byte[24]));
    }

    [Fact]
    public void A_join_is_reported_and_a_leave_told_with_real_bytes()
    {
        (Machine m, int slot, int s) = Joined();
        Assert.Contains(Mld(m), x => x.Type == Icmpv6Type.MulticastListenerReport && x.Group == Rip);
        m.Sent.Clear();
        m.K.Ipv6LeaveGroup(s, Rip, m.Index(slot));
        Assert.Equal((Icmpv6Type.MulticastListenerDone, Rip), (Assert.Single(Mld(m)).Type, Mld(m)[0].Group));
        Assert.DoesNotContain(Mld(m), x => x.Group == Ipv6Address.AllNodes);
    }

    private static List<MldMessage> Mld(Machine m)
    {
        var list = new List<MldMessage>();
        foreach ((_, PppProtocol protocol, byte[] packet) in m.Sent)
        {
            if (protocol == PppProtocol.Ipv6 && Ipv6Header.TryParse(packet, out Ipv6Header ip) == WireError.None && ip.NextHeader == IpProtocol.HopByHop)
            {
                ReadOnlySpan<byte> payload = ip.Payload(packet);
                Assert.Equal(WireError.None, Ipv6HopByHop.TryParse(payload, out Ipv6HopByHop hop));
                Assert.True(hop.RouterAlert);
                Assert.Equal(WireError.None, MldMessage.TryParse(payload[hop.HeaderLength..], ip.Source, ip.Destination, out MldMessage mld));
                list.Add(mld);
            }
        }

        return list;
    }

    [Fact]
    public void Only_a_unicast_send_fills_the_cached_route_and_a_send_elsewhere_empties_it()
    {
        (Machine m, int slot, int s) = Joined();
        Assert.Equal(Errno.None, m.K.SendUdp6(s, Rip, 521, m.Index(slot), new byte[24]));
        Assert.Equal(-1, m.K.Pcbs[s].Route);
        Assert.Equal(Errno.None, m.K.SendUdp6(s, Machine.PeerLink, 521, m.Index(slot), new byte[24]));
        int route = m.K.Pcbs[s].Route;
        Assert.Equal((m.K.PointerTo(slot), (ushort)1), (m.K.Routes[route].Ifp, m.K.Routes[route].RefCount));
        Assert.Equal(Errno.None, m.K.SendUdp6(s, Machine.PeerLink, 521, m.Index(slot), new byte[24]));
        Assert.Equal(1, m.K.Routes[route].RefCount);
        Assert.Equal(Errno.None, m.K.SendUdp6(s, Rip, 521, IMachine.EthernetIndex, new byte[24]));
        Assert.Equal((-1, 0), (m.K.Pcbs[s].Route, m.K.Routes[route].RefCount));
    }

    [Fact]
    public void Without_a_route_to_the_peer_a_unicast_send_is_EHOSTUNREACH()
    {
        (Machine m, int slot, int s) = Joined();
        Assert.Equal(Errno.EHOSTUNREACH, m.K.SendUdp6(s, Ipv6Address.LinkLocal(0x77), 521, m.Index(slot), new byte[24]));
    }

    [Fact]
    public void A_hub_that_sends_elsewhere_before_the_detach_has_an_empty_cache()
    {
        (Machine m, int slot, int s) = Joined();
        m.K.SendUdp6(s, Machine.PeerLink, 521, m.Index(slot), new byte[24]);
        m.K.EnterFromUser(KernelFunction.Syscall);
        m.K.SiocSIfFlags(slot, false);
        m.K.SendUdp6(s, Rip, 521, IMachine.EthernetIndex, new byte[24]);
        m.Down(slot);
        Assert.Equal(0, m.Stale(HolderKind.In6pRouteIfp));
    }

    [Theory]
    [InlineData("netbsd-2005", 1)]
    [InlineData("purge-flagged", 0)]
    [InlineData("purge-all", 0)]
    [InlineData("purge-last-address", 0)]
    [InlineData("route-validate", 0)]
    [InlineData("epoch", 0)]
    public void The_unicast_answers_route_outlives_the_unit_unless_the_design_clears_it(string design, int stale)
    {
        var m = new Machine(design: design);
        int slot = m.Up(), s = m.K.OpenSocket(PcbTable.Udp6, 521);
        m.K.SendUdp6(s, Machine.PeerLink, 521, m.Index(slot), new byte[24]);
        m.Down(slot);
        Assert.Equal(stale, m.Stale(HolderKind.In6pRouteIfp));
    }

    [Fact]
    public void Hop_limits_on_the_wire_are_255_for_multicast_and_64_for_unicast()
    {
        (Machine m, int slot, int s) = Joined();
        m.Sent.Clear();
        m.K.SendUdp6(s, Rip, 521, m.Index(slot), new byte[24]);
        m.K.SendUdp6(s, Machine.PeerLink, 521, m.Index(slot), new byte[24]);
        m.K.SendUdp6(s, Machine.PeerLink, 521, m.Index(slot), new byte[24]); // through in6_selecthlim
        Assert.Equal([255, 64, 64], m.Sent.Select(x => x.Packet[7]));
        Assert.All(m.Sent, x => Assert.Equal(0, x.Packet[26] | x.Packet[27])); // no embedded index leaves the machine
    }

    [Fact]
    public void A_raw_sockets_record_is_freed_in_udps_turn_and_read_in_raws()
    {
        // Order trap 3.4.
        var m = new Machine();
        int slot = m.Up(), raw = m.K.OpenSocket(PcbTable.Raw6, IpProtocol.Icmpv6);
        m.K.Ipv6JoinGroup(raw, Ipv6Address.AllRouters, m.Index(slot));
        m.K.SiocDifAddr(slot, Ipv4Address.Any);
        m.Close(slot);
        Assert.Contains(m.Said, x => x.StartsWith("in6_pcbpurgeif0 reads through stale in6_multi_mship.i6mm_maddr", StringComparison.Ordinal));
        m.K.CloseSocket(raw, exiting: false); // the dangling record is not counted down twice
        Assert.Equal(0, m.StaleTotal());
    }

    [Fact]
    public void A_udp_socket_is_not_in_that_trap()
    {
        (Machine m, int slot, _) = Joined();
        m.Close(slot);
        Assert.DoesNotContain(m.Said, x => x.Contains("stale", StringComparison.Ordinal));
        Assert.DoesNotContain(m.K.Memberships6.ToArray(), x => x.Used);
    }

    [Fact]
    public void By_index_a_report_goes_out_over_the_unit_that_has_the_index_now_not_over_the_one_in_the_old_block()
    {
        var m = new Machine(freeSoftc: 2, design: "index");
        int a = m.Up(0), s = m.K.OpenSocket(PcbTable.Udp6, 521);
        uint block = m.K.Interfaces[a].Address;
        m.K.Ipv6JoinGroup(s, Rip, m.Index(a));
        m.Down(a);
        int c = m.Up(0), d = m.Up(1, Ipv4Address.Of(10, 0, 1, 1), Ipv4Address.Of(10, 0, 1, 2));
        Assert.Equal(((ushort)3, block), (m.Index(c), m.K.Interfaces[d].Address));
        m.Sent.Clear();
        for (int i = 0; i < 50; i++)
        {
            m.K.EnterFromUser(KernelFunction.SoftNet);
            m.K.Mld6FastTimeo();
        }

        (int line, _, _) = Assert.Single(m.Sent, x => x.Packet.AsSpan().EndsWith(stackalloc byte[] { 0xFF, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9 }));
        Assert.Equal(0, line);
    }
}
