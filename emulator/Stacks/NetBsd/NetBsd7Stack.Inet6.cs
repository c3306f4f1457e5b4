using Stress.Emulator.Wire;

namespace Stress.Emulator.Stacks.NetBsd;

/// <summary>IPv6 of NetBSD 7.99.34: sys/netinet6/in6.c, in6_ifattach.c, in6_src.c, ip6_output.c, mld6.c, scope6.c.</summary>
public sealed partial class NetBsd7Stack
{
    private const int Ipv6HeaderBytes = 40;
    private const int UdpHeaderBytes = 8;
    private const int MldPacketBytes = 72;

    private const string ReadsAddresses = "in6ifa_ifpforlinklocal";
    private const long AutomaticReportDelayMilliseconds = 1_000;

    /// <summary>in6_multi records hang off an address (in6m_ia), or off their interface's kludge entry when in6m_ia is null (reference 3.3).</summary>
    private readonly List<In6Multi> in6Multis = [];

    /// <summary>The host routes: to far ends, and to the router's own addresses through lo0. One for a destination.</summary>
    private readonly List<HostRoute6> routes6 = [];

    /// <summary>nd_prefix: the prefixes of addresses that are not point-to-point, newest first.</summary>
    private readonly List<NdPrefix> prefixes = [];

    /// <summary>The free list of the blocks that hold an in6_ifaddr, the last freed first; a block that was freed twice is on it twice.</summary>
    private readonly Stack<int> freeAddressBlocks = [];
    private readonly List<(InterfaceAddress6 Address, int Block)> addressBlocks = [];
    private int lastAddressBlock;
    private readonly List<(SocketMembership6 Membership, In6Multi Record)> im6oMemberships = [];
    private readonly List<(In6Multi Record, long Due)> mldTimers = [];
    private long now;
    private ulong automaticIdentifier = 0x0200_5EFF_FEA7_5100;

    private sealed class In6Multi(Ipv6Address group, StackInterface ifp, InterfaceAddress6 ia, StackMemory memory)
    {
        public Ipv6Address Group { get; } = group;

        public StackInterface Interface { get; } = ifp;

        /// <summary>The address whose list it is on; null on the kludge list.</summary>
        public InterfaceAddress6? Address { get; set; } = ia;

        public StackMemory Memory { get; } = memory;

        public int References { get; set; } = 1;

        /// <summary>MLD_IREPORTEDLAST: this system sent the last report.</summary>
        public bool ReportedLast { get; set; }

        /// <summary>MLD_REPORTPENDING: the first report waits for its timer.</summary>
        public bool IsReportPending { get; set; }
    }

    private sealed class HostRoute6(Ipv6Address destination, bool isLocal, InterfaceAddress6 owner)
    {
        public Ipv6Address Destination { get; } = destination;

        /// <summary>The outgoing interface is lo0, whichever interface has the address.</summary>
        public bool IsLocal { get; } = isLocal;

        public InterfaceAddress6 Owner { get; set; } = owner;

        /// <summary>Link-local addresses carry their zone: the same one on two interfaces is two destinations.</summary>
        public bool IsTo(Ipv6Address address, StackInterface? zone) => Destination == address && (!address.IsLinkLocal || Owner.Interface == zone);
    }

    private sealed class NdPrefix(StackInterface ifp, Ipv6Address prefix, int length)
    {
        public StackInterface Interface { get; } = ifp;

        public Ipv6Address Prefix { get; } = prefix;

        public int Length { get; } = length;

        public List<InterfaceAddress6> Users { get; } = [];

        /// <summary>The address that its route was made with; null while another interface or none has the route.</summary>
        public InterfaceAddress6? Route { get; set; }
    }

    /// <summary>in6_control SIOCAIFADDR_IN6, in6_update_ifa, in6_ifinit.</summary>
    public override OperationResult AddAddress6(string name, Ipv6Address local, int prefixLength, Ipv6Address? peer)
    {
        if (Find(name) is not { } ifp)
        {
            return OperationResult.Fail(NetBsdErrno.ENXIO);
        }

        bool wasUp = ifp.IsUp;
        StackError? error = In6UpdateIfa(ifp, local, prefixLength, peer, isAutomatic: false);
        if (ifp.IsUp && !wasUp)
        {
            IfUp(ifp);
        }

        return error is null ? OperationResult.Ok : OperationResult.Fail(error);
    }

