using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Net;

/// <summary>References to one interface, and its block while it waits for the last of them.</summary>
public struct DeferredBlock : ITableRow<DeferredBlock>
{
    /// <summary>Which allocation the references are to.</summary>
    public uint Generation;

    /// <summary>Counted references.</summary>
    public int References;

    /// <summary>Block that waits to be freed, or -1 while the interface is attached.</summary>
    public int Block;

    /// <inheritdoc/>
    public static TableRoom Room => new("references to an ifnet", 0, 4, TableRoom.ShortLimit);

    readonly bool ITableRow<DeferredBlock>.InUse => Generation != 0;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref DeferredBlock value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Generation);
        pass.Field(ref value.References);
        pass.Field(ref value.Block);
    }
}
