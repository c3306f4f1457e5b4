namespace Stress.Emulator.Kernel.Netinet;

/// <summary>States of a membership (igmp_var.h).</summary>
public enum IgmpState : byte
{
    Idle,
    Delaying,
    Lazy,
    Sleeping,
    Awakening,
}

/// <summary>A router_info: which IGMP version the routers of an interface speak.</summary>
public struct RouterInfo
{
    public IfnetPtr Ifp;

    /// <summary>1 or 2.</summary>
    public byte Version;

    /// <summary>Slow ticks of 500 ms since a version 1 query.</summary>
    public ushort Age;
    public bool Used;
    public uint Generation;

    /// <summary>Heap block in the small class.</summary>
    public int Block;
}
