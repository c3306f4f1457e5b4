using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>
/// Neighbour discovery messages (RFC 4861 section 4): Neighbor Solicitation and Advertisement, and Router Solicitation. Options are skipped when read
/// and never written: a point-to-point link has no link-layer address.
/// </summary>
/// <param name="Type">The message type.</param>
/// <param name="Flags">R, S and O of an advertisement in the top three bits; 0 otherwise.</param>
/// <param name="Target">The target address; :: in a Router Solicitation.</param>
public readonly record struct Icmpv6Nd(Icmpv6Type Type, byte Flags, Ipv6Address Target)
{
    /// <summary>Bytes of a solicitation or advertisement without options.</summary>
    public const int Length = 24;

    /// <summary>Bytes of a Router Solicitation without options.</summary>
    public const int RouterSolicitationLength = 8;

    /// <summary>The sender is a router.</summary>
    public const byte RouterFlag = 0x80;

    /// <summary>The advertisement answers a solicitation.</summary>
    public const byte SolicitedFlag = 0x40;

    /// <summary>The advertisement overrides a cached entry.</summary>
    public const byte OverrideFlag = 0x20;

    /// <summary>Parses a message and checks the checksum. The caller checks the hop limit of 255.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> payload, Ipv6Address source, Ipv6Address destination, out Icmpv6Nd message)
    {
        message = default;
        WireError error = Icmpv6.TryParse(payload, source, destination, out Icmpv6Type type);
        if (error != WireError.None)
        {
            return error;
        }

        switch (type)
        {
            case Icmpv6Type.RouterSolicitation:
                message = new Icmpv6Nd(type, 0, Ipv6Address.Any);
                return payload.Length < RouterSolicitationLength ? WireError.TooShort : WireError.None;
            case Icmpv6Type.NeighborSolicitation or Icmpv6Type.NeighborAdvertisement:
                if (payload.Length < Length)
                {
                    return WireError.TooShort;
                }

                message = new Icmpv6Nd(type, type == Icmpv6Type.NeighborAdvertisement ? payload[4] : (byte)0, Ipv6Address.Read(payload[8..]));
                return WireError.None;
            default:
                return WireError.BadType;
        }
    }

    /// <summary>Writes the message with the checksum for these addresses.</summary>
    /// <returns>24, or 8 for a Router Solicitation.</returns>
    public int Write(Span<byte> target, Ipv6Address source, Ipv6Address destination)
    {
        Span<byte> m = target[..(Type == Icmpv6Type.RouterSolicitation ? RouterSolicitationLength : Length)];
        m.Clear();
        m[0] = (byte)Type;
        m[4] = Flags;
        if (m.Length == Length)
        {
            Target.Write(m[8..]);
        }

        Icmpv6.WriteChecksum(m, source, destination);
        return m.Length;
    }
}
