using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Netinet;

/// <summary>States of a membership (igmp_var.h).</summary>
public enum IgmpState : byte
{
    Idle,
    Delaying,
    Lazy,
    Sleeping,
    Awakening,
}

/// <summary>A router_info: which IGMP version the routers of an interface speak.</summary>
public struct RouterInfo : ITableRow<RouterInfo>, INumberedRow
{
    public IfnetPtr Ifp;

    /// <summary>1 or 2.</summary>
    public byte Version;

    /// <summary>Slow ticks of 500 ms since a version 1 query.</summary>
    public ushort Age;
    public bool Used;
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
