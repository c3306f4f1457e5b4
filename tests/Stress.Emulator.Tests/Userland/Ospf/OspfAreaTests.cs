using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ospf;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Userland.Ospf;

/// <summary>The area of RFC 2328 on point-to-point links.</summary>
public sealed class OspfAreaTests
{
    private static AreaNet Pair()
    {
        var net = new AreaNet(2);
        net.Join(0, 0, 1, 0);
        return net;
    }

    private static AreaNet Ring(int n)
    {
        var net = new AreaNet(n);
        for (int i = 0; i < n; i++)
        {
            net.Join(i, 0, (i + 1) % n, 1);
        }

        return net;
    }

    [Fact]
    public void Two_routers_become_full_have_one_database_and_route_to_the_other_s_network()
    {
        AreaNet net = Pair();
        net.RunTo(VirtualTime.FromSeconds(30));

        net.AllFull();
        Assert.Equal(2, net.Areas[0].DatabaseCount);
        Assert.Equal("192.168.1.0/24 20 10.0.0.2", net.Routes(0));
        Assert.Equal("192.168.0.0/24 20 10.0.0.1", net.Routes(1));
    }

    [Fact]
    public void Routers_of_a_ring_take_the_shorter_way_and_the_other_one_when_a_line_has_gone()
    {
        AreaNet net = Ring(5);
        net.RunTo(VirtualTime.FromSeconds(60));
        net.AllFull();
        Assert.Equal(5, net.Areas[0].DatabaseCount);
        Assert.Contains("192.168.1.0/24 20 10.0.0.2", net.Routes(0));
        Assert.Contains("192.168.4.0/24 20 10.0.4.1", net.Routes(0));

        net.Down(0);
        net.RunTo(VirtualTime.FromSeconds(120));
        net.AllFull();
        Assert.Contains("192.168.1.0/24 50 10.0.4.1", net.Routes(0));
        Assert.DoesNotContain("10.0.0.", net.Routes(0));

        net.Up(0);
        net.RunTo(VirtualTime.FromSeconds(180));
        net.AllFull();
        Assert.Contains("192.168.1.0/24 20 10.0.0.2", net.Routes(0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Databases_become_the_same_though_a_third_of_all_packets_is_lost(ulong seed)
    {
        var random = new RandomStream(seed, 1, RandomPurpose.Noise);
        AreaNet net = Ring(6);
        net.Loses = (_, _) => random.Below(3) == 0;
        net.RunTo(VirtualTime.FromMinutes(10));
        net.AllFull();
        net.Down(2);
        net.RunTo(VirtualTime.FromMinutes(20));
        net.AllFull();
    }

    [Fact]
    public void A_neighbour_is_full_when_what_it_was_asked_for_has_come_from_another_one()
    {
        AreaNet net = Ring(3);
        net.RunTo(VirtualTime.FromMinutes(1));
        net.Down(0);
        net.Down(2); // router 0 is alone
        net.RunTo(VirtualTime.FromMinutes(2));
        net.Loses = (router, packet) => router == 1 && OspfHeader.TryParse(packet, out OspfHeader header) == WireError.None && header.Type == OspfType.LinkStateUpdate;
        net.Up(0);
        net.RunTo(VirtualTime.FromMinutes(2) + VirtualTime.FromSeconds(1));
        Assert.Equal(OspfNeighborState.Loading, net.Areas[0].StateOf(0));

        net.Up(2);
        net.RunTo(VirtualTime.FromMinutes(3));
        Assert.Equal(OspfNeighborState.Full, net.Areas[0].StateOf(0));
    }

    [Fact]
    public void A_router_that_has_lost_its_memory_gets_a_later_number_than_its_earlier_life_had()
    {
        AreaNet net = Ring(3);
        net.RunTo(VirtualTime.FromMinutes(5));
        int before = Own(net.Areas[1]).Sequence;
        net.Down(0);
        net.Down(1);
        net.Areas[1] = new OspfArea(AreaNet.Id(1), new OspfTimes());
        net.Areas[1].Open(Ipv4Address.Of(192, 168, 1, 1), 24, net.Now);
        net.RunTo(VirtualTime.FromMinutes(6));
        net.Up(0);
        net.Up(1);
        net.RunTo(VirtualTime.FromMinutes(8));

        net.AllFull();
        Assert.True(Own(net.Areas[1]).Sequence > before);
    }

    [Fact]
    public void An_lsa_is_originated_again_after_thirty_minutes_and_flushed_an_hour_after_its_router_has_gone()
    {
        AreaNet net = Ring(4);
        net.RunTo(VirtualTime.FromMinutes(5));
        int before = Own(net.Areas[0]).Sequence;
        net.RunTo(VirtualTime.FromMinutes(40));
        Assert.Equal(before + 1, Own(net.Areas[0]).Sequence);

        net.Down(0);
        net.Down(1); // router 1 is alone
        net.RunTo(VirtualTime.FromMinutes(60));
        Assert.Equal(4, net.Areas[3].DatabaseCount);
        net.RunTo(VirtualTime.FromMinutes(110));
        Assert.Equal(3, net.Areas[3].DatabaseCount);
        Assert.Equal(net.Database(3), net.Database(0));
    }

    [Fact]
    public void A_router_originates_its_lsa_at_most_every_five_seconds()
    {
        AreaNet net = Ring(3);
        net.RunTo(VirtualTime.FromMinutes(5));
        int before = Own(net.Areas[0]).Sequence;
        for (int second = 0; second < 20; second++)
        {
            net.Down(0);
            net.Up(0);
            net.RunTo(VirtualTime.FromMinutes(5) + VirtualTime.FromSeconds(second + 1));
        }

        Assert.InRange(Own(net.Areas[0]).Sequence - before, 3, 5);
    }

    [Fact]
    public void A_database_of_four_hundred_lsas_is_described_in_packets_that_fit_the_line()
    {
        AreaNet net = Pair();
        net.RunTo(VirtualTime.FromSeconds(30));
        net.Down(0);
        net.Areas[0].InterfaceUp(3, Ipv4Address.Of(10, 9, 0, 1), Ipv4Address.Of(10, 9, 0, 2), 1500, net.Now);
        net.Sent.Clear();
        Feed(net.Areas[0], 400, net.Now);
        net.Down(0);
        net.Areas[0].InterfaceDown(3, net.Now);
        net.Up(0);
        net.RunTo(VirtualTime.FromMinutes(3));

        net.AllFull();
        Assert.Equal(402, net.Areas[1].DatabaseCount);
        Assert.All(net.Sent, packet => Assert.InRange(packet.Length, OspfHeader.HeaderLength, 1480));
        Assert.True(net.Sent.Count(p => p[1] == (byte)OspfType.DatabaseDescription) >= 12);
    }

    // A neighbour that is Full and floods LSAs of routers far away.
    private static void Feed(OspfArea area, int count, VirtualTime now)
    {
        Ipv4Address far = Ipv4Address.Of(9, 9, 9, 9);
        var packet = new byte[1500];
        area.TwoWay(3, far, now);
        Span<byte> body = packet.AsSpan(OspfHeader.HeaderLength);
        uint number = 0;
        while (area.NextPacket(packet, now, out int at, out _) > 0)
        {
            if (at == 3 && packet[1] == (byte)OspfType.DatabaseDescription)
            {
                number = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(body[4..]);
            }
        }

        new OspfDatabaseDescription(1500, 2, OspfDdFlags.None, number).Write(body);
        new OspfHeader { Type = OspfType.DatabaseDescription, RouterId = far }.Write(packet.AsSpan(0, OspfHeader.HeaderLength + OspfDatabaseDescription.Length));
        area.Receive(3, packet.AsSpan(0, OspfHeader.HeaderLength + OspfDatabaseDescription.Length), now);
        while (area.NextPacket(packet, now, out _, out _) > 0)
        {
        }

        for (int i = 0; i < count; i++)
        {
            Ipv4Address id = Ipv4Address.Of(8, 0, (byte)(i >> 8), (byte)i);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(body, 1);
            Span<byte> lsa = body.Slice(4, OspfRouterLink.First + OspfRouterLink.Length);
            new OspfLsaHeader { Options = 2, Type = OspfLsaType.Router, LinkStateId = id, AdvertisingRouter = id, Sequence = OspfLsaHeader.InitialSequenceNumber, Length = (ushort)lsa.Length }.Write(lsa);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(lsa[20..], 1);
            new OspfRouterLink(id, Ipv4Address.Broadcast, OspfLinkType.Stub, 1).Write(lsa[24..]);
            OspfLsa.WriteChecksum(lsa);
            int length = OspfHeader.HeaderLength + 4 + lsa.Length;
            new OspfHeader { Type = OspfType.LinkStateUpdate, RouterId = far }.Write(packet.AsSpan(0, length));
            area.Receive(3, packet.AsSpan(0, length), now);
        }
    }

    [Fact]
    public void Any_bytes_at_all_from_a_neighbour_are_survived()
    {
        var random = new RandomStream(7, 1, RandomPurpose.Noise);
        AreaNet net = Ring(3);
        net.Loses = (sender, packet) =>
        {
            // One packet in four comes broken, with a checksum that is right.
            if (random.Below(4) == 0)
            {
                packet[24 + (int)random.Below((uint)Math.Max(packet.Length - 24, 1)) is var at && at < packet.Length ? at : 24] ^= (byte)(1 + random.Below(255));
                new OspfHeader { Type = (OspfType)packet[1], RouterId = Ipv4Address.Read(packet.AsSpan(4)) }.Write(packet);
            }

            return false;
        };
        net.RunTo(VirtualTime.FromMinutes(20));
        net.Loses = null;
        net.RunTo(VirtualTime.FromMinutes(150));
        net.AllFull();
    }

    [Fact]
    public void What_repeats_allocates_nothing()
    {
        AreaNet net = Ring(3);
        net.RunTo(VirtualTime.FromMinutes(65));
        var packet = new byte[1500];
        OspfArea area = net.Areas[0];
        int sent = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int timer = 0; timer < 8; timer++)
        {
            VirtualTime due = area.NextDue;
            while (area.Timers(due))
            {
            }

            while (area.NextPacket(packet, due, out _, out _) > 0)
            {
                sent++;
            }
        }

        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(sent > 0);
        Assert.Equal(0, bytes);
    }

    [Fact]
    public void An_area_goes_on_from_its_image_as_it_would_have_gone_on()
    {
        AreaNet whole = Ring(4), cut = Ring(4);
        whole.RunTo(VirtualTime.FromSeconds(7));
        cut.RunTo(VirtualTime.FromSeconds(7));
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

        whole.RunTo(VirtualTime.FromMinutes(40));
        cut.RunTo(VirtualTime.FromMinutes(40));
        Assert.Equal(whole.Sent.Select(Convert.ToHexString), cut.Sent.Select(Convert.ToHexString));
    }

    private static OspfLsaHeader Own(OspfArea area)
    {
        foreach (ref readonly OspfDatabaseRow row in area.Database)
        {
            if (row.Used && row.Header.AdvertisingRouter == area.RouterId)
            {
                return row.Header;
            }
        }

        throw new InvalidOperationException("no LSA of its own");
    }
}
