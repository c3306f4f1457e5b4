using System.Globalization;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Stacks.Linux;

/// <summary>
/// Linux 6.18 with TUN devices in a network namespace of its own, where the loopback interface is down and without address, and no address is made automatically.
/// Sockets keep interface indices (reference 9.7), so that no freed memory is ever read: what is stale here is a number. Modelled from net/ipv4/devinet.c, igmp.c,
/// ip_sockglue.c, route.c and net/ipv6/addrconf.c, mcast.c, datagram.c, ip6_output.c; checked against the recorded answers.
/// </summary>
/// <param name="conditions">How the recording program called the system's tools.</param>
public sealed class Linux6Stack(RecordingConditions conditions) : StackBase
{
    private const byte Udp = 17;
    private const int Ipv4HeaderBytes = 20;
    private const int Ipv6AndUdpHeaderBytes = 48;

    /// <summary>For how many steps after its addition an IPv6 address may still be tentative: in the recordings looked at it was for 35 at most.</summary>
    private const int DetectionSteps = 64;

    /// <summary>The peer last given with a local address, on whatever interface and even when the request failed.</summary>
    private readonly SortedDictionary<Ipv4Address, Ipv4Address> lastPeer = [];

    /// <summary>The ff00::/8 routes of the local table, one an interface, in the order they were added (addrconf_add_mroute at NETDEV_UP).</summary>
    private readonly List<StackInterface> multicastRoutes6 = [];

    private uint lastIndex = LoopbackIndex;

    public override string Name => "linux-6";

    public override string Design => "notifier-hold";

    protected override StackError BadDescriptor => LinuxErrno.EBADF;

    protected override StackError NoInterface(string name) => LinuxErrno.CannotFindDevice(name);

    /// <summary>dev_new_index: every index is new until the numbers run out.</summary>
    protected override uint AllocateIndex() => ++lastIndex;

    public override OperationResult Create(string name)
    {
        if (Find(name) is not null)
        {
            return OperationResult.Fail(LinuxErrno.EBUSY);
        }

        Interfaces.Add(new StackInterface(name, AllocateIndex(), Oracle.Allocate("net_device", name)) { IsMulticast = true });
        return OperationResult.Ok;
    }

    /// <summary>The recording's program opens the device's clone node, which asks for no interface.</summary>
    public override OperationResult Open(string name)
    {
        if (Find(name) is { } ifp)
        {
            ifp.IsOpen = true;
        }

        return OperationResult.Ok;
    }

    public override OperationResult Index(string name) => Find(name) is { } ifp ? OperationResult.With(Text(ifp.Index)) : OperationResult.Fail(LinuxErrno.NoIndex);

    public override OperationResult Up(string name) => OnInterface(name, ifp =>
    {
        if (!ifp.IsUp)
        {
            // fixup_permanent_addr; what else the detection adds, it adds when it runs.
            ifp.Addresses6.ForEach(a => (a.HasPrefixRoute, a.MayOwnRoute) = (true, a.Peer is not null && MayBeTentative(a)));
        }

        ifp.IsUp = true;
        if (!multicastRoutes6.Contains(ifp))
        {
            multicastRoutes6.Add(ifp);
        }

        return OperationResult.Ok;
    });

    /// <summary>NETDEV_DOWN: addrconf_ifdown takes the IPv6 addresses, IPv4 keeps its own.</summary>
    public override OperationResult Down(string name) => OnInterface(name, ifp =>
    {
        if (ifp.IsUp)
        {
            ifp.IsUp = false;
            ifp.Addresses6.Clear();
            multicastRoutes6.Remove(ifp);
        }

        return OperationResult.Ok;
    });

    /// <summary>The recording's program kept the device open until destroy.</summary>
    public override OperationResult CloseDevice(string name) => OnInterface(name, _ => OperationResult.With("n/a"));

    /// <summary>unregister_netdevice: the notifiers drop routes, addresses and the device's own group list; sockets keep their indices.</summary>
    public override OperationResult Destroy(string name) => OnInterface(name, ifp =>
    {
        ifp.IsAttached = false;
        Interfaces.Remove(ifp);
        multicastRoutes6.Remove(ifp);
        AddressHash.RemoveAll(a => a.Interface == ifp);
        ifp.Addresses4.Clear();
        ifp.Addresses6.Clear();
        Oracle.Free(ifp.Memory);
        return OperationResult.Ok;
    });

