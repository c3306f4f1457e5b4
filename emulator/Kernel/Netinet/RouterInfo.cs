using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Netinet;

/// <summary>States of a membership (igmp_var.h).</summary>
public enum IgmpState : byte
{
    /// <summary>IGMP_IDLEMEMBER (RFC 2236, 6).</summary>
    Idle,

    /// <summary>IGMP_DELAYINGMEMBER: a report is due.</summary>
    Delaying,

    /// <summary>IGMP_LAZYMEMBER: another member has reported.</summary>
    Lazy,

    /// <summary>IGMP_SLEEPINGMEMBER: another member has reported to an IGMPv1 querier.</summary>
    Sleeping,

    /// <summary>IGMP_AWAKENINGMEMBER: a sleeping member that a query has woken.</summary>
    Awakening,
}

/// <summary>A router_info: which IGMP version the routers of an interface speak.</summary>
public struct RouterInfo : ITableRow<RouterInfo>, INumberedRow
{
    /// <summary>rti_ifp.</summary>
    public IfnetPtr Ifp;

    /// <summary>1 or 2.</summary>
    public byte Version;

    /// <summary>Slow ticks of 500 ms since a version 1 query.</summary>
    public ushort Age;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <summary>Which allocation of the slot it is: for the oracle.</summary>
    public uint Generation;

    /// <summary>Heap block in the small class.</summary>
    public int Block;

    /// <inheritdoc/>
    public static TableRoom Room => new("router_info", 0, 2, TableRoom.ShortLimit);

    readonly bool ITableRow<RouterInfo>.InUse => Used;

    uint INumberedRow.Generation
    {
        readonly get => Generation;
        set => Generation = value;
    }

    /// <inheritdoc/>
    public static void Fields<TPass>(ref RouterInfo value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Ifp);
        pass.Field(ref value.Version);
        pass.Field(ref value.Age);
        pass.Field(ref value.Used);
        pass.Field(ref value.Generation);
        pass.Field(ref value.Block);
    }
}
