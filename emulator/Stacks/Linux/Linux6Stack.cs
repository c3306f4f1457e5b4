using System.Globalization;
using Stress.Emulator.Stacks.Linux.Faults;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Stacks.Linux;

/// <summary>
/// Linux 6.18 with TUN devices in a network namespace of its own, where the loopback interface is down and without address, and no address is made automatically.
/// Sockets keep interface indices (reference 9.7), so that no freed memory is ever read: what is stale here is a number. Modelled from net/ipv4/devinet.c, igmp.c,
/// ip_sockglue.c, route.c and net/ipv6/addrconf.c, mcast.c, datagram.c, ip6_output.c; checked against the recorded answers.
/// </summary>
/// <param name="conditions">How the recording program called the system's tools.</param>
/// <param name="fault">A historic fault to put back, one of <see cref="LinuxFault.Names"/>; null for none.</param>
/// <param name="release">The kernel's release, where it is another than the modelled one; null for that.</param>
public sealed class Linux6Stack(RecordingConditions conditions, string? fault = null, string? release = null) : StackBase
{
    private const byte Udp = 17;
    private const int Ipv4HeaderBytes = 20;
    private const int Ipv6AndUdpHeaderBytes = 48;

    /// <summary>For how many steps after its addition an IPv6 address may still be tentative: in the recordings examined it was for at most 35.</summary>
    private const int DetectionSteps = 64;

    /// <summary>The peer last given with a local address, on any interface and even if the request failed.</summary>
    private readonly SortedDictionary<Ipv4Address, Ipv4Address> lastPeer = [];

    /// <summary>IPv6 addresses with their prefix lengths as given, by interface name.</summary>
    private readonly SortedDictionary<string, List<(Ipv6Address Address, int Length)>> lastLengths = new(StringComparer.Ordinal);

    /// <summary>Most addresses that the agent remembers of an interface's name (MAX_ADDRESSES).</summary>
    private const int MostGiven = 16;

    /// <summary>The ff00::/8 routes of the local table, one per interface, in the order they were added (addrconf_add_mroute at NETDEV_UP).</summary>
    private readonly List<StackInterface> multicastRoutes6 = [];

    /// <summary>Routes that the list added, oldest first; they go when their device goes down.</summary>
    private readonly List<(Ipv4Address Destination, int Length, StackInterface Device)> routes4 = [];
    private readonly List<(Ipv6Address Destination, int Length, StackInterface Device)> routes6 = [];

    /// <summary>Most sources of a membership (igmp_max_msf; IPv6 has 64).</summary>
    private const int MaxSources4 = 10, MaxSources6 = 64;

    private uint lastIndex = LoopbackIndex;

    private LinuxFault? switchedOn;
    private LinkWatch? linkWatch;

    private LinkWatch Links => linkWatch ??= new LinkWatch(ifp =>
    {
        Fault?.BecameReady(ifp);
        AddMulticastRoute6(ifp);
    });

    /// <summary>The fault, which has known the loopback interface from the beginning; null for none.</summary>
    private LinuxFault? Fault
    {
        get
        {
            if (fault is not null && switchedOn is null)
            {
                switchedOn = LinuxFault.Of(fault, Oracle, LinuxRelease.Of(release));
                switchedOn.Registered(Loopback);
            }

            return switchedOn;
        }
    }

    /// <inheritdoc/>
    public override string Name => "linux-6";

    /// <inheritdoc/>
    public override string Design => "notifier-hold";

    /// <inheritdoc/>
    protected override StackError BadDescriptor => LinuxErrno.EBADF;

    /// <inheritdoc/>
    protected override StackError NoInterface(string name) => LinuxErrno.CannotFindDevice(name);

    /// <summary>dev_new_index: every index is new until the numbers run out.</summary>
    protected override uint AllocateIndex() => ++lastIndex;

    /// <inheritdoc/>
    public override OperationResult Create(string name)
    {
        if (Find(name) is not null)
        {
            return OperationResult.Fail(LinuxErrno.EBUSY);
        }

        var ifp = new StackInterface(name, AllocateIndex(), Oracle.Allocate("net_device", name)) { IsMulticast = true };
        Interfaces.Add(ifp);
        Links.Registered(ifp);
        Fault?.Registered(ifp);
        return OperationResult.Ok;
    }

    /// <summary>The recording's program opens the device's clone node, which asks for no interface. The agent attaches to it (tun_attach): a device has one queue.</summary>
    public override OperationResult Open(string name)
    {
        if (conditions.ThroughAgent && (Find(name) is not { } there || there.IsOpen))
        {
            return OperationResult.Fail(Find(name) is null ? LinuxErrno.ENODEV : LinuxErrno.EBUSY);
        }

        if (Find(name) is { } ifp)
        {
            ifp.IsOpen = true;
            Links.CarrierChanged(ifp, hasCarrier: true);
        }

        return OperationResult.Ok;
    }

    /// <inheritdoc/>
    public override OperationResult Index(string name) => Find(name) is { } ifp ? OperationResult.With(Text(ifp.Index)) : OperationResult.Fail(LinuxErrno.NoIndex);

