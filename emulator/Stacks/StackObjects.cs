using Stress.Emulator.Wire;

namespace Stress.Emulator.Stacks;

/// <summary>A tunnel interface of a modelled stack. References to it stand for the kernel's addresses: they stay comparable after it was destroyed.</summary>
public sealed class StackInterface(string name, uint index, StackMemory memory)
{
    /// <summary>Its name, such as <c>tun0</c>.</summary>
    public string Name { get; } = name;

    /// <summary>Its index; freed memory keeps it.</summary>
    public uint Index { get; } = index;

    /// <summary>The block that holds the ifnet.</summary>
    public StackMemory Memory { get; } = memory;

    /// <summary>IFF_UP.</summary>
    public bool IsUp { get; set; }

    /// <summary>Its device is open.</summary>
    public bool IsOpen { get; set; }

    /// <summary>IFF_MULTICAST.</summary>
    public bool IsMulticast { get; set; }

    /// <summary>IFF_LOOPBACK.</summary>
    public bool IsLoopback { get; init; }

    /// <summary>IFF_RUNNING: NetBSD's tun driver has initialised itself (tuninit).</summary>
    public bool IsRunning { get; set; }

    /// <summary>TUN_IASET: the interface had an address when its driver last initialised itself; until then NetBSD's tun device throws packets away.</summary>
    public bool IsReady { get; set; }

    /// <summary>TUN_DSTADDR: one of those addresses had a far end.</summary>
    public bool HasFarEnd { get; set; }

    /// <summary>The IPv6 address that the routes to the interface's link-local and interface-local groups were made with (ff02::%if/32); null before there was one.</summary>
    public InterfaceAddress6? MulticastRoute6 { get; set; }

    /// <summary>False once it left the interface list and its index slot.</summary>
    public bool IsAttached { get; set; } = true;

    /// <summary>False once the per-family block of IPv6 was freed and its slot cleared (if_afdata).</summary>
    public bool HasFamilyData6 { get; set; } = true;

    /// <summary>IPv4 addresses, oldest first.</summary>
    public List<InterfaceAddress4> Addresses4 { get; } = [];

    /// <summary>IPv6 addresses, oldest first.</summary>
    public List<InterfaceAddress6> Addresses6 { get; } = [];

    /// <summary>Frames waiting to be read from the device.</summary>
    public List<Frame> Queue { get; } = [];
}

/// <summary>An IPv4 address of an interface (in_ifaddr).</summary>
/// <param name="owner">Its interface.</param>
/// <param name="local">The address.</param>
/// <param name="peer">The far end.</param>
/// <param name="sequence">When it was added, counted over both families.</param>
public sealed class InterfaceAddress4(StackInterface owner, Ipv4Address local, Ipv4Address peer, int sequence)
{
    /// <summary>The interface that it is on.</summary>
    public StackInterface Interface { get; } = owner;

    /// <summary>The address of this end.</summary>
    public Ipv4Address Local { get; } = local;

    /// <summary>The address of the other end.</summary>
    public Ipv4Address Peer { get; set; } = peer;

    /// <summary>When it was added, counted over both families.</summary>
    public int Sequence { get; } = sequence;

    /// <summary>The route to the peer is this address's (IFA_ROUTE).</summary>
    public bool OwnsRoute { get; set; }

    /// <summary>IFA_F_SECONDARY: its interface had an address with the same far end already, and it goes with that one (Linux).</summary>
    public bool IsSecondary { get; init; }

    /// <summary>It has joined 224.0.0.1 on its interface (ia_allhosts).</summary>
    public bool HasJoinedAllHosts { get; set; }
}

/// <summary>An IPv6 address of an interface (in6_ifaddr).</summary>
/// <param name="owner">Its interface.</param>
/// <param name="address">The address.</param>
/// <param name="prefixLength">In bits.</param>
/// <param name="sequence">When it was added, counted over both families.</param>
public sealed class InterfaceAddress6(StackInterface owner, Ipv6Address address, int prefixLength, int sequence)
{
    /// <summary>The interface that it is on.</summary>
    public StackInterface Interface { get; } = owner;

