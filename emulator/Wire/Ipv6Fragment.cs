using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>The fragment header (RFC 8200 section 4.5).</summary>
public readonly record struct Ipv6Fragment
{
    /// <summary>Bytes of the header.</summary>
    public const int Length = 8;

    /// <summary>What every fragment but the last is a multiple of, in bytes.</summary>
    public const int Unit = 8;

    /// <summary>The header after this one, a number of <see cref="IpProtocol"/>.</summary>
    public byte NextHeader { get; init; }

    /// <summary>Where the fragment's bytes stand in the whole, a multiple of <see cref="Unit"/>.</summary>
    public int Offset { get; init; }

    /// <summary>More fragments follow.</summary>
    public bool More { get; init; }

    /// <summary>The packet that it is of, among those of its source and destination.</summary>
    public uint Identification { get; init; }

    /// <summary>Parses the header at the start of an IPv6 payload.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> payload, out Ipv6Fragment header)
    {
        header = default;
        if (payload.Length < Length)
        {
            return WireError.TooShort;
        }

        ushort field = BinaryPrimitives.ReadUInt16BigEndian(payload[2..]);
        header = new Ipv6Fragment { NextHeader = payload[0], Offset = field & ~(Unit - 1), More = (field & 1) != 0, Identification = BinaryPrimitives.ReadUInt32BigEndian(payload[4..]) };
        return header.More && (payload.Length - Length) % Unit != 0 ? WireError.BadLength : WireError.None;
    }

    /// <summary>Writes the header.</summary>
    /// <returns>8.</returns>
    public int Write(Span<byte> destination)
    {
        destination[0] = NextHeader;
        destination[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)(Offset | (More ? 1 : 0)));
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Identification);
        return Length;
    }
}
