using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Link;

/// <summary>A group that somebody at a port has reported.</summary>
public struct SnoopedGroup : ITableRow<SnoopedGroup>
{
    /// <summary>Its Ethernet address (<see cref="EthernetHeader.OfGroup(Ipv4Address)"/>).</summary>
    public ulong Group;

    /// <summary>When it is forgotten.</summary>
    public VirtualTime Until;

    /// <summary>The port.</summary>
    public byte Port;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("group of a snooping switch", 0, 16, TableRoom.ShortLimit);

    readonly bool ITableRow<SnoopedGroup>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref SnoopedGroup value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Group);
        pass.Struct(ref value.Until);
        pass.Field(ref value.Port);
        pass.Field(ref value.Used);
    }
}

/// <summary>
/// What a switch with IGMP and MLD snooping (RFC 4541) knows of a segment's ports. Groups are known by their Ethernet address. Reports, Leave and Done go to the ports of queriers alone (2.1.1), queries to all; a packet to
/// 224.0.0/24 (2.1.2) or ff02::1 (3) goes to all ports, any other to a group to the ports that have reported it and to those of queriers, also when nobody has reported it. Unicast and broadcast go to all ports: it learns no
/// stations.
/// </summary>
public sealed class SnoopingSwitch : IState
{
    private const ulong All = ulong.MaxValue;
    private const int Ipv4GroupShift = 8;
    private const uint LocalGroups = 0xE00000;

    private readonly VirtualTime _membership;
    private readonly VirtualTime _afterLeave;
    private readonly VirtualTime[] _queriers;
    private Table<SnoopedGroup> _groups = new();
    private long _filtered;
    private long _missed;

    /// <summary>A switch that has heard nothing.</summary>
    /// <param name="ports">How many ports it has.</param>
    /// <param name="membership">How long a report, or a query of a querier, is good for.</param>
    /// <param name="afterLeave">How long a group is still known after somebody at the port has left it, unless it is reported again.</param>
    public SnoopingSwitch(int ports, VirtualTime membership, VirtualTime afterLeave)
    {
        _membership = membership;
        _afterLeave = afterLeave;
        _queriers = new VirtualTime[ports];
    }

    /// <summary>Groups and ports that it knows, those included that it is about to forget.</summary>
    public ReadOnlySpan<SnoopedGroup> Groups => _groups.AsSpan();

    /// <summary>Copies of frames to a group that it has kept from a station; of messages by which groups are managed none is counted.</summary>
    public long Filtered => _filtered;

    /// <summary>Of these, copies that the station's NIC would have taken.</summary>
    public long Missed => _missed;

    /// <summary>Counts a copy that is kept from a station.</summary>
    /// <param name="wanted">The station's NIC would have taken it.</param>
    /// <returns>The same.</returns>
    public bool Keep(bool wanted)
    {
        _filtered++;
        _missed += wanted ? 1 : 0;
        return wanted;
    }

