using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Net;

/// <summary>A bridge_iflist.</summary>
public struct BridgeMember : ITableRow<BridgeMember>
{
    /// <summary>bif_ifp: the member.</summary>
    public IfnetPtr Ifp;

    /// <summary>Slot of the bridge.</summary>
    public short Bridge;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("bridge_iflist", 0, 2, TableRoom.ShortLimit);

    readonly bool ITableRow<BridgeMember>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref BridgeMember value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Ifp);
        pass.Field(ref value.Bridge);
        pass.Field(ref value.Used);
    }
}
