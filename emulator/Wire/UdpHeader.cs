using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>A UDP header (RFC 768), over IPv4 or IPv6.</summary>
public readonly record struct UdpHeader
{
    /// <summary>Bytes of the header.</summary>
    public const int Length = 8;

    /// <summary>Source port.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>Destination port.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>Bytes after the header.</summary>
    public ushort PayloadLength { get; init; }

    /// <summary>The bytes after the header.</summary>
    public ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> datagram) => datagram.Slice(Length, PayloadLength);

    /// <summary>Parses a datagram in IPv6. A zero checksum is an error there (RFC 8200 section 8.1).</summary>
    public static WireError TryParse(ReadOnlySpan<byte> datagram, Ipv6Address source, Ipv6Address destination, out UdpHeader header)
    {
        WireError error = Fields(datagram, out header);
        if (error != WireError.None)
        {
            return error;
        }

        int length = Length + header.PayloadLength;
        bool good = (datagram[6] | datagram[7]) != 0
            && InternetChecksum.Finish(InternetChecksum.Add(datagram[..length], InternetChecksum.PseudoHeader(source, destination, IpProtocol.Udp, length))) == 0;
        return good ? WireError.None : WireError.BadChecksum;
    }

    /// <summary>Parses a datagram in IPv4. A zero checksum means that none was computed.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> datagram, Ipv4Address source, Ipv4Address destination, out UdpHeader header)
    {
        WireError error = Fields(datagram, out header);
        if (error != WireError.None)
        {
            return error;
        }

        int length = Length + header.PayloadLength;
        bool good = (datagram[6] | datagram[7]) == 0
            || InternetChecksum.Finish(InternetChecksum.Add(datagram[..length], InternetChecksum.PseudoHeader(source, destination, IpProtocol.Udp, length))) == 0;
        return good ? WireError.None : WireError.BadChecksum;
    }

    /// <summary>Writes the header in front of a payload that is already in place at <c>datagram[8..]</c>, with the checksum for IPv6.</summary>
    /// <returns>Bytes of the datagram.</returns>
    public int Write(Span<byte> datagram, Ipv6Address source, Ipv6Address destination) =>
        Finish(datagram, InternetChecksum.PseudoHeader(source, destination, IpProtocol.Udp, Length + PayloadLength));

    /// <summary>Writes the header in front of a payload that is already in place at <c>datagram[8..]</c>, with the checksum for IPv4.</summary>
    /// <returns>Bytes of the datagram.</returns>
    public int Write(Span<byte> datagram, Ipv4Address source, Ipv4Address destination) =>
        Finish(datagram, InternetChecksum.PseudoHeader(source, destination, IpProtocol.Udp, Length + PayloadLength));

    private static WireError Fields(ReadOnlySpan<byte> datagram, out UdpHeader header)
    {
        header = default;
        if (datagram.Length < Length)
        {
            return WireError.TooShort;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(datagram[4..]);
        if (length < Length || length > datagram.Length)
        {
            return WireError.BadLength;
        }

        header = new UdpHeader
        {
            SourcePort = BinaryPrimitives.ReadUInt16BigEndian(datagram),
            DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]),
            PayloadLength = (ushort)(length - Length),
        };
        return WireError.None;
    }

    private int Finish(Span<byte> datagram, ulong pseudoHeader)
    {
        int length = Length + PayloadLength;
        Span<byte> d = datagram[..length];
        BinaryPrimitives.WriteUInt16BigEndian(d, SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(d[2..], DestinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(d[4..], checked((ushort)length));
        d[6] = d[7] = 0;
        ushort sum = InternetChecksum.Finish(InternetChecksum.Add(d, pseudoHeader));
        BinaryPrimitives.WriteUInt16BigEndian(d[6..], sum == 0 ? (ushort)0xFFFF : sum);
        return length;
    }
}