    /// <summary>inet_rtm_newaddr: the same local address with the same peer is there already; the newest goes to the head of its hash bucket.</summary>
    public override OperationResult AddAddress4(string name, Ipv4Address local, Ipv4Address peer)
    {
        lastPeer[local] = peer;
        return OnInterface(name, ifp =>
        {
            if (ifp.Addresses4.Exists(a => a.Local == local && a.Peer == peer))
            {
                return OperationResult.Fail(LinuxErrno.Address4Assigned);
            }

            var ifa = new InterfaceAddress4(ifp, local, peer, NextAddressSequence());
            ifp.Addresses4.Add(ifa);
            AddressHash.Insert(0, ifa);
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

        ifp.Addresses4.Remove(ifa);
        AddressHash.Remove(ifa);
        return OperationResult.Ok;
    });

    /// <summary>
    /// inet6_rtm_newaddr. The route to the peer is added at once or never: on a device that is down it is refused, and at NETDEV_UP only the route of the
    /// address itself is made up for (fixup_permanent_addr).
    /// </summary>
    public override OperationResult AddAddress6(string name, Ipv6Address local, int prefixLength, Ipv6Address? peer) => OnInterface(name, ifp =>
    {
        if (ifp.Addresses6.Exists(a => a.Address == local))
        {
            return OperationResult.Fail(LinuxErrno.Address6Assigned);
        }

        ifp.Addresses6.Add(new InterfaceAddress6(ifp, local, prefixLength, NextAddressSequence())
        {
            Peer = peer, OwnsRoute = peer is not null && ifp.IsUp, HasPrefixRoute = ifp.IsUp, AddedAt = Oracle.Step,
        });
        return OperationResult.Ok;
    });

    public override OperationResult DeleteAddress6(string name, Ipv6Address local) => OnInterface(name, ifp =>
        ifp.Addresses6.RemoveAll(a => a.Address == local) > 0 ? OperationResult.Ok : OperationResult.Fail(LinuxErrno.Address6NotFound));

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

    public override OperationResult SetMulticastInterface6(string socket, uint index) => OnSocket(socket, so =>
    {
        if (index != 0 && ByIndex(index) is null)
        {
            return OperationResult.Fail(LinuxErrno.ENODEV);
        }

        so.MulticastIndex = index;
        return OperationResult.Ok;
    });

    public override OperationResult GetMulticastInterface4(string socket) => OnSocket(socket, so => OperationResult.With(so.MulticastLocal.ToString()));

    public override OperationResult GetMulticastInterface6(string socket) => OnSocket(socket, so => OperationResult.With(Text(so.MulticastIndex)));

    /// <summary>ip_mc_join_group.</summary>
    public override OperationResult Join4(string socket, Ipv4Address group, Ipv4Address local) => OnSocket(socket, so =>
    {
        if (!group.IsMulticast)
        {
            return OperationResult.Fail(LinuxErrno.EINVAL);
        }

        if (MulticastDevice(group, local) is not { } ifp)
        {
            return OperationResult.Fail(LinuxErrno.ENODEV);
        }

        if (so.Memberships4.Exists(m => m.Group == group && m.Index == ifp.Index))
        {
            return OperationResult.Fail(LinuxErrno.EADDRINUSE);
        }

        if (so.Memberships4.Count >= MaxMemberships4)
        {
            return OperationResult.Fail(LinuxErrno.ENOBUFS);
        }

        // New entries go to the head of mc_list.
        so.Memberships4.Insert(0, new SocketMembership4(group, local, ifp, ifp.Index));
        return OperationResult.Ok;
    });

    /// <summary>ip_mc_leave_group: with an address that is nobody's now, a membership that was joined by that address is still found.</summary>
    public override OperationResult Drop4(string socket, Ipv4Address group, Ipv4Address local) => OnSocket(socket, so =>
    {
        StackInterface? ifp = MulticastDevice(group, local);
        if (ifp is null && local.IsAny)
        {
            return OperationResult.Fail(LinuxErrno.ENODEV);
        }

        int at = so.Memberships4.FindIndex(m => m.Group == group && (ifp is null ? m.Local == local : m.Index == ifp.Index));
        if (at < 0)
        {
            return OperationResult.Fail(LinuxErrno.EADDRNOTAVAIL);
        }

        so.Memberships4.RemoveAt(at);
        return OperationResult.Ok;
    });

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
        return OperationResult.Ok;
    });

    /// <summary>ipv6_sock_mc_drop: the socket's list alone decides, so that a membership of a device that is gone can be left.</summary>
    public override OperationResult Drop6(string socket, Ipv6Address group, uint index) => OnSocket(socket, so =>
    {
        int at = so.Memberships6.FindIndex(m => m.Group == group && (index == 0 || m.Index == index));
        if (at < 0)
        {
            return OperationResult.Fail(LinuxErrno.EADDRNOTAVAIL);
        }

        so.Memberships6.RemoveAt(at);
        return OperationResult.Ok;
    });

    /// <summary>raw_sendmsg, ip_route_output_key_hash_rcu: source check, device check, then the tables; a multicast with a device needs no route.</summary>
    public override OperationResult Send4(string socket, Ipv4Address destination) => OnSocket(socket, so =>
    {
        StackInterface? ifp;
        if (destination.IsMulticast)
        {
            if (!so.MulticastLocal.IsAny && DeviceOf(so.MulticastLocal) is null)
            {
                return OperationResult.Fail(LinuxErrno.ENETUNREACH);
            }

            if (so.MulticastIndex == 0)
            {
                return OperationResult.Fail(LinuxErrno.ENETUNREACH);
            }

            ifp = ByIndex(so.MulticastIndex);
            if (ifp is null)
            {
                return OperationResult.Fail(LinuxErrno.ENODEV);
            }
        }
        else if (DeviceOf(destination) is not null)
        {
            // The local table has every address of the system, whether its device is up or not; the packet goes to the loopback device.
            return OperationResult.With(Text(Send4Bytes));
        }
        else
        {
            ifp = Interfaces.Where(i => i.IsUp).SelectMany(i => i.Addresses4).Where(a => a.Peer == destination).MinBy(a => a.Sequence)?.Interface;
        }

        if (ifp is null || !ifp.IsUp)
        {
            return OperationResult.Fail(LinuxErrno.ENETUNREACH);
        }

        Enqueue(ifp, Frame.Ip4((byte)so.Number, Ipv4HeaderBytes + Send4Bytes, destination));
        return OperationResult.With(Text(Send4Bytes));
    });

    public override OperationResult Send6(string socket, Ipv6Address destination) => OnSocket(socket, so =>
        Output6(destination, destination.IsMulticast ? so.MulticastIndex : 0, Send6Bytes));

    /// <summary>ip6_datagram_send_ctl refuses an index without device; with index 0 udpv6_sendmsg takes the socket's device for a group (mcast_oif).</summary>
    public override OperationResult SendWithPacketInfo6(string socket, Ipv6Address destination, uint index) => OnSocket(socket, so =>
        index != 0 && ByIndex(index) is null
            ? OperationResult.Fail(LinuxErrno.ENODEV)
            : Output6(destination, index == 0 && destination.IsMulticast ? so.MulticastIndex : index, SendPkt6Bytes));

    /// <summary>/proc/net/igmp and /proc/net/igmp6: a device's groups newest first, the ones that it joins by itself last.</summary>
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
        return OperationResult.Ok;
    }

    private int detectedUpTo = -1;

    /// <summary>Whether addrconf_dad_work may not have run yet: it is put off when an address is added, and the address is tentative until then.</summary>
    private bool MayBeTentative(InterfaceAddress6 a) => a.AddedAt > detectedUpTo && Oracle.Step - a.AddedAt <= DetectionSteps;

    protected override void ReleaseMemberships(StackSocket socket)
    {
        socket.Memberships4.Clear();
        socket.Memberships6.Clear();
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

    /// <summary>ip_mc_find_dev: by address; without one by the route to the group, and these namespaces have none.</summary>
    private StackInterface? MulticastDevice(Ipv4Address group, Ipv4Address local) =>
        local.IsAny ? Interfaces.Find(i => i.IsUp && i.Addresses4.Exists(a => a.Peer == group)) : DeviceOf(local);

    /// <summary>
    /// ip6_dst_lookup_tail: the route is looked for first, then a source address for its device; without a route any address of the system will do as
    /// source, and only if there is one does the missing route become the error. An address that is tentative is no source, and neither it nor its
    /// peer has a route: where that makes a difference the answer has another one beside it.
    /// </summary>
    private OperationResult Output6(Ipv6Address destination, uint index, int bytes)
    {
        (StackError? error, StackInterface? output) = Route6(destination, index, _ => true, a => a.OwnsRoute);
        if (output is not null)
        {
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
                ?? devices.Find(i => i.Addresses6.Exists(a => a.HasPrefixRoute && a.PrefixLength < 128 && a.IsInPrefix(destination)));
        bool hasSource = output is null ? Interfaces.Exists(i => i.Addresses6.Exists(isGood)) : output.Addresses6.Exists(isGood);
        return (!hasSource ? LinuxErrno.EADDRNOTAVAIL : output is null ? LinuxErrno.ENETUNREACH : null, hasSource ? output : null);
    }
}
