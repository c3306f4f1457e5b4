using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Net;

/// <summary>Routing-socket message types that the daemons use (net/route.h).</summary>
public enum RtMsg : byte
{
    None,
    Arrival,
    Departure,
    IfInfo,
    NewAddr,
    DelAddr,
    Add,
    Delete,
}

/// <summary>A message in a routing socket's receive queue.</summary>
public struct RoutingMessage
{
    public RtMsg Type;
    public byte Family;
    public ushort Index;
    public Iff Flags;
    public short Unit;
    public Ipv4Address Address;
    public Ipv4Address Peer;
    public Ipv6Address Address6;
}
