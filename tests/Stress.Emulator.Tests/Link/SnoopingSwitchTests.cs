using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Link;

/// <summary>Where a switch that snoops sends frames (RFC 4541).</summary>
public sealed class SnoopingSwitchTests
{
    private const ulong All = ulong.MaxValue, Mac = 0x0200_0000_0001;
    private static readonly Ipv4Address Group = Ipv4Address.Of(224, 0, 1, 1), Host = Ipv4Address.Of(192, 168, 0, 1);
    private static readonly Ipv6Address Group6 = Ipv6Address.Parse("ff02::9"), Host6 = Ipv6Address.Parse("fe80::1");
    private readonly SnoopingSwitch _switch = new(8, VirtualTime.FromSeconds(260), VirtualTime.FromSeconds(3));

    private static byte[] Ipv4(Ipv4Address to, byte protocol, ReadOnlySpan<byte> payload, Ipv4Address? from = null)
    {
        var frame = new byte[EthernetHeader.MinFrame];
        new EthernetHeader(to.IsMulticast ? EthernetHeader.OfGroup(to) : 0x0200_0000_0002, Mac, EtherType.Ipv4).Write(frame);
        int header = new Ipv4Header { PayloadLength = (ushort)payload.Length, TimeToLive = 1, Protocol = protocol, Source = from ?? Host, Destination = to }.Write(frame.AsSpan(EthernetHeader.Length));
        payload.CopyTo(frame.AsSpan(EthernetHeader.Length + header));
        return frame;
    }

    private static byte[] Igmp(IgmpType type, Ipv4Address to, Ipv4Address group, Ipv4Address? from = null)
    {
        Span<byte> payload = stackalloc byte[IgmpMessage.Length];
        new IgmpMessage(type, 100, group).Write(payload);
        return Ipv4(to, IpProtocol.Igmp, payload, from);
    }

    private static byte[] Ipv6(Ipv6Address to, byte next, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[EthernetHeader.Length + Ipv6Header.Length + payload.Length];
        new EthernetHeader(EthernetHeader.OfGroup(to), Mac, EtherType.Ipv6).Write(frame);
        new Ipv6Header { NextHeader = next, HopLimit = 1, PayloadLength = (ushort)payload.Length, Source = Host6, Destination = to }.Write(frame.AsSpan(EthernetHeader.Length));
        payload.CopyTo(frame.AsSpan(EthernetHeader.Length + Ipv6Header.Length));
        return frame;
    }

    private static byte[] Mld(Icmpv6Type type, Ipv6Address to, Ipv6Address group)
    {
        Span<byte> payload = stackalloc byte[Ipv6HopByHop.RouterAlertLength + MldMessage.Length];
        Ipv6HopByHop.WriteRouterAlert(payload, IpProtocol.Icmpv6);
        new MldMessage(type, 10_000, group).Write(payload[Ipv6HopByHop.RouterAlertLength..], Host6, to);
        return Ipv6(to, IpProtocol.HopByHop, payload);
    }

    private ulong At(double second, int from, byte[] frame, bool data = true)
    {
        ulong ports = _switch.Forward(from, frame, VirtualTime.FromMilliseconds((int)(second * 1_000)), out bool isData);
        Assert.Equal(data, isData);
        return ports;
    }

    [Fact]
    public void Unicast_broadcast_224_0_0_x_all_nodes_and_queries_go_to_all_ports()
    {
        Assert.Equal(All, At(0, 1, Ipv4(Host, IpProtocol.Udp, [])));
        var arp = new byte[EthernetHeader.MinFrame];
        new EthernetHeader(EthernetHeader.Broadcast, Mac, EtherType.Arp).Write(arp);
        Assert.Equal(All, At(0, 1, arp));
        Assert.Equal(All, At(0, 1, Ipv4(Ipv4Address.AllSpfRouters, IpProtocol.Ospf, [])));
        Assert.Equal(All, At(0, 1, Ipv6(Ipv6Address.AllNodes, IpProtocol.Udp, [])));
        Assert.Equal(All, At(0, 1, Igmp(IgmpType.MembershipQuery, Ipv4Address.AllHosts, Ipv4Address.Any), data: false));
        Assert.Equal(All, At(0, 1, Mld(Icmpv6Type.MulticastListenerQuery, Ipv6Address.AllNodes, Ipv6Address.Any), data: false));
    }

