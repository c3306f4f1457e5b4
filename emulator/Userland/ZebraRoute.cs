using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>What a client tells zebra about a route (Quagga lib/zclient.h), or zebra itself decides.</summary>
public enum ZebraRouteCommand : byte
{
    /// <summary>No message.</summary>
    None,

    /// <summary>ZEBRA_IPV4_ROUTE_ADD or ZEBRA_IPV6_ROUTE_ADD; of a route that is there, another way.</summary>
    Add,

    /// <summary>ZEBRA_IPV4_ROUTE_DELETE or ZEBRA_IPV6_ROUTE_DELETE.</summary>
    Delete,

    /// <summary>zebra's own: the interface went down, and the kernel's route goes with it. The RIB keeps it until its client says otherwise.</summary>
    Withdraw,

    /// <summary>zebra's own: the interface is up and has an address again, and the RIB's route goes back into the kernel.</summary>
    Restore,
}

/// <summary>What a client still has to tell zebra about a route.</summary>
public enum RouteNews : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is new, or leads another way.</summary>
    Added,

    /// <summary>It no longer leads anywhere.</summary>
    Gone,
}

/// <summary>A message of a route on zebra's socket, and an entry of its RIB (zebra_rib.c).</summary>
public struct ZebraRoute : ITableRow<ZebraRoute>
{
    /// <summary>What is to be done; for an entry of the RIB <see cref="ZebraRouteCommand.Add"/>.</summary>
    public ZebraRouteCommand Command;

    /// <summary>The message that tells of news.</summary>
    public static ZebraRouteCommand Telling(RouteNews news) => news == RouteNews.Gone ? ZebraRouteCommand.Delete : ZebraRouteCommand.Add;

    /// <summary>The client's number.</summary>
    public byte Process;

    /// <summary>AF_INET (2) or AF_INET6 (24).</summary>
    public byte Family;

    /// <summary>The network; an IPv4 network is in the low 32 bits.</summary>
    public Ipv6Address Prefix;

    /// <summary>Bits of its mask.</summary>
    public byte PrefixLength;

    /// <summary>The next hop, in the same form as the network.</summary>
    public Ipv6Address NextHop;

    /// <summary>if_index of the interface.</summary>
    public ushort Index;

    /// <summary>The kernel has it.</summary>
    public bool Installed;

    /// <inheritdoc/>
    public static TableRoom Room => new("entry of zebra's RIB", 0, 8, TableRoom.ShortLimit);

    readonly bool ITableRow<ZebraRoute>.InUse => Command != ZebraRouteCommand.None;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref ZebraRoute value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Command);
        pass.Field(ref value.Process);
        pass.Field(ref value.Family);
        pass.Struct(ref value.Prefix);
        pass.Field(ref value.PrefixLength);
        pass.Struct(ref value.NextHop);
        pass.Field(ref value.Index);
        pass.Field(ref value.Installed);
    }
}
