using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

public class InterfaceTests
{
    [Fact]
    public void The_index_of_the_newest_interface_is_given_again_at_once()
    {
        var m = new Machine();
        for (int i = 0; i < 3; i++)
        {
            int slot = m.Up();
            Assert.Equal(3, m.Index(slot));
            m.Down(slot);
        }
    }

    [Fact]
    public void Two_units_that_redial_in_turn_make_the_indices_climb()
    {
        var m = new Machine(freeSoftc: 4);
        int a = m.Up(0), b = m.Up(1, Ipv4Address.Of(10, 0, 1, 1), Ipv4Address.Of(10, 0, 1, 2));
        var indices = new List<int> { m.Index(a), m.Index(b) };
        for (int i = 0; i < 2; i++)
        {
            m.Down(a);
            indices.Add(m.Index(a = m.Up(0)));
            m.Down(b);
            indices.Add(m.Index(b = m.Up(1, Ipv4Address.Of(10, 0, 1, 1), Ipv4Address.Of(10, 0, 1, 2))));
        }

        Assert.Equal([3, 4, 5, 6, 7, 8], indices);
    }

    [Fact]
    public void A_new_unit_takes_the_lowest_free_number_whatever_its_index()
    {
        var m = new Machine(freeSoftc: 4);
        int a = m.Up(0);
        m.Up(1, Ipv4Address.Of(10, 0, 1, 1), Ipv4Address.Of(10, 0, 1, 2));
        m.Down(a);
        int c = m.Up(2);

        Assert.Equal(("ppp0", 5), (m.K.NameOf(c), m.Index(c)));
    }

    [Fact]
    public void The_flags_ioctl_speaks_only_on_a_change()
    {
        var m = new Machine();
        m.K.EnterFromUser(KernelFunction.Syscall);
        int slot = m.K.PppOpen(0, 1);
        m.Messages();
        m.K.SiocSIfFlags(slot, false);
        Assert.Empty(m.Messages());
        m.K.SiocSIfFlags(slot, true);
        Assert.Equal((RtMsg.IfInfo, true), (m.Messages()[0].Type, (m.K.Interfaces[slot].Flags & Iff.Up) != 0));
        m.K.SiocSIfFlags(slot, true);
        Assert.Empty(m.Messages());
        m.K.SiocSIfFlags(slot, false);
        RoutingMessage down = Assert.Single(m.Messages());
        Assert.Equal((RtMsg.IfInfo, (Iff)0), (down.Type, down.Flags & Iff.Up));
    }

    [Fact]
    public void Going_down_clears_nothing_in_any_socket()
    {
        var m = new Machine();
        int slot = m.Up();
        int s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        m.K.IpMulticastIf(s, Machine.Local);
        m.K.IpAddMembership(s, Ipv4Address.AllSpfRouters, Machine.Local);
        m.K.EnterFromUser(KernelFunction.Syscall);
        m.K.SiocSIfFlags(slot, false);

        Assert.Equal((1, false), (m.K.Pcbs[s].MembershipCount, m.K.Pcbs[s].MulticastIfp.IsNull));
    }

    [Fact]
    public void Detach_with_addresses_asks_both_families()
    {
        var m = new Machine();
        int slot = m.Up();
        int raw = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf), udp6 = m.K.OpenSocket(PcbTable.Udp6, 521);
        m.K.IpAddMembership(raw, Ipv4Address.AllSpfRouters, Machine.Local);
        m.K.IpMulticastIf(raw, Machine.Local);
        m.K.Ipv6JoinGroup(udp6, Ipv6Address.AllRipRouters, m.Index(slot));
        m.Close(slot);

