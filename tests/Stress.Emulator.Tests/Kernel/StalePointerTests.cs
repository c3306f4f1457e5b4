using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

/// <summary>
/// The stale-pointer table (reference 8.3), a row at a time against the state of the freed block: intact, poisoned in part, poisoned, a ppp unit again, or
/// somebody else's. Rows that the model cannot reach: 6 (no flow cache), 11 (pppd's /128 makes no prefix), 12 (the walk skips nothing without cloning parents),
/// 13 and 14 (rt_ifa and rcvif are not followed). Row 10 has no reader in the model: ip6_output is always given a PKTINFO.
/// </summary>
public class StalePointerTests
{
    private const string Text = nameof(BlockImage.Text), Zero = nameof(BlockImage.Zero), Numbers = nameof(BlockImage.SmallIntegers);

    /// <summary>What becomes of the block: "free", "unit", or what another owner writes.</summary>
    private static int Become(Machine m, string block)
    {
        switch (block)
        {
            case "free":
                return -1;
            case "unit":
                return m.Up(peer: Ipv4Address.Of(10, 0, 0, 9));
            default:
                m.K.Heap.Malloc(0, Enum.Parse<BlockImage>(block));
                return -1;
        }
    }

    private static string Outcome(Action use)
    {
        try
        {
            use();
            return "lives";
        }
        catch (KernelPanic panic)
        {
            return $"{KernelNames.Of(panic.Site)} 0x{panic.Word:x8}";
        }
    }

    private static (Machine M, int Socket) Group(MallocFill fill, Ipv4Address group)
    {
        var m = new Machine(fill);
        int slot = m.Up(), s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        Assert.Equal(Errno.None, m.K.IpAddMembership(s, group, Machine.Local));
        m.Down(slot);
        Assert.Equal(1, m.Stale(HolderKind.InMultiIfp));
        m.Sent.Clear();
        return (m, s);
    }

    [Theory]
    [InlineData(MallocFill.Release, "free", "lives")]
    [InlineData(MallocFill.Diagnostic, "free", "lives")]
    [InlineData(MallocFill.Debug, "free", "in_delmulti 0xdeadbeef")]
    [InlineData(MallocFill.Diagnostic, "unit", "lives")]
    [InlineData(MallocFill.Debug, "unit", "lives")]
    [InlineData(MallocFill.Diagnostic, Text, "in_delmulti 0x2f766564")]
    [InlineData(MallocFill.Diagnostic, Numbers, "in_delmulti 0x00000030")]
    [InlineData(MallocFill.Release, Zero, "in_delmulti 0x00000000")]
    public void Row_1_closing_the_socket_of_a_stale_local_group(MallocFill fill, string block, string expected)
    {
        (Machine m, int s) = Group(fill, Ipv4Address.AllSpfRouters);
        Become(m, block);
        Assert.Equal(expected, Outcome(() => m.K.CloseSocket(s, exiting: true)));
        if (block == "unit")
        {
            Assert.True(m.Counted.Counts.Aliases > 0);
        }
    }

    [Fact]
    public void Row_1_a_drop_with_interface_zero_reads_it_too_and_a_drop_by_address_never_does()
    {
        (Machine m, int s) = Group(MallocFill.Debug, Ipv4Address.AllSpfRouters);
        Assert.Equal("lives", Outcome(() => Assert.Equal(Errno.EADDRNOTAVAIL, m.K.IpDropMembership(s, Ipv4Address.AllSpfRouters, Machine.Local))));
        Assert.Equal("in_delmulti 0xdeadbeef", Outcome(() => m.K.IpDropMembership(s, Ipv4Address.AllSpfRouters, Ipv4Address.Any)));
    }

    [Fact]
    public void Row_1_joining_again_on_a_unit_in_the_same_block_is_EADDRINUSE_and_works_by_luck()
    {
        (Machine m, int s) = Group(MallocFill.Diagnostic, Ipv4Address.AllSpfRouters);
        int slot = Become(m, "unit");
        Assert.Equal(Errno.EADDRINUSE, m.K.IpAddMembership(s, Ipv4Address.AllSpfRouters, Machine.Local));
        m.Input(slot, Ipv4Address.AllSpfRouters, IpProtocol.Ospf, new byte[24]);
        Assert.Single(m.Received);
    }

