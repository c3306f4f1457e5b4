namespace Stress.Emulator.Kernel.Net;

/// <summary>A slot of the interface table: the part that a design may read.</summary>
public struct Ifnet
{
    /// <summary>The emulated address of the struct ifnet.</summary>
    public uint Address;

    /// <summary>Which allocation the interface lies in.</summary>
    public uint Generation;

    /// <summary>if_index.</summary>
    public ushort Index;

    /// <summary>False: the slot is free.</summary>
    public bool Attached;
}
