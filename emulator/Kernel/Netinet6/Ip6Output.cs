// Modelled from NetBSD sys/netinet6/ip6_output.c (reference 3.6 to 3.8).
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    /// <summary>
    /// The first half of <see cref="SendUdp6"/> on a kernel whose udp6_output may sleep for memory: ip6_setpktoptions has checked the index, the process sleeps.
    /// No NetBSD of 2005: it shows what the check would then be worth.
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

    // ip6_output: a cached route that is down or for another destination is freed; only unicast fills it.
    private Errno Ip6Output(int s, int slot, Ipv6Address source, Ipv6Address scoped, Ipv6Address destination, ushort port, byte hlim, ReadOnlySpan<byte> payload)
    {
        using Frame frame = Enter(KernelFunction.Ip6Output);
        ref Pcb pcb = ref _pcbs[s];
        if (pcb.Route >= 0 && (!_routes[pcb.Route].Up || pcb.RouteDestination != scoped))
        {
            RtCacheFree(s);
        }

        if (!scoped.IsMulticast)
        {
            if (pcb.Route < 0)
            {
                pcb.Route = (short)RtAlloc(AfInet6, scoped);
                pcb.RouteDestination = scoped;
                if (pcb.Route >= 0)
                {
                    _oracle.Stored(this, slot, HolderKind.In6pRouteIfp);
                }
            }

            if (pcb.Route < 0)
            {
                return Errno.EHOSTUNREACH;
            }
        }
        else
        {
            hlim = 255; // IPV6_MULTICAST_HOPS replaces what in6_selecthlim computed
        }

        if (LeadsOut(slot))
        {
            return Errno.None;
        }

        if ((_ifs[slot].Flags & (Iff.Up | Iff.Running)) != (Iff.Up | Iff.Running))
        {
            return Errno.ENETDOWN;
        }

        int length = UdpHeader.Length + payload.Length;
        Span<byte> b = stackalloc byte[Ipv6Header.Length + length];
        Ipv6Address wire = OnWire(destination);
        new Ipv6Header { NextHeader = IpProtocol.Udp, HopLimit = hlim, PayloadLength = (ushort)length, Source = source, Destination = wire }.Write(b);
        payload.CopyTo(b[(Ipv6Header.Length + UdpHeader.Length)..]);
        new UdpHeader { SourcePort = pcb.Port, DestinationPort = port, PayloadLength = (ushort)payload.Length }.Write(b.Slice(Ipv6Header.Length, length), source, wire);
        return IfOutput(slot, PppProtocol.Ipv6, b);
    }
}
