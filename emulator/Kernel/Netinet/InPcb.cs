// Modelled from NetBSD sys/netinet/in_pcb.c 1.94, ip_output.c 1.130 (ip_setmoptions) and netinet6/in6_pcb.c 1.61.2.1 (reference 2.3, 2.6, 3.4, 3.5).
using System.Runtime.CompilerServices;
using Stress.Emulator.Oracle;
using Stress.Emulator.Simulation;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

/// <summary>The pcb tables that PRU_PURGEIF walks, one turn each.</summary>
public enum PcbTable : byte
{
    Udp,
    Tcp,
    Raw,
    Udp6,
    Tcp6,
    Raw6,
}

/// <summary>The fixed array of ip_moptions: IP_MAX_MEMBERSHIPS slots.</summary>
[InlineArray(Kernel.IpMaxMemberships)]
public struct MembershipSlots
{
    private short _first;
}

/// <summary>Which allocation of its in_multi each slot of <see cref="MembershipSlots"/> was taken from: for the oracle.</summary>
[InlineArray(Kernel.IpMaxMemberships)]
public struct MembershipGenerations
{
    private uint _first;
}

/// <summary>An inpcb or in6pcb with its multicast options and cached route.</summary>
public struct Pcb
{
    public PcbTable Table;
    public bool Used;

    /// <summary>IP protocol of a raw socket, port of a UDP socket.</summary>
    public ushort Port;

    /// <summary>ip_moptions exists.</summary>
    public bool HasMoptions;
    public byte MulticastTtl;
    public bool MulticastLoop;

    /// <summary>imo_multicast_ifp or im6o_multicast_ifp.</summary>
    public IfnetPtr MulticastIfp;

    /// <summary>imo_num_memberships.</summary>
    public byte MembershipCount;
    public MembershipSlots Memberships;
    public MembershipGenerations MembershipGenerations;

    /// <summary>inp_route or in6p_route: slot of the rtentry, or -1, and what it was looked up for.</summary>
    public short Route;
    public Ipv6Address RouteDestination;
}

/// <summary>An in6_multi_mship of a socket: the list is not bounded.</summary>
public struct In6MultiMship
{
    public short Pcb;
    public short Multi;
    public uint MultiGeneration;
    public bool Used;
}

public sealed partial class Kernel
{
    /// <summary>IP_MAX_MEMBERSHIPS (netinet/in.h).</summary>
    public const int IpMaxMemberships = 20;

    private Pcb[] _pcbs = new Pcb[3];
    private In6MultiMship[] _mships6 = new In6MultiMship[4];

    /// <summary>Sockets.</summary>
    public ReadOnlySpan<Pcb> Pcbs => _pcbs;

    /// <summary>IPv6 memberships of sockets.</summary>
    public ReadOnlySpan<In6MultiMship> Memberships6 => _mships6;

    /// <summary>socket(2) and bind(2).</summary>
    /// <returns>The pcb's slot.</returns>
    public int OpenSocket(PcbTable table, ushort port)
    {
        int s = Array.FindIndex(_pcbs, static p => !p.Used);
        if (s < 0)
        {
            s = _pcbs.Length;
            Array.Resize(ref _pcbs, s + 2);
        }

        _pcbs[s] = new Pcb { Table = table, Used = true, Port = port, Route = -1, MulticastTtl = 1, MulticastLoop = true };
        _oracle.Record(new SystemCall(SystemCallKind.Socket, s, port, (int)table));
        return s;
    }

