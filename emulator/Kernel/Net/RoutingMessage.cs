using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Net;

/// <summary>Routing-socket message types that the daemons use (net/route.h).</summary>
public enum RtMsg : byte
{
    /// <summary>No message.</summary>
    None,

    /// <summary>RTM_IFANNOUNCE with IFAN_ARRIVAL.</summary>
    Arrival,

    /// <summary>RTM_IFANNOUNCE with IFAN_DEPARTURE.</summary>
    Departure,

    /// <summary>RTM_IFINFO: flags have changed.</summary>
    IfInfo,

    /// <summary>RTM_NEWADDR.</summary>
    NewAddr,

    /// <summary>RTM_DELADDR.</summary>
    DelAddr,

    /// <summary>RTM_ADD.</summary>
    Add,

    /// <summary>RTM_DELETE.</summary>
    Delete,
}

/// <summary>A message in a routing socket's receive queue.</summary>
public struct RoutingMessage : IStateValue<RoutingMessage>
{
    /// <summary>What happened.</summary>
    public RtMsg Type;

    /// <summary>Address family of the message: AF_INET or AF_INET6, 0 for neither.</summary>
    public byte Family;

    /// <summary>if_index of the interface.</summary>
    public ushort Index;

    /// <summary>if_flags, of RTM_IFINFO.</summary>
    public Iff Flags;

    /// <summary>Unit number of a ppp interface, or -1.</summary>
    public short Unit;

    /// <summary>The IPv4 address of RTM_NEWADDR and RTM_DELADDR, or the IPv4 destination of a route.</summary>
    public Ipv4Address Address;

    /// <summary>The IPv4 address of the other end.</summary>
    public Ipv4Address Peer;

    /// <summary>The same of IPv6.</summary>
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
