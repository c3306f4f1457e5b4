using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>One route table entry of RIPng (RFC 2080 section 2.1).</summary>
/// <param name="Prefix">Destination prefix.</param>
/// <param name="RouteTag">Route tag.</param>
/// <param name="PrefixLength">Bits of the prefix, 0-128.</param>
/// <param name="Metric">1-15, 16 for unreachable, 255 for a next-hop entry.</param>
public readonly record struct RipngRoute(Ipv6Address Prefix, ushort RouteTag, byte PrefixLength, byte Metric);

/// <summary>A RIPng message (RFC 2080): the payload of a UDP datagram on port 521.</summary>
public readonly record struct RipngMessage
{
    /// <summary>UDP port of RIPng.</summary>
    public const ushort Port = 521;

    /// <summary>Bytes before the first entry.</summary>
    public const int HeaderLength = 4;

    /// <summary>Bytes of one entry.</summary>
    public const int RouteLength = 20;

    /// <summary>Metric of an unreachable destination.</summary>
    public const byte Infinity = 16;

    /// <summary>Command 1: asks for routes.</summary>
    public const byte Request = 1;

    /// <summary>Command 2: carries routes.</summary>
    public const byte Response = 2;

    /// <summary><see cref="Request"/> or <see cref="Response"/>.</summary>
    public byte Command { get; private init; }

    /// <summary>Entries in the message.</summary>
    public int RouteCount { get; private init; }

    /// <summary>Parses a datagram's payload; a partial last entry is an error.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> payload, out RipngMessage message)
    {
        message = default;
        if (payload.Length < HeaderLength)
        {
            return WireError.TooShort;
        }

        if (payload[1] != 1)
        {
            return WireError.BadVersion;
        }

        if (payload[0] is not (Request or Response))
        {
            return WireError.BadType;
        }

        if ((payload.Length - HeaderLength) % RouteLength != 0)
        {
            return WireError.BadLength;
        }

        message = new RipngMessage { Command = payload[0], RouteCount = (payload.Length - HeaderLength) / RouteLength };
        return WireError.None;
    }

    /// <summary>Entry <paramref name="index"/>, from 0.</summary>
    public static RipngRoute Route(ReadOnlySpan<byte> payload, int index)
    {
        ReadOnlySpan<byte> e = payload.Slice(HeaderLength + (RouteLength * index), RouteLength);
        return new RipngRoute(Ipv6Address.Read(e), BinaryPrimitives.ReadUInt16BigEndian(e[16..]), e[18], e[19]);
    }

    /// <summary>True for a Request of the whole table: exactly one entry, prefix length 0, metric infinity (RFC 2080 section 2.4.1).</summary>
    public bool AsksWholeTable(ReadOnlySpan<byte> payload)
    {
        if (Command != Request || RouteCount != 1)
        {
            return false;
        }

        RipngRoute route = Route(payload, 0);
        return route.Prefix.IsAny && route.PrefixLength == 0 && route.Metric == Infinity;
    }

    /// <summary>Writes the Request of the whole table.</summary>
    /// <returns>24.</returns>
    public static int WriteWholeTableRequest(Span<byte> destination) =>
        Write(destination, Request, [new RipngRoute(Ipv6Address.Any, 0, 0, Infinity)]);

    /// <summary>Writes a message.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> destination, byte command, ReadOnlySpan<RipngRoute> routes)
    {
        int length = HeaderLength + (RouteLength * routes.Length);
        Span<byte> m = destination[..length];
        m[0] = command;
        m[1] = 1;
        m[2] = m[3] = 0;
        for (int i = 0; i < routes.Length; i++)
        {
            Span<byte> e = m[(HeaderLength + (RouteLength * i))..];
            routes[i].Prefix.Write(e);
            BinaryPrimitives.WriteUInt16BigEndian(e[16..], routes[i].RouteTag);
            e[18] = routes[i].PrefixLength;
            e[19] = routes[i].Metric;
        }

        return length;
    }
}