    /// <inheritdoc/>
    public override OperationResult Up(string name) => OnInterface(name, ifp =>
    {
        if (!ifp.IsUp)
        {
            // fixup_permanent_addr; the detection adds the rest when it runs.
            ifp.Addresses6.ForEach(a => (a.HasPrefixRoute, a.MayOwnRoute) = (true, a.Peer is not null && MayBeTentative(a)));
            ifp.IsUp = true;

            // Closing the agent's device took its carrier (tun_detach): the link is not ready, and the route comes with NETDEV_CHANGE. The recorder keeps it open.
            bool isReady = Links.CameUp(ifp) || !conditions.ThroughAgent;
            Fault?.CameUp(ifp, isReady);
            if (isReady)
            {
                AddMulticastRoute6(ifp);
            }
        }

        return OperationResult.Ok;
    });

    private void AddMulticastRoute6(StackInterface ifp)
    {
        if (!multicastRoutes6.Contains(ifp))
        {
            multicastRoutes6.Add(ifp);
        }
    }

    /// <summary>NETDEV_DOWN: addrconf_ifdown takes the IPv6 addresses, IPv4 keeps its own.</summary>
    public override OperationResult Down(string name) => OnInterface(name, ifp =>
    {
        if (ifp.IsUp)
        {
            Fault?.WentDown(ifp);
            Links.WentDown(ifp);
            ifp.IsUp = false;
            ifp.Addresses6.Clear();
            multicastRoutes6.Remove(ifp);
            FlushRoutes(ifp);
        }

        return OperationResult.Ok;
    });

    /// <summary>fib_flush, rt6_disable_ip.</summary>
    private void FlushRoutes(StackInterface ifp)
    {
        routes4.RemoveAll(r => r.Device == ifp);
        routes6.RemoveAll(r => r.Device == ifp);
    }

    /// <summary>inet_rtm_newroute: a route of scope link needs a device that is up; the same prefix is there already when an address's peer has it.</summary>
    public override OperationResult AddRoute4(string name, Ipv4Address destination, int prefixLength, bool cloning) => cloning
        ? OperationResult.NotModelled
        : OnInterface(name, ifp =>
        {
            if (destination.Network(prefixLength) != destination)
            {
                return OperationResult.Fail(LinuxErrno.RoutePrefixInvalid);
            }

            if (!ifp.IsUp)
            {
                return OperationResult.Fail(LinuxErrno.RouteDeviceDown4);
            }

            if (routes4.Exists(r => r.Destination == destination && r.Length == prefixLength)
                || (prefixLength == 32 && Interfaces.Exists(i => i.IsUp && i.Addresses4.Exists(a => a.Peer == destination && a.Peer != a.Local))))
            {
                return OperationResult.Fail(LinuxErrno.RouteExists);
            }

            routes4.Add((destination, prefixLength, ifp));
            return OperationResult.Ok;
        });

    /// <summary>inet6_rtm_newroute: the kernel cuts the destination to its prefix; routes of addresses have another metric and do not conflict.</summary>
    public override OperationResult AddRoute6(string name, Ipv6Address destination, int prefixLength) => OnInterface(name, ifp =>
    {
        Ipv6Address prefix = destination.Prefix(prefixLength);
        if (!ifp.IsUp)
        {
            return OperationResult.Fail(LinuxErrno.RouteDeviceDown6);
        }

        if (routes6.Exists(r => r.Destination == prefix && r.Length == prefixLength))
        {
            return OperationResult.Fail(LinuxErrno.RouteExists);
        }

        routes6.Add((prefix, prefixLength, ifp));
        return OperationResult.Ok;
    });

    /// <summary>fib_lookup in the main table: the longest prefix, a peer's being the whole length.</summary>
    private StackInterface? RouteTo4(Ipv4Address destination) =>
        Interfaces.Where(i => i.IsUp).SelectMany(i => i.Addresses4).Where(a => a.Peer == destination).MinBy(a => a.Sequence)?.Interface
            ?? routes4.Where(r => destination.Network(r.Length) == r.Destination).OrderByDescending(r => r.Length).FirstOrDefault().Device;

    /// <summary>The recording's program kept the device open until destroy.</summary>
    public override OperationResult CloseDevice(string name)
    {
        if (!conditions.ThroughAgent)
        {
            return OnInterface(name, _ => OperationResult.With("n/a"));
        }

        if (Find(name) is { } ifp)
        {
            if (ifp.IsOpen)
            {
                Fault?.Detached(ifp);
            }

            ifp.IsOpen = false;
            Links.CarrierChanged(ifp, hasCarrier: false);
            ifp.Queue.Clear();
        }

        return OperationResult.Ok;
    }

    /// <summary>unregister_netdevice: the notifiers drop routes, addresses and the device's own group list; sockets keep their indices.</summary>
    public override OperationResult Destroy(string name) => OnInterface(name, ifp =>
    {
        TellOfDestruction(ifp);
        ifp.IsAttached = false;
        Interfaces.Remove(ifp);
        multicastRoutes6.Remove(ifp);
        FlushRoutes(ifp);
        AddressHash.RemoveAll(a => a.Interface == ifp);
        ifp.Addresses4.Clear();
        ifp.Addresses6.Clear();
        ifp.IsUp = false;
        Fault?.TimePassed(Links.Gone(ifp));
        Oracle.Free(ifp.Memory);
        return OperationResult.Ok;
    });

