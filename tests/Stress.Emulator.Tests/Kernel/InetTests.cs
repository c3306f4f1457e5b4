using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

/// <summary>
/// IPv4 addresses, groups and socket options (reference 2). ENOBUFS, EOPNOTSUPP and the EINVAL of a wrong length cannot occur: memory for options is not
/// finite in the model, and its system calls take typed arguments.
/// </summary>
public class InetTests
{
    private static readonly Ipv4Address Spf = Ipv4Address.AllSpfRouters, Unknown = Ipv4Address.Of(10, 9, 9, 9);

    private static Ipv4Address ByIndex(ushort index) => new(index);

    private static (Machine M, int Slot, int Socket) Joined(Ipv4Address group, int freeSoftc = 1)
    {
        var m = new Machine(freeSoftc: freeSoftc);
        int slot = m.Up(), s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        Assert.Equal(Errno.None, m.K.IpAddMembership(s, group, Machine.Local));
        return (m, slot, s);
    }

    [Fact]
    public void A_group_that_is_not_class_d_is_EINVAL()
    {
        (Machine m, _, int s) = Joined(Spf);
        Assert.Equal(Errno.EINVAL, m.K.IpAddMembership(s, Unknown, Machine.Local));
        Assert.Equal(Errno.EINVAL, m.K.IpDropMembership(s, Unknown, Machine.Local));
        Assert.Equal(Errno.EINVAL, m.K.IpAddMembership(s, Ipv4Address.Of(240, 0, 0, 1), Machine.Local));
    }

    [Fact]
    public void An_unknown_address_or_index_is_EADDRNOTAVAIL()
    {
        (Machine m, _, int s) = Joined(Spf);
        foreach (Ipv4Address on in new[] { Unknown, ByIndex(9), ByIndex(4000) })
        {
            Assert.Equal(Errno.EADDRNOTAVAIL, m.K.IpAddMembership(s, Spf, on));
            Assert.Equal(Errno.EADDRNOTAVAIL, m.K.IpDropMembership(s, Spf, on));
            Assert.Equal(Errno.EADDRNOTAVAIL, m.K.IpMulticastIf(s, on));
        }
    }

    [Fact]
    public void Joining_with_interface_zero_takes_the_route_to_the_group_and_is_EADDRNOTAVAIL_without_one()
    {
        (Machine m, int slot, int s) = Joined(Spf);
        Assert.Equal(Errno.EADDRNOTAVAIL, m.K.IpAddMembership(s, Ipv4Address.AllDRouters, Ipv4Address.Any));
        m.K.AddDefaultRoute(slot);
        Assert.Equal(Errno.None, m.K.IpAddMembership(s, Ipv4Address.AllDRouters, Ipv4Address.Any));
        Assert.Contains(m.K.InMultis.ToArray(), x => x.Used && x.Group == Ipv4Address.AllDRouters && x.Ifp == m.K.PointerTo(slot));
    }

    [Fact]
    public void A_drop_after_the_address_has_gone_is_EADDRNOTAVAIL_and_the_membership_stays()
    {
        (Machine m, int slot, int s) = Joined(Spf);
        m.K.SiocDifAddr(slot, Machine.Local);
        Assert.Equal(Errno.EADDRNOTAVAIL, m.K.IpDropMembership(s, Spf, Machine.Local));
        Assert.Equal(1, m.K.Pcbs[s].MembershipCount);
    }

    [Fact]
    public void Dropping_a_group_that_was_not_joined_is_EADDRNOTAVAIL()
    {
        (Machine m, _, int s) = Joined(Spf);
        Assert.Equal(Errno.EADDRNOTAVAIL, m.K.IpDropMembership(s, Ipv4Address.AllDRouters, Machine.Local));
        Assert.Equal(Errno.EADDRNOTAVAIL, m.K.IpDropMembership(s, Spf, Machine.Ethernet));
        Assert.Equal(Errno.EADDRNOTAVAIL, m.K.IpDropMembership(s, Ipv4Address.AllDRouters, Ipv4Address.Any));
    }

