namespace Stress.Emulator.Kernel.Netinet6;

/// <summary>A multi6_kludge: where groups wait while an interface has no IPv6 address.</summary>
public struct Kludge
{
    public IfnetPtr Ifp;
    public bool Used;
}
