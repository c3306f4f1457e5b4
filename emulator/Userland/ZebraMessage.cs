using Stress.Emulator.Core;
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
public struct ZebraMessage : IStateValue<ZebraMessage>
{
    public ZebraCommand Command;
    public ushort Index;
    public short Unit;
    public bool Up;
    public Ipv4Address Address;
    public Ipv4Address Peer;
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
