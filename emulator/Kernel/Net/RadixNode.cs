using System.Numerics;
using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Net;

/// <summary>A struct radix_node. A route has two: the leaf with its key, and the internal node that came into the tree with it.</summary>
public struct RadixNode : ITableRow<RadixNode>
{
    /// <summary>rn_p: parent. A node that was taken out keeps it.</summary>
    public short P;

    /// <summary>rn_l and rn_r of an internal node.</summary>
    public short L;

    /// <summary>Slot of the right child.</summary>
    public short R;

    /// <summary>rn_b: the bit that an internal node tests, from 0; -1 for a leaf.</summary>
    public short B;

    /// <summary>RNF_ACTIVE of an internal node: it is in the tree. One that is not keeps its content.</summary>
    public bool Active;

    /// <summary>rn_dupedkey of a leaf: the next route with this key and a shorter prefix, or -1.</summary>
    public short Dup;

    /// <inheritdoc/>
    public static TableRoom Room => new("radix_node", BsdKernel.RadixRoutes, 2, TableRoom.ShortLimit);

    // A node is never allocated on its own: it comes and goes with its route, whose number says where it is.
    readonly bool ITableRow<RadixNode>.InUse => true;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref RadixNode value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.P);
        pass.Field(ref value.L);
        pass.Field(ref value.R);
        pass.Field(ref value.B);
        pass.Field(ref value.Active);
        pass.Field(ref value.Dup);
    }
}
