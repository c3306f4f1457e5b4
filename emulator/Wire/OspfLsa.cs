using System.Buffers.Binary;
using Stress.Emulator.Core;

namespace Stress.Emulator.Wire;

/// <summary>Types of link state advertisements (RFC 2328, A.4.1).</summary>
public enum OspfLsaType : byte
{
    /// <summary>No type.</summary>
    None,

    /// <summary>Router-LSA (A.4.2).</summary>
    Router = 1,

    /// <summary>Network-LSA (A.4.3).</summary>
    Network = 2,

    /// <summary>Summary-LSA of a network (A.4.4).</summary>
    Summary = 3,

    /// <summary>Summary-LSA of an AS boundary router (A.4.4).</summary>
    AsbrSummary = 4,

    /// <summary>AS-external-LSA (A.4.5).</summary>
    AsExternal = 5,
}

/// <summary>What names an LSA, whatever its instance (RFC 2328, 12.1).</summary>
/// <param name="Type">LS type.</param>
/// <param name="LinkStateId">Link State ID.</param>
/// <param name="AdvertisingRouter">Router ID of its originator.</param>
public readonly record struct OspfLsaKey(OspfLsaType Type, Ipv4Address LinkStateId, Ipv4Address AdvertisingRouter)
{
    /// <summary>Bytes of an entry of a Link State Request, whose LS type has 32 bits (A.3.4).</summary>
    public const int Length = 12;

    /// <summary>Reads an entry of a Link State Request.</summary>
    public static OspfLsaKey Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt32BigEndian(bytes) is <= byte.MaxValue and var type ? (OspfLsaType)type : OspfLsaType.None, Ipv4Address.Read(bytes[4..]), Ipv4Address.Read(bytes[8..]));

    /// <summary>Writes an entry of a Link State Request.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)Type);
        LinkStateId.Write(destination[4..]);
        AdvertisingRouter.Write(destination[8..]);
    }
}

/// <summary>The 20 bytes that every LSA begins with (RFC 2328, A.4.1).</summary>
public struct OspfLsaHeader : IStateValue<OspfLsaHeader>
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderLength = 20;

    /// <summary>MaxAge in seconds (RFC 2328, B).</summary>
    public const ushort MaxAge = 3600;

    /// <summary>MaxAgeDiff in seconds (RFC 2328, B).</summary>
    public const ushort MaxAgeDiff = 900;

    /// <summary>InitialSequenceNumber (RFC 2328, 12.1.6).</summary>
    public const int InitialSequenceNumber = unchecked((int)0x80000001);

    /// <summary>MaxSequenceNumber (RFC 2328, 12.1.6).</summary>
    public const int MaxSequenceNumber = 0x7FFFFFFF;

    /// <summary>LS age in seconds, at most <see cref="MaxAge"/>.</summary>
    public ushort Age;

    /// <summary>Options (A.2).</summary>
    public byte Options;

    /// <summary>LS type.</summary>
    public OspfLsaType Type;

    /// <summary>Link State ID.</summary>
    public Ipv4Address LinkStateId;

    /// <summary>Router ID of its originator.</summary>
    public Ipv4Address AdvertisingRouter;

    /// <summary>LS sequence number, signed.</summary>
    public int Sequence;

    /// <summary>LS checksum.</summary>
    public ushort Checksum;

    /// <summary>Bytes of the LSA, the header included.</summary>
    public ushort Length;

    /// <summary>What names the LSA.</summary>
    public readonly OspfLsaKey Key => new(Type, LinkStateId, AdvertisingRouter);

    /// <inheritdoc/>
    public static void Fields<TPass>(ref OspfLsaHeader value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Age);
        pass.Field(ref value.Options);
        pass.Field(ref value.Type);
        pass.Struct(ref value.LinkStateId);
        pass.Struct(ref value.AdvertisingRouter);
        pass.Field(ref value.Sequence);
        pass.Field(ref value.Checksum);
        pass.Field(ref value.Length);
    }

    /// <summary>Reads a header of 20 bytes; an age beyond <see cref="MaxAge"/> counts as it.</summary>
    public static OspfLsaHeader Read(ReadOnlySpan<byte> bytes) => new()
    {
        Age = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(bytes), MaxAge),
        Options = bytes[2],
        Type = (OspfLsaType)bytes[3],
        LinkStateId = Ipv4Address.Read(bytes[4..]),
        AdvertisingRouter = Ipv4Address.Read(bytes[8..]),
        Sequence = BinaryPrimitives.ReadInt32BigEndian(bytes[12..]),
        Checksum = BinaryPrimitives.ReadUInt16BigEndian(bytes[16..]),
        Length = BinaryPrimitives.ReadUInt16BigEndian(bytes[18..]),
    };

    /// <summary>Writes the header.</summary>
    public readonly void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, Age);
        destination[2] = Options;
        destination[3] = (byte)Type;
        LinkStateId.Write(destination[4..]);
        AdvertisingRouter.Write(destination[8..]);
        BinaryPrimitives.WriteInt32BigEndian(destination[12..], Sequence);
        BinaryPrimitives.WriteUInt16BigEndian(destination[16..], Checksum);
        BinaryPrimitives.WriteUInt16BigEndian(destination[18..], Length);
    }

    /// <summary>Which of two instances of one LSA is more recent (RFC 2328, 13.1).</summary>
    /// <returns>Positive: this one; negative: the other; 0: the same instance.</returns>
    public readonly int CompareTo(in OspfLsaHeader other)
    {
        if (Sequence != other.Sequence)
        {
            return Sequence.CompareTo(other.Sequence);
        }

        if (Checksum != other.Checksum)
        {
            return Checksum.CompareTo(other.Checksum);
        }

        if ((Age == MaxAge) != (other.Age == MaxAge))
        {
            return Age == MaxAge ? 1 : -1;
        }

        return Math.Abs(Age - other.Age) <= MaxAgeDiff ? 0 : Age < other.Age ? 1 : -1;
    }
}

