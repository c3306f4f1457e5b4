using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

/// <summary>Packets that wait, and the interface they came from (reference 8.3, row 14).</summary>
public sealed class WaitingPacketTests
{
    private const byte Protocol = 200;

    [Fact]
    public void Fragments_in_any_order_make_one_packet()
    {
        var m = new Machine();
        int ppp = m.Up();
        m.K.OpenSocket(PcbTable.Raw, Protocol);

        Fragment(m, ppp, offset: 16, bytes: 5, more: false);
        Fragment(m, ppp, offset: 0, bytes: 8, more: true);
        Assert.Empty(m.Received);
        Fragment(m, ppp, offset: 8, bytes: 8, more: true);

        Assert.Equal(m.Index(ppp), Assert.Single(m.Received).Index);
        Assert.Equal(0, m.K.FragmentsWaiting);
    }

    [Fact]
    public void A_fragment_waits_30_seconds_and_no_longer()
    {
        var m = new Machine();
        int ppp = m.Up();
        Fragment(m, ppp, offset: 0, bytes: 8, more: true);
        for (int tick = 0; tick < 149; tick++)
        {
            m.K.IpReassemblyTimeout();
        }

        Assert.Equal(1, m.K.FragmentsWaiting);
        m.K.IpReassemblyTimeout();
        Assert.Equal(0, m.K.FragmentsWaiting);
    }

    [Fact]
    public void A_packet_completed_after_its_interface_went_is_delivered_with_the_index_of_freed_memory()
    {
        var m = new Machine();
        int ppp = m.Up(), other = m.Up(1, Ipv4Address.Of(10, 0, 1, 1), Ipv4Address.Of(10, 0, 1, 2), linkLocalFirst: false);
        m.K.OpenSocket(PcbTable.Raw, Protocol);
        ushort index = m.Index(ppp);
        Fragment(m, ppp, offset: 0, bytes: 8, more: true, Ipv4Address.Of(10, 0, 1, 1));
        m.Close(ppp);
        Assert.Equal(1, m.Stale(HolderKind.RcvIf));

        Fragment(m, other, offset: 8, bytes: 8, more: false, Ipv4Address.Of(10, 0, 1, 1));

        Assert.Equal(index, Assert.Single(m.Received).Index); // beyond the 32 bytes that DIAGNOSTIC poisons
        Assert.Equal(1, m.Probe(Probe.StalePointerUsed));
        Assert.Equal(0, m.Stale(HolderKind.RcvIf));
    }

    [Fact]
    public void Detaching_drops_the_packets_that_wait_for_the_soft_interrupt()
    {
        var m = new Machine();
        int ppp = m.Up();
        Span<byte> packet = stackalloc byte[Ipv4Header.MinLength];
        new Ipv4Header { TimeToLive = 1, Protocol = Protocol, Source = Machine.Peer, Destination = Machine.Local }.Write(packet);
        m.K.NetisrEnqueue(ppp, packet);
        m.Close(ppp);

        Assert.Equal(0, m.K.Netisr());
    }

    private static void Fragment(Machine m, int slot, int offset, int bytes, bool more, Ipv4Address? to = null)
    {
        Span<byte> packet = stackalloc byte[Ipv4Header.MinLength + bytes];
        new Ipv4Header
        {
            PayloadLength = (ushort)bytes, Identification = 7, TimeToLive = 1, Protocol = Protocol, Source = Machine.Peer, Destination = to ?? Machine.Local,
            Fragment = (ushort)((offset / 8) | (more ? Ipv4Header.MoreFragments : 0)),
        }.Write(packet);
        m.K.IpInput(slot, packet);
    }
}
