namespace Stress.Emulator.Kernel.Ports;

/// <summary>The counters of a machine that a design maintains itself; <c>compare</c> shows them for each lost link and each frame.</summary>
public struct Counters
{
    /// <summary>A flag or generation was checked before a use.</summary>
    public long PointerChecks;

    /// <summary>A counted reference was taken or dropped. <see cref="BsdKernel.CountReference"/> counts its own.</summary>
    public long References;

    /// <summary>The index table was looked up.</summary>
    public long TableLookups;

    /// <summary>A detach had to wait for a holder.</summary>
    public long DetachWaits;
}
