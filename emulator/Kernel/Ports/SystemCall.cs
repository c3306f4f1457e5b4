using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Ports;

/// <summary>What entered the kernel, or changed its memory from outside.</summary>
public enum SystemCallKind : byte
{
    /// <summary>A new kernel: everything before belongs to the previous one.</summary>
    Boot,

    /// <summary>ppp discipline on a line: unit <see cref="SystemCall.Number"/> in slot <see cref="SystemCall.Target"/> with index <see cref="SystemCall.Second"/>.</summary>
    OpenUnit,

    /// <summary>The line leaves the ppp discipline: the unit in slot <see cref="SystemCall.Target"/> is closed.</summary>
    CloseUnit,

    /// <summary>SIOCSIFFLAGS with IFF_UP.</summary>
    Up,

    /// <summary>SIOCSIFFLAGS without IFF_UP.</summary>
    Down,

    /// <summary>SIOCAIFADDR.</summary>
    AddAddress,

    /// <summary>SIOCDIFADDR.</summary>
    DeleteAddress,

    /// <summary>SIOCAIFADDR_IN6.</summary>
    AddAddress6,

    /// <summary>SIOCDIFADDR_IN6.</summary>
    DeleteAddress6,

    /// <summary>Socket <see cref="SystemCall.Target"/> in table <see cref="SystemCall.Second"/>, protocol or port <see cref="SystemCall.Number"/>.</summary>
    Socket,

    /// <summary>close(2) of a socket.</summary>
    Close,

    /// <summary>IP_MULTICAST_IF.</summary>
    MulticastIf,

    /// <summary>IP_ADD_MEMBERSHIP.</summary>
    Join,

    /// <summary>IP_DROP_MEMBERSHIP.</summary>
    Drop,

    /// <summary>IPV6_JOIN_GROUP.</summary>
    Join6,

    /// <summary>IPV6_LEAVE_GROUP.</summary>
    Leave6,

    /// <summary>IPV6_MULTICAST_IF.</summary>
    MulticastIf6,

    /// <summary>sendto(2) or sendmsg(2).</summary>
    Send,

    /// <summary>A datagram with IPV6_PKTINFO naming index <see cref="SystemCall.Number"/>.</summary>
    SendWithPacketInfo6,

    /// <summary>The fast timeout of IGMP and MLD.</summary>
    FastTimeout,

    /// <summary>A packet arrives from the unit in slot <see cref="SystemCall.Target"/>.</summary>
    Input,

    /// <summary>Another part of the system allocates <see cref="SystemCall.Number"/> bytes.</summary>
    Allocate,

    /// <summary>SIOCIFCREATE, or a device is plugged in: unit <see cref="SystemCall.Number"/> in slot <see cref="SystemCall.Target"/> with index <see cref="SystemCall.Second"/>.</summary>
    CreateInterface,

    /// <summary>SIOCIFDESTROY, or a device is pulled out.</summary>
    DestroyInterface,

    /// <summary>SIOCSETVLAN or PPPOESETPARMS: the interface in slot <see cref="SystemCall.Number"/> is what it is on.</summary>
    SetParent,

    /// <summary>BRDGADD: the interface in slot <see cref="SystemCall.Number"/> is a member of the bridge from now on.</summary>
    AddMember,

    /// <summary>SIOCSIFPHYADDR: the outer destination.</summary>
    SetTunnel,

    /// <summary>SIOCSIFMTU: <see cref="SystemCall.Number"/> bytes.</summary>
    SetMtu,

    /// <summary>listen(2) of TCP socket <see cref="SystemCall.Target"/>.</summary>
    Listen,

    /// <summary>connect(2) of TCP socket <see cref="SystemCall.Target"/> to port <see cref="SystemCall.Number"/>.</summary>
    Connect,
}

/// <summary>One system call, interrupt or competing allocation, with what a list of operations needs to do it again.</summary>
/// <param name="Kind">Which; its documentation says what the numbers mean.</param>
/// <param name="Target">An interface slot or a pcb slot.</param>
/// <param name="Number">A unit, protocol, port, index or size in bytes.</param>
/// <param name="Second">A further number.</param>
/// <param name="Address">First IPv4 address: a local address, a group or a destination.</param>
/// <param name="Peer">Second IPv4 address: a peer, or the address that names a membership's interface.</param>
/// <param name="Address6">First IPv6 address.</param>
/// <param name="Peer6">Second IPv6 address.</param>
/// <param name="Packet">Bytes of a packet that arrives.</param>
public readonly record struct SystemCall(
    SystemCallKind Kind, int Target = 0, int Number = 0, int Second = 0, Ipv4Address Address = default, Ipv4Address Peer = default,
    Ipv6Address Address6 = default, Ipv6Address Peer6 = default, byte[]? Packet = null);

/// <summary>Is told every system call of a site's routers. It cannot change the site.</summary>
public interface ISystemCallTrace
{
    /// <summary>A call begins, or for one that makes something (a unit, a socket) has ended.</summary>
    /// <param name="router">Router number in the site.</param>
    /// <param name="call">The call; its packet is the listener's.</param>
    void Call(int router, in SystemCall call);
}

/// <summary>The listener to the system calls of a site, if there is one. Kernels keep this object, so that without a listener a call is not even described.</summary>
public sealed class SystemCallListener
{
    /// <summary>The listener, or null.</summary>
    public ISystemCallTrace? Trace { get; set; }
}
