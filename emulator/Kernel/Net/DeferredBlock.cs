namespace Stress.Emulator.Kernel.Net;

/// <summary>References to one interface, and its block while it waits for the last of them.</summary>
public struct DeferredBlock
{
    public uint Generation;
    public int References;

    /// <summary>Block that waits to be freed, or -1 while the interface is attached.</summary>
    public int Block;
}