/// <summary>A whole LSA: its checksum, and what its body says (RFC 2328, A.4).</summary>
public static class OspfLsa
{
    private const int ChecksumAt = 16, AgeLength = 2;

    /// <summary>Whether the bytes are one LSA, neither more nor less, whose checksum is right (RFC 2328, 12.1.7).</summary>
    public static WireError Check(ReadOnlySpan<byte> lsa)
    {
        if (lsa.Length < OspfLsaHeader.HeaderLength)
        {
            return WireError.TooShort;
        }

        if (BinaryPrimitives.ReadUInt16BigEndian(lsa[18..]) != lsa.Length)
        {
            return WireError.BadLength;
        }

        (int c0, int c1) = Sums(lsa);
        return c0 == 0 && c1 == 0 ? WireError.None : WireError.BadChecksum;
    }

    /// <summary>Computes the checksum of an LSA and writes it: ISO 8473's, which is Fletcher's, over all but the age (RFC 2328, 12.1.7; RFC 905, annex B).</summary>
    /// <param name="lsa">The LSA, but for the checksum; its length is the LSA's.</param>
    /// <returns>The checksum.</returns>
    public static ushort WriteChecksum(Span<byte> lsa)
    {
        lsa[ChecksumAt] = lsa[ChecksumAt + 1] = 0;
        (int c0, int c1) = Sums(lsa);
        int after = lsa.Length - ChecksumAt - 1; // octets from the checksum's second one on
        int x = ((after * c0) - c1) % 255;
        x += x <= 0 ? 255 : 0;
        int y = 510 - c0 - x;
        y -= y > 255 ? 255 : 0;
        lsa[ChecksumAt] = (byte)x;
        lsa[ChecksumAt + 1] = (byte)y;
        return (ushort)((x << 8) | y);
    }

    private static (int C0, int C1) Sums(ReadOnlySpan<byte> lsa)
    {
        int c0 = 0, c1 = 0;
        foreach (byte b in lsa[AgeLength..])
        {
            c0 = (c0 + b) % 255;
            c1 = (c1 + c0) % 255;
        }

        return (c0, c1);
    }
}

