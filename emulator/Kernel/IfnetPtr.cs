using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel;

/// <summary>A <c>struct ifnet *</c> as the kernel stores it.</summary>
/// <param name="Address">What the kernel sees and compares: an emulated address, 0 for NULL.</param>
/// <param name="Generation">Which allocation it was taken from. Only the oracle, and a design that stores a generation, may look.</param>
/// <param name="Index">if_index when it was stored. Only a design that stores an index may look.</param>
public readonly record struct IfnetPtr(uint Address, uint Generation, ushort Index = 0) : IStateValue<IfnetPtr>
{
    /// <summary>NULL.</summary>
    public static readonly IfnetPtr Null;

    /// <summary>Whether the pointer is NULL.</summary>
    public bool IsNull => Address == 0;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref IfnetPtr value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        (uint address, uint generation, ushort index) = (value.Address, value.Generation, value.Index);
        pass.Field(ref address);
        pass.Field(ref generation);
        pass.Field(ref index);
        value = new(address, generation, index);
    }
}
