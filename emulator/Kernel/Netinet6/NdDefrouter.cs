using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet6;

/// <summary>An nd_defrouter: a node that has advertised itself as a router, and on which interface.</summary>
public struct NdDefrouter : ITableRow<NdDefrouter>
{
    /// <summary>nd_defrouter.ifp.</summary>
    public IfnetPtr Ifp;

    /// <summary>rtaddr: link-local, with the interface index in the second word.</summary>
    public Ipv6Address Address;

    /// <summary>What is left of the router lifetime, in ticks of 200 ms.</summary>
    public int Ticks;

    /// <summary>installed: the default route was made with it.</summary>
    public bool Installed;

    /// <summary>Its place in the list.</summary>
    public uint Place;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("nd_defrouter", 0, 2, TableRoom.ShortLimit);

    readonly bool ITableRow<NdDefrouter>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref NdDefrouter value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Ifp);
        pass.Struct(ref value.Address);
        pass.Field(ref value.Ticks);
        pass.Field(ref value.Installed);
        pass.Field(ref value.Place);
        pass.Field(ref value.Used);
    }
}

/// <summary>An nd_pfxrouter: a router that has advertised a prefix.</summary>
public struct NdPfxRouter : ITableRow<NdPfxRouter>
{
    /// <summary>The prefix's row.</summary>
    public short Prefix;

    /// <summary>The router's row.</summary>
    public short Router;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("nd_pfxrouter", 0, 2, TableRoom.ShortLimit);

    readonly bool ITableRow<NdPfxRouter>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref NdPfxRouter value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Prefix);
        pass.Field(ref value.Router);
        pass.Field(ref value.Used);
    }
}
