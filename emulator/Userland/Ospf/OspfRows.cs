using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ospf;

/// <summary>An LSA of the link state database. Its age is counted from <see cref="Born"/>; of its body the first four bytes lie here, the rest in pieces of twelve.</summary>
public struct OspfDatabaseRow : ITableRow<OspfDatabaseRow>
{
    /// <summary>The row is taken.</summary>
    public bool Used;

    /// <summary>The header, but for the age.</summary>
    public OspfLsaHeader Header;

    /// <summary>When its age was 0.</summary>
    public VirtualTime Born;

    /// <summary>When this instance came into the database.</summary>
    public VirtualTime Installed;

    /// <summary>Its age is MaxAge: it is being flushed.</summary>
    public bool Flushed;

    /// <summary>The first four bytes of the body.</summary>
    public uint Word;

    /// <summary>The first piece of the rest, or -1.</summary>
    public short First;

    /// <summary>The next row of its bucket, or -1.</summary>
    public short Next;

    /// <summary>Neighbours, a bit each, to whom it is still to be sent.</summary>
    public ulong Send;

    /// <summary>Interfaces, a bit each, out of which it is still to be flooded to a group.</summary>
    public ulong SendOut;

    /// <summary>Neighbours, a bit each, that have not acknowledged it: their Link state retransmission lists.</summary>
    public ulong Retransmit;

    /// <summary>Neighbours, a bit each, to whom it is still to be described: their Database summary lists.</summary>
    public ulong Summary;

    /// <inheritdoc/>
    public static TableRoom Room => new("LSA of the link state database", 8, 8, TableRoom.ShortLimit);

    readonly bool ITableRow<OspfDatabaseRow>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref OspfDatabaseRow value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Used);
        pass.Struct(ref value.Header);
        pass.Struct(ref value.Born);
        pass.Struct(ref value.Installed);
        pass.Field(ref value.Flushed);
        pass.Field(ref value.Word);
        pass.Field(ref value.First);
        pass.Field(ref value.Next);
        pass.Field(ref value.Send);
        pass.Field(ref value.SendOut);
        pass.Field(ref value.Retransmit);
        pass.Field(ref value.Summary);
    }
}

/// <summary>Twelve bytes of an LSA's body: in a Router-LSA a link.</summary>
public struct OspfPiece : ITableRow<OspfPiece>
{
    /// <summary>The row is taken.</summary>
    public bool Used;

    /// <summary>The next piece, or -1.</summary>
    public short Next;

    /// <summary>Bytes 0 to 3, as a number in network order.</summary>
    public uint A;

    /// <summary>Bytes 4 to 7.</summary>
    public uint B;

    /// <summary>Bytes 8 to 11.</summary>
    public uint C;

    /// <summary>Its words of four bytes.</summary>
    public const int Words = 3;

    /// <summary>Word <paramref name="i"/> of them.</summary>
    public readonly uint this[int i] => i == 0 ? A : i == 1 ? B : C;

    /// <summary>The bytes as a link of a Router-LSA.</summary>
    public readonly OspfRouterLink Link => new(new(A), new(B), (OspfLinkType)(C >> 24), (ushort)C);

    /// <inheritdoc/>
    public static TableRoom Room => new("piece of an LSA", 32, 32, TableRoom.ShortLimit);

    readonly bool ITableRow<OspfPiece>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref OspfPiece value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Used);
        pass.Field(ref value.Next);
        pass.Field(ref value.A);
        pass.Field(ref value.B);
        pass.Field(ref value.C);
    }
}

/// <summary>An entry of a neighbour's Link state request list (RFC 2328, 10).</summary>
public struct OspfRequest : ITableRow<OspfRequest>
{
    /// <summary>The row is taken.</summary>
    public bool Used;

    /// <summary>The neighbour.</summary>
    public short Neighbor;

    /// <summary>It is in the request that was sent last.</summary>
    public bool Asked;

    /// <summary>The instance that the neighbour has described.</summary>
    public OspfLsaHeader Header;

    /// <inheritdoc/>
    public static TableRoom Room => new("entry of a link state request list", 4, 8, TableRoom.ShortLimit);

    readonly bool ITableRow<OspfRequest>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref OspfRequest value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Used);
        pass.Field(ref value.Neighbor);
        pass.Field(ref value.Asked);
        pass.Struct(ref value.Header);
    }
}

/// <summary>An acknowledgment that waits to be sent.</summary>
public struct OspfAcknowledgment : IStateValue<OspfAcknowledgment>
{
    /// <summary>To which neighbour, or out of which interface where it is a delayed one (RFC 2328, 13.5); -1 when there is nobody any more.</summary>
    public short To;

    /// <summary>The instance that was received.</summary>
    public OspfLsaHeader Header;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref OspfAcknowledgment value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.To);
        pass.Struct(ref value.Header);
    }
}

/// <summary>An entry of the routing table (RFC 2328, 11): an intra-area path to a network.</summary>
public struct OspfRoute : ITableRow<OspfRoute>
{
    /// <summary>The row is taken.</summary>
    public bool Used;

    /// <summary>The calculation that runs has found it.</summary>
    public bool Found;

    /// <summary>What zebra is still to be told.</summary>
    public RouteNews News;

    /// <summary>The network.</summary>
    public Ipv4Address Prefix;

    /// <summary>Bits of its mask.</summary>
    public byte PrefixLength;

    /// <summary>Cost.</summary>
    public uint Cost;

    /// <summary>The interface that it leads out of.</summary>
    public short Interface;

    /// <summary>The address of the next hop.</summary>
    public Ipv4Address NextHop;

    /// <inheritdoc/>
    public static TableRoom Room => new("entry of OSPF's routing table", 4, 8, TableRoom.ShortLimit);

    readonly bool ITableRow<OspfRoute>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref OspfRoute value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Used);
        pass.Field(ref value.Found);
        pass.Field(ref value.News);
        pass.Struct(ref value.Prefix);
        pass.Field(ref value.PrefixLength);
        pass.Field(ref value.Cost);
        pass.Field(ref value.Interface);
        pass.Struct(ref value.NextHop);
    }
}
