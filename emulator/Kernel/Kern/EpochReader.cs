using Stress.Emulator.Kernel.Netinet;

namespace Stress.Emulator.Kernel.Kern;

/// <summary>A thread that was pre-empted inside a read section, with the ifnet it has read.</summary>
public struct EpochReader
{
    public IfnetPtr Ifp;

    /// <summary>For the oracle: which in6_ifextra the interface had when the thread read it.</summary>
    public uint ExtraGeneration;

    /// <summary>The socket that it sends on.</summary>
    public short Pcb;
    public bool Used;
}