    /// <summary>A frame has come in at a port.</summary>
    /// <param name="from">The port.</param>
    /// <param name="frame">From the header's first byte on, without FCS.</param>
    /// <param name="now">Virtual time.</param>
    /// <param name="isData">Whether it is none of the messages by which groups are managed.</param>
    /// <returns>The ports that it goes to, a bit each; the one that it has come from may be among them.</returns>
    public ulong Forward(int from, ReadOnlySpan<byte> frame, VirtualTime now, out bool isData)
    {
        isData = true;
        if (EthernetHeader.TryParse(frame, out EthernetHeader header) != WireError.None || !EthernetHeader.IsGroup(header.Destination) || header.Destination == EthernetHeader.Broadcast)
        {
            return All;
        }

        ReadOnlySpan<byte> packet = frame[EthernetHeader.Length..];
        if (header.Type == EtherType.Ipv4 && Ipv4Header.TryParse(packet, out Ipv4Header ip) == WireError.None)
        {
            if (ip.Protocol == IpProtocol.Igmp && IgmpMessage.TryParse(ip.Payload(packet), out IgmpMessage igmp) == WireError.None)
            {
                isData = false;
                return Snoop(
                    from, now, igmp.Type == IgmpType.MembershipQuery, igmp.Type == IgmpType.LeaveGroup, isQuerier: !ip.Source.IsAny, EthernetHeader.OfGroup(igmp.Group), known: igmp.Group.IsMulticast && !igmp.Group.IsLocalGroup);
            }

            return ip.Destination.Value >> Ipv4GroupShift == LocalGroups ? All : PortsOf(header.Destination, now);
        }

        if (header.Type != EtherType.Ipv6 || Ipv6Header.TryParse(packet, out Ipv6Header ip6) != WireError.None)
        {
            return All;
        }

        ReadOnlySpan<byte> payload = ip6.Payload(packet);
        if (ip6.NextHeader == IpProtocol.HopByHop && Ipv6HopByHop.TryParse(payload, out Ipv6HopByHop options) == WireError.None && options.NextHeader == IpProtocol.Icmpv6
            && MldMessage.TryParse(payload[options.HeaderLength..], ip6.Source, ip6.Destination, out MldMessage mld) == WireError.None)
        {
            isData = false;
            return Snoop(
                from, now, mld.Type == Icmpv6Type.MulticastListenerQuery, mld.Type == Icmpv6Type.MulticastListenerDone, isQuerier: !ip6.Source.IsAny, EthernetHeader.OfGroup(mld.Group), known: mld.Group.IsMulticast && mld.Group != Ipv6Address.AllNodes);
        }

        return ip6.Destination == Ipv6Address.AllNodes ? All : PortsOf(header.Destination, now);
    }

    private ulong Snoop(int from, VirtualTime now, bool isQuery, bool isLeave, bool isQuerier, ulong group, bool known)
    {
        if (isQuery)
        {
            _queriers[from] = isQuerier ? now + _membership : _queriers[from];
            return All;
        }

        if (isLeave)
        {
            foreach (ref SnoopedGroup row in _groups.AsSpan())
            {
                if (row.Used && row.Port == from && row.Group == group)
                {
                    row.Until = VirtualTime.Min(row.Until, now + _afterLeave);
                }
            }
        }
        else if (known)
        {
            Report(from, group, now);
        }

        return QuerierPorts(now);
    }

    private void Report(int from, ulong group, VirtualTime now)
    {
        foreach (ref SnoopedGroup row in _groups.AsSpan())
        {
            row.Used &= row.Until > now;
            if (row.Used && row.Port == from && row.Group == group)
            {
                row.Until = now + _membership;
                return;
            }
        }

        _groups.Put(new SnoopedGroup { Group = group, Port = (byte)from, Until = now + _membership, Used = true });
    }

    private ulong PortsOf(ulong group, VirtualTime now)
    {
        ulong ports = QuerierPorts(now);
        foreach (ref readonly SnoopedGroup row in _groups.AsSpan())
        {
            ports |= row.Used && row.Group == group && row.Until > now ? 1UL << row.Port : 0;
        }

        return ports;
    }

    private ulong QuerierPorts(VirtualTime now)
    {
        ulong ports = 0;
        for (int port = 0; port < _queriers.Length; port++)
        {
            ports |= _queriers[port] > now ? 1UL << port : 0;
        }

        return ports;
    }

    /// <summary>A port has lost its link: what was known of it is forgotten.</summary>
    public void Forget(int port)
    {
        _queriers[port] = VirtualTime.Zero;
        foreach (ref SnoopedGroup row in _groups.AsSpan())
        {
            row.Used &= row.Port != port;
        }
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref _filtered);
        pass.Field(ref _missed);
        pass.Structs<VirtualTime>(_queriers);
        _groups.Fields(ref pass);
    }
}
