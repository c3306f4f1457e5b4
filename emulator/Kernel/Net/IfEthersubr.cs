// Modelled from NetBSD sys/net/if_ethersubr.c (ether_output, ether_input), sys/netinet/if_arp.c (arpresolve, in_arpinput), sys/netinet6/nd6.c and nd6_nbr.c (nd6_output, nd6_ns_input,
// nd6_na_input), and the receive filter of sys/dev/ic/dp8390.c (2.0 branch): an Ethernet of boot that is at a segment of the site.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const int LongestHeld = EthernetMtu;
    private readonly int _bootStation;

    // The slot of the interface that is at a segment of the site, or -1.
    private int _station;
    private Table<EthernetNeighbor> _neighbors = new();
    private Table<EthernetGateway> _gateways = new();

    // The packet that waits for the answer of neighbour n begins at n times the longest.
    private byte[] _held = [];

    [KernelState]
    private void IfEthersubrFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref _station, initial: _bootStation);
        if (_bootStation >= 0 || Nic.LinkAddress != 0)
        {
            _neighbors.Fields(ref pass);
            _gateways.Fields(ref pass);
            pass.Numbers(ref _held);
        }
    }

    /// <summary>The interface that is at a segment of the site whenever it is plugged in; none by default.</summary>
    public StationNic Nic { get; init; }

    /// <summary>Somebody asks for members on the segment, so that its stations heed each other's reports. False by default: elsewhere nobody asks, and reports of others are not heeded.</summary>
    public bool IsQueried { get; init; }

    private bool HearsReports(int slot) => IsQueried && slot == _station;

    /// <summary>The first IPv4 address of the interface with this index, as getifaddrs(3) lists it; 0.0.0.0 without one.</summary>
    public Ipv4Address FirstAddressOf(ushort index) => IfByIndex(index) is >= 0 and int slot && FirstInetAddress(_ifs[slot].Address) is >= 0 and int ia ? _inIfaddrs[ia].Address : Ipv4Address.Any;

    /// <summary>The index of the interface that is at a segment of the site, or 0.</summary>
    public ushort StationIndex => _station >= 0 ? _ifs[_station].Index : (ushort)0;

    // What is known about the neighbours is in their routes, which are gone with the interface.
    private void StationDetached()
    {
        _station = -1;
        _neighbors.Clear();
        _host.EtherGone();
    }

    /// <summary>Whether the interface of this index is at a segment of the site.</summary>
    public bool IsStation(int index) => _station >= 0 && IfByIndex(index) == _station;

    /// <summary>What is known about the addresses on the segment.</summary>
    public ReadOnlySpan<EthernetNeighbor> Neighbors => _neighbors.AsSpan();

    private ulong StationAddress => Nic.LinkAddress != 0 ? Nic.LinkAddress : _boot[_bootStation].LinkAddress;

    // ether_output: the destination on the Ethernet follows from a group, or from ARP or neighbour discovery of the route's gateway or of the destination itself.
    private Errno EtherOutput(PppProtocol protocol, ReadOnlySpan<byte> packet, int route)
    {
        if (!IsRunning(_station))
        {
            return Errno.ENETDOWN;
        }

        if (protocol == PppProtocol.Ipv4)
        {
            var destination = Ipv4Address.Read(packet[16..]);
            return destination.IsMulticast ? EtherSend(EthernetHeader.OfGroup(destination), EtherType.Ipv4, packet) : Resolve(AfInet, GatewayOf(route, Key(destination)), EtherType.Ipv4, packet);
        }

        var destination6 = Ipv6Address.Read(packet[24..]);
        return destination6.IsMulticast ? EtherSend(EthernetHeader.OfGroup(destination6), EtherType.Ipv6, packet) : Resolve(AfInet6, GatewayOf(route, destination6), EtherType.Ipv6, packet);
    }

    private Errno EtherSend(ulong destination, EtherType type, ReadOnlySpan<byte> payload)
    {
        Span<byte> frame = stackalloc byte[Math.Max(EthernetHeader.MinFrame, EthernetHeader.Length + payload.Length)];
        frame.Clear();
        new EthernetHeader(destination, StationAddress, type).Write(frame);
        payload.CopyTo(frame[EthernetHeader.Length..]);
        _host.EtherOutput(frame);
        return Errno.None;
    }

    private Ipv6Address GatewayOf(int route, Ipv6Address destination)
    {
        for (int i = 0; route >= 0 && i < _gateways.Length; i++)
        {
            if (_gateways[i].Used && _gateways[i].Route == route)
            {
                return _gateways[i].Gateway;
            }
        }

        return destination;
    }

    private void SetGateway(int route, Ipv6Address gateway) => _gateways.Put(new EthernetGateway { Route = (short)route, Gateway = gateway, Used = true });

    // rtfree frees rt_gateway too.
    private void ForgetGateway(int route)
    {
        for (int i = 0; i < _gateways.Length; i++)
        {
            if (_gateways[i].Used && _gateways[i].Route == route)
            {
                _gateways[i].Used = false;
            }
        }
    }

    private int NeighborOf(byte family, Ipv6Address address)
    {
        for (int n = 0; n < _neighbors.Length; n++)
        {
            if (_neighbors[n].Used && _neighbors[n].Family == family && _neighbors[n].Address == address)
            {
                return n;
            }
        }

        return -1;
    }

    // arpresolve, nd6_output: the last packet to a neighbour who has not answered waits, and each sends another request. Entries do not time out, and no timer sends requests.
    private Errno Resolve(byte family, Ipv6Address next, EtherType type, ReadOnlySpan<byte> packet)
    {
        int n = NeighborOf(family, next);
        if (n >= 0 && _neighbors[n].LinkAddress != 0)
        {
            return EtherSend(_neighbors[n].LinkAddress, type, packet);
        }

        n = n < 0 ? _neighbors.Put(new EthernetNeighbor { Family = family, Address = next, Used = true }) : n;
        if (_held.Length < _neighbors.Length * LongestHeld)
        {
            Array.Resize(ref _held, _neighbors.Length * LongestHeld);
        }

        _neighbors[n].Held = (ushort)packet.Length;
        packet.CopyTo(_held.AsSpan(n * LongestHeld));
        return family == AfInet ? ArpRequest(new Ipv4Address((uint)next.Low)) : NeighborSolicitation(next);
    }

    private Errno ArpRequest(Ipv4Address target)
    {
        int ia = FirstInetAddress(_ifs[_station].Address);
        if (ia < 0)
        {
            return Errno.EADDRNOTAVAIL;
        }

        Span<byte> message = stackalloc byte[ArpMessage.Length];
        new ArpMessage(false, StationAddress, _inIfaddrs[ia].Address, 0, target).Write(message);
        return EtherSend(EthernetHeader.Broadcast, EtherType.Arp, message);
    }

    private Errno NeighborSolicitation(Ipv6Address target)
    {
        Ipv6Address source = LinkLocalOf(_station);
        return source.IsAny ? Errno.EADDRNOTAVAIL : SendNd(new Icmpv6Nd(Icmpv6Type.NeighborSolicitation, 0, target), source, target.SolicitedNode, EthernetHeader.OfGroup(target.SolicitedNode));
    }

    // A solicitation has the source's link-layer address, an advertisement the target's.
    private Errno SendNd(in Icmpv6Nd message, Ipv6Address source, Ipv6Address destination, ulong to)
    {
        Span<byte> packet = stackalloc byte[Ipv6Header.Length + Icmpv6Nd.LengthWithLinkAddress];
        new Ipv6Header { NextHeader = IpProtocol.Icmpv6, HopLimit = 255, PayloadLength = Icmpv6Nd.LengthWithLinkAddress, Source = source, Destination = destination }.Write(packet);
        message.WriteWithLinkAddress(packet[Ipv6Header.Length..], source, destination, StationAddress);
        return EtherSend(to, EtherType.Ipv6, packet);
    }

    // The answer, or a question of the neighbour itself: what has waited goes out. A request alone creates no ARP entry, since in_arpinput creates none for requests that are not for us.
    private void Learn(byte family, Ipv6Address address, ulong link, bool makes)
    {
        int n = NeighborOf(family, address);
        if (n < 0 && !makes)
        {
            return;
        }

        n = n < 0 ? _neighbors.Put(new EthernetNeighbor { Family = family, Address = address, Used = true }) : n;
        _neighbors[n].LinkAddress = link;
        if (_neighbors[n].Held is > 0 and var held)
        {
            _neighbors[n].Held = 0;
            EtherSend(link, family == AfInet ? EtherType.Ipv4 : EtherType.Ipv6, _held.AsSpan(n * LongestHeld, held));
        }
    }

    /// <summary>A frame is on the segment: the NIC takes those for itself, for all and for groups that the machine is in, and ether_input hands them on.</summary>
    /// <param name="frame">From the header's first byte on, without FCS.</param>
    public void EtherInput(ReadOnlySpan<byte> frame)
    {
        if (_station < 0 || !IsRunning(_station) || EthernetHeader.TryParse(frame, out EthernetHeader header) != WireError.None || !Takes(header.Destination))
        {
            return;
        }

        ReadOnlySpan<byte> packet = frame[EthernetHeader.Length..];
        switch (header.Type)
        {
            case EtherType.Arp:
                InArpInput(packet);
                break;
            case EtherType.Ipv4 when Ipv4Header.TryParse(packet, out Ipv4Header ip) == WireError.None:
                IpInput(_station, packet[..(ip.HeaderLength + ip.PayloadLength)]);
                break;
            case EtherType.Ipv6 when Ipv6Header.TryParse(packet, out Ipv6Header ip6) == WireError.None:
                packet = packet[..(Ipv6Header.Length + ip6.PayloadLength)];
                if (!NdInput(ip6, packet))
                {
                    Ip6Input(_station, packet);
                }

                break;
        }
    }

    /// <summary>Whether the NIC would take a frame of the segment, if it came.</summary>
    /// <param name="frame">From the header's first byte on, without FCS.</param>
    public bool TakesFrame(ReadOnlySpan<byte> frame) =>
        _station >= 0 && IsRunning(_station) && EthernetHeader.TryParse(frame, out EthernetHeader header) == WireError.None && Takes(header.Destination);

    // The address of ne0 itself, the broadcast, and what ether_addmulti has put into the filter. The hash of a real one lets more through, which ip_input drops.
    private bool Takes(ulong destination)
    {
        if (!EthernetHeader.IsGroup(destination) || destination == EthernetHeader.Broadcast)
        {
            return destination == StationAddress || destination == EthernetHeader.Broadcast;
        }

        IfnetPtr p = PointerTo(_station);
        for (int m = 0; m < _inMultis.Length; m++)
        {
            if (_inMultis[m].Used && EthernetHeader.OfGroup(_inMultis[m].Group) == destination && Same(_inMultis[m].Ifp, p))
            {
                return true;
            }
        }

        for (int m = 0; m < _in6Multis.Length; m++)
        {
            if (_in6Multis[m].Used && EthernetHeader.OfGroup(_in6Multis[m].Group) == destination && Same(_in6Multis[m].Ifp, p))
            {
                return true;
            }
        }

        return false;
    }

    private void InArpInput(ReadOnlySpan<byte> bytes)
    {
        if (ArpMessage.TryParse(bytes, out ArpMessage arp) != WireError.None || EthernetHeader.IsGroup(arp.SenderLink) || arp.SenderLink == StationAddress)
        {
            return;
        }

        // A published entry is answered like an address of ours.
        bool ours = FindLocal(arp.Target) is >= 0 and int ia && _inIfaddrs[ia].Ifp == PointerTo(_station);
        bool answers = !arp.IsReply && (ours || ProxyOf(arp.Target) >= 0);
        if (!arp.Sender.IsAny)
        {
            Learn(AfInet, Key(arp.Sender), arp.SenderLink, makes: ours);
        }

        if (answers)
        {
            Span<byte> message = stackalloc byte[ArpMessage.Length];
            new ArpMessage(true, StationAddress, arp.Target, arp.SenderLink, arp.Sender).Write(message);
            EtherSend(arp.SenderLink, EtherType.Arp, message);
        }
    }

    // nd6_ns_input, nd6_na_input. Advertisements of routers are Ip6Input's.
    private bool NdInput(in Ipv6Header ip, ReadOnlySpan<byte> packet)
    {
        ReadOnlySpan<byte> payload = ip.Payload(packet);
        if (ip.NextHeader != IpProtocol.Icmpv6 || ip.HopLimit != 255 || Icmpv6Nd.TryParse(payload, ip.Source, ip.Destination, out Icmpv6Nd message) != WireError.None
            || message.Type is not (Icmpv6Type.NeighborSolicitation or Icmpv6Type.NeighborAdvertisement))
        {
            return false;
        }

        if (DetectsDuplicates && DadInput(ip, message))
        {
            return true;
        }

        if (!Icmpv6Nd.TryLinkAddress(payload, message.Type, out ulong link))
        {
            return true;
        }

        if (message.Type == Icmpv6Type.NeighborAdvertisement)
        {
            Learn(AfInet6, message.Target, link, makes: false);
        }
        else if (IsLocal6(Scoped(message.Target, _station)) && !ip.Source.IsAny)
        {
            Learn(AfInet6, ip.Source, link, makes: true);
            byte flags = Icmpv6Nd.SolicitedFlag | Icmpv6Nd.OverrideFlag;
            SendNd(new Icmpv6Nd(Icmpv6Type.NeighborAdvertisement, _options.Forwarding ? (byte)(flags | Icmpv6Nd.RouterFlag) : flags, message.Target), message.Target, ip.Source, link);
        }

        return true;
    }
}
