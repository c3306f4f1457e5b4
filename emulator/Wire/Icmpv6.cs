using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>Message types of ICMPv6 that the emulator knows (RFC 4443, 2710, 4861).</summary>
public enum Icmpv6Type : byte
{
    /// <summary>Destination Unreachable (RFC 4443, 3.1).</summary>
    DestinationUnreachable = 1,

    /// <summary>Echo Request (RFC 4443, 4.1).</summary>
    EchoRequest = 128,

    /// <summary>Echo Reply (RFC 4443, 4.2).</summary>
    EchoReply = 129,

    /// <summary>Multicast Listener Query (RFC 2710, 3).</summary>
    MulticastListenerQuery = 130,

    /// <summary>Multicast Listener Report (RFC 2710, 3).</summary>
    MulticastListenerReport = 131,

    /// <summary>Multicast Listener Done (RFC 2710, 3).</summary>
    MulticastListenerDone = 132,

    /// <summary>Router Solicitation (RFC 4861, 4.1).</summary>
    RouterSolicitation = 133,

    /// <summary>Router Advertisement (RFC 4861, 4.2).</summary>
    RouterAdvertisement = 134,

    /// <summary>Neighbor Solicitation (RFC 4861, 4.3).</summary>
    NeighborSolicitation = 135,

    /// <summary>Neighbor Advertisement (RFC 4861, 4.4).</summary>
    NeighborAdvertisement = 136,
}

/// <summary>What all ICMPv6 messages share: type, code and the checksum over the pseudo-header (RFC 4443 section 2).</summary>
public static class Icmpv6
{
    /// <summary>Bytes of type, code and checksum.</summary>
    public const int HeaderLength = 4;

    /// <summary>Checks length and checksum and gives the type.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> message, Ipv6Address source, Ipv6Address destination, out Icmpv6Type type)
    {
        type = 0;
        if (message.Length < HeaderLength)
        {
            return WireError.TooShort;
        }

        if (Checksum(message, source, destination) != 0)
        {
            return WireError.BadChecksum;
        }

        type = (Icmpv6Type)message[0];
        return WireError.None;
    }

    /// <summary>Fills in the checksum of a message whose other bytes are in place.</summary>
    public static void WriteChecksum(Span<byte> message, Ipv6Address source, Ipv6Address destination)
    {
        message[2] = message[3] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], Checksum(message, source, destination));
    }

    private static ushort Checksum(ReadOnlySpan<byte> message, Ipv6Address source, Ipv6Address destination) =>
        InternetChecksum.Finish(InternetChecksum.Add(message, InternetChecksum.PseudoHeader(source, destination, IpProtocol.Icmpv6, message.Length)));
}
