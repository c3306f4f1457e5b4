using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>Packet types of OSPFv2 (RFC 2328, A.3.1).</summary>
public enum OspfType : byte
{
    /// <summary>Hello (A.3.2).</summary>
    Hello = 1,

    /// <summary>Database Description (A.3.3).</summary>
    DatabaseDescription = 2,

    /// <summary>Link State Request (A.3.4).</summary>
    LinkStateRequest = 3,

    /// <summary>Link State Update (A.3.5).</summary>
    LinkStateUpdate = 4,

    /// <summary>Link State Acknowledgment (A.3.6).</summary>
    LinkStateAcknowledgment = 5,
}

/// <summary>The common header of an OSPFv2 packet with null authentication (RFC 2328, A.3.1 and D.3).</summary>
public readonly record struct OspfHeader
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderLength = 24;

    /// <summary>Which packet.</summary>
    public OspfType Type { get; init; }

    /// <summary>Bytes of the packet, the header included.</summary>
    public ushort Length { get; private init; }

    /// <summary>Router ID of the sender.</summary>
    public Ipv4Address RouterId { get; init; }

    /// <summary>Area ID; 0.0.0.0 is the backbone.</summary>
    public Ipv4Address AreaId { get; init; }

    /// <summary>The bytes after the header, bounded by the packet's length.</summary>
    public ReadOnlySpan<byte> Body(ReadOnlySpan<byte> packet) => packet[HeaderLength..Length];

    /// <summary>Parses the payload of an IPv4 packet of protocol 89; checks version, length, authentication type and checksum, and leaves the body alone.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> packet, out OspfHeader header)
    {
        header = default;
        if (packet.Length < HeaderLength)
        {
            return WireError.TooShort;
        }

        if (packet[0] != 2)
        {
            return WireError.BadVersion;
        }

        if (packet[1] is < 1 or > 5 || (packet[14] | packet[15]) != 0)
        {
            return WireError.BadType;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if (length < HeaderLength || length > packet.Length)
        {
            return WireError.BadLength;
        }

        if (Checksum(packet[..length]) != 0)
        {
            return WireError.BadChecksum;
        }

        header = new OspfHeader { Type = (OspfType)packet[1], Length = (ushort)length, RouterId = Ipv4Address.Read(packet[4..]), AreaId = Ipv4Address.Read(packet[8..]) };
        return WireError.None;
    }

    /// <summary>Writes the header in front of a body that is already in place at <c>packet[24..]</c>, with the checksum of both.</summary>
    /// <param name="packet">The whole packet: its length is the packet's.</param>
    /// <exception cref="OverflowException">More than 65,535 bytes.</exception>
    public void Write(Span<byte> packet)
    {
        packet[..HeaderLength].Clear();
        packet[0] = 2;
        packet[1] = (byte)Type;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], checked((ushort)packet.Length));
        RouterId.Write(packet[4..]);
        AreaId.Write(packet[8..]);
        BinaryPrimitives.WriteUInt16BigEndian(packet[12..], Checksum(packet));
    }

    /// <summary>The checksum of a packet, which leaves out the 64 bits of authentication (RFC 2328, D.4); 0 over a packet that holds a right one.</summary>
    internal static ushort Checksum(ReadOnlySpan<byte> packet) =>
        InternetChecksum.Finish(InternetChecksum.Add(packet[HeaderLength..], InternetChecksum.Add(packet[..16])));
}
