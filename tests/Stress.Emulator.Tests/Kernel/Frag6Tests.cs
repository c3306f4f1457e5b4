using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

/// <summary>IPv6 fragments, and the interface that they came from (reference 3.10; 8.3, row 14).</summary>
public sealed class Frag6Tests
{
    private const ushort Port = 521;
    private const int Bytes = 4000;

    // The pieces of one large datagram from another system's end of the line.
    private static List<byte[]> Pieces(Ipv6Address to)
    {
        var sender = new Machine();
        int ppp = sender.Up(linkLocalFirst: false), s = sender.K.OpenSocket(PcbTable.Udp6, Port);
        Assert.Equal(Errno.None, sender.K.SiocAifAddr6(ppp, Machine.PeerLink, 128, Machine.LocalLink));
        sender.K.SiocAifAddr6(ppp, Ipv6Address.Parse("2001:db8::1"), 128, Ipv6Address.Parse("2001:db8::2"));
        int before = sender.Sent.Count;
        Assert.Equal(Errno.None, sender.K.SendUdp6(s, to, Port, sender.Index(ppp), new byte[Bytes]));
        return [.. sender.Sent.Skip(before).Select(frame => frame.Packet)];
    }

    private static void Wait(Machine m, int ticks)
    {
        for (int tick = 0; tick < ticks; tick++)
        {
            m.K.Frag6SlowTimo();
        }
    }

    [Fact]
    public void A_datagram_above_the_MTU_leaves_in_pieces_of_eight_bytes_and_arrives_whole_in_any_order()
    {
        List<byte[]> pieces = Pieces(Machine.LocalLink);
        Assert.Equal(3, pieces.Count);
        Assert.All(pieces, piece => Assert.InRange(piece.Length, Ipv6Header.Length + Ipv6Fragment.Length, 1500));
        Assert.All(pieces.SkipLast(1), piece => Assert.Equal(0, (piece.Length - Ipv6Header.Length) % Ipv6Fragment.Unit));

        var m = new Machine();
        int ppp = m.Up();
        m.K.OpenSocket(PcbTable.Udp6, Port);
        foreach (int i in (int[])[2, 0, 1])
        {
            Assert.Empty(m.Received);
            m.K.Ip6Input(ppp, pieces[i]);
        }

        Assert.Equal(m.Index(ppp), Assert.Single(m.Received).Index);
        Assert.Equal(0, m.K.Fragments6Waiting);
    }

    [Fact]
    public void A_fragment_names_its_unit_for_a_minute_after_that_has_gone_and_nothing_reads_through_it()
    {
        var m = new Machine();
        int ppp = m.Up();
        m.K.Ip6Input(ppp, Pieces(Machine.LocalLink)[0]);
        m.Close(ppp);
        Assert.Equal(1, m.Stale(HolderKind.Ip6qRcvIf));

        Wait(m, 299);
        Assert.Equal(1, m.Stale(HolderKind.Ip6qRcvIf));
        Wait(m, 1);
        Assert.Equal((0, 0), (m.Stale(HolderKind.Ip6qRcvIf), m.K.Fragments6Waiting));
        Assert.Equal(0, m.Probe(Probe.StalePointerUsed));
    }

    [Fact]
    public void A_datagram_completed_by_another_unit_is_told_the_index_of_freed_memory()
    {
        var here = Ipv6Address.Parse("2001:db8::2");
        List<byte[]> pieces = Pieces(here);
        var m = new Machine();
        int ppp = m.Up(), other = m.Up(1, Ipv4Address.Of(10, 0, 1, 1), Ipv4Address.Of(10, 0, 1, 2), linkLocalFirst: false);
        Assert.Equal(Errno.None, m.K.SiocAifAddr6(other, here, 128, Ipv6Address.Parse("2001:db8::1")));
        m.K.OpenSocket(PcbTable.Udp6, Port);
        ushort index = m.Index(ppp);
        m.K.Ip6Input(ppp, pieces[0]);
        m.Close(ppp);

        m.K.Ip6Input(other, pieces[1]);
        m.K.Ip6Input(other, pieces[2]);

        Assert.Equal(index, Assert.Single(m.Received).Index); // if_index lies beyond what DIAGNOSTIC poisons
        Assert.Equal(1, m.Probe(Probe.StalePointerUsed));
    }

    [Fact]
    public void Ticks_that_only_count_down_may_be_taken_at_once()
    {
        var m = new Machine();
        int ppp = m.Up();
        m.K.Ip6Input(ppp, Pieces(Machine.LocalLink)[0]);
        Wait(m, 100);
        for (int left = 200, quiet; left > 0;)
        {
            // As the short way does: what only counts down, then the tick in which something happens.
            m.K.CountDown(quiet = m.K.QuietTicks);
            m.K.IgmpFastTimo();
            m.K.Mld6FastTimeo();
            Wait(m, 1);
            left -= quiet + 1;
            Assert.Equal(left > 0 ? 1 : 0, m.K.Fragments6Waiting);
        }
    }
}
