// Modelled from NetBSD sys/netinet/in.c 1.93.2.1.4.1 and in_var.h (reference 2.1-2.5).
using System.Runtime.CompilerServices;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const int InMultiHashSize = 509;
    private Table<InIfaddr> _inIfaddrs = new();
    private NumberedTable<InMulti> _inMultis = new();
    private uint _inIfaddrOrder;

    [KernelState]
    private void InFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _inIfaddrs.Fields(ref pass);
        _inMultis.Fields(ref pass);
        pass.Field(ref _inIfaddrOrder);
    }

    /// <summary>IPv4 addresses.</summary>
    public ReadOnlySpan<InIfaddr> InetAddresses => _inIfaddrs.AsSpan();

    /// <summary>IPv4 group records.</summary>
    public ReadOnlySpan<InMulti> InMultis => _inMultis.AsSpan();

    /// <summary>SIOCAIFADDR: the address and its peer, the peer's host route, 224.0.0.1.</summary>
    public Errno SiocAifAddr(int slot, Ipv4Address local, Ipv4Address peer)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.AddAddress, slot, Address: local, Peer: peer));
        }

        using Frame frame = Enter(KernelFunction.InControl);
        AddInetAddress(slot, local, peer, true);
        return Errno.None;
    }

    /// <summary>SIOCAIFADDR on an interface without a far end: the address and the route to its net, or on a loopback to itself, and 224.0.0.1.</summary>
    public Errno SiocAifAddr(int slot, Ipv4Address local)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.AddAddress, slot, Address: local));
        }

        using Frame frame = Enter(KernelFunction.InControl);
        AddInetAddress(slot, local, local.Network(InetPrefixLength(slot)), true);
        return Errno.None;
    }

    // The destination of an address's route: the far end, the address itself, or the net.
    private byte InetPrefixLength(int slot) => (_ifs[slot].Flags & (Iff.PointToPoint | Iff.Loopback)) != 0 ? (byte)32 : (byte)EthernetPrefixBits;

    private void AddInetAddress(int slot, Ipv4Address local, Ipv4Address peer, bool routed)
    {
        IfnetPtr p = PointerTo(slot);
        int ia = -1;
        for (int i = 0; i < _inIfaddrs.Length; i++)
        {
            if (_inIfaddrs[i].Used && _inIfaddrs[i].Address == local && _inIfaddrs[i].Ifp.Address == p.Address)
            {
                ia = i;
            }
        }

        bool fresh = ia < 0;
        if (fresh)
        {
            ia = _inIfaddrs.Put(new InIfaddr { Ifp = p, Address = local, AllHosts = -1, Used = true, Place = IfaddrEnd() });
        }
        else if (_inIfaddrs[ia].Destination != peer)
        {
            InIfScrub(ia, slot);
        }

        ref InIfaddr a = ref _inIfaddrs[ia];
        a.Destination = peer;
        a.Order = ++_inIfaddrOrder;
        if (routed)
        {
            // in_addprefix: unless another address already owns the peer's host route.
            if (RtAdd(AfInet, Key(peer), InetPrefixLength(slot), slot, ia) >= 0)
            {
                RtMessage(RtMsg.NewAddr, slot, AfInet, local, peer);
                RtMessage(RtMsg.Add, slot, AfInet, local, peer);
            }
        }
        else
        {
            RtMessage(RtMsg.NewAddr, slot, AfInet, local, peer);
        }

        if ((_ifs[slot].Flags & Iff.Multicast) != 0 && a.AllHosts < 0)
        {
            int multi = InAddMulti(Ipv4Address.AllHosts, slot);
            _inIfaddrs[ia].AllHosts = (short)multi;
        }
    }

    /// <summary>SIOCDIFADDR: EADDRNOTAVAIL without a match; with 0.0.0.0 the interface's first address.</summary>
    public Errno SiocDifAddr(int slot, Ipv4Address local)
    {
        IfnetPtr p = PointerTo(slot);
        for (int i = 0; i < _inIfaddrs.Length; i++)
        {
            if (_inIfaddrs[i].Used && _inIfaddrs[i].Ifp.Address == p.Address && (local.IsAny || _inIfaddrs[i].Address == local))
            {
                if (HearsCalls)
                {
                    _oracle.Record(new SystemCall(SystemCallKind.DeleteAddress, slot, Address: _inIfaddrs[i].Address));
                }

                using Frame frame = Enter(KernelFunction.InControl);
                InPurgeAddr(i, slot);
                _design.AtInetAddressDelete(this, p);
                return Errno.None;
            }
        }

        return Errno.EADDRNOTAVAIL;
    }

    private bool HasInetAddress(int slot) => FirstInetAddress(_ifs[slot].Address) >= 0;

    // IFP_TO_IA: the first AF_INET address of if_addrlist, or -1.
    private int FirstInetAddress(uint ifpAddress)
    {
        int first = -1;
        for (int i = 0; i < _inIfaddrs.Length; i++)
        {
            if (_inIfaddrs[i].Used && _inIfaddrs[i].Ifp.Address == ifpAddress && (first < 0 || _inIfaddrs[i].Place < _inIfaddrs[first].Place))
            {
                first = i;
            }
        }

        return first;
    }

    // in_ifscrub + rtinit(RTM_DELETE): RTM_DELADDR only if the route existed and was this address's (2.2).
    private void InIfScrub(int ia, int slot)
    {
        int r = RtExact(AfInet, Key(_inIfaddrs[ia].Destination), InetPrefixLength(slot));
        if (r >= 0 && _routes[r].Ifa == ia)
        {
            RtDelete(r);
            RtMessage(RtMsg.Delete, slot, AfInet, _inIfaddrs[ia].Address, _inIfaddrs[ia].Destination);
            RtMessage(RtMsg.DelAddr, slot, AfInet, _inIfaddrs[ia].Address, _inIfaddrs[ia].Destination);
        }
        else
        {
            _oracle.Probe(Probe.DelAddrSuppressed);
        }
    }

    // in_purgeaddr: route, hash, lists, 224.0.0.1. It touches no socket (2.2).
    private void InPurgeAddr(int ia, int slot)
    {
        using Frame frame = Enter(KernelFunction.InPurgeAddr);
        InIfScrub(ia, slot);
        short allHosts = _inIfaddrs[ia].AllHosts;
        IfnetPtr p = _inIfaddrs[ia].Ifp;
        _inIfaddrs[ia].Used = false;
        if (allHosts >= 0)
        {
            InDelMulti(allHosts);
        }

        if (!HasInetAddress(slot))
        {
            _oracle.AddressGone(this, slot);
            _design.AtLastInetAddress(this, p);
        }
    }

    private void InPurgeIf(IfnetPtr p)
    {
        using Frame frame = Enter(KernelFunction.InPurgeIf);
        InPurgeAddresses(p, LiveAt(p.Address));
        IgmpPurgeIf(p);
    }

    private void InPurgeAddresses(IfnetPtr p, int slot)
    {
        for (int i = 0; i < _inIfaddrs.Length; i++)
        {
            if (_inIfaddrs[i].Used && _inIfaddrs[i].Ifp.Address == p.Address)
            {
                InPurgeAddr(i, slot);
            }
        }
    }

    private static ushort InMultiBucket(Ipv4Address group, ushort index) => (ushort)((group.Value ^ index) % InMultiHashSize);

    // IN_LOOKUP_MULTI: group and pointer equality within the bucket of the index passed in; never reads through inm_ifp.
    private int InLookupMulti(Ipv4Address group, int slot)
    {
        ushort bucket = InMultiBucket(group, _ifs[slot].Index);
        IfnetPtr p = PointerTo(slot);
        for (int i = 0; i < _inMultis.Length; i++)
        {
            ref readonly InMulti m = ref _inMultis[i];
            if (m.Used && m.Group == group && m.Bucket == bucket && Same(m.Ifp, p))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>in_addmulti: increments the count, or makes a new record, SIOCADDMULTI and igmp_joingroup.</summary>
    /// <returns>The record's slot.</returns>
    /// <param name="group">The group.</param>
    /// <param name="slot">The interface.</param>
    /// <param name="counts">False: an existing record is used without incrementing its count.</param>
    private int InAddMulti(Ipv4Address group, int slot, bool counts = true)
    {
        using Frame frame = Enter(KernelFunction.InAddMulti);
        int m = InLookupMulti(group, slot);
        if (m >= 0)
        {
            _inMultis[m].RefCount += counts ? (ushort)1 : (ushort)0;
            if (_inMultis[m].Ifp.Generation != _ifs[slot].Generation)
            {
                _oracle.Alias(HolderKind.InMultiIfp, UseSite.IgmpJoinGroup, _inMultis[m].Ifp, _ifs[slot].Generation);
            }
        }
        else
        {
            m = _inMultis.Put(new InMulti
            {
                Group = group, Ifp = PointerTo(slot), RefCount = 1, Bucket = InMultiBucket(group, _ifs[slot].Index), Used = true, Rti = -1,
            });
            _design.Hold(this, _inMultis[m].Ifp);
            _oracle.Stored(this, slot, HolderKind.InMultiIfp);
            IgmpJoinGroup(m, slot);
        }

        return m;
    }

    private void InDelMulti(int m)
    {
        if (InDelMultiOrPanic(m) is { } panic)
        {
            throw panic;
        }
    }

    /// <summary>in_delmulti: at count zero leave, unlink, and call the driver through inm_ifp (2.5).</summary>
    /// <returns>The panic, if it died: its caller returns at once, and so does the caller's caller.</returns>
    private KernelPanic? InDelMultiOrPanic(int m)
    {
        using Frame frame = Enter(KernelFunction.InDelMulti);
        if (_inMultis[m].RefCount == 0)
        {
            throw new InvalidOperationException($"in_delmulti: in_multi {m} has no reference");
        }

        if (--_inMultis[m].RefCount == 0)
        {
            IfnetPtr p = _inMultis[m].Ifp;
            if (p.IsNull)
            {
                _inMultis[m].Used = false; // its interface is gone, and has cleared the pointer
                return null;
            }

            IgmpLeaveGroup(m);
            _inMultis[m].Used = false;
            int slot = Use(p, HolderKind.InMultiIfp, UseSite.InDelMulti);
            if (slot == Dangling)
            {
                if (DiesOfIoctl(UseSite.InDelMulti, HolderKind.InMultiIfp, p) is { } panic)
                {
                    return panic;
                }

                // pppsioctl loads if_softc but for SIOCDELMULTI uses only the request's family: harmless, as others are (IsIoctl).
            }

            _design.Release(this, p);
        }

        return null;
    }

    // The record may have been freed by another holder: the read finds pool memory, and no pointer in it is followed.
    private bool IsFreed(int m, uint generation, UseSite site)
    {
        if (_inMultis.Names(m, generation))
        {
            return false;
        }

        _oracle.StaleUse(HolderKind.ImoMembership, site, default);
        return true;
    }

    private KernelPanic? InLeaveMembership(int m, uint generation) => IsFreed(m, generation, UseSite.InDelMulti) ? null : InDelMultiOrPanic(m);

    // A departing interface clears its pointer in the remaining records.
    private void InMultiOrphan(IfnetPtr p)
    {
        foreach (ref InMulti m in _inMultis.AsSpan())
        {
            if (m.Used && !m.Ifp.IsNull && Same(m.Ifp, p))
            {
                m.Ifp = IfnetPtr.Null;
                m.Timer = 0;
                m.State = IgmpState.Idle;
                _design.Release(this, p);
            }
        }
    }

    /// <summary>inm_ifp of every group record.</summary>
    internal static void WalkInMulti(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly InMulti x in kernel._inMultis.AsSpan())
        {
            if (x.Used && !x.Ifp.IsNull)
            {
                visitor.Visit(HolderKind.InMultiIfp, x.Ifp);
            }
        }
    }
}