    [Fact]
    public void Row_1_a_static_unit_leaves_nothing_stale()
    {
        var m = new Machine(MallocFill.Debug, staticUnits: 1);
        int slot = m.Up(), s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        m.K.IpAddMembership(s, Ipv4Address.AllSpfRouters, Machine.Local);
        m.Down(slot);
        Assert.Equal("lives", Outcome(() => m.K.CloseSocket(s, exiting: true)));
    }

    // In a release kernel the address list of the freed block is empty: the report has no source, EADDRNOTAVAIL.
    [Theory]
    [InlineData(MallocFill.Release, "free", false, "lives")]
    [InlineData(MallocFill.Release, "free", true, "lives")]
    [InlineData(MallocFill.Diagnostic, "free", false, "ip_output 0xdeadbeef")]
    [InlineData(MallocFill.Debug, "free", false, "ip_output 0xdeadbeef")]
    [InlineData(MallocFill.Diagnostic, "unit", false, "lives")]
    [InlineData(MallocFill.Diagnostic, Text, false, "ip_output 0x2f766564")]
    [InlineData(MallocFill.Diagnostic, Numbers, false, "ip_output 0x00000003")]
    // The table says crash for any other owner; a zero-filled block has an empty address list and no IFF_MULTICAST: ENETUNREACH.
    [InlineData(MallocFill.Diagnostic, Zero, false, "lives")]
    public void Row_2_the_igmp_timer_of_a_stale_group(MallocFill fill, string block, bool another, string expected)
    {
        var m = new Machine(fill, another ? 2 : 1);
        int slot = m.Up(), s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf), other = another ? m.K.Heap.Malloc(0, BlockImage.Zero) : -1;
        m.K.IpAddMembership(s, Machine.Ntp, Machine.Local);
        m.Down(slot);
        if (another)
        {
            m.K.Heap.Free(other);
        }

