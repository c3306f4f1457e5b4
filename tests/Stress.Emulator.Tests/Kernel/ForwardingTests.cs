using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

/// <summary>ip_forward and the route that it keeps.</summary>
public sealed class ForwardingTests
{
    private static readonly Ipv4Address Far = Ipv4Address.Of(172, 16, 0, 9);

    private static Machine Router(string design = "netbsd-2005", bool forwarding = true) => new(design: design, options: new KernelOptions { Forwarding = forwarding });

    private static byte[] Packet(byte ttl = 64)
    {
        byte[] packet = new byte[40];
        new Ipv4Header { PayloadLength = 20, TimeToLive = ttl, Protocol = IpProtocol.Udp, Source = Ipv4Address.Of(10, 1, 1, 1), Destination = Far }.Write(packet);
        return packet;
    }

    private static Errno Add(Machine m, int slot) => m.K.AddRoute(2, new Ipv6Address(0, Ipv4Address.Of(172, 16, 0, 0).Value), 16, new Ipv6Address(0, Machine.Peer.Value), m.Index(slot));

    [Fact]
    public void A_packet_for_somebody_else_goes_on_with_a_hop_less_and_a_right_checksum()
    {
        Machine m = Router();
        int slot = m.Up();
        Assert.Equal(Errno.None, Add(m, slot));
        Assert.Equal(Errno.EEXIST, Add(m, slot));
        m.Sent.Clear();
        m.K.IpInput(slot, Packet());

        byte[] sent = Assert.Single(m.Sent).Packet;
        Assert.Equal(WireError.None, Ipv4Header.TryParse(sent, out Ipv4Header ip));
        Assert.Equal((63, Far), (ip.TimeToLive, ip.Destination));
        Assert.Equal((1L, 0L), (m.Counted.Counts.Forwarded, m.Counted.Counts.NotForwarded));
    }

    [Fact]
    public void A_packet_without_route_or_with_its_last_hop_behind_it_goes_no_further_and_none_does_where_forwarding_is_off()
    {
        Machine m = Router();
        int slot = m.Up();
        m.Sent.Clear();
        m.K.IpInput(slot, Packet());
        Add(m, slot);
        m.Sent.Clear();
        m.K.IpInput(slot, Packet(ttl: 1));
        Assert.Empty(m.Sent);
        Assert.Equal(2, m.Counted.Counts.NotForwarded);

        Machine host = Router(forwarding: false);
        int unit = host.Up();
        Add(host, unit);
        host.Sent.Clear();
        host.K.IpInput(unit, Packet());
        Assert.Empty(host.Sent);
    }

    [Fact]
    public void The_route_that_is_kept_outlives_the_unit_and_is_freed_by_the_next_packet_without_a_fault()
    {
        Machine m = Router();
        int slot = m.Up();
        Add(m, slot);
        m.K.IpInput(slot, Packet());
        m.Down(slot);
        Assert.Equal(1, m.Stale(HolderKind.IpForwardRtIfp));

        int again = m.Up(line: 1, local: Ipv4Address.Of(10, 0, 1, 1), peer: Ipv4Address.Of(10, 0, 1, 2));
        m.K.IpInput(again, Packet());
        Assert.Equal(0, m.Stale(HolderKind.IpForwardRtIfp));
        Assert.Equal(1, m.Counted.Counts.NotForwarded);
    }

    [Fact]
    public void A_route_goes_with_rtm_delete_and_a_second_time_there_is_none()
    {
        Machine m = Router();
        int slot = m.Up();
        Add(m, slot);
        var key = new Ipv6Address(0, Ipv4Address.Of(172, 16, 0, 0).Value);
        Assert.Equal(Errno.None, m.K.DeleteRoute(2, key, 16));
        Assert.Equal(Errno.ESRCH, m.K.DeleteRoute(2, key, 16));
        Assert.Equal(Errno.ENETUNREACH, m.K.AddRoute(2, key, 16, new Ipv6Address(0, Far.Value), 0));
    }

    [Fact]
    public void A_packet_of_ipv6_goes_on_with_a_hop_less_and_its_route_is_looked_up_again_once_it_is_down()
    {
        Ipv6Address far = Ipv6Address.Parse("2001:db8:7::1"), prefix = Ipv6Address.Parse("2001:db8:7::");
        byte[] packet = new byte[Ipv6Header.Length];
        new Ipv6Header { NextHeader = IpProtocol.NoNextHeader, HopLimit = 9, Source = Ipv6Address.Parse("2001:db8:1::1"), Destination = far }.Write(packet);
        Machine m = Router();
        int slot = m.Up();
        Assert.Equal(Errno.None, m.K.AddRoute(24, prefix, 64, Machine.PeerLink, m.Index(slot)));
        m.Sent.Clear();
        m.K.Ip6Input(slot, packet);
        Assert.Equal(8, Assert.Single(m.Sent).Packet[7]);

        m.Down(slot);
        Assert.Equal(1, m.Stale(HolderKind.Ip6ForwardRtIfp));
        int again = m.Up(line: 1, local: Ipv4Address.Of(10, 0, 1, 1), peer: Ipv4Address.Of(10, 0, 1, 2));
        m.K.Ip6Input(again, packet);
        Assert.Equal((1L, 1L, 0), (m.Counted.Counts.Forwarded, m.Counted.Counts.NotForwarded, m.Stale(HolderKind.Ip6ForwardRtIfp)));
    }
}
