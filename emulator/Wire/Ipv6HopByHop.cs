namespace Stress.Emulator.Wire;

/// <summary>The hop-by-hop options header (RFC 8200 section 4.3), as MLD uses it: one Router Alert option (RFC 2711) and padding.</summary>
public readonly record struct Ipv6HopByHop
{
    /// <summary>Bytes of the header that <see cref="WriteRouterAlert"/> writes.</summary>
    public const int RouterAlertLength = 8;

    /// <summary>The header after this one, a number of <see cref="IpProtocol"/>.</summary>
    public byte NextHeader { get; private init; }

    /// <summary>Bytes of this header.</summary>
    public int HeaderLength { get; private init; }

    /// <summary>True when a Router Alert option is present.</summary>
    public bool RouterAlert { get; private init; }

    /// <summary>Parses the options header at the start of an IPv6 payload.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> payload, out Ipv6HopByHop header)
    {
        header = default;
        if (payload.Length < 8)
        {
            return WireError.TooShort;
        }

        int length = (payload[1] + 1) * 8;
        if (length > payload.Length)
        {
            return WireError.BadLength;
        }

        bool alert = false;
        ReadOnlySpan<byte> options = payload[2..length];
        while (options.Length > 0)
        {
            if (options[0] == 0)
            {
                options = options[1..];
                continue;
            }

            if (options.Length < 2 || options[1] + 2 > options.Length)
            {
                return WireError.BadLength;
            }

            alert |= options[0] == 5 && options[1] == 2;
            options = options[(options[1] + 2)..];
        }

        header = new Ipv6HopByHop { NextHeader = payload[0], HeaderLength = length, RouterAlert = alert };
        return WireError.None;
    }

    /// <summary>Writes the eight-byte header with Router Alert value 0 (an MLD message follows) and PadN.</summary>
    /// <returns>8.</returns>
    public static int WriteRouterAlert(Span<byte> destination, byte nextHeader)
    {
        ReadOnlySpan<byte> rest = [0, 5, 2, 0, 0, 1, 0];
        destination[0] = nextHeader;
        rest.CopyTo(destination[1..]);
        return RouterAlertLength;
    }
}
