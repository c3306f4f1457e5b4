using System.Runtime.CompilerServices;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet;

/// <summary>An in_multi: one group on one interface. From a pool, not malloc.</summary>
public struct InMulti
{
    public Ipv4Address Group;
    public IfnetPtr Ifp;
    public ushort RefCount;

    /// <summary>Ticks of 200 ms until the report, 0 when none is due.</summary>
    public ushort Timer;

    /// <summary>Hash bucket: group and the index of the interface passed in at the time.</summary>
    public ushort Bucket;
    public IgmpState State;
    public bool Used;

    /// <summary>inm_rti: slot and generation of the router_info, or -1.</summary>
    public short Rti;
    public uint RtiGeneration;

    /// <summary>Which allocation this is: for the oracle.</summary>
    public uint Generation;
}
