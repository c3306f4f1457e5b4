using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>The Internet checksum: the one's complement of the one's complement sum of 16-bit words (RFC 1071).</summary>
public static class InternetChecksum
{
    /// <summary>Adds bytes to a running sum; an odd last byte counts as the high half of a word.</summary>
    /// <param name="bytes">Bytes to add. Only the last piece of a message may have an odd length.</param>
    /// <param name="sum">The sum so far.</param>
    public static ulong Add(ReadOnlySpan<byte> bytes, ulong sum = 0)
    {
        while (bytes.Length >= 4)
        {
            sum += BinaryPrimitives.ReadUInt32BigEndian(bytes);
            bytes = bytes[4..];
        }

        if (bytes.Length >= 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
            bytes = bytes[2..];
        }

        return bytes.Length == 1 ? sum + ((ulong)bytes[0] << 8) : sum;
    }

    /// <summary>The IPv4 pseudo-header of RFC 768: both addresses, the protocol and the length in bytes.</summary>
    public static ulong PseudoHeader(Ipv4Address source, Ipv4Address destination, byte protocol, int length) =>
        (ulong)source.Value + destination.Value + protocol + (uint)length;

    /// <summary>The IPv6 pseudo-header of RFC 8200 section 8.1: both addresses, the upper-layer length in bytes and the next header.</summary>
    public static ulong PseudoHeader(Ipv6Address source, Ipv6Address destination, byte nextHeader, int length) =>
        Words(source.High) + Words(source.Low) + Words(destination.High) + Words(destination.Low) + nextHeader + (uint)length;

    /// <summary>Folds a sum to 16 bits and complements it: the value for the checksum field, or 0 over a message that holds a right checksum.</summary>
    public static ushort Finish(ulong sum)
    {
        while (sum >> 16 != 0)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    /// <summary>The checksum of one piece of bytes.</summary>
    public static ushort Of(ReadOnlySpan<byte> bytes) => Finish(Add(bytes));

    private static ulong Words(ulong half) => (half >> 32) + (half & 0xFFFFFFFF);
}
