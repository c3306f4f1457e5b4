using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Dial.Calls;

/// <summary>
/// What ospfd and ripngd send over a link that is up (reference 7.3, 7.6): a Hello to 224.0.0.5 a second after IPCP opens and then at HelloInterval; a RIPng
/// Request to ff02::9 a second after IPV6CP opens and then a Response at every update. Time is passed in.
/// </summary>
public sealed class LinkTraffic
{
    private static readonly VirtualTime First = VirtualTime.FromSeconds(1);
    private readonly CallOptions _options;
    private readonly DialCounters _counters;
    private readonly int _line;
    private readonly byte[] _packet = new byte[128];
    private RandomStream _random;
    private Ipv4Address _ours;
    private Ipv4Address _heard;
    private VirtualTime _heardUntil;
    private ulong _identifier;
    private bool _requested;
    private ushort _identification;
    private VirtualTime _hello = VirtualTime.Never;
    private VirtualTime _ripng = VirtualTime.Never;

    /// <summary>The daemons of one call.</summary>
    /// <param name="options">Intervals.</param>
    /// <param name="line">The line's number: RIPng announces 2001:db8:line::/64.</param>
    /// <param name="random">Jitter.</param>
    /// <param name="counters">What is sent and heard.</param>
    public LinkTraffic(CallOptions options, int line, RandomStream random, DialCounters counters)
    {
        _options = options;
        _counters = counters;
        _line = line;
        _random = random;
    }

    /// <summary>The earliest timer, or never.</summary>
    public VirtualTime NextTimer => _hello < _ripng ? _hello : _ripng;

    /// <summary>IPCP opened.</summary>
    public void Ipv4Up(Ipv4Address ours, VirtualTime now)
    {
        _ours = ours;
        _hello = _options.HelloInterval > VirtualTime.Zero ? now + First : VirtualTime.Never;
    }

    /// <summary>IPV6CP opened.</summary>
    public void Ipv6Up(ulong identifier, VirtualTime now)
    {
        _identifier = identifier;
        _requested = false;
        _ripng = _options.RipngUpdate > VirtualTime.Zero ? now + First : VirtualTime.Never;
    }

    /// <summary>IPCP went down.</summary>
    public void Ipv4Down() => _hello = VirtualTime.Never;

    /// <summary>IPV6CP went down.</summary>
    public void Ipv6Down() => _ripng = VirtualTime.Never;

    /// <summary>Makes the packet that is due.</summary>
    /// <param name="now">Time.</param>
    /// <param name="protocol">Its PPP protocol.</param>
    /// <param name="packet">The packet; valid until the next call.</param>
    /// <returns>False when nothing is due.</returns>
    public bool TakeDue(VirtualTime now, out PppProtocol protocol, out ReadOnlySpan<byte> packet)
    {
        if (_hello <= now)
        {
            _hello = now + _options.HelloInterval;
            protocol = PppProtocol.Ipv4;
            packet = _packet.AsSpan(0, WriteHello(now));
            _counters.HellosSent++;
            return true;
        }

        if (_ripng <= now)
        {
            VirtualTime jitter = _options.RipngJitter;
            _ripng = now + _random.Draw(new TimeRange(_options.RipngUpdate - jitter, _options.RipngUpdate + jitter));
            protocol = PppProtocol.Ipv6;
            packet = _packet.AsSpan(0, WriteRipng());
            _counters.RipngSent++;
            return true;
        }

        protocol = default;
        packet = default;
        return false;
    }

    /// <summary>A packet from the far side. Anything at all may be in it.</summary>
    public void Heard(PppProtocol protocol, ReadOnlySpan<byte> packet, VirtualTime now)
    {
        if (protocol == PppProtocol.Ipv4
            && Ipv4Header.TryParse(packet, out Ipv4Header v4) == WireError.None
            && v4.Protocol == IpProtocol.Ospf
            && OspfHello.TryParse(v4.Payload(packet), out OspfHello hello) == WireError.None)
        {
            _counters.HellosHeard++;
            _heard = hello.RouterId;
            _heardUntil = now + _options.DeadInterval;
        }
        else if (protocol == PppProtocol.Ipv6
            && Ipv6Header.TryParse(packet, out Ipv6Header v6) == WireError.None
            && v6.NextHeader == IpProtocol.Udp
            && UdpHeader.TryParse(v6.Payload(packet), v6.Source, v6.Destination, out UdpHeader udp) == WireError.None
            && udp.DestinationPort == RipngMessage.Port
            && RipngMessage.TryParse(udp.Payload(v6.Payload(packet)), out _) == WireError.None)
        {
            _counters.RipngHeard++;
        }
        else
        {
            _counters.OtherPackets++;
        }
    }

    private int WriteHello(VirtualTime now)
    {
        ReadOnlySpan<Ipv4Address> neighbors = now < _heardUntil ? [_heard] : [];
        var hello = OspfHello.OnPointToPoint(_ours, _options.HelloInterval.Microseconds / 1_000_000, _options.DeadInterval.Microseconds / 1_000_000);
        int length = hello.Write(_packet.AsSpan(Ipv4Header.MinLength), neighbors);
        var header = new Ipv4Header
        {
            TypeOfService = 0xC0,
            PayloadLength = (ushort)length,
            Identification = ++_identification,
            TimeToLive = 1,
            Protocol = IpProtocol.Ospf,
            Source = _ours,
            Destination = Ipv4Address.AllSpfRouters,
        };
        return header.Write(_packet) + length;
    }

    private int WriteRipng()
    {
        Span<byte> udp = _packet.AsSpan(Ipv6Header.Length);
        Span<byte> payload = udp[UdpHeader.Length..];
        int length = _requested
            ? RipngMessage.Write(payload, RipngMessage.Response, [new RipngRoute(new Ipv6Address(0x20010DB800000000 | ((ulong)(ushort)_line << 16), 0), 0, 64, 1)])
            : RipngMessage.WriteWholeTableRequest(payload);
        _requested = true;
        var source = Ipv6Address.LinkLocal(_identifier);
        int datagram = new UdpHeader { SourcePort = RipngMessage.Port, DestinationPort = RipngMessage.Port, PayloadLength = (ushort)length }
            .Write(udp, source, Ipv6Address.AllRipRouters);
        var header = new Ipv6Header
        {
            PayloadLength = (ushort)datagram,
            NextHeader = IpProtocol.Udp,
            HopLimit = 255,
            Source = source,
            Destination = Ipv6Address.AllRipRouters,
        };
        return header.Write(_packet) + datagram;
    }
}
