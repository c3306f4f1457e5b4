// Modelled from NetBSD sys/netinet6/in6.c 1.86, in6_ifattach.c and mld6.c 1.26 (reference 3.1-3.5).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private Table<In6Ifaddr> _in6Ifaddrs = new();
    private NumberedTable<In6Multi> _in6Multis = new();
    private Table<Kludge> _kludges = new();

    [KernelState]
    private void In6Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _in6Ifaddrs.Fields(ref pass);
        _in6Multis.Fields(ref pass);
        _kludges.Fields(ref pass);
    }

    /// <summary>IPv6 addresses.</summary>
    public ReadOnlySpan<In6Ifaddr> Inet6Addresses => _in6Ifaddrs.AsSpan();

    /// <summary>IPv6 group records.</summary>
    public ReadOnlySpan<In6Multi> In6Multis => _in6Multis.AsSpan();

    /// <summary>Kludge records.</summary>
    public ReadOnlySpan<Kludge> Kludges => _kludges.AsSpan();

    /// <summary>SIOCAIFADDR_IN6.</summary>
    /// <returns>EINVAL for another interface's zone; EEXIST when the peer's host route exists already; if an address is added twice, that route is its own.</returns>
    public Errno SiocAifAddr6(int slot, Ipv6Address address, byte prefixLength, Ipv6Address peer)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.AddAddress6, slot, prefixLength, Address6: address, Peer6: peer));
        }

        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.In6Control);
        if (address.IsLinkLocal && address.EmbeddedScope != 0 && address.EmbeddedScope != _ifs[slot].Index)
        {
            return Errno.EINVAL;
        }

        return In6UpdateIfa(slot, Scoped(address, slot), prefixLength, Scoped(peer, slot), false);
    }

    private Ipv6Address Scoped(Ipv6Address a, int slot) => a.HasEmbeddedScope ? a.WithEmbeddedScope(_ifs[slot].Index) : a;

    private static Ipv6Address OnWire(Ipv6Address a) => a.HasEmbeddedScope ? a.WithEmbeddedScope(0) : a;

    private Errno In6UpdateIfa(int slot, Ipv6Address address, byte prefixLength, Ipv6Address peer, bool automatic)
    {
        IfnetPtr p = PointerTo(slot);
        int ia = -1;
        for (int i = 0; i < _in6Ifaddrs.Length; i++)
        {
            if (_in6Ifaddrs[i].Used && _in6Ifaddrs[i].Address == address && _in6Ifaddrs[i].Ifp.Address == p.Address)
            {
                ia = i;
            }
        }

        bool fresh = ia < 0;
        if (fresh)
        {
            ia = _in6Ifaddrs.Put(new In6Ifaddr
            {
                Ifp = p, Address = address, PrefixLength = prefixLength, Used = true, Automatic = automatic, Solicited = -1, AllNodes = -1, Place = IfaddrEnd(), Prefix = -1,
            });
        }

        if (!peer.IsAny && _in6Ifaddrs[ia].Destination != peer)
        {
            In6PeerRouteDelete(ia, slot);
            _in6Ifaddrs[ia].Destination = peer;
        }

        // in6_ifinit: a /128 with a peer asks for the peer's host route each time, which an address added again has already.
        if (prefixLength == 128 && !_in6Ifaddrs[ia].Destination.IsAny)
        {
            if (RtAdd(AfInet6, _in6Ifaddrs[ia].Destination, 128, slot, ia) < 0)
            {
                _in6Ifaddrs[ia].Used &= !fresh; // in6_unlink_ifa of an address that was to be new
                return Errno.EEXIST;
            }

            RtMessage(RtMsg.NewAddr, slot, AfInet6, address6: address);
        }

        if (!fresh)
        {
            return Errno.None;
        }

        // Before it joins groups, so that reports do not have a tentative source (mld6_sendpkt).
        _in6Ifaddrs[ia].Dad = DadOnSegment(slot) && IsRunning(slot) ? In6Dad.Tentative : In6Dad.Ready;
        RtAdd(AfInet6, address, 128, _loopback, ia); // own address over loopback
        RtMessage(RtMsg.NewAddr, slot, AfInet6, address6: address);
        In6RestoreMkludge(ia, slot);
        _in6Ifaddrs[ia].Solicited = (short)In6AddMulti(Scoped(address.SolicitedNode, slot), slot);
        _in6Ifaddrs[ia].AllNodes = (short)In6AddMulti(Scoped(Ipv6Address.AllNodes, slot), slot);
        _in6Ifaddrs[ia].Prefix = Nd6PrelistAdd(slot, address, prefixLength, ia);
        Nd6DadStart(ia, slot);
        return Errno.None;
    }

    // rtinit(RTM_DELETE) of the peer's host route, if it is this address's.
    private void In6PeerRouteDelete(int ia, int slot)
    {
        int r = _in6Ifaddrs[ia].Destination.IsAny ? -1 : RtExact(AfInet6, _in6Ifaddrs[ia].Destination, 128);
        if (r >= 0 && _routes[r].Ifa == ia)
        {
            RtDelete(r);
            RtMessage(RtMsg.DelAddr, slot, AfInet6, address6: _in6Ifaddrs[ia].Address);
        }
    }

    // The next AF_INET6 address after one, in the order of if_addrlist; for slot -1 of in6_ifaddr. -1 when there is none.
    private int NextInet6Address(int slot, int after)
    {
        int next = -1;
        for (int i = 0; i < _in6Ifaddrs.Length; i++)
        {
            ref readonly In6Ifaddr a = ref _in6Ifaddrs[i];
            if (a.Used && (slot < 0 || a.Ifp.Address == _ifs[slot].Address) && (after < 0 || a.Place > _in6Ifaddrs[after].Place) && (next < 0 || a.Place < _in6Ifaddrs[next].Place))
            {
                next = i;
            }
        }

        return next;
    }

    // IFP_TO_IA6: the first AF_INET6 address of if_addrlist, or -1.
    private int FirstInet6Address(uint ifpAddress, int except = -1)
    {
        int first = -1;
        for (int i = 0; i < _in6Ifaddrs.Length; i++)
        {
            if (i != except && _in6Ifaddrs[i].Used && _in6Ifaddrs[i].Ifp.Address == ifpAddress && (first < 0 || _in6Ifaddrs[i].Place < _in6Ifaddrs[first].Place))
            {
                first = i;
            }
        }

        return first;
    }

    private bool HasInet6Address(int slot) => FirstInet6Address(_ifs[slot].Address) >= 0;

    private bool HasLinkLocal(int slot) => FirstLinkLocal(slot) >= 0;

    // in6ifa_ifpforlinklocal of a live interface.
    private int FirstLinkLocal(int slot)
    {
        int ia = NextInet6Address(slot, -1);
        while (ia >= 0 && !_in6Ifaddrs[ia].Address.IsLinkLocal)
        {
            ia = NextInet6Address(slot, ia);
        }

        return ia;
    }

    private int KludgeOf(IfnetPtr p)
    {
        for (int i = 0; i < _kludges.Length; i++)
        {
            if (_kludges[i].Used && Same(_kludges[i].Ifp, p))
            {
                return i;
            }
        }

        return -1;
    }

    private void In6CreateMkludge(int slot)
    {
        if (_ifs[slot].Mtu < 1280)
        {
            return;
        }

        IfnetPtr p = PointerTo(slot);
        int k = KludgeOf(p);
        if (k >= 0)
        {
            if (_kludges[k].Ifp.Generation != p.Generation)
            {
                _oracle.Probe(Probe.KludgeAdopted);
                _oracle.Alias(HolderKind.KludgeIfp, UseSite.In6SaveMkludge, _kludges[k].Ifp, p.Generation);
            }

            return;
        }

        _kludges.Put(new Kludge { Ifp = p, Used = true });
        _oracle.Probe(Probe.KludgeCreated);
        _design.Hold(this, p);
    }

    // in6_restoremkludge: parked groups of this interface move to the new address. The comparison is by pointer: groups of a dead unit at the same
    // address are adopted (row 9 (c)).
    private void In6RestoreMkludge(int ia, int slot)
    {
        IfnetPtr p = PointerTo(slot);
        for (int m = 0; m < _in6Multis.Length; m++)
        {
            if (_in6Multis[m].Used && _in6Multis[m].Ia < 0 && Same(_in6Multis[m].Ifp, p))
            {
                _in6Multis[m].Ia = (short)ia;
                if (_in6Multis[m].Ifp.Generation != p.Generation)
                {
                    _oracle.Probe(Probe.KludgeAdopted);
                    _oracle.Alias(HolderKind.In6MultiIfp, UseSite.In6SaveMkludge, _in6Multis[m].Ifp, p.Generation);
                }
            }
        }
    }

    /// <summary>SIOCDIFADDR_IN6.</summary>
    public Errno SiocDifAddr6(int slot, Ipv6Address address)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.DeleteAddress6, slot, Address6: address));
        }

        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.In6Control);
        address = Scoped(address, slot);
        for (int i = 0; i < _in6Ifaddrs.Length; i++)
        {
            if (_in6Ifaddrs[i].Used && _in6Ifaddrs[i].Address == address && _in6Ifaddrs[i].Ifp.Address == _ifs[slot].Address)
            {
                short prefix = _in6Ifaddrs[i].Prefix;
                In6PurgeAddr(i, slot);
                if (prefix >= 0 && _ndPrefixes[prefix].RefCount == 0 && !_ndPrefixes[prefix].Announced)
                {
                    PrelistRemove(prefix);
                }

                return Errno.None;
            }
        }

        return Errno.EADDRNOTAVAIL;
    }

    // in6_purgeaddr, in6_unlink_ifa: routes, the address's own groups, the lists, then the sockets' groups move or are parked (3.3).
    private void In6PurgeAddr(int ia, int slot)
    {
        using Frame frame = Enter(KernelFunction.In6PurgeAddr);
        In6Ifaddr a = _in6Ifaddrs[ia];
        Nd6DadStop(ia);
        In6PeerRouteDelete(ia, slot);
        In6IfRemLoop(ia);

        RtMessage(RtMsg.DelAddr, slot, AfInet6, address6: a.Address);
        if (a.Solicited >= 0)
        {
            In6DelMulti(a.Solicited);
        }

        if (a.AllNodes >= 0)
        {
            In6DelMulti(a.AllNodes);
        }

        _in6Ifaddrs[ia].Used = false;
        int other = FirstInet6Address(_ifs[slot].Address, ia);
        IfnetPtr p = PointerTo(slot);
        for (int m = 0; m < _in6Multis.Length; m++)
        {
            if (_in6Multis[m].Used && _in6Multis[m].Ia == ia)
            {
                if (other < 0 && KludgeOf(p) < 0)
                {
                    throw Died(new KernelPanic(UseSite.In6SaveMkludge, HolderKind.KludgeIfp, p, 0, PanicAction.NoKludgeSpace));
                }

                _in6Multis[m].Ia = (short)other;
            }
        }

        if (a.Prefix >= 0)
        {
            _ndPrefixes[a.Prefix].RefCount--;
        }

        if (other < 0)
        {
            _design.AtLastInet6Address(this, p);
        }
    }

    // in6_ifremloop: the address's route over loopback stays while another interface has the same address, and with it rt_ifa of this one.
    private void In6IfRemLoop(int ia)
    {
        int r = RtExact(AfInet6, _in6Ifaddrs[ia].Address, 128);
        if (r < 0)
        {
            return;
        }

        for (int other = 0; other < _in6Ifaddrs.Length; other++)
        {
            if (other != ia && _in6Ifaddrs[other].Used && _in6Ifaddrs[other].Address == _in6Ifaddrs[ia].Address)
            {
                if (Has(KernelSwitch.In6IfloopHandedOver) && _routes[r].Ifa == ia)
                {
                    _routes[r].Ifa = (short)other;
                    _routes[r].IfaIfp = _in6Ifaddrs[other].Ifp;
                }

                return;
            }
        }

        RtDelete(r);
    }

    private void In6PurgeAddresses(IfnetPtr p, int slot)
    {
        for (int i = 0; i < _in6Ifaddrs.Length; i++)
        {
            if (_in6Ifaddrs[i].Used && _in6Ifaddrs[i].Ifp.Address == p.Address)
            {
                In6PurgeAddr(i, slot);
            }
        }
    }

    private bool HasMship6(int multi)
    {
        foreach (ref readonly In6MultiMship ship in _mships6.AsSpan())
        {
            if (ship.Used && ship.Multi == multi && ship.MultiGeneration == _in6Multis[multi].Generation)
            {
                return true;
            }
        }

        return false;
    }

    // IN6_LOOKUP_MULTI by way of the interface's addresses.
    private int In6LookupMulti(Ipv6Address group, int slot)
    {
        IfnetPtr p = PointerTo(slot);
        for (int m = 0; m < _in6Multis.Length; m++)
        {
            if (_in6Multis[m].Used && _in6Multis[m].Ia >= 0 && _in6Multis[m].Group == group && Same(_in6Multis[m].Ifp, p))
            {
                return m;
            }
        }

        return -1;
    }

    // in6_addmulti: needs an IPv6 address on the interface; -1 for EADDRNOTAVAIL.
    private int In6AddMulti(Ipv6Address group, int slot)
    {
        using Frame frame = Enter(KernelFunction.In6AddMulti);
        int m = In6LookupMulti(group, slot);
        if (m >= 0)
        {
            _in6Multis[m].RefCount++;
            In6NoteAdopted(m, slot);
        }
        else
        {
            int ia = FirstInet6Address(_ifs[slot].Address);
            if (ia < 0)
            {
                return -1;
            }

            m = _in6Multis.Put(new In6Multi { Group = group, Ifp = PointerTo(slot), Ia = (short)ia, RefCount = 1, Used = true });
            _design.Hold(this, _in6Multis[m].Ifp);
            _oracle.Stored(this, slot, HolderKind.In6MultiIfp);
            Mld6StartListening(m, slot);
        }

        return m;
    }

    // Whether a record found by its pointer belongs to an earlier interface at the same address.
    private bool In6NoteAdopted(int m, int slot)
    {
        if (_in6Multis[m].Ifp.Generation == _ifs[slot].Generation)
        {
            return false;
        }

        _oracle.Alias(HolderKind.In6MultiIfp, UseSite.In6AddMulti, _in6Multis[m].Ifp, _ifs[slot].Generation);
        return true;
    }

    private void In6DelMulti(int m)
    {
        using Frame frame = Enter(KernelFunction.In6DelMulti);
        if (_in6Multis[m].RefCount == 0)
        {
            throw new InvalidOperationException($"in6_delmulti: in6_multi {m} has no reference");
        }

        if (--_in6Multis[m].RefCount == 0)
        {
            IfnetPtr p = _in6Multis[m].Ifp;
            Mld6StopListening(m);
            _in6Multis[m].Used = false;
            int slot = Use(p, HolderKind.In6MultiIfp, UseSite.In6DelMulti);
            if (slot == Dangling)
            {
                JumpToIoctl(UseSite.In6DelMulti, HolderKind.In6MultiIfp, p);
            }

            _design.Release(this, p);
        }
    }

    /// <summary>in6m_ifp of every group record.</summary>
    internal static void WalkIn6Multi(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly In6Multi x in kernel._in6Multis.AsSpan())
        {
            if (x.Used)
            {
                visitor.Visit(HolderKind.In6MultiIfp, x.Ifp);
            }
        }
    }

    /// <summary>mk_ifp of every kludge record.</summary>
    internal static void WalkKludge(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly Kludge x in kernel._kludges.AsSpan())
        {
            if (x.Used)
            {
                visitor.Visit(HolderKind.KludgeIfp, x.Ifp);
            }
        }
    }
}