        Become(m, block);
        m.Sent.Clear();
        Assert.Equal(expected, Outcome(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                m.K.EnterFromUser(KernelFunction.SoftNet);
                m.K.IgmpFastTimo();
            }
        }));
        Assert.Equal(block == "unit" ? 1 : 0, m.Igmp().Count);
    }

    private static (Machine M, int Socket) Chosen(MallocFill fill)
    {
        var m = new Machine(fill);
        int slot = m.Up(), s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        m.K.IpMulticastIf(s, Machine.Local);
        m.Down(slot);
        Assert.Equal(1, m.Stale(HolderKind.IpMoptionsIfp));
        return (m, s);
    }

    [Theory]
    [InlineData(MallocFill.Release, "free", "pppoutput 0x00000000", "lives")]
    [InlineData(MallocFill.Diagnostic, "free", "ip_output 0xdeadbeef", "ip_getmoptions 0xdeadbeef")]
    [InlineData(MallocFill.Debug, "free", "ip_output 0xdeadbeef", "ip_getmoptions 0xdeadbeef")]
    [InlineData(MallocFill.Debug, "unit", "lives", "lives")]
    [InlineData(MallocFill.Debug, Text, "ip_output 0x2f766564", "ip_getmoptions 0x2f766564")]
    [InlineData(MallocFill.Debug, Zero, "lives", "lives")] // as row 2: zero-filled memory is not a multicast interface
    public void Row_3_a_send_or_read_back_through_the_stale_outgoing_interface(MallocFill fill, string block, string send, string readBack)
    {
        (Machine m, int s) = Chosen(fill);
        Become(m, block);
        m.Sent.Clear();
        Assert.Equal(readBack, Outcome(() => m.K.IpMulticastIfReadBack(s, out _)));

        // The next IP_MULTICAST_IF by the dead address fails, and the old choice stays.
        if (block != "unit")
        {
            Assert.Equal(Errno.EADDRNOTAVAIL, m.K.IpMulticastIf(s, Machine.Local));
        }

        Assert.Equal(send, Outcome(() => m.K.SendRaw(s, Ipv4Address.AllSpfRouters, Machine.Local, IpProtocol.Ospf, new byte[44])));
        Assert.Equal(block == "unit" ? 1 : 0, m.Sent.Count);
    }

    [Theory]
    [InlineData("unit", 1)]
    [InlineData("free", 2)]
    public void Row_4_a_new_unit_in_the_same_block_inherits_the_dead_ones_router_version(string block, byte version)
    {
        var m = new Machine();
        int slot = m.Up(), s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        InetTests.Query(m, slot, 0);
        m.Down(slot);
        Assert.Equal(1, m.Stale(HolderKind.RouterInfoIfp));
        if (block == "free")
        {
            m.K.Heap.Malloc(0, BlockImage.Text); // somebody else has it: the entry is only a leak
        }

        m.Up();
        m.Sent.Clear();
        m.K.IpAddMembership(s, Machine.Ntp, Machine.Local);
        Assert.Equal(version == 1 ? IgmpType.MembershipReportV1 : IgmpType.MembershipReportV2, m.Igmp()[0].Igmp.Type);
        Assert.Equal(version == 1 ? 1 : 0, m.Probe(Probe.RouterInfoAdopted));
    }

    [Theory]
    [InlineData(MallocFill.Release, "free")]
    [InlineData(MallocFill.Diagnostic, "free")]
    [InlineData(MallocFill.Debug, "free")]
    [InlineData(MallocFill.Diagnostic, "unit")]
    [InlineData(MallocFill.Diagnostic, Text)]
    public void Row_5_in_selectsrc_reads_flags_through_a_dead_route_and_never_faults(MallocFill fill, string block)
    {
        var m = new Machine(fill);
        int slot = m.Up(), udp = m.K.OpenSocket(PcbTable.Udp, 123);
        Assert.Equal(Errno.None, m.K.InSelectSrc(udp, Machine.Peer, out Ipv4Address source));
        Assert.Equal(Machine.Local, source);
        m.Down(slot);
        Assert.Equal(1, m.Stale(HolderKind.InpRouteIfp));
        Become(m, block);
        Assert.Equal("lives", Outcome(() => m.K.InSelectSrc(udp, Machine.Peer, out _)));
        Assert.Contains(m.Said, x => x.StartsWith("in_selectsrc", StringComparison.Ordinal));
    }

    [Fact]
    public void Row_5_ip_output_tests_RTF_UP_and_drops_the_dead_route()
    {
        var m = new Machine(MallocFill.Debug);
        int slot = m.Up(), s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        Assert.Equal(Errno.None, m.K.SendRaw(s, Machine.Peer, Machine.Local, IpProtocol.Ospf, new byte[24]));
        m.Down(slot);
        Assert.Equal(1, m.Stale(HolderKind.InpRouteIfp));
        Assert.Equal(Errno.EHOSTUNREACH, m.K.SendRaw(s, Machine.Peer, Machine.Local, IpProtocol.Ospf, new byte[24]));
        Assert.Equal(0, m.Stale(HolderKind.InpRouteIfp));
    }

    private static (Machine M, int Socket) Answered(MallocFill fill, Abi abi = Abi.Ilp32)
    {
        var m = new Machine(fill, options: new KernelOptions { Abi = abi });
        int slot = m.Up(), s = m.K.OpenSocket(PcbTable.Udp6, 521);
        Assert.Equal(Errno.None, m.K.SendUdp6(s, Machine.PeerLink, 521, m.Index(slot), new byte[24]));
        m.Down(slot);
        Assert.Equal(1, m.Stale(HolderKind.In6pRouteIfp));
        return (m, s);
    }

    private static void Multicast(Machine m, int s) => m.K.SendUdp6(s, Ipv6Address.AllRipRouters, 521, IMachine.EthernetIndex, new byte[24]);

    // "later": what happened in the small class after in6_ifextra was freed there.
    [Theory]
    [InlineData(MallocFill.Release, "free", "nothing", "lives")]
    [InlineData(MallocFill.Diagnostic, "free", "nothing", "in6_selecthlim 0x00000000")]
    [InlineData(MallocFill.Diagnostic, "free", "freed", "lives")]
    [InlineData(MallocFill.Diagnostic, "free", Numbers, "in6_selecthlim 0x00000002")]
    [InlineData(MallocFill.Diagnostic, "free", Text, "in6_selecthlim 0x2f766564")]
    [InlineData(MallocFill.Diagnostic, "free", nameof(BlockImage.In6IfExtra), "lives")]
    [InlineData(MallocFill.Debug, "free", "nothing", "in6_selecthlim 0xdeadbeef")]
    [InlineData(MallocFill.Debug, "free", "freed", "in6_selecthlim 0xdeadbeef")]
    [InlineData(MallocFill.Diagnostic, "unit", "nothing", "lives")]
    [InlineData(MallocFill.Diagnostic, Text, "nothing", "in6_selecthlim 0x2f766564")]
    [InlineData(MallocFill.Release, Zero, "nothing", "in6_selecthlim 0x00000000")]
    public void Row_7_a_send_with_the_dead_units_route_in_the_cache(MallocFill fill, string block, string later, string expected)
    {
        foreach (Abi abi in new[] { Abi.Ilp32, Abi.Lp64 })
        {
            (Machine m, int s) = Answered(fill, abi);
            SmallClass(m, later);
            Become(m, block);
            string wanted = later == Numbers && abi == Abi.Lp64 ? "in6_selecthlim 0x00000004" : expected;
            Assert.Equal(wanted, Outcome(() => Multicast(m, s)));
            if (wanted == "lives")
            {
                Assert.Equal(-1, m.K.Pcbs[s].Route); // healed by ip6_output
            }
        }
    }

    private static void SmallClass(Machine m, string later)
    {
        switch (later)
        {
            case "nothing":
                return;
            case "freed":
                m.K.Heap.Free(m.K.Heap.Malloc(1, BlockImage.Zero));
                return;
            default:
                while (m.K.Heap.FreeCount(1) > 0)
                {
                    int block = m.K.Heap.Malloc(1, Enum.Parse<BlockImage>(later));
                    if (later == nameof(BlockImage.In6IfExtra))
                    {
                        m.K.Heap.SetExtra(block, KernelHeap.NdIfinfoBase);
                    }
                }

                return;
        }
    }

    private static (Machine M, int Socket) Rip(MallocFill fill)
    {
        var m = new Machine(fill);
        int slot = m.Up(), s = m.K.OpenSocket(PcbTable.Udp6, 521);
        Assert.Equal(Errno.None, m.K.Ipv6JoinGroup(s, Ipv6Address.AllRipRouters, m.Index(slot)));
        m.Down(slot);
        Assert.Equal(1, m.Stale(HolderKind.In6MultiIfp));
        return (m, s);
    }

    [Theory]
    [InlineData(MallocFill.Release, "free", "lives")]
    [InlineData(MallocFill.Diagnostic, "free", "mld6_sendpkt 0xdeadbeef")]
    [InlineData(MallocFill.Debug, "free", "mld6_sendpkt 0xdeadbeef")]
    [InlineData(MallocFill.Diagnostic, "unit", "lives")]
    [InlineData(MallocFill.Diagnostic, Text, "mld6_sendpkt 0x2f766564")]
    [InlineData(MallocFill.Diagnostic, Zero, "in6_delmulti 0x00000000")]
    public void Row_8_closing_the_socket_of_a_stale_ipv6_group(MallocFill fill, string block, string expected)
    {
        (Machine m, int s) = Rip(fill);
        Become(m, block);
        Assert.Equal(expected, Outcome(() => m.K.CloseSocket(s, exiting: true)));
    }

    [Fact]
    public void Row_9_a_new_unit_in_the_same_block_adopts_the_parked_groups_and_with_the_same_index_that_heals()
    {
        (Machine m, int s) = Rip(MallocFill.Diagnostic);
        Assert.Equal(1, m.Stale(HolderKind.KludgeIfp));
        int slot = Become(m, "unit");
        Assert.True(m.Probe(Probe.KludgeAdopted) > 0);
        Assert.Equal(Errno.EADDRINUSE, m.K.Ipv6JoinGroup(s, Ipv6Address.AllRipRouters, m.Index(slot)));
        Assert.Contains(m.K.In6Multis.ToArray(), x => x.Used && x.Group == Ipv6Address.AllRipRouters.WithEmbeddedScope(3) && x.Ia >= 0);
    }

    [Fact]
    public void A_join_that_finds_the_record_of_an_earlier_unit_is_an_alias_in_both_families()
    {
        (Machine v4, int s4) = Group(MallocFill.Diagnostic, Ipv4Address.AllSpfRouters);
        (Machine v6, int s6) = Rip(MallocFill.Diagnostic);
        int slot4 = Become(v4, "unit"), slot6 = Become(v6, "unit");
        int other4 = v4.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf), other6 = v6.K.OpenSocket(PcbTable.Udp6, 522);
        Func<int, Errno> join4 = s => v4.K.IpAddMembership(s, Ipv4Address.AllSpfRouters, Machine.Local), join6 = s => v6.K.Ipv6JoinGroup(s, Ipv6Address.AllRipRouters, v6.Index(slot6));
        foreach ((Machine m, Func<int, Errno> join, int same, int other) in new[] { (v4, join4, s4, other4), (v6, join6, s6, other6) })
        {
            long before = m.Counted.Counts.Aliases, probed = m.Probe(Probe.AddrInUseAfterReuse);
            Assert.Equal(Errno.EADDRINUSE, join(same));
            Assert.Equal((before + 1, probed + 1), (m.Counted.Counts.Aliases, m.Probe(Probe.AddrInUseAfterReuse)));
            Assert.Equal(Errno.None, join(other));
            Assert.Equal((before + 2, probed + 1), (m.Counted.Counts.Aliases, m.Probe(Probe.AddrInUseAfterReuse)));
        }

        Assert.Contains(v4.Said, line => line.StartsWith($"{KernelNames.Of(UseSite.IgmpJoinGroup)}: {KernelNames.Of(HolderKind.InMultiIfp)} of ", StringComparison.Ordinal));
        Assert.Contains(v6.Said, line => line.StartsWith($"{KernelNames.Of(UseSite.In6AddMulti)}: {KernelNames.Of(HolderKind.In6MultiIfp)} of ", StringComparison.Ordinal));
        Assert.True(slot4 > 0);
    }

    [Fact]
    public void Choosing_an_interface_for_multicast_is_told_once_in_both_families()
    {
        var m = new Machine();
        int slot = m.Up(), s4 = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf), s6 = m.K.OpenSocket(PcbTable.Udp6, 521);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(Errno.None, m.K.IpMulticastIf(s4, Machine.Local));
            Assert.Equal(Errno.None, m.K.Ipv6MulticastIf(s6, m.Index(slot)));
        }

        Assert.Equal(
            ["ip_moptions.imo_multicast_ifp := ppp0", "ip6_moptions.im6o_multicast_ifp := ppp0"],
            m.Said.Where(line => line.Contains("_multicast_ifp := ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Row_9_in_a_block_of_its_own_the_new_unit_leaves_the_parked_groups_where_they_are()
    {
        (Machine m, int s) = Rip(MallocFill.Diagnostic);
        m.K.Heap.Malloc(0, BlockImage.Text);
        int slot = m.Up();
        Assert.Equal(0, m.Probe(Probe.KludgeAdopted));
        Assert.Equal(Errno.None, m.K.Ipv6JoinGroup(s, Ipv6Address.AllRipRouters, m.Index(slot)));
        Assert.Equal((1, 1), (m.Stale(HolderKind.KludgeIfp), m.Stale(HolderKind.In6MultiIfp)));
    }

    [Fact]
    public void Row_10_the_ipv6_outgoing_interface_dangles_like_the_ipv4_one()
    {
        var m = new Machine();
        int slot = m.Up(), s = m.K.OpenSocket(PcbTable.Udp6, 521);
        m.K.Ipv6MulticastIf(s, m.Index(slot));
        m.Down(slot);
        Assert.Equal(1, m.Stale(HolderKind.Ip6MoptionsIfp));
    }

    [Fact]
    public void Row_15_the_all_hosts_record_of_an_address_is_never_stale()
    {
        var m = new Machine();
        m.Down(m.Up());
        Assert.Equal(0, m.Stale(HolderKind.InMultiIfp));
    }

    [Fact]
    public void Row_16_an_index_is_ENXIO_while_its_slot_is_empty_and_then_means_the_new_unit()
    {
        var m = new Machine();
        int slot = m.Up(), s = m.K.OpenSocket(PcbTable.Udp6, 521);
        ushort index = m.Index(slot);
        m.Down(slot);
        Assert.Equal(Errno.ENXIO, m.K.SendUdp6(s, Ipv6Address.AllRipRouters, 521, index, new byte[24]));
        m.Up();
        Assert.Equal(Errno.None, m.K.SendUdp6(s, Ipv6Address.AllRipRouters, 521, index, new byte[24]));
    }

    [Fact]
    public void A_panic_names_the_functions_on_the_way_and_why_no_purge_ran()
    {
        (Machine m, int s) = Group(MallocFill.Debug, Ipv4Address.AllSpfRouters);
        KernelPanic panic = Assert.Throws<KernelPanic>(() => m.K.CloseSocket(s, exiting: true));
        Assert.Equal(["in_delmulti", "ip_freemoptions", "in_pcbdetach", "soclose", "exit1"], m.K.StackTrace());
        Assert.Equal(PurgeGap.NoInetAddress, m.Oracle.GapOf(panic.Holder, panic.Pointer));
    }
}
