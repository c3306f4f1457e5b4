using System.Security.Cryptography;

namespace Stress.Emulator.Wire;

/// <summary>Codes of CHAP (RFC 1994 section 4).</summary>
public enum ChapCode : byte
{
    /// <summary>Challenge (RFC 1994, 4.1).</summary>
    Challenge = 1,

    /// <summary>Response (RFC 1994, 4.1).</summary>
    Response = 2,

    /// <summary>Success (RFC 1994, 4.2).</summary>
    Success = 3,

    /// <summary>Failure (RFC 1994, 4.2).</summary>
    Failure = 4,
}

/// <summary>The Challenge Handshake Authentication Protocol with MD5 (RFC 1994). Header and length are those of <see cref="LcpPacket"/>.</summary>
public static class ChapPacket
{
    /// <summary>Algorithm number of CHAP with MD5 in the Authentication-Protocol option.</summary>
    public const byte Md5Algorithm = 5;

    /// <summary>Bytes of an MD5 response value.</summary>
    public const int Md5Length = 16;

    /// <summary>Longest secret and challenge that <see cref="Respond"/> takes, in bytes each.</summary>
    public const int MaxValueLength = 255;

    /// <summary>Splits the data of a Challenge or Response into value and name.</summary>
    public static WireError TryParseValue(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> value, out ReadOnlySpan<byte> name)
    {
        value = name = default;
        if (data.Length < 1)
        {
            return WireError.TooShort;
        }

        if (data[0] == 0 || data[0] > data.Length - 1)
        {
            return WireError.BadLength;
        }

        value = data.Slice(1, data[0]);
        name = data[(1 + data[0])..];
        return WireError.None;
    }

    /// <summary>Writes a Challenge or a Response with its PPP protocol number.</summary>
    /// <returns>Bytes of the frame payload.</returns>
    public static int WriteValue(Span<byte> destination, ChapCode code, byte id, ReadOnlySpan<byte> value, ReadOnlySpan<byte> name)
    {
        Span<byte> data = destination[6..];
        data[0] = checked((byte)value.Length);
        value.CopyTo(data[1..]);
        name.CopyTo(data[(1 + value.Length)..]);
        return LcpPacket.WriteHeader(destination, PppProtocol.Chap, (LcpCode)code, id, 1 + value.Length + name.Length);
    }

    /// <summary>The response value: MD5 over identifier, secret and challenge (RFC 1994 section 4.1).</summary>
    /// <param name="id">Identifier of the Challenge.</param>
    /// <param name="secret">Shared secret, at most 255 bytes.</param>
    /// <param name="challenge">Challenge value, at most 255 bytes.</param>
    /// <param name="response">Room for 16 bytes.</param>
    public static void Respond(byte id, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> challenge, Span<byte> response)
    {
        Span<byte> text = stackalloc byte[1 + MaxValueLength + MaxValueLength];
        text[0] = id;
        secret.CopyTo(text[1..(1 + MaxValueLength)]);
        challenge.CopyTo(text[(1 + secret.Length)..]);
        MD5.HashData(text[..(1 + secret.Length + challenge.Length)], response);
    }
}
