// Modelled from NetBSD sys/netinet6/ip6_output.c (reference 3.6 to 3.8).
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    /// <summary>
    /// The first half of <see cref="SendUdp6"/> on a kernel whose udp6_output may sleep for memory: ip6_setpktoptions has checked the index, the process sleeps.
    /// No NetBSD of 2005 does this: it shows what the check would then be worth.
    /// </summary>
    /// <param name="index">The index.</param>
    /// <param name="keepsPointer">The ifnet pointer is kept over the sleep: a holder like any other to the design.</param>
    /// <param name="found">The interface.</param>
    /// <returns>ENXIO for an index without interface.</returns>
    public Errno Ip6SetPktOptions(int index, bool keepsPointer, out IfnetPtr found)
    {
        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.Sosend, KernelFunction.Udp6Output);
        int slot = IfByIndex(index);
        found = slot < 0 ? IfnetPtr.Null : PointerTo(slot);
        if (keepsPointer && slot >= 0)
        {
            _design.Hold(this, found);
        }

        return slot < 0 ? Errno.ENXIO : Errno.None;
    }

    // ip6_output: the cached route is freed when it is down or to another destination; the interface is IPV6_PKTINFO's, the multicast option's or the route's.
    private Errno Ip6Output(int s, int pktInfo, Ipv6Address source, Ipv6Address destination, ushort port, byte hlim, ReadOnlySpan<byte> payload)
    {
        using Frame frame = Enter(KernelFunction.Ip6Output);
        bool multicast = destination.IsMulticast;
        bool named = multicast && (pktInfo >= 0 || !_pcbs[s].MulticastIfp.IsNull);
        if (_pcbs[s].Route >= 0 && !(named && Differs(KernelDifference.RouteOnlyWhenAsked)) && (!_routes[_pcbs[s].Route].Up || _pcbs[s].RouteDestination != destination))
        {
            RtCacheFree(s);
        }

        int slot, route = -1;
        if (named)
        {
            slot = pktInfo;
            if (pktInfo < 0)
            {
                IfnetPtr p = _pcbs[s].MulticastIfp;
                slot = Use(p, HolderKind.Ip6MoptionsIfp, UseSite.Ip6Output);
                if (slot == Gone)
                {
                    return Errno.ENETUNREACH;
                }

                if (slot == Dangling)
                {
                    // in6_ifstat_inc, if_flags, IN6_LOOKUP_MULTI, if_output
                    FollowStaleIfstat(p, HolderKind.Ip6MoptionsIfp, UseSite.Ip6Output);
                    return ((Iff)ReadWord(p, KernelWord.IfFlags) & Iff.Multicast) == 0 ? Errno.ENETUNREACH : StaleOutput(p, HolderKind.Ip6MoptionsIfp, UseSite.Ip6Output);
                }
            }
        }
        else if (destination.IsMulticastInterfaceLocal && !Differs(KernelDifference.RouteOnlyWhenAsked))
        {
            slot = _loopback;
        }
        else
        {
            int r = In6pRouteFill(s, destination, onlyUp: true);
            if (r < 0)
            {
                return Errno.EHOSTUNREACH;
            }

            route = r;
            slot = Ip6RouteSlot(r, out Errno error);
            if (slot < 0)
            {
                return error;
            }

            if (pktInfo >= 0 && slot != pktInfo && (_ifs[slot].Flags & Iff.Loopback) == 0)
            {
                return Errno.EHOSTUNREACH; // the interface that IPV6_PKTINFO names is not the route's; the loopback is always allowed
            }
        }

        if (multicast)
        {
            hlim = 255; // IPV6_MULTICAST_HOPS replaces what in6_selecthlim computed
            if ((_ifs[slot].Flags & Iff.Multicast) == 0 || (destination.IsMulticastInterfaceLocal && (_ifs[slot].Flags & Iff.Loopback) == 0 && !Differs(KernelDifference.RouteOnlyWhenAsked)))
            {
                return Errno.ENETUNREACH;
            }
        }

        if (LeadsOut(slot) || destination.IsMulticastInterfaceLocal)
        {
            return Errno.None;
        }

        if (!IsRunning(slot))
        {
            return Errno.ENETDOWN;
        }

        int length = UdpHeader.Length + payload.Length;
        Span<byte> b = stackalloc byte[Ipv6Header.Length + length];
        Ipv6Address wire = OnWire(destination), from = OnWire(source);
        var ip = new Ipv6Header { NextHeader = IpProtocol.Udp, HopLimit = hlim, PayloadLength = (ushort)length, Source = from, Destination = wire };
        ip.Write(b);
        payload.CopyTo(b[(Ipv6Header.Length + UdpHeader.Length)..]);
        new UdpHeader { SourcePort = _pcbs[s].Port, DestinationPort = port, PayloadLength = (ushort)payload.Length }.Write(b.Slice(Ipv6Header.Length, length), from, wire);
        return b.Length > _ifs[slot].Mtu ? Ip6Fragments(slot, ip, b) : IfOutput(slot, PppProtocol.Ipv6, b, route);
    }

    // rt_ifp of the route that ip6_output takes: the interface, or below 0 with the error.
    private int Ip6RouteSlot(int r, out Errno error)
    {
        IfnetPtr p = _routes[r].Ifp;
        int slot = Use(p, HolderKind.RtEntryIfp, UseSite.Ip6Output);
        error = slot < 0 ? Errno.ENETUNREACH : Errno.None;
        if (slot == Dangling)
        {
            FollowStaleIfstat(p, HolderKind.RtEntryIfp, UseSite.Ip6Output);
            error = StaleOutput(p, HolderKind.RtEntryIfp, UseSite.Ip6Output);
        }

        return slot;
    }
}
