// Modelled from NetBSD sys/netinet/ip_output.c 1.130, raw_ip.c, ip_input.c and in_pcb.c's in_selectsrc (reference 2.8, 2.9).
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Oracle;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class Kernel
{
    private ushort _ipId;

    // ip_output's multicast branch with imo_multicast_ifp set: reads if_mtu, if_addrlist, if_flags, if_index and if_output through it, in that order.
    private Errno IpOutputMulticast(
        IfnetPtr p, HolderKind holder, UseSite site, Ipv4Address destination, Ipv4Address source, byte protocol, byte ttl, ReadOnlySpan<byte> payload, bool routerAlert)
    {
        Push(KernelFunction.IpOutput);
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
            error = (flags & Iff.Multicast) == 0 ? Errno.ENETUNREACH : StaleOutput(p, holder, UseSite.IpOutput);
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
                source = ia < 0 ? Ipv4Address.Any : _inIfaddrs[ia].Address;
            }

            error = Transmit(slot, source, destination, protocol, ttl, payload, routerAlert);
        }

        Pop();
        return error;
    }

    private Errno Transmit(int slot, Ipv4Address source, Ipv4Address destination, byte protocol, byte ttl, ReadOnlySpan<byte> payload, bool routerAlert)
    {
        if (_ifs[slot].Unit < 0)
        {
            return Errno.None; // lo0 and ne0 lead out of the modelled world
        }

        if ((_ifs[slot].Flags & (Iff.Up | Iff.Running)) != (Iff.Up | Iff.Running))
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
        return IfOutput(slot, PppProtocol.Ipv4, packet[..(header + payload.Length)]);
    }

    /// <summary>sendto(2) on a raw socket with IP_HDRINCL: rip_output, ip_output.</summary>
    /// <returns>ENETDOWN, ENETUNREACH, EHOSTUNREACH or EADDRNOTAVAIL.</returns>
    public Errno SendRaw(int s, Ipv4Address destination, Ipv4Address source, byte protocol, ReadOnlySpan<byte> payload)
    {
        _oracle.Record(new SystemCall(SystemCallKind.Send, s, Address: destination));
        EnterFromUser(KernelFunction.Syscall);
        Push(KernelFunction.Sosend);
        Push(KernelFunction.RipOutput);
        ref Pcb pcb = ref _pcbs[s];
        if (destination.IsMulticast && !pcb.MulticastIfp.IsNull)
        {
            return IpOutputMulticast(pcb.MulticastIfp, HolderKind.IpMoptionsIfp, UseSite.IpOutput, destination, source, protocol, pcb.MulticastTtl, payload, false);
        }

        int r = IpRoute(s, destination);
        if (r < 0)
        {
            return Errno.EHOSTUNREACH;
        }

        // The route is up, or IpRoute had dropped it: its pointer is the table's.
        IfnetPtr p = _routes[r].Ifp;
        int slot = Use(p, HolderKind.RtEntryIfp, UseSite.IpOutput);
        if (slot == Dangling)
        {
            Push(KernelFunction.IpOutput);
            return StaleOutput(p, HolderKind.RtEntryIfp, UseSite.IpOutput);
        }

        return slot < 0 ? Errno.ENETUNREACH : Transmit(slot, source, destination, protocol, destination.IsMulticast ? (byte)1 : (byte)64, payload, false);
    }

    /// <summary>Whether the socket's multicast interface is the one with this index, attached.</summary>
    public bool PcbSendsOn(int s, int index) => IfByIndex(index) is >= 0 and int slot && _pcbs[s].MulticastIfp == PointerTo(slot);

    /// <summary>
    /// IP_MULTICAST_IF and <see cref="SendRaw"/> to a group, but for the packet: what they do to the kernel when they did the same before and no process has
    /// done anything else since.
    /// </summary>
    /// <returns>ip_id of the packet.</returns>
    public ushort SendRawAgain(int s, int index)
    {
        IfnetPtr p = PointerTo(IfByIndex(index));
        ForgetMulticastIfp(s);
        _pcbs[s].MulticastIfp = p;
        _design.Hold(this, p);
        Price.Uses++;
        _design.Check(this, p, HolderKind.IpMoptionsIfp, out _);
        return ++_ipId;
    }

    // The cached route of the socket, checked as ip_output does: same destination and RTF_UP, else freed and looked up again.
    private int IpRoute(int s, Ipv4Address destination)
    {
        Ipv6Address key = Key(destination);
        if (_pcbs[s].Route >= 0 && (!_routes[_pcbs[s].Route].Up || _pcbs[s].RouteDestination != key))
        {
            RtFree(_pcbs[s].Route);
            _pcbs[s].Route = -1;
        }

        if (_pcbs[s].Route < 0)
        {
            _pcbs[s].Route = (short)RtAlloc(AfInet, key);
            _pcbs[s].RouteDestination = key;
        }

        return _pcbs[s].Route;
    }

    /// <summary>in_selectsrc for an unconnected UDP socket: reads if_flags through the cached route without testing RTF_UP (row 5).</summary>
    public Errno InSelectSrc(int s, Ipv4Address destination, out Ipv4Address source)
    {
        EnterFromUser(KernelFunction.Syscall);
        Push(KernelFunction.UdpOutput);
        Push(KernelFunction.InSelectSrc);
        source = Ipv4Address.Any;
        Ipv6Address key = Key(destination);
        if (_pcbs[s].Route >= 0 && _pcbs[s].RouteDestination != key)
        {
            RtFree(_pcbs[s].Route);
            _pcbs[s].Route = -1;
        }

        if (_pcbs[s].Route < 0)
        {
            _pcbs[s].Route = (short)RtAlloc(AfInet, key);
            _pcbs[s].RouteDestination = key;
        }

        if (_pcbs[s].Route < 0)
        {
            return Errno.EADDRNOTAVAIL;
        }

        IfnetPtr p = _routes[_pcbs[s].Route].Ifp;
        int slot = Use(p, HolderKind.InpRouteIfp, UseSite.InSelectSrc);
        if (slot < 0)
        {
            return Errno.None; // flags of freed memory: no fault whatever they are
        }

        int ia = FirstInetAddress(_ifs[slot].Address);
        source = ia < 0 ? Ipv4Address.Any : _inIfaddrs[ia].Address;
        return ia < 0 ? Errno.EADDRNOTAVAIL : Errno.None;
    }

    private void RecordInput(int slot, ReadOnlySpan<byte> packet)
    {
        if (_oracle.Calls is not null)
        {
            _oracle.Record(new SystemCall(SystemCallKind.Input, slot, Packet: packet.ToArray()));
        }
    }

    /// <summary>ip_input of a packet from a ppp unit.</summary>
    public void IpInput(int slot, ReadOnlySpan<byte> packet)
    {
        RecordInput(slot, packet);
        EnterFromUser(KernelFunction.SoftNet);
        Push(KernelFunction.IpInput);
        if ((_ifs[slot].Flags & Iff.Up) == 0 || Ipv4Header.TryParse(packet, out Ipv4Header ip) != WireError.None)
        {
            return;
        }

        if (DummynetIo(slot, packet))
        {
            return;
        }

        if (ip.Destination.IsMulticast)
        {
            if (InLookupMulti(ip.Destination, slot) < 0)
            {
                return; // not a member on this interface: a record in the wrong bucket counts as none (8.3 row 1 (c))
            }
        }
        else if (FindLocal(ip.Destination) < 0)
        {
            return;
        }

        if ((ip.Fragment & (Ipv4Header.MoreFragments | OffsetMask)) != 0)
        {
            IpReass(slot, ip, packet);
            return;
        }

        IpDeliver(slot, _ifs[slot].Index, ip, packet);
    }

    // To the protocols: IGMP only compares the interface; a raw socket is told its index.
    private void IpDeliver(int slot, int index, in Ipv4Header ip, ReadOnlySpan<byte> packet)
    {
        if (ip.Protocol == IpProtocol.Igmp && slot >= 0)
        {
            IgmpInput(slot, ip.Payload(packet));
        }

        for (int s = 0; s < _pcbs.Length; s++)
        {
            if (_pcbs[s].Used && _pcbs[s].Table == PcbTable.Raw && _pcbs[s].Port == ip.Protocol)
            {
                _host.RawInput(s, index, packet);
            }
        }
    }

    private int FindLocal(Ipv4Address a)
    {
        for (int i = 0; i < _inIfaddrs.Length; i++)
        {
            if (_inIfaddrs[i].Used && _inIfaddrs[i].Address == a)
            {
                return i;
            }
        }

        return -1;
    }
}
