namespace Stress.Emulator.Wire;

/// <summary>Codes of PAP (RFC 1334 section 2.2).</summary>
public enum PapCode : byte
{
    /// <summary>Authenticate-Request (RFC 1334, 2.2.1).</summary>
    AuthenticateRequest = 1,

    /// <summary>Authenticate-Ack (RFC 1334, 2.2.2).</summary>
    AuthenticateAck = 2,

    /// <summary>Authenticate-Nak (RFC 1334, 2.2.2).</summary>
    AuthenticateNak = 3,
}

/// <summary>The Password Authentication Protocol (RFC 1334 section 2). Header and length are those of <see cref="LcpPacket"/>.</summary>
public static class PapPacket
{
    /// <summary>Splits the data of an Authenticate-Request into peer identifier and password.</summary>
    public static WireError TryParseRequest(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> peerId, out ReadOnlySpan<byte> password)
    {
        peerId = password = default;
        if (data.Length < 2 || data[0] > data.Length - 2)
        {
            return WireError.TooShort;
        }

        int passwordAt = 1 + data[0];
        if (data[passwordAt] > data.Length - passwordAt - 1)
        {
            return WireError.BadLength;
        }

        peerId = data.Slice(1, data[0]);
        password = data.Slice(passwordAt + 1, data[passwordAt]);
        return WireError.None;
    }

    /// <summary>Writes an Authenticate-Request with its PPP protocol number.</summary>
    /// <returns>Bytes of the frame payload.</returns>
    public static int WriteRequest(Span<byte> destination, byte id, ReadOnlySpan<byte> peerId, ReadOnlySpan<byte> password)
    {
        Span<byte> data = destination[6..];
        data[0] = checked((byte)peerId.Length);
        peerId.CopyTo(data[1..]);
        data[1 + peerId.Length] = checked((byte)password.Length);
        password.CopyTo(data[(2 + peerId.Length)..]);
        return LcpPacket.WriteHeader(destination, PppProtocol.Pap, (LcpCode)PapCode.AuthenticateRequest, id, 2 + peerId.Length + password.Length);
    }

    /// <summary>Writes an Authenticate-Ack or -Nak with a message.</summary>
    /// <returns>Bytes of the frame payload.</returns>
    public static int WriteReply(Span<byte> destination, PapCode code, byte id, ReadOnlySpan<byte> message)
    {
        destination[6] = checked((byte)message.Length);
        message.CopyTo(destination[7..]);
        return LcpPacket.WriteHeader(destination, PppProtocol.Pap, (LcpCode)code, id, 1 + message.Length);
    }
}
