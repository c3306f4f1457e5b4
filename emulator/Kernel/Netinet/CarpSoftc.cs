using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Netinet;

/// <summary>A carp_softc.</summary>
public struct CarpSoftc : ITableRow<CarpSoftc>
{
    /// <summary>sc_carpdev.</summary>
    public IfnetPtr CarpDev;

    /// <summary>The record of 224.0.0.18, and which allocation of it.</summary>
    public short Multi;

    /// <summary>Which allocation of the in_multi it was taken from: for the oracle.</summary>
    public uint MultiGeneration;

    /// <summary>Ticks of 200 ms until carp_send_ad, 0 when the callout is stopped.</summary>
    public byte Ticks;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("carp_softc", 0, 1, TableRoom.ShortLimit);

    readonly bool ITableRow<CarpSoftc>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref CarpSoftc value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.CarpDev);
        pass.Field(ref value.Multi);
        pass.Field(ref value.MultiGeneration);
        pass.Field(ref value.Ticks);
        pass.Field(ref value.Used);
    }
}
