using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>An OSPFv2 Hello packet: the common header of RFC 2328 A.3.1 with null authentication, and the Hello of A.3.2.</summary>
public readonly record struct OspfHello
{
    /// <summary>Bytes of the common header.</summary>
    public const int HeaderLength = 24;

    /// <summary>Bytes of a Hello that lists no neighbour.</summary>
    public const int MinLength = 44;

    /// <summary>Type 1 of A.3.1.</summary>
    public const byte HelloType = 1;

    /// <summary>The E-bit of the Options field (A.2): the area accepts AS-external routes.</summary>
    public const byte OptionExternal = 0x02;

    /// <summary>Router ID (RFC 2328, A.3.1).</summary>
    public Ipv4Address RouterId { get; init; }

    /// <summary>Area ID (RFC 2328, A.3.1).</summary>
    public Ipv4Address AreaId { get; init; }

    /// <summary>Network mask of the sending interface (RFC 2328, A.3.2).</summary>
    public Ipv4Address NetworkMask { get; init; }

    /// <summary>HelloInterval in seconds.</summary>
    public ushort HelloIntervalSeconds { get; init; }

    /// <summary>Optional capabilities (RFC 2328, A.2).</summary>
    public byte Options { get; init; }

    /// <summary>Router priority; 0 is never elected (RFC 2328, A.3.2).</summary>
    public byte RouterPriority { get; init; }

    /// <summary>RouterDeadInterval in seconds.</summary>
    public uint DeadIntervalSeconds { get; init; }

    /// <summary>Designated router, or 0.0.0.0.</summary>
    public Ipv4Address DesignatedRouter { get; init; }

    /// <summary>Backup designated router, or 0.0.0.0.</summary>
    public Ipv4Address BackupDesignatedRouter { get; init; }

    /// <summary>Neighbours listed; set by <see cref="TryParse"/> only.</summary>
    public int NeighborCount { get; private init; }

    /// <summary>
    /// The Hello of an unnumbered or numbered point-to-point link, as ospfd and a dialled call send it: mask 0.0.0.0 (RFC 2328 section 9.5 gives a mask to
    /// broadcast, NBMA and point-to-multipoint networks only, and section 10.5 has it ignored here; ospf_make_hello of zebra), no designated router, backbone.
    /// </summary>
    /// <param name="routerId">Our Router ID.</param>
    /// <param name="helloIntervalSeconds">HelloInterval, 16 bits of it.</param>
    /// <param name="deadIntervalSeconds">RouterDeadInterval, 32 bits of it.</param>
    public static OspfHello OnPointToPoint(Ipv4Address routerId, long helloIntervalSeconds, long deadIntervalSeconds) => new()
    {
        RouterId = routerId,
        NetworkMask = Ipv4Address.Any,
        HelloIntervalSeconds = (ushort)helloIntervalSeconds,
        DeadIntervalSeconds = (uint)deadIntervalSeconds,
        Options = OptionExternal,
        RouterPriority = 1,
    };

    /// <summary>The Router ID of listed neighbour <paramref name="index"/>, from 0.</summary>
    public static Ipv4Address Neighbor(ReadOnlySpan<byte> packet, int index) => Ipv4Address.Read(packet.Slice(MinLength + (4 * index), 4));

    /// <summary>True when the packet lists this router: the sender has heard it (2-WayReceived, RFC 2328 section 10.5).</summary>
    public bool Lists(ReadOnlySpan<byte> packet, Ipv4Address routerId)
    {
        for (int i = 0; i < NeighborCount; i++)
        {
            if (Neighbor(packet, i) == routerId)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Parses the payload of an IPv4 packet of protocol 89; checks version, type, length and checksum. Only null authentication is accepted.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> packet, out OspfHello hello)
    {
        hello = default;
        if (packet.Length < HeaderLength)
        {
            return WireError.TooShort;
        }

        if (packet[0] != 2)
        {
            return WireError.BadVersion;
        }

        if (packet[1] != HelloType || (packet[14] | packet[15]) != 0)
        {
            return WireError.BadType;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if (length < MinLength || length > packet.Length || (length - MinLength) % 4 != 0)
        {
            return WireError.BadLength;
        }

        if (OspfHeader.Checksum(packet[..length]) != 0)
        {
            return WireError.BadChecksum;
        }

        hello = new OspfHello
        {
            RouterId = Ipv4Address.Read(packet[4..]),
            AreaId = Ipv4Address.Read(packet[8..]),
            NetworkMask = Ipv4Address.Read(packet[24..]),
            HelloIntervalSeconds = BinaryPrimitives.ReadUInt16BigEndian(packet[28..]),
            Options = packet[30],
            RouterPriority = packet[31],
            DeadIntervalSeconds = BinaryPrimitives.ReadUInt32BigEndian(packet[32..]),
            DesignatedRouter = Ipv4Address.Read(packet[36..]),
            BackupDesignatedRouter = Ipv4Address.Read(packet[40..]),
            NeighborCount = (length - MinLength) / 4,
        };
        return WireError.None;
    }

    /// <summary>Writes the packet with its checksum.</summary>
    /// <param name="destination">Room for 44 bytes and 4 for each neighbour.</param>
    /// <param name="neighbors">Router IDs heard within the dead interval.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> destination, ReadOnlySpan<Ipv4Address> neighbors)
    {
        int length = MinLength + (4 * neighbors.Length);
        Span<byte> p = destination[..length];
        p[..HeaderLength].Clear();
        p[0] = 2;
        p[1] = HelloType;
        BinaryPrimitives.WriteUInt16BigEndian(p[2..], checked((ushort)length));
        RouterId.Write(p[4..]);
        AreaId.Write(p[8..]);
        NetworkMask.Write(p[24..]);
        BinaryPrimitives.WriteUInt16BigEndian(p[28..], HelloIntervalSeconds);
        p[30] = Options;
        p[31] = RouterPriority;
        BinaryPrimitives.WriteUInt32BigEndian(p[32..], DeadIntervalSeconds);
        DesignatedRouter.Write(p[36..]);
        BackupDesignatedRouter.Write(p[40..]);
        for (int i = 0; i < neighbors.Length; i++)
        {
            neighbors[i].Write(p[(MinLength + (4 * i))..]);
        }

        BinaryPrimitives.WriteUInt16BigEndian(p[12..], OspfHeader.Checksum(p));
        return length;
    }
}
