using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet;

/// <summary>An in_multi: one group on one interface. From a pool, not malloc.</summary>
public struct InMulti : ITableRow<InMulti>, INumberedRow
{
    /// <summary>inm_addr.</summary>
    public Ipv4Address Group;

    /// <summary>inm_ifp.</summary>
    public IfnetPtr Ifp;

    /// <summary>inm_refcount: memberships of it.</summary>
    public ushort RefCount;

    /// <summary>Ticks of 200 ms until the report, 0 when none is due.</summary>
    public ushort Timer;

    /// <summary>Hash bucket: group and the index of the interface passed in at the time.</summary>
    public ushort Bucket;

    /// <summary>inm_state.</summary>
    public IgmpState State;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <summary>inm_rti: slot and generation of the router_info, or -1.</summary>
    public short Rti;

    /// <summary>Which allocation of the router_info inm_rti was taken from: for the oracle.</summary>
    public uint RtiGeneration;

    /// <summary>Which allocation this is: for the oracle.</summary>
    public uint Generation;

    /// <inheritdoc/>
    public static TableRoom Room => new("in_multi", 8, 8, TableRoom.ShortLimit);

    readonly bool ITableRow<InMulti>.InUse => Used;

    uint INumberedRow.Generation
    {
        readonly get => Generation;
        set => Generation = value;
    }

    /// <inheritdoc/>
    public static void Fields<TPass>(ref InMulti value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Group);
        pass.Struct(ref value.Ifp);
        pass.Field(ref value.RefCount);
        pass.Field(ref value.Timer);
        pass.Field(ref value.Bucket);
        pass.Field(ref value.State);
        pass.Field(ref value.Used);
        pass.Field(ref value.Rti);
        pass.Field(ref value.RtiGeneration);
        pass.Field(ref value.Generation);
    }
}
