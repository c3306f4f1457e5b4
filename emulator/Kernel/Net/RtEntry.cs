using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Net;

/// <summary>An rtentry. IPv4 destinations lie in the low 32 bits of <see cref="Destination"/>.</summary>
public struct RtEntry : ITableRow<RtEntry>
{
    /// <summary>The destination; one of IPv4 lies in the low 32 bits.</summary>
    public Ipv6Address Destination;

    /// <summary>rt_ifp.</summary>
    public IfnetPtr Ifp;

    /// <summary>AF_INET (2) or AF_INET6 (24).</summary>
    public byte Family;

    /// <summary>Prefix length in bits of the family's address.</summary>
    public byte PrefixLength;

    /// <summary>RTF_UP.</summary>
    public bool Up;

    /// <summary>In use: in the tree, or referenced.</summary>
    public bool Allocated;

    /// <summary>Holders besides the tree.</summary>
    public ushort RefCount;

    /// <summary>rt_ifa: slot of the address it was made for, or -1, and its family is the route's.</summary>
    public short Ifa;

    /// <summary>RTF_CLONING: a look-up that ends here makes a host route of its own.</summary>
    public bool Cloning;

    /// <summary>rt_parent: slot of the route that this one was cloned from, or -1. It counts the parent.</summary>
    public short Parent;

    /// <summary>rt_ifa->ifa_ifp: the reference keeps the address's memory, not the interface's.</summary>
    public IfnetPtr IfaIfp;

    /// <inheritdoc/>
    public static TableRoom Room => new("rtentry", 6, 4, (TableRoom.ShortLimit - BsdKernel.RadixRoutes) / 2);

    readonly bool ITableRow<RtEntry>.InUse => Allocated;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref RtEntry value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Destination);
        pass.Struct(ref value.Ifp);
        pass.Field(ref value.Family);
        pass.Field(ref value.PrefixLength);
        pass.Field(ref value.Up);
        pass.Field(ref value.Allocated);
        pass.Field(ref value.RefCount);
        pass.Field(ref value.Ifa);
        pass.Field(ref value.Cloning);
        pass.Field(ref value.Parent);
        pass.Struct(ref value.IfaIfp);
    }
}
