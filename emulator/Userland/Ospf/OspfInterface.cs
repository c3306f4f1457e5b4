using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ospf;

/// <summary>What kind of network an interface is at (RFC 2328, 1.2): it decides who becomes adjacent, where packets go, and what the Router-LSA says of it.</summary>
public enum OspfNetworkType : byte
{
    /// <summary>Two routers and nobody else: they always become adjacent, and every packet goes to AllSPFRouters (10.4, 8.1).</summary>
    PointToPoint,

    /// <summary>A segment with any number of routers, one of whom is designated: the others become adjacent with it and with its backup (9.4, 10.4).</summary>
    Broadcast,
}

/// <summary>States of an interface (RFC 2328, 9.1). There are no loopbacks.</summary>
public enum OspfInterfaceState : byte
{
    /// <summary>Nothing is sent or received.</summary>
    Down,

    /// <summary>Whether there is a Designated Router is still being listened for.</summary>
    Waiting,

    /// <summary>Up, on a point-to-point network.</summary>
    PointToPoint,

    /// <summary>Somebody else is Designated Router, somebody else its Backup.</summary>
    DrOther,

    /// <summary>Backup Designated Router.</summary>
    Backup,

    /// <summary>Designated Router.</summary>
    Dr,
}

/// <summary>What an interface to a broadcast network is made of (RFC 2328, 9 and C.3).</summary>
/// <param name="Address">Our address on it.</param>
/// <param name="PrefixLength">Bits of the network's mask.</param>
/// <param name="Priority">Router Priority; 0 is never elected.</param>
/// <param name="Wait">Wait Timer: RouterDeadInterval.</param>
public readonly record struct OspfBroadcastNetwork(Ipv4Address Address, byte PrefixLength, byte Priority, VirtualTime Wait);

/// <summary>What a Hello on a broadcast network says of its sender (RFC 2328, 10.5).</summary>
/// <param name="RouterId">Its Router ID.</param>
/// <param name="Address">The address that it was sent from.</param>
/// <param name="Priority">Router Priority.</param>
/// <param name="DesignatedRouter">Whom it takes for the Designated Router, or 0.0.0.0.</param>
/// <param name="BackupDesignatedRouter">Whom it takes for its Backup, or 0.0.0.0.</param>
public readonly record struct OspfBroadcastHello(Ipv4Address RouterId, Ipv4Address Address, byte Priority, Ipv4Address DesignatedRouter, Ipv4Address BackupDesignatedRouter);

/// <summary>An interface that is up (RFC 2328, 9).</summary>
public struct OspfInterface : ITableRow<OspfInterface>
{
    /// <summary>The interface is up.</summary>
    public bool Used;

    /// <summary>The kind of network.</summary>
    public OspfNetworkType Type;

    /// <summary>The interface's state.</summary>
    public OspfInterfaceState State;

    /// <summary>Our address on it.</summary>
    public Ipv4Address Address;

    /// <summary>The other end's, on a point-to-point network.</summary>
    public Ipv4Address Peer;

    /// <summary>Bits of the network's mask, on a broadcast network.</summary>
    public byte PrefixLength;

    /// <summary>Interface MTU in bytes.</summary>
    public ushort Mtu;

    /// <summary>Router Priority.</summary>
    public byte Priority;

    /// <summary>The Designated Router's address, or 0.0.0.0.</summary>
    public Ipv4Address DesignatedRouter;

    /// <summary>The Backup Designated Router's address, or 0.0.0.0.</summary>
    public Ipv4Address BackupDesignatedRouter;

    /// <summary>The first of its neighbours, or -1.</summary>
    public short First;

    /// <summary>LSAs of the database that wait to be flooded out of it to a group.</summary>
    public int SendCount;

    /// <summary>When Waiting ends.</summary>
    public VirtualTime WaitDue;

    /// <summary>When the network's LSA is to be originated.</summary>
    public VirtualTime OriginateDue;

    /// <summary>When it was originated last, where <see cref="HasOriginated"/>.</summary>
    public VirtualTime Originated;

    /// <summary>The network's LSA was originated since the interface came up.</summary>
    public bool HasOriginated;

    /// <summary>The network, without host bits.</summary>
    public readonly Ipv4Address Network => Address.Network(PrefixLength);

    /// <summary>We are Designated Router or Backup: AllDRouters is joined, and everybody on the network adjacent (9.4, 10.4).</summary>
    public readonly bool IsDesignated => State is OspfInterfaceState.Dr or OspfInterfaceState.Backup;

    /// <summary>Where packets for all on the network go that are not Hellos (8.1).</summary>
    public readonly Ipv4Address Group => Type == OspfNetworkType.PointToPoint || IsDesignated ? Ipv4Address.AllSpfRouters : Ipv4Address.AllDRouters;

    /// <inheritdoc/>
    public static TableRoom Room => new("ospf_interface of an area", 2, 2, OspfArea.MaxInterfaces);

    readonly bool ITableRow<OspfInterface>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref OspfInterface value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Used);
        pass.Field(ref value.Type);
        pass.Field(ref value.State);
        pass.Struct(ref value.Address);
        pass.Struct(ref value.Peer);
        pass.Field(ref value.PrefixLength);
        pass.Field(ref value.Mtu);
        pass.Field(ref value.Priority);
        pass.Struct(ref value.DesignatedRouter);
        pass.Struct(ref value.BackupDesignatedRouter);
        pass.Field(ref value.First);
        pass.Field(ref value.SendCount);
        pass.Struct(ref value.WaitDue);
        pass.Struct(ref value.OriginateDue);
        pass.Struct(ref value.Originated);
        pass.Field(ref value.HasOriginated);
    }
}
