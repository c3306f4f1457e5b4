using Stress.Emulator.Wire;

namespace Stress.Emulator.Stacks;

/// <summary>The operations of the language of recorded lists, and (from <see cref="Tick"/> on) those that only a model can answer.</summary>
public enum OperationKind : byte
{
    /// <summary><c>create</c>: clone a ppp interface.</summary>
    Create,

    /// <summary><c>open</c>: attach a tty to it.</summary>
    Open,

    /// <summary><c>index</c>: ask its if_index.</summary>
    Index,

    /// <summary><c>addr4</c>: SIOCAIFADDR.</summary>
    Addr4,

    /// <summary><c>addr6</c>: SIOCAIFADDR_IN6.</summary>
    Addr6,

    /// <summary><c>up</c>: set IFF_UP.</summary>
    Up,

    /// <summary><c>down</c>: clear IFF_UP.</summary>
    Down,

    /// <summary><c>raw4</c>: open a raw IPv4 socket.</summary>
    Raw4,

    /// <summary><c>udp6</c>: open a UDP socket over IPv6.</summary>
    Udp6,

    /// <summary><c>mcif4</c>: IP_MULTICAST_IF.</summary>
    Mcif4,

    /// <summary><c>mcif6</c>: IPV6_MULTICAST_IF.</summary>
    Mcif6,

    /// <summary><c>join4</c>: IP_ADD_MEMBERSHIP.</summary>
    Join4,

    /// <summary><c>join6</c>: IPV6_JOIN_GROUP.</summary>
    Join6,

    /// <summary><c>drop4</c>: IP_DROP_MEMBERSHIP.</summary>
    Drop4,

    /// <summary><c>drop6</c>: IPV6_LEAVE_GROUP.</summary>
    Drop6,

    /// <summary><c>send4</c>: sendto(2) on an IPv4 socket.</summary>
    Send4,

    /// <summary><c>send6</c>: sendto(2) on an IPv6 socket.</summary>
    Send6,

    /// <summary><c>sendpkt6</c>: sendmsg(2) with IPV6_PKTINFO.</summary>
    SendPkt6,

    /// <summary><c>getmcif4</c>: read IP_MULTICAST_IF back.</summary>
    GetMcif4,

    /// <summary><c>getmcif6</c>: read IPV6_MULTICAST_IF back.</summary>
    GetMcif6,

    /// <summary><c>deladdr4</c>: SIOCDIFADDR.</summary>
    DelAddr4,

    /// <summary><c>deladdr6</c>: SIOCDIFADDR_IN6.</summary>
    DelAddr6,

    /// <summary><c>drain</c>: read what waits in the device's queue.</summary>
    Drain,

    /// <summary><c>state</c>: ask what the kernel holds.</summary>
    State,

    /// <summary><c>ifclose</c>: close the tty of an interface.</summary>
    IfClose,

    /// <summary><c>destroy</c>: SIOCIFDESTROY.</summary>
    Destroy,

    /// <summary><c>close</c>: close a socket.</summary>
    Close,

    /// <summary><c>tick</c>: let timers run for some milliseconds.</summary>
    Tick,

    /// <summary><c>deliver</c>: a packet comes in.</summary>
    Deliver,

    /// <summary><c>alloc</c>: somebody else takes a block of kernel memory.</summary>
    Alloc,

    /// <summary><c>show</c>: say what is known of an object.</summary>
    Show,

    /// <summary><c>raw6</c>: open a raw IPv6 socket.</summary>
    Raw6,

    /// <summary><c>enqueue</c>: put a packet into an input queue.</summary>
    Enqueue,

    /// <summary><c>softint</c>: run the soft interrupt of the network.</summary>
    Softint,

    /// <summary><c>pipe</c>: put a packet into a dummynet pipe.</summary>
    Pipe,

    /// <summary><c>mrt6</c>: MRT6_INIT on a socket.</summary>
    Mrt6,

    /// <summary><c>mif6</c>: MRT6_ADD_MIF.</summary>
    Mif6,

    /// <summary><c>mfc6</c>: MRT6_ADD_MFC.</summary>
    Mfc6,

    /// <summary><c>carp</c>: give an interface a carp device.</summary>
    Carp,

    /// <summary><c>uncarp</c>: take it away.</summary>
    Uncarp,

    /// <summary><c>enter6</c>: a thread enters a read section.</summary>
    Enter6,

    /// <summary><c>leave6</c>: it leaves the read section.</summary>
    Leave6,

    /// <summary><c>route4</c>: add an IPv4 route.</summary>
    Route4,

    /// <summary><c>route6</c>: add an IPv6 route.</summary>
    Route6,

