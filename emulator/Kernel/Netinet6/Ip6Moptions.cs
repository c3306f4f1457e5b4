// Modelled from NetBSD sys/netinet6/ip6_output.c (ip6_setmoptions, ip6_getmoptions, ip6_freemoptions; reference 3.5).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private Table<In6MultiMship> _mships6 = new();

    [KernelState]
    private void Ip6MoptionsFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _mships6.Fields(ref pass);
    }

    /// <summary>IPv6 memberships of sockets.</summary>
    public ReadOnlySpan<In6MultiMship> Memberships6 => _mships6.AsSpan();

    // The caller has put it on the stack.
    private void Ip6FreeMoptions(int s)
    {
        for (int i = NextMship6(s, uint.MaxValue); i >= 0; i = NextMship6(s, _mships6[i].Place))
        {
            _mships6[i].Used = false;
            In6LeaveMship(_mships6[i]);
        }

        ForgetMulticastIfp(s);
        _pcbs[s].HasMoptions = false;
    }

    // The socket's next membership after a position in im6o_memberships, which starts with the newest. -1 at the end.
    private int NextMship6(int s, uint after)
    {
        int next = -1;
        for (int i = 0; i < _mships6.Length; i++)
        {
            if (_mships6[i].Used && _mships6[i].Pcb == s && _mships6[i].Place < after && (next < 0 || _mships6[i].Place > _mships6[next].Place))
            {
                next = i;
            }
        }

        return next;
    }

    private void In6LeaveMship(in In6MultiMship ship)
    {
        if (!_in6Multis.Names(ship.Multi, ship.MultiGeneration))
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
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.Join6, s, index, Address6: group));
        }

        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.Ip6SetMoptions);
        if (!group.IsMulticast)
        {
            return Errno.EINVAL;
        }

        int slot;
        if (index == 0 && Differs(KernelDifference.AnyInterfaceByZero))
        {
            slot = group.IsMulticastInterfaceLocal ? _loopback : RouteInterface6(group);
        }
        else
        {
            slot = IfByIndex(index);
            if (slot < 0)
            {
                return Errno.ENXIO;
            }
        }

        if (slot < 0 || (_ifs[slot].Flags & Iff.Multicast) == 0)
        {
            return Errno.EADDRNOTAVAIL;
        }

        Ipv6Address scoped = Scoped(group, slot);
        if (MshipOf(s, scoped, slot, UseSite.In6AddMulti) is >= 0 and var known)
        {
            if (In6NoteAdopted(_mships6[known].Multi, slot))
            {
                _oracle.Probe(Probe.AddrInUseAfterReuse);
            }

            return Errno.EADDRINUSE;
        }

        int m = In6AddMulti(scoped, slot);
        if (m < 0)
        {
            return Errno.EADDRNOTAVAIL;
        }

        _mships6.Put(new In6MultiMship { Pcb = (short)s, Multi = (short)m, MultiGeneration = _in6Multis[m].Generation, Used = true, Place = NextMship6(s, uint.MaxValue) is >= 0 and int newest ? _mships6[newest].Place + 1 : 1 });
        return Errno.None;
    }

    /// <summary>IPV6_LEAVE_GROUP: ENXIO, or EADDRNOTAVAIL when not a member.</summary>
    public Errno Ipv6LeaveGroup(int s, Ipv6Address group, int index)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.Leave6, s, index, Address6: group));
        }

        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.Ip6SetMoptions);
        bool any = index == 0 && Differs(KernelDifference.AnyInterfaceByZero);
        int slot = any ? NoInterface : IfByIndex(index);
        if (slot < 0 && !any)
        {
            return Errno.ENXIO;
        }

        Ipv6Address scoped = any ? group : Scoped(group, slot);
        int i = MshipOf(s, scoped, slot, UseSite.In6DelMulti);
        if (i < 0)
        {
            return Errno.EADDRNOTAVAIL;
        }

        _mships6[i].Used = false;
        In6LeaveMship(_mships6[i]);
        return Errno.None;
    }

    // The interface of the route to an address, or -1.
    private int RouteInterface6(Ipv6Address destination)
    {
        int r = RtAlloc(AfInet6, destination);
        if (r < 0)
        {
            return -1;
        }

        int slot = LiveAt(_routes[r].Ifp.Address);
        RtFree(r);
        return slot;
    }

    // The socket's membership of a group on an interface, for -1 on any: the newest, or -1. A record that another holder has freed is read and compared nevertheless.
    private int MshipOf(int s, Ipv6Address scoped, int slot, UseSite site)
    {
        IfnetPtr p = slot < 0 ? IfnetPtr.Null : PointerTo(slot);
        for (int i = NextMship6(s, uint.MaxValue); i >= 0; i = NextMship6(s, _mships6[i].Place))
        {
            int m = _mships6[i].Multi;
            if (!_in6Multis.Names(m, _mships6[i].MultiGeneration))
            {
                _oracle.StaleUse(HolderKind.Im6oMembership, site, default);
            }

            if ((slot < 0 || Same(_in6Multis[m].Ifp, p)) && _in6Multis[m].Group == scoped)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>IPV6_MULTICAST_IF by index: stores a pointer.</summary>
    public Errno Ipv6MulticastIf(int s, int index)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.MulticastIf6, s, index));
        }

        using Frame frame = FromUser(KernelFunction.Syscall);
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

        bool stored = _pcbs[s].MulticastIfp == PointerTo(slot);
        ForgetMulticastIfp(s);
        _pcbs[s].MulticastIfp = PointerTo(slot);
        if (!stored)
        {
            _oracle.Stored(this, slot, HolderKind.Ip6MoptionsIfp);
        }

        _design.Hold(this, _pcbs[s].MulticastIfp);
        return Errno.None;
    }

    /// <summary>getsockopt(IPV6_MULTICAST_IF): reads if_index through the stored pointer.</summary>
    /// <returns>The index, 0 when none was chosen.</returns>
    public uint Ipv6MulticastIfReadBack(int s)
    {
        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.Ip6GetMoptions);
        IfnetPtr p = _pcbs[s].MulticastIfp;
        if (p.IsNull)
        {
            return 0;
        }

        int slot = Use(p, HolderKind.Ip6MoptionsIfp, UseSite.Ip6GetMoptions);
        return slot >= 0 ? _ifs[slot].Index : slot == Dangling ? ReadWord(p, KernelWord.IfIndex) & 0xFFFF : 0;
    }

    /// <summary>im6o_multicast_ifp of every socket.</summary>
    internal static void WalkIp6Moptions(BsdKernel kernel, ref HolderVisitor visitor) => kernel.WalkMulticastIf(HolderKind.Ip6MoptionsIfp, ipv6: true, ref visitor);
}