    /// <summary>The address.</summary>
    public Ipv6Address Address { get; } = address;

    /// <summary>Bits of its prefix, 0 to 128.</summary>
    public int PrefixLength { get; } = prefixLength;

    /// <summary>When it was added, counted over both families.</summary>
    public int Sequence { get; } = sequence;

    /// <summary>Whether an address begins with this one's prefix.</summary>
    /// <param name="other">The other address.</param>
    public bool IsInPrefix(Ipv6Address other) => other.Prefix(PrefixLength) == Address.Prefix(PrefixLength);

    /// <summary>The far end, when the address is point-to-point.</summary>
    public Ipv6Address? Peer { get; set; }

    /// <summary>The host route to <see cref="Peer"/> is this address's (IFA_ROUTE).</summary>
    public bool OwnsRoute { get; set; }

    /// <summary>IN6_IFF_DETACHED: its interface went down.</summary>
    public bool IsDetached { get; set; }

    /// <summary>The step that added it (Linux: duplicate address detection runs some time after).</summary>
    public int AddedAt { get; init; }

    /// <summary>The route to its prefix, or to itself when it has the whole length, is in the main table (Linux).</summary>
    public bool HasPrefixRoute { get; set; }

    /// <summary>The route to <see cref="Peer"/> may or may not be there: its interface came up before or after the detection ran (Linux).</summary>
    public bool MayOwnRoute { get; set; }
}

/// <summary>A socket's IPv4 membership, with everything that one or the other system keeps of it.</summary>
/// <param name="Group">The group.</param>
/// <param name="Local">The address that named the interface when it was joined.</param>
/// <param name="Interface">The interface.</param>
/// <param name="Index">The interface's index.</param>
public sealed record SocketMembership4(Ipv4Address Group, Ipv4Address Local, StackInterface Interface, uint Index)
{
    /// <summary>The sources that it hears (Linux, MCAST_INCLUDE); null for a membership that hears all.</summary>
    public List<Ipv4Address>? Sources { get; set; }
}

/// <summary>A socket's IPv6 membership.</summary>
/// <param name="Group">The group.</param>
/// <param name="Interface">The interface.</param>
/// <param name="Index">The interface's index.</param>
public sealed record SocketMembership6(Ipv6Address Group, StackInterface Interface, uint Index)
{
    /// <summary>The sources that it hears (Linux, MCAST_INCLUDE); null for a membership that hears all.</summary>
    public List<Ipv6Address>? Sources { get; set; }
}

/// <summary>A socket: raw IPv4 or UDP over IPv6.</summary>
/// <param name="name">Its name in the list.</param>
/// <param name="isIpv6">UDP over IPv6; else raw IPv4.</param>
/// <param name="number">Protocol or port.</param>
public sealed class StackSocket(string name, bool isIpv6, int number)
{
    /// <summary>Its name in the list.</summary>
    public string Name { get; } = name;

    /// <summary>Whether it is an IPv6 socket.</summary>
    public bool IsIpv6 { get; } = isIpv6;

    /// <summary>Its IP protocol number, or its UDP port where it is a UDP socket.</summary>
    public int Number { get; } = number;

    /// <summary>It is a TCP socket.</summary>
    public bool IsStream { get; init; }

    /// <summary>It listens for TCP connections.</summary>
    public bool IsListening { get; init; }

    /// <summary>The chosen interface of IP_MULTICAST_IF or IPV6_MULTICAST_IF, as an index; 0 for none.</summary>
    public uint MulticastIndex { get; set; }

    /// <summary>The address given to IP_MULTICAST_IF (kept by Linux).</summary>
    public Ipv4Address MulticastLocal { get; set; }

    /// <summary>IPv4 memberships in the order of joining.</summary>
    public List<SocketMembership4> Memberships4 { get; } = [];

    /// <summary>IPv6 memberships in the order of joining.</summary>
    public List<SocketMembership6> Memberships6 { get; } = [];
}
