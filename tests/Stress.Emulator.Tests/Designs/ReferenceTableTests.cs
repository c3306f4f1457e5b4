using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Designs;
using Stress.Emulator.Tests.Kernel;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Designs;

/// <summary>
/// Each teardown design against the rows of the stale-pointer table that the reference says it closes (8.3, 9.1 to 9.8). Every row's pointer is stored, the unit goes in
/// the mail's order (addresses first), and what of it is left is looked at; then each is used, in a kernel that poisons what it frees.
/// </summary>
public sealed class ReferenceTableTests
{
    // The holder of each row that one detach can leave.
    private static readonly (int Row, HolderKind Holder)[] Rows =
    [
        (1, HolderKind.InMultiIfp), (3, HolderKind.IpMoptionsIfp), (4, HolderKind.RouterInfoIfp), (5, HolderKind.InpRouteIfp), (7, HolderKind.In6pRouteIfp),
        (8, HolderKind.In6MultiIfp), (9, HolderKind.KludgeIfp), (10, HolderKind.Ip6MoptionsIfp),
    ];

    // 2.3: IGMP's purge comes in UDP's turn, so that a raw socket's group of another net reads the router_info that is gone; here a udp socket joins it.
    private static (Machine M, int Raw, int Udp, int Udp6) Stored(string design)
    {
        var m = new Machine(MallocFill.Debug, design: design);
        int slot = m.Up(), raw = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf), udp = m.K.OpenSocket(PcbTable.Udp, 123), udp6 = m.K.OpenSocket(PcbTable.Udp6, 521);
        Assert.Equal(Errno.None, m.K.IpAddMembership(raw, Ipv4Address.AllSpfRouters, Machine.Local));
        Assert.Equal(Errno.None, m.K.IpAddMembership(udp, Machine.Ntp, Machine.Local));
        Assert.Equal(Errno.None, m.K.IpMulticastIf(raw, Machine.Local));
        Assert.Equal(Errno.None, m.K.InSelectSrc(udp, Machine.Peer, out _));
        Assert.Equal(Errno.None, m.K.Ipv6JoinGroup(udp6, Ipv6Address.AllRipRouters, m.Index(slot)));
        Assert.Equal(Errno.None, m.K.Ipv6MulticastIf(udp6, m.Index(slot)));
        Assert.Equal(Errno.None, m.K.SendUdp6(udp6, Machine.PeerLink, 521, m.Index(slot), new byte[24]));
        m.Down(slot);
        m.K.EnterFromUser(KernelFunction.Syscall);
        return (m, raw, udp, udp6);
    }

    [Theory]
    [InlineData("netbsd-2005", "1 3 4 5 7 8 9 10")]
    [InlineData("purge-all", "")]
    [InlineData("purge-flagged", "")]
    [InlineData("purge-last-address", "4 9")] // 9.2: 4 and 9 unless added
    [InlineData("route-validate", "1 3 4 8 9 10")] // 9.4: closes 5 and 7
    [InlineData("ifdetach-refcount", "")]
    [InlineData("epoch", "")]
    [InlineData("index", "1 3 4 5 7 8 9 10")] // 9.6: the records stay, and what they hold is a number: closed as memory errors, as the next test shows
    [InlineData("index-generation", "1 3 4 5 7 8 9 10")]
    [InlineData("notifier-hold", "")]
    [InlineData("psref", "")]
    public void A_design_leaves_the_rows_of_the_table_that_the_reference_says_it_leaves_and_no_other(string design, string rows)
    {
        Machine m = Stored(design).M;

        Assert.Equal(rows, string.Join(' ', Rows.Where(row => m.Stale(row.Holder) > 0).Select(row => row.Row)));
    }

    [Theory]
    [InlineData("purge-all")]
    [InlineData("purge-flagged")]
    [InlineData("purge-last-address")]
    [InlineData("ifdetach-refcount")]
    [InlineData("epoch")]
    [InlineData("index")]
    [InlineData("index-generation")]
    [InlineData("notifier-hold")]
    [InlineData("psref")]
    public void Under_a_design_that_closes_a_row_its_use_after_the_detach_is_an_errno_and_no_fault(string design)
    {
        (Machine m, int raw, int udp, int udp6) = Stored(design);

        m.K.SendRaw(raw, Ipv4Address.AllSpfRouters, Machine.Local, IpProtocol.Ospf, new byte[44]);
        m.K.InSelectSrc(udp, Machine.Peer, out _);
        m.K.SendUdp6(udp6, Ipv6Address.AllRipRouters, 521, IMachine.EthernetIndex, new byte[24]);
        for (int tick = 0; tick < 60; tick++)
        {
            m.K.EnterFromUser(KernelFunction.SoftNet);
            m.K.IgmpFastTimo();
        }

        m.K.EnterFromUser(KernelFunction.Syscall);
        foreach (int socket in (int[])[raw, udp, udp6])
        {
            m.K.CloseSocket(socket, exiting: true);
        }

        Assert.Equal(0, m.Stale(HolderKind.InMultiIfp) + m.Stale(HolderKind.In6MultiIfp));
    }

    [Theory]
    [InlineData("netbsd-2005", true)]
    [InlineData("purge-all", false)]
    [InlineData("purge-flagged", false)]
    [InlineData("purge-last-address", true)] // 9.2: closed if nothing is stored after the last address goes
    [InlineData("route-validate", true)]
    [InlineData("ifdetach-refcount", false)]
    [InlineData("epoch", false)]
    [InlineData("index", true)]
    [InlineData("index-generation", true)]
    [InlineData("notifier-hold", false)]
    [InlineData("psref", false)]
    public void A_join_by_index_after_the_last_address_went_is_left_where_only_the_address_purges(string design, bool stale)
    {
        var m = new Machine(MallocFill.Debug, design: design);
        int slot = m.Up(), raw = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        m.K.SiocSIfFlags(slot, false);
        m.K.SiocDifAddr(slot, Ipv4Address.Any);
        m.K.SiocDifAddr6(slot, Machine.LocalLink);
        Assert.Equal(Errno.None, m.K.IpAddMembership(raw, Ipv4Address.AllSpfRouters, new Ipv4Address(m.Index(slot))));
        m.Close(slot);

        Assert.Equal(stale ? 1 : 0, m.Stale(HolderKind.InMultiIfp));
    }

    [Theory]
    [InlineData("netbsd-2005", true)]
    [InlineData("index", true)] // row 16: the next unit has the index
    [InlineData("index-generation", false)]
    [InlineData("psref", false)]
    [InlineData("purge-all", false)]
    public void What_is_left_names_the_next_unit_where_its_index_or_its_block_is_given_again(string design, bool alias)
    {
        (Machine m, int raw, _, _) = Stored(design);
        m.Up();
        m.Counted.Counts.Aliases = 0;
        m.K.CloseSocket(raw, exiting: true);

        Assert.Equal(alias, m.Counted.Counts.Aliases > 0);
    }

    [Theory]
    [InlineData("purge-last-address", false)] // groups no longer survive an address change on a living interface
    [InlineData("netbsd-2005", true)]
    [InlineData("purge-all", true)]
    [InlineData("purge-flagged", true)]
    public void A_renumbering_costs_the_groups_only_where_the_last_address_purges(string design, bool survives)
    {
        var m = new Machine(design: design);
        int slot = m.Up(), raw = m.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        m.K.IpAddMembership(raw, Ipv4Address.AllSpfRouters, Machine.Local);
        m.K.SiocDifAddr(slot, Ipv4Address.Any);
        m.K.SiocAifAddr(slot, Ipv4Address.Of(10, 0, 0, 7), Machine.Peer);

        Assert.Equal(survives, m.K.InMultis.ToArray().Any(x => x.Used && x.Group == Ipv4Address.AllSpfRouters));
    }
}