    /// <summary>
    /// inet_rtm_newaddr: the same local address with the same peer is there already; the newest goes to the head of its hash bucket. A further address with
    /// the same peer on the device is secondary.
    /// </summary>
    public override OperationResult AddAddress4(string name, Ipv4Address local, Ipv4Address peer)
    {
        lastPeer[local] = peer;
        return OnInterface(name, ifp =>
        {
            if (ifp.Addresses4.Exists(a => a.Local == local && a.Peer == peer))
            {
                return OperationResult.Fail(LinuxErrno.Address4Assigned);
            }

            var ifa = new InterfaceAddress4(ifp, local, peer, NextAddressSequence()) { IsSecondary = ifp.Addresses4.Exists(a => a.Peer == peer && !a.IsSecondary) };
            ifp.Addresses4.Add(ifa);
            AddressHash.Insert(0, ifa);
            Fault?.Address4(ifp, 1);
            return OperationResult.Ok;
        });
    }

    /// <summary>inet_rtm_deladdr: local address and peer must both be those of the address.</summary>
    public override OperationResult DeleteAddress4(string name, Ipv4Address local) => OnInterface(name, ifp =>
    {
        Ipv4Address peer = conditions.DeleteNamesPeer ? lastPeer.GetValueOrDefault(local, local) : local;
        if (ifp.Addresses4.Find(a => a.Local == local && a.Peer == peer) is not { } ifa)
        {
            return OperationResult.Fail(LinuxErrno.Address4NotFound);
        }

        // __inet_del_ifa: without promote_secondaries, a primary address takes those of its prefix with it.
        foreach (InterfaceAddress4 gone in ifp.Addresses4.FindAll(a => a == ifa || (!ifa.IsSecondary && a.IsSecondary && a.Peer == ifa.Peer)))
        {
            ifp.Addresses4.Remove(gone);
            AddressHash.Remove(gone);
            Fault?.Address4(ifp, -1);
        }

        if (ifp.Addresses4.Count == 0)
        {
            // fib_inetaddr_event: without an address the device has no IPv4, and its routes go.
            routes4.RemoveAll(r => r.Device == ifp);
        }

        return OperationResult.Ok;
    });

    /// <summary>
    /// inet6_rtm_newaddr. The route to the peer is added at once or never: on a device that is down it is refused, and at NETDEV_UP only the route of the
    /// address itself is made up for (fixup_permanent_addr).
    /// </summary>
    public override OperationResult AddAddress6(string name, Ipv6Address local, int prefixLength, Ipv6Address? peer)
    {
        // The agent remembers this many per interface name, and for one address the last counts.
        List<(Ipv6Address Address, int Length)> given = GivenTo(name);
        if (given.Count < MostGiven)
        {
            given.Add((local, prefixLength));
        }

        return OnInterface(name, ifp => AddAddress6(ifp, local, prefixLength, peer));
    }

    private OperationResult AddAddress6(StackInterface ifp, Ipv6Address local, int prefixLength, Ipv6Address? peer)
    {
        if (ifp.Addresses6.Exists(a => a.Address == local))
        {
            return OperationResult.Fail(LinuxErrno.Address6Assigned);
        }

        if (ifp.IsUp)
        {
            // addrconf_add_dev, whether the link is ready or not.
            AddMulticastRoute6(ifp);
        }

        ifp.Addresses6.Add(new InterfaceAddress6(ifp, local, prefixLength, NextAddressSequence())
        {
            Peer = peer, OwnsRoute = peer is not null && ifp.IsUp, HasPrefixRoute = ifp.IsUp, AddedAt = Oracle.Step,
        });
        Fault?.Address6(ifp, 1, local.IsLinkLocal);
        return OperationResult.Ok;
    }

    /// <summary>inet6_addr_del: address and prefix length must both be those of the address.</summary>
    public override OperationResult DeleteAddress6(string name, Ipv6Address local) => OnInterface(name, ifp =>
    {
        if (ifp.Addresses6.Find(a => a.Address == local && (!conditions.ThroughAgent || a.PrefixLength == LengthGiven(name, local))) is not { } gone)
        {
            return OperationResult.Fail(LinuxErrno.Address6NotFound);
        }

        // ipv6_del_addr takes the route to its peer, and (cleanup_prefix_route) the one to itself that may be another address's route to its peer.
        ifp.Addresses6.Remove(gone);
        foreach (InterfaceAddress6 other in ifp.Addresses6.FindAll(a => a.Peer is not null && (a.Peer == gone.Peer || (a.Peer == gone.Address && gone.PrefixLength == 128))))
        {
            (other.OwnsRoute, other.MayOwnRoute) = (false, false);
        }

        Fault?.Address6(ifp, -1, local.IsLinkLocal);
        return OperationResult.Ok;
    });

    private List<(Ipv6Address Address, int Length)> GivenTo(string name)
    {
        if (!lastLengths.TryGetValue(name, out List<(Ipv6Address Address, int Length)>? given))
        {
            lastLengths[name] = given = [];
        }

        return given;
    }

