using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>A Multicast Listener Discovery message, version 1 (RFC 2710 section 3), carried by ICMPv6 after a hop-by-hop Router Alert, hop limit 1.</summary>
/// <param name="Type">Query, Report or Done.</param>
/// <param name="MaxResponseMilliseconds">Maximum Response Delay in milliseconds; 0 except in queries.</param>
/// <param name="Group">The group; :: in a general query.</param>
public readonly record struct MldMessage(Icmpv6Type Type, ushort MaxResponseMilliseconds, Ipv6Address Group)
{
    /// <summary>Bytes of a message.</summary>
    public const int Length = 24;

    /// <summary>Parses a message and checks the checksum.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> payload, Ipv6Address source, Ipv6Address destination, out MldMessage message)
    {
        message = default;
        WireError error = Icmpv6.TryParse(payload, source, destination, out Icmpv6Type type);
        if (error != WireError.None)
        {
            return error;
        }

        if (type is not (Icmpv6Type.MulticastListenerQuery or Icmpv6Type.MulticastListenerReport or Icmpv6Type.MulticastListenerDone))
        {
            return WireError.BadType;
        }

        if (payload.Length < Length)
        {
            return WireError.TooShort;
        }

        message = new MldMessage(type, BinaryPrimitives.ReadUInt16BigEndian(payload[4..]), Ipv6Address.Read(payload[8..]));
        return WireError.None;
    }

    /// <summary>Writes the message with the checksum for these addresses.</summary>
    /// <returns>24.</returns>
    public int Write(Span<byte> target, Ipv6Address source, Ipv6Address destination)
    {
        Span<byte> m = target[..Length];
        m[..8].Clear();
        m[0] = (byte)Type;
        BinaryPrimitives.WriteUInt16BigEndian(m[4..], MaxResponseMilliseconds);
        Group.Write(m[8..]);
        Icmpv6.WriteChecksum(m, source, destination);
        return Length;
    }
}
