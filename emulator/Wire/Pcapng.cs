using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Stress.Emulator.Wire;

/// <summary>
/// Writes pcapng blocks (draft-ietf-opsawg-pcapng): section header, interface description, enhanced packets with comments. The link type is PPP with a
/// direction byte (LINKTYPE_PPP_WITH_DIR, 204), or Ethernet (1); time stamps are microseconds.
/// </summary>
public static class Pcapng
{
    /// <summary>LINKTYPE_PPP_WITH_DIR.</summary>
    public const ushort LinkTypePppWithDirection = 204;

    /// <summary>LINKTYPE_ETHERNET.</summary>
    public const ushort LinkTypeEthernet = 1;

    private const uint SectionHeader = 0x0A0D0D0A, InterfaceDescription = 1, EnhancedPacket = 6;
    private const ushort OptionComment = 1, OptionName = 2;

    /// <summary>Writes the section header and one interface.</summary>
    /// <param name="output">Gets the bytes.</param>
    /// <param name="name">Name of the interface, for people.</param>
    public static void WriteHeader(IBufferWriter<byte> output, string name)
    {
        WriteSection(output);
        WriteInterface(output, name);
    }

    /// <summary>Writes the section header.</summary>
    /// <param name="output">Gets the bytes.</param>
    public static void WriteSection(IBufferWriter<byte> output)
    {
        Span<byte> s = Block(output, SectionHeader, 28);
        BinaryPrimitives.WriteUInt32LittleEndian(s, 0x1A2B3C4D);
        BinaryPrimitives.WriteUInt16LittleEndian(s[4..], 1);
        BinaryPrimitives.WriteInt64LittleEndian(s[8..], -1);
        output.Advance(28);
    }

    /// <summary>Writes an interface; the first has number 0.</summary>
    /// <param name="output">Gets the bytes.</param>
    /// <param name="name">Name of the interface, for people.</param>
    /// <param name="linkType">What its frames are.</param>
    public static void WriteInterface(IBufferWriter<byte> output, string name, ushort linkType = LinkTypePppWithDirection)
    {
        int option = OptionLength(name);
        Span<byte> i = Block(output, InterfaceDescription, 20 + option + 4);
        BinaryPrimitives.WriteUInt16LittleEndian(i, linkType);
        BinaryPrimitives.WriteUInt32LittleEndian(i[4..], 0);
        WriteOption(i[8..], OptionName, name);
        output.Advance(20 + option + 4);
    }

    /// <summary>Writes one frame.</summary>
    /// <param name="output">Gets the bytes.</param>
    /// <param name="microseconds">Time since the section's zero.</param>
    /// <param name="sent">Direction: sent by the system whose view the capture has; null where the link type has no direction.</param>
    /// <param name="frame">HDLC content, or an Ethernet frame, without FCS.</param>
    /// <param name="comment">A packet comment, or null.</param>
    /// <param name="interfaceNumber">The interface, in the order in which they were written.</param>
    public static void WriteFrame(IBufferWriter<byte> output, long microseconds, bool? sent, ReadOnlySpan<byte> frame, string? comment, uint interfaceNumber = 0)
    {
        int direction = sent is null ? 0 : 1, length = frame.Length + direction, padded = (length + 3) & ~3;
        int options = string.IsNullOrEmpty(comment) ? 0 : OptionLength(comment) + 4;
        int total = 12 + 20 + padded + options;
        Span<byte> b = Block(output, EnhancedPacket, total);
        BinaryPrimitives.WriteUInt32LittleEndian(b, interfaceNumber);
        BinaryPrimitives.WriteUInt32LittleEndian(b[4..], (uint)(microseconds >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(b[8..], (uint)microseconds);
        BinaryPrimitives.WriteInt32LittleEndian(b[12..], length);
        BinaryPrimitives.WriteInt32LittleEndian(b[16..], length);
        b[20] = sent == true ? (byte)1 : (byte)0;
        frame.CopyTo(b[(20 + direction)..]);
        if (options > 0)
        {
            WriteOption(b[(20 + padded)..], OptionComment, comment!);
        }

        output.Advance(total);
    }

    // The block's frame (type and both lengths); returns its body, zeroed.
    private static Span<byte> Block(IBufferWriter<byte> output, uint type, int total)
    {
        Span<byte> span = output.GetSpan(total)[..total];
        span.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(span, type);
        BinaryPrimitives.WriteInt32LittleEndian(span[4..], total);
        BinaryPrimitives.WriteInt32LittleEndian(span[(total - 4)..], total);
        return span[8..(total - 4)];
    }

    private static int OptionLength(string text) => 4 + ((Encoding.UTF8.GetByteCount(text) + 3) & ~3);

    private static void WriteOption(Span<byte> destination, ushort code, string text)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(destination, code);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[2..], (ushort)Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, destination[4..]);
    }
}
