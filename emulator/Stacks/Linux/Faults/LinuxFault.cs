namespace Stress.Emulator.Stacks.Linux.Faults;

/// <summary>
/// A historic fault of Linux, reintroduced in the model as <c>guests/faults</c> reintroduces it in a kernel. It is told what happens to interfaces and counts the references that
/// the fault affects; it reports what the kernel would notice first: a count that goes below zero, an object that ends while it is in use, or a read of freed memory.
/// </summary>
public abstract class LinuxFault
{
    private static readonly SortedDictionary<string, Func<StackOracle, LinuxRelease, LinuxFault>> Known = new(StringComparer.Ordinal)
    {
        [AddressHold] = (oracle, _) => new Inet6Fault(oracle, holdsOfAddresses: false, holdsOfRecords: true),
        [CloneList] = (oracle, _) => new CloneListFault(oracle),
        [IgmpRecordHold] = (oracle, release) => new InDeviceFault(oracle, release),
        [MldRecordHold] = (oracle, _) => new Inet6Fault(oracle, holdsOfAddresses: true, holdsOfRecords: false),
        [TunSocketHold] = (oracle, _) => new TunSocketFault(oracle),
    };

    /// <summary>An IPv6 address does not hold its inet6_dev (ipv6_add_addr).</summary>
    public const string AddressHold = "addrconf-idev-hold";

    /// <summary>An accepted socket shares the list of memberships of the one that listened (inet_csk_clone_lock, CVE-2017-8890).</summary>
    public const string CloneList = "clone-mc-list";

    /// <summary>A record of a group that was left does not hold its in_device (igmpv3_add_delrec).</summary>
    public const string IgmpRecordHold = "igmp-delrec-hold";

    /// <summary>The same over IPv6 (mld_add_delrec).</summary>
    public const string MldRecordHold = "mld-delrec-hold";

    /// <summary>A tun device does not hold the socket of the file that is attached to it (tun_attach).</summary>
    public const string TunSocketHold = "tun-socket-hold";

    private protected LinuxFault(StackOracle oracle) => Oracle = oracle;

    /// <summary>The faults that the model has. A list cannot reach <c>ppp-channel-hold</c>: there is no operation on a PPP unit.</summary>
    public static IReadOnlyList<string> Names => [.. Known.Keys];

    /// <summary>A fault, switched on.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="oracle">Receives its reports.</param>
    /// <param name="release">The kernel that has it.</param>
    /// <exception cref="UnknownStackException">There is no such fault.</exception>
    public static LinuxFault Of(string name, StackOracle oracle, LinuxRelease release) => Known.TryGetValue(name, out Func<StackOracle, LinuxRelease, LinuxFault>? make)
        ? make(oracle, release)
        : throw Unknown(name);

    internal static UnknownStackException Unknown(string name) =>
        new($"the model of Linux has no fault '{name}'{NearestWord.Hint(name, Names)}; accepted: {string.Join(", ", Names)}");

    /// <summary>Receives its reports.</summary>
    private protected StackOracle Oracle { get; }

    /// <summary>register_netdevice, for a tun device whose file has made it and let go of it.</summary>
    /// <param name="ifp">The interface.</param>
    public virtual void Registered(StackInterface ifp)
    {
    }

    /// <summary>tun_detach: the file that was attached to the device is closed.</summary>
    public virtual void Detached(StackInterface ifp)
    {
    }

    /// <summary>NETDEV_UP.</summary>
    /// <param name="ifp">The interface.</param>
    /// <param name="isReady">It has a carrier.</param>
    public virtual void CameUp(StackInterface ifp, bool isReady)
    {
    }

    /// <summary>NETDEV_CHANGE of an interface that is up: it has a carrier now.</summary>
    public virtual void BecameReady(StackInterface ifp)
    {
    }

    /// <summary>NETDEV_DOWN.</summary>
    public virtual void WentDown(StackInterface ifp)
    {
    }

    /// <summary>NETDEV_UNREGISTER, after NETDEV_DOWN where it was up. Its addresses are those that it still has.</summary>
    public virtual void Unregistered(StackInterface ifp)
    {
    }

    /// <summary>An IPv4 address was added (1) or deleted (-1).</summary>
    public virtual void Address4(StackInterface ifp, int change)
    {
    }

    /// <summary>An IPv6 address was added (1) or deleted (-1).</summary>
    /// <param name="ifp">The interface.</param>
    /// <param name="change">1 or -1.</param>
    /// <param name="isLinkLocal">The address is of the link.</param>
    public virtual void Address6(StackInterface ifp, int change, bool isLinkLocal)
    {
    }

    /// <summary>A socket joined (1) or left (-1) a group on an interface that is there.</summary>
    /// <param name="ifp">The interface.</param>
    /// <param name="group">The group, in its text form.</param>
    /// <param name="change">1 or -1.</param>
    /// <param name="isIpv6">The group is one of IPv6.</param>
    public virtual void Membership(StackInterface ifp, string group, int change, bool isIpv6)
    {
    }

    /// <summary>A packet left by an IPv6 route, which now has a copy for this processor.</summary>
    /// <param name="ifp">The interface of the route.</param>
    /// <param name="route">What identifies the route.</param>
    public virtual void Routed6(StackInterface ifp, string route)
    {
    }

    /// <summary>A listening socket accepted a connection: the new one is its copy.</summary>
    /// <param name="listener">The socket that listens.</param>
    /// <param name="accepted">The new one.</param>
    public virtual void Cloned(StackSocket listener, StackSocket accepted)
    {
    }

    /// <summary>A socket walks its memberships: a join, a leave, its close.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="function">The kernel function that does so.</param>
    public virtual void ListUsed(StackSocket socket, string function)
    {
    }

    /// <summary>A membership of a socket was freed; readers have left some time later.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="membership">The membership.</param>
    public virtual void MembershipFreed(StackSocket socket, SocketMembership4 membership)
    {
    }

    /// <summary>Time passes.</summary>
    /// <param name="milliseconds">Of virtual time.</param>
    public virtual void TimePassed(int milliseconds)
    {
    }
}
