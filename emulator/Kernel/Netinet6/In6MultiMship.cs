using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Netinet;

namespace Stress.Emulator.Kernel.Netinet6;

/// <summary>An in6_multi_mship of a socket: the list is not bounded.</summary>
public struct In6MultiMship : ITableRow<In6MultiMship>
{
    /// <summary>Slot of the pcb whose membership it is.</summary>
    public short Pcb;

    /// <summary>i6mm_maddr: slot of the in6_multi.</summary>
    public short Multi;

    /// <summary>Which allocation of the in6_multi it was taken from: for the oracle.</summary>
    public uint MultiGeneration;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <summary>Position in im6o_memberships: a later one is found first.</summary>
    public uint Place;

    /// <inheritdoc/>
    public static TableRoom Room => new("in6_multi_mship", 4, 4, TableRoom.ShortLimit);

    readonly bool ITableRow<In6MultiMship>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref In6MultiMship value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Pcb);
        pass.Field(ref value.Multi);
        pass.Field(ref value.MultiGeneration);
        pass.Field(ref value.Used);
        pass.Field(ref value.Place);
    }
}
