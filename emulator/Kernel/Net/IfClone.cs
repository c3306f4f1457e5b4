// Modelled from NetBSD sys/net/if.c (if_clone_create, if_clone_destroy), if_vlan.c, if_gif.c with netinet/in_gif.c, if_pppoe.c, if_loop.c, and dev/usb/if_aue.c with
// if_ethersubr.c's ether_ifdetach (2.0 branch).
// A pair (veth) is not in NetBSD 2.0: the order of its teardown is that of Linux, drivers/net/veth.c (veth_dellink) with net/core/dev.c (unregister_netdevice_many).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const byte GifTtl = 30;
    private Table<ClonedSoftc> _cloned = new();
    [NotSaved("only in_gif_output sets it, while it runs")]
    private bool _gifCalled;

    [KernelState]
    private void IfCloneFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _cloned.Fields(ref pass);
        pass.Transient(ref _gifCalled);
    }

    /// <summary>What the drivers of interfaces without a line keep.</summary>
    public ReadOnlySpan<ClonedSoftc> ClonedSoftcs => _cloned.AsSpan();

    /// <summary>SIOCIFCREATE, or a device is plugged in: a zeroed softc and if_attach. It is down.</summary>
    /// <param name="unit">Which (<see cref="ClonedKind.TryParse"/>). There is none of it.</param>
    /// <returns>The interface slot.</returns>
    public int IfCloneCreate(short unit)
    {
        var kind = ClonedKind.Of(unit);
        using Frame frame = Enter(kind.IsPluggedIn ? KernelFunction.ConfigAttach : KernelFunction.IfCloneCreate);
        int block = Heap.Malloc(0, BlockImage.ClonedSoftc);
        bool again = KernelHeap.IsSoftc(Heap.ReplacedImage);
        int slot = _ifs.Put(new Ifnet
        {
            Address = Heap.AddressOf(block), Generation = Heap.Block(block).Generation, Block = block, ExtraBlock = -1, Unit = unit, Line = -1, Flags = kind.Flags, Mtu = kind.Mtu, Attached = true,
        });
        _station = Nic.LinkAddress != 0 && Nic.Unit == unit ? slot : _station;
        IfAttach(slot);
        _cloned.Put(new ClonedSoftc { Slot = (short)slot, Route = -1, Used = true });
        if (kind.ParentHolder == HolderKind.PppoeEthIfp)
        {
            SpppAttach(slot);
        }

        _oracle.Attached(this, slot, again);
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.CreateInterface, slot, unit, _ifs[slot].Index));
        }

        return slot;
    }

    /// <summary>
    /// SIOCIFDESTROY, or a device is pulled out while it is up. A vlan lets go of what it is on, a tunnel of its route, vlans on it are unconfigured (ether_ifdetach); then if_detach, then the
    /// softc is freed.
    /// </summary>
    public void IfCloneDestroy(int slot)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.DestroyInterface, slot));
        }

        var kind = ClonedKind.Of(_ifs[slot].Unit);
        using Frame frame = Enter(kind.IsPluggedIn ? KernelFunction.ConfigDetach : KernelFunction.IfCloneDestroy);
        int c = ClonedOf(slot);
        if (kind.IsPaired && !_cloned[c].Parent.IsNull)
        {
            VethDellink(slot);
            return;
        }

        ParentUnconfig(c);
        GifDeleteTunnel(c);
        if (!Has(KernelSwitch.SpppListKept))
        {
            SpppDetach(PointerTo(slot));
        }

        if (!Has(KernelSwitch.LladdrEventLate))
        {
            BridgeStop(slot);
        }

        if (kind.IsEthernet && !Has(KernelSwitch.ParentKept))
        {
            ParentIfDetach(PointerTo(slot));
        }

        PppoeStop(slot);
        _cloned[c].Used = false;
        IfDetach(slot);
        if (slot == _station)
        {
            StationDetached();
        }

        FreeSoftc(slot);
    }

    // The other end goes with this one, in one turn for both: neither knows the other any more, both are set down, both are detached, and only then is either freed. A namespace that is
    // taken down does this for each veth in it (default_device_exit_batch), whatever the other end's namespace has still configured on that.
    private void VethDellink(int slot)
    {
        using Frame frame = Enter(KernelFunction.VethDellink);
        int peer = Use(_cloned[ClonedOf(slot)].Parent, HolderKind.VethPeerIfp, UseSite.VethDellink);
        int[] ends = peer >= 0 ? [slot, peer] : [slot];
        foreach (int end in ends)
        {
            ParentUnconfig(ClonedOf(end));
        }

        foreach (int end in ends)
        {
            IfDown(end);
            SetFlags(end, _ifs[end].Flags & ~(Iff.Up | Iff.Running));
        }

        foreach (int end in ends)
        {
            _cloned[ClonedOf(end)].Used = false;
            IfDetach(end);
        }

        foreach (int end in ends)
        {
            FreeSoftc(end);
        }
    }

    // Linux's rtnl_newlink has registered both ends: each gets the other.
    private Errno VethNewlink(int slot, int peer)
    {
        int c = ClonedOf(slot), other = ClonedOf(peer);
        if (slot == peer || other < 0 || !ClonedKind.Of(_ifs[peer].Unit).IsPaired || !_cloned[c].Parent.IsNull || !_cloned[other].Parent.IsNull)
        {
            return Errno.EINVAL;
        }

        foreach ((int end, int far) in ((int, int)[])[(c, peer), (other, slot)])
        {
            _cloned[end].Parent = PointerTo(far);
            _design.Hold(this, _cloned[end].Parent);
            _oracle.Stored(this, far, HolderKind.VethPeerIfp);
        }

        return Errno.None;
    }

    /// <summary>SIOCSETVLAN, or PPPOESETPARMS: the vlan or the session is on another interface from now on, and runs.</summary>
    /// <param name="slot">The vlan or the session, or one end of a pair.</param>
    /// <param name="parent">What it is on, or the other end.</param>
    /// <param name="discovers">A session comes up by discovery when the interface does; otherwise it is there at once.</param>
    /// <returns>EINVAL where one of them is not what it should be: a vlan or a session on an Ethernet, two ends that are of no pair.</returns>
    public Errno SiocSetParent(int slot, int parent, bool discovers = false)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.SetParent, slot, parent));
        }

        using Frame frame = Enter(KernelFunction.IfIoctl);
        int c = ClonedOf(slot);
        if (c >= 0 && ClonedKind.Of(_ifs[slot].Unit).IsPaired)
        {
            return VethNewlink(slot, parent);
        }

        if (c < 0 || ClonedKind.Of(_ifs[slot].Unit).Way != ClonedWay.Parent || !IsEthernet(parent))
        {
            return Errno.EINVAL;
        }

        ParentUnconfig(c);
        if (discovers)
        {
            PppoeSetParms(slot);
        }

        _cloned[c].Parent = PointerTo(parent);
        _design.Hold(this, _cloned[c].Parent);
        _oracle.Stored(this, parent, ClonedKind.Of(_ifs[slot].Unit).ParentHolder);
        SetFlags(slot, _ifs[slot].Flags | Iff.Running);
        return Errno.None;
    }

    /// <summary>SIOCSIFPHYADDR: where the tunnel leads.</summary>
    /// <returns>EINVAL where it is not a tunnel.</returns>
    public Errno SiocSIfPhyAddr(int slot, Ipv4Address destination)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.SetTunnel, slot, Address: destination));
        }

        using Frame frame = Enter(KernelFunction.IfIoctl);
        int c = ClonedOf(slot);
        if (c < 0 || ClonedKind.Of(_ifs[slot].Unit).Way != ClonedWay.Tunnel)
        {
            return Errno.EINVAL;
        }

        GifDeleteTunnel(c);
        _cloned[c].Destination = destination;
        SetFlags(slot, _ifs[slot].Flags | Iff.Running);
        return Errno.None;
    }

    private bool IsEthernet(int slot) =>
        _ifs[slot].Unit < 0 ? (_ifs[slot].Flags & Iff.Loopback) == 0 : ClonedKind.IsCloned(_ifs[slot].Unit) && ClonedKind.Of(_ifs[slot].Unit).IsEthernet;

    // What the driver keeps of an interface, or -1.
    private int ClonedOf(int slot)
    {
        for (int c = 0; c < _cloned.Length; c++)
        {
            if (_cloned[c].Used && _cloned[c].Slot == slot)
            {
                return c;
            }
        }

        return -1;
    }

    // vlan_unconfig, pppoe_disconnect.
    private void ParentUnconfig(int c)
    {
        IfnetPtr parent = _cloned[c].Parent;
        if (!parent.IsNull)
        {
            _cloned[c].Parent = IfnetPtr.Null;
            _design.Release(this, parent);
        }
    }

    // vlan_ifdetach, which ether_ifdetach of a departing parent calls, and pppoe_ifattach_hook, which pfil calls: what is on it stays, without a parent, and is down.
    private void ParentIfDetach(IfnetPtr p)
    {
        using Frame frame = Enter(KernelFunction.VlanIfDetach);
        for (int c = 0; c < _cloned.Length; c++)
        {
            if (_cloned[c].Used && !_cloned[c].Parent.IsNull && Same(_cloned[c].Parent, p) && HearsOfParent(_cloned[c].Slot))
            {
                ParentUnconfig(c);
                PppoeClear(_cloned[c].Slot);
                IfDown(_cloned[c].Slot);
                SetFlags(_cloned[c].Slot, _ifs[_cloned[c].Slot].Flags & ~(Iff.Up | Iff.Running));
            }
        }
    }

    private bool HearsOfParent(int slot) => _options.PfilHooks || ClonedKind.Of(_ifs[slot].Unit).ParentHolder != HolderKind.PppoeEthIfp;

    // gif_delete_tunnel.
    private void GifDeleteTunnel(int c)
    {
        if (_cloned[c].Route >= 0)
        {
            RtFree(_cloned[c].Route);
            _cloned[c].Route = -1;
        }

        _cloned[c].Destination = Ipv4Address.Any;
    }

    // A design that invalidates caches does so with those of tunnels.
    private void InvalidateTunnelRoutes(int r)
    {
        for (int c = 0; c < _cloned.Length; c++)
        {
            if (_cloned[c].Used && _cloned[c].Route == r)
            {
                _cloned[c].Route = -1;
                RtFree(r);
                Counters.RoutesInvalidated++;
            }
        }
    }

    private Errno ClonedOutput(int slot, PppProtocol protocol, ReadOnlySpan<byte> packet) =>
        !IsRunning(slot) ? Errno.ENETDOWN
        : ClonedKind.Of(_ifs[slot].Unit).Way switch
        {
            ClonedWay.Parent => OutputOnParent(slot, protocol, packet),
            ClonedWay.Tunnel => InGifOutput(slot, protocol, packet),
            ClonedWay.Peer => VethXmit(slot),
            ClonedWay.Members => BridgeOutput(slot, protocol, packet),
            _ => Errno.None,
        };

    // vlan_start: the tagged frame goes to ifv_p's queue and its if_start. pppoe_output: sc_eth_if's if_output.
    private Errno OutputOnParent(int slot, PppProtocol protocol, ReadOnlySpan<byte> packet)
    {
        if (PppoeOf(slot) is >= 0 and int sc)
        {
            return PppoeStart(sc, protocol, packet);
        }

        var kind = ClonedKind.Of(_ifs[slot].Unit);
        using Frame frame = Enter(kind.ParentUse == UseSite.VlanStart ? KernelFunction.VlanStart : KernelFunction.PppoeOutput);
        IfnetPtr p = _cloned[ClonedOf(slot)].Parent;
        if (p.IsNull)
        {
            return Errno.ENETDOWN;
        }

        int parent = Use(p, kind.ParentHolder, kind.ParentUse);
        return parent == Dangling ? StaleOutput(p, kind.ParentHolder, kind.ParentUse)
            : parent < 0 || !IsEthernet(parent) ? Errno.ENETDOWN
            : parent == _station ? Errno.None // a tag that no other station has
            : IfOutput(parent, protocol, packet);
    }

    // veth_xmit drops what has no other end, or one that is down, and the sender does not learn of it.
    private Errno VethXmit(int slot)
    {
        using Frame frame = Enter(KernelFunction.VethXmit);
        IfnetPtr p = _cloned[ClonedOf(slot)].Parent;
        return !p.IsNull && Use(p, HolderKind.VethPeerIfp, UseSite.VethXmit) == Dangling ? StaleOutput(p, HolderKind.VethPeerIfp, UseSite.VethXmit) : Errno.None;
    }

    // in_gif_output, and ip_output with gif_ro: a cached route that is down is freed before anything in it is read. A tunnel within itself is refused.
    private Errno InGifOutput(int slot, PppProtocol protocol, ReadOnlySpan<byte> packet)
    {
        using Frame frame = Enter(KernelFunction.InGifOutput);
        int c = ClonedOf(slot);
        if (_gifCalled)
        {
            return Errno.ENETUNREACH; // max_gif_nesting is one: a tunnel over a tunnel is refused
        }

        if (_cloned[c].Route >= 0 && !_routes[_cloned[c].Route].Up && !Has(KernelSwitch.GifRouteUnchecked))
        {
            RtFree(_cloned[c].Route);
            _cloned[c].Route = -1;
        }

        if (_cloned[c].Route < 0)
        {
            int r = RtAlloc(AfInet, Key(_cloned[c].Destination));
            if (r < 0)
            {
                return Errno.ENETUNREACH;
            }

            int way = LiveAt(_routes[r].Ifp.Address);
            if (way == slot)
            {
                RtFree(r);
                return Errno.ENETUNREACH;
            }

            _cloned[c].Route = (short)r;
            if (way >= 0)
            {
                _oracle.Stored(this, way, HolderKind.GifRouteIfp);
            }
        }

        IfnetPtr p = _routes[_cloned[c].Route].Ifp;
        int outer = Use(p, HolderKind.GifRouteIfp, UseSite.InGifOutput);
        if (outer < 0)
        {
            return outer == Dangling ? StaleOutput(p, HolderKind.GifRouteIfp, UseSite.InGifOutput) : Errno.ENETUNREACH;
        }

        int ia = FirstInetAddress(_ifs[outer].Address);
        if (ia < 0)
        {
            return Errno.EADDRNOTAVAIL;
        }

        _gifCalled = true;
        Errno error = Transmit(
            outer, _inIfaddrs[ia].Address, _cloned[c].Destination, protocol == PppProtocol.Ipv4 ? IpProtocol.IpIp : IpProtocol.Ipv6, GifTtl, packet, routerAlert: false);
        _gifCalled = false;
        return error;
    }

    /// <summary>ifv_p of every vlan.</summary>
    internal static void WalkVlanParent(BsdKernel kernel, ref HolderVisitor visitor) => kernel.WalkParents(HolderKind.VlanParentIfp, ref visitor);

    /// <summary>sc_eth_if of every session of PPP over Ethernet.</summary>
    internal static void WalkPppoeEthIf(BsdKernel kernel, ref HolderVisitor visitor) => kernel.WalkParents(HolderKind.PppoeEthIfp, ref visitor);

    /// <summary>The other end of every end of a pair.</summary>
    internal static void WalkVethPeer(BsdKernel kernel, ref HolderVisitor visitor) => kernel.WalkParents(HolderKind.VethPeerIfp, ref visitor);

    private void WalkParents(HolderKind holder, ref HolderVisitor visitor)
    {
        foreach (ref readonly ClonedSoftc x in _cloned.AsSpan())
        {
            if (x.Used && !x.Parent.IsNull && ClonedKind.Of(_ifs[x.Slot].Unit).ParentHolder == holder)
            {
                visitor.Visit(holder, x.Parent);
            }
        }
    }

    /// <summary>The interface of the route that a tunnel has cached.</summary>
    internal static void WalkGifRoute(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly ClonedSoftc x in kernel._cloned.AsSpan())
        {
            if (x.Used && x.Route >= 0)
            {
                visitor.Visit(HolderKind.GifRouteIfp, kernel._routes[x.Route].Ifp, !kernel._routes[x.Route].Up);
            }
        }
    }
}