    [Fact]
    public void A_group_goes_to_the_ports_that_reported_it_and_to_the_queriers_and_one_that_nobody_reported_to_the_queriers_alone()
    {
        Assert.Equal(0UL, At(0, 1, Ipv4(Group, IpProtocol.Udp, [])));
        At(1, 0, Igmp(IgmpType.MembershipQuery, Ipv4Address.AllHosts, Ipv4Address.Any), data: false);
        Assert.Equal(0b1UL, At(2, 1, Ipv4(Group, IpProtocol.Udp, [])));
        Assert.Equal(0b1UL, At(3, 2, Igmp(IgmpType.MembershipReportV2, Group, Group), data: false));
        Assert.Equal(0b1UL, At(3, 5, Mld(Icmpv6Type.MulticastListenerReport, Group6, Group6), data: false));
        Assert.Equal(0b101UL, At(4, 1, Ipv4(Group, IpProtocol.Udp, [])));
        Assert.Equal(0b100001UL, At(4, 1, Ipv6(Group6, IpProtocol.Udp, [])));
    }

    [Fact]
    public void A_query_from_0_0_0_0_makes_no_port_a_queriers()
    {
        Assert.Equal(All, At(1, 0, Igmp(IgmpType.MembershipQuery, Ipv4Address.AllHosts, Ipv4Address.Any, from: Ipv4Address.Any), data: false));

        Assert.Equal(0UL, At(2, 1, Ipv4(Group, IpProtocol.Udp, [])));
    }

    [Fact]
    public void Groups_and_queriers_are_forgotten_when_they_are_not_heard_of_again()
    {
        At(0, 0, Igmp(IgmpType.MembershipQuery, Ipv4Address.AllHosts, Ipv4Address.Any), data: false);
        At(10, 2, Igmp(IgmpType.MembershipReportV2, Group, Group), data: false);
        Assert.Equal(0b101UL, At(259, 1, Ipv4(Group, IpProtocol.Udp, [])));
        Assert.Equal(0b100UL, At(261, 1, Ipv4(Group, IpProtocol.Udp, [])));
        Assert.Equal(0UL, At(270, 1, Ipv4(Group, IpProtocol.Udp, [])));
        At(280, 3, Igmp(IgmpType.MembershipReportV2, Group, Group), data: false);
        Assert.Single(_switch.Groups.ToArray(), row => row.Used);
    }

    [Fact]
    public void After_a_Leave_a_port_keeps_the_group_for_the_last_member_query_time_unless_somebody_there_reports_it()
    {
        At(0, 2, Igmp(IgmpType.MembershipReportV2, Group, Group), data: false);
        At(0, 3, Igmp(IgmpType.MembershipReportV2, Group, Group), data: false);
        At(10, 2, Igmp(IgmpType.LeaveGroup, Ipv4Address.AllRouters, Group), data: false);
        Assert.Equal(0b1100UL, At(12, 1, Ipv4(Group, IpProtocol.Udp, [])));
        Assert.Equal(0b1000UL, At(13, 1, Ipv4(Group, IpProtocol.Udp, [])));
        At(20, 3, Igmp(IgmpType.LeaveGroup, Ipv4Address.AllRouters, Group), data: false);
        At(21, 3, Igmp(IgmpType.MembershipReportV2, Group, Group), data: false);
        Assert.Equal(0b1000UL, At(200, 1, Ipv4(Group, IpProtocol.Udp, [])));
        At(210, 5, Mld(Icmpv6Type.MulticastListenerReport, Group6, Group6), data: false);
        At(220, 5, Mld(Icmpv6Type.MulticastListenerDone, Ipv6Address.AllRouters, Group6), data: false);
        Assert.Equal(0UL, At(224, 1, Ipv6(Group6, IpProtocol.Udp, [])));
    }

    [Fact]
    public void A_port_that_loses_its_link_is_forgotten()
    {
        At(0, 2, Igmp(IgmpType.MembershipQuery, Ipv4Address.AllHosts, Ipv4Address.Any), data: false);
        At(0, 2, Igmp(IgmpType.MembershipReportV2, Group, Group), data: false);
        At(0, 3, Igmp(IgmpType.MembershipReportV2, Group, Group), data: false);
        _switch.Forget(2);

        Assert.Equal(0b1000UL, At(1, 1, Ipv4(Group, IpProtocol.Udp, [])));
    }
}