    [Fact]
    public void The_same_group_on_the_same_interface_is_EADDRINUSE_and_another_socket_only_counts()
    {
        (Machine m, _, int s) = Joined(Spf);
        Assert.Equal(Errno.EADDRINUSE, m.K.IpAddMembership(s, Spf, Machine.Local));
        int other = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        Assert.Equal(Errno.None, m.K.IpAddMembership(other, Spf, Machine.Local));
        Assert.Equal(2, Assert.Single(m.K.InMultis.ToArray(), x => x.Used && x.Group == Spf).RefCount);
        m.K.CloseSocket(s, exiting: false);
        Assert.Equal(1, Assert.Single(m.K.InMultis.ToArray(), x => x.Used && x.Group == Spf).RefCount);
    }

    [Fact]
    public void The_21st_membership_is_ETOOMANYREFS_and_EADDRINUSE_is_tested_before_it()
    {
        (Machine m, _, int s) = Joined(Spf);
        for (int i = 1; i < 20; i++)
        {
            Assert.Equal(Errno.None, m.K.IpAddMembership(s, Ipv4Address.Of(224, 0, 2, (byte)i), Machine.Local));
        }

        Assert.Equal(Errno.ETOOMANYREFS, m.K.IpAddMembership(s, Machine.Ntp, Machine.Local));
        Assert.Equal(Errno.EADDRINUSE, m.K.IpAddMembership(s, Spf, Machine.Local));
        Assert.Equal(Errno.None, m.K.IpDropMembership(s, Spf, Machine.Local));
        Assert.Equal(Errno.None, m.K.IpAddMembership(s, Machine.Ntp, Machine.Local));
        Assert.Equal(1, m.Probe(Probe.TooManyRefs));
    }

    [Fact]
    public void Stale_records_fill_the_twenty_slots_of_the_socket()
    {
        var m = new Machine(freeSoftc: 2);
        int s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        Errno last = Errno.None;
        for (int i = 0; i < 21; i++)
        {
            int slot = m.Up();
            last = m.K.IpAddMembership(s, Spf, Machine.Local);
            m.Down(slot);
            while (m.K.Heap.FreeCount(0) > 0)
            {
                m.K.Heap.Malloc(0, BlockImage.Zero); // the block never comes back to the driver
            }
        }

        Assert.Equal((Errno.ETOOMANYREFS, 20), (last, m.Stale(HolderKind.InMultiIfp)));
    }

    [Fact]
    public void A_drop_with_interface_zero_takes_the_first_record_of_the_group_whatever_its_interface()
    {
        (Machine m, int slot, int s) = Joined(Spf);
        Assert.Equal(Errno.None, m.K.IpAddMembership(s, Spf, Machine.Ethernet));
        Assert.Equal(Errno.None, m.K.IpDropMembership(s, Spf, Ipv4Address.Any));

        InMulti left = Assert.Single(m.K.InMultis.ToArray(), x => x.Used && x.Group == Spf);
        Assert.NotEqual(m.K.PointerTo(slot), left.Ifp);
        Assert.Equal(Errno.None, m.K.IpDropMembership(s, Spf, Machine.Ethernet));
    }

    [Fact]
    public void A_borrowed_address_names_the_newest_interface_that_has_it()
    {
        var m = new Machine();
        int slot = m.Up(local: Machine.Ethernet), s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        m.K.IpMulticastIf(s, Machine.Ethernet);
        Assert.Equal(m.K.PointerTo(slot), m.K.Pcbs[s].MulticastIfp);
        m.K.SiocDifAddr(slot, Machine.Ethernet);
        m.K.IpMulticastIf(s, Machine.Ethernet);
        Assert.Equal(IMachine.EthernetIndex, m.K.Pcbs[s].MulticastIfp.Index);
    }

    [Fact]
    public void A_late_drop_by_a_borrowed_address_succeeds_on_the_wrong_interface()
    {
        var m = new Machine();
        int slot = m.Up(local: Machine.Ethernet), s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        Assert.Equal(Errno.None, m.K.IpAddMembership(s, Spf, Machine.Ethernet));
        Assert.Equal(Errno.None, m.K.IpAddMembership(s, Spf, ByIndex(IMachine.EthernetIndex)));
        m.K.SiocDifAddr(slot, Machine.Ethernet);
        Assert.Equal(Errno.None, m.K.IpDropMembership(s, Spf, Machine.Ethernet));

        Assert.Equal(m.K.PointerTo(slot), Assert.Single(m.K.InMultis.ToArray(), x => x.Used && x.Group == Spf).Ifp);
    }

