using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Net;

/// <summary>What the kernel knows about an address on its Ethernet: an llinfo_arp or llinfo_nd6.</summary>
public struct EthernetNeighbor : ITableRow<EthernetNeighbor>
{
    /// <summary>The address; one of IPv4 lies in the low 32 bits.</summary>
    public Ipv6Address Address;

    /// <summary>AF_INET (2) or AF_INET6 (24).</summary>
    public byte Family;

    /// <summary>Its link-layer address; 0 until there is an answer.</summary>
    public ulong LinkAddress;

    /// <summary>Bytes of the packet that waits for the answer (la_hold, ln_hold), or 0.</summary>
    public ushort Held;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("neighbour on the Ethernet", 0, 4, TableRoom.ShortLimit);

    readonly bool ITableRow<EthernetNeighbor>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref EthernetNeighbor value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Address);
        pass.Field(ref value.Family);
        pass.Field(ref value.LinkAddress);
        pass.Field(ref value.Held);
        pass.Field(ref value.Used);
    }
}

/// <summary>rt_gateway of a route out of an Ethernet, where it has one. Routes of other interfaces lead to their one far end.</summary>
public struct EthernetGateway : ITableRow<EthernetGateway>
{
    /// <summary>Slot of the rtentry.</summary>
    public short Route;

    /// <summary>The gateway; one of IPv4 lies in the low 32 bits.</summary>
    public Ipv6Address Gateway;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("gateway on the Ethernet", 0, 4, TableRoom.ShortLimit);

    readonly bool ITableRow<EthernetGateway>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref EthernetGateway value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Route);
        pass.Struct(ref value.Gateway);
        pass.Field(ref value.Used);
    }
}
