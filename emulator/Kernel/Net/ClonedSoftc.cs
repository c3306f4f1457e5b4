using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Net;

/// <summary>What a driver of an interface without a line keeps: ifvlan, gif_softc.</summary>
public struct ClonedSoftc : ITableRow<ClonedSoftc>
{
    /// <summary>The interface's slot.</summary>
    public short Slot;

    /// <summary>ifv_p: what a vlan is on.</summary>
    public IfnetPtr Parent;

    /// <summary>gif_pdst: where a tunnel leads, or 0.0.0.0.</summary>
    public Ipv4Address Destination;

    /// <summary>gif_ro.ro_rt: the route that a tunnel has cached, or -1.</summary>
    public short Route;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("cloned softc", 0, 2, TableRoom.ShortLimit);

    readonly bool ITableRow<ClonedSoftc>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref ClonedSoftc value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Slot);
        pass.Struct(ref value.Parent);
        pass.Struct(ref value.Destination);
        pass.Field(ref value.Route);
        pass.Field(ref value.Used);
    }
}
