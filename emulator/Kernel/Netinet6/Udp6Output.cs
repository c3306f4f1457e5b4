// Modelled from NetBSD sys/netinet6/udp6_output.c 1.17.2.1 (reference 3.6-3.8).
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const byte DefaultHopLimit = 64;
    private const int NoInterface = -1;

    /// <summary>sendmsg(2) with IPV6_PKTINFO carrying an interface index and an unspecified source, as ripngd sends everything (3.6, 7.4).</summary>
    /// <returns>ENXIO for an index without interface, EADDRNOTAVAIL without a source, ENETDOWN, EHOSTUNREACH.</returns>
    public Errno SendUdp6(int s, Ipv6Address destination, ushort port, int index, ReadOnlySpan<byte> payload)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.SendWithPacketInfo6, s, index, Address6: destination));
        }

        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.Sosend, KernelFunction.Udp6Output);

        // ip6_setpktoptions: the index is checked against the table here, and used from here on; nothing on this kernel can come between (section 4). 0 names none.
        int slot = index == 0 ? NoInterface : IfByIndex(index);
        return slot < 0 && index != 0 ? Errno.ENXIO : Udp6Output(s, slot, destination, port, payload);
    }

    /// <summary>The second half, after the sleep.</summary>
    /// <param name="s">The socket.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="port">Its port.</param>
    /// <param name="found">What <see cref="Ip6SetPktOptions"/> found.</param>
    /// <param name="keepsPointer">True: the ifnet pointer was kept in a variable; false: the index is looked up again, as in6_selectsrc does.</param>
    /// <param name="payload">The datagram.</param>
    public Errno SendUdp6AfterSleep(int s, Ipv6Address destination, ushort port, IfnetPtr found, bool keepsPointer, ReadOnlySpan<byte> payload)
    {
        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.Sosend, KernelFunction.Udp6Output);
        Errno error = Udp6OutputAfterSleep(s, destination, port, found, keepsPointer, payload);
        if (keepsPointer)
        {
            _design.Release(this, found);
        }

        return error;
    }

    private Errno Udp6OutputAfterSleep(int s, Ipv6Address destination, ushort port, IfnetPtr found, bool keepsPointer, ReadOnlySpan<byte> payload)
    {
        int slot;
        if (!keepsPointer)
        {
            using Frame frame = Enter(KernelFunction.In6SelectSrc);
            slot = IfByIndex(found.Index);
            if (slot < 0)
            {
                return Errno.EADDRNOTAVAIL;
            }

            if (_ifs[slot].Generation != found.Generation)
            {
                _oracle.Alias(HolderKind.PktInfoIfp, UseSite.In6SelectSrc, found, _ifs[slot].Generation);
            }
        }
        else
        {
            slot = Use(found, HolderKind.PktInfoIfp, UseSite.In6SelectSrc);
            if (slot == Gone)
            {
                return Errno.ENXIO;
            }

            if (slot == Dangling)
            {
                using Frame inner = Enter(KernelFunction.Ip6Output);
                FollowStaleNdIfinfo(found, HolderKind.PktInfoIfp, UseSite.Ip6Output);
                return StaleOutput(found, HolderKind.PktInfoIfp, UseSite.Ip6Output);
            }
        }

        return Udp6Output(s, slot, destination, port, payload);
    }

    private Errno Udp6Output(int s, int pktInfo, Ipv6Address destination, ushort port, ReadOnlySpan<byte> payload)
    {
        Ipv6Address scoped = In6EmbedScope(s, pktInfo, destination);
        Errno error = In6SelectSrc(s, pktInfo, ref scoped, out Ipv6Address source);
        if (error != Errno.None)
        {
            return error;
        }

        byte hlim = DefaultHopLimit;
        if (_pcbs[s].Route >= 0)
        {
            if (!_design.ValidatesRouteBeforeUse)
            {
                hlim = In6SelectHlim(_routes[_pcbs[s].Route].Ifp);
            }
            else
            {
                Counters.PointerChecks++;
                if (!_routes[_pcbs[s].Route].Up)
                {
                    RtCacheFree(s);
                }
                else
                {
                    hlim = In6SelectHlim(_routes[_pcbs[s].Route].Ifp);
                }
            }
        }

        return Ip6Output(s, pktInfo, source, scoped, port, hlim, payload);
    }

    /// <summary>sendmsg(2) of a Router Advertisement to ff02::1 on a raw ICMPv6 socket, with IPV6_PKTINFO and a hop limit of 255, as rtadvd makes it (rip6_output).</summary>
    /// <returns>ENXIO for an index without interface, EADDRNOTAVAIL without a link-local source, ENETDOWN.</returns>
    public Errno SendRouterAdvertisement(int index, in RouterAdvertisement message)
    {
        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.Sosend, KernelFunction.Ip6Output);
        int slot = IfByIndex(index);
        if (slot < 0)
        {
            return Errno.ENXIO;
        }

        Ipv6Address source = LinkLocalOf(slot);
        if (source.IsAny)
        {
            return Errno.EADDRNOTAVAIL;
        }

        Span<byte> b = stackalloc byte[Ipv6Header.Length + RouterAdvertisement.Length];
        new Ipv6Header { NextHeader = IpProtocol.Icmpv6, HopLimit = 255, PayloadLength = RouterAdvertisement.Length, Source = source, Destination = Ipv6Address.AllNodes }.Write(b);
        message.Write(b[Ipv6Header.Length..], source, Ipv6Address.AllNodes);
        return IfOutput(slot, PppProtocol.Ipv6, b);
    }

    /// <summary>sendto(2) without a control option: the multicast interface that was chosen, or the route to the destination.</summary>
    /// <returns>EADDRNOTAVAIL without a source, ENETDOWN, ENETUNREACH, EHOSTUNREACH.</returns>
    public Errno SendUdp6Plain(int s, Ipv6Address destination, ushort port, ReadOnlySpan<byte> payload)
    {
        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.Sosend, KernelFunction.Udp6Output);
        return Udp6Output(s, NoInterface, destination, port, payload);
    }
}