    private int LengthGiven(string name, Ipv6Address local)
    {
        int last = GivenTo(name).FindLastIndex(g => g.Address == local);
        return last < 0 ? 128 : GivenTo(name)[last].Length;
    }

    /// <inheritdoc/>
    public override OperationResult Drain(string name) => OnInterface(name, ifp =>
    {
        Frame[] frames = [.. ifp.Queue];
        ifp.Queue.Clear();
        string list = string.Concat(frames.Select(f => f.ToLinuxText() + " "));
        return OperationResult.With($"{frames.Length} {list}") with { Frames = frames };
    });

    /// <summary>IP_MULTICAST_IF by address: ip_dev_find, then index and address are both kept.</summary>
    public override OperationResult SetMulticastInterface4(string socket, Ipv4Address local) => OnSocket(socket, so =>
    {
        if (so.IsStream)
        {
            return OperationResult.Fail(LinuxErrno.EINVAL);
        }

        if (local.IsAny)
        {
            (so.MulticastIndex, so.MulticastLocal) = (0, Ipv4Address.Any);
            return OperationResult.Ok;
        }

        if (DeviceOf(local) is not { } ifp)
        {
            return OperationResult.Fail(LinuxErrno.EADDRNOTAVAIL);
        }

        (so.MulticastIndex, so.MulticastLocal) = (ifp.Index, local);
        return OperationResult.Ok;
    });

    /// <inheritdoc/>
    public override OperationResult SetMulticastInterface6(string socket, uint index) => OnSocket(socket, so =>
    {
        if (index != 0 && ByIndex(index) is null)
        {
            return OperationResult.Fail(LinuxErrno.ENODEV);
        }

        so.MulticastIndex = index;
        return OperationResult.Ok;
    });

    /// <inheritdoc/>
    public override OperationResult GetMulticastInterface4(string socket) => OnSocket(socket, so => OperationResult.With(so.MulticastLocal.ToString()));

    /// <inheritdoc/>
    public override OperationResult GetMulticastInterface6(string socket) => OnSocket(socket, so => OperationResult.With(Text(so.MulticastIndex)));

    /// <summary>ip_mc_join_group.</summary>
    public override OperationResult Join4(string socket, Ipv4Address group, Ipv4Address local) =>
        OnSocket(socket, so => so.IsStream ? OperationResult.Fail(LinuxErrno.EPROTO) : Join4(so, group, local, MulticastDevice(group, local), null));

    /// <summary>MCAST_JOIN_GROUP: the device by its index; without one by the route to the group.</summary>
    public override OperationResult JoinByInterface4(string socket, Ipv4Address group, uint index) => OnSocket(socket, so =>
        Join4(so, group, Ipv4Address.Any, index == 0 ? MulticastDevice(group, Ipv4Address.Any) : ByIndex(index), null));

    private OperationResult Join4(StackSocket so, Ipv4Address group, Ipv4Address local, StackInterface? ifp, List<Ipv4Address>? sources)
    {
        if (!group.IsMulticast)
        {
            return OperationResult.Fail(LinuxErrno.EINVAL);
        }

        if (ifp is null)
        {
            return OperationResult.Fail(LinuxErrno.ENODEV);
        }

        Fault?.ListUsed(so, "__ip_mc_join_group");
        if (so.Memberships4.Exists(m => m.Group == group && m.Index == ifp.Index))
        {
            return OperationResult.Fail(LinuxErrno.EADDRINUSE);
        }

        if (so.Memberships4.Count >= MaxMemberships4)
        {
            return OperationResult.Fail(LinuxErrno.ENOBUFS);
        }

        // New entries go to the head of mc_list.
        so.Memberships4.Insert(0, new SocketMembership4(group, local, ifp, ifp.Index) { Sources = sources });
        Fault?.Membership(ifp, group.ToString(), 1, false);
        return OperationResult.Ok;
    }

    /// <summary>ip_mc_leave_group: with an address that is nobody's now, a membership that was joined by that address is still found.</summary>
    public override OperationResult Drop4(string socket, Ipv4Address group, Ipv4Address local) => OnSocket(socket, so =>
    {
        if (so.IsStream)
        {
            return OperationResult.Fail(LinuxErrno.EPROTO);
        }

        StackInterface? ifp = MulticastDevice(group, local);
        return ifp is null && local.IsAny ? OperationResult.Fail(LinuxErrno.ENODEV) : Leave4(so, m => m.Group == group && (ifp is null ? m.Local == local : m.Index == ifp.Index));
    });

    /// <summary>MCAST_LEAVE_GROUP: an index is compared with those of the memberships, whether or not a device has it.</summary>
    public override OperationResult DropByInterface4(string socket, Ipv4Address group, uint index) => OnSocket(socket, so =>
    {
        StackInterface? ifp = index == 0 ? MulticastDevice(group, Ipv4Address.Any) : null;
        return index == 0 && ifp is null ? OperationResult.Fail(LinuxErrno.ENODEV) : Leave4(so, m => m.Group == group && m.Index == (ifp?.Index ?? index));
    });

