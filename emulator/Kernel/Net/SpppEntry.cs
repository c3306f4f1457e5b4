using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Net;

/// <summary>An entry of spppq, the list of interfaces that sppp_keepalive walks.</summary>
public struct SpppEntry : ITableRow<SpppEntry>
{
    /// <summary>The sppp, whose first member is the ifnet.</summary>
    public IfnetPtr Ifp;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("spppq", 0, 2, TableRoom.ShortLimit);

    readonly bool ITableRow<SpppEntry>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref SpppEntry value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Ifp);
        pass.Field(ref value.Used);
    }
}