    /// <summary>close(2), or a process's exit: in_pcbdetach, ip_freemoptions.</summary>
    public void CloseSocket(int s, bool exiting)
    {
        _oracle.Record(new SystemCall(SystemCallKind.Close, s));
        EnterFromUser(exiting ? KernelFunction.SysExit : KernelFunction.SysClose);
        Push(KernelFunction.Soclose);
        if (s == _ip6Mrouter)
        {
            Ip6MrouterDone();
        }

        if (_pcbs[s].Route >= 0)
        {
            RtFree(_pcbs[s].Route);
            _pcbs[s].Route = -1;
        }

        if (_pcbs[s].Table <= PcbTable.Raw)
        {
            Push(KernelFunction.InPcbDetach);
            IpFreeMoptions(s);
            Pop();
        }
        else
        {
            Push(KernelFunction.In6PcbDetach);
            Ip6FreeMoptions(s);
            Pop();
        }

        _pcbs[s].Used = false;
        Pop();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void IpFreeMoptions(int s)
    {
        Push(KernelFunction.IpFreeMoptions);
        while (_pcbs[s].MembershipCount > 0)
        {
            int last = --_pcbs[s].MembershipCount;
            InLeaveMembership(_pcbs[s].Memberships[last], _pcbs[s].MembershipGenerations[last]);
        }

        ForgetMulticastIfp(s);
        _pcbs[s].HasMoptions = false;
        Pop();
    }

    private void Ip6FreeMoptions(int s)
    {
        Push(KernelFunction.Ip6FreeMoptions);
        for (int i = 0; i < _mships6.Length; i++)
        {
            if (_mships6[i].Used && _mships6[i].Pcb == s)
            {
                _mships6[i].Used = false;
                In6LeaveMship(_mships6[i]);
            }
        }

        ForgetMulticastIfp(s);
        _pcbs[s].HasMoptions = false;
        Pop();
    }

    private void ForgetMulticastIfp(int s)
    {
        if (!_pcbs[s].MulticastIfp.IsNull)
        {
            _design.Release(this, _pcbs[s].MulticastIfp);
            _pcbs[s].MulticastIfp = IfnetPtr.Null;
        }
    }

    // ip_multicast_if: an index when the top octet is zero, else the newest interface with that local address (2.6). -1 when there is none.
    private int IpMulticastIf(Ipv4Address a)
    {
        if (a.Value >> 24 == 0 && !a.IsAny)
        {
            int slot = IfByIndex((int)(a.Value & 0xFFFFFF));
            return slot >= 0 && (_ifs[slot].Flags & Iff.Multicast) != 0 ? slot : -1;
        }

        int best = -1;
        for (int i = 0; i < _inIfaddrs.Length; i++)
        {
            if (_inIfaddrs[i].Used && _inIfaddrs[i].Address == a && (best < 0 || _inIfaddrs[i].Order > _inIfaddrs[best].Order))
            {
                int slot = LiveAt(_inIfaddrs[i].Ifp.Address);
                if (slot >= 0 && (_ifs[slot].Flags & Iff.Multicast) != 0)
                {
                    best = i;
                }
            }
        }

        return best < 0 ? -1 : LiveAt(_inIfaddrs[best].Ifp.Address);
    }

    // "If everything is default, free the options again", after every call.
    private void MoptionsTidy(int s) =>
        _pcbs[s].HasMoptions = !_pcbs[s].MulticastIfp.IsNull || _pcbs[s].MembershipCount > 0 || _pcbs[s].MulticastTtl != 1 || !_pcbs[s].MulticastLoop;

    /// <summary>IP_MULTICAST_IF: stores the interface's pointer. 0.0.0.0 clears it.</summary>
    /// <returns>EADDRNOTAVAIL when no such interface, or not a multicast one.</returns>
    public Errno IpMulticastIf(int s, Ipv4Address a)
    {
        _oracle.Record(new SystemCall(SystemCallKind.MulticastIf, s, Peer: a));
        EnterFromUser(KernelFunction.Syscall);
        if (a.IsAny)
        {
            ForgetMulticastIfp(s);
            MoptionsTidy(s);
            return Errno.None;
        }

        int slot = IpMulticastIf(a);
        if (slot < 0)
        {
            MoptionsTidy(s);
            return Errno.EADDRNOTAVAIL;
        }

        bool stored = _pcbs[s].MulticastIfp == PointerTo(slot);
        ForgetMulticastIfp(s);
        _pcbs[s].MulticastIfp = PointerTo(slot);
        if (!stored)
        {
            _oracle.Stored(this, slot, HolderKind.IpMoptionsIfp);
        }

        _design.Hold(this, _pcbs[s].MulticastIfp);
        _pcbs[s].HasMoptions = true;
        return Errno.None;
    }

    /// <summary>getsockopt(IP_MULTICAST_IF): walks the stored interface's address list.</summary>
    public Errno IpMulticastIfReadBack(int s, out Ipv4Address a)
    {
        EnterFromUser(KernelFunction.Syscall);
        Push(KernelFunction.IpGetMoptions);
        a = Ipv4Address.Any;
        IfnetPtr p = _pcbs[s].MulticastIfp;
        if (!p.IsNull)
        {
            int slot = Use(p, HolderKind.IpMoptionsIfp, UseSite.IpMulticastIfReadBack);
            if (slot >= 0)
            {
                int ia = FirstInetAddress(_ifs[slot].Address);
                a = ia < 0 ? Ipv4Address.Any : _inIfaddrs[ia].Address;
            }
            else if (slot == Dangling)
            {
                WalkStaleAddrList(p, HolderKind.IpMoptionsIfp, UseSite.IpMulticastIfReadBack);
            }
        }

        return Errno.None;
    }

    // TAILQ_FIRST(&ifp->if_addrlist) of a freed block: an empty list, or a word that is followed.
    private void WalkStaleAddrList(IfnetPtr p, HolderKind holder, UseSite site)
    {
        uint head = ReadWord(p, Kern.KernelWord.IfAddrList);
        if (head != 0)
        {
            Follow(head, site, holder, p, Kern.KernelWord.IfAddrList);
        }
    }

    /// <summary>IP_MULTICAST_TTL and IP_MULTICAST_LOOP.</summary>
    public Errno IpMulticastTtlLoop(int s, byte ttl, bool loop)
    {
        _pcbs[s].MulticastTtl = ttl;
        _pcbs[s].MulticastLoop = loop;
        MoptionsTidy(s);
        return Errno.None;
    }

    /// <summary>IP_ADD_MEMBERSHIP.</summary>
    /// <param name="s">The socket.</param>
    /// <param name="group">A class D group, else EINVAL.</param>
    /// <param name="on">A local address, an index as 0.0.0.n, or 0.0.0.0 for the interface of the route to the group.</param>
    /// <returns>EINVAL, EADDRNOTAVAIL, EADDRINUSE (tested before the limit) or ETOOMANYREFS.</returns>
    public Errno IpAddMembership(int s, Ipv4Address group, Ipv4Address on)
    {
        _oracle.Record(new SystemCall(SystemCallKind.Join, s, Address: group, Peer: on));
        EnterFromUser(KernelFunction.Syscall);
        Push(KernelFunction.IpSetMoptions);
        Errno error = AddMembership(s, group, on);
        MoptionsTidy(s);
        return error;
    }

    private Errno AddMembership(int s, Ipv4Address group, Ipv4Address on)
    {
        if (!group.IsMulticast)
        {
            return Errno.EINVAL;
        }

        int slot;
        if (on.IsAny)
        {
            int r = RtAlloc(AfInet, Key(group));
            if (r < 0)
            {
                return Errno.EADDRNOTAVAIL;
            }

            slot = LiveAt(_routes[r].Ifp.Address);
            RtFree(r);
        }
        else
        {
            slot = IpMulticastIf(on);
        }

        if (slot < 0 || (_ifs[slot].Flags & Iff.Multicast) == 0)
        {
            return Errno.EADDRNOTAVAIL;
        }

        IfnetPtr p = PointerTo(slot);
        for (int i = 0; i < _pcbs[s].MembershipCount; i++)
        {
            ref readonly InMulti m = ref _inMultis[_pcbs[s].Memberships[i]];
            if (!IsFreed(_pcbs[s].Memberships[i], _pcbs[s].MembershipGenerations[i], UseSite.IgmpJoinGroup) && Same(m.Ifp, p) && m.Group == group)
            {
                if (m.Ifp.Generation != p.Generation)
                {
                    _oracle.Probe(Probe.AddrInUseAfterReuse);
                    _oracle.Alias(HolderKind.InMultiIfp, UseSite.IgmpJoinGroup, m.Ifp, p.Generation);
                }

                return Errno.EADDRINUSE;
            }
        }

        if (_pcbs[s].MembershipCount == IpMaxMemberships)
        {
            _oracle.Probe(Probe.TooManyRefs);
            return Errno.ETOOMANYREFS;
        }

        int multi = InAddMulti(group, slot, counts: !Has(KernelSwitch.InAddMultiBorrows));
        _pcbs[s].MembershipGenerations[_pcbs[s].MembershipCount] = _inMultis[multi].Generation;
        _pcbs[s].Memberships[_pcbs[s].MembershipCount++] = (short)multi;
        return Errno.None;
    }

    /// <summary>IP_DROP_MEMBERSHIP: the same look-up; 0.0.0.0 matches the first record of the group whatever its interface.</summary>
    /// <returns>EINVAL, or EADDRNOTAVAIL when the interface is unknown or the membership not found.</returns>
    public Errno IpDropMembership(int s, Ipv4Address group, Ipv4Address on)
    {
        _oracle.Record(new SystemCall(SystemCallKind.Drop, s, Address: group, Peer: on));
        EnterFromUser(KernelFunction.Syscall);
        Push(KernelFunction.IpSetMoptions);
        if (!group.IsMulticast)
        {
            return Errno.EINVAL;
        }

        int slot = -1;
        if (!on.IsAny)
        {
            slot = IpMulticastIf(on);
            if (slot < 0)
            {
                return Errno.EADDRNOTAVAIL;
            }
        }

        for (int i = 0; i < _pcbs[s].MembershipCount; i++)
        {
            int multi = _pcbs[s].Memberships[i];
            if (!IsFreed(multi, _pcbs[s].MembershipGenerations[i], UseSite.InDelMulti) && _inMultis[multi].Group == group && (slot < 0 || Same(_inMultis[multi].Ifp, PointerTo(slot))))
            {
                InDelMulti(multi);
                CloseMembershipGap(s, i);
                MoptionsTidy(s);
                return Errno.None;
            }
        }

        MoptionsTidy(s);
        return Errno.EADDRNOTAVAIL;
    }

    private void CloseMembershipGap(int s, int i)
    {
        for (int k = i + 1; k < _pcbs[s].MembershipCount; k++)
        {
            _pcbs[s].Memberships[k - 1] = _pcbs[s].Memberships[k];
            _pcbs[s].MembershipGenerations[k - 1] = _pcbs[s].MembershipGenerations[k];
        }

        _pcbs[s].MembershipCount--;
    }

    /// <summary>in_pcbpurgeif0: nulls imo_multicast_ifp and deletes the memberships that name the interface, in every pcb of a table.</summary>
    public void InPcbPurgeIf0(PcbTable table, IfnetPtr p)
    {
        Push(KernelFunction.InPcbPurgeIf0);
        for (int s = 0; s < _pcbs.Length; s++)
        {
            if (!_pcbs[s].Used || _pcbs[s].Table != table)
            {
                continue;
            }

            Price.PcbsWalked++;
            if (!_pcbs[s].MulticastIfp.IsNull && Same(_pcbs[s].MulticastIfp, p))
            {
                ForgetMulticastIfp(s);
            }

            for (int i = 0; i < _pcbs[s].MembershipCount;)
            {
                int multi = _pcbs[s].Memberships[i];
                if (!IsFreed(multi, _pcbs[s].MembershipGenerations[i], UseSite.InPcbPurgeIf0) && Same(_inMultis[multi].Ifp, p))
                {
                    InDelMulti(multi);
                    CloseMembershipGap(s, i);
                    CountPurged();
                }
                else
                {
                    i++;
                }
            }
        }

        Pop();
    }

    private void CountPurged()
    {
        Price.MembershipsPurged++;
        if (!_detaching)
        {
            _oracle.Probe(Probe.MembershipLostAlive);
        }
    }

    /// <summary>in_pcbpurgeif and in6_pcbpurgeif: frees cached routes over the interface.</summary>
    public void InPcbPurgeIf(PcbTable table, IfnetPtr p)
    {
        Push(KernelFunction.InPcbPurgeIf);
        for (int s = 0; s < _pcbs.Length; s++)
        {
            if (_pcbs[s].Used && _pcbs[s].Table == table)
            {
                Price.PcbsWalked++;
                if (_pcbs[s].Route >= 0 && Same(_routes[_pcbs[s].Route].Ifp, p))
                {
                    RtFree(_pcbs[s].Route);
                    _pcbs[s].Route = -1;
                }
            }
        }

        Pop();
    }

    private void In6PcbPurgeIf(PcbTable table, IfnetPtr p) => InPcbPurgeIf(table, p);

    /// <summary>in6_pcbpurgeif0: im6o_multicast_ifp and memberships of a table's pcbs.</summary>
    public void In6PcbPurgeIf0(PcbTable table, IfnetPtr p)
    {
        Push(KernelFunction.In6PcbPurgeIf0);
        for (int s = 0; s < _pcbs.Length; s++)
        {
            if (!_pcbs[s].Used || _pcbs[s].Table != table)
            {
                continue;
            }

            Price.PcbsWalked++;
            if (!_pcbs[s].MulticastIfp.IsNull && Same(_pcbs[s].MulticastIfp, p))
            {
                ForgetMulticastIfp(s);
            }

            for (int i = 0; i < _mships6.Length; i++)
            {
                if (!_mships6[i].Used || _mships6[i].Pcb != s)
                {
                    continue;
                }

                ref readonly In6Multi m = ref _in6Multis[_mships6[i].Multi];
                if (!m.Used || m.Generation != _mships6[i].MultiGeneration)
                {
                    // The record was freed in another protocol's turn (3.4): its in6m_ifp is read from freed memory and compared.
                    _oracle.StaleUse(HolderKind.Im6oMembership, UseSite.In6PcbPurgeIf0, p);
                }
                else if (Same(m.Ifp, p))
                {
                    _mships6[i].Used = false;
                    In6DelMulti(_mships6[i].Multi);
                    CountPurged();
                }
            }
        }

        Pop();
    }

    /// <summary>Clears the cached routes that point to an rtentry: what N5's rtcache invalidation does.</summary>
    private void InvalidateRouteCaches(int r)
    {
        for (int s = 0; s < _pcbs.Length; s++)
        {
            if (_pcbs[s].Used && _pcbs[s].Route == r)
            {
                _pcbs[s].Route = -1;
                RtFree(r);
                Price.RoutesInvalidated++;
            }
        }
    }

    /// <summary>Clears cached routes on all sockets of a family (mail b).</summary>
    public void ClearRouteCaches(bool ipv6)
    {
        for (int s = 0; s < _pcbs.Length; s++)
        {
            if (_pcbs[s].Used && _pcbs[s].Table > PcbTable.Raw == ipv6)
            {
                Price.PcbsWalked++;
                if (_pcbs[s].Route >= 0)
                {
                    RtFree(_pcbs[s].Route);
                    _pcbs[s].Route = -1;
                }
            }
        }
    }

    private void ResetPcb()
    {
        Array.Clear(_pcbs);
        Array.Clear(_mships6);
        Array.Clear(_deferred);
    }

    private void SavePcb(ImageWriter image)
    {
        image.WriteTable<Pcb>(_pcbs);
        image.WriteTable<In6MultiMship>(_mships6);
        image.WriteTable<DeferredBlock>(_deferred);
    }

    private void LoadPcb(ImageReader image)
    {
        _pcbs = image.ReadArray<Pcb>();
        _mships6 = image.ReadArray<In6MultiMship>();
        _deferred = image.ReadArray<DeferredBlock>();
    }
}
