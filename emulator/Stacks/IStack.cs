using Stress.Emulator.Wire;

namespace Stress.Emulator.Stacks;

/// <summary>
/// A network stack as a program on a router meets it: one method an operation. A stack has no clock and no thread; what it would do later
/// happens in <see cref="Tick"/>. After <see cref="StackOracle.HasDied"/> the answers mean nothing.
/// </summary>
public interface IStack
{
    /// <summary>The name given to <c>--stack</c>.</summary>
    string Name { get; }

    /// <summary>The teardown design in force.</summary>
    string Design { get; }

    /// <summary>What the stack did with freed memory.</summary>
    StackOracle Oracle { get; }

    /// <summary>
    /// What <c>@name</c> means in the program that recorded this stack's answers: true when it kept the last index of any interface, false when it kept
    /// one for each name.
    /// </summary>
    bool KeepsOneLastIndex { get; }

    /// <summary>Called before and after each operation of a list: what may happen in this step without a call, at a moment that the list does not say.</summary>
    void NoteTimers()
    {
    }

    /// <summary>The index of a live interface, 0 when there is none of that name (if_nametoindex).</summary>
    uint IndexOf(string name);

    /// <summary>Creates a tunnel interface.</summary>
    OperationResult Create(string name);

    /// <summary>Opens the interface's device, as the program at its far end does.</summary>
    OperationResult Open(string name);

    /// <summary>Asks for the interface's index.</summary>
    OperationResult Index(string name);

    /// <summary>Adds a point-to-point IPv4 address (SIOCAIFADDR, RTM_NEWADDR).</summary>
    OperationResult AddAddress4(string name, Ipv4Address local, Ipv4Address peer);

    /// <summary>Adds an IPv6 address (SIOCAIFADDR_IN6, RTM_NEWADDR).</summary>
    OperationResult AddAddress6(string name, Ipv6Address local, int prefixLength, Ipv6Address? peer);

    /// <summary>Removes an IPv4 address.</summary>
    OperationResult DeleteAddress4(string name, Ipv4Address local);

    /// <summary>Removes an IPv6 address.</summary>
    OperationResult DeleteAddress6(string name, Ipv6Address local);

    /// <summary>Marks the interface up.</summary>
    OperationResult Up(string name);

    /// <summary>Marks the interface down.</summary>
    OperationResult Down(string name);

    /// <summary>Closes the interface's device.</summary>
    OperationResult CloseDevice(string name);

    /// <summary>Destroys the interface.</summary>
    OperationResult Destroy(string name);

    /// <summary>Takes the frames out of the device's queue.</summary>
    OperationResult Drain(string name);

    /// <summary>Opens a raw IPv4 socket.</summary>
    OperationResult OpenRaw4(string socket, int protocol);

    /// <summary>Opens a UDP socket over IPv6.</summary>
    OperationResult OpenUdp6(string socket, int port);

    /// <summary>Closes a socket.</summary>
    OperationResult Close(string socket);

    /// <summary>IP_MULTICAST_IF by local address; 0.0.0.0 clears.</summary>
    OperationResult SetMulticastInterface4(string socket, Ipv4Address local);

    /// <summary>IPV6_MULTICAST_IF by index; 0 clears.</summary>
    OperationResult SetMulticastInterface6(string socket, uint index);

    /// <summary>IP_MULTICAST_IF read back.</summary>
    OperationResult GetMulticastInterface4(string socket);

    /// <summary>IPV6_MULTICAST_IF read back.</summary>
    OperationResult GetMulticastInterface6(string socket);

    /// <summary>IP_ADD_MEMBERSHIP.</summary>
    OperationResult Join4(string socket, Ipv4Address group, Ipv4Address local);

    /// <summary>IP_DROP_MEMBERSHIP.</summary>
    OperationResult Drop4(string socket, Ipv4Address group, Ipv4Address local);

    /// <summary>IPV6_JOIN_GROUP.</summary>
    OperationResult Join6(string socket, Ipv6Address group, uint index);

    /// <summary>IPV6_LEAVE_GROUP.</summary>
    OperationResult Drop6(string socket, Ipv6Address group, uint index);

    /// <summary>Sends one datagram on a raw IPv4 socket.</summary>
    OperationResult Send4(string socket, Ipv4Address destination);

    /// <summary>Sends one datagram on a UDP socket over IPv6.</summary>
    OperationResult Send6(string socket, Ipv6Address destination);

    /// <summary>Sends one datagram with IPV6_PKTINFO naming the interface.</summary>
    OperationResult SendWithPacketInfo6(string socket, Ipv6Address destination, uint index);

    /// <summary>What the system's own tools print of its groups; nothing on a system that has no such tool.</summary>
    OperationResult State();

    /// <summary>Lets time pass: pending reports leave.</summary>
    OperationResult Tick(int milliseconds);

    /// <summary>A packet arrives from the far end of an interface.</summary>
    OperationResult Deliver(string name, byte[] packet);

    /// <summary>Somebody else allocates kernel memory of that size.</summary>
    OperationResult Allocate(int bytes);

    /// <summary>Describes an interface, a socket, or everything for an empty name.</summary>
    OperationResult Show(string name);

    /// <summary>Opens a raw IPv6 socket.</summary>
    OperationResult OpenRaw6(string socket, int protocol) => OperationResult.NotModelled;

    /// <summary>A packet arrives from the far end and waits for the soft interrupt.</summary>
    OperationResult Enqueue(string name, byte[] packet) => OperationResult.NotModelled;

    /// <summary>The soft interrupt takes in what waits.</summary>
    OperationResult SoftInterrupt() => OperationResult.NotModelled;

