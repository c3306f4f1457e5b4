using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>The header of an Ethernet frame (RFC 894): two addresses of 48 bits and what the frame carries. An address lies in the low 48 bits of a number, its first byte on top.</summary>
/// <param name="Destination">To whom.</param>
/// <param name="Source">From whom.</param>
/// <param name="Type">What it carries.</param>
public readonly record struct EthernetHeader(ulong Destination, ulong Source, EtherType Type)
{
    /// <summary>Bytes of the header.</summary>
    public const int Length = 14;

    /// <summary>Bytes of the shortest frame, without its FCS: what is shorter is padded.</summary>
    public const int MinFrame = 60;

    /// <summary>Bytes of an address.</summary>
    public const int AddressLength = 6;

    /// <summary>To all.</summary>
    public const ulong Broadcast = 0xFFFF_FFFF_FFFF;

    private const ulong Group = 0x0100_0000_0000;

    /// <summary>Whether an address is a group's, or that of all.</summary>
    public static bool IsGroup(ulong address) => (address & Group) != 0;

    /// <summary>The address of an IPv4 group (RFC 1112, 6.4).</summary>
    public static ulong OfGroup(Ipv4Address group) => 0x0100_5E00_0000UL | (group.Value & 0x7F_FFFF);

    /// <summary>The address of an IPv6 group (RFC 2464, 7).</summary>
    public static ulong OfGroup(Ipv6Address group) => 0x3333_0000_0000UL | (group.Low & 0xFFFF_FFFF);

    /// <summary>The interface identifier that follows from an address (RFC 2464, 4).</summary>
    public static ulong InterfaceIdentifier(ulong address) => ((address ^ 0x0200_0000_0000) >> 24 << 40) | 0xFF_FE00_0000UL | (address & 0xFF_FFFF);

    /// <summary>An address as people write it.</summary>
    public static string Text(ulong address) => string.Join(':', Enumerable.Range(0, AddressLength).Select(i => $"{(byte)(address >> (40 - (8 * i))):x2}"));

    /// <summary>Reads an address.</summary>
    public static ulong ReadAddress(ReadOnlySpan<byte> bytes) => ((ulong)BinaryPrimitives.ReadUInt16BigEndian(bytes) << 32) | BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]);

    /// <summary>Writes an address.</summary>
    public static void WriteAddress(Span<byte> bytes, ulong address)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(address >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], (uint)address);
    }

    /// <summary>Parses the header of a frame.</summary>
    public static WireError TryParse(ReadOnlySpan<byte> frame, out EthernetHeader header)
    {
        header = default;
        if (frame.Length < Length)
        {
            return WireError.TooShort;
        }

        header = new EthernetHeader(ReadAddress(frame), ReadAddress(frame[AddressLength..]), (EtherType)BinaryPrimitives.ReadUInt16BigEndian(frame[(2 * AddressLength)..]));
        return WireError.None;
    }

    /// <summary>Writes the header.</summary>
    public void Write(Span<byte> frame)
    {
        WriteAddress(frame, Destination);
        WriteAddress(frame[AddressLength..], Source);
        BinaryPrimitives.WriteUInt16BigEndian(frame[(2 * AddressLength)..], (ushort)Type);
    }
}

/// <summary>What an Ethernet frame carries.</summary>
public enum EtherType : ushort
{
    /// <summary>IPv4.</summary>
    Ipv4 = 0x0800,

    /// <summary>ARP.</summary>
    Arp = 0x0806,

    /// <summary>IPv6.</summary>
    Ipv6 = 0x86DD,

    /// <summary>Discovery of PPP over Ethernet (RFC 2516).</summary>
    PppoeDiscovery = 0x8863,

    /// <summary>A session of PPP over Ethernet (RFC 2516).</summary>
    PppoeSession = 0x8864,
}