    [Fact]
    public void By_index_a_group_can_be_joined_and_dropped_without_any_address_and_without_IFF_UP()
    {
        var m = new Machine();
        m.K.EnterFromUser(KernelFunction.Syscall);
        int slot = m.K.PppOpen(0, 1), s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        Assert.Equal(Errno.None, m.K.IpAddMembership(s, Spf, ByIndex(m.Index(slot))));
        Assert.Equal(Errno.None, m.K.IpMulticastIf(s, ByIndex(m.Index(slot))));
        Assert.Equal(Errno.None, m.K.IpDropMembership(s, Spf, ByIndex(m.Index(slot))));
    }

    [Fact]
    public void Options_that_are_all_default_are_freed_again()
    {
        (Machine m, _, int s) = Joined(Spf);
        Assert.True(m.K.Pcbs[s].HasMoptions);
        m.K.IpDropMembership(s, Spf, Machine.Local);
        Assert.False(m.K.Pcbs[s].HasMoptions);
        m.K.IpMulticastIf(s, Machine.Local);
        Assert.True(m.K.Pcbs[s].HasMoptions);
        m.K.IpMulticastIf(s, Ipv4Address.Any);
        Assert.Equal((false, true), (m.K.Pcbs[s].HasMoptions, m.K.Pcbs[s].MulticastIfp.IsNull));
        m.K.IpMulticastTtlLoop(s, 1, false);
        Assert.True(m.K.Pcbs[s].HasMoptions);
    }

    [Fact]
    public void Reading_the_outgoing_interface_back_gives_its_first_address()
    {
        (Machine m, _, int s) = Joined(Spf);
        m.K.IpMulticastIf(s, Machine.Local);
        m.K.IpMulticastIfReadBack(s, out Ipv4Address a);
        Assert.Equal(Machine.Local, a);
    }

    [Fact]
    public void Reading_the_outgoing_interface_back_by_index_gives_the_address_of_the_unit_that_has_the_index_now()
    {
        var m = new Machine(freeSoftc: 3, design: "index");
        int s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        int slot = m.Up();
        m.K.IpMulticastIf(s, Machine.Local);
        m.Down(slot);
        m.K.IpMulticastIfReadBack(s, out Ipv4Address a);
        Assert.Equal(Ipv4Address.Any, a);

        m.Up(local: Ipv4Address.Of(10, 0, 7, 1));
        m.K.IpMulticastIfReadBack(s, out a);
        Assert.Equal(Ipv4Address.Of(10, 0, 7, 1), a);
    }

    [Fact]
    public void Removing_an_address_leaves_224_0_0_1_and_touches_no_socket()
    {
        (Machine m, int slot, int s) = Joined(Spf);
        m.K.IpMulticastIf(s, Machine.Local);
        int udp = m.K.OpenSocket(PcbTable.Udp, 123);
        m.K.InSelectSrc(udp, Machine.Peer, out _);
        m.K.EnterFromUser(KernelFunction.Syscall);
        Assert.Equal(Errno.None, m.K.SiocDifAddr(slot, Machine.Local));

        Assert.Equal((1, m.K.PointerTo(slot)), (m.K.Pcbs[s].MembershipCount, m.K.Pcbs[s].MulticastIfp));
        Assert.True(m.K.Pcbs[udp].Route >= 0);
        Assert.DoesNotContain(m.K.InMultis.ToArray(), x => x.Used && x.Group == Ipv4Address.AllHosts && x.Ifp == m.K.PointerTo(slot));
        Assert.Equal(Errno.EADDRNOTAVAIL, m.K.SiocDifAddr(slot, Machine.Local));
        Assert.Equal(Errno.EADDRNOTAVAIL, m.K.SiocDifAddr(slot, Ipv4Address.Any));
    }

    [Fact]
    public void Adding_and_removing_an_address_speaks_on_the_routing_socket_in_the_kernels_order()
    {
        var m = new Machine();
        int slot = m.Up();
        m.Messages();
        m.K.SiocDifAddr(slot, Ipv4Address.Any);
        Assert.Equal([RtMsg.Delete, RtMsg.DelAddr], m.Messages().Select(x => x.Type));
        m.K.SiocAifAddr(slot, Machine.Local, Machine.Peer);
        Assert.Equal([RtMsg.NewAddr, RtMsg.Add], m.Messages().Select(x => x.Type));
    }

