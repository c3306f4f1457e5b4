using Stress.Emulator.Wire;

namespace Stress.Emulator.Stacks.NetBsd;

/// <summary>IPv4 of NetBSD 7.99.34: sys/netinet/in.c, igmp.c, ip_output.c, raw_ip.c.</summary>
public sealed partial class NetBsd7Stack
{
    private const byte Igmp = 2;
    private const int IgmpBytes = 28;
    private const int Ipv4HeaderBytes = 20;

    /// <summary>in_multi records, found by group and by the ifnet's address (reference 2.4).</summary>
    private readonly List<InMulti> inMultis = [];

    /// <summary>router_info records: one per interface with a non-local group (reference 2.7).</summary>
    private readonly List<RouterInfo> routerInfos = [];

    /// <summary>The host routes: to far ends, and to the router's own addresses through lo0. One for a destination.</summary>
    private readonly List<HostRoute4> routes4 = [];

    private readonly List<(InMulti Record, long Due)> igmpTimers = [];
    private const string ReadsIndex = "if_get_index";
    private const long ReportDelayMilliseconds = 10_000;

    /// <summary>Buckets of IN_IFADDR_HASH.</summary>
    private const uint AddressBuckets = 509;

    private sealed class HostRoute4(Ipv4Address destination, bool isLocal, InterfaceAddress4 owner)
    {
        public Ipv4Address Destination { get; } = destination;

        /// <summary>RTF_LOCAL: the interface is lo0, whichever interface has the address.</summary>
        public bool IsLocal { get; } = isLocal;

        public InterfaceAddress4 Owner { get; set; } = owner;
    }

    /// <summary>A socket's memberships point into this: SocketMembership4 to in_multi.</summary>
    private readonly List<(SocketMembership4 Membership, InMulti Record)> imoMemberships = [];

    private sealed class RouterInfo(StackInterface ifp, StackMemory memory)
    {
        public StackInterface Interface { get; } = ifp;

        public StackMemory Memory { get; } = memory;
    }

    private sealed class InMulti(Ipv4Address group, StackInterface ifp)
    {
        public Ipv4Address Group { get; } = group;

        public StackInterface Interface { get; } = ifp;

        public RouterInfo? RouterInfo { get; set; }

        public int References { get; set; } = 1;
    }

    /// <summary>in_control SIOCAIFADDR, in_ifinit: an address that is there already is set up once more, and moves to the head of its bucket.</summary>
    public override OperationResult AddAddress4(string name, Ipv4Address local, Ipv4Address peer)
    {
        if (Find(name) is not { } ifp)
        {
            return OperationResult.Fail(NetBsdErrno.ENXIO);
        }

        InterfaceAddress4? ia = ifp.Addresses4.Find(a => a.Local == local);
        bool isNew = ia is null;
        if (ia is null)
        {
            ia = new InterfaceAddress4(ifp, local, peer, NextAddressSequence());
        }
        else
        {
            InScrubPrefix(ia);
            ia.Peer = peer;
            // An entry that leaves a pslist keeps its ple_next for readers, and pslist_writer_insert_head asserts that it has none.
            bool isLast = AddressHash.FindLast(a => Bucket(a.Local) == Bucket(local)) == ia;
            if (!isLast)
            {
                Oracle.Die(BadAccessKind.Panic, "pslist_writer_insert_head", "pslist.h", $"the entry of {local} on {name} was not the last of its hash bucket: it still has a successor when it is put in again");
                return OperationResult.Ok;
            }

            AddressHash.Remove(ia);
        }

        AddressHash.Insert(0, ia);
        bool wasUp = ifp.IsUp;
        TunInit(ifp);
        if (ia.Local != ia.Peer)
        {
            AddRoute4(ia.Local, isLocal: true, ia);
        }

        InAddPrefix(ia);
        if (ifp.IsMulticast && !ia.HasJoinedAllHosts)
        {
            InAddMulti(Ipv4Address.AllHosts, ifp);
            ia.HasJoinedAllHosts = true;
        }

        if (isNew)
        {
            ifp.Addresses4.Add(ia);
        }

        if (!wasUp)
        {
            IfUp(ifp);
        }

        return OperationResult.Ok;
    }

    private static uint Bucket(Ipv4Address address) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(address.Value) % AddressBuckets;

    /// <summary>in_control SIOCDIFADDR.</summary>
    public override OperationResult DeleteAddress4(string name, Ipv4Address local)
    {
        if (Find(name) is not { } ifp)
        {
            return OperationResult.Fail(NetBsdErrno.ENXIO);
        }

        if (ifp.Addresses4.Find(a => a.Local == local) is not { } ia)
        {
            return OperationResult.Fail(NetBsdErrno.EADDRNOTAVAIL);
        }

        InPurgeAddr(ia);
        return OperationResult.Ok;
    }