    private OperationResult Leave4(StackSocket so, Predicate<SocketMembership4> isIt)
    {
        Fault?.ListUsed(so, "ip_mc_leave_group");
        int at = so.Memberships4.FindIndex(isIt);
        if (at < 0)
        {
            return OperationResult.Fail(LinuxErrno.EADDRNOTAVAIL);
        }

        Remove4(so, at);
        return OperationResult.Ok;
    }

    // inetdev_by_index: the group of an interface that is gone went with it.
    private void Remove4(StackSocket so, int at)
    {
        SocketMembership4 gone = so.Memberships4[at];
        Fault?.MembershipFreed(so, gone);
        so.Memberships4.RemoveAt(at);
        if (gone.Interface.IsAttached)
        {
            Fault?.Membership(gone.Interface, gone.Group.ToString(), -1, false);
        }
    }

    private void Remove6(StackSocket so, int at)
    {
        SocketMembership6 gone = so.Memberships6[at];
        so.Memberships6.RemoveAt(at);
        if (gone.Interface.IsAttached)
        {
            Fault?.Membership(gone.Interface, gone.Group.ToString(), -1, true);
        }
    }

    /// <summary>IP_ADD_SOURCE_MEMBERSHIP: ip_mc_join_group_ssm, which may find the group joined, then ip_mc_source.</summary>
    public override OperationResult JoinSource4(string socket, Ipv4Address group, Ipv4Address source, Ipv4Address local) => OnSocket(socket, so =>
    {
        StackInterface? ifp = MulticastDevice(group, local);
        OperationResult joined = Join4(so, group, local, ifp, []);
        if (joined.Error is not null && joined.Error != LinuxErrno.EADDRINUSE)
        {
            return joined;
        }

        SocketMembership4 membership = so.Memberships4.Find(m => m.Group == group && m.Index == ifp!.Index)!;
        membership.Sources ??= [];
        return AddSource(membership.Sources, source, MaxSources4);
    });

    /// <summary>IP_DROP_SOURCE_MEMBERSHIP: the last source takes the membership with it.</summary>
    public override OperationResult DropSource4(string socket, Ipv4Address group, Ipv4Address source, Ipv4Address local) => OnSocket(socket, so =>
    {
        if (!group.IsMulticast)
        {
            return OperationResult.Fail(LinuxErrno.EINVAL);
        }

        if (MulticastDevice(group, local) is not { } ifp)
        {
            return OperationResult.Fail(LinuxErrno.ENODEV);
        }

        Fault?.ListUsed(so, "ip_mc_source");
        int at = so.Memberships4.FindIndex(m => m.Group == group && m.Index == ifp.Index);
        if (at < 0)
        {
            return OperationResult.Fail(LinuxErrno.EINVAL);
        }

        so.Memberships4[at].Sources ??= [];
        return DropSource(so.Memberships4[at].Sources!, source, () => Remove4(so, at));
    });

    /// <summary>MCAST_JOIN_SOURCE_GROUP of IPv6: ipv6_sock_mc_join_ssm, then ip6_mc_source.</summary>
    public override OperationResult JoinSource6(string socket, Ipv6Address group, Ipv6Address source, uint index) => OnSocket(socket, so =>
    {
        OperationResult joined = Join6(socket, group, index);
        if (joined.Error is not null && joined.Error != LinuxErrno.EADDRINUSE)
        {
            return joined;
        }

        if ((index == 0 ? multicastRoutes6.FirstOrDefault() : ByIndex(index)) is null)
        {
            return OperationResult.Fail(LinuxErrno.ENODEV);
        }

        SocketMembership6 membership = so.Memberships6.Find(m => m.Group == group && (index == 0 || m.Index == index))!;
        membership.Sources ??= [];
        return AddSource(membership.Sources, source, MaxSources6);
    });

    /// <summary>MCAST_LEAVE_SOURCE_GROUP of IPv6: unlike a plain leave it looks for the device first (ip6_mc_find_idev).</summary>
    public override OperationResult DropSource6(string socket, Ipv6Address group, Ipv6Address source, uint index) => OnSocket(socket, so =>
    {
        if (!group.IsMulticast)
        {
            return OperationResult.Fail(LinuxErrno.EINVAL);
        }

        if ((index == 0 ? multicastRoutes6.FirstOrDefault() : ByIndex(index)) is null)
        {
            return OperationResult.Fail(LinuxErrno.ENODEV);
        }

        int at = so.Memberships6.FindIndex(m => m.Group == group && (index == 0 || m.Index == index));
        if (at < 0)
        {
            return OperationResult.Fail(LinuxErrno.EINVAL);
        }

        so.Memberships6[at].Sources ??= [];
        return DropSource(so.Memberships6[at].Sources!, source, () => Remove6(so, at));
    });

    private static OperationResult AddSource<T>(List<T> sources, T source, int most)
    {
        if (sources.Count >= most)
        {
            return OperationResult.Fail(LinuxErrno.ENOBUFS);
        }

        if (sources.Contains(source))
        {
            return OperationResult.Fail(LinuxErrno.EADDRNOTAVAIL);
        }

        sources.Add(source);
        return OperationResult.Ok;
    }

