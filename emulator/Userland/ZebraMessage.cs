using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>What zebra tells its clients (Quagga lib/zclient.h).</summary>
public enum ZebraCommand : byte
{
    /// <summary>No message.</summary>
    None,

    /// <summary>ZEBRA_INTERFACE_ADD: an interface is there.</summary>
    InterfaceAdd,

    /// <summary>ZEBRA_INTERFACE_DELETE: an interface has gone.</summary>
    InterfaceDelete,

    /// <summary>ZEBRA_INTERFACE_UP: IFF_UP and IFF_RUNNING are set.</summary>
    InterfaceUp,

    /// <summary>ZEBRA_INTERFACE_DOWN: one of them is not.</summary>
    InterfaceDown,

    /// <summary>ZEBRA_INTERFACE_ADDRESS_ADD with an IPv4 address.</summary>
    AddressAdd,

    /// <summary>ZEBRA_INTERFACE_ADDRESS_DELETE with an IPv4 address.</summary>
    AddressDelete,

    /// <summary>ZEBRA_INTERFACE_ADDRESS_ADD with an IPv6 address.</summary>
    Address6Add,

    /// <summary>ZEBRA_INTERFACE_ADDRESS_DELETE with an IPv6 address.</summary>
    Address6Delete,
}

/// <summary>A message on a client's socket.</summary>
public struct ZebraMessage : IStateValue<ZebraMessage>
{
    /// <summary>What happened.</summary>
    public ZebraCommand Command;

    /// <summary>if_index of the interface.</summary>
    public ushort Index;

    /// <summary>Unit number of a ppp interface, or -1.</summary>
    public short Unit;

    /// <summary>Whether the interface is up.</summary>
    public bool Up;

    /// <summary>The local IPv4 address, of an address message.</summary>
    public Ipv4Address Address;

    /// <summary>The IPv4 address of the other end, of an address message.</summary>
    public Ipv4Address Peer;

    /// <summary>The IPv6 address, of an IPv6 address message.</summary>
    public Ipv6Address Address6;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref ZebraMessage value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Command);
        pass.Field(ref value.Index);
        pass.Field(ref value.Unit);
        pass.Field(ref value.Up);
        pass.Struct(ref value.Address);
        pass.Struct(ref value.Peer);
        pass.Struct(ref value.Address6);
    }
}
