using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet6;

/// <summary>A struct mif6: an interface that the multicast router knows by a small number.</summary>
public struct Mif6
{
    public IfnetPtr Ifp;
    public bool Used;
}

/// <summary>A struct mf6c: where one source's packets for a group come in and go out.</summary>
public struct Mf6c
{
    public Ipv6Address Origin;
    public Ipv6Address Group;

    /// <summary>mf6c_parent.</summary>
    public byte Parent;

    /// <summary>mf6c_ifset, a bit for each outgoing mif.</summary>
    public uint IfSet;
    public bool Used;
}
