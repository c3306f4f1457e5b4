using System.Buffers.Binary;

namespace Stress.Emulator.Wire;

/// <summary>The flags of a Database Description packet (RFC 2328, A.3.3).</summary>
[Flags]
public enum OspfDdFlags : byte
{
    /// <summary>None is set.</summary>
    None,

    /// <summary>MS: the sender is the master.</summary>
    Master = 1,

    /// <summary>M: more packets follow.</summary>
    More = 2,

    /// <summary>I: the first packet.</summary>
    Init = 4,
}

/// <summary>The eight bytes of a Database Description packet before its LSA headers (RFC 2328, A.3.3).</summary>
/// <param name="Mtu">Interface MTU in bytes; 0 over a virtual link.</param>
/// <param name="Options">Options (A.2).</param>
/// <param name="Flags">I, M and MS.</param>
/// <param name="Sequence">DD sequence number.</param>
public readonly record struct OspfDatabaseDescription(ushort Mtu, byte Options, OspfDdFlags Flags, uint Sequence)
{
    /// <summary>Bytes before the LSA headers.</summary>
    public const int Length = 8;

    /// <summary>Reads the packet's body; headers follow, 20 bytes each.</summary>
    /// <param name="body">What follows the common header.</param>
    /// <param name="description">What was read.</param>
    public static WireError TryParse(ReadOnlySpan<byte> body, out OspfDatabaseDescription description)
    {
        description = default;
        if (body.Length < Length)
        {
            return WireError.TooShort;
        }

        if ((body.Length - Length) % OspfLsaHeader.HeaderLength != 0)
        {
            return WireError.BadLength;
        }

        description = new(BinaryPrimitives.ReadUInt16BigEndian(body), body[2], (OspfDdFlags)(body[3] & 7), BinaryPrimitives.ReadUInt32BigEndian(body[4..]));
        return WireError.None;
    }

    /// <summary>Writes the eight bytes.</summary>
    public void Write(Span<byte> body)
    {
        BinaryPrimitives.WriteUInt16BigEndian(body, Mtu);
        body[2] = Options;
        body[3] = (byte)Flags;
        BinaryPrimitives.WriteUInt32BigEndian(body[4..], Sequence);
    }
}
