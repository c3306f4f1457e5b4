using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>Message types of IGMP (RFC 2236 section 2.1).</summary>
public enum IgmpType : byte
{
    /// <summary>Membership Query (RFC 2236, 2.1).</summary>
    MembershipQuery = 0x11,

    /// <summary>Version 1 Membership Report (RFC 1112).</summary>
    MembershipReportV1 = 0x12,

    /// <summary>Version 2 Membership Report (RFC 2236, 2.1).</summary>
    MembershipReportV2 = 0x16,

    /// <summary>Leave Group (RFC 2236, 2.1).</summary>
    LeaveGroup = 0x17,
}

/// <summary>An IGMP version 1 or 2 message (RFC 1112 appendix I, RFC 2236 section 2): the payload of an IPv4 packet of protocol 2.</summary>
/// <param name="Type">Message type.</param>
/// <param name="MaxResponseTenths">Max Response Time in tenths of a second; 0 in a version 1 query and in reports.</param>
/// <param name="Group">The group; 0.0.0.0 in a general query.</param>
public readonly record struct IgmpMessage(IgmpType Type, byte MaxResponseTenths, Ipv4Address Group)
{
    /// <summary>Bytes of a message.</summary>
    public const int Length = 8;

    /// <summary>True for a query of a version 1 router (RFC 2236 section 4).</summary>
    public bool IsVersion1Query => Type == IgmpType.MembershipQuery && MaxResponseTenths == 0;

    /// <summary>Parses a message and checks the checksum over all its bytes. A type that is none of <see cref="IgmpType"/> is an error.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> payload, out IgmpMessage message)
    {
        message = default;
        if (payload.Length < Length)
        {
            return WireError.TooShort;
        }

        if (InternetChecksum.Of(payload) != 0)
        {
            return WireError.BadChecksum;
        }

        var type = (IgmpType)payload[0];
        if (type is not (IgmpType.MembershipQuery or IgmpType.MembershipReportV1 or IgmpType.MembershipReportV2 or IgmpType.LeaveGroup))
        {
            return WireError.BadType;
        }

        message = new IgmpMessage(type, payload[1], Ipv4Address.Read(payload[4..]));
        return WireError.None;
    }

    /// <summary>Writes the message with its checksum.</summary>
    /// <returns>8.</returns>
    public int Write(Span<byte> destination)
    {
        Span<byte> m = destination[..Length];
        m[0] = (byte)Type;
        m[1] = MaxResponseTenths;
        m[2] = m[3] = 0;
        Group.Write(m[4..]);
        BinaryPrimitives.WriteUInt16BigEndian(m[2..], InternetChecksum.Of(m));
        return Length;
    }
}
