// Modelled from NetBSD sys/netinet6/in6.c 1.86, in6_ifattach.c and mld6.c 1.26 (reference 3.1-3.5).
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Oracle;
using Stress.Emulator.Simulation;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

/// <summary>An in6_ifaddr. Link-local addresses carry the interface index in their second word.</summary>
public struct In6Ifaddr
{
    public IfnetPtr Ifp;
    public Ipv6Address Address;
    public Ipv6Address Destination;

    /// <summary>Slots of the solicited-node and all-nodes groups (ia6_memberships), or -1.</summary>
    public short Solicited;
    public short AllNodes;
    public byte PrefixLength;
    public bool Used;

    /// <summary>The kernel made it at if_up.</summary>
    public bool Automatic;
}

/// <summary>An in6_multi.</summary>
public struct In6Multi
{
    public Ipv6Address Group;
    public IfnetPtr Ifp;

    /// <summary>in6m_ia: slot of the address whose list it is on, or -1 when parked on the kludge.</summary>
    public short Ia;
    public ushort RefCount;
    public ushort Timer;

    /// <summary>MLD_IREPORTEDLAST.</summary>
    public bool LastReporter;
    public bool Used;
    public uint Generation;
}

/// <summary>A multi6_kludge: where groups wait while an interface has no IPv6 address.</summary>
public struct Kludge
{
    public IfnetPtr Ifp;
    public bool Used;
}

public sealed partial class Kernel
{
    private const int MldMaxReportDelayTicks = 10 * 5;
    private In6Ifaddr[] _in6Ifaddrs = new In6Ifaddr[4];
    private In6Multi[] _in6Multis = new In6Multi[8];
    private Kludge[] _kludges = new Kludge[2];
    private uint _in6MultiGeneration;
    private bool _mldTimersRunning;

    /// <summary>IPv6 addresses.</summary>
    public ReadOnlySpan<In6Ifaddr> Inet6Addresses => _in6Ifaddrs;

    /// <summary>IPv6 group records.</summary>
    public ReadOnlySpan<In6Multi> In6Multis => _in6Multis;

    /// <summary>Kludge records.</summary>
    public ReadOnlySpan<Kludge> Kludges => _kludges;

    /// <summary>Whether mld6_fasttimeo has anything to look at.</summary>
    public bool MldTimersRunning => _mldTimersRunning;

    /// <summary>SIOCAIFADDR_IN6.</summary>
    public Errno SiocAifAddr6(int slot, Ipv6Address address, byte prefixLength, Ipv6Address peer)
    {
        _oracle.Record(new SystemCall(SystemCallKind.AddAddress6, slot, prefixLength, Address6: address, Peer6: peer));
        EnterFromUser(KernelFunction.Syscall);
        Push(KernelFunction.In6Control);
        if (address.IsLinkLocal && address.EmbeddedScope != 0 && address.EmbeddedScope != _ifs[slot].Index)
        {
            return Errno.EINVAL;
        }

        In6UpdateIfa(slot, Scoped(address, slot), prefixLength, Scoped(peer, slot), false);
        return Errno.None;
    }

    private Ipv6Address Scoped(Ipv6Address a, int slot) => a.HasEmbeddedScope ? a.WithEmbeddedScope(_ifs[slot].Index) : a;

    private static Ipv6Address OnWire(Ipv6Address a) => a.HasEmbeddedScope ? a.WithEmbeddedScope(0) : a;

