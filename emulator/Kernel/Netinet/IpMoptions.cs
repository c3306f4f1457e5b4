// Modelled from NetBSD sys/netinet/ip_output.c 1.130 (ip_setmoptions, ip_getmoptions, ip_freemoptions; reference 2.2 to 2.6).
using System.Runtime.CompilerServices;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    // The caller has put it on the stack.
    private KernelPanic? IpFreeMoptions(int s)
    {
        for (int i = 0; i < _pcbs[s].MembershipCount; i++)
        {
            if (InLeaveMembership(_pcbs[s].Memberships[i], _pcbs[s].MembershipGenerations[i]) is { } panic)
            {
                return panic;
            }
        }

        _pcbs[s].MembershipCount = 0;
        ForgetMulticastIfp(s);
        _pcbs[s].HasMoptions = false;
        return null;
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
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.MulticastIf, s, Peer: a));
        }

        using Frame frame = FromUser(KernelFunction.Syscall);
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
        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.IpGetMoptions);
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
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.Join, s, Address: group, Peer: on));
        }

        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.IpSetMoptions);
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
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.Drop, s, Address: group, Peer: on));
        }

        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.IpSetMoptions);
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

    /// <summary>imo_multicast_ifp of every socket.</summary>
    internal static void WalkIpMoptions(BsdKernel kernel, ref HolderVisitor visitor) => kernel.WalkMulticastIf(HolderKind.IpMoptionsIfp, ipv6: false, ref visitor);
}