    private static OperationResult DropSource<T>(List<T> sources, T source, Action leave)
    {
        if (!sources.Contains(source))
        {
            return OperationResult.Fail(LinuxErrno.EADDRNOTAVAIL);
        }

        if (sources.Count == 1)
        {
            leave();
        }

        sources.Remove(source);
        return OperationResult.Ok;
    }

    /// <summary>ipv6_sock_mc_join: the duplicate test comes before the look-up of the device, and compares indices.</summary>
    public override OperationResult Join6(string socket, Ipv6Address group, uint index) => OnSocket(socket, so =>
    {
        if (!group.IsMulticast)
        {
            return OperationResult.Fail(LinuxErrno.EINVAL);
        }

        if (so.Memberships6.Exists(m => (index == 0 || m.Index == index) && m.Group == group))
        {
            return OperationResult.Fail(LinuxErrno.EADDRINUSE);
        }

        StackInterface? ifp = index == 0 ? multicastRoutes6.FirstOrDefault() : ByIndex(index);
        if (ifp is null)
        {
            return OperationResult.Fail(LinuxErrno.ENODEV);
        }

        so.Memberships6.Insert(0, new SocketMembership6(group, ifp, ifp.Index));
        Fault?.Membership(ifp, group.ToString(), 1, true);
        return OperationResult.Ok;
    });

    /// <summary>ipv6_sock_mc_drop: the socket's list alone decides, so that a membership of a device that is gone can be left.</summary>
    public override OperationResult Drop6(string socket, Ipv6Address group, uint index) => OnSocket(socket, so =>
    {
        if (!group.IsMulticast)
        {
            return OperationResult.Fail(LinuxErrno.EINVAL);
        }

        int at = so.Memberships6.FindIndex(m => m.Group == group && (index == 0 || m.Index == index));
        if (at < 0)
        {
            return OperationResult.Fail(LinuxErrno.EADDRNOTAVAIL);
        }

        Remove6(so, at);
        return OperationResult.Ok;
    });

    /// <summary>raw_sendmsg, ip_route_output_key_hash_rcu: source check, device check, then the tables; a multicast with a device needs no route.</summary>
    public override OperationResult Send4(string socket, Ipv4Address destination) => OnSocket(socket, so =>
    {
        if (so.IsStream)
        {
            return OperationResult.NotModelled;
        }

        StackInterface? ifp;
        if (destination.IsMulticast)
        {
            if (!so.MulticastLocal.IsAny && DeviceOf(so.MulticastLocal) is null)
            {
                return OperationResult.Fail(LinuxErrno.ENETUNREACH);
            }

            ifp = so.MulticastIndex == 0 ? RouteTo4(destination) : ByIndex(so.MulticastIndex);
            if (ifp is null)
            {
                return OperationResult.Fail(so.MulticastIndex == 0 ? LinuxErrno.ENETUNREACH : LinuxErrno.ENODEV);
            }
        }
        else if (DeviceOf(destination) is not null)
        {
            // The local table has every address of the system, whether its device is up or not; the packet goes to the loopback device.
            return OperationResult.With(Text(Send4Bytes));
        }
        else
        {
            ifp = RouteTo4(destination);
        }

        if (ifp is null || !ifp.IsUp)
        {
            return OperationResult.Fail(LinuxErrno.ENETUNREACH);
        }

        Enqueue(ifp, Frame.Ip4((byte)so.Number, Ipv4HeaderBytes + Send4Bytes, destination));
        return OperationResult.With(Text(Send4Bytes));
    });

    /// <inheritdoc/>
    public override OperationResult Send6(string socket, Ipv6Address destination) => OnSocket(socket, so =>
        Output6(destination, destination.IsMulticast ? so.MulticastIndex : 0, Send6Bytes));

    /// <summary>ip6_datagram_send_ctl refuses an index without device; with index 0 udpv6_sendmsg takes the socket's device for a group (mcast_oif).</summary>
    public override OperationResult SendWithPacketInfo6(string socket, Ipv6Address destination, uint index) => OnSocket(socket, so =>
        index != 0 && ByIndex(index) is null
            ? OperationResult.Fail(LinuxErrno.ENODEV)
            : Output6(destination, index == 0 && destination.IsMulticast ? so.MulticastIndex : index, SendPkt6Bytes));