/// <summary>What a link of a Router-LSA leads to (RFC 2328, A.4.2).</summary>
public enum OspfLinkType : byte
{
    /// <summary>None of A.4.2.</summary>
    None,

    /// <summary>Another router, over a point-to-point link.</summary>
    PointToPoint = 1,

    /// <summary>A transit network.</summary>
    Transit = 2,

    /// <summary>A stub network.</summary>
    Stub = 3,

    /// <summary>Another router, over a virtual link.</summary>
    Virtual = 4,
}

/// <summary>A link of a Router-LSA without TOS metrics (RFC 2328, A.4.2).</summary>
/// <param name="Id">Link ID: the other router's ID, the designated router's address, or the stub's network.</param>
/// <param name="Data">Link Data: the interface's address, or the stub's mask.</param>
/// <param name="Type">What it leads to.</param>
/// <param name="Metric">Cost.</param>
public readonly record struct OspfRouterLink(Ipv4Address Id, Ipv4Address Data, OspfLinkType Type, ushort Metric)
{
    /// <summary>Bytes of a link.</summary>
    public const int Length = 12;

    /// <summary>Where the first link begins in a Router-LSA: after its header, the flags and the number of links.</summary>
    public const int First = OspfLsaHeader.HeaderLength + 4;

    /// <summary>Reads a link.</summary>
    public static OspfRouterLink Read(ReadOnlySpan<byte> bytes) =>
        new(Ipv4Address.Read(bytes), Ipv4Address.Read(bytes[4..]), (OspfLinkType)bytes[8], BinaryPrimitives.ReadUInt16BigEndian(bytes[10..]));

    /// <summary>Writes a link.</summary>
    public void Write(Span<byte> destination)
    {
        Id.Write(destination);
        Data.Write(destination[4..]);
        destination[8] = (byte)Type;
        destination[9] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(destination[10..], Metric);
    }
}

/// <summary>The body of a Network-LSA (RFC 2328, A.4.3): the network's mask, and the Router IDs of the Designated Router and of those that are Full with it.</summary>
public static class OspfNetworkLsa
{
    /// <summary>Bytes of the mask.</summary>
    public const int MaskLength = 4;

    /// <summary>Bytes of an attached router.</summary>
    public const int AttachedLength = 4;

    /// <summary>Bytes of the whole LSA with this many attached routers.</summary>
    public static int LengthOf(int attached) => OspfLsaHeader.HeaderLength + MaskLength + (AttachedLength * attached);

    /// <summary>Reads the body.</summary>
    /// <param name="body">What follows the LSA's header.</param>
    /// <param name="mask">The network's mask.</param>
    /// <param name="attached">How many routers it lists.</param>
    public static WireError TryParse(ReadOnlySpan<byte> body, out Ipv4Address mask, out int attached)
    {
        (mask, attached) = (default, 0);
        if (body.Length < MaskLength + AttachedLength)
        {
            return WireError.TooShort;
        }

        if ((body.Length - MaskLength) % AttachedLength != 0)
        {
            return WireError.BadLength;
        }

        (mask, attached) = (Ipv4Address.Read(body), (body.Length - MaskLength) / AttachedLength);
        return WireError.None;
    }

    /// <summary>The Router ID of attached router <paramref name="index"/>, from 0.</summary>
    public static Ipv4Address Attached(ReadOnlySpan<byte> body, int index) => Ipv4Address.Read(body[(MaskLength + (AttachedLength * index))..]);

    /// <summary>Writes the body.</summary>
    /// <param name="body">Room for it.</param>
    /// <param name="mask">The network's mask.</param>
    /// <param name="attached">Router IDs.</param>
    public static void WriteBody(Span<byte> body, Ipv4Address mask, ReadOnlySpan<Ipv4Address> attached)
    {
        mask.Write(body);
        for (int i = 0; i < attached.Length; i++)
        {
            attached[i].Write(body[(MaskLength + (AttachedLength * i))..]);
        }
    }
}
