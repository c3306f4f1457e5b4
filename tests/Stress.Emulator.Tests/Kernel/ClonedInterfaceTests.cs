using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

/// <summary>Interfaces without a line: cloned, or plugged in.</summary>
public class ClonedInterfaceTests
{
    private const int EthernetSlot = 1;
    private static readonly Ipv4Address Local = Ipv4Address.Of(10, 200, 0, 1);

    private static int Create(Machine m, string name, int parent = EthernetSlot, Ipv4Address? local = null)
    {
        m.K.EnterFromUser(KernelFunction.Syscall);
        Assert.True(ClonedKind.TryParse(name, out short unit));
        int slot = m.K.IfCloneCreate(unit);
        if (ClonedKind.Of(unit).Way == ClonedWay.Parent)
        {
            Assert.Equal(Errno.None, m.K.SiocSetParent(slot, parent));
        }

        m.K.SiocAifAddr(slot, local ?? Local);
        m.K.SiocSIfFlags(slot, true);
        return slot;
    }

    private static int Tunnel(Machine m, Ipv4Address to)
    {
        Assert.True(ClonedKind.TryParse("gif0", out short unit));
        int slot = m.K.IfCloneCreate(unit);
        Assert.Equal(Errno.None, m.K.SiocSIfPhyAddr(slot, to));
        m.K.SiocAifAddr(slot, Local, Ipv4Address.Of(10, 200, 0, 254));
        m.K.SiocSIfFlags(slot, true);
        return slot;
    }

    private static int Member(Machine m, Ipv4Address on)
    {
        int s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        Assert.Equal(Errno.None, m.K.IpAddMembership(s, Ipv4Address.AllSpfRouters, on));
        return s;
    }

    [Theory]
    [InlineData("vlan0", true)]
    [InlineData("vlan17", true)]
    [InlineData("gif3", true)]
    [InlineData("lo1", true)]
    [InlineData("aue0", true)]
    [InlineData("dummy0", true)]
    [InlineData("veth5", true)]
    [InlineData("lo0", false)]
    [InlineData("vlan", false)]
    [InlineData("vlan01", false)]
    [InlineData("vlan1024", false)]
    [InlineData("ppp0", false)]
    [InlineData("", false)]
    public void A_name_is_a_driver_and_a_number_and_names_the_unit_that_prints_it(string name, bool known)
    {
        Assert.Equal(known, ClonedKind.TryParse(name, out short unit));
        Assert.Equal(known ? name : "ppp0", ClonedKind.NameOf(known ? unit : (short)0));
    }

    [Fact]
    public void One_that_goes_with_its_addresses_leaves_nothing_and_one_whose_addresses_went_first_leaves_a_membership()
    {
        foreach (bool first in (ReadOnlySpan<bool>)[false, true])
        {
            var m = new Machine();
            int slot = Create(m, "vlan0");
            Member(m, Local);
            if (first)
            {
                m.K.SiocDifAddr(slot, Local);
            }

            m.K.IfCloneDestroy(slot);

            Assert.Equal(first ? 1 : 0, m.Stale(HolderKind.InMultiIfp));
        }
    }

    [Fact]
    public void A_vlan_that_was_created_again_takes_its_route_to_the_net_along_and_is_another_interface()
    {
        var m = new Machine();
        int slot = Create(m, "vlan0");
        uint generation = m.K.Interfaces[slot].Generation;
        Assert.Contains(m.Messages(), x => x.Type == RtMsg.NewAddr && x.Address == Local);
        m.K.SiocDifAddr(slot, Local);
        Assert.Contains(m.Messages(), x => x.Type == RtMsg.DelAddr && x.Address == Local);
        m.K.IfCloneDestroy(slot);
        slot = Create(m, "vlan0");

        Assert.NotEqual(generation, m.K.Interfaces[slot].Generation);
        Assert.Equal("vlan0", m.K.NameOf(slot));
        Assert.Single(m.K.Routes.ToArray(), r => r.Up && r.PrefixLength == 24);
    }