        Assert.Equal(0, m.StaleTotal());
        Assert.Contains("if_detach: ppp0, AF_INET purged, AF_INET6 purged", m.Said);
        Assert.Equal(0, m.K.Pcbs[raw].MembershipCount);
    }

    [Fact]
    public void Detach_without_addresses_asks_nobody_and_every_holder_dangles()
    {
        var m = new Machine();
        int slot = m.Up();
        int raw = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf), udp6 = m.K.OpenSocket(PcbTable.Udp6, 521);
        m.K.IpAddMembership(raw, Ipv4Address.AllSpfRouters, Machine.Local);
        m.K.IpMulticastIf(raw, Machine.Local);
        m.K.Ipv6JoinGroup(udp6, Ipv6Address.AllRipRouters, m.Index(slot));
        m.Down(slot);

        Assert.Contains("if_detach: ppp0, AF_INET not asked, AF_INET6 not asked", m.Said);
        Assert.Equal((1, 1, 1), (m.Stale(HolderKind.InMultiIfp), m.Stale(HolderKind.IpMoptionsIfp), m.Stale(HolderKind.In6MultiIfp)));
        Assert.Equal(1, m.Counted.Counts.LeakedSlots);
    }

    [Fact]
    public void Each_family_is_asked_for_its_own_addresses_only()
    {
        var m = new Machine();
        int slot = m.Up();
        int udp6 = m.K.OpenSocket(PcbTable.Udp6, 521);
        m.K.Ipv6JoinGroup(udp6, Ipv6Address.AllRipRouters, m.Index(slot));
        m.K.SiocDifAddr6(slot, Machine.LocalLink);
        m.Close(slot);

        Assert.Contains("if_detach: ppp0, AF_INET purged, AF_INET6 not asked", m.Said);
        Assert.Equal(1, m.Stale(HolderKind.In6MultiIfp));
    }

    [Fact]
    public void Detach_tells_of_a_second_and_third_down_and_then_of_the_departure()
    {
        var m = new Machine();
        int slot = m.Up();
        m.K.SiocDifAddr(slot, Ipv4Address.Any);
        m.K.SiocDifAddr6(slot, Machine.LocalLink);
        m.Messages();
        m.Close(slot);

        Assert.Equal([RtMsg.IfInfo, RtMsg.IfInfo, RtMsg.Departure], m.Messages().Select(x => x.Type));
        Assert.Equal(-1, m.K.IfByIndex(3));
    }

    [Fact]
    public void A_static_unit_is_never_detached_and_nothing_dangles()
    {
        var m = new Machine(staticUnits: 2);
        int slot = m.Up();
        ushort index = m.Index(slot);
        int s = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        m.K.IpAddMembership(s, Ipv4Address.AllSpfRouters, Machine.Local);
        m.Messages();
        m.Down(slot);

        Assert.True(m.K.Interfaces[slot].Attached);
        Assert.DoesNotContain(m.Messages(), x => x.Type == RtMsg.Departure);
        Assert.Equal((0, 1), (m.StaleTotal(), m.K.Pcbs[s].MembershipCount));
        Assert.Equal((slot, index), (m.Up(), m.Index(slot)));
        m.K.CloseSocket(s, exiting: true);
    }

    [Fact]
    public void A_cloned_unit_gives_back_its_softc_and_its_per_family_data()
    {
        var m = new Machine();
        int softcs = m.K.Heap.FreeCount(0), small = m.K.Heap.FreeCount(1);
        m.Down(m.Up());

        Assert.Equal((softcs, small), (m.K.Heap.FreeCount(0), m.K.Heap.FreeCount(1)));
    }

    [Fact]
    public void With_demand_the_unit_waits_for_its_owner_and_is_the_same_one()
    {
        var m = new Machine();
        int slot = m.Up();
        uint generation = m.K.Interfaces[slot].Generation;
        m.K.PppIocXferUnit(slot, 77);
        m.Close(slot);
        Assert.Equal((true, (short)-1), (m.K.Interfaces[slot].Attached, m.K.Interfaces[slot].Line));

        m.K.EnterFromUser(KernelFunction.Syscall);
        int other = m.K.PppOpen(1, 78), owner = m.K.PppOpen(2, 77);
        Assert.NotEqual(slot, other);
        Assert.Equal((slot, generation, 0, (short)2), (owner, m.K.Interfaces[owner].Generation, m.K.Interfaces[owner].Xfer, m.K.Interfaces[owner].Line));
    }

    [Fact]
    public void Closing_a_tty_that_no_longer_owns_the_unit_leaves_the_unit()
    {
        var m = new Machine();
        int slot = m.Up(line: 5);
        m.K.EnterFromUser(KernelFunction.Syscall);
        m.K.PppClose(slot, 4);

        Assert.True(m.K.Interfaces[slot].Attached);
    }

    [Fact]
    public void A_full_routing_socket_loses_messages_without_a_word_and_takes_new_ones_once_read()
    {
        var m = new Machine(options: new KernelOptions { RoutingSocketBytes = 152 * 3 });
        m.Messages();
        m.K.EnterFromUser(KernelFunction.Syscall);
        int slot = m.K.PppOpen(0, 1);
        m.Messages();
        for (int i = 0; i < 5; i++)
        {
            m.K.SiocSIfFlags(slot, i % 2 == 0);
        }

        // Up also makes the automatic link-local, whose RTM_NEWADDR of 84 bytes takes part of the room.
        int lost = m.K.RoutingMessagesLost;
        Assert.Equal(lost, m.Probe(Probe.RoutingMessageLost));
        Assert.True(lost > 0);
        Assert.Equal([RtMsg.IfInfo, RtMsg.NewAddr, RtMsg.IfInfo], m.Messages().Select(x => x.Type));
        m.K.SiocSIfFlags(slot, false);
        Assert.Single(m.Messages());
        Assert.Equal(lost, m.K.RoutingMessagesLost);
    }

    [Fact]
    public void The_default_queue_takes_53_interface_messages()
    {
        var m = new Machine();
        int slot = m.Up();
        m.Messages();
        m.K.EnterFromUser(KernelFunction.Syscall);
        for (int i = 0; i < 60; i++)
        {
            m.K.SiocSIfFlags(slot, i % 2 != 0);
        }

        Assert.Equal((53, 7), (m.Messages().Count, m.K.RoutingMessagesLost));
    }
}