    /// <summary>/proc/net/igmp and /proc/net/igmp6: a device's groups newest first, those that it joins automatically last.</summary>
    public override OperationResult State()
    {
        var igmp = new List<string>();
        var igmp6 = new List<string>();
        AddGroups6("lo", LoopbackIndex);
        foreach (StackInterface ifp in Interfaces)
        {
            List<(Ipv4Address Group, int Users)> groups = [.. Groups(s => s.Memberships4.Where(m => m.Index == ifp.Index).Select(m => m.Group))];
            if (ifp.IsUp)
            {
                groups.Add((Ipv4Address.AllHosts, 1));
            }

            if (groups.Count > 0)
            {
                igmp.Add($"{ifp.Index}\t{ifp.Name,-10}: {groups.Count,5}      V3");
                igmp.AddRange(groups.Select(g => $"{System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(g.Group.Value):X8} {g.Users,5} 0:00000000\t\t0"));
            }

            AddGroups6(ifp.Name, ifp.Index);
        }

        return OperationResult.With($"\n      igmp: {string.Join(" | ", igmp)}\n      igmp6: {string.Join(" | ", igmp6)}");

        void AddGroups6(string name, uint index)
        {
            igmp6.AddRange(Groups(s => s.Memberships6.Where(m => m.Index == index).Select(m => m.Group)).Select(g => Line6(name, index, g.Group, g.Users)));
            igmp6.Add(Line6(name, index, Ipv6Address.AllNodes, 1));
            igmp6.Add(Line6(name, index, Ipv6Address.InterfaceLocalAllNodes, 1));
        }

        IEnumerable<(T Group, int Users)> Groups<T>(Func<StackSocket, IEnumerable<T>> of) => Sockets.SelectMany(of).GroupBy(g => g).Select(g => (g.Key, g.Count()));

        // Flags: 4 last reporter, 8 never reported (MAF_LAST_REPORTER, MAF_NOREPORT); all-nodes of the link has both, of the interface only the second.
        static string Line6(string name, uint index, Ipv6Address group, int users) =>
            $"{index,-4} {name,-15} {group.High:x16}{group.Low:x16} {users,5} {(group == Ipv6Address.AllNodes ? 12 : group == Ipv6Address.InterfaceLocalAllNodes ? 8 : 4):X8} 0";
    }

    /// <summary>
    /// Time passes. The timers of IGMPv3 and MLDv2 hold a reference to the in_device or inet6_dev that they work on, so nothing freed is used; their reports are
    /// not modelled (docs/agreement.md).
    /// </summary>
    public override OperationResult Tick(int milliseconds)
    {
        detectedUpTo = Oracle.Step;
        Links.Slept(milliseconds);
        Fault?.TimePassed(milliseconds);
        return OperationResult.Ok;
    }

    private int detectedUpTo = -1;

    /// <summary>Whether addrconf_dad_work may not have run yet: it is put off when an address is added, and the address is tentative until then.</summary>
    private bool MayBeTentative(InterfaceAddress6 a) => a.AddedAt > detectedUpTo && Oracle.Step - a.AddedAt <= DetectionSteps;

    /// <inheritdoc/>
    protected override void ReleaseMemberships(StackSocket socket)
    {
        if (socket.Memberships4.Count > 0)
        {
            Fault?.ListUsed(socket, "ip_mc_drop_socket");
        }

        while (socket.Memberships4.Count > 0)
        {
            Remove4(socket, 0);
        }

        while (socket.Memberships6.Count > 0)
        {
            Remove6(socket, 0);
        }
    }

    /// <summary>Its connections are over the loopback interface, which the agent brings up for each. Two on one port are not modelled.</summary>
    public override OperationResult OpenTcp4(string socket, int port) => Sockets.Exists(so => so.IsStream && so.Number == port) ? OperationResult.NotModelled : OpenSocket(new StackSocket(socket, false, port) { IsStream = true, IsListening = true });

    /// <summary>inet_csk_clone_lock: the new socket has no memberships of the one that listens.</summary>
    public override OperationResult Accept4(string socket, string accepted) => OnSocket(socket, so =>
    {
        if (!so.IsListening)
        {
            return OperationResult.NotModelled;
        }

        var taken = new StackSocket(accepted, false, so.Number) { IsStream = true };
        OpenSocket(taken);
        Fault?.Cloned(so, taken);
        return OperationResult.Ok;
    });

    /// <summary>
    /// What the agent and the end of its network namespace do after a list: sockets are closed in the order of their opening, interfaces go in the order in which the agent heard of them, the loopback
    /// interface last. Bad accesses during this belong to the step after the list's last.
    /// </summary>
    /// <param name="list">The list.</param>
    public void CleanUp(IReadOnlyList<Operation> list)
    {
        Oracle.BeginStep(list.Count + 1, "end");
        foreach (StackSocket socket in Sockets.AsEnumerable().Reverse().ToArray())
        {
            ReleaseMemberships(socket);
            Sockets.Remove(socket);
        }

        foreach (string name in list.SelectMany(KnownToAgent).Concat(Interfaces.Select(i => i.Name)).ToArray())
        {
            Destroy(name);
        }

        Fault?.Unregistered(Loopback);
    }

    // tunnel_named: making an interface alone leaves the agent without it.
    private static IEnumerable<string> KnownToAgent(Operation operation) => operation.Kind switch
    {
        OperationKind.Open or OperationKind.IfClose or OperationKind.Destroy or OperationKind.Index or OperationKind.Addr6 or OperationKind.DelAddr6 or OperationKind.Drain => [operation.Target],
        _ => operation.Selector.Kind == SelectorKind.LastIndex ? [operation.Selector.Name] : [],
    };

    // Destroying it attaches to it first, as the agent does (interface_destroy).
    private void TellOfDestruction(StackInterface ifp)
    {
        Fault?.Detached(ifp);
        if (ifp.IsUp)
        {
            Fault?.WentDown(ifp);
            ifp.Addresses6.Clear();
        }

        Fault?.Unregistered(ifp);
    }

