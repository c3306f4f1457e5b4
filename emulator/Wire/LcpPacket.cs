using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>Codes of LCP packets (RFC 1661 section 5); IPCP and IPV6CP use 1 to 7.</summary>
public enum LcpCode : byte
{
    /// <summary>Configure-Request (RFC 1661, 5.1).</summary>
    ConfigureRequest = 1,

    /// <summary>Configure-Ack (RFC 1661, 5.2).</summary>
    ConfigureAck = 2,

    /// <summary>Configure-Nak (RFC 1661, 5.3).</summary>
    ConfigureNak = 3,

    /// <summary>Configure-Reject (RFC 1661, 5.4).</summary>
    ConfigureReject = 4,

    /// <summary>Terminate-Request (RFC 1661, 5.5).</summary>
    TerminateRequest = 5,

    /// <summary>Terminate-Ack (RFC 1661, 5.5).</summary>
    TerminateAck = 6,

    /// <summary>Code-Reject (RFC 1661, 5.6).</summary>
    CodeReject = 7,

    /// <summary>Protocol-Reject (RFC 1661, 5.7), of LCP alone.</summary>
    ProtocolReject = 8,

    /// <summary>Echo-Request (RFC 1661, 5.8), of LCP alone.</summary>
    EchoRequest = 9,

    /// <summary>Echo-Reply (RFC 1661, 5.8), of LCP alone.</summary>
    EchoReply = 10,

    /// <summary>Discard-Request (RFC 1661, 5.9), of LCP alone.</summary>
    DiscardRequest = 11,

    /// <summary>RFC 1570 section 2.1.</summary>
    Identification = 12,

    /// <summary>RFC 1570 section 2.2.</summary>
    TimeRemaining = 13,
}

/// <summary>The packet format that LCP, IPCP and IPV6CP share: code, identifier, length, data (RFC 1661 section 5).</summary>
/// <param name="Code">The code; a number that is none of <see cref="LcpCode"/> is kept.</param>
/// <param name="Id">Identifier that pairs requests and replies.</param>
/// <param name="DataLength">Bytes of data after the four-byte header.</param>
public readonly record struct LcpPacket(LcpCode Code, byte Id, int DataLength)
{
    /// <summary>Bytes of code, identifier and length.</summary>
    public const int HeaderLength = 4;

    /// <summary>Bytes of the PPP protocol number in front of the packet.</summary>
    public const int ProtocolLength = 2;

    /// <summary>Parses the information field of a frame. Bytes past the length field are padding.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> information, out LcpPacket packet)
    {
        packet = default;
        if (information.Length < HeaderLength)
        {
            return WireError.TooShort;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(information[2..]);
        if (length < HeaderLength || length > information.Length)
        {
            return WireError.BadLength;
        }

        packet = new LcpPacket((LcpCode)information[0], information[1], length - HeaderLength);
        return WireError.None;
    }

    /// <summary>Parses what a session of PPP carries, protocol number first, where it is LCP's.</summary>
    /// <param name="payload">Without address, control and FCS.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="information">What follows the protocol number.</param>
    /// <returns>Whether it is LCP's, and well-formed.</returns>
    public static bool TryParseLcp(ReadOnlySpan<byte> payload, out LcpPacket packet, out ReadOnlySpan<byte> information)
    {
        packet = default;
        information = payload[Math.Min(ProtocolLength, payload.Length)..];
        return payload.Length > ProtocolLength && BinaryPrimitives.ReadUInt16BigEndian(payload) == (ushort)PppProtocol.Lcp && TryParse(information, out packet) == WireError.None;
    }

    /// <summary>The data of the packet: options, a rejected packet, or a magic number.</summary>
    public ReadOnlySpan<byte> Data(ReadOnlySpan<byte> information) => information.Slice(HeaderLength, DataLength);

    /// <summary>Writes protocol number, header and data: a whole frame payload.</summary>
    /// <returns>Bytes written: 6 and the data.</returns>
    public static int Write(Span<byte> destination, PppProtocol protocol, LcpCode code, byte id, ReadOnlySpan<byte> data)
    {
        data.CopyTo(destination[(ProtocolLength + HeaderLength)..]);
        return WriteHeader(destination, protocol, code, id, data.Length);
    }

    /// <summary>Writes protocol number and header in front of data that is already in place at <c>destination[6..]</c>.</summary>
    /// <returns>Bytes of the whole frame payload.</returns>
    public static int WriteHeader(Span<byte> destination, PppProtocol protocol, LcpCode code, byte id, int dataLength)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)protocol);
        destination[2] = (byte)code;
        destination[3] = id;
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], checked((ushort)(HeaderLength + dataLength)));
        return ProtocolLength + HeaderLength + dataLength;
    }
}
