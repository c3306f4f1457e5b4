// Modelled from NetBSD sys/netinet6/udp6_output.c 1.17.2.1, in6_src.c 1.18, ip6_output.c 1.82.2.1 and ip6_input.c (reference 3.6-3.8).
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const byte DefaultHopLimit = 64;

    /// <summary>sendmsg(2) with IPV6_PKTINFO carrying an interface index and an unspecified source, as ripngd sends everything (3.6, 7.4).</summary>
    /// <returns>ENXIO for an index without interface, EADDRNOTAVAIL without a source, ENETDOWN, EHOSTUNREACH.</returns>
    public Errno SendUdp6(int s, Ipv6Address destination, ushort port, int index, ReadOnlySpan<byte> payload)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.SendWithPacketInfo6, s, index, Address6: destination));
        }

        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.Sosend, KernelFunction.Udp6Output);

        // ip6_setpktoptions: the index is checked against the table here ...
        int slot = IfByIndex(index);
        if (slot < 0)
        {
            return Errno.ENXIO;
        }

        // ... and used from here on; nothing on this kernel can come between (section 4).
        return Udp6Output(s, slot, destination, port, payload);
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

    private Errno Udp6Output(int s, int slot, Ipv6Address destination, ushort port, ReadOnlySpan<byte> payload)
    {
        Ipv6Address scoped = Scoped(destination, slot);
        Ipv6Address source = LinkLocalOf(slot);
        if (source.IsAny)
        {
            return Errno.EADDRNOTAVAIL;
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

        return Ip6Output(s, slot, source, scoped, destination, port, hlim, payload);
    }

    /// <summary>sendto(2) without a control option: the multicast interface that was chosen, or the route to the destination.</summary>
    public Errno SendUdp6Plain(int s, Ipv6Address destination, ushort port, ReadOnlySpan<byte> payload)
    {
        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.Sosend, KernelFunction.Udp6Output);
        int slot;
        if (destination.IsMulticast && !_pcbs[s].MulticastIfp.IsNull)
        {
            IfnetPtr p = _pcbs[s].MulticastIfp;
            using Frame inner = Enter(KernelFunction.Ip6Output);
            slot = Use(p, HolderKind.Ip6MoptionsIfp, UseSite.Ip6Output);
            if (slot == Dangling)
            {
                WalkStaleAddrList(p, HolderKind.Ip6MoptionsIfp, UseSite.Ip6Output);
                return StaleOutput(p, HolderKind.Ip6MoptionsIfp, UseSite.Ip6Output);
            }
        }
        else
        {
            int r = RtAlloc(AfInet6, destination);
            if (r < 0)
            {
                return Errno.EHOSTUNREACH;
            }

            slot = LiveAt(_routes[r].Ifp.Address);
            RtFree(r);
        }

        return slot < 0 ? Errno.EHOSTUNREACH : SendUdp6(s, destination, port, _ifs[slot].Index, payload);
    }
}
