using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>
/// A program that sends UDP to the discard port, on which nobody listens: to the link-local address of each unit's far end, at its interface, to another node of the network, or to a group.
/// </summary>
public sealed class Datagrams : Process
{
    private const ushort Discard = 9, Port = 49_152, IpProtoRaw = 255;
    private readonly DatagramOptions _options;
    private readonly int _nodes;
    private readonly Func<int, Ipv4Address> _addressOf;
    private readonly Ipv4Address _group;
    private RandomStream _random;
    private int _socket = -1;
    private int _next = -1;
    private ushort _index;

    /// <summary>A program that has not started.</summary>
    /// <param name="entry">Its entry in the table.</param>
    /// <param name="options">How often, how large, and where to.</param>
    /// <param name="nodes">Nodes of the network.</param>
    /// <param name="addressOf">The Ethernet's address of one.</param>
    /// <param name="group">The role's group, or null.</param>
    public Datagrams(ProcessEntry entry, DatagramOptions options, int nodes, Func<int, Ipv4Address> addressOf, string? group)
        : base(entry) => (_options, _nodes, _addressOf, _group) = (options, nodes, addressOf, group is null ? Ipv4Address.Any : Ipv4Address.Parse(group));

    /// <inheritdoc/>
    public override void Start(RandomStream random, VirtualTime now)
    {
        _socket = _options.To == DatagramsTo.Group ? Kernel.OpenSocket(PcbTable.Raw, IpProtoRaw) : Kernel.OpenSocket(_options.To == DatagramsTo.Network ? PcbTable.Udp : PcbTable.Udp6, Port);
        _random = random;
        Arm(0, now + _random.Draw(new TimeRange(VirtualTime.Zero, _options.Interval)));
    }

    /// <inheritdoc/>
    public override void Stop(VirtualTime now)
    {
        base.Stop(now);
        _socket = _next = -1;
        _index = 0;
    }

    /// <inheritdoc/>
    public override void Timer(int which, VirtualTime now)
    {
        _next = 0;
        Arm(0, now + _options.Interval);
        Wakeup();
    }

    /// <inheritdoc/>
    public override bool Step(VirtualTime now)
    {
        if (_options.To != DatagramsTo.FarEnd)
        {
            return _options.To == DatagramsTo.Group ? SendToGroup() : Send();
        }

        ReadOnlySpan<Ifnet> ifs = Kernel.Interfaces;
        while (_next >= 0 && _next < ifs.Length)
        {
            ref readonly Ifnet ifp = ref ifs[_next++];
            if (ifp.Attached && ifp.Unit >= 0 && (ifp.Flags & Iff.Up) != 0 && FarEnd(ifp.Address) is { IsAny: false } peer)
            {
                Span<byte> payload = stackalloc byte[_options.DatagramBytes];
                payload.Clear();
                Say("large datagram", Kernel.SendUdp6(_socket, peer, Discard, ifp.Index, payload));
                return true;
            }
        }

        _next = -1;
        return false;
    }

    private bool Send()
    {
        if (_next < 0)
        {
            return false;
        }

        _next = -1;
        int to = (int)_random.Below((uint)_nodes - 1);
        to += to >= Machine.Number ? 1 : 0;
        Span<byte> payload = stackalloc byte[Math.Min(_options.DatagramBytes, DatagramOptions.MaxOverIpv4)];
        payload.Clear();
        Say("datagram", Kernel.SendUdp(_socket, _addressOf(to), Discard, payload));
        return true;
    }

    // On a raw socket, whose header has the source; it chooses the interface anew when it has come back.
    private bool SendToGroup()
    {
        ushort index = Kernel.StationIndex;
        Ipv4Address source = index == 0 || _next < 0 ? Ipv4Address.Any : Kernel.FirstAddressOf(index);
        if (source.IsAny)
        {
            _next = -1;
            return false;
        }

        if (index != _index)
        {
            _index = index;
            Say("IP_MULTICAST_IF of datagrams to a group", Kernel.IpMulticastIf(_socket, source));
            return true;
        }

        _next = -1;
        Span<byte> datagram = stackalloc byte[UdpHeader.Length + Math.Min(_options.DatagramBytes, DatagramOptions.MaxOverIpv4)];
        datagram.Clear();
        new UdpHeader { SourcePort = Port, DestinationPort = Discard, PayloadLength = (ushort)(datagram.Length - UdpHeader.Length) }.Write(datagram, source, _group);
        Say("datagram to a group", Kernel.SendRaw(_socket, _group, source, IpProtocol.Udp, datagram));
        return true;
    }

    private Ipv6Address FarEnd(uint address)
    {
        foreach (ref readonly var a in Kernel.Inet6Addresses)
        {
            if (a.Used && a.Ifp.Address == address && a.Destination.IsLinkLocal)
            {
                return a.Destination.WithEmbeddedScope(0);
            }
        }

        return default;
    }

    /// <inheritdoc/>
    public override void Fields<TPass>(ref TPass pass)
    {
        pass.Field(ref _socket, initial: -1);
        pass.Field(ref _next, initial: -1);
        pass.Struct(ref _random);
        pass.Field(ref _index);
    }
}