    [Fact]
    public void RTM_DELADDR_is_not_sent_when_the_peers_host_route_belongs_to_another_address()
    {
        var m = new Machine(freeSoftc: 3);
        m.Up(0);
        int second = m.Up(1, Ipv4Address.Of(10, 0, 1, 1), Machine.Peer);
        m.Messages();
        m.K.SiocDifAddr(second, Ipv4Address.Any);

        Assert.Empty(m.Messages());
        Assert.Equal(1, m.Probe(Probe.DelAddrSuppressed));
    }

    [Fact]
    public void A_record_lies_in_the_bucket_of_group_and_index()
    {
        (Machine m, int slot, _) = Joined(Spf);
        Assert.Equal((0xE0000005u ^ m.Index(slot)) % 509, Assert.Single(m.K.InMultis.ToArray(), x => x.Used && x.Group == Spf).Bucket);
    }

    [Fact]
    public void Input_for_a_group_reaches_the_socket_only_while_a_record_of_the_receiving_interface_exists()
    {
        (Machine m, int slot, int s) = Joined(Spf);
        m.Input(slot, Spf, IpProtocol.Ospf, new byte[24]);
        m.Input(slot, Ipv4Address.AllDRouters, IpProtocol.Ospf, new byte[24]);
        Assert.Equal((s, m.Index(slot)), Assert.Single(m.Received));
        m.K.IpDropMembership(s, Spf, Machine.Local);
        m.Input(slot, Spf, IpProtocol.Ospf, new byte[24]);
        Assert.Single(m.Received);
    }

    [Fact]
    public void A_record_whose_interface_changed_its_index_is_in_the_wrong_bucket_and_input_is_lost()
    {
        // Row 1 (c) with another index: the same block, so EADDRINUSE, but no input.
        var m = new Machine(freeSoftc: 2);
        int a = m.Up(0), s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        m.K.IpAddMembership(s, Spf, Machine.Local);
        m.Up(1, Ipv4Address.Of(10, 0, 1, 1), Ipv4Address.Of(10, 0, 1, 2));
        uint address = m.K.Interfaces[a].Address;
        m.Down(a);
        int c = m.Up(0);
        Assert.Equal((address, (ushort)5), (m.K.Interfaces[c].Address, m.Index(c)));

        Assert.Equal(Errno.EADDRINUSE, m.K.IpAddMembership(s, Spf, Machine.Local));
        m.Input(c, Spf, IpProtocol.Ospf, new byte[24]);
        Assert.Empty(m.Received);
        Assert.True(m.Probe(Probe.AddrInUseAfterReuse) > 0);
    }

    [Fact]
    public void Local_groups_are_never_reported_and_get_no_timer_and_no_router_info()
    {
        (Machine m, _, int s) = Joined(Spf);
        m.K.IpAddMembership(s, Ipv4Address.Of(224, 0, 0, 251), Machine.Local);
        Assert.False(m.K.IgmpTimersRunning);
        m.K.CloseSocket(s, exiting: false);

        Assert.Empty(m.Igmp());
        Assert.DoesNotContain(m.K.RouterInfos.ToArray(), r => r.Used);
    }

    [Fact]
    public void Another_group_is_reported_at_once_and_again_within_ten_seconds()
    {
        (Machine m, _, _) = Joined(Machine.Ntp);
        byte[] packet = Assert.Single(m.Sent, x => x.Protocol == PppProtocol.Ipv4).Packet;
        Assert.Equal(0x46, packet[0]);
        Assert.Equal([0x94, 0x04, 0x00, 0x00], packet[20..24]); // Router Alert
        Assert.Equal((byte)1, packet[8]);
        Assert.Equal([224, 0, 1, 1], packet[16..20]);

        // RFC 2236: type 0x16, no response time, checksum ~(0x1600 + 0xE000 + 0x0101), group.
        Assert.Equal([0x16, 0x00, 0x08, 0xFE, 0xE0, 0x00, 0x01, 0x01], packet[24..]);
        for (int i = 0; i < 50; i++)
        {
            m.K.EnterFromUser(KernelFunction.SoftNet);
            m.K.IgmpFastTimo();
        }

        Assert.Equal(2, m.Igmp().Count);
        Assert.False(m.K.IgmpTimersRunning);
    }

