using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Netinet6;

/// <summary>A multi6_kludge: where groups wait while an interface has no IPv6 address.</summary>
public struct Kludge : ITableRow<Kludge>
{
    /// <summary>mk_ifp.</summary>
    public IfnetPtr Ifp;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("multi6_kludge", 2, 2, TableRoom.ShortLimit);

    readonly bool ITableRow<Kludge>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref Kludge value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Ifp);
        pass.Field(ref value.Used);
    }
}
