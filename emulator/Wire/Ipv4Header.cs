using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>Protocol numbers of the IPv4 protocol field and the IPv6 next-header field (IANA).</summary>
public static class IpProtocol
{
    /// <summary>IPv6's hop-by-hop options (RFC 8200, 4.3).</summary>
    public const byte HopByHop = 0;

    /// <summary>ICMP (RFC 792).</summary>
    public const byte Icmp = 1;

    /// <summary>IGMP (RFC 2236).</summary>
    public const byte Igmp = 2;

    /// <summary>An IPv4 packet as the payload of another (RFC 2003).</summary>
    public const byte IpIp = 4;

    /// <summary>TCP (RFC 9293).</summary>
    public const byte Tcp = 6;

    /// <summary>UDP (RFC 768).</summary>
    public const byte Udp = 17;

    /// <summary>An IPv6 packet as the payload of another (RFC 4213).</summary>
    public const byte Ipv6 = 41;

    /// <summary>IPv6's fragment header (RFC 8200, 4.5).</summary>
    public const byte Ipv6Fragment = 44;

    /// <summary>ICMPv6 (RFC 4443).</summary>
    public const byte Icmpv6 = 58;

    /// <summary>Nothing follows (RFC 8200, 4.7).</summary>
    public const byte NoNextHeader = 59;

    /// <summary>OSPF (RFC 2328, A.1).</summary>
    public const byte Ospf = 89;
}

/// <summary>An IPv4 header (RFC 791 section 3.1). The only option known by name is Router Alert (RFC 2113); others are skipped.</summary>
public readonly record struct Ipv4Header
{
    /// <summary>Bytes of a header without options.</summary>
    public const int MinLength = 20;

    /// <summary>Bytes of a header with Router Alert.</summary>
    public const int RouterAlertLength = 24;

    /// <summary>More Fragments, in <see cref="Fragment"/>.</summary>
    public const ushort MoreFragments = 0x2000;

    /// <summary>Don't Fragment, in <see cref="Fragment"/>.</summary>
    public const ushort DontFragment = 0x4000;

    private const uint RouterAlertOption = 0x94040000;

    /// <summary>Type of Service (RFC 791, 3.1), one byte.</summary>
    public byte TypeOfService { get; init; }

    /// <summary>Bytes after the header.</summary>
    public ushort PayloadLength { get; init; }

    /// <summary>Identification: the same in all fragments of a datagram.</summary>
    public ushort Identification { get; init; }

    /// <summary>Flags and fragment offset as on the wire.</summary>
    public ushort Fragment { get; init; }

    /// <summary>Time to Live, in hops.</summary>
    public byte TimeToLive { get; init; }

    /// <summary>A number of <see cref="IpProtocol"/>.</summary>
    public byte Protocol { get; init; }

    /// <summary>Source address.</summary>
    public Ipv4Address Source { get; init; }

    /// <summary>Destination address.</summary>
    public Ipv4Address Destination { get; init; }

    /// <summary>True when the Router Alert option is present.</summary>
    public bool RouterAlert { get; init; }

    /// <summary>Bytes of the header as parsed, options included; set by <see cref="TryParse"/> only.</summary>
    public byte HeaderLength { get; private init; }

    /// <summary>The bytes after the header, bounded by the total length (a link may pad).</summary>
    public ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> packet) => packet.Slice(HeaderLength, PayloadLength);

    /// <summary>Parses a header and checks version, lengths and header checksum.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> packet, out Ipv4Header header)
    {
        header = default;
        if (packet.Length < MinLength)
        {
            return WireError.TooShort;
        }

        if (packet[0] >> 4 != 4)
        {
            return WireError.BadVersion;
        }

        int length = (packet[0] & 0xF) * 4;
        int total = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if (length < MinLength || total < length || total > packet.Length)
        {
            return WireError.BadLength;
        }

        if (InternetChecksum.Of(packet[..length]) != 0)
        {
            return WireError.BadChecksum;
        }

        header = new Ipv4Header
        {
            HeaderLength = (byte)length,
            TypeOfService = packet[1],
            PayloadLength = (ushort)(total - length),
            Identification = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]),
            Fragment = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]),
            TimeToLive = packet[8],
            Protocol = packet[9],
            Source = Ipv4Address.Read(packet[12..]),
            Destination = Ipv4Address.Read(packet[16..]),
            RouterAlert = HasRouterAlert(packet[MinLength..length]),
        };
        return WireError.None;
    }

    /// <summary>Writes the header with its checksum. The payload of <see cref="PayloadLength"/> bytes belongs right after it.</summary>
    /// <returns>20, or 24 with Router Alert.</returns>
    public int Write(Span<byte> destination)
    {
        int length = RouterAlert ? RouterAlertLength : MinLength;
        Span<byte> h = destination[..length];
        h[0] = (byte)(0x40 | (length / 4));
        h[1] = TypeOfService;
        BinaryPrimitives.WriteUInt16BigEndian(h[2..], checked((ushort)(length + PayloadLength)));
        BinaryPrimitives.WriteUInt16BigEndian(h[4..], Identification);
        BinaryPrimitives.WriteUInt16BigEndian(h[6..], Fragment);
        h[8] = TimeToLive;
        h[9] = Protocol;
        h[10] = h[11] = 0;
        Source.Write(h[12..]);
        Destination.Write(h[16..]);
        if (RouterAlert)
        {
            BinaryPrimitives.WriteUInt32BigEndian(h[20..], RouterAlertOption);
        }

        BinaryPrimitives.WriteUInt16BigEndian(h[10..], InternetChecksum.Of(h));
        return length;
    }

    private static bool HasRouterAlert(ReadOnlySpan<byte> options)
    {
        while (options.Length > 0 && options[0] != 0)
        {
            if (options[0] == 1)
            {
                options = options[1..];
                continue;
            }

            if (options.Length < 2 || options[1] < 2 || options[1] > options.Length)
            {
                return false;
            }

            if (options[0] == 0x94 && options[1] == 4)
            {
                return true;
            }

            options = options[options[1]..];
        }

        return false;
    }
}