    /// <inheritdoc/>
    public override OperationResult SetMulticastInterface4(string socket, Ipv4Address local)
    {
        if (FindSocket(socket) is not { } so)
        {
            return OperationResult.Fail(NetBsdErrno.EBADF);
        }

        if (local.IsAny)
        {
            so.MulticastIndex = 0;
            return OperationResult.Ok;
        }

        if (IpMulticastIf(local) is not { } ifp)
        {
            return OperationResult.Fail(NetBsdErrno.EADDRNOTAVAIL);
        }

        so.MulticastIndex = ifp.Index;
        return OperationResult.Ok;
    }

    /// <summary>The read-back gives the first address of the chosen interface, in the byte order of the wire read as a little-endian number.</summary>
    public override OperationResult GetMulticastInterface4(string socket)
    {
        if (FindSocket(socket) is not { } so)
        {
            return OperationResult.Fail(NetBsdErrno.EBADF);
        }

        StackInterface? ifp = so.MulticastIndex == 0 ? null : ByIndex(so.MulticastIndex);
        Ipv4Address address = ifp is null || ifp.Addresses4.Count == 0 ? Ipv4Address.Any : ifp.Addresses4[0].Local;
        return OperationResult.With(Text(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(address.Value)));
    }

    /// <summary>ip_add_membership (reference 2.6): the duplicate test compares the ifnet's address.</summary>
    public override OperationResult Join4(string socket, Ipv4Address group, Ipv4Address local)
    {
        if (FindSocket(socket) is not { } so)
        {
            return OperationResult.Fail(NetBsdErrno.EBADF);
        }

        if (!group.IsMulticast)
        {
            return OperationResult.Fail(NetBsdErrno.EINVAL);
        }

        StackInterface? ifp = local.IsAny ? Route4(group) is { } route ? InterfaceOf(route) : null : IpMulticastIf(local);
        if (ifp is null || !ifp.IsMulticast)
        {
            return OperationResult.Fail(NetBsdErrno.EADDRNOTAVAIL);
        }

        if (so.Memberships4.Exists(m => m.Interface == ifp && m.Group == group))
        {
            return OperationResult.Fail(NetBsdErrno.EADDRINUSE);
        }

        if (so.Memberships4.Count == MaxMemberships4)
        {
            return OperationResult.Fail(NetBsdErrno.ETOOMANYREFS);
        }

        var membership = new SocketMembership4(group, local, ifp, ifp.Index);
        imoMemberships.Add((membership, InAddMulti(group, ifp)));
        so.Memberships4.Add(membership);
        return OperationResult.Ok;
    }

    /// <summary>ip_drop_membership: without an interface, the first record of the group goes, whatever its interface.</summary>
    public override OperationResult Drop4(string socket, Ipv4Address group, Ipv4Address local)
    {
        if (FindSocket(socket) is not { } so)
        {
            return OperationResult.Fail(NetBsdErrno.EBADF);
        }

        if (!group.IsMulticast)
        {
            return OperationResult.Fail(NetBsdErrno.EINVAL);
        }

        StackInterface? ifp = local.IsAny ? null : IpMulticastIf(local);
        if (ifp is null && !local.IsAny)
        {
            return OperationResult.Fail(NetBsdErrno.EADDRNOTAVAIL);
        }

        if (so.Memberships4.Find(m => m.Group == group && (ifp is null || m.Interface == ifp)) is not { } membership)
        {
            return OperationResult.Fail(NetBsdErrno.EADDRNOTAVAIL);
        }

        ReleaseMembership4(so, membership);
        return OperationResult.Ok;
    }

    /// <summary>rip_output, ip_output (reference 2.8; in 2016 the chosen interface is an index that is looked up for each packet).</summary>
    public override OperationResult Send4(string socket, Ipv4Address destination)
    {
        if (FindSocket(socket) is not { } so)
        {
            return OperationResult.Fail(NetBsdErrno.EBADF);
        }

        StackError? error = IpOutput(destination, so.MulticastIndex, Frame.Ip4((byte)so.Number, Ipv4HeaderBytes + Send4Bytes, destination));
        return error is null ? OperationResult.With(Text(Send4Bytes)) : OperationResult.Fail(error);
    }

