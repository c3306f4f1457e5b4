using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet6;

/// <summary>An nd_prefix: of an interface's own addresses, or one that a router has advertised.</summary>
public struct NdPrefix : ITableRow<NdPrefix>
{
    /// <summary>ndpr_ifp.</summary>
    public IfnetPtr Ifp;

    /// <summary>ndpr_prefix; of a link-local one the interface index is in the second word.</summary>
    public Ipv6Address Prefix;

    /// <summary>ndpr_plen in bits.</summary>
    public byte Length;

    /// <summary>ndpr_refcnt: addresses.</summary>
    public ushort RefCount;

    /// <summary>NDPRF_ONLINK: the prefix's route is this interface's.</summary>
    public bool OnLink;

    /// <summary>A router has advertised it: it needs no address that references it.</summary>
    public bool Announced;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("nd_prefix", 2, 2, TableRoom.ShortLimit);

    readonly bool ITableRow<NdPrefix>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref NdPrefix value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Ifp);
        pass.Struct(ref value.Prefix);
        pass.Field(ref value.Length);
        pass.Field(ref value.RefCount);
        pass.Field(ref value.OnLink);
        pass.Field(ref value.Announced);
        pass.Field(ref value.Used);
    }
}
