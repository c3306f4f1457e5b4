using System.Runtime.CompilerServices;
using Stress.Emulator.Kernel.Netinet;

namespace Stress.Emulator.Kernel.Netinet6;

/// <summary>An in6_multi_mship of a socket: the list is not bounded.</summary>
public struct In6MultiMship
{
    public short Pcb;
    public short Multi;
    public uint MultiGeneration;
    public bool Used;
}
