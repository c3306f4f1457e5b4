// Modelled from NetBSD sys/netinet/ip_output.c 1.130, raw_ip.c, ip_input.c and in_pcb.c's in_selectsrc (reference 2.8, 2.9).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private ushort _ipId;

    [KernelState]
    private void IpOutputFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref _ipId);
    }

    // ip_output's multicast branch with imo_multicast_ifp set: reads if_mtu, if_addrlist, if_flags, if_index and if_output through it, in that order.
    private Errno IpOutputMulticast(
        IfnetPtr p, HolderKind holder, UseSite site, Ipv4Address destination, Ipv4Address source, byte protocol, byte ttl, ReadOnlySpan<byte> payload, bool routerAlert)
    {
        using Frame frame = Enter(KernelFunction.IpOutput);
        int slot = Use(p, holder, UseSite.IpOutput);
        Errno error;
        if (slot == Gone)
        {
            error = Errno.ENETUNREACH;
        }
        else if (slot == Dangling)
        {
            WalkStaleAddrList(p, holder, UseSite.IpOutput);
            Iff flags = (Iff)ReadWord(p, KernelWord.IfFlags);
            error = (flags & Iff.Multicast) == 0 ? Errno.ENETUNREACH
                : source.IsAny ? Errno.EADDRNOTAVAIL // IFP_TO_IA finds nothing on a list that is empty
                : StaleOutput(p, holder, UseSite.IpOutput);
        }
        else if ((_ifs[slot].Flags & Iff.Multicast) == 0)
        {
            error = Errno.ENETUNREACH;
        }
        else
        {
            if (source.IsAny)
            {
                int ia = FirstInetAddress(_ifs[slot].Address);
                if (ia < 0)
                {
                    return Errno.EADDRNOTAVAIL;
                }

                source = _inIfaddrs[ia].Address;
            }

            error = Transmit(slot, source, destination, protocol, ttl, payload, routerAlert);
        }

        return error;
    }

    private Errno Transmit(int slot, Ipv4Address source, Ipv4Address destination, byte protocol, byte ttl, ReadOnlySpan<byte> payload, bool routerAlert, int route = -1)
    {
        if (LeadsOut(slot))
        {
            return Errno.None;
        }

        if (!IsRunning(slot))
        {
            return Errno.ENETDOWN;
        }

        Span<byte> packet = stackalloc byte[Ipv4Header.RouterAlertLength + payload.Length];
        int header = new Ipv4Header
        {
            PayloadLength = (ushort)payload.Length, Identification = ++_ipId, TimeToLive = ttl, Protocol = protocol, Source = source, Destination = destination,
            TypeOfService = protocol == IpProtocol.Ospf ? (byte)0xC0 : (byte)0, RouterAlert = routerAlert,
        }.Write(packet);
        payload.CopyTo(packet[header..]);
        return IfOutput(slot, PppProtocol.Ipv4, packet[..(header + payload.Length)], route);
    }

    // ip_output's branch by a socket's cached route: the interface that it names, or below 0 with the error.
    private int IpOutputSlot(int s, Ipv4Address destination, out int route, out Errno error)
    {
        route = IpRoute(s, destination);
        error = Errno.EHOSTUNREACH;
        return route < 0 ? Gone : RouteSlot(route, UseSite.IpOutput, KernelFunction.IpOutput, out error);
    }

    // ip_output with IP_ROUTETOIF: the interface of the address whose far end or net the destination is (ifa_ifwithladdr), and no further hop.
    private Errno IpOutputToIf(Ipv4Address destination, Ipv4Address source, byte protocol, ReadOnlySpan<byte> payload)
    {
        using Frame frame = Enter(KernelFunction.IpOutput);
        int ia = IfaWithDestination(destination.Value) is >= 0 and int far ? far : IfaWithNet(destination);
        if (ia < 0)
        {
            return Errno.ENETUNREACH;
        }

        IfnetPtr p = _inIfaddrs[ia].Ifp;
        int slot = Use(p, HolderKind.IfaddrIfp, UseSite.IpOutput);
        return slot == Dangling ? StaleOutput(p, HolderKind.IfaddrIfp, UseSite.IpOutput) : slot < 0 ? Errno.ENETUNREACH : Transmit(slot, source, destination, protocol, 1, payload, false);
    }

    // rt_ifp of a route that a packet takes: the interface, or below 0 with the error. A pointer to freed memory is followed in a separate function, if one is named.
    private int RouteSlot(int route, UseSite site, KernelFunction? within, out Errno error)
    {
        IfnetPtr p = _routes[route].Ifp;
        int slot = Use(p, HolderKind.RtEntryIfp, site);
        error = slot < 0 ? Errno.ENETUNREACH : Errno.None;
        if (slot != Dangling)
        {
            return slot;
        }

        if (within is not { } function)
        {
            error = StaleOutput(p, HolderKind.RtEntryIfp, site);
            return slot;
        }

        using Frame frame = Enter(function);
        error = StaleOutput(p, HolderKind.RtEntryIfp, site);
        return slot;
    }

    // The cached route of the socket, checked as ip_output does: same destination and RTF_UP, else freed and looked up again.
    private int IpRoute(int s, Ipv4Address destination) => RtCacheFill(s, AfInet, Key(destination), onlyUp: true);
}
