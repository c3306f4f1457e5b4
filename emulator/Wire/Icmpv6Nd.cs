using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>
/// Neighbour discovery messages (RFC 4861 section 4): Neighbor Solicitation and Advertisement, and Router Solicitation. Options are skipped when reading, and written only if the
/// link has link-layer addresses, which a point-to-point link does not.
/// </summary>
/// <param name="Type">The message type.</param>
/// <param name="Flags">R, S and O of an advertisement in the top three bits; 0 otherwise.</param>
/// <param name="Target">The target address; :: in a Router Solicitation.</param>
public readonly record struct Icmpv6Nd(Icmpv6Type Type, byte Flags, Ipv6Address Target)
{
    /// <summary>Bytes of a solicitation or advertisement without options.</summary>
    public const int Length = 24;

    /// <summary>Bytes of a solicitation or advertisement with the link-layer address of an Ethernet.</summary>
    public const int LengthWithLinkAddress = Length + 8;

    private const byte SourceLinkAddress = 1, TargetLinkAddress = 2;

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

    /// <summary>The link-layer address in a solicitation or advertisement: of an Ethernet, and the first option.</summary>
    public static bool TryLinkAddress(ReadOnlySpan<byte> payload, Icmpv6Type type, out ulong address)
    {
        bool has = payload.Length >= LengthWithLinkAddress && payload[Length] == (type == Icmpv6Type.NeighborSolicitation ? SourceLinkAddress : TargetLinkAddress) && payload[Length + 1] == 1;
        address = has ? EthernetHeader.ReadAddress(payload[(Length + 2)..]) : 0;
        return has;
    }

    /// <summary>Writes a solicitation with its source's, or an advertisement with its target's link-layer address, and the checksum.</summary>
    /// <returns>32.</returns>
    public int WriteWithLinkAddress(Span<byte> target, Ipv6Address source, Ipv6Address destination, ulong address)
    {
        Span<byte> m = target[..LengthWithLinkAddress];
        Write(m, source, destination);
        m[Length] = Type == Icmpv6Type.NeighborSolicitation ? SourceLinkAddress : TargetLinkAddress;
        m[Length + 1] = 1;
        EthernetHeader.WriteAddress(m[(Length + 2)..], address);
        m[2] = m[3] = 0;
        Icmpv6.WriteChecksum(m, source, destination);
        return m.Length;
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
