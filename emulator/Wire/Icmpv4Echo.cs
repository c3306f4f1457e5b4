using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>An ICMP Echo or Echo Reply message (RFC 792).</summary>
/// <param name="IsReply">True for Echo Reply (type 0), false for Echo (type 8).</param>
/// <param name="Identifier">Identifier.</param>
/// <param name="Sequence">Sequence number.</param>
public readonly record struct Icmpv4Echo(bool IsReply, ushort Identifier, ushort Sequence)
{
    /// <summary>Bytes before the data.</summary>
    public const int HeaderLength = 8;

    /// <summary>Parses a message and checks the checksum over all its bytes. The data follows at byte 8.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> payload, out Icmpv4Echo message)
    {
        message = default;
        if (payload.Length < HeaderLength)
        {
            return WireError.TooShort;
        }

        if (InternetChecksum.Of(payload) != 0)
        {
            return WireError.BadChecksum;
        }

        if (payload[0] is not (0 or 8) || payload[1] != 0)
        {
            return WireError.BadType;
        }

        message = new Icmpv4Echo(payload[0] == 0, BinaryPrimitives.ReadUInt16BigEndian(payload[4..]), BinaryPrimitives.ReadUInt16BigEndian(payload[6..]));
        return WireError.None;
    }

    /// <summary>Writes the message with its checksum.</summary>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> destination, ReadOnlySpan<byte> data)
    {
        Span<byte> m = destination[..(HeaderLength + data.Length)];
        m[0] = IsReply ? (byte)0 : (byte)8;
        m[1] = m[2] = m[3] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(m[4..], Identifier);
        BinaryPrimitives.WriteUInt16BigEndian(m[6..], Sequence);
        data.CopyTo(m[HeaderLength..]);
        BinaryPrimitives.WriteUInt16BigEndian(m[2..], InternetChecksum.Of(m));
        return m.Length;
    }
}
