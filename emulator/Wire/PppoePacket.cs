using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>The CODE of a PPPoE packet (RFC 2516, 4 and 5).</summary>
public enum PppoeCode : byte
{
    /// <summary>A packet of a session.</summary>
    Session = 0x00,

    /// <summary>PADO: an access concentrator offers.</summary>
    Offer = 0x07,

    /// <summary>PADI: a host looks for access concentrators.</summary>
    Initiation = 0x09,

    /// <summary>PADR: the host asks one of them for a session.</summary>
    Request = 0x19,

    /// <summary>PADS: the session is there, or is refused with a SESSION_ID of 0.</summary>
    SessionConfirmation = 0x65,

    /// <summary>PADT: the session has ended.</summary>
    Terminate = 0xA7,
}

/// <summary>The TAG_TYPE of a tag of discovery (RFC 2516, appendix A).</summary>
public enum PppoeTag : ushort
{
    /// <summary>End-Of-List.</summary>
    EndOfList = 0x0000,

    /// <summary>Service-Name: empty for any.</summary>
    ServiceName = 0x0101,

    /// <summary>AC-Name: which access concentrator it is.</summary>
    AcName = 0x0102,

    /// <summary>Host-Uniq: comes back as it was sent, and names what was asked.</summary>
    HostUniq = 0x0103,

    /// <summary>AC-Cookie: the host sends it back in its PADR.</summary>
    AcCookie = 0x0104,

    /// <summary>Vendor-Specific.</summary>
    VendorSpecific = 0x0105,

    /// <summary>Relay-Session-Id: comes back as it was sent.</summary>
    RelaySessionId = 0x0110,

    /// <summary>Service-Name-Error.</summary>
    ServiceNameError = 0x0201,

    /// <summary>AC-System-Error.</summary>
    AcSystemError = 0x0202,

    /// <summary>Generic-Error.</summary>
    GenericError = 0x0203,
}

/// <summary>The header of a PPPoE packet, which follows Ethernet's (RFC 2516, 4).</summary>
/// <param name="Code">What the packet is. A value without a name stays as it is.</param>
/// <param name="SessionId">SESSION_ID; 0 before there is one.</param>
/// <param name="PayloadLength">LENGTH: bytes after this header, without Ethernet's padding.</param>
public readonly record struct PppoePacket(PppoeCode Code, ushort SessionId, ushort PayloadLength)
{
    /// <summary>Bytes of the header.</summary>
    public const int Length = 6;

    /// <summary>Bytes of a tag before its value.</summary>
    public const int TagHeader = 4;

    private const byte VersionAndType = 0x11;

    /// <summary>Parses a header, and looks whether its tags or its payload are all there. Bytes after them are the frame's padding.</summary>
    /// <param name="bytes">From the byte after Ethernet's header on.</param>
    /// <param name="packet">The header.</param>
    /// <returns>Why it is none; of a packet of discovery also where a tag goes beyond LENGTH.</returns>
    public static WireError TryParse(ReadOnlySpan<byte> bytes, out PppoePacket packet)
    {
        packet = default;
        if (bytes.Length < Length)
        {
            return WireError.TooShort;
        }

        if (bytes[0] != VersionAndType)
        {
            return WireError.BadVersion;
        }

        var found = new PppoePacket((PppoeCode)bytes[1], BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]));
        if (found.PayloadLength > bytes.Length - Length || (found.Code != PppoeCode.Session && !AreTags(found.Payload(bytes))))
        {
            return WireError.BadLength;
        }

        packet = found;
        return WireError.None;
    }

    /// <summary>What follows the header: tags in discovery, a PPP packet in a session.</summary>
    /// <param name="bytes">The bytes that were parsed.</param>
    public ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> bytes) => bytes.Slice(Length, PayloadLength);

    /// <summary>Writes the header.</summary>
    public void Write(Span<byte> bytes)
    {
        bytes[0] = VersionAndType;
        bytes[1] = (byte)Code;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], SessionId);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], PayloadLength);
    }

    /// <summary>Writes a tag.</summary>
    /// <param name="bytes">Where to.</param>
    /// <param name="tag">Its type.</param>
    /// <param name="value">TAG_VALUE; may be empty.</param>
    /// <returns>Its length, <see cref="TagHeader"/> included.</returns>
    public static int WriteTag(Span<byte> bytes, PppoeTag tag, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)tag);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], checked((ushort)value.Length));
        value.CopyTo(bytes[TagHeader..]);
        return TagHeader + value.Length;
    }

    /// <summary>Takes the next tag.</summary>
    /// <param name="tags">What is left of the tags; behind the tag afterwards.</param>
    /// <param name="tag">Its type. A value without a name stays as it is.</param>
    /// <param name="value">TAG_VALUE.</param>
    /// <returns>False behind the last, at End-Of-List, and where a tag is cut off.</returns>
    public static bool NextTag(scoped ref ReadOnlySpan<byte> tags, out PppoeTag tag, out ReadOnlySpan<byte> value)
    {
        tag = PppoeTag.EndOfList;
        value = default;
        if (tags.Length < TagHeader)
        {
            return false;
        }

        tag = (PppoeTag)BinaryPrimitives.ReadUInt16BigEndian(tags);
        int length = BinaryPrimitives.ReadUInt16BigEndian(tags[2..]);
        if (tag == PppoeTag.EndOfList || length > tags.Length - TagHeader)
        {
            return false;
        }

        value = tags.Slice(TagHeader, length);
        tags = tags[(TagHeader + length)..];
        return true;
    }

    /// <summary>The first tag of a type.</summary>
    /// <param name="tags">The tags of a packet.</param>
    /// <param name="wanted">The type.</param>
    /// <param name="value">TAG_VALUE.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryTag(ReadOnlySpan<byte> tags, PppoeTag wanted, out ReadOnlySpan<byte> value)
    {
        while (NextTag(ref tags, out PppoeTag tag, out value))
        {
            if (tag == wanted)
            {
                return true;
            }
        }

        value = default;
        return false;
    }

    private static bool AreTags(ReadOnlySpan<byte> tags)
    {
        while (NextTag(ref tags, out _, out _))
        {
        }

        return tags.IsEmpty || (tags.Length >= TagHeader && BinaryPrimitives.ReadUInt16BigEndian(tags) == (ushort)PppoeTag.EndOfList);
    }
}
