using System.Runtime.CompilerServices;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet;

/// <summary>An in_ifaddr.</summary>
public struct InIfaddr
{
    public IfnetPtr Ifp;
    public Ipv4Address Address;
    public Ipv4Address Destination;

    /// <summary>ia_allhosts: slot of the 224.0.0.1 membership, or -1.</summary>
    public short AllHosts;
    public bool Used;

    /// <summary>Position in the address hash: a later one is found first.</summary>
    public uint Order;
}
