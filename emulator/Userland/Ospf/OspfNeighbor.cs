using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ospf;

/// <summary>States of a neighbour (RFC 2328, 10.1). Attempt is of NBMA networks, which there are none of.</summary>
public enum OspfNeighborState : byte
{
    /// <summary>Nothing was heard of it for RouterDeadInterval, or ever.</summary>
    Down,

    /// <summary>A Hello was heard that does not list us.</summary>
    Init,

    /// <summary>Each has heard the other.</summary>
    TwoWay,

    /// <summary>Who is master, and with which number it begins.</summary>
    ExStart,

    /// <summary>Each describes its database.</summary>
    Exchange,

    /// <summary>What the other has and we have not is asked for.</summary>
    Loading,

    /// <summary>The databases are the same.</summary>
    Full,
}

/// <summary>What kind of network an interface is at (RFC 2328, 1.2): it decides who becomes adjacent, where packets go, and what the Router-LSA says of it.</summary>
public enum OspfNetworkType : byte
{
    /// <summary>Two routers and nobody else: they always become adjacent, and every packet goes to AllSPFRouters (10.4, 8.1).</summary>
    PointToPoint,
}

/// <summary>An interface that is up, and the neighbour at its other end from 2-Way on (RFC 2328, 9 and 10).</summary>
public struct OspfNeighbor : ITableRow<OspfNeighbor>
{
    /// <summary>The interface is up.</summary>
    public bool Used;

    /// <summary>The kind of network.</summary>
    public OspfNetworkType Type;

    /// <summary>The neighbour's state; what is below 2-Way is <see cref="OspfNeighborState.Down"/> here.</summary>
    public OspfNeighborState State;

    /// <summary>Our address on the interface.</summary>
    public Ipv4Address Address;

    /// <summary>The other end's.</summary>
    public Ipv4Address Peer;

    /// <summary>The neighbour's Router ID.</summary>
    public Ipv4Address RouterId;

    /// <summary>Interface MTU in bytes.</summary>
    public ushort Mtu;

    /// <summary>We are the master of the exchange.</summary>
    public bool Master;

    /// <summary>The DD sequence number.</summary>
    public uint DdSequence;

    /// <summary>Rows of the database up to this one are in the Database Description packet that was sent last; -1 for none.</summary>
    public short SummaryEnd;

    /// <summary>The Database Description packet that was sent last said that more follow.</summary>
    public bool SentMore;

    /// <summary>A Database Description packet is to be sent, or sent again.</summary>
    public bool SendDd;

    /// <summary>The last Database Description packet that was received, to know a duplicate by; its flags have <see cref="HasLast"/> beside them.</summary>
    public OspfDdFlags LastFlags;

    /// <summary>Options of the last Database Description packet.</summary>
    public byte LastOptions;

    /// <summary>DD sequence number of the last Database Description packet.</summary>
    public uint LastSequence;

    /// <summary>One was received since ExStart.</summary>
    public bool HasLast;

    /// <summary>A Link State Request is to be sent.</summary>
    public bool SendRequest;

    /// <summary>LSAs of the database that wait to be sent to it.</summary>
    public int SendCount;

    /// <summary>When the master's last Database Description packet is sent again (RxmtInterval).</summary>
    public VirtualTime DdDue;

    /// <summary>When the last Link State Request is sent again.</summary>
    public VirtualTime RequestDue;

    /// <summary>When LSAs that were not acknowledged are sent again.</summary>
    public VirtualTime RetransmitDue;

    /// <inheritdoc/>
    public static TableRoom Room => new("ospf_neighbor", 2, 2, OspfArea.MaxInterfaces);

    readonly bool ITableRow<OspfNeighbor>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref OspfNeighbor value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Used);
        pass.Field(ref value.Type);
        pass.Field(ref value.State);
        pass.Struct(ref value.Address);
        pass.Struct(ref value.Peer);
        pass.Struct(ref value.RouterId);
        pass.Field(ref value.Mtu);
        pass.Field(ref value.Master);
        pass.Field(ref value.DdSequence);
        pass.Field(ref value.SummaryEnd);
        pass.Field(ref value.SentMore);
        pass.Field(ref value.SendDd);
        pass.Field(ref value.LastFlags);
        pass.Field(ref value.LastOptions);
        pass.Field(ref value.LastSequence);
        pass.Field(ref value.HasLast);
        pass.Field(ref value.SendRequest);
        pass.Field(ref value.SendCount);
        pass.Struct(ref value.DdDue);
        pass.Struct(ref value.RequestDue);
        pass.Struct(ref value.RetransmitDue);
    }
}
