using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>An IPv6 header (RFC 8200 section 3).</summary>
public readonly record struct Ipv6Header
{
    /// <summary>Bytes of the header.</summary>
    public const int Length = 40;

    /// <summary>Traffic Class (RFC 8200, 3), one byte.</summary>
    public byte TrafficClass { get; init; }

    /// <summary>20 bits.</summary>
    public uint FlowLabel { get; init; }

    /// <summary>Bytes after this header, extension headers included.</summary>
    public ushort PayloadLength { get; init; }

    /// <summary>A number of <see cref="IpProtocol"/>.</summary>
    public byte NextHeader { get; init; }

    /// <summary>Hop Limit.</summary>
    public byte HopLimit { get; init; }

    /// <summary>Source address.</summary>
    public Ipv6Address Source { get; init; }

    /// <summary>Destination address.</summary>
    public Ipv6Address Destination { get; init; }

    /// <summary>The bytes after the header, bounded by the payload length.</summary>
    public ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> packet) => packet.Slice(Length, PayloadLength);

    /// <summary>Parses a header and checks version and length.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> packet, out Ipv6Header header)
    {
        header = default;
        if (packet.Length < Length)
        {
            return WireError.TooShort;
        }

        uint first = BinaryPrimitives.ReadUInt32BigEndian(packet);
        if (first >> 28 != 6)
        {
            return WireError.BadVersion;
        }

        ushort payload = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        if (payload > packet.Length - Length)
        {
            return WireError.BadLength;
        }

        header = new Ipv6Header
        {
            TrafficClass = (byte)(first >> 20),
            FlowLabel = first & 0xFFFFF,
            PayloadLength = payload,
            NextHeader = packet[6],
            HopLimit = packet[7],
            Source = Ipv6Address.Read(packet[8..]),
            Destination = Ipv6Address.Read(packet[24..]),
        };
        return WireError.None;
    }

    /// <summary>Writes the header. Embedded scopes are written as they stand: clear them first.</summary>
    /// <returns>40.</returns>
    public int Write(Span<byte> destination)
    {
        Span<byte> h = destination[..Length];
        BinaryPrimitives.WriteUInt32BigEndian(h, (6u << 28) | ((uint)TrafficClass << 20) | (FlowLabel & 0xFFFFF));
        BinaryPrimitives.WriteUInt16BigEndian(h[4..], PayloadLength);
        h[6] = NextHeader;
        h[7] = HopLimit;
        Source.Write(h[8..]);
        Destination.Write(h[24..]);
        return Length;
    }
}
