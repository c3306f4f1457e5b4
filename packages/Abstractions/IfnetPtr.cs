namespace Stress.Emulator.Kernel;

/// <summary>A <c>struct ifnet *</c> as the kernel stores it.</summary>
public readonly struct IfnetPtr
{
    /// <summary>What the kernel sees and compares: an emulated address, 0 for NULL.</summary>
    public uint Address => throw null!;

    /// <summary>Which allocation it was taken from. Only a design that stores a generation may look.</summary>
    public uint Generation => throw null!;

    /// <summary>if_index when it was stored. Only a design that stores an index may look.</summary>
    public ushort Index => throw null!;

    /// <summary>Whether the pointer is NULL.</summary>
    public bool IsNull => throw null!;
}