    /// <summary><c>gjoin4</c>: MCAST_JOIN_GROUP, by interface index.</summary>
    GJoin4,

    /// <summary><c>gdrop4</c>: MCAST_LEAVE_GROUP.</summary>
    GDrop4,

    /// <summary><c>sjoin4</c>: IP_ADD_SOURCE_MEMBERSHIP.</summary>
    SJoin4,

    /// <summary><c>sdrop4</c>: IP_DROP_SOURCE_MEMBERSHIP.</summary>
    SDrop4,

    /// <summary><c>sjoin6</c>: MCAST_JOIN_SOURCE_GROUP over IPv6.</summary>
    SJoin6,

    /// <summary><c>sdrop6</c>: MCAST_LEAVE_SOURCE_GROUP over IPv6.</summary>
    SDrop6,

    /// <summary><c>over</c>: a connected socket's route leads over an interface.</summary>
    Over,

    /// <summary><c>tcp4</c>: a TCP socket that listens.</summary>
    Tcp4,

    /// <summary><c>accept4</c>: it accepts a connection.</summary>
    Accept4,

    /// <summary><c>on</c>: a vlan or a session of PPP over Ethernet gets the interface that it is on.</summary>
    On,

    /// <summary><c>bpf</c>: open a packet filter on an interface.</summary>
    Bpf,

    /// <summary><c>bpfwrite</c>: write a frame to it.</summary>
    BpfWrite,

    /// <summary><c>addm</c>: make an interface a member of a bridge.</summary>
    AddMember,

    /// <summary><c>tcp6</c>: open a TCP socket over IPv6 that listens.</summary>
    Tcp6,

    /// <summary><c>connect4</c>: open a TCP socket over IPv4 and connect it.</summary>
    Connect4,

    /// <summary><c>connect6</c>: open a TCP socket over IPv6 and connect it.</summary>
    Connect6,
}

/// <summary>How an operation names an interface: <c>tun0</c> is looked up now, <c>@tun0</c> is the last index seen for the name, <c>#3</c> is that index.</summary>
public enum SelectorKind : byte
{
    /// <summary>By the interface's name.</summary>
    Name,

    /// <summary>By the index that <c>index</c> answered last.</summary>
    LastIndex,

    /// <summary>By a number.</summary>
    Literal,
}

/// <summary>An interface as an IPv6 option names it.</summary>
/// <param name="Kind">Which of the three forms.</param>
/// <param name="Name">The interface's name; empty for a literal.</param>
/// <param name="Index">The index of a literal; 0 otherwise.</param>
public readonly record struct InterfaceSelector(SelectorKind Kind, string Name, uint Index);

/// <summary>One line of an operation list. Arguments that an operation does not take are empty.</summary>
/// <param name="Line">Line number in the file, from 1.</param>
/// <param name="Text">The line as it was written, without comment and outer blanks.</param>
/// <param name="Kind">What to do.</param>
/// <param name="Target">The interface or socket that the first argument names.</param>
/// <param name="Address4">First IPv4 argument: a local address, a group or a destination.</param>
/// <param name="Second4">Second IPv4 argument: the peer, or the local address that names a membership's interface (0.0.0.0 for <c>any</c>).</param>
/// <param name="Source4">The source of <c>sjoin4</c> and <c>sdrop4</c>.</param>
/// <param name="Address6">First IPv6 argument.</param>
/// <param name="Second6">The peer of <c>addr6</c>, null when there is none; the group of <c>mfc6</c>; the source of <c>sjoin6</c> and <c>sdrop6</c>.</param>
/// <param name="Number">Prefix length, protocol, port, milliseconds, bytes or mif.</param>
/// <param name="Selector">The interface of an IPv6 multicast operation, the parent of <c>carp</c>, or the lower interface of <c>over</c>.</param>
/// <param name="Payload">Bytes of <c>deliver</c> and <c>enqueue</c>.</param>
/// <param name="Mask">Outgoing mifs of <c>mfc6</c>, a bit each.</param>
/// <param name="Cloning"><c>route4</c> ended with <c>clone</c>.</param>
/// <param name="Accepted">The new socket of <c>accept4</c>.</param>
public sealed record Operation(
    int Line,
    string Text,
    OperationKind Kind,
    string Target = "",
    Ipv4Address Address4 = default,
    Ipv4Address Second4 = default,
    Ipv4Address Source4 = default,
    Ipv6Address Address6 = default,
    Ipv6Address? Second6 = null,
    int Number = 0,
    InterfaceSelector Selector = default,
    byte[]? Payload = null,
    uint Mask = 0,
    bool Cloning = false,
    string Accepted = "");