    /// <inheritdoc/>
    public override OperationResult DeleteAddress6(string name, Ipv6Address local)
    {
        if (Find(name) is not { } ifp)
        {
            return OperationResult.Fail(NetBsdErrno.ENXIO);
        }

        if (ifp.Addresses6.Find(a => a.Address == local) is not { } ia)
        {
            return OperationResult.Fail(NetBsdErrno.EADDRNOTAVAIL);
        }

        NdPrefix? prefix = prefixes.Find(p => p.Users.Contains(ia));
        In6PurgeAddr(ia);
        if (prefix is { Users.Count: 0 })
        {
            PrelistRemove(prefix);
        }

        FreeAddresses6();
        return OperationResult.Ok;
    }

    /// <inheritdoc/>
    public override OperationResult SetMulticastInterface6(string socket, uint index)
    {
        if (FindSocket(socket) is not { } so)
        {
            return OperationResult.Fail(NetBsdErrno.EBADF);
        }

        if (index != 0)
        {
            if (ByIndex(index) is not { } ifp)
            {
                return OperationResult.Fail(NetBsdErrno.ENXIO, Text(index));
            }

            if (!ifp.IsMulticast)
            {
                return OperationResult.Fail(NetBsdErrno.EADDRNOTAVAIL, Text(index));
            }
        }

        so.MulticastIndex = index;
        return OperationResult.With(Text(index));
    }

    /// <inheritdoc/>
    public override OperationResult GetMulticastInterface6(string socket) => FindSocket(socket) is { } so
        ? OperationResult.With(Text(so.MulticastIndex))
        : OperationResult.Fail(NetBsdErrno.EBADF);

    /// <summary>IPV6_JOIN_GROUP (reference 3.5): the group's record needs an address of the interface to hang off.</summary>
    public override OperationResult Join6(string socket, Ipv6Address group, uint index)
    {
        if (FindSocket(socket) is not { } so)
        {
            return OperationResult.Fail(NetBsdErrno.EBADF);
        }

        if (!group.IsMulticast)
        {
            return OperationResult.Fail(NetBsdErrno.EINVAL, Text(index));
        }

        // Without an index the route to the group decides, and there is none to a group without a zone.
        StackInterface? ifp = ByIndex(index);
        if (ifp is null && index != 0)
        {
            return OperationResult.Fail(NetBsdErrno.ENXIO, Text(index));
        }

        if (ifp is null || !ifp.IsMulticast)
        {
            return OperationResult.Fail(NetBsdErrno.EADDRNOTAVAIL, Text(index));
        }

        if (so.Memberships6.Exists(m => m.Interface == ifp && m.Group == group))
        {
            return OperationResult.Fail(NetBsdErrno.EADDRINUSE, Text(index));
        }

        if (In6AddMulti(group, ifp, isDelayed: false) is not { } record)
        {
            return OperationResult.Fail(NetBsdErrno.EADDRNOTAVAIL, Text(index));
        }

        var membership = new SocketMembership6(group, ifp, index);
        im6oMemberships.Add((membership, record));
        so.Memberships6.Insert(0, membership);
        return OperationResult.With(Text(index));
    }

    /// <inheritdoc/>
    public override OperationResult Drop6(string socket, Ipv6Address group, uint index)
    {
        if (FindSocket(socket) is not { } so)
        {
            return OperationResult.Fail(NetBsdErrno.EBADF);
        }

        if (!group.IsMulticast)
        {
            return OperationResult.Fail(NetBsdErrno.EINVAL, Text(index));
        }

        StackInterface? ifp = null;
        if (index != 0 && (ifp = ByIndex(index)) is null)
        {
            return OperationResult.Fail(NetBsdErrno.ENXIO, Text(index));
        }

        // The record of a link-local or interface-local group holds its zone, which only an index puts into the group that is compared with it.
        if (so.Memberships6.Find(m => m.Group == group && (ifp is null ? !group.HasEmbeddedScope : m.Interface == ifp)) is not { } membership)
        {
            return OperationResult.Fail(NetBsdErrno.EADDRNOTAVAIL, Text(index));
        }

        ReleaseMembership6(so, membership);
        return OperationResult.With(Text(index));
    }

