using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet6;

/// <summary>What duplicate address detection has said of an address (ia6_flags).</summary>
public enum In6Dad : byte
{
    /// <summary>It is the machine's own, as far as anybody knows.</summary>
    Ready,

    /// <summary>IN6_IFF_TENTATIVE: detection runs.</summary>
    Tentative,

    /// <summary>IN6_IFF_DUPLICATED: another station has it, and nothing is done about that until somebody removes it.</summary>
    Duplicated,
}

/// <summary>An in6_ifaddr. Link-local addresses carry the interface index in their second word.</summary>
public struct In6Ifaddr : ITableRow<In6Ifaddr>
{
    /// <summary>ia_ifp.</summary>
    public IfnetPtr Ifp;

    /// <summary>ia_addr.</summary>
    public Ipv6Address Address;

    /// <summary>ia_dstaddr: the other end of a point-to-point link, or the unspecified address.</summary>
    public Ipv6Address Destination;

    /// <summary>Slots of the solicited-node and all-nodes groups (ia6_memberships), or -1.</summary>
    public short Solicited;

    /// <summary>Slot of the all-nodes group, or -1.</summary>
    public short AllNodes;

    /// <summary>Bits of the prefix, 0 to 128.</summary>
    public byte PrefixLength;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <summary>The kernel made it at if_up.</summary>
    public bool Automatic;

    /// <summary>Position in if_addrlist and in6_ifaddr: an earlier one is found first.</summary>
    public uint Place;

    /// <summary>ia6_ndpr: slot of the prefix, or -1 where the address is its own prefix.</summary>
    public short Prefix;

    /// <summary>Of an address on a segment whose stations detect duplicates; elsewhere ready at once.</summary>
    public In6Dad Dad;

    /// <inheritdoc/>
    public static TableRoom Room => new("in6_ifaddr", 4, 4, TableRoom.ShortLimit);

    readonly bool ITableRow<In6Ifaddr>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref In6Ifaddr value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Ifp);
        pass.Struct(ref value.Address);
        pass.Struct(ref value.Destination);
        pass.Field(ref value.Solicited);
        pass.Field(ref value.AllNodes);
        pass.Field(ref value.PrefixLength);
        pass.Field(ref value.Used);
        pass.Field(ref value.Automatic);
        pass.Field(ref value.Place);
        pass.Field(ref value.Prefix);
        pass.Field(ref value.Dad);
    }
}
