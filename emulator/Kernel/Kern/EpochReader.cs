using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Netinet;

namespace Stress.Emulator.Kernel.Kern;

/// <summary>A thread that was pre-empted inside a read section, with the ifnet it has read.</summary>
public struct EpochReader : ITableRow<EpochReader>
{
    /// <summary>The interface that the thread has read.</summary>
    public IfnetPtr Ifp;

    /// <summary>For the oracle: which in6_ifextra the interface had when the thread read it.</summary>
    public uint ExtraGeneration;

    /// <summary>The socket that it sends on.</summary>
    public short Pcb;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("reader", 0, 1, TableRoom.ShortLimit);

    readonly bool ITableRow<EpochReader>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref EpochReader value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Ifp);
        pass.Field(ref value.ExtraGeneration);
        pass.Field(ref value.Pcb);
        pass.Field(ref value.Used);
    }
}
