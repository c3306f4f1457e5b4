using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet6;

/// <summary>An in6_multi.</summary>
public struct In6Multi
{
    public Ipv6Address Group;
    public IfnetPtr Ifp;

    /// <summary>in6m_ia: slot of the address whose list it is on, or -1 when parked on the kludge.</summary>
    public short Ia;
    public ushort RefCount;
    public ushort Timer;

    /// <summary>MLD_IREPORTEDLAST.</summary>
    public bool LastReporter;
    public bool Used;
    public uint Generation;
}
