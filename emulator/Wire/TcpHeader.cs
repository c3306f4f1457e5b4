using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>Control bits of a TCP header (RFC 9293, 3.1).</summary>
[Flags]
public enum TcpFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>No more data from the sender.</summary>
    Fin = 0x01,

    /// <summary>Synchronise sequence numbers.</summary>
    Syn = 0x02,

    /// <summary>Reset the connection.</summary>
    Rst = 0x04,

    /// <summary>Push function.</summary>
    Psh = 0x08,

    /// <summary>The acknowledgment field is significant.</summary>
    Ack = 0x10,
}

/// <summary>A TCP header (RFC 9293, 3.1). The only option known by name is Maximum Segment Size; others are skipped.</summary>
public readonly record struct TcpHeader
{
    /// <summary>Bytes of a header without options.</summary>
    public const int MinLength = 20;

    /// <summary>Bytes of the Maximum Segment Size option.</summary>
    public const int MaxSegmentLength = 4;

    private const byte EndOfOptions = 0, NoOperation = 1, MaxSegmentKind = 2;

    /// <summary>Source port.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>Destination port.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>Sequence number of the first byte of data, or of the SYN.</summary>
    public uint Sequence { get; init; }

    /// <summary>The next sequence number that the sender expects, where <see cref="TcpFlags.Ack"/> is set.</summary>
    public uint Acknowledgment { get; init; }

    /// <summary>Control bits; those of congestion notification and the urgent pointer's are not kept.</summary>
    public TcpFlags Flags { get; init; }

    /// <summary>Bytes that the sender takes.</summary>
    public ushort Window { get; init; }

    /// <summary>The option Maximum Segment Size in bytes, or 0 where there is none.</summary>
    public ushort MaxSegment { get; init; }

    /// <summary>Bytes of the header with its options: 20 to 60. Set by a parse.</summary>
    public int HeaderLength { get; init; }

    /// <summary>Bytes that <see cref="Write(Span{byte}, Ipv4Address, Ipv4Address)"/> puts before the data: 20, or 24 with the option.</summary>
    public int WrittenLength => MaxSegment == 0 ? MinLength : MinLength + MaxSegmentLength;

    /// <summary>The bytes after the header.</summary>
    public ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> segment) => segment[HeaderLength..];

    /// <summary>Parses a segment in IPv6.</summary>
    /// <returns>TooShort, BadLength or BadChecksum.</returns>
    public static WireError TryParse(ReadOnlySpan<byte> segment, Ipv6Address source, Ipv6Address destination, out TcpHeader header) =>
        Parse(segment, InternetChecksum.PseudoHeader(source, destination, IpProtocol.Tcp, segment.Length), out header);

    /// <summary>Parses a segment in IPv4.</summary>
    /// <returns>TooShort, BadLength or BadChecksum.</returns>
    public static WireError TryParse(ReadOnlySpan<byte> segment, Ipv4Address source, Ipv4Address destination, out TcpHeader header) =>
        Parse(segment, InternetChecksum.PseudoHeader(source, destination, IpProtocol.Tcp, segment.Length), out header);

    /// <summary>Writes the header in front of data that is already in place behind <see cref="WrittenLength"/> bytes, with the checksum for IPv6.</summary>
    /// <param name="segment">Header and data, no more.</param>
    /// <param name="source">The source address as it is on the wire.</param>
    /// <param name="destination">The destination address as it is on the wire.</param>
    public void Write(Span<byte> segment, Ipv6Address source, Ipv6Address destination) =>
        Write(segment, InternetChecksum.PseudoHeader(source, destination, IpProtocol.Tcp, segment.Length));

    /// <summary>Writes the header in front of data that is already in place behind <see cref="WrittenLength"/> bytes, with the checksum for IPv4.</summary>
    public void Write(Span<byte> segment, Ipv4Address source, Ipv4Address destination) =>
        Write(segment, InternetChecksum.PseudoHeader(source, destination, IpProtocol.Tcp, segment.Length));

    private static WireError Parse(ReadOnlySpan<byte> segment, ulong pseudoHeader, out TcpHeader header)
    {
        header = default;
        if (segment.Length < MinLength)
        {
            return WireError.TooShort;
        }

        int length = (segment[12] >> 4) * 4;
        if (length < MinLength || length > segment.Length)
        {
            return WireError.BadLength;
        }

        if (InternetChecksum.Finish(InternetChecksum.Add(segment, pseudoHeader)) != 0)
        {
            return WireError.BadChecksum;
        }

        header = new TcpHeader
        {
            SourcePort = BinaryPrimitives.ReadUInt16BigEndian(segment),
            DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(segment[2..]),
            Sequence = BinaryPrimitives.ReadUInt32BigEndian(segment[4..]),
            Acknowledgment = BinaryPrimitives.ReadUInt32BigEndian(segment[8..]),
            Flags = (TcpFlags)(segment[13] & 0x1F),
            Window = BinaryPrimitives.ReadUInt16BigEndian(segment[14..]),
            MaxSegment = MaxSegmentOf(segment[MinLength..length]),
            HeaderLength = length,
        };
        return WireError.None;
    }

    // An option that ends behind the header, or that has no length, ends the search.
    private static ushort MaxSegmentOf(ReadOnlySpan<byte> options)
    {
        while (options.Length > 1 && options[0] != EndOfOptions)
        {
            int length = options[0] == NoOperation ? 1 : options[1];
            if (length == 0 || length > options.Length)
            {
                break;
            }

            if (options[0] == MaxSegmentKind && length == MaxSegmentLength)
            {
                return BinaryPrimitives.ReadUInt16BigEndian(options[2..]);
            }

            options = options[length..];
        }

        return 0;
    }

    private void Write(Span<byte> segment, ulong pseudoHeader)
    {
        segment[..WrittenLength].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(segment, SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(segment[2..], DestinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(segment[4..], Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(segment[8..], Acknowledgment);
        segment[12] = (byte)(WrittenLength / 4 << 4);
        segment[13] = (byte)Flags;
        BinaryPrimitives.WriteUInt16BigEndian(segment[14..], Window);
        if (MaxSegment != 0)
        {
            segment[MinLength] = MaxSegmentKind;
            segment[MinLength + 1] = MaxSegmentLength;
            BinaryPrimitives.WriteUInt16BigEndian(segment[(MinLength + 2)..], MaxSegment);
        }

        BinaryPrimitives.WriteUInt16BigEndian(segment[16..], InternetChecksum.Finish(InternetChecksum.Add(segment, pseudoHeader)));
    }
}
