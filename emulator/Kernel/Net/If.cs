// Modelled from NetBSD sys/net/if.c 1.139.2.1.4.1 (2.0 branch), with 1.178's cloned units (reference 1).
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
    private const uint FixedSoftcBase = 0xC03A0000;
    private const uint FixedSoftcStep = 0x1000;
    private const int MostFixed = (int)((StaticSoftcBase - FixedSoftcBase) / FixedSoftcStep);
    private const ushort LoopbackMtu = 33192, EthernetMtu = 1500;
    private const uint StaticSoftcBase = 0xC03B0000;
    private const uint StaticSoftcStep = 0x400;
    private const uint FirstStaticGeneration = 0x80000000;

    [NotSaved("an option: the kernel's machine has them")]
    private readonly BootInterface[] _boot;
    private readonly int _loopback;
    private Table<Ifnet> _ifs = new();
    private int[] _ifindex2ifnet = new int[8];
    private ushort _ifIndexCursor;
    private uint _staticGeneration;
    [NotSaved("only if_detach sets it, while it runs")]
    private bool _detaching;

    [KernelState]
    private void IfFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _ifs.Fields(ref pass);
        pass.Numbers(ref _ifindex2ifnet, initial: -1);
        pass.Field(ref _ifIndexCursor, initial: (ushort)1);
        pass.Field(ref _staticGeneration, initial: FirstStaticGeneration);
        pass.Transient(ref _detaching);
    }

    /// <summary>Interface slots; a slot is in use when <see cref="Ifnet.Attached"/>.</summary>
    public ReadOnlySpan<Ifnet> Interfaces => _ifs.AsSpan();

    /// <summary>Slot of an index, or -1: the check of ifindex2ifnet.</summary>
    public int IfByIndex(int index) => (uint)index < (uint)_ifindex2ifnet.Length ? _ifindex2ifnet[index] : -1;

    /// <summary>The interface's name.</summary>
    public string NameOf(int slot) => _ifs[slot].Unit >= 0 ? ClonedKind.NameOf(_ifs[slot].Unit) : _boot[slot].Name;

    /// <summary>Attaches what is there at boot, as autoconfiguration does, in the order of the list.</summary>
    public void AttachBootInterfaces()
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.Boot));
        }

        int fixedBlocks = 0, units = 0;
        foreach (ref readonly BootInterface port in _boot.AsSpan())
        {
            _ = port.Kind switch
            {
                InterfaceKind.Loopback => AttachFixed(FixedSoftcBase + ((uint)fixedBlocks++ * FixedSoftcStep), -1, Iff.Up | Iff.Running | Iff.Loopback | Iff.Multicast, LoopbackMtu),
                InterfaceKind.Ethernet => AttachFixed(FixedSoftcBase + ((uint)fixedBlocks++ * FixedSoftcStep), -1, Iff.Up | Iff.Running | Iff.Multicast, EthernetMtu),
                _ => AttachFixed(StaticSoftcBase + ((uint)units * StaticSoftcStep), units++, Iff.PointToPoint | Iff.Multicast, (ushort)_options.PppMtu),
            };
        }

        // The list's places are the slots. An address needs the loopback, wherever that is.
        for (int slot = 0; slot < _boot.Length; slot++)
        {
            foreach (InterfaceAddress address in _boot[slot].Addresses)
            {
                // A segment needs the route to its net; an Ethernet that leads out of the site needs none.
                Ipv4Address peer = slot == _station ? address.Local.Network(EthernetPrefixBits) : address.Peer;
                AddInetAddress(slot, address.Local, peer, slot == _station);
            }

            if (_boot[slot].Kind == InterfaceKind.Ethernet)
            {
                In6IfAttach(slot);
            }
        }
    }

    // The interfaces of boot have the first slots, in the order of the list, and are never detached: a kernel that has one has it there.
    private int BootSlot(uint address)
    {
        for (int slot = Math.Min(_boot.Length, _ifs.Length) - 1; slot >= 0; slot--)
        {
            if (_ifs[slot].Attached && _ifs[slot].Address == address)
            {
                return slot;
            }
        }

        return -1;
    }

    // The end of if_addrlist and of each family's own list. Counted from the addresses that are there, so that two kernels with the same lists are the same.
    private uint IfaddrEnd()
    {
        uint last = 0;
        foreach (ref readonly InIfaddr a in _inIfaddrs.AsSpan())
        {
            last = a.Used ? Math.Max(last, a.Place) : last;
        }

        foreach (ref readonly In6Ifaddr a in _in6Ifaddrs.AsSpan())
        {
            last = a.Used ? Math.Max(last, a.Place) : last;
        }

        return last + 1;
    }

    // The next interface after one, in the order of the list: those of boot, then units in the order in which they were attached. -1 when there is none.
    private int NextAttached(int after)
    {
        int next = -1;
        for (int slot = 0; slot < _ifs.Length; slot++)
        {
            if (_ifs[slot].Attached && (after < 0 || AttachedBefore(after, slot)) && (next < 0 || AttachedBefore(slot, next)))
            {
                next = slot;
            }
        }

        return next;
    }

    private bool AttachedBefore(int slot, int other) =>
        _ifs[slot].Block < 0 ? _ifs[other].Block >= 0 || slot < other : _ifs[other].Block >= 0 && _ifs[slot].Generation < _ifs[other].Generation;

    // IFF_UP and IFF_RUNNING, which output routines check.
    private bool IsRunning(int slot) => (_ifs[slot].Flags & (Iff.Up | Iff.Running)) == (Iff.Up | Iff.Running);

    // No line of the site is at it: what is sent there leaves the modelled world.
    private bool LeadsOut(int slot) => _ifs[slot].Unit < 0 && slot != _station;

    private static BootInterface[] Checked(BootInterface[] boot)
    {
        if (boot.Count(port => port.Kind == InterfaceKind.Loopback) != 1)
        {
            throw new ArgumentException($"interfaces {string.Join(", ", boot.Select(port => port.Name))}: a kernel has one loopback", nameof(boot));
        }

        if (boot.Count(port => port.Kind != InterfaceKind.PppUnit) > MostFixed)
        {
            throw new ArgumentException($"interfaces {string.Join(", ", boot.Select(port => port.Name))}: a kernel has {MostFixed} at most that are no ppp unit", nameof(boot));
        }

        return boot;
    }

    private int AttachFixed(uint address, int unit, Iff flags, ushort mtu)
    {
        int slot = _ifs.Put(new Ifnet
        {
            Address = address, Generation = _staticGeneration++, Block = -1, ExtraBlock = -1, Unit = (short)unit, Line = -1, Flags = flags, Mtu = mtu, Attached = true,
        });
        IfAttach(slot);
        return slot;
    }

    // if_attach: the index cursor's rule (1.3), then the slot, then each domain's dom_ifattach, then the announcement.
    private void IfAttach(int slot)
    {
        ref Ifnet ifp = ref _ifs[slot];
        int wraps = 0;
        while (IfByIndex(_ifIndexCursor) >= 0)
        {
            if (++_ifIndexCursor == 0)
            {
                _ifIndexCursor = 1;
                if (++wraps == 2)
                {
                    throw new InvalidOperationException("too many interfaces");
                }
            }
        }

        ifp.Index = _ifIndexCursor;
        if (ifp.Index >= _ifindex2ifnet.Length)
        {
            int old = _ifindex2ifnet.Length;
            Array.Resize(ref _ifindex2ifnet, old * 2);
            Array.Fill(_ifindex2ifnet, -1, old, old);
        }

        _ifindex2ifnet[ifp.Index] = slot;
        uint extra = 0;
        if (ifp.Block >= 0)
        {
            // in6_domifattach: the two statistics blocks and nd_ifinfo lie in classes of their own.
            ifp.ExtraBlock = Heap.Malloc(1, BlockImage.In6IfExtra);
            ifp.ExtraGeneration = Heap.Block(ifp.ExtraBlock).Generation;
            Heap.SetExtra(ifp.ExtraBlock, KernelHeap.NdIfinfoBase + (uint)(slot * 64));
            extra = Heap.AddressOf(ifp.ExtraBlock);
            Heap.SetSoftc(ifp.Block, (short)slot, ifp.Index, extra);
            Heap.SetFlags(ifp.Block, (ushort)ifp.Flags);
        }

        RtMessage(RtMsg.Arrival, slot);
    }

    private void SetFlags(int slot, Iff flags)
    {
        _ifs[slot].Flags = flags;
        if (_ifs[slot].Block >= 0)
        {
            Heap.SetFlags(_ifs[slot].Block, (ushort)flags);
        }
    }

    // if_down: clears IFF_UP, tells the protocols (which clear nothing in any pcb, 1.4) and the routing sockets.
    private void IfDown(int slot)
    {
        using Frame frame = Enter(KernelFunction.IfDown);
        SetFlags(slot, _ifs[slot].Flags & ~Iff.Up);
        RtMessage(RtMsg.IfInfo, slot);
    }

    private void IfUp(int slot)
    {
        using Frame frame = Enter(KernelFunction.IfUp);
        SetFlags(slot, _ifs[slot].Flags | Iff.Up);
        RtMessage(RtMsg.IfInfo, slot);
        if (!HasLinkLocal(slot))
        {
            In6IfAttach(slot);
        }
        else
        {
            In6CreateMkludge(slot);
        }
    }

    /// <summary>SIOCSIFFLAGS: if_up or if_down on a change of IFF_UP only.</summary>
    public void SiocSIfFlags(int slot, bool up)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(up ? SystemCallKind.Up : SystemCallKind.Down, slot));
        }

        using Frame frame = Enter(KernelFunction.IfIoctl);
        bool was = (_ifs[slot].Flags & Iff.Up) != 0;
        if (was && !up)
        {
            IfDown(slot);
        }
        else if (!was && up)
        {
            IfUp(slot);
        }

        PppoeFlags(slot, up);
    }

    // The driver frees what if_detach has unlinked.
    private void FreeSoftc(int slot)
    {
        int block = _ifs[slot].Block;
        _ifs[slot].Attached = false;
        if (_design.WaitsForReaders)
        {
            Heap.Orphan(block);
            EpochCall(block);
        }
        else if (_design.FreesAtOnce(this, PointerTo(slot)))
        {
            Heap.Free(block);
        }
        else
        {
            Defer(block);
        }

        _oracle.Freed(this, slot);
    }

    /// <summary>SIOCSIFMTU. Those who listen to the routing socket hear of it; no route and no record changes.</summary>
    /// <param name="slot">The interface.</param>
    /// <param name="mtu">In bytes.</param>
    public void SiocSIfMtu(int slot, int mtu)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.SetMtu, slot, mtu));
        }

        using Frame frame = Enter(KernelFunction.IfIoctl);
        _ifs[slot].Mtu = (ushort)mtu;
        RtMessage(RtMsg.IfInfo, slot);
    }

    // if_detach, step by step as before the fix; a design's additions are in the design's own file.
    private void IfDetach(int slot)
    {
        using Frame frame = Enter(KernelFunction.IfDetach);
        IfnetPtr p = PointerTo(slot);
        _detaching = true;
        IfDown(slot);
        bool hadInet = HasInetAddress(slot), hadInet6 = HasInet6Address(slot);

        // Step 3: only families that still have an address on the interface are asked.
        if (!_design.AsksAddressedFamilies)
        {
            InPurgeAddresses(p, slot);
            In6PurgeAddresses(p, slot);
            Nd6Purge(p);
        }
        else
        {
            // The family of the first address on if_addrlist comes first.
            int ia = FirstInetAddress(p.Address), ia6 = FirstInet6Address(p.Address);
            bool inet6First = ia6 >= 0 && (ia < 0 || _in6Ifaddrs[ia6].Place < _inIfaddrs[ia].Place);
            if (inet6First)
            {
                PurgeInet6Family(p);
            }

            if (hadInet)
            {
                PurgeInetFamily(p);
            }

            if (hadInet6 && !inet6First)
            {
                PurgeInet6Family(p);
            }
        }

        _design.BeforeDetach(this, p);
        RouteWalkDetach(p);
        ProxyWalkDetach(p);
        int extra = _ifs[slot].ExtraBlock;
        if (extra >= 0)
        {
            if (_design.FamilyDataWaitsForReaders)
            {
                EpochCall(extra);
            }
            else
            {
                Heap.Free(extra);
            }

            _ifs[slot].ExtraBlock = -1;
        }

        _design.AtDetach(this, p);
        IfnetDeparture(p);
        RtMessage(RtMsg.Departure, slot);
        _ifindex2ifnet[_ifs[slot].Index] = -1;
        _oracle.Detached(this, slot, hadInet, hadInet6, asked: _design.AsksAddressedFamilies);
        _detaching = false;
    }

    /// <summary>PRU_PURGEIF to UDP, TCP and raw of IPv4, in protosw order. Each turn: purgeif0, purgeif, purgeif.</summary>
    public void PurgeInetFamily(IfnetPtr p)
    {
        for (int turn = 0; turn < 3; turn++)
        {
            using Frame frame = Enter(turn == 0 ? KernelFunction.UdpUsrReq : turn == 1 ? KernelFunction.TcpUsrReq : KernelFunction.RipUsrReq);
            PcbTable table = turn == 0 ? PcbTable.Udp : turn == 1 ? PcbTable.Tcp : PcbTable.Raw;
            InPcbPurgeIf0(table, p);
            InPurgeIf(p);
            InPcbPurgeIf(table, p);
        }
    }

    /// <summary>PRU_PURGEIF to UDP, TCP and raw of IPv6.</summary>
    public void PurgeInet6Family(IfnetPtr p)
    {
        for (int turn = 0; turn < 3; turn++)
        {
            using Frame frame = Enter(KernelFunction.Udp6UsrReq);
            PcbTable table = turn == 0 ? PcbTable.Udp6 : turn == 1 ? PcbTable.Tcp6 : PcbTable.Raw6;
            In6PcbPurgeIf0(table, p);
            In6PurgeIf(p);
            In6PcbPurgeIf(table, p);
        }
    }
}
