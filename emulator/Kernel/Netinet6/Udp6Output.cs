// Modelled from NetBSD sys/netinet6/udp6_output.c 1.17.2.1, in6_src.c 1.18, ip6_output.c 1.82.2.1 and ip6_input.c (reference 3.6-3.8).
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Oracle;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class Kernel
{
    private const byte DefaultHopLimit = 64;

    /// <summary>sendmsg(2) with IPV6_PKTINFO carrying an interface index and an unspecified source, as ripngd sends everything (3.6, 7.4).</summary>
    /// <returns>ENXIO for an index without interface, EADDRNOTAVAIL without a source, ENETDOWN, EHOSTUNREACH.</returns>
    public Errno SendUdp6(int s, Ipv6Address destination, ushort port, int index, ReadOnlySpan<byte> payload)
    {
        _oracle.Record(new SystemCall(SystemCallKind.SendWithPacketInfo6, s, index, Address6: destination));
        EnterFromUser(KernelFunction.Syscall);
        Push(KernelFunction.Sosend);
        Push(KernelFunction.Udp6Output);

        // ip6_setpktoptions: the index is checked against the table here ...
        int slot = IfByIndex(index);
        if (slot < 0)
        {
            return Errno.ENXIO;
        }

        // ... and used from here on; nothing on this kernel can come between (section 4).
        return Udp6Output(s, slot, destination, port, payload);
    }

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
        EnterFromUser(KernelFunction.Syscall);
        Push(KernelFunction.Sosend);
        Push(KernelFunction.Udp6Output);
        int slot = IfByIndex(index);
        found = slot < 0 ? IfnetPtr.Null : PointerTo(slot);
        if (keepsPointer && slot >= 0)
        {
            _design.Hold(this, found);
        }

        return slot < 0 ? Errno.ENXIO : Errno.None;
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
        EnterFromUser(KernelFunction.Syscall);
        Push(KernelFunction.Sosend);
        Push(KernelFunction.Udp6Output);
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
            Push(KernelFunction.In6SelectSrc);
            slot = IfByIndex(found.Index);
            Pop();
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
                Push(KernelFunction.Ip6Output);
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
                Price.PointerChecks++;
                if (!_routes[_pcbs[s].Route].Up)
                {
                    RtFree(_pcbs[s].Route);
                    _pcbs[s].Route = -1;
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
        EnterFromUser(KernelFunction.Syscall);
        Push(KernelFunction.Sosend);
        Push(KernelFunction.Udp6Output);
        int slot;
        if (destination.IsMulticast && !_pcbs[s].MulticastIfp.IsNull)
        {
            IfnetPtr p = _pcbs[s].MulticastIfp;
            Push(KernelFunction.Ip6Output);
            slot = Use(p, HolderKind.Ip6MoptionsIfp, UseSite.Ip6Output);
            if (slot == Dangling)
            {
                WalkStaleAddrList(p, HolderKind.Ip6MoptionsIfp, UseSite.Ip6Output);
                return StaleOutput(p, HolderKind.Ip6MoptionsIfp, UseSite.Ip6Output);
            }

            Pop();
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

    /// <summary>getsockopt(IPV6_MULTICAST_IF): reads if_index through the stored pointer.</summary>
    /// <returns>The index, 0 when none was chosen.</returns>
    public uint Ipv6MulticastIfReadBack(int s)
    {
        EnterFromUser(KernelFunction.Syscall);
        IfnetPtr p = _pcbs[s].MulticastIfp;
        if (p.IsNull)
        {
            return 0;
        }

        int slot = Use(p, HolderKind.Ip6MoptionsIfp, UseSite.IpMulticastIfReadBack);
        return slot >= 0 ? _ifs[slot].Index : slot == Dangling ? ReadWord(p, KernelWord.IfIndex) & 0xFFFF : 0;
    }

    // in6_selecthlim: chlim of nd_ifinfo, reached as ifp -> if_afdata[AF_INET6] -> in6_ifextra.nd_ifinfo, without any check (3.7).
    private byte In6SelectHlim(IfnetPtr p)
    {
        Push(KernelFunction.In6SelectHlim);
        int slot = Use(p, HolderKind.In6pRouteIfp, UseSite.In6SelectHlim);
        if (slot == Dangling)
        {
            FollowStaleNdIfinfo(p, HolderKind.In6pRouteIfp, UseSite.In6SelectHlim);
        }

        Pop();
        return DefaultHopLimit;
    }

    // ND_IFINFO(ifp): ifp -> if_afdata[AF_INET6] -> in6_ifextra.nd_ifinfo, without any check.
    private void FollowStaleNdIfinfo(IfnetPtr p, HolderKind holder, UseSite site) => FollowStaleExtra(p, holder, site, KernelWord.ExtraNdIfinfo);

    // ip6_output: a cached route that is down or for another destination is freed; only unicast fills it.
    private Errno Ip6Output(int s, int slot, Ipv6Address source, Ipv6Address scoped, Ipv6Address destination, ushort port, byte hlim, ReadOnlySpan<byte> payload)
    {
        Push(KernelFunction.Ip6Output);
        ref Pcb pcb = ref _pcbs[s];
        if (pcb.Route >= 0 && (!_routes[pcb.Route].Up || pcb.RouteDestination != scoped))
        {
            RtFree(pcb.Route);
            pcb.Route = -1;
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

        if (_ifs[slot].Unit < 0)
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

    /// <summary>ip6_input of a packet from a ppp unit.</summary>
    public void Ip6Input(int slot, ReadOnlySpan<byte> packet)
    {
        RecordInput(slot, packet);
        EnterFromUser(KernelFunction.SoftNet);
        Push(KernelFunction.Ip6Input);
        if ((_ifs[slot].Flags & Iff.Up) == 0 || Ipv6Header.TryParse(packet, out Ipv6Header ip) != WireError.None)
        {
            return;
        }

        if (DummynetIo(slot, packet))
        {
            return;
        }

        Ipv6Address scoped = Scoped(ip.Destination, slot);
        if (scoped.IsMulticast)
        {
            Ip6MForward(slot, ip, packet);
            if (In6LookupMulti(scoped, slot) < 0)
            {
                return;
            }
        }
        else if (!IsLocal6(scoped))
        {
            return;
        }
        else
        {
            CountDelivery6(scoped);
        }

        if (ip.NextHeader != IpProtocol.Udp)
        {
            return; // MLD from the peer: listeners of other systems on a point-to-point link change nothing here
        }

        ReadOnlySpan<byte> datagram = ip.Payload(packet);
        if (UdpHeader.TryParse(datagram, ip.Source, ip.Destination, out UdpHeader udp) != WireError.None)
        {
            return;
        }

        for (int s = 0; s < _pcbs.Length; s++)
        {
            if (_pcbs[s].Used && _pcbs[s].Table == PcbTable.Udp6 && _pcbs[s].Port == udp.DestinationPort)
            {
                _host.Udp6Input(s, _ifs[slot].Index, ip, udp.Payload(datagram));
            }
        }
    }

    // A packet for an address of ours: deliverifp = rt_ifa->ifa_ifp of the address's route, whose statistics are counted (in6_ifstat_inc).
    private void CountDelivery6(Ipv6Address local)
    {
        int r = RtExact(AfInet6, local, 128);
        if (r < 0 || _routes[r].IfaIfp.IsNull)
        {
            return;
        }

        IfnetPtr p = _routes[r].IfaIfp;
        if (Use(p, HolderKind.IfaddrIfp, UseSite.Ip6Input) == Dangling)
        {
            FollowStaleIfstat(p, HolderKind.IfaddrIfp, UseSite.Ip6Input);
        }
    }

    // in6_ifstat_inc: ifp -> if_afdata[AF_INET6] -> in6_ifextra.in6_ifstat, without any check.
    private void FollowStaleIfstat(IfnetPtr p, HolderKind holder, UseSite site) => FollowStaleExtra(p, holder, site, KernelWord.ExtraIn6Ifstat);

    private void FollowStaleExtra(IfnetPtr p, HolderKind holder, UseSite site, KernelWord word)
    {
        uint extra = ReadWord(p, KernelWord.IfAfdata);
        Follow(extra, site, holder, p, KernelWord.IfAfdata);
        int block = Heap.BlockAt(extra);
        Follow(block < 0 ? 0 : Heap.Read(block, word), site, holder, p, word);
    }

    private bool IsLocal6(Ipv6Address a)
    {
        for (int i = 0; i < _in6Ifaddrs.Length; i++)
        {
            if (_in6Ifaddrs[i].Used && _in6Ifaddrs[i].Address == a)
            {
                return true;
            }
        }

        return false;
    }
}