    [Fact]
    public void Leaving_another_group_tells_all_routers()
    {
        (Machine m, _, int s) = Joined(Machine.Ntp);
        m.Sent.Clear();
        m.K.IpDropMembership(s, Machine.Ntp, Machine.Local);
        byte[] packet = Assert.Single(m.Sent).Packet;
        Assert.Equal([224, 0, 0, 2], packet[16..20]);
        Assert.Equal([0x17, 0x00, 0x07, 0xFE, 0xE0, 0x00, 0x01, 0x01], packet[24..]);
    }

    [Fact]
    public void After_a_version_1_query_reports_are_of_version_1_and_nobody_is_told_of_a_leave()
    {
        (Machine m, int slot, int s) = Joined(Machine.Ntp);
        Query(m, slot, 0);
        Assert.Equal(1, Assert.Single(m.K.RouterInfos.ToArray(), r => r.Used).Version);
        m.Sent.Clear();
        Ipv4Address second = Ipv4Address.Of(224, 0, 2, 2);
        m.K.IpAddMembership(s, second, Machine.Local);
        Assert.Equal(IgmpType.MembershipReportV1, Assert.Single(m.Igmp()).Igmp.Type);
        m.K.IpDropMembership(s, second, Machine.Local);
        Assert.Single(m.Igmp());
    }

    [Fact]
    public void A_query_arms_the_records_of_its_own_interface_within_its_response_time()
    {
        (Machine m, int slot, int s) = Joined(Machine.Ntp);
        m.K.IpAddMembership(s, Machine.Ntp, Machine.Ethernet);
        for (int i = 0; i < 60; i++)
        {
            m.K.EnterFromUser(KernelFunction.SoftNet);
            m.K.IgmpFastTimo();
        }

        m.Sent.Clear();
        Query(m, slot, 20);
        InMulti armed = Assert.Single(m.K.InMultis.ToArray(), x => x.Used && x.Timer > 0);
        Assert.Equal(m.K.PointerTo(slot), armed.Ifp);
        Assert.InRange(armed.Timer, 1, 10);
    }

    internal static void Query(Machine m, int slot, byte tenths)
    {
        Span<byte> payload = stackalloc byte[IgmpMessage.Length];
        new IgmpMessage(IgmpType.MembershipQuery, tenths, Ipv4Address.Any).Write(payload);
        m.Input(slot, Ipv4Address.AllHosts, IpProtocol.Igmp, payload);
    }

    [Fact]
    public void A_raw_sockets_group_is_left_through_a_router_info_that_udps_turn_has_freed()
    {
        // Order trap 2.3: igmp_purgeif runs in UDP's turn, the raw socket's membership is deleted in RAW's.
        (Machine m, int slot, _) = Joined(Machine.Ntp);
        m.Close(slot);
        Assert.Contains(m.Said, x => x.StartsWith("igmp_leavegroup reads through stale in_multi.inm_rti", StringComparison.Ordinal));
    }

    [Fact]
    public void The_order_trap_spares_224_0_0_5_and_a_udp_socket()
    {
        (Machine m, int slot, _) = Joined(Spf);
        int udp = m.K.OpenSocket(PcbTable.Udp, 123);
        m.K.IpAddMembership(udp, Machine.Ntp, Machine.Local);
        m.Close(slot);
        Assert.DoesNotContain(m.Said, x => x.Contains("stale", StringComparison.Ordinal));
        Assert.Equal(0, m.StaleTotal());
    }

    [Fact]
    public void A_send_over_a_unit_that_is_down_is_ENETDOWN()
    {
        (Machine m, int slot, int s) = Joined(Spf);
        m.K.IpMulticastIf(s, Machine.Local);
        Assert.Equal(Errno.None, m.K.SendRaw(s, Spf, Machine.Local, IpProtocol.Ospf, new byte[44]));
        Assert.Single(m.Sent);
        m.K.EnterFromUser(KernelFunction.Syscall);
        m.K.SiocSIfFlags(slot, false);
        Assert.Equal(Errno.ENETDOWN, m.K.SendRaw(s, Spf, Machine.Local, IpProtocol.Ospf, new byte[44]));
        Assert.Equal(Errno.EHOSTUNREACH, m.K.SendRaw(s, Unknown, Machine.Local, IpProtocol.Ospf, new byte[44]));
    }
}
