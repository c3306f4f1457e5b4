using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet6;

/// <summary>A struct mif6: an interface that the multicast router knows by a small number.</summary>
public struct Mif6 : ITableRow<Mif6>
{
    /// <summary>m6_ifp.</summary>
    public IfnetPtr Ifp;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("mif6", 0, 1, BsdKernel.MaxMifs);

    readonly bool ITableRow<Mif6>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref Mif6 value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Ifp);
        pass.Field(ref value.Used);
    }
}

/// <summary>A struct mf6c: where one source's packets for a group come in and go out.</summary>
public struct Mf6c : ITableRow<Mf6c>
{
    /// <summary>mf6c_origin: the source of the packets.</summary>
    public Ipv6Address Origin;

    /// <summary>mf6c_mcastgrp: the group that they go to.</summary>
    public Ipv6Address Group;

    /// <summary>mf6c_parent.</summary>
    public byte Parent;

    /// <summary>mf6c_ifset, a bit for each outgoing mif.</summary>
    public uint IfSet;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("mf6c", 0, 2, TableRoom.ShortLimit);

    readonly bool ITableRow<Mf6c>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref Mf6c value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Origin);
        pass.Struct(ref value.Group);
        pass.Field(ref value.Parent);
        pass.Field(ref value.IfSet);
        pass.Field(ref value.Used);
    }
}