    [Fact]
    public void A_line_never_gets_the_unit_of_an_interface_without_one()
    {
        var m = new Machine();
        int vlan = Create(m, "vlan0"), ppp = m.Up();

        Assert.NotEqual(vlan, ppp);
        Assert.Equal("ppp0", m.K.NameOf(ppp));
    }

    [Fact]
    public void A_stick_that_is_pulled_out_takes_the_parent_from_its_vlans_which_stay_and_are_down()
    {
        var m = new Machine();
        int stick = Create(m, "aue0"), vlan = Create(m, "vlan0", stick, Ipv4Address.Of(10, 200, 1, 1)), other = Create(m, "vlan1", local: Ipv4Address.Of(10, 200, 2, 1));

        m.K.IfCloneDestroy(stick);

        Assert.Equal(0, m.Stale(HolderKind.VlanParentIfp));
        Assert.Equal((Iff)0, m.K.Interfaces[vlan].Flags & (Iff.Up | Iff.Running));
        Assert.Equal(Iff.Up | Iff.Running, m.K.Interfaces[other].Flags & (Iff.Up | Iff.Running));
        m.K.IfCloneDestroy(vlan);
        Assert.Equal(0, m.StaleTotal());
    }

    [Theory]
    [InlineData("gif0")]
    [InlineData("lo1")]
    public void A_vlan_is_on_an_Ethernet_and_on_nothing_else(string parent)
    {
        var m = new Machine();
        Assert.True(ClonedKind.TryParse("vlan0", out short unit));
        Assert.True(ClonedKind.TryParse(parent, out short other));
        int vlan = m.K.IfCloneCreate(unit), wrong = m.K.IfCloneCreate(other);

        Assert.Equal(Errno.EINVAL, m.K.SiocSetParent(vlan, wrong));
        Assert.Equal(Errno.EINVAL, m.K.SiocSetParent(wrong, EthernetSlot));
        Assert.Equal(Errno.EINVAL, m.K.SiocSIfPhyAddr(vlan, Local));
        Assert.Equal(Errno.None, m.K.SiocSetParent(vlan, EthernetSlot));
    }