    private void In6UpdateIfa(int slot, Ipv6Address address, byte prefixLength, Ipv6Address peer, bool automatic)
    {
        IfnetPtr p = PointerTo(slot);
        int ia;
        for (ia = 0; ia < _in6Ifaddrs.Length; ia++)
        {
            if (_in6Ifaddrs[ia].Used && _in6Ifaddrs[ia].Address == address && _in6Ifaddrs[ia].Ifp.Address == p.Address)
            {
                _in6Ifaddrs[ia].Destination = peer;
                return;
            }
        }

        for (ia = 0; ia < _in6Ifaddrs.Length && _in6Ifaddrs[ia].Used; ia++)
        {
        }

        if (ia == _in6Ifaddrs.Length)
        {
            Array.Resize(ref _in6Ifaddrs, ia + 4);
        }

        _in6Ifaddrs[ia] = new In6Ifaddr
        {
            Ifp = p, Address = address, Destination = peer, PrefixLength = prefixLength, Used = true, Automatic = automatic, Solicited = -1, AllNodes = -1,
        };
        if (prefixLength == 128 && !peer.IsAny && RtAdd(AfInet6, peer, 128, slot, ia) >= 0)
        {
            RtMessage(RtMsg.NewAddr, slot, AfInet6, address6: address);
        }

        RtAdd(AfInet6, address, 128, 0, ia); // own address over loopback
        RtMessage(RtMsg.NewAddr, slot, AfInet6, address6: address);
        In6RestoreMkludge(ia, slot);
        _in6Ifaddrs[ia].Solicited = (short)In6AddMulti(Scoped(address.SolicitedNode, slot), slot);
        _in6Ifaddrs[ia].AllNodes = (short)In6AddMulti(Scoped(Ipv6Address.AllNodes, slot), slot);
    }

    private int FirstInet6Address(uint ifpAddress, int except = -1)
    {
        for (int i = 0; i < _in6Ifaddrs.Length; i++)
        {
            if (i != except && _in6Ifaddrs[i].Used && _in6Ifaddrs[i].Ifp.Address == ifpAddress)
            {
                return i;
            }
        }

        return -1;
    }

    private bool HasInet6Address(int slot) => FirstInet6Address(_ifs[slot].Address) >= 0;

    private bool HasLinkLocal(int slot)
    {
        for (int i = 0; i < _in6Ifaddrs.Length; i++)
        {
            if (_in6Ifaddrs[i].Used && _in6Ifaddrs[i].Ifp.Address == _ifs[slot].Address && _in6Ifaddrs[i].Address.IsLinkLocal)
            {
                return true;
            }
        }

        return false;
    }

    // in6_ifattach at if_up: nothing below 1280; the kludge record; a link-local of the kernel's own when there is none (3.2).
    private void In6IfAttach(int slot)
    {
        if (_ifs[slot].Mtu < 1280)
        {
            return;
        }

        In6CreateMkludge(slot);
        if (!HasLinkLocal(slot))
        {
            ulong id = 0x0200_00FF_FE00_0000 | ((ulong)_ifs[slot].Address >> 4 & 0xFFFF);
            In6UpdateIfa(slot, Scoped(Ipv6Address.LinkLocal(id), slot), 64, default, true);
        }
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

        for (k = 0; k < _kludges.Length && _kludges[k].Used; k++)
        {
        }

        if (k == _kludges.Length)
        {
            Array.Resize(ref _kludges, k + 2);
        }

        _kludges[k] = new Kludge { Ifp = p, Used = true };
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
        _oracle.Record(new SystemCall(SystemCallKind.DeleteAddress6, slot, Address6: address));
        EnterFromUser(KernelFunction.Syscall);
        Push(KernelFunction.In6Control);
        address = Scoped(address, slot);
        for (int i = 0; i < _in6Ifaddrs.Length; i++)
        {
            if (_in6Ifaddrs[i].Used && _in6Ifaddrs[i].Address == address && _in6Ifaddrs[i].Ifp.Address == _ifs[slot].Address)
            {
                In6PurgeAddr(i, slot);
                return Errno.None;
            }
        }

        return Errno.EADDRNOTAVAIL;
    }

    // in6_purgeaddr, in6_unlink_ifa: routes, the address's own groups, the lists, then the sockets' groups move or are parked (3.3).
    private void In6PurgeAddr(int ia, int slot)
    {
        Push(KernelFunction.In6PurgeAddr);
        In6Ifaddr a = _in6Ifaddrs[ia];
        int r = RtExact(AfInet6, a.Destination, 128);
        if (!a.Destination.IsAny && r >= 0 && _routes[r].Ifa == ia)
        {
            RtDelete(r);
            RtMessage(RtMsg.DelAddr, slot, AfInet6, address6: a.Address);
        }

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
                    throw new KernelPanic(UseSite.In6SaveMkludge, HolderKind.KludgeIfp, p, 0, PanicAction.NoKludgeSpace);
                }

