using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet6;

/// <summary>An in6_ifaddr. Link-local addresses carry the interface index in their second word.</summary>
public struct In6Ifaddr
{
    public IfnetPtr Ifp;
    public Ipv6Address Address;
    public Ipv6Address Destination;

    /// <summary>Slots of the solicited-node and all-nodes groups (ia6_memberships), or -1.</summary>
    public short Solicited;
    public short AllNodes;
    public byte PrefixLength;
    public bool Used;

    /// <summary>The kernel made it at if_up.</summary>
    public bool Automatic;
}
