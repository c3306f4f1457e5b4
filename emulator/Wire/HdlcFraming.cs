namespace Stress.Emulator.Wire;

/// <summary>
/// PPP in HDLC-like framing for asynchronous lines (RFC 1662): flags, address and control, octet stuffing and FCS-16.
/// A payload here is a two-byte PPP protocol number and the information field.
/// </summary>
public static class HdlcFraming
{
    /// <summary>Flag Sequence, begins and ends a frame.</summary>
    public const byte Flag = 0x7E;

    /// <summary>Control Escape; the next byte is XORed with 0x20.</summary>
    public const byte Escape = 0x7D;

    /// <summary>The async-control-character-map before negotiation: all 32 control characters are escaped.</summary>
    public const uint DefaultAsyncMap = 0xFFFFFFFF;

    /// <summary>Result of a decoder: the frame check sequence is wrong.</summary>
    public const int BadFcs = -1;

    /// <summary>Result of a decoder: fewer than four bytes between flags (RFC 1662 section 3.1 discards these without counting an FCS error).</summary>
    public const int TooShort = -2;

    /// <summary>Result of a decoder: the sender aborted the frame (Control Escape and then a flag, or the end of the bytes).</summary>
    public const int Aborted = -3;

    /// <summary>Result of a decoder: the frame does not fit in the buffer.</summary>
    public const int TooLong = -4;

    private const byte AllStations = 0xFF;
    private const byte UnnumberedInformation = 0x03;

    /// <summary>Room that the longest encoding of a payload needs: every byte escaped, two flags, address, control and FCS.</summary>
    public static int MaxEncodedLength(int payloadLength) => (2 * (payloadLength + 4)) + 2;

    /// <summary>Writes one frame with an opening and a closing flag.</summary>
    /// <param name="payload">Protocol number and information, at least two bytes.</param>
    /// <param name="destination">Room for <see cref="MaxEncodedLength"/> bytes.</param>
    /// <param name="asyncMap">Bit n set: escape control character n. LCP packets always take <see cref="DefaultAsyncMap"/> (RFC 1662 section 7).</param>
    /// <param name="compressAddressControl">Leave out 0xff 0x03 (ACFC); never for LCP (RFC 1661 section 6.6).</param>
    /// <param name="compressProtocol">Send a protocol below 0x00ff as one byte (PFC), unless nothing follows it.</param>
    /// <returns>Bytes written.</returns>
    public static int Encode(
        ReadOnlySpan<byte> payload, Span<byte> destination, uint asyncMap, bool compressAddressControl = false, bool compressProtocol = false)
    {
        if (payload.Length < 2 || destination.Length < MaxEncodedLength(payload.Length))
        {
            throw new ArgumentException($"a frame of {payload.Length} payload bytes (at least 2) needs room for {MaxEncodedLength(payload.Length)} bytes, not {destination.Length}");
        }

        int at = 0;
        ushort fcs = Fcs16.Initial;
        destination[at++] = Flag;
        if (!compressAddressControl)
        {
            fcs = Fcs16.Add(Fcs16.Add(fcs, AllStations), UnnumberedInformation);
            at = Put(destination, at, AllStations, asyncMap);
            at = Put(destination, at, UnnumberedInformation, asyncMap);
        }

        // Not where the receiver would see something else: a frame of three bytes is dropped (RFC 1662 section 3.1), and 0xff 0x03 is address and control (RFC 1661 section 6.5).
        if (compressProtocol && payload.Length > 2 && payload[0] == 0 && (payload[1] & 1) != 0 && payload[1] != AllStations)
        {
            payload = payload[1..];
        }

        fcs = Fcs16.Add(fcs, payload);
        foreach (byte b in payload)
        {
            at = Put(destination, at, b, asyncMap);
        }

        fcs ^= 0xFFFF;
        at = Put(destination, at, (byte)fcs, asyncMap);
        at = Put(destination, at, (byte)(fcs >> 8), asyncMap);
        destination[at++] = Flag;
        return at;
    }

    /// <summary>Reads the first frame in the bytes, with or without its flags. Compressed address, control and protocol fields are always understood.</summary>
    /// <param name="framed">Bytes as they came from the line. Decoding stops at the closing flag, if there is one.</param>
    /// <param name="destination">Room for the frame between flags (<paramref name="framed"/>'s length is always enough).</param>
    /// <param name="receiveAsyncMap">Bit n set: an unescaped control character n was added by the line and is dropped (RFC 1662 section 7.1).</param>
    /// <returns>Length of the payload at the start of <paramref name="destination"/>, or a negative result: <see cref="BadFcs"/>,
    /// <see cref="TooShort"/>, <see cref="Aborted"/>, <see cref="TooLong"/>.</returns>
    public static int Decode(ReadOnlySpan<byte> framed, Span<byte> destination, uint receiveAsyncMap = 0)
    {
        int start = 0;
        while (start < framed.Length && framed[start] == Flag)
        {
            start++;
        }

        var deframer = HdlcDeframer.InsideFrame(receiveAsyncMap);
        int result = deframer.Input(framed[start..], destination, out _);
        return result != 0 ? result : deframer.End(destination);
    }

    // Checks a whole frame between flags, takes off FCS, address and control, and restores a two-byte protocol.
    internal static int Finish(Span<byte> buffer, int length)
    {
        if (length < 4)
        {
            return TooShort;
        }

        if (Fcs16.Add(Fcs16.Initial, buffer[..length]) != Fcs16.Good)
        {
            return BadFcs;
        }

        int start = buffer[0] == AllStations && buffer[1] == UnnumberedInformation ? 2 : 0;
        int payload = length - 2 - start;
        if (payload <= 0)
        {
            return TooShort;
        }

        if ((buffer[start] & 1) != 0)
        {
            // One-byte protocol. The two FCS bytes behind it leave the room to restore the leading zero.
            buffer.Slice(start, payload).CopyTo(buffer[1..]);
            buffer[0] = 0;
            return payload + 1;
        }

        if (payload < 2)
        {
            return TooShort;
        }

        buffer.Slice(start, payload).CopyTo(buffer);
        return payload;
    }

    private static int Put(Span<byte> destination, int at, byte value, uint asyncMap)
    {
        if (value is Flag or Escape || (value < 0x20 && (asyncMap >> value & 1) != 0))
        {
            destination[at++] = Escape;
            value ^= 0x20;
        }

        destination[at++] = value;
        return at;
    }
}