                _in6Multis[m].Ia = (short)other;
            }
        }

        if (other < 0)
        {
            _design.AtLastInet6Address(this, p);
        }

        Pop();
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

    // in6_purgeif, in6_ifdetach: every address, nd6_purge, the kludge with all its groups whoever still points to them (3.4).
    private void In6PurgeIf(IfnetPtr p)
    {
        Push(KernelFunction.In6PurgeIf);
        In6PurgeAddresses(p, LiveAt(p.Address));
        int k = KludgeOf(p);
        if (k >= 0)
        {
            for (int m = 0; m < _in6Multis.Length; m++)
            {
                bool countedBySocket = Has(KernelSwitch.In6MultiCounted) && HasMship6(m);
                while (!countedBySocket && _in6Multis[m].Used && _in6Multis[m].Ia < 0 && Same(_in6Multis[m].Ifp, p))
                {
                    In6DelMulti(m);
                }
            }

            _design.Release(this, _kludges[k].Ifp);
            _kludges[k].Used = false;
        }

        Pop();
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
        Push(KernelFunction.In6AddMulti);
        int m = In6LookupMulti(group, slot);
        if (m >= 0)
        {
            _in6Multis[m].RefCount++;
        }
        else
        {
            int ia = FirstInet6Address(_ifs[slot].Address);
            if (ia < 0)
            {
                Pop();
                return -1;
            }

            for (m = 0; m < _in6Multis.Length && _in6Multis[m].Used; m++)
            {
            }

            if (m == _in6Multis.Length)
            {
                Array.Resize(ref _in6Multis, m + 8);
            }

            _in6Multis[m] = new In6Multi
            {
                Group = group, Ifp = PointerTo(slot), Ia = (short)ia, RefCount = 1, Used = true, Generation = ++_in6MultiGeneration,
            };
            _design.Hold(this, _in6Multis[m].Ifp);
            _oracle.Stored(this, slot, HolderKind.In6MultiIfp);
            Mld6StartListening(m, slot);
        }

        Pop();
        return m;
    }

    private void In6DelMulti(int m)
    {
        Push(KernelFunction.In6DelMulti);
        if (--_in6Multis[m].RefCount == 0)
        {
            IfnetPtr p = _in6Multis[m].Ifp;
            Mld6StopListening(m);
            _in6Multis[m].Used = false;
            int slot = Use(p, HolderKind.In6MultiIfp, UseSite.In6DelMulti);
            if (slot == Dangling)
            {
                Jump(ReadWord(p, KernelWord.IfIoctl), KernelHeap.TextPppSIoctl, UseSite.In6DelMulti, HolderKind.In6MultiIfp, p, KernelWord.IfIoctl);
            }

            _design.Release(this, p);
        }

        Pop();
    }

    private void In6LeaveMship(in In6MultiMship ship)
    {
        if (!_in6Multis[ship.Multi].Used || _in6Multis[ship.Multi].Generation != ship.MultiGeneration)
        {
            _oracle.StaleUse(HolderKind.Im6oMembership, UseSite.In6DelMulti, default);
            return;
        }

        In6DelMulti(ship.Multi);
    }

    /// <summary>IPV6_JOIN_GROUP.</summary>
    /// <returns>ENXIO for an index without interface (0 included), EADDRNOTAVAIL, or EADDRINUSE.</returns>
    public Errno Ipv6JoinGroup(int s, Ipv6Address group, int index)
    {
        _oracle.Record(new SystemCall(SystemCallKind.Join6, s, index, Address6: group));
        EnterFromUser(KernelFunction.Syscall);
        Push(KernelFunction.Ip6SetMoptions);
        if (!group.IsMulticast)
        {
            return Errno.EINVAL;
        }

        int slot = IfByIndex(index);
        if (slot < 0)
        {
            return Errno.ENXIO;
        }

        if ((_ifs[slot].Flags & Iff.Multicast) == 0)
        {
            return Errno.EADDRNOTAVAIL;
        }

        Ipv6Address scoped = Scoped(group, slot);
        IfnetPtr p = PointerTo(slot);
        for (int i = 0; i < _mships6.Length; i++)
        {
            if (_mships6[i].Used && _mships6[i].Pcb == s && Same(_in6Multis[_mships6[i].Multi].Ifp, p) && _in6Multis[_mships6[i].Multi].Group == scoped)
            {
                return Errno.EADDRINUSE;
            }
        }

        int m = In6AddMulti(scoped, slot);
        if (m < 0)
        {
            return Errno.EADDRNOTAVAIL;
        }

        int free = Array.FindIndex(_mships6, static x => !x.Used);
        if (free < 0)
        {
            free = _mships6.Length;
            Array.Resize(ref _mships6, free + 4);
        }

        _mships6[free] = new In6MultiMship { Pcb = (short)s, Multi = (short)m, MultiGeneration = _in6Multis[m].Generation, Used = true };
        return Errno.None;
    }

    /// <summary>IPV6_LEAVE_GROUP: ENXIO, or EADDRNOTAVAIL when not a member.</summary>
    public Errno Ipv6LeaveGroup(int s, Ipv6Address group, int index)
    {
        _oracle.Record(new SystemCall(SystemCallKind.Leave6, s, index, Address6: group));
        EnterFromUser(KernelFunction.Syscall);
        Push(KernelFunction.Ip6SetMoptions);
        int slot = IfByIndex(index);
        if (slot < 0)
        {
            return Errno.ENXIO;
        }

        Ipv6Address scoped = Scoped(group, slot);
        for (int i = 0; i < _mships6.Length; i++)
        {
            if (_mships6[i].Used && _mships6[i].Pcb == s && Same(_in6Multis[_mships6[i].Multi].Ifp, PointerTo(slot)) && _in6Multis[_mships6[i].Multi].Group == scoped)
            {
                _mships6[i].Used = false;
                In6LeaveMship(_mships6[i]);
                return Errno.None;
            }
        }

        return Errno.EADDRNOTAVAIL;
    }

    /// <summary>IPV6_MULTICAST_IF by index: stores a pointer.</summary>
    public Errno Ipv6MulticastIf(int s, int index)
    {
        _oracle.Record(new SystemCall(SystemCallKind.MulticastIf6, s, index));
        EnterFromUser(KernelFunction.Syscall);
        if (index == 0)
        {
            ForgetMulticastIfp(s);
            return Errno.None;
        }

        int slot = IfByIndex(index);
        if (slot < 0)
        {
            return Errno.ENXIO;
        }

        if ((_ifs[slot].Flags & Iff.Multicast) == 0)
        {
            return Errno.EADDRNOTAVAIL;
        }

        ForgetMulticastIfp(s);
        _pcbs[s].MulticastIfp = PointerTo(slot);
        _design.Hold(this, _pcbs[s].MulticastIfp);
        return Errno.None;
    }

    private static bool MldReports(Ipv6Address group) => group.Scope >= Ipv6Scope.LinkLocal && OnWire(group) != Ipv6Address.AllNodes;

    private void Mld6StartListening(int m, int slot)
    {
        if (!MldReports(_in6Multis[m].Group))
        {
            return;
        }

        Push(KernelFunction.Mld6StartListening);
        Mld6SendPkt(m, slot, Icmpv6Type.MulticastListenerReport);
        _in6Multis[m].LastReporter = true;
        _in6Multis[m].Timer = (ushort)(1 + _igmpRandom.Below(MldMaxReportDelayTicks));
        _mldTimersRunning = true;
        _host.FastTimerWanted();
        Pop();
    }

    // mld6_stop_listening: reads if_index always; as last reporter mld6_sendpkt walks if_addrlist for a link-local.
    private void Mld6StopListening(int m)
    {
        if (!MldReports(_in6Multis[m].Group))
        {
            return;
        }

        Push(KernelFunction.Mld6StopListening);
        IfnetPtr p = _in6Multis[m].Ifp;
        int slot = Use(p, HolderKind.In6MultiIfp, UseSite.Mld6StopListening);
        if (_in6Multis[m].LastReporter)
        {
            if (slot >= 0)
            {
                Mld6SendPkt(m, slot, Icmpv6Type.MulticastListenerDone);
            }
            else if (slot == Dangling)
            {
                Push(KernelFunction.Mld6SendPkt);
                WalkStaleAddrList(p, HolderKind.In6MultiIfp, UseSite.Mld6SendPkt);
                Pop();
            }
        }

        Pop();
    }

    /// <summary>mld6_fasttimeo: visits only records on live addresses' lists; parked ones are never touched.</summary>
    public void Mld6FastTimeo()
    {
        if (!_mldTimersRunning)
        {
            return;
        }

        Push(KernelFunction.Mld6FastTimo);
        _mldTimersRunning = false;
        for (int m = 0; m < _in6Multis.Length; m++)
        {
            if (!_in6Multis[m].Used || _in6Multis[m].Timer == 0 || _in6Multis[m].Ia < 0)
            {
                continue;
            }

            if (--_in6Multis[m].Timer == 0)
            {
                int slot = Use(_in6Multis[m].Ifp, HolderKind.In6MultiIfp, UseSite.Mld6SendPkt);
                if (slot >= 0)
                {
                    Mld6SendPkt(m, slot, Icmpv6Type.MulticastListenerReport);
                }
            }
            else
            {
                _mldTimersRunning = true;
            }
        }

        Pop();
    }

    private void Mld6SendPkt(int m, int slot, Icmpv6Type type)
    {
        Push(KernelFunction.Mld6SendPkt);
        Ipv6Address source = LinkLocalOf(slot);
        if (!source.IsAny && _ifs[slot].Unit >= 0)
        {
            Ipv6Address group = OnWire(_in6Multis[m].Group);
            Ipv6Address destination = type == Icmpv6Type.MulticastListenerDone ? Ipv6Address.AllRouters : group;
            Span<byte> b = stackalloc byte[Ipv6Header.Length + Ipv6HopByHop.RouterAlertLength + MldMessage.Length];
            new Ipv6Header { NextHeader = IpProtocol.HopByHop, HopLimit = 1, PayloadLength = Ipv6HopByHop.RouterAlertLength + MldMessage.Length, Source = source, Destination = destination }.Write(b);
            Ipv6HopByHop.WriteRouterAlert(b[Ipv6Header.Length..], IpProtocol.Icmpv6);
            new MldMessage(type, 0, group).Write(b[(Ipv6Header.Length + Ipv6HopByHop.RouterAlertLength)..], source, destination);
            IfOutput(slot, PppProtocol.Ipv6, b);
        }

        Pop();
    }

    // The interface's first link-local address as it goes on the wire, or ::.
    private Ipv6Address LinkLocalOf(int slot)
    {
        for (int i = 0; i < _in6Ifaddrs.Length; i++)
        {
            if (_in6Ifaddrs[i].Used && _in6Ifaddrs[i].Ifp.Address == _ifs[slot].Address && _in6Ifaddrs[i].Address.IsLinkLocal)
            {
                return OnWire(_in6Ifaddrs[i].Address);
            }
        }

        return default;
    }

    private void ResetIn6()
    {
        Array.Clear(_in6Ifaddrs);
        Array.Clear(_in6Multis);
        Array.Clear(_kludges);
        _in6MultiGeneration = 0;
        _mldTimersRunning = false;
        _ipId = 0;
    }

    private void SaveIn6(ImageWriter image)
    {
        image.WriteTable<In6Ifaddr>(_in6Ifaddrs);
        image.WriteTable<In6Multi>(_in6Multis);
        image.WriteTable<Kludge>(_kludges);
        image.Write(_in6MultiGeneration);
        image.Write(_mldTimersRunning);
        image.Write(_ipId);
    }

    private void LoadIn6(ImageReader image)
    {
        _in6Ifaddrs = image.ReadArray<In6Ifaddr>();
        _in6Multis = image.ReadArray<In6Multi>();
        _kludges = image.ReadArray<Kludge>();
        _in6MultiGeneration = image.Read<uint>();
        _mldTimersRunning = image.Read<bool>();
        _ipId = image.Read<ushort>();
    }
}
