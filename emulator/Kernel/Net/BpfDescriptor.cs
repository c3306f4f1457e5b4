using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Net;

/// <summary>A bpf_d, as far as it names an interface.</summary>
public struct BpfDescriptor : ITableRow<BpfDescriptor>
{
    /// <summary>bd_bif->bif_ifp: what it listens and writes to.</summary>
    public IfnetPtr Ifp;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("bpf_d", 0, 2, TableRoom.ShortLimit);

    readonly bool ITableRow<BpfDescriptor>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref BpfDescriptor value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Ifp);
        pass.Field(ref value.Used);
    }
}
