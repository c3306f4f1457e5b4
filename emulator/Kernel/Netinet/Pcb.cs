using System.Runtime.CompilerServices;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet;

/// <summary>The fixed array of ip_moptions: IP_MAX_MEMBERSHIPS slots.</summary>
[InlineArray(BsdKernel.IpMaxMemberships)]
public struct MembershipSlots : IStateValue<MembershipSlots>
{
    private short _first;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref MembershipSlots value, ref TPass pass)
        where TPass : struct, IStatePass => pass.Numbers<short>(value);
}

/// <summary>Which allocation of its in_multi each slot of <see cref="MembershipSlots"/> was taken from: for the oracle.</summary>
[InlineArray(BsdKernel.IpMaxMemberships)]
public struct MembershipGenerations : IStateValue<MembershipGenerations>
{
    private uint _first;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref MembershipGenerations value, ref TPass pass)
        where TPass : struct, IStatePass => pass.Numbers<uint>(value);
}

/// <summary>An inpcb or in6pcb with its multicast options and cached route.</summary>
public struct Pcb : ITableRow<Pcb>
{
    /// <summary>The table that it is in.</summary>
    public PcbTable Table;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <summary>An in6pcb.</summary>
    public readonly bool IsInet6 => Table > PcbTable.Raw;

    /// <summary>IP protocol of a raw socket, port of a UDP socket.</summary>
    public ushort Port;

    /// <summary>ip_moptions exists.</summary>
    public bool HasMoptions;

    /// <summary>imo_multicast_ttl.</summary>
    public byte MulticastTtl;

    /// <summary>imo_multicast_loop.</summary>
    public bool MulticastLoop;

    /// <summary>imo_multicast_ifp or im6o_multicast_ifp.</summary>
    public IfnetPtr MulticastIfp;

    /// <summary>imo_num_memberships.</summary>
    public byte MembershipCount;

    /// <summary>imo_membership: slots of in_multi.</summary>
    public MembershipSlots Memberships;

    /// <summary>Which allocations the memberships were taken from: for the oracle.</summary>
    public MembershipGenerations MembershipGenerations;

    /// <summary>inp_route or in6p_route: slot of the rtentry, or -1, and what it was looked up for.</summary>
    public short Route;

    /// <summary>in6p_route.ro_dst.</summary>
    public Ipv6Address RouteDestination;

    /// <inheritdoc/>
    public static TableRoom Room => new("inpcb", 3, 2, TableRoom.ShortLimit);

    readonly bool ITableRow<Pcb>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref Pcb value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Table);
        pass.Field(ref value.Used);
        pass.Field(ref value.Port);
        pass.Field(ref value.HasMoptions);
        pass.Field(ref value.MulticastTtl);
        pass.Field(ref value.MulticastLoop);
        pass.Struct(ref value.MulticastIfp);
        pass.Field(ref value.MembershipCount);
        pass.Struct(ref value.Memberships);
        pass.Struct(ref value.MembershipGenerations);
        pass.Field(ref value.Route);
        pass.Struct(ref value.RouteDestination);
    }
}
