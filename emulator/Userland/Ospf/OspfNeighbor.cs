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

/// <summary>
/// A neighbour (RFC 2328, 10). On a point-to-point network the row is there as long as the interface is up, on a broadcast network from 2-Way on.
/// </summary>
public struct OspfNeighbor : ITableRow<OspfNeighbor>
{
    /// <summary>The row is taken.</summary>
    public bool Used;

    /// <summary>The interface that it is at.</summary>
    public short Interface;

    /// <summary>The next neighbour of the interface, or -1.</summary>
    public short Next;

    /// <summary>The neighbour's state; what is below 2-Way is <see cref="OspfNeighborState.Down"/> here.</summary>
    public OspfNeighborState State;

    /// <summary>Its address, on a broadcast network.</summary>
    public Ipv4Address Address;

    /// <summary>The neighbour's Router ID.</summary>
    public Ipv4Address RouterId;

    /// <summary>Its Router Priority, on a broadcast network.</summary>
    public byte Priority;

    /// <summary>Whom its last Hello declared to be the Designated Router.</summary>
    public Ipv4Address DesignatedRouter;

    /// <summary>Whom its last Hello declared to be the Backup.</summary>
    public Ipv4Address BackupDesignatedRouter;

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
    public static TableRoom Room => new("ospf_neighbor", 2, 2, OspfArea.MaxNeighbors);

    readonly bool ITableRow<OspfNeighbor>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref OspfNeighbor value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Used);
        pass.Field(ref value.Interface);
        pass.Field(ref value.Next);
        pass.Field(ref value.State);
        pass.Struct(ref value.Address);
        pass.Struct(ref value.RouterId);
        pass.Field(ref value.Priority);
        pass.Struct(ref value.DesignatedRouter);
        pass.Struct(ref value.BackupDesignatedRouter);
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
