using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>What zebra tells its clients (Quagga lib/zclient.h).</summary>
public enum ZebraCommand : byte
{
    None,
    InterfaceAdd,
    InterfaceDelete,
    InterfaceUp,
    InterfaceDown,
    AddressAdd,
    AddressDelete,
    Address6Add,
    Address6Delete,
}

/// <summary>A message on a client's socket.</summary>
public struct ZebraMessage
{
    public ZebraCommand Command;
    public ushort Index;
    public short Unit;
    public bool Up;
    public Ipv4Address Address;
    public Ipv4Address Peer;
    public Ipv6Address Address6;
}
