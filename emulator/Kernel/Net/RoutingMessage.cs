using Stress.Emulator.Core;
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
public struct RoutingMessage : IStateValue<RoutingMessage>
{
    public RtMsg Type;
    public byte Family;
    public ushort Index;
    public Iff Flags;
    public short Unit;
    public Ipv4Address Address;
    public Ipv4Address Peer;
    public Ipv6Address Address6;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref RoutingMessage value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Type);
        pass.Field(ref value.Family);
        pass.Field(ref value.Index);
        pass.Field(ref value.Flags);
        pass.Field(ref value.Unit);
        pass.Struct(ref value.Address);
        pass.Struct(ref value.Peer);
        pass.Struct(ref value.Address6);
    }
}