    private static string Text(uint value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Enqueue(StackInterface ifp, Frame frame)
    {
        if (ifp.IsOpen)
        {
            ifp.Queue.Add(frame);
        }
    }

    private OperationResult OnInterface(string name, Func<StackInterface, OperationResult> answer) =>
        Find(name) is { } ifp ? answer(ifp) : OperationResult.Fail(LinuxErrno.CannotFindDevice(name));

    private OperationResult OnSocket(string name, Func<StackSocket, OperationResult> answer) =>
        FindSocket(name) is { } so ? answer(so) : OperationResult.Fail(LinuxErrno.EBADF);

    /// <summary>__ip_dev_find: the newest address in the bucket.</summary>
    private StackInterface? DeviceOf(Ipv4Address local) => AddressHash.Find(a => a.Local == local)?.Interface;

    /// <summary>ip_mc_find_dev: by address; without one by the route to the group.</summary>
    private StackInterface? MulticastDevice(Ipv4Address group, Ipv4Address local) => local.IsAny ? RouteTo4(group) : DeviceOf(local);

    /// <summary>
    /// ip6_dst_lookup_tail: the route is looked for first, then a source address for its device; without a route any address of the system will do as
    /// source, and only if there is one does the missing route become the error. An address that is tentative is not a source, and neither it nor its
    /// peer has a route: where that makes a difference the answer has an alternative.
    /// </summary>
    private OperationResult Output6(Ipv6Address destination, uint index, int bytes)
    {
        (StackError? error, StackInterface? output) = Route6(destination, index, _ => true, a => a.OwnsRoute);
        if (output is not null)
        {
            Fault?.Routed6(output, destination.IsMulticast ? "ff00::/8" : destination.ToString());
            Enqueue(output, Frame.Ip6(Udp, Ipv6AndUdpHeaderBytes + bytes, false, destination));
        }

        // The detection runs in the order of the additions, and up to any of them it may have run; or it ran so late that the device had come up.
        List<StackError?> others = [];
        InterfaceAddress6[] pending = [.. Interfaces.SelectMany(i => i.Addresses6).Where(MayBeTentative)];
        foreach (int from in pending.Select(a => a.AddedAt).Distinct())
        {
            others.Add(Route6(destination, index, a => a.AddedAt < from, a => a.OwnsRoute && a.AddedAt < from).Error);
        }

        others.Add(Route6(destination, index, _ => true, a => a.OwnsRoute || a.MayOwnRoute).Error);
        return Answer(error) with { Otherwise = [.. others.Where(e => e != error).Distinct().Select(Answer)] };

        OperationResult Answer(StackError? e) => e is null ? OperationResult.With(Text((uint)bytes)) : OperationResult.Fail(e);
    }

    /// <summary>The error of a send, or the device that the packet leaves by; null for one of the system's own addresses.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="index">The device asked for, 0 for any.</param>
    /// <param name="isGood">Whether an address is no longer tentative.</param>
    /// <param name="hasPeerRoute">Whether the route to an address's peer is there.</param>
    private (StackError? Error, StackInterface? Output) Route6(Ipv6Address destination, uint index, Predicate<InterfaceAddress6> isGood, Predicate<InterfaceAddress6> hasPeerRoute)
    {
        List<StackInterface> devices = Interfaces.FindAll(i => index == 0 || i.Index == index);
        if (devices.Exists(i => i.Addresses6.Exists(a => a.Address == destination && isGood(a))))
        {
            return default;
        }

        StackInterface? output = destination.IsMulticast
            ? multicastRoutes6.Find(devices.Contains)
            : devices.Find(i => i.Addresses6.Exists(a => a.Peer == destination && hasPeerRoute(a)))
                ?? MainRoute6(destination, devices);
        // ipv6_dev_get_saddr: of the device alone for a group or a link-local destination, else of the whole system.
        bool isOfDevice = output is not null && (destination.IsMulticast || destination.IsLinkLocal);
        bool hasSource = (isOfDevice ? [output!] : Interfaces).Exists(i => i.Addresses6.Exists(isGood));
        return (!hasSource ? LinuxErrno.EADDRNOTAVAIL : output is null ? LinuxErrno.ENETUNREACH : null, hasSource ? output : null);
    }

    /// <summary>The longest prefix of the main table; of two equal ones an address's, whose metric is the lower.</summary>
    private StackInterface? MainRoute6(Ipv6Address destination, List<StackInterface> devices)
    {
        (StackInterface? best, int length) = (null, -1);
        foreach (StackInterface device in devices)
        {
            foreach (InterfaceAddress6 a in device.Addresses6.Where(a => a.HasPrefixRoute && a.PrefixLength < 128 && a.PrefixLength > length && a.IsInPrefix(destination)))
            {
                (best, length) = (device, a.PrefixLength);
            }
        }

        foreach ((Ipv6Address prefix, int bits, StackInterface device) in routes6.Where(r => devices.Contains(r.Device) && destination.Prefix(r.Length) == r.Destination))
        {
            (best, length) = bits > length ? (device, bits) : (best, length);
        }

        return best;
    }
}
