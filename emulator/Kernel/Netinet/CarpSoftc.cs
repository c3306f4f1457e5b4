namespace Stress.Emulator.Kernel.Netinet;

/// <summary>A carp_softc.</summary>
public struct CarpSoftc
{
    /// <summary>sc_carpdev.</summary>
    public IfnetPtr CarpDev;

    /// <summary>The record of 224.0.0.18, and which allocation of it.</summary>
    public short Multi;
    public uint MultiGeneration;

    /// <summary>Ticks of 200 ms until carp_send_ad, 0 when the callout is stopped.</summary>
    public byte Ticks;
    public bool Used;
}
