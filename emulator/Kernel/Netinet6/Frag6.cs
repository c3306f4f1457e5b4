// Modelled from NetBSD sys/netinet6/frag6.c 1.26 (frag6_input, frag6_slowtimo), and ip6_output.c where it fragments (reference 3.10; 8.3, row 14).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    // IPV6_FRAGTTL, 120 half seconds, in ticks of 200 ms.
    private const int Ip6FragmentTicks = 300;
    private readonly List<Mbuf> _ip6q = [];
    private uint _ip6Identification;

    [KernelState]
    private void Frag6Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        MbufQueues.Fields(_ip6q, ref pass);
        pass.Field(ref _ip6Identification);
    }

    /// <summary>IPv6 fragments that wait for the rest of their packet.</summary>
    public int Fragments6Waiting => _ip6q.Count;

    /// <summary>
    /// frag6_slowtimo: fragments that waited a minute are dropped. The first of a packet goes to its sender in an ICMPv6 error; icmp6_error sets m_pkthdr.rcvif to NULL
    /// before it answers, so that nothing is read through it.
    /// </summary>
    public void Frag6SlowTimo()
    {
        if (_ip6q.Count > 0)
        {
            MbufQueues.TakeDue(_ip6q);
        }
    }

    // How many ticks only count down, or int.MaxValue.
    private int Frag6QuietTicks()
    {
        int least = int.MaxValue;
        for (int i = 0; i < _ip6q.Count; i++)
        {
            least = Math.Min(least, _ip6q[i].Ticks);
        }

        return least;
    }

    private void Frag6CountDown(int ticks)
    {
        for (int i = 0; i < _ip6q.Count; i++)
        {
            _ip6q[i] = _ip6q[i] with { Ticks = _ip6q[i].Ticks - ticks };
        }
    }

    // frag6_input: ip6af_m keeps the fragment with the interface that it came from. The reassembled packet has the first one's, and nothing purges it.
    private void Frag6Input(int slot, in Ipv6Header ip, ReadOnlySpan<byte> packet)
    {
        using Frame frame = Enter(KernelFunction.Frag6Input);
        if (Ipv6Fragment.TryParse(ip.Payload(packet), out Ipv6Fragment fragment) != WireError.None)
        {
            return;
        }

        IfnetPtr here = PointerTo(slot);
        _ip6q.Add(new Mbuf(here, packet.ToArray(), Ip6FragmentTicks));
        _host.FastTimerWanted();
        List<(Ipv6Fragment Head, byte[] Payload, Mbuf M)> parts = [];
        foreach (Mbuf m in _ip6q)
        {
            // Link-local addresses contain their zone: with another index they differ.
            if (Ipv6Header.TryParse(m.Data, out Ipv6Header h) == WireError.None && h.Source == ip.Source && h.Destination == ip.Destination
                && (!h.Destination.HasEmbeddedScope || m.RcvIf.Index == here.Index)
                && Ipv6Fragment.TryParse(h.Payload(m.Data), out Ipv6Fragment f) == WireError.None && f.Identification == fragment.Identification)
            {
                parts.Add((f, h.Payload(m.Data)[Ipv6Fragment.Length..].ToArray(), m));
            }
        }

        parts.Sort(static (a, b) => a.Head.Offset.CompareTo(b.Head.Offset));
        var payload = new List<byte>();
        foreach ((Ipv6Fragment head, byte[] bytes, _) in parts)
        {
            if (head.Offset != payload.Count)
            {
                return;
            }

            payload.AddRange(bytes);
        }

        if (parts[^1].Head.More)
        {
            return;
        }

        foreach ((_, _, Mbuf m) in parts)
        {
            _ip6q.Remove(m);
        }

        if (parts[0].Head.NextHeader == IpProtocol.Udp)
        {
            Udp6InputOfWhole(parts[0].M.RcvIf, ip, payload.ToArray());
        }
    }

    // udp6_input passes on the interface; ip6_savecontrol reads its index for a socket that wants IPV6_PKTINFO.
    private void Udp6InputOfWhole(IfnetPtr rcvIf, in Ipv6Header ip, ReadOnlySpan<byte> datagram)
    {
        if (UdpHeader.TryParse(datagram, ip.Source, ip.Destination, out UdpHeader udp) != WireError.None)
        {
            return;
        }

        for (int s = 0; s < _pcbs.Length; s++)
        {
            if (_pcbs[s].Used && _pcbs[s].Table == PcbTable.Udp6 && _pcbs[s].Port == udp.DestinationPort)
            {
                int from = Use(rcvIf, HolderKind.Ip6qRcvIf, UseSite.Ip6SaveControl);
                _host.Udp6Input(s, from >= 0 ? _ifs[from].Index : from == Dangling ? (ushort)ReadWord(rcvIf, KernelWord.IfIndex) : 0, ip, udp.Payload(datagram));
            }
        }
    }

    // ip6_output: a packet above the interface's MTU leaves in pieces, each but the last a multiple of eight bytes. ip6_randomid is a counter here.
    private Errno Ip6Fragments(int slot, in Ipv6Header ip, ReadOnlySpan<byte> packet)
    {
        int room = (_ifs[slot].Mtu - Ipv6Header.Length - Ipv6Fragment.Length) & ~(Ipv6Fragment.Unit - 1);
        uint identification = ++_ip6Identification;
        ReadOnlySpan<byte> payload = ip.Payload(packet);
        Span<byte> piece = stackalloc byte[Ipv6Header.Length + Ipv6Fragment.Length + room];
        for (int offset = 0; offset < payload.Length; offset += room)
        {
            ReadOnlySpan<byte> bytes = payload.Slice(offset, Math.Min(room, payload.Length - offset));
            (ip with { NextHeader = IpProtocol.Ipv6Fragment, PayloadLength = (ushort)(Ipv6Fragment.Length + bytes.Length) }).Write(piece);
            new Ipv6Fragment { NextHeader = ip.NextHeader, Offset = offset, More = offset + bytes.Length < payload.Length, Identification = identification }.Write(piece[Ipv6Header.Length..]);
            bytes.CopyTo(piece[(Ipv6Header.Length + Ipv6Fragment.Length)..]);
            Errno e = IfOutput(slot, PppProtocol.Ipv6, piece[..(Ipv6Header.Length + Ipv6Fragment.Length + bytes.Length)]);
            if (e != Errno.None)
            {
                return e;
            }
        }

        return Errno.None;
    }

    /// <summary>m_pkthdr.rcvif of every IPv6 fragment that waits.</summary>
    internal static void WalkIp6q(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (Mbuf m in kernel._ip6q)
        {
            visitor.Visit(HolderKind.Ip6qRcvIf, m.RcvIf);
        }
    }
}