    private StackError? IpOutput(Ipv4Address destination, uint multicastIndex, Frame frame)
    {
        StackInterface? ifp;
        if (destination.IsMulticast && multicastIndex != 0)
        {
            ifp = ByIndex(multicastIndex);
            if (ifp is null)
            {
                return NetBsdErrno.ENETUNREACH;
            }

            if (ifp.Addresses4.Count == 0)
            {
                return NetBsdErrno.EADDRNOTAVAIL;
            }
        }
        else
        {
            if (Route4(destination) is not { } route)
            {
                return NetBsdErrno.EHOSTUNREACH;
            }

            ifp = InterfaceOf(route);
        }

        if (destination.IsMulticast)
        {
            if (!ifp.IsMulticast)
            {
                return NetBsdErrno.ENETUNREACH;
            }

            if (ifp.Addresses4.Count == 0)
            {
                return NetBsdErrno.EADDRNOTAVAIL;
            }
        }

        if (!ifp.IsLoopback)
        {
            TunOutput(ifp, frame);
        }

        return null;
    }

    /// <summary>rtalloc1 for a host: there is no default route.</summary>
    private HostRoute4? Route4(Ipv4Address destination) => routes4.Find(r => r.Destination == destination);

    private StackInterface InterfaceOf(HostRoute4 route) => route.IsLocal ? Loopback : route.Owner.Interface;

    /// <summary>rtrequest1 RTM_ADD.</summary>
    /// <returns>False when there is a route to that destination (EEXIST).</returns>
    private bool AddRoute4(Ipv4Address destination, bool isLocal, InterfaceAddress4 owner)
    {
        if (Route4(destination) is not null)
        {
            return false;
        }

        routes4.Add(new HostRoute4(destination, isLocal, owner));
        return true;
    }

    private void BootLoopback()
    {
        var loopback = new Ipv4Address(0x7F00_0001);
        var ia = new InterfaceAddress4(Loopback, loopback, loopback, NextAddressSequence());
        Loopback.Addresses4.Add(ia);
        AddressHash.Add(ia);
        routes4.Add(new HostRoute4(ia.Local, true, ia));
        Loopback.Addresses6.Add(new InterfaceAddress6(Loopback, Ipv6Address.Loopback, 128, NextAddressSequence()));
        Loopback.MulticastRoute6 = Loopback.Addresses6[0];
        routes6.Add(new HostRoute6(Ipv6Address.Loopback, true, Loopback.Addresses6[0]));
    }

    /// <summary>ip_multicast_if: the hash bucket of the address, first multicast interface wins; IFF_UP is not checked.</summary>
    private StackInterface? IpMulticastIf(Ipv4Address local) => local.Value >> 24 == 0 && !local.IsAny
        ? ByIndex(local.Value & 0xFFFFFF) is { IsMulticast: true } byIndex ? byIndex : null
        : AddressHash.Find(a => a.Local == local && a.Interface.IsMulticast)?.Interface;

    /// <summary>in_addprefix: an address whose prefix has a route already shares it; a route of another kind to the same host is not an error.</summary>
    private void InAddPrefix(InterfaceAddress4 ia)
    {
        ia.OwnsRoute = !AllAddresses4().Any(a => a != ia && a.Peer == ia.Peer && a.OwnsRoute) && AddRoute4(ia.Peer, isLocal: false, ia);
    }

    /// <summary>in_scrubprefix: the route passes to another address of the same prefix, or is deleted.</summary>
    private void InScrubPrefix(InterfaceAddress4 ia)
    {
        if (!ia.OwnsRoute)
        {
            return;
        }

        ia.OwnsRoute = false;
        routes4.RemoveAll(r => !r.IsLocal && r.Owner == ia && r.Destination == ia.Peer);
        if (AllAddresses4().Where(a => a != ia && a.Peer == ia.Peer).MinBy(a => a.Sequence) is { } heir)
        {
            heir.OwnsRoute = AddRoute4(heir.Peer, isLocal: false, heir);
        }
    }

    /// <summary>in_ifaddrhead, without lo0's.</summary>
    private IEnumerable<InterfaceAddress4> AllAddresses4() => AddressHash.Where(a => !a.Interface.IsLoopback);

    /// <summary>in_purgeaddr (reference 2.2): touches no socket. The route to the address itself passes to another interface with the same address (in_ifremlocal).</summary>
    private void InPurgeAddr(InterfaceAddress4 ia)
    {
        InScrubPrefix(ia);
        if (routes4.Find(r => r.IsLocal && r.Destination == ia.Local) is { } local)
        {
            if (AllAddresses4().Where(a => a.Local == ia.Local && a.Interface != ia.Interface).MinBy(a => a.Sequence) is { } other)
            {
                local.Owner = other;
            }
            else
            {
                routes4.Remove(local);
            }
        }

        AddressHash.Remove(ia);
        ia.Interface.Addresses4.Remove(ia);
        if (ia.HasJoinedAllHosts && inMultis.Find(m => m.Group == Ipv4Address.AllHosts && m.Interface == ia.Interface) is { } allHosts)
        {
            InDelMulti(allHosts);
        }
    }

