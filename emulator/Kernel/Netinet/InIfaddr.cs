using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet;

/// <summary>An in_ifaddr.</summary>
public struct InIfaddr : ITableRow<InIfaddr>
{
    /// <summary>ia_ifp.</summary>
    public IfnetPtr Ifp;

    /// <summary>ia_addr.</summary>
    public Ipv4Address Address;

    /// <summary>ia_dstaddr: the other end of a point-to-point link.</summary>
    public Ipv4Address Destination;

    /// <summary>ia_allhosts: slot of the 224.0.0.1 membership, or -1.</summary>
    public short AllHosts;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <summary>Position in the address hash: a later one is found first.</summary>
    public uint Order;

    /// <summary>Position in if_addrlist and in_ifaddrhead: an earlier one is found first.</summary>
    public uint Place;

    /// <inheritdoc/>
    public static TableRoom Room => new("in_ifaddr", 4, 4, TableRoom.ShortLimit);

    readonly bool ITableRow<InIfaddr>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref InIfaddr value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Ifp);
        pass.Struct(ref value.Address);
        pass.Struct(ref value.Destination);
        pass.Field(ref value.AllHosts);
        pass.Field(ref value.Used);
        pass.Field(ref value.Order);
        pass.Field(ref value.Place);
    }
}
