using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>A Router Advertisement with one Prefix Information option (RFC 4861 sections 4.2, 4.6.2); other options are skipped.</summary>
public readonly record struct RouterAdvertisement
{
    /// <summary>Bytes of the message with its option.</summary>
    public const int Length = 16 + PrefixLengthBytes;

    private const int HeaderLength = 16, PrefixLengthBytes = 32, PrefixOption = 3;
    private const byte OnLinkFlag = 0x80;

    /// <summary>Seconds for which the sender is a default router; 0 when it is none.</summary>
    public ushort RouterLifetime { get; init; }

    /// <summary>The prefix, or :: where the message has none.</summary>
    public Ipv6Address Prefix { get; init; }

    /// <summary>Bits of the prefix.</summary>
    public byte PrefixLength { get; init; }

    /// <summary>The prefix is on the link.</summary>
    public bool OnLink { get; init; }

    /// <summary>Parses a message and checks the checksum. The caller checks the hop limit of 255 and the link-local source.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> payload, Ipv6Address source, Ipv6Address destination, out RouterAdvertisement message)
    {
        message = default;
        WireError error = Icmpv6.TryParse(payload, source, destination, out Icmpv6Type type);
        if (error != WireError.None)
        {
            return error;
        }

        if (type != Icmpv6Type.RouterAdvertisement)
        {
            return WireError.BadType;
        }

        if (payload.Length < HeaderLength)
        {
            return WireError.TooShort;
        }

        message = new RouterAdvertisement { RouterLifetime = BinaryPrimitives.ReadUInt16BigEndian(payload[6..]) };
        for (ReadOnlySpan<byte> option = payload[HeaderLength..]; option.Length >= 2;)
        {
            int length = option[1] * 8;
            if (length == 0 || length > option.Length)
            {
                return WireError.BadLength;
            }

            if (option[0] == PrefixOption && length == PrefixLengthBytes)
            {
                message = message with { PrefixLength = option[2], OnLink = (option[3] & OnLinkFlag) != 0, Prefix = Ipv6Address.Read(option[16..]) };
            }

            option = option[length..];
        }

        return WireError.None;
    }

    /// <summary>Writes the message with the checksum for these addresses.</summary>
    /// <returns>48.</returns>
    public int Write(Span<byte> target, Ipv6Address source, Ipv6Address destination)
    {
        Span<byte> m = target[..Length];
        m.Clear();
        m[0] = (byte)Icmpv6Type.RouterAdvertisement;
        m[4] = 64;
        BinaryPrimitives.WriteUInt16BigEndian(m[6..], RouterLifetime);
        m[HeaderLength] = PrefixOption;
        m[HeaderLength + 1] = PrefixLengthBytes / 8;
        m[HeaderLength + 2] = PrefixLength;
        m[HeaderLength + 3] = OnLink ? OnLinkFlag : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(m[(HeaderLength + 4)..], 2_592_000);
        BinaryPrimitives.WriteUInt32BigEndian(m[(HeaderLength + 8)..], 604_800);
        Prefix.Write(m[(HeaderLength + 16)..]);
        Icmpv6.WriteChecksum(m, source, destination);
        return Length;
    }
}