    /// <summary>udp6_output without options.</summary>
    public override OperationResult Send6(string socket, Ipv6Address destination)
    {
        if (FindSocket(socket) is not { } so)
        {
            return OperationResult.Fail(NetBsdErrno.EBADF);
        }

        StackInterface? ifp = destination.IsMulticast && so.MulticastIndex != 0 ? ByIndex(so.MulticastIndex) : null;
        StackError? error = Output6(destination, ifp, isOption: false, Send6Bytes);
        return error is null ? OperationResult.With(Text(Send6Bytes)) : OperationResult.Fail(error);
    }

    /// <summary>ip6_setpktopts refuses an index without interface (ENXIO); index 0 leaves the choice to the socket.</summary>
    public override OperationResult SendWithPacketInfo6(string socket, Ipv6Address destination, uint index)
    {
        if (FindSocket(socket) is not { } so)
        {
            return OperationResult.Fail(NetBsdErrno.EBADF);
        }

        StackInterface? ifp = ByIndex(index);
        if (index != 0 && ifp is null)
        {
            return OperationResult.Fail(NetBsdErrno.ENXIO, Text(index));
        }

        if (index == 0 && destination.IsMulticast && so.MulticastIndex != 0)
        {
            ifp = ByIndex(so.MulticastIndex);
        }

        StackError? error = Output6(destination, ifp, isOption: true, SendPkt6Bytes, optionIndex: index);
        return error is null ? OperationResult.With(Text(index)) : OperationResult.Fail(error, Text(index));
    }

    /// <summary>Lets delayed reports of IGMP and MLD leave, each at the latest moment that its random delay allows.</summary>
    public override OperationResult Tick(int milliseconds)
    {
        now += milliseconds;
        IgmpFastTimo();
        while (mldTimers.FindIndex(t => t.Due <= now) is >= 0 and int at)
        {
            In6Multi record = mldTimers[at].Record;
            mldTimers.RemoveAt(at);
            MldTimeo(record);
        }

        return OperationResult.Ok;
    }

    /// <summary>
    /// in6_selectsrc and ip6_output. The outgoing interface is found first (EHOSTUNREACH), then a source for it (EADDRNOTAVAIL); then ip6_output finds the interface
    /// again: for a group by the index of the option if there is one, else by the socket's, else by a route. With an option that says 0 it asks for a route to the
    /// group although the socket has chosen an interface; the group has that interface's zone by now.
    /// </summary>
    private StackError? Output6(Ipv6Address destination, StackInterface? chosen, bool isOption, int bytes, uint optionIndex = 0)
    {
        StackInterface? route = Route6(destination, destination.IsLinkLocal ? chosen : null, out StackInterface? addressOn);
        StackInterface? ifp = chosen ?? addressOn;
        if (ifp is null)
        {
            return NetBsdErrno.EHOSTUNREACH;
        }

        if (!HasSource6(ifp, destination))
        {
            return NetBsdErrno.EADDRNOTAVAIL;
        }

        if (destination.IsMulticast)
        {
            bool needsRoute = isOption && optionIndex == 0;
            if (needsRoute && !(destination.HasEmbeddedScope && ifp.MulticastRoute6 is not null))
            {
                return NetBsdErrno.EHOSTUNREACH;
            }
        }
        else if (route is null || (optionIndex != 0 && !route.IsLoopback && route.Index != optionIndex))
        {
            return NetBsdErrno.EHOSTUNREACH;
        }

        StackInterface output = destination.IsMulticast ? ifp : route!;
        if (!output.IsLoopback)
        {
            TunOutput(output, Frame.Ip6(Udp, Ipv6HeaderBytes + UdpHeaderBytes + bytes, false, destination));
        }

        return null;
    }

