namespace Stress.Emulator.Wire;

/// <summary>The header of a PPP frame: address and control, unless they are left out, and the protocol in two bytes or one (RFC 1662 section 3.1, RFC 1661 sections 6.5 and 6.6).</summary>
public static class PppHeader
{
    /// <summary>Bytes of the longest.</summary>
    public const int MaxLength = 4;

    private const byte AllStations = 0xFF, UnnumberedInformation = 0x03, LastProtocolByte = 1;

    /// <summary>Reads a header of any of the four forms.</summary>
    /// <param name="frame">HDLC content without FCS.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="length">Length of the header, in bytes.</param>
    /// <returns>False when the frame ends before a protocol of two bytes would.</returns>
    public static bool TryParse(ReadOnlySpan<byte> frame, out PppProtocol protocol, out int length)
    {
        length = frame.Length >= 2 && frame[0] == AllStations && frame[1] == UnnumberedInformation ? 2 : 0;
        protocol = 0;
        if (frame.Length < length + 2)
        {
            return false;
        }

        if ((frame[length] & LastProtocolByte) != 0)
        {
            protocol = (PppProtocol)frame[length];
            length++;
        }
        else
        {
            protocol = (PppProtocol)(frame[length] << 8 | frame[length + 1]);
            length += 2;
        }

        return true;
    }

    /// <summary>Writes a header.</summary>
    /// <param name="frame">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="compressAddress">Without address and control (ACFC).</param>
    /// <param name="compressProtocol">The protocol in one byte, where it fits (PFC).</param>
    /// <returns>Its length.</returns>
    public static int Write(Span<byte> frame, PppProtocol protocol, bool compressAddress, bool compressProtocol)
    {
        int n = 0;
        if (!compressAddress)
        {
            frame[n++] = AllStations;
            frame[n++] = UnnumberedInformation;
        }

        if (!compressProtocol || (ushort)protocol > byte.MaxValue)
        {
            frame[n++] = (byte)((ushort)protocol >> 8);
        }

        frame[n++] = (byte)protocol;
        return n;
    }
}
