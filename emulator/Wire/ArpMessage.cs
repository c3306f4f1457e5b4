using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>An ARP message of IPv4 on an Ethernet (RFC 826).</summary>
/// <param name="IsReply">It answers; otherwise it asks.</param>
/// <param name="SenderLink">The sender's address on the Ethernet.</param>
/// <param name="Sender">The sender's IPv4 address.</param>
/// <param name="TargetLink">The target's address on the Ethernet; 0 in a request.</param>
/// <param name="Target">The target's IPv4 address.</param>
public readonly record struct ArpMessage(bool IsReply, ulong SenderLink, Ipv4Address Sender, ulong TargetLink, Ipv4Address Target)
{
    /// <summary>Bytes of a message.</summary>
    public const int Length = 28;

    private const uint EthernetAndIpv4 = 0x0001_0800;
    private const ushort Lengths = (EthernetHeader.AddressLength << 8) | 4, Request = 1, Reply = 2;

    /// <summary>Parses a message. Bytes after it are the frame's padding.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> bytes, out ArpMessage message)
    {
        message = default;
        if (bytes.Length < Length)
        {
            return WireError.TooShort;
        }

        ushort operation = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]);
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes) != EthernetAndIpv4 || BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]) != Lengths || operation is not (Request or Reply))
        {
            return WireError.BadType;
        }

        message = new ArpMessage(
            operation == Reply, EthernetHeader.ReadAddress(bytes[8..]), Ipv4Address.Read(bytes[14..]), EthernetHeader.ReadAddress(bytes[18..]), Ipv4Address.Read(bytes[24..]));
        return WireError.None;
    }

    /// <summary>Writes the message.</summary>
    /// <returns>Its length.</returns>
    public int Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, EthernetAndIpv4);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], Lengths);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], IsReply ? Reply : Request);
        EthernetHeader.WriteAddress(bytes[8..], SenderLink);
        Sender.Write(bytes[14..]);
        EthernetHeader.WriteAddress(bytes[18..], TargetLink);
        Target.Write(bytes[24..]);
        return Length;
    }
}
