using Stress.Emulator.Wire;

namespace Stress.Emulator.Stacks.NetBsd;

/// <summary>IPv6 of NetBSD 7.99.34: sys/netinet6/in6.c, in6_ifattach.c, in6_src.c, ip6_output.c, mld6.c, scope6.c.</summary>
public sealed partial class NetBsd7Stack
{
    private const int Ipv6HeaderBytes = 40;
    private const int UdpHeaderBytes = 8;
    private const int MldPacketBytes = 72;

    private const int AutomaticReportDelayMilliseconds = 1_000;
    private const int SecondReportDelayMilliseconds = 10_000;

    /// <summary>in6_multi records hang off an address (in6m_ia), or off their interface's kludge entry when in6m_ia is null (reference 3.3).</summary>
    private readonly List<In6Multi> in6Multis = [];

    private readonly List<InterfaceAddress6> routes6 = [];
    private readonly List<(SocketMembership6 Membership, In6Multi Record)> im6oMemberships = [];
    private readonly List<(StackInterface Interface, Frame Frame)> pendingReports = [];
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
    }

    /// <summary>in6_control SIOCAIFADDR_IN6, in6_update_ifa, in6_ifinit.</summary>
    public override OperationResult AddAddress6(string name, Ipv6Address local, int prefixLength, Ipv6Address? peer)
    {
        if (Find(name) is not { } ifp)
        {
            return OperationResult.Fail(NetBsdErrno.ENXIO);
        }

        StackError? error = In6UpdateIfa(ifp, local, prefixLength, peer, isAutomatic: false);
        BringUp(ifp);
        return error is null ? OperationResult.Ok : OperationResult.Fail(error);
    }

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

        In6PurgeAddr(ia);
        return OperationResult.Ok;
    }

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

        if (ByIndex(index) is not { } ifp)
        {
            return OperationResult.Fail(NetBsdErrno.ENXIO, Text(index));
        }

        if (!ifp.IsMulticast)
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

        if (so.Memberships6.Find(m => m.Group == group && (ifp is null || m.Interface == ifp)) is not { } membership)
        {
            return OperationResult.Fail(NetBsdErrno.EADDRNOTAVAIL, Text(index));
        }

        ReleaseMembership6(so, membership);
        return OperationResult.With(Text(index));
    }

    /// <summary>udp6_output without options: the outgoing interface first (EHOSTUNREACH), then a source on it (EADDRNOTAVAIL).</summary>
    public override OperationResult Send6(string socket, Ipv6Address destination)
    {
        if (FindSocket(socket) is not { } so)
        {
            return OperationResult.Fail(NetBsdErrno.EBADF);
        }

        StackInterface? ifp = destination.IsMulticast && so.MulticastIndex != 0 ? ByIndex(so.MulticastIndex) : null;
        ifp ??= routes6.Find(a => a.Peer == destination)?.Interface;
        StackError? error = ifp is null ? NetBsdErrno.EHOSTUNREACH : Output6(ifp, destination, Send6Bytes);
        return error is null ? OperationResult.With(Text(Send6Bytes)) : OperationResult.Fail(error);
    }

    /// <summary>ip6_setpktopts refuses an index without interface (ENXIO); then the source is chosen for that interface.</summary>
    public override OperationResult SendWithPacketInfo6(string socket, Ipv6Address destination, uint index)
    {
        if (FindSocket(socket) is not { } so)
        {
            return OperationResult.Fail(NetBsdErrno.EBADF);
        }

        if (index == 0)
        {
            return Send6(socket, destination);
        }

        if (ByIndex(index) is not { } ifp)
        {
            return OperationResult.Fail(NetBsdErrno.ENXIO, Text(index));
        }

        StackError? error = Output6(ifp, destination, SendPkt6Bytes);
        return error is null ? OperationResult.With(Text(index)) : OperationResult.Fail(error, Text(index));
    }

    /// <summary>Lets delayed reports of IGMP and MLD leave. The recorded lists ran faster than their timers, so nothing else waits here.</summary>
    public override OperationResult Tick(int milliseconds)
    {
        elapsedMilliseconds += milliseconds;
        if (elapsedMilliseconds >= SecondReportDelayMilliseconds || milliseconds >= AutomaticReportDelayMilliseconds)
        {
            foreach ((StackInterface ifp, Frame frame) in pendingReports.Where(p => p.Interface.IsAttached))
            {
                if (frame.Destination6 is null)
                {
                    IpOutput(frame.Destination4, ifp.Index, frame);
                }
                else
                {
                    MldSendPkt(ifp, frame);
                }
            }

            pendingReports.Clear();
            elapsedMilliseconds = 0;
        }

        return OperationResult.Ok;
    }

    private long elapsedMilliseconds;

    /// <summary>in6_selectsrc: without an address whose zone holds the outgoing interface there is no source; then nd6_output hands the packet to tunoutput.</summary>
    private StackError? Output6(StackInterface ifp, Ipv6Address destination, int bytes)
    {
        bool isLinkScope = destination.IsLinkLocal || destination.IsMulticastLinkLocal || destination.IsMulticastInterfaceLocal;
        bool hasSource = ifp.Addresses6.Count > 0
            || (!isLinkScope && Interfaces.Exists(i => i.Addresses6.Exists(a => !a.Address.IsLinkLocal)));
        if (!hasSource)
        {
            return NetBsdErrno.EADDRNOTAVAIL;
        }

        TunOutput(ifp, Frame.Ip6(Udp, Ipv6HeaderBytes + UdpHeaderBytes + bytes, false, destination));
        return null;
    }

    /// <summary>in6_ifattach at if_up: a link-local address is made when there is none.</summary>
    private void In6IfAttach(StackInterface ifp)
    {
        if (conditions.AutomaticLinkLocal && ifp.IsMulticast && !ifp.Addresses6.Exists(a => a.Address.IsLinkLocal))
        {
            In6UpdateIfa(ifp, Ipv6Address.LinkLocal(++automaticIdentifier), 64, null, isAutomatic: true);
        }
    }

    /// <summary>in6_update_ifa and in6_ifinit: the peer's host route is asked for every time, so an address that has it already fails with EEXIST.</summary>
    private StackError? In6UpdateIfa(StackInterface ifp, Ipv6Address address, int prefixLength, Ipv6Address? peer, bool isAutomatic)
    {
        InterfaceAddress6? ia = ifp.Addresses6.Find(a => a.Address == address);
        bool isNew = ia is null;
        if (ia is null)
        {
            ia = new InterfaceAddress6(ifp, address, prefixLength, NextAddressSequence());
            ifp.Addresses6.Add(ia);
        }

        if (peer is { } p)
        {
            if (ia.OwnsRoute && ia.Peer != p)
            {
                routes6.Remove(ia);
                ia.OwnsRoute = false;
            }

            ia.Peer = p;
            if (prefixLength == 128)
            {
                if (routes6.Exists(r => r.Peer == p))
                {
                    if (isNew)
                    {
                        In6UnlinkIfa(ia);
                    }

                    return NetBsdErrno.EEXIST;
                }

                routes6.Add(ia);
                ia.OwnsRoute = true;
            }
        }

        if (ifp.IsMulticast)
        {
            In6RestoreMkludge(ia);
            if (isNew)
            {
                foreach (Ipv6Address group in OwnGroups(address))
                {
                    In6AddMulti(group, ifp, isDelayed: isAutomatic && group == address.SolicitedNode);
                }
            }
        }

        return null;
    }

    /// <summary>The groups that an address joins by itself (ia6_memberships), in order.</summary>
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

        In6UnlinkIfa(ia);
    }

    /// <summary>in6_unlink_ifa, in6_savemkludge: the remaining groups go to the first other address, or to the kludge list.</summary>
    private void In6UnlinkIfa(InterfaceAddress6 ia)
    {
        ia.Interface.Addresses6.Remove(ia);
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

    /// <summary>in6_purgeif, in6_ifdetach: addresses, then in6_purgemkludge frees every parked record, whoever still points to it.</summary>
    private void In6PurgeIf(StackInterface ifp)
    {
        while (ifp.Addresses6.Count > 0 && !Oracle.HasDied)
        {
            In6PurgeAddr(ifp.Addresses6[0]);
        }

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

    /// <summary>mld_start_listening: all-nodes and interface-local groups are never reported; the automatic address's group only after a random delay.</summary>
    private void MldStartListening(In6Multi record, bool isDelayed)
    {
        if (record.Group == Ipv6Address.AllNodes || record.Group.Scope <= Ipv6Scope.InterfaceLocal)
        {
            return;
        }

        Frame report = Frame.Ip6(Icmp6, MldPacketBytes, true, record.Group);
        if (!isDelayed)
        {
            record.ReportedLast = true;
            MldSendPkt(record.Interface, report);
        }

        pendingReports.Add((record.Interface, report));
    }

    /// <summary>in6_delmulti: at zero mld_stop_listening, unlink, the driver, free.</summary>
    private void In6DelMulti(In6Multi record)
    {
        if (record.References == 0)
        {
            throw new InvalidOperationException("in6_delmulti: in6_multi has no reference");
        }

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
        pendingReports.RemoveAll(p => p.Interface == record.Interface && p.Frame.Destination6 == record.Group);
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
            MldSendPkt(record.Interface, Frame.Ip6(Icmp6, MldPacketBytes, true, Ipv6Address.AllRouters));
        }
    }

    /// <summary>mld_sendpkt: needs a link-local address of the interface as source (in6ifa_ifpforlinklocal), and is silent without.</summary>
    private static void MldSendPkt(StackInterface ifp, Frame frame)
    {
        if (ifp.Addresses6.Exists(a => a.Address.IsLinkLocal))
        {
            TunOutput(ifp, frame);
        }
    }
}
