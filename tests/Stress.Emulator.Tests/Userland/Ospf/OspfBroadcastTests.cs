using System.Buffers.Binary;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ospf;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Userland.Ospf;

/// <summary>The area of RFC 2328 on a broadcast network.</summary>
public sealed class OspfBroadcastTests
{
    private static LanNet Settled(params byte[] priorities)
    {
        var net = new LanNet(priorities);
        net.RunTo(VirtualTime.FromMinutes(3));
        return net;
    }

    private static void AllSame(LanNet net, string elected, params int[] routers)
    {
        Assert.All(routers, i => Assert.Equal((i, elected), (i, net.Elected(i))));
        Assert.All(routers, i => Assert.Equal((i, net.Database(routers[0])), (i, net.Database(i))));
    }

    [Fact]
    public void Five_routers_elect_two_become_full_with_those_and_stay_at_2_Way_with_each_other()
    {
        LanNet net = Settled(1, 1, 1, 1, 1);

        AllSame(net, "5/4", 0, 1, 2, 3, 4);
        for (int a = 0; a < 5; a++)
        {
            for (int b = 0; b < 5; b++)
            {
                OspfNeighborState expected = a == b ? OspfNeighborState.Down : a >= 3 || b >= 3 ? OspfNeighborState.Full : OspfNeighborState.TwoWay;
                Assert.Equal((a, b, expected), (a, b, net.Areas[a].StateOf(LanNet.Segment, AreaNet.Id(b))));
            }
        }

        Assert.Equal([OspfInterfaceState.DrOther, OspfInterfaceState.Backup, OspfInterfaceState.Dr], new[] { 0, 3, 4 }.Select(i => net.Areas[i].Interfaces[LanNet.Segment].State));
        Assert.Equal(6, net.Areas[0].DatabaseCount);
        Assert.Contains("Network 192.168.77.5 10.255.0.5", net.Database(0), StringComparison.Ordinal);
    }

    [Fact]
    public void The_next_hop_over_a_segment_is_the_other_router_s_address_on_it()
    {
        LanNet net = Settled(1, 1, 1, 1);

        Assert.Equal("10.9.1.2/32 20 192.168.77.2\n10.9.2.2/32 20 192.168.77.3\n10.9.3.2/32 20 192.168.77.4", net.Routes(0));
    }

    [Fact]
    public void A_router_behind_a_line_of_one_on_the_segment_has_a_route_to_the_segment_and_to_what_is_behind_it()
    {
        LanNet net = Settled(1, 1, 1);
        OspfArea far = net.JoinFar();
        net.RunTo(net.Now + VirtualTime.FromMinutes(1));

        Assert.Equal("10.9.0.2/32 30 10.9.1.1\n10.9.2.2/32 30 10.9.1.1\n192.168.77.0/24 20 10.9.1.1", OspfText.Routes(far));
        Assert.Equal(net.Areas[0].DatabaseCount, far.DatabaseCount);
    }

    [Fact]
    public void When_the_designated_router_s_cable_is_pulled_its_backup_takes_over_and_gives_way_again_to_the_higher_priority()
    {
        LanNet net = Settled(2, 1, 1, 1);
        AllSame(net, "1/4", 0, 1, 2, 3);

        net.CableOut[0] = true;
        net.RunTo(net.Now + VirtualTime.FromMinutes(2));
        AllSame(net, "4/3", 1, 2, 3);
        Assert.Equal("1/0", net.Elected(0));
        Assert.DoesNotContain("10.9.0.2", net.Routes(3), StringComparison.Ordinal);
        Assert.Equal("10.9.1.2/32 20 192.168.77.2\n10.9.2.2/32 20 192.168.77.3", net.Routes(3));

        // Each side has a Designated Router, and the one of the higher priority stays, as does the Backup. The network's LSA of the other one is flushed.
        net.CableOut[0] = false;
        net.RunTo(net.Now + VirtualTime.FromMinutes(3));
        AllSame(net, "1/3", 0, 1, 2, 3);
        Assert.Equal(5, net.Areas[2].DatabaseCount);
        Assert.Contains("10.9.0.2/32 20 192.168.77.1", net.Routes(3), StringComparison.Ordinal);
    }

    [Fact]
    public void A_router_that_boots_later_displaces_nobody_whatever_its_priority()
    {
        var net = new LanNet(1, 1, 1, 255);
        net.CableOut[3] = true;
        net.RunTo(VirtualTime.FromMinutes(3));
        AllSame(net, "3/2", 0, 1, 2);
        net.Boot(3, new OspfArea(AreaNet.Id(3), new OspfTimes()));
        net.CableOut[3] = false;
        net.RunTo(VirtualTime.FromMinutes(6));

        AllSame(net, "3/2", 0, 1, 2, 3);
    }