    /// <summary>Delays everything received from now on (a dummynet pipe); 0 takes the pipe away.</summary>
    OperationResult SetPipe(int milliseconds) => OperationResult.NotModelled;

    /// <summary>Makes a carp device on a parent: it joins 224.0.0.18 there and advertises every second.</summary>
    OperationResult CreateCarp(string carp, string parent) => OperationResult.NotModelled;

    /// <summary>Destroys a carp device.</summary>
    OperationResult DestroyCarp(string carp) => OperationResult.NotModelled;

    /// <summary>A thread that sends on the socket has read the interface of its cached route, and is pre-empted inside its read section.</summary>
    OperationResult EnterReadSection(string socket) => OperationResult.NotModelled;

    /// <summary>The thread goes on and leaves the section.</summary>
    OperationResult LeaveReadSection(string socket) => OperationResult.NotModelled;

    /// <summary>Adds an IPv4 route out of the interface; a cloning one makes a host route for each destination that is looked up.</summary>
    OperationResult AddRoute4(string name, Ipv4Address destination, int prefixLength, bool cloning) => OperationResult.NotModelled;

    /// <summary>Adds an IPv6 route out of the interface.</summary>
    OperationResult AddRoute6(string name, Ipv6Address destination, int prefixLength) => OperationResult.NotModelled;

    /// <summary>
    /// Joins by interface, not by an address of it: MCAST_JOIN_GROUP; a system that has no such option is given the index as 0.0.0.N in
    /// IP_ADD_MEMBERSHIP (RFC 1724 section 3.3), which is what the default does.
    /// </summary>
    OperationResult JoinByInterface4(string socket, Ipv4Address group, uint index) => Join4(socket, group, new Ipv4Address(index & 0xFF_FFFF));

    /// <summary>Leaves by interface: MCAST_LEAVE_GROUP, or as <see cref="JoinByInterface4"/>.</summary>
    OperationResult DropByInterface4(string socket, Ipv4Address group, uint index) => Drop4(socket, group, new Ipv4Address(index & 0xFF_FFFF));

    /// <summary>IP_ADD_SOURCE_MEMBERSHIP: hears the group from that source.</summary>
    OperationResult JoinSource4(string socket, Ipv4Address group, Ipv4Address source, Ipv4Address local) => OperationResult.NotModelled;

    /// <summary>IP_DROP_SOURCE_MEMBERSHIP.</summary>
    OperationResult DropSource4(string socket, Ipv4Address group, Ipv4Address source, Ipv4Address local) => OperationResult.NotModelled;

    /// <summary>MCAST_JOIN_SOURCE_GROUP of IPv6.</summary>
    OperationResult JoinSource6(string socket, Ipv6Address group, Ipv6Address source, uint index) => OperationResult.NotModelled;

    /// <summary>MCAST_LEAVE_SOURCE_GROUP of IPv6.</summary>
    OperationResult DropSource6(string socket, Ipv6Address group, Ipv6Address source, uint index) => OperationResult.NotModelled;

    /// <summary>Makes a tunnel (IPv4 in IPv4) whose packets leave by another interface.</summary>
    OperationResult CreateOver(string upper, string lower, Ipv4Address local, Ipv4Address remote) => OperationResult.NotModelled;

    /// <summary>A TCP socket over IPv4 that listens.</summary>
    OperationResult OpenTcp4(string socket, int port) => OperationResult.NotModelled;

    /// <summary>A TCP socket over IPv6 that listens, with SO_KEEPALIVE, which its connections inherit.</summary>
    OperationResult OpenTcp6(string socket, int port) => OperationResult.NotModelled;

    /// <summary>A TCP socket over IPv4 with SO_KEEPALIVE that is connected without waiting for the peer.</summary>
    OperationResult Connect4(string socket, Ipv4Address destination, int port) => OperationResult.NotModelled;

    /// <summary>The same over IPv6; the index is the zone of a link-local destination.</summary>
    OperationResult Connect6(string socket, Ipv6Address destination, int port, uint index) => OperationResult.NotModelled;

    /// <summary>A listening socket accepts a connection of this system.</summary>
    OperationResult Accept4(string socket, string accepted) => OperationResult.NotModelled;

    /// <summary>Whether <see cref="Create"/> knows the kinds of <see cref="Kernel.Net.ClonedKind"/> apart from others.</summary>
    bool HasClonedKinds => false;

    /// <summary>A vlan or a session of PPP over Ethernet is on this interface from now on.</summary>
    OperationResult SetParent(string name, string parent) => OperationResult.NotModelled;

    /// <summary>Opens a packet filter on an interface.</summary>
    OperationResult OpenBpf(string bpf, string name) => OperationResult.NotModelled;

    /// <summary>Writes a frame to a packet filter.</summary>
    OperationResult WriteBpf(string bpf) => OperationResult.NotModelled;

    /// <summary>Makes an interface a member of a bridge.</summary>
    OperationResult AddBridgeMember(string bridge, string member) => OperationResult.NotModelled;

    /// <summary>MRT6_INIT.</summary>
    OperationResult OpenMulticastRouter6(string socket) => OperationResult.NotModelled;

    /// <summary>MRT6_ADD_MIF.</summary>
    OperationResult AddMulticastInterface6(string socket, int mif, uint index) => OperationResult.NotModelled;

    /// <summary>MRT6_ADD_MFC.</summary>
    OperationResult AddMulticastRoute6(string socket, Ipv6Address origin, Ipv6Address group, int parent, uint outgoing) => OperationResult.NotModelled;
}