    /// <summary>in_purgeif: every address, then igmp_purgeif frees the interface's router_info.</summary>
    private void InPurgeIf(StackInterface ifp)
    {
        while (ifp.Addresses4.Count > 0)
        {
            InPurgeAddr(ifp.Addresses4[0]);
        }

        if (routerInfos.Find(r => r.Interface == ifp) is { } rti)
        {
            routerInfos.Remove(rti);
            Oracle.Free(rti.Memory);
        }
    }

    /// <summary>in_pcbpurgeif0 over the raw table: the language has no other IPv4 socket.</summary>
    private void InPcbPurgeIf0(StackInterface ifp)
    {
        foreach (StackSocket so in Sockets.Where(s => !s.IsIpv6))
        {
            ForgetMulticastInterface(so, ifp);
            foreach (SocketMembership4 membership in so.Memberships4.Where(m => m.Interface == ifp).ToArray())
            {
                ReleaseMembership4(so, membership);
            }
        }
    }

    /// <summary>ip_freemoptions, from in_pcbdetach.</summary>
    private void IpFreeMoptions(StackSocket so)
    {
        while (so.Memberships4.Count > 0 && !Oracle.HasDied)
        {
            ReleaseMembership4(so, so.Memberships4[0]);
        }
    }

    private void ReleaseMembership4(StackSocket so, SocketMembership4 membership)
    {
        InDelMulti(TakeOut(membership, so.Memberships4, imoMemberships));
    }

    /// <summary>in_addmulti, igmp_joingroup: a group outside 224.0.0.0/24 is reported and gets a router_info.</summary>
    private InMulti InAddMulti(Ipv4Address group, StackInterface ifp)
    {
        if (inMultis.Find(m => m.Interface == ifp && m.Group == group) is { } existing)
        {
            existing.References++;
            return existing;
        }

        var record = new InMulti(group, ifp);
        inMultis.Insert(0, record);
        if (!group.IsLocalGroup && !ifp.IsLoopback)
        {
            record.RouterInfo = routerInfos.Find(r => r.Interface == ifp);
            if (record.RouterInfo is null)
            {
                record.RouterInfo = new RouterInfo(ifp, Oracle.Allocate("router_info", ifp.Name));
                routerInfos.Add(record.RouterInfo);
            }

            IgmpSendPkt(record);
            igmpTimers.Add((record, now + ReportDelayMilliseconds));
        }

        return record;
    }

    /// <summary>in_delmulti (reference 2.5): at zero igmp_leavegroup, unlink, then the driver is called through inm_ifp.</summary>
    private void InDelMulti(InMulti record)
    {
        if (record.References == 0)
        {
            throw new InvalidOperationException("in_delmulti: in_multi has no reference");
        }

        if (--record.References > 0)
        {
            return;
        }

        IgmpLeaveGroup(record);
        inMultis.Remove(record);
        igmpTimers.RemoveAll(t => t.Record == record);
        Oracle.Read(record.Interface.Memory, "if_ioctl", "if_mcast_op", "if.c");
    }

    /// <summary>igmp_leavegroup: a local group leaves before any pointer is read; otherwise if_flags through inm_ifp, then rti_type through inm_rti.</summary>
    private void IgmpLeaveGroup(InMulti record)
    {
        if (record.Group.IsLocalGroup || record.Interface.IsLoopback)
        {
            return;
        }

        Oracle.Read(record.Interface.Memory, "if_flags", "igmp_leavegroup", "igmp.c");
        Oracle.Read(record.RouterInfo!.Memory, "rti_type", "igmp_leavegroup", "igmp.c");
        IgmpSendPkt(record);
    }

    /// <summary>igmp_fasttimo: a report that is due is sent through inm_ifp, whether or not the interface still exists; this takes no call.</summary>
    private void IgmpFastTimo()
    {
        foreach ((InMulti record, _) in igmpTimers.Where(t => t.Due <= now).ToArray())
        {
            igmpTimers.RemoveAll(t => t.Record == record);
            Oracle.Read(record.RouterInfo!.Memory, "rti_type", "igmp_fasttimo", "igmp.c");
            IgmpSendPkt(record);
        }
    }

    /// <summary>igmp_sendpkt: takes the index out of the ifnet and lets ip_output look the interface up again. Reports and leaves both go to the group.</summary>
    private void IgmpSendPkt(InMulti record)
    {
        Oracle.Read(record.Interface.Memory, "if_index", ReadsIndex, "if.h");
        IpOutput(record.Group, record.Interface.Index, Frame.Ip4(Igmp, IgmpBytes, record.Group));
    }
}