    [Fact]
    public void Routers_of_priority_0_alone_stay_at_2_Way_and_with_one_other_become_full_with_that()
    {
        LanNet none = Settled(0, 0, 0);
        Assert.All(Enumerable.Range(0, 3), i => Assert.Equal("0/0", none.Elected(i)));
        Assert.Equal(OspfNeighborState.TwoWay, none.Areas[0].StateOf(LanNet.Segment, AreaNet.Id(1)));
        Assert.Equal(1, none.Areas[0].DatabaseCount);

        LanNet one = Settled(0, 1, 0);
        AllSame(one, "2/0", 0, 1, 2);
        Assert.Equal(4, one.Areas[0].DatabaseCount);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Databases_become_the_same_though_a_third_of_all_packets_is_lost_and_cables_are_pulled(ulong seed)
    {
        var random = new RandomStream(seed, 1, RandomPurpose.Noise);
        var net = new LanNet(1, 2, 1, 0, 1, 1);
        net.Loses = (_, _) => random.Below(3) == 0;
        for (int minute = 1; minute <= 20; minute++)
        {
            net.RunTo(VirtualTime.FromMinutes(minute));
            net.CableOut[random.Below(6)] ^= true;
        }

        Array.Clear(net.CableOut);
        net.RunTo(VirtualTime.FromMinutes(35));
        AllSame(net, net.Elected(0), 0, 1, 2, 3, 4, 5);
        Assert.Equal(7, net.Areas[0].DatabaseCount);
    }

    // 8.1, 13.3 and 13.5: who sends what to whom.
    [Fact]
    public void Floods_and_acknowledgments_go_to_groups_and_exchanges_to_the_neighbour()
    {
        LanNet net = Settled(1, 1, 1, 1);
        Assert.All(net.Sent.Where(s => s.Packet[1] is (byte)OspfType.DatabaseDescription or (byte)OspfType.LinkStateRequest), s => Assert.False(s.To.IsMulticast));

        // What changes at a router that is neither: to both designated ones, back from the Designated Router to all, and one acknowledgment of each other router to those two.
        net.Sent.Clear();
        net.Areas[0].InterfaceDown(LanNet.Behind, net.Now);
        net.RunTo(net.Now + VirtualTime.FromSeconds(9));
        Assert.Equal(
            [
                "1 LinkStateUpdate 224.0.0.6", "2 LinkStateAcknowledgment 224.0.0.6", "3 LinkStateAcknowledgment 224.0.0.5", "4 LinkStateUpdate 224.0.0.5",
            ],
            net.Sent.Select(s => $"{s.From + 1} {(OspfType)s.Packet[1]} {s.To}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_network_lsa_that_is_written_lists_the_routers_that_are_full_with_its_own()
    {
        LanNet net = Settled(1, 1, 1);
        byte[] update = net.Sent.Last(s => s.From == 2 && s.Packet[1] == (byte)OspfType.LinkStateUpdate && s.Packet[24 + 4 + 3] == (byte)OspfLsaType.Network).Packet;
        ReadOnlySpan<byte> lsa = update.AsSpan(28, BinaryPrimitives.ReadUInt16BigEndian(update.AsSpan(28 + 18)));

        Assert.Equal(WireError.None, OspfLsa.Check(lsa));
        Assert.Equal(WireError.None, OspfNetworkLsa.TryParse(lsa[OspfLsaHeader.HeaderLength..], out Ipv4Address mask, out int attached));
        Assert.Equal(("255.255.255.0", 3), ($"{mask}", attached));
    }

    [Fact]
    public void An_area_goes_on_from_its_image_as_it_would_have_gone_on()
    {
        LanNet whole = new(1, 1, 1, 1), cut = new(1, 1, 1, 1);
        foreach (int second in new[] { 5, 41, 43, 60 })
        {
            whole.RunTo(VirtualTime.FromSeconds(second));
            cut.RunTo(VirtualTime.FromSeconds(second));
            for (int i = 0; i < 4; i++)
            {
                var image = new ImageWriter();
                image.Save(cut.Areas[i]);
                var fresh = new OspfArea(AreaNet.Id(i), new OspfTimes());
                var reader = new ImageReader(image.Written);
                reader.Load(fresh);
                reader.End();
                cut.Areas[i] = fresh;
            }
        }

        whole.RunTo(VirtualTime.FromMinutes(40));
        cut.RunTo(VirtualTime.FromMinutes(40));
        Assert.Equal(whole.Sent.Select(s => Convert.ToHexString(s.Packet)), cut.Sent.Select(s => Convert.ToHexString(s.Packet)));
    }

    [Fact]
    public void What_repeats_allocates_nothing()
    {
        LanNet net = Settled(1, 1, 1);
        var packet = new byte[1500];
        OspfArea area = net.Areas[2];
        VirtualTime now = net.Now;
        long before = GC.GetAllocatedBytesForCurrentThread();
        int sent = 0;
        for (int round = 0; round < 8; round++)
        {
            now += VirtualTime.FromSeconds(6);
            area.Lost(LanNet.Segment, AreaNet.Id(0), now);
            area.HelloReceived(LanNet.Segment, new OspfBroadcastHello(AreaNet.Id(0), LanNet.At(0), 1, LanNet.At(2), LanNet.At(1)), now);
            while (area.Timers(now))
            {
            }

            while (area.NextPacket(packet, now, out _, out _) > 0)
            {
                sent++;
            }
        }

        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(sent > 8);
        Assert.Equal(0, bytes);
    }

    [Fact]
    public void Any_bytes_at_all_from_a_neighbour_are_survived()
    {
        var random = new RandomStream(7, 1, RandomPurpose.Noise);
        var net = new LanNet(1, 1, 1);
        net.Loses = (_, packet) =>
        {
            if (random.Below(4) == 0)
            {
                packet[Math.Min(24 + (int)random.Below((uint)Math.Max(packet.Length - 24, 1)), packet.Length - 1)] ^= (byte)(1 + random.Below(255));
                new OspfHeader { Type = (OspfType)packet[1], RouterId = Ipv4Address.Read(packet.AsSpan(4)) }.Write(packet);
            }

            return false;
        };
        net.RunTo(VirtualTime.FromMinutes(20));
        net.Loses = null;
        net.RunTo(VirtualTime.FromMinutes(150));
        AllSame(net, "3/2", 0, 1, 2);
    }
}