    private static (int First, int Second) Pair(Machine m)
    {
        int first = Create(m, "veth0", local: Ipv4Address.Of(10, 200, 1, 1)), second = Create(m, "veth1", local: Ipv4Address.Of(10, 200, 2, 1));
        Assert.Equal(Errno.None, m.K.SiocSetParent(second, first));
        return (first, second);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Whichever_end_of_a_pair_goes_takes_the_other_with_it_and_neither_is_freed_before_both_are_detached(int end)
    {
        var m = new Machine();
        (int first, int second) = Pair(m);
        uint[] generations = [m.K.Interfaces[first].Generation, m.K.Interfaces[second].Generation];
        m.Messages();
        m.Lives.Clear();

        m.K.IfCloneDestroy(end == 0 ? first : second);

        Assert.False(m.K.Interfaces[first].Attached || m.K.Interfaces[second].Attached);
        Assert.Equal(0, m.StaleTotal());
        Assert.Equal(
            [PointerStage.AddressGone, PointerStage.Detached, PointerStage.AddressGone, PointerStage.Detached, PointerStage.Freed, PointerStage.Freed],
            m.Lives.Where(life => life.Stage is PointerStage.AddressGone or PointerStage.Detached or PointerStage.Freed).Select(life => life.Stage));
        Assert.Equal(end == 0 ? generations : [generations[1], generations[0]], m.Lives.Where(life => life.Stage == PointerStage.Freed).Select(life => life.Generation));
        Assert.Equal(
            [RtMsg.IfInfo, RtMsg.IfInfo], m.Messages().Where(x => x.Type is RtMsg.IfInfo or RtMsg.Departure).Take(2).Select(x => x.Type));
    }

    [Fact]
    public void Only_the_end_whose_addresses_were_removed_first_leaves_its_memberships_behind()
    {
        var m = new Machine(MallocFill.Debug);
        (_, int second) = Pair(m);
        int onFirst = Member(m, Ipv4Address.Of(10, 200, 1, 1)), onSecond = Member(m, Ipv4Address.Of(10, 200, 2, 1));
        m.K.SiocDifAddr(second, Ipv4Address.Of(10, 200, 2, 1));

        m.K.IfCloneDestroy(second);

        Assert.Equal(1, m.Stale(HolderKind.InMultiIfp));
        m.K.CloseSocket(onFirst, exiting: false);
        Assert.Throws<KernelPanic>(() => m.K.CloseSocket(onSecond, exiting: false));
    }

    [Fact]
    public void What_an_end_sends_reads_the_pointer_to_the_other_and_comes_out_where_nobody_listens()
    {
        var m = new Machine();
        (int first, int second) = Pair(m);
        int s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        m.K.IpMulticastIf(s, Ipv4Address.Of(10, 200, 1, 1));

        Assert.Equal(Errno.None, m.K.SendRaw(s, Ipv4Address.AllSpfRouters, Ipv4Address.Of(10, 200, 1, 1), IpProtocol.Ospf, [1, 2, 3, 4]));
        Assert.Empty(m.Sent);
        Assert.Equal(m.K.Interfaces[second].Address, m.K.ClonedSoftcs[0].Parent.Address);
        Assert.Equal(m.K.Interfaces[first].Address, m.K.ClonedSoftcs[1].Parent.Address);
    }

    [Fact]
    public void An_end_has_one_other_end_which_is_a_veth_too()
    {
        var m = new Machine();
        (int first, int second) = Pair(m);
        int third = Create(m, "veth2", local: Ipv4Address.Of(10, 200, 3, 1)), fourth = Create(m, "veth3", local: Ipv4Address.Of(10, 200, 4, 1));

        Assert.Equal(Errno.EINVAL, m.K.SiocSetParent(third, first));
        Assert.Equal(Errno.EINVAL, m.K.SiocSetParent(second, third));
        Assert.Equal(Errno.EINVAL, m.K.SiocSetParent(third, third));
        Assert.Equal(Errno.EINVAL, m.K.SiocSetParent(third, EthernetSlot));
        Assert.Equal(Errno.None, m.K.SiocSetParent(third, fourth));
    }

    [Theory]
    [InlineData("index-generation")]
    [InlineData("notifier-hold")]
    [InlineData("ifdetach-refcount")]
    [InlineData("purge-all")]
    public void A_pair_goes_together_under_every_design_and_nobody_waits_for_it(string design)
    {
        var m = new Machine(design: design);
        (_, int second) = Pair(m);

        m.K.IfCloneDestroy(second);

        Assert.Equal((0, 0), (m.StaleTotal(), m.K.DetachesPending));
    }

    [Fact]
    public void What_a_bridge_sends_leaves_by_its_members_and_one_that_goes_leaves_the_bridge_first()
    {
        var m = new Machine();
        int bridge = Create(m, "bridge0"), tunnelled = m.Up();
        (int first, int second) = Pair(m);
        int stick = Create(m, "aue0", local: Ipv4Address.Of(10, 200, 7, 1));
        Assert.Equal((Errno.None, Errno.None), (m.K.BridgeAdd(bridge, first), m.K.BridgeAdd(bridge, stick)));
        Assert.Equal((Errno.EBUSY, Errno.EINVAL, Errno.EINVAL), (m.K.BridgeAdd(bridge, stick), m.K.BridgeAdd(bridge, tunnelled), m.K.BridgeAdd(stick, first)));
        int s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        m.K.IpMulticastIf(s, Local);

        Errno Send() => m.K.SendRaw(s, Ipv4Address.AllSpfRouters, Local, IpProtocol.Ospf, [1, 2, 3, 4]);

        Assert.Equal(Errno.None, Send());
        m.K.IfCloneDestroy(second); // takes the member with it
        Assert.Equal((0, Errno.None), (m.StaleTotal(), Send()));
        m.K.IfCloneDestroy(stick);
        Assert.Equal((0, Errno.None), (m.StaleTotal(), Send()));
    }

    [Fact]
    public void A_bridge_that_is_destroyed_lets_go_of_its_members_and_keeps_them_alive_for_nobody()
    {
        foreach (string design in new[] { "netbsd-2005", "notifier-hold", "ifdetach-refcount" })
        {
            var m = new Machine(design: design);
            int bridge = Create(m, "bridge0"), stick = Create(m, "aue0", local: Ipv4Address.Of(10, 200, 7, 1));
            Assert.Equal(Errno.None, m.K.BridgeAdd(bridge, stick));

            m.K.IfCloneDestroy(bridge);
            m.K.IfCloneDestroy(stick);

            Assert.Equal((0, 0), (m.StaleTotal(), m.K.DetachesPending));
        }
    }

    [Fact]
    public void A_tunnel_sends_over_the_line_that_its_route_names_and_holds_that_route_until_it_sends_again()
    {
        var m = new Machine();
        int line = m.Up();
        Tunnel(m, Machine.Peer);
        int s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        Assert.Equal(Errno.None, m.K.IpMulticastIf(s, Local));
        m.Sent.Clear();

        Assert.Equal(Errno.None, m.K.SendRaw(s, Ipv4Address.AllSpfRouters, Local, IpProtocol.Ospf, [1, 2, 3, 4]));

        (int _, PppProtocol protocol, byte[] packet) = Assert.Single(m.Sent);
        Assert.Equal(PppProtocol.Ipv4, protocol);
        Assert.Equal(WireError.None, Ipv4Header.TryParse(packet, out Ipv4Header outer));
        Assert.Equal((IpProtocol.IpIp, Machine.Local, Machine.Peer), (outer.Protocol, outer.Source, outer.Destination));
        Assert.Equal(WireError.None, Ipv4Header.TryParse(outer.Payload(packet), out Ipv4Header inner));
        Assert.Equal((IpProtocol.Ospf, Ipv4Address.AllSpfRouters), (inner.Protocol, inner.Destination));

        m.Down(line);
        Assert.Equal(1, m.Stale(HolderKind.GifRouteIfp));
        Assert.Equal(Errno.ENETUNREACH, m.K.SendRaw(s, Ipv4Address.AllSpfRouters, Local, IpProtocol.Ospf, [1, 2, 3, 4]));
        Assert.Equal(0, m.Stale(HolderKind.GifRouteIfp));
    }

    [Fact]
    public void A_design_that_invalidates_route_caches_invalidates_a_tunnels()
    {
        var m = new Machine(design: "ifdetach-refcount");
        int line = m.Up();
        Tunnel(m, Machine.Peer);
        int s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        m.K.IpMulticastIf(s, Local);
        m.K.SendRaw(s, Ipv4Address.AllSpfRouters, Local, IpProtocol.Ospf, [1, 2, 3, 4]);

        m.Down(line);

        Assert.Equal(0, m.Stale(HolderKind.GifRouteIfp));
        Assert.Equal(0, m.K.DetachesPending);
    }

    [Fact]
    public void A_tunnel_within_itself_sends_nothing()
    {
        var m = new Machine();
        Tunnel(m, Ipv4Address.Of(10, 200, 0, 254));
        int s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        m.K.IpMulticastIf(s, Local);

        Assert.Equal(Errno.ENETUNREACH, m.K.SendRaw(s, Ipv4Address.AllSpfRouters, Local, IpProtocol.Ospf, [1, 2, 3, 4]));
        Assert.Empty(m.Sent);
    }

    [Fact]
    public void Tunnels_over_each_other_send_nothing()
    {
        var m = new Machine();
        Tunnel(m, Ipv4Address.Of(10, 200, 1, 254));
        Assert.True(ClonedKind.TryParse("gif1", out short unit));
        int other = m.K.IfCloneCreate(unit);
        m.K.SiocSIfPhyAddr(other, Ipv4Address.Of(10, 200, 0, 254));
        m.K.SiocAifAddr(other, Ipv4Address.Of(10, 200, 1, 1), Ipv4Address.Of(10, 200, 1, 254));
        m.K.SiocSIfFlags(other, true);
        int s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        m.K.IpMulticastIf(s, Local);

        Assert.Equal(Errno.ENETUNREACH, m.K.SendRaw(s, Ipv4Address.AllSpfRouters, Local, IpProtocol.Ospf, [1, 2, 3, 4]));
        Assert.Empty(m.Sent);
    }

    [Fact]
    public void The_stale_membership_of_a_vlan_is_harmless_until_its_block_is_somebody_elses()
    {
        foreach (BlockImage image in (ReadOnlySpan<BlockImage>)[BlockImage.ClonedSoftc, BlockImage.SmallIntegers])
        {
            var m = new Machine(freeSoftc: 0);
            int slot = Create(m, "vlan0");
            int s = Member(m, Local);
            m.K.SiocDifAddr(slot, Local);
            int block = m.K.Interfaces[slot].Block;
            m.K.IfCloneDestroy(slot);
            while (image == BlockImage.SmallIntegers && m.K.Heap.Malloc(0, image) != block)
            {
            }

            Assert.Equal(image == BlockImage.SmallIntegers, m.K.CloseSocketOrPanic(s, exiting: true) is { Holder: HolderKind.InMultiIfp });
        }
    }

    [Fact]
    public void An_MTU_below_1280_leaves_an_interface_that_comes_up_without_IPv6()
    {
        var m = new Machine();
        Assert.True(ClonedKind.TryParse("vlan0", out short unit));
        int slot = m.K.IfCloneCreate(unit);
        m.K.SiocSetParent(slot, EthernetSlot);
        m.K.SiocSIfMtu(slot, 1000);
        m.Messages();
        m.K.SiocSIfFlags(slot, true);

        Assert.Equal(1000, m.K.Interfaces[slot].Mtu);
        Assert.DoesNotContain(m.K.Inet6Addresses.ToArray(), a => a.Used && a.Ifp.Address == m.K.Interfaces[slot].Address);
    }

    [Theory]
    [InlineData("aue0", true)]
    [InlineData("vlan0", true)]
    [InlineData("pppoe0", false)]
    [InlineData("lo1", false)]
    public void An_address_on_an_Ethernet_is_looked_for_on_the_link_for_two_seconds_and_one_that_goes_is_looked_for_no_more(string name, bool looked)
    {
        var m = new Machine();
        int slot = Create(m, name);
        Assert.Equal(looked, m.K.DadRuns);
        for (int tick = 0; tick < 9; tick++)
        {
            m.K.Nd6DadTimer();
        }

        Assert.Equal(looked, m.K.DadRuns);
        m.K.Nd6DadTimer();
        Assert.False(m.K.DadRuns);

        m.K.IfCloneDestroy(slot);
        slot = Create(m, name);
        m.K.IfCloneDestroy(slot);
        Assert.False(m.K.DadRuns);
        Assert.Equal(0, m.Stale(HolderKind.DadIfp));
    }

    [Fact]
    public void A_session_loses_the_Ethernet_that_it_is_on_and_is_down()
    {
        var m = new Machine();
        int stick = Create(m, "aue0"), session = Create(m, "pppoe0", stick, Ipv4Address.Of(10, 200, 1, 1));

        m.K.IfCloneDestroy(stick);

        Assert.Equal(0, m.Stale(HolderKind.PppoeEthIfp));
        Assert.Equal((Iff)0, m.K.Interfaces[session].Flags & (Iff.Up | Iff.Running));
        m.K.IfCloneDestroy(session);
        Assert.Equal(0, m.StaleTotal());
    }

    [Fact]
    public void A_packet_filter_and_a_bridge_are_told_of_an_interface_that_goes()
    {
        var m = new Machine();
        int stick = Create(m, "aue0");
        Assert.True(ClonedKind.TryParse("bridge0", out short unit));
        int bridge = m.K.IfCloneCreate(unit), d = m.K.BpfOpen(stick);
        Assert.Equal(Errno.None, m.K.BridgeAdd(bridge, stick));
        Assert.Equal(Errno.EINVAL, m.K.BridgeAdd(bridge, bridge));
        Assert.Equal(Errno.None, m.K.BpfWrite(d));

        m.K.IfCloneDestroy(stick);

        Assert.Equal(0, m.StaleTotal());
        Assert.Equal(Errno.ENXIO, m.K.BpfWrite(d));
        m.K.IfCloneDestroy(bridge);
    }
}
