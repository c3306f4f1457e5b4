using System.Runtime.CompilerServices;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet;

/// <summary>The pcb tables that PRU_PURGEIF walks, one turn each.</summary>
public enum PcbTable : byte
{
    Udp,
    Tcp,
    Raw,
    Udp6,
    Tcp6,
    Raw6,
}

/// <summary>The fixed array of ip_moptions: IP_MAX_MEMBERSHIPS slots.</summary>
[InlineArray(BsdKernel.IpMaxMemberships)]
public struct MembershipSlots
{
    private short _first;
}

/// <summary>Which allocation of its in_multi each slot of <see cref="MembershipSlots"/> was taken from: for the oracle.</summary>
[InlineArray(BsdKernel.IpMaxMemberships)]
public struct MembershipGenerations
{
    private uint _first;
}

/// <summary>An inpcb or in6pcb with its multicast options and cached route.</summary>
public struct Pcb
{
    public PcbTable Table;
    public bool Used;

    /// <summary>IP protocol of a raw socket, port of a UDP socket.</summary>
    public ushort Port;

    /// <summary>ip_moptions exists.</summary>
    public bool HasMoptions;
    public byte MulticastTtl;
    public bool MulticastLoop;

    /// <summary>imo_multicast_ifp or im6o_multicast_ifp.</summary>
    public IfnetPtr MulticastIfp;

    /// <summary>imo_num_memberships.</summary>
    public byte MembershipCount;
    public MembershipSlots Memberships;
    public MembershipGenerations MembershipGenerations;

    /// <summary>inp_route or in6p_route: slot of the rtentry, or -1, and what it was looked up for.</summary>
    public short Route;
    public Ipv6Address RouteDestination;
}