    /// <summary>rtalloc1: a host route, else the route of the longest prefix; groups have routes with a zone only, which a plain destination does not match.</summary>
    /// <returns>The outgoing interface; lo0 for one of the router's own addresses.</returns>
    private StackInterface? Route6(Ipv6Address destination, StackInterface? zone, out StackInterface? addressOn)
    {
        addressOn = null;
        if (destination.IsMulticast || (destination.IsLinkLocal && zone is null))
        {
            return null;
        }

        if (routes6.Find(r => r.IsTo(destination, zone)) is { } host)
        {
            addressOn = host.Owner.Interface;
            return host.IsLocal ? Loopback : addressOn;
        }

        NdPrefix? prefix = prefixes.Where(p => p.Route is not null && destination.Prefix(p.Length) == p.Prefix && (!destination.IsLinkLocal || p.Interface == zone)).MaxBy(p => p.Length);
        return addressOn = prefix?.Interface;
    }

    /// <summary>
    /// in6_selectsrc: an address is good when its interface is in the zone of the destination and the outgoing interface in the address's own zone; addresses
    /// that are detached are not looked at, and ::1 only for lo0.
    /// </summary>
    private bool HasSource6(StackInterface ifp, Ipv6Address destination)
    {
        foreach (StackInterface other in Interfaces.Prepend(Loopback))
        {
            if (other == ifp || !destination.HasEmbeddedScope)
            {
                foreach (InterfaceAddress6 a in other.Addresses6)
                {
                    if (!a.IsDetached && (a.Address.IsLoopback ? ifp.IsLoopback : !a.Address.IsLinkLocal || other == ifp))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    /// <summary>in6_ifattach at if_up: a link-local address is made when there is none.</summary>
    private void In6IfAttach(StackInterface ifp)
    {
        if (conditions.AutomaticLinkLocal && ifp.IsMulticast && !ifp.Addresses6.Exists(a => a.Address.IsLinkLocal))
        {
            In6UpdateIfa(ifp, Ipv6Address.LinkLocal(++automaticIdentifier), 64, null, isAutomatic: true);
        }
    }

    /// <summary>
    /// in6_update_ifa and in6_ifinit: the peer's host route is asked for every time, so an address that has it already fails with EEXIST. A new address that
    /// fails is freed twice: rtrequest1 drops the only reference, and in6_update_ifa frees it again.
    /// </summary>
    private StackError? In6UpdateIfa(StackInterface ifp, Ipv6Address address, int prefixLength, Ipv6Address? peer, bool isAutomatic)
    {
        if (peer is not null && prefixLength != 128)
        {
            return NetBsdErrno.EINVAL;
        }

        InterfaceAddress6? ia = ifp.Addresses6.Find(a => a.Address == address);
        bool isNew = ia is null;
        if (ia is not null && ia.PrefixLength != prefixLength)
        {
            return NetBsdErrno.EINVAL;
        }

        int block = 0;
        if (ia is null)
        {
            ia = new InterfaceAddress6(ifp, address, prefixLength, NextAddressSequence());
            block = freeAddressBlocks.Count > 0 ? freeAddressBlocks.Pop() : ++lastAddressBlock;
        }

        // ia6_flags is set anew each time.
        ia.IsDetached = false;
        if (peer is { } p && ia.Peer != p)
        {
            if (ia.OwnsRoute)
            {
                routes6.RemoveAll(r => r.Owner == ia && r.Destination == ia.Peer && !r.IsLocal);
                ia.OwnsRoute = false;
            }

            ia.Peer = p;
        }

        if (isNew && ifp.Addresses6.Count == 0)
        {
            TunInit(ifp);
        }

        if (ia.Peer is { } far)
        {
            if (!AddRoute6(far, isLocal: false, ia))
            {
                if (isNew && design.ReusesMemory)
                {
                    freeAddressBlocks.Push(block);
                    freeAddressBlocks.Push(block);
                }

                return NetBsdErrno.EEXIST;
            }

            ia.OwnsRoute = true;
        }

        if (isNew)
        {
            AddRoute6(address, isLocal: true, ia);
            if (addressBlocks.Exists(b => b.Block == block))
            {
                // The memory is that of an address on the list: cleared, it is the list's last entry, behind which it is to be put itself.
                Oracle.Die(BadAccessKind.Panic, "pslist_writer_insert_after", "pslist.h", $"the in6_ifaddr of {address} on {ifp.Name} lies in a block that was freed twice and is in use");
                return null;
            }

            addressBlocks.Add((ia, block));
            ifp.Addresses6.Add(ia);
        }

        if (ifp.IsMulticast)
        {
            In6RestoreMkludge(ia);
            if (isNew)
            {
                ifp.MulticastRoute6 ??= ia;
                foreach (Ipv6Address group in OwnGroups(address))
                {
                    In6AddMulti(group, ifp, isDelayed: isAutomatic && group == address.SolicitedNode);
                }
            }
        }

        if (prefixLength != 128)
        {
            PrelistAdd(ia);
        }

        return null;
    }

    /// <summary>rtrequest1 RTM_ADD.</summary>
    /// <returns>False when there is a route to that destination (EEXIST).</returns>
    private bool AddRoute6(Ipv6Address destination, bool isLocal, InterfaceAddress6 owner)
    {
        if (routes6.Exists(r => r.IsTo(destination, owner.Interface)))
        {
            return false;
        }

        routes6.Add(new HostRoute6(destination, isLocal, owner));
        return true;
    }

    /// <summary>nd6_prelist_add, nd6_prefix_onlink: one interface at a time has the route to a prefix.</summary>
    private void PrelistAdd(InterfaceAddress6 ia)
    {
        Ipv6Address masked = ia.Address.Prefix(ia.PrefixLength);
        NdPrefix? prefix = prefixes.Find(p => p.Interface == ia.Interface && p.Prefix == masked && p.Length == ia.PrefixLength);
        if (prefix is null)
        {
            prefix = new NdPrefix(ia.Interface, masked, ia.PrefixLength);
            prefixes.Insert(0, prefix);
            if (!Others(prefix).Any(p => p.Route is not null))
            {
                prefix.Route = ia.Interface.Addresses6.Find(a => a.Address.IsLinkLocal) ?? ia;
            }
        }

        if (!prefix.Users.Contains(ia))
        {
            prefix.Users.Add(ia);
        }
    }

    /// <summary>prelist_remove, nd6_prefix_offlink: the route passes to another interface with the same prefix, or is deleted.</summary>
    private void PrelistRemove(NdPrefix prefix)
    {
        prefixes.Remove(prefix);
        if (prefix.Route is not null && Others(prefix).FirstOrDefault() is { } heir && heir.Interface.Addresses6.Count > 0)
        {
            heir.Route = heir.Interface.Addresses6.Find(a => a.Address.IsLinkLocal) ?? heir.Interface.Addresses6[0];
        }
    }

    private IEnumerable<NdPrefix> Others(NdPrefix prefix) =>
        prefixes.Where(p => p != prefix && p.Prefix == prefix.Prefix && p.Length == prefix.Length && !p.Prefix.IsLinkLocal);

    /// <summary>Gives back the blocks of addresses that are on no interface and that no route and no group refers to (ifafree).</summary>
    private void FreeAddresses6()
    {
        if (!design.ReusesMemory)
        {
            return;
        }

        foreach ((InterfaceAddress6 ia, int block) in addressBlocks.Where(b => !IsReferred(b.Address)).ToArray())
        {
            addressBlocks.RemoveAll(b => b.Address == ia);
            freeAddressBlocks.Push(block);
        }

        bool IsReferred(InterfaceAddress6 ia) => ia.Interface.Addresses6.Contains(ia) || routes6.Exists(r => r.Owner == ia)
            || (ia.Interface.IsAttached && ia.Interface.MulticastRoute6 == ia) || prefixes.Exists(p => p.Route == ia) || in6Multis.Exists(m => m.Address == ia);
    }

    /// <summary>The groups that an address joins automatically (ia6_memberships), in order.</summary>
    private Ipv6Address[] OwnGroups(Ipv6Address address) => conditions.NodeInformationGroups
        ? [address.SolicitedNode, Ipv6Address.AllNodes, RecordingConditions.NodeInformationGroup, Ipv6Address.InterfaceLocalAllNodes]
        : [address.SolicitedNode, Ipv6Address.AllNodes, Ipv6Address.InterfaceLocalAllNodes];

    /// <summary>
    /// in6_purgeaddr: the address's own groups, then in6_unlink_ifa. The host route to the peer stays in the table until the interface is detached: a
    /// later send to the peer finds it, and the same address cannot be added again (EEXIST).
    /// </summary>
    private void In6PurgeAddr(InterfaceAddress6 ia)
    {
        foreach (Ipv6Address group in OwnGroups(ia.Address))
        {
            if (in6Multis.Find(m => m.Interface == ia.Interface && m.Group == group) is { } record)
            {
                In6DelMulti(record);
            }
        }

        // in6_ifremlocal: another interface with the same address takes the route over.
        if (routes6.Find(r => r.IsLocal && r.IsTo(ia.Address, ia.Interface)) is { } local)
        {
            InterfaceAddress6? other = ia.Address.IsLinkLocal
                ? null
                : Interfaces.Where(i => i != ia.Interface).SelectMany(i => i.Addresses6).Where(a => a.Address == ia.Address).MinBy(a => a.Sequence);
            if (other is null)
            {
                routes6.Remove(local);
            }
            else
            {
                local.Owner = other;
            }
        }

        In6UnlinkIfa(ia);
    }

    /// <summary>in6_unlink_ifa, in6_savemkludge: the remaining groups go to the first other address, or to the kludge list.</summary>
    private void In6UnlinkIfa(InterfaceAddress6 ia)
    {
        ia.Interface.Addresses6.Remove(ia);
        prefixes.ForEach(p => p.Users.Remove(ia));
        InterfaceAddress6? heir = ia.Interface.Addresses6.Count > 0 ? ia.Interface.Addresses6[0] : null;
        foreach (In6Multi record in in6Multis.Where(m => m.Address == ia))
        {
            record.Address = heir;
        }
    }

    private void In6RestoreMkludge(InterfaceAddress6 ia)
    {
        foreach (In6Multi record in in6Multis.Where(m => m.Address is null && m.Interface == ia.Interface))
        {
            record.Address = ia;
        }
    }

    /// <summary>in6_purgeif, in6_ifdetach: addresses, then in6_purgemkludge frees every parked record, even if something still points to it.</summary>
    private void In6PurgeIf(StackInterface ifp)
    {
        while (ifp.Addresses6.Count > 0 && !Oracle.HasDied)
        {
            In6PurgeAddr(ifp.Addresses6[0]);
        }

        // nd6_purge.
        prefixes.FindAll(p => p.Interface == ifp).ForEach(PrelistRemove);
        foreach (In6Multi record in in6Multis.Where(m => m.Interface == ifp && m.Address is null).ToArray())
        {
            record.References = 1;
            In6DelMulti(record);
            if (Oracle.HasDied)
            {
                return;
            }
        }
    }

    /// <summary>in6_pcbpurgeif0 over the UDP table.</summary>
    private void In6PcbPurgeIf0(StackInterface ifp)
    {
        foreach (StackSocket so in Sockets.Where(s => s.IsIpv6))
        {
            ForgetMulticastInterface(so, ifp);
            foreach (SocketMembership6 membership in so.Memberships6.Where(m => m.Interface == ifp).ToArray())
            {
                ReleaseMembership6(so, membership);
                if (Oracle.HasDied)
                {
                    return;
                }
            }
        }
    }

    private void Ip6FreeMoptions(StackSocket so)
    {
        while (so.Memberships6.Count > 0 && !Oracle.HasDied)
        {
            ReleaseMembership6(so, so.Memberships6[0]);
        }
    }

    private void ReleaseMembership6(StackSocket so, SocketMembership6 membership)
    {
        In6Multi record = TakeOut(membership, so.Memberships6, im6oMemberships);
        Oracle.Read(record.Memory, "in6m_refcount", "in6_delmulti", "mld6.c");
        if (record.Memory.IsLive)
        {
            In6DelMulti(record);
        }
    }

    /// <summary>in6_addmulti: the record is looked for, and a new one put, on the interface's first address only (IN6_LOOKUP_MULTI, IFP_TO_IA6).</summary>
    private In6Multi? In6AddMulti(Ipv6Address group, StackInterface ifp, bool isDelayed)
    {
        if (ifp.Addresses6.Count == 0)
        {
            return null;
        }

        InterfaceAddress6 ia = ifp.Addresses6[0];
        if (in6Multis.Find(m => m.Address == ia && m.Group == group) is { } existing)
        {
            existing.References++;
            return existing;
        }

        var record = new In6Multi(group, ifp, ia, Oracle.Allocate("in6_multi", ifp.Name));
        in6Multis.Insert(0, record);
        MldStartListening(record, isDelayed);
        return record;
    }

    /// <summary>in6_addmulti's end: the automatic address's group is reported after a random delay only, every other at once.</summary>
    private void MldStartListening(In6Multi record, bool isDelayed)
    {
        if (isDelayed)
        {
            record.IsReportPending = true;
            mldTimers.Add((record, now + AutomaticReportDelayMilliseconds));
            return;
        }

        MldStartListening(record);
    }

    /// <summary>mld_start_listening: all-nodes and interface-local groups are never reported; another is at once, and a second time within ten seconds.</summary>
    private void MldStartListening(In6Multi record)
    {
        record.IsReportPending = false;
        if (record.Group == Ipv6Address.AllNodes || record.Group.Scope <= Ipv6Scope.InterfaceLocal)
        {
            return;
        }

        record.ReportedLast = true;
        MldSendPkt(record, record.Group);
        mldTimers.Add((record, now + ReportDelayMilliseconds));
    }

    /// <summary>mld_timeo: the report is sent through in6m_ifp, whether or not the interface still exists; this takes no call.</summary>
    private void MldTimeo(In6Multi record)
    {
        if (record.IsReportPending)
        {
            MldStartListening(record);
        }
        else
        {
            MldSendPkt(record, record.Group);
        }
    }

    /// <summary>in6_delmulti: the timer stops even if others are in the group; at zero mld_stop_listening, unlink, the driver, free.</summary>
    private void In6DelMulti(In6Multi record)
    {
        if (record.References == 0)
        {
            throw new InvalidOperationException("in6_delmulti: in6_multi has no reference");
        }

        mldTimers.RemoveAll(t => t.Record == record);
        if (--record.References > 0)
        {
            return;
        }

        MldStopListening(record);
        if (Oracle.HasDied)
        {
            return;
        }

        in6Multis.Remove(record);
        Oracle.Read(record.Interface.Memory, "if_ioctl", "if_mcast_op", "if.c");
        Oracle.Free(record.Memory);
    }

    /// <summary>
    /// mld_stop_listening puts the zone of in6m_ifp into two addresses first: in6_setscope reads if_afdata through it, and then the scope table that
    /// if_afdata[AF_INET6] points to. That slot is null once the interface's family data was freed.
    /// </summary>
    private void MldStopListening(In6Multi record)
    {
        Oracle.Read(record.Interface.Memory, "if_afdata", "in6_setscope", "scope6.c");
        if (!record.Interface.HasFamilyData6)
        {
            Oracle.Die(BadAccessKind.Segv, "in6_setscope", "scope6.c", $"if_afdata[AF_INET6] of {record.Interface.Name} is null");
            return;
        }

        if (record.ReportedLast && record.Group != Ipv6Address.AllNodes && record.Group.Scope > Ipv6Scope.InterfaceLocal)
        {
            MldSendPkt(record, Ipv6Address.AllRouters);
        }
    }

    /// <summary>mld_sendpkt: needs a link-local address of the interface as source (in6ifa_ifpforlinklocal), and is silent without; a detached one will do.</summary>
    private void MldSendPkt(In6Multi record, Ipv6Address destination)
    {
        StackInterface ifp = record.Interface;
        Oracle.Read(ifp.Memory, "if_addrlist", ReadsAddresses, "in6.c");
        if (!ifp.IsLoopback && ifp.Addresses6.Exists(a => a.Address.IsLinkLocal))
        {
            TunOutput(ifp, Frame.Ip6(Icmp6, MldPacketBytes, true, destination));
        }
    }
}
