using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Sites;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

/// <summary>Holders that no run has: multicast router, carp device, a pre-empted reader.</summary>
public sealed class ThirdPartyTests
{
    private static readonly Ipv6Address Origin = new(0x2001_0db8_0000_0000, 5), Group = new(0xff0e_0000_0000_0000, 0x10003);

    [Fact]
    public void The_multicast_router_copies_a_packet_to_every_way_out_and_to_no_other()
    {
        var m = new Machine();
        int a = m.Up(), b = m.Up(1, Ipv4Address.Of(10, 0, 1, 1), Ipv4Address.Of(10, 0, 1, 2));
        int s = m.K.OpenSocket(PcbTable.Raw6, IpProtocol.Icmpv6);
        Assert.Equal(Errno.None, m.K.Ip6MrouterInit(s));
        Assert.Equal(Errno.None, m.K.AddM6if(s, 0, m.Index(a)));
        Assert.Equal(Errno.None, m.K.AddM6if(s, 1, m.Index(b)));
        Assert.Equal(Errno.None, m.K.AddM6fc(s, Origin, Group, 0, 1u << 1));
        m.Sent.Clear();

        m.K.Ip6Input(a, Packet());
        m.K.Ip6Input(b, Packet());

        Assert.Equal(1, Assert.Single(m.Sent).Line);
    }

    [Fact]
    public void The_multicast_router_refuses_what_it_cannot_keep()
    {
        var m = new Machine();
        int a = m.Up();
        int udp = m.K.OpenSocket(PcbTable.Udp6, 521), s = m.K.OpenSocket(PcbTable.Raw6, IpProtocol.Icmpv6), other = m.K.OpenSocket(PcbTable.Raw6, IpProtocol.Icmpv6);

        Assert.Equal(Errno.EOPNOTSUPP, m.K.Ip6MrouterInit(udp));
        Assert.Equal(Errno.None, m.K.Ip6MrouterInit(s));
        Assert.Equal(Errno.EADDRINUSE, m.K.Ip6MrouterInit(other));
        Assert.Equal(Errno.EINVAL, m.K.AddM6if(other, 0, m.Index(a)));
        Assert.Equal(Errno.ENXIO, m.K.AddM6if(s, 0, 77));
        Assert.Equal(Errno.None, m.K.AddM6if(s, 0, m.Index(a)));
        Assert.Equal(Errno.EADDRINUSE, m.K.AddM6if(s, 0, m.Index(a)));
        Assert.Equal(Errno.EINVAL, m.K.AddM6fc(s, Origin, Origin, 0, 1));
        m.K.CloseSocket(s, exiting: false);
        Assert.Equal(Errno.None, m.K.Ip6MrouterInit(other));
    }

    [Fact]
    public void A_closing_router_calls_the_driver_of_a_departed_interface()
    {
        var m = new Machine(MallocFill.Debug);
        int a = m.Up();
        int s = m.K.OpenSocket(PcbTable.Raw6, IpProtocol.Icmpv6);
        m.K.Ip6MrouterInit(s);
        m.K.AddM6if(s, 0, m.Index(a));
        m.Close(a);

        var panic = Assert.Throws<KernelPanic>(() => m.K.CloseSocket(s, exiting: false));
        Assert.Equal((UseSite.DelM6if, HolderKind.Mif6Ifp), (panic.Site, panic.Holder));
    }

    [Fact]
    public void A_carp_device_advertises_every_second_until_it_is_destroyed()
    {
        var m = new Machine();
        int carp = m.K.CarpAttach(m.Up());
        m.Sent.Clear();
        for (int tick = 0; tick < 11; tick++)
        {
            m.K.EnterFromUser(KernelFunction.SoftNet);
            m.K.CarpTimo();
        }

        Assert.Equal(2, m.Sent.Count);
        m.K.CarpDetach(carp);
        Assert.DoesNotContain(m.K.InMultis.ToArray(), x => x.Used && x.Group == Ipv4Address.Of(224, 0, 0, 18));
    }

    [Fact]
    public void Memory_of_an_epoch_waits_for_the_last_reader_and_no_longer()
    {
        var m = new Machine(design: "epoch");
        int ppp = m.Up(), s = m.K.OpenSocket(PcbTable.Udp6, 521);
        Assert.Equal(Errno.ENXIO, m.K.EpochEnter(s));
        Assert.Equal(Errno.None, m.K.SendUdp6(s, Machine.PeerLink, 521, m.Index(ppp), new byte[4]));
        int free = m.K.Heap.FreeCount(0), freeSmall = m.K.Heap.FreeCount(1);

        Assert.Equal(Errno.None, m.K.EpochEnter(s));
        Assert.Equal(Errno.EBUSY, m.K.EpochEnter(s));
        m.Close(ppp);
        Assert.Equal((free, freeSmall), (m.K.Heap.FreeCount(0), m.K.Heap.FreeCount(1)));
        Assert.Equal(Errno.None, m.K.EpochExit(s));
        Assert.Equal((free + 1, freeSmall + 1), (m.K.Heap.FreeCount(0), m.K.Heap.FreeCount(1)));
        Assert.Equal(Errno.EINVAL, m.K.EpochExit(s));
        Assert.Equal(0, m.Probe(Probe.StalePointerUsed));
    }

    [Fact]
    public void What_no_run_has_is_part_of_the_image()
    {
        var m = new Machine();
        int ppp = m.Up(), s = m.K.OpenSocket(PcbTable.Raw6, IpProtocol.Icmpv6);
        m.K.Ip6MrouterInit(s);
        m.K.AddM6if(s, 3, m.Index(ppp));
        m.K.CarpAttach(ppp);
        m.K.NetisrEnqueue(ppp, Packet());
        m.K.DummynetPipe(2);
        m.K.Ip6Input(ppp, Packet());
        var written = new ImageWriter();
        m.K.Save(written);

        var copy = new Machine();
        copy.K.Load(new ImageReader(written.Written));
        var again = new ImageWriter();
        copy.K.Save(again);

        Assert.Equal(written.Written.ToArray(), again.Written.ToArray());
        Assert.Equal((m.StaleTotal(), 1), (copy.StaleTotal(), copy.K.Netisr()));
    }

    private static byte[] Packet()
    {
        var packet = new byte[Ipv6Header.Length];
        new Ipv6Header { NextHeader = IpProtocol.NoNextHeader, HopLimit = 4, Source = Origin, Destination = Group }.Write(packet);
        return packet;
    }
}
