// Modelled from NetBSD sys/net/route.c (2.0 branch): RTF_UP, reference counts, rtinit and the walk of if_detach (reference 1.7, 1.8, 2.2, 3.9).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    internal const byte AfInet = 2;
    internal const byte AfInet6 = 24;
    private Table<RtEntry> _routes = new();

    [KernelState]
    private void RouteFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _routes.Fields(ref pass);
    }

    /// <summary>Routes; a slot is in use when <see cref="RtEntry.Allocated"/>, and in the tree when also <see cref="RtEntry.Up"/>.</summary>
    public ReadOnlySpan<RtEntry> Routes => _routes.AsSpan();

    private static Ipv6Address Key(Ipv4Address a) => new(0, a.Value);

    private int RtAdd(byte family, Ipv6Address destination, byte prefixLength, int slot, int ifa) => RtAdd(family, destination, prefixLength, PointerTo(slot), ifa);

    private int RtAdd(byte family, Ipv6Address destination, byte prefixLength, IfnetPtr p, int ifa)
    {
        int r = RtExact(family, destination, prefixLength);
        if (r >= 0)
        {
            return -1; // EEXIST
        }

        r = _routes.Put(new RtEntry
        {
            Destination = destination, Family = family, PrefixLength = prefixLength, Ifp = p, Up = true, Allocated = true, Ifa = (short)ifa, Parent = -1,
            IfaIfp = ifa < 0 ? IfnetPtr.Null : family == AfInet ? _inIfaddrs[ifa].Ifp : _in6Ifaddrs[ifa].Ifp,
        });
        RadixInsert(r);
        _design.Hold(this, _routes[r].Ifp);
        return r;
    }

    private void RtRelease(int r)
    {
        _routes[r].Allocated = false;
        ForgetGateway(r);
        _design.Release(this, _routes[r].Ifp);
        if (_routes[r].Parent >= 0)
        {
            RtFree(_routes[r].Parent);
        }
    }

    private int RtExact(byte family, Ipv6Address destination, byte prefixLength)
    {
        for (int r = 0; r < _routes.Length; r++)
        {
            ref readonly RtEntry rt = ref _routes[r];
            if (rt.Up && rt.Family == family && rt.PrefixLength == prefixLength && rt.Destination == destination)
            {
                return r;
            }
        }

        return -1;
    }

    // rtalloc: the longest matching prefix that is up; counts a reference.
    private int RtAlloc(byte family, Ipv6Address destination)
    {
        int best = -1;
        for (int r = 0; r < _routes.Length; r++)
        {
            ref readonly RtEntry rt = ref _routes[r];
            if (rt.Up && rt.Family == family && (best < 0 || rt.PrefixLength > _routes[best].PrefixLength) && Matches(rt, destination))
            {
                best = r;
            }
        }

        if (best >= 0 && _routes[best].Cloning)
        {
            best = RtClone(best, destination);
        }

        if (best >= 0)
        {
            _routes[best].RefCount++;
        }

        return best;
    }

    // rtrequest1(RTM_RESOLVE): a host route with the parent's rt_ifp, which is copied and not followed. It counts the parent.
    private int RtClone(int parent, Ipv6Address destination)
    {
        int r = RtAdd(_routes[parent].Family, destination, (byte)(_routes[parent].Family == AfInet ? 32 : 128), _routes[parent].Ifp, -1);
        _routes[r].Parent = (short)parent;
        _routes[parent].RefCount++;
        return r;
    }

    // rtflushclone: the clones of a route go before it does.
    private void RtFlushClones(int parent) => RadixWalk(_routes[parent].Family, r =>
    {
        if (_routes[r].Up && _routes[r].Parent == parent)
        {
            RtDelete(r);
        }

        return true;
    });

    private static bool Matches(in RtEntry rt, Ipv6Address a)
    {
        if (rt.Family == AfInet)
        {
            return rt.PrefixLength == 0 || ((uint)(rt.Destination.Low ^ a.Low) >> (32 - rt.PrefixLength)) == 0;
        }

        int n = rt.PrefixLength;
        return n == 0 || (n <= 64 ? ((rt.Destination.High ^ a.High) >> (64 - n)) == 0
            : rt.Destination.High == a.High && ((rt.Destination.Low ^ a.Low) >> (128 - n)) == 0);
    }

    // rtfree: frees it if there are no references and RTF_UP is clear.
    private void RtFree(int r)
    {
        if (_routes[r].RefCount == 0)
        {
            throw new InvalidOperationException($"rtfree: rtentry {r} has no reference");
        }

        if (--_routes[r].RefCount == 0 && !_routes[r].Up)
        {
            RtRelease(r);
        }
    }

    // rtcache_free of a later kernel: the pcb lets go of its cached route.
    private void RtCacheFree(int s)
    {
        if (_pcbs[s].Route >= 0)
        {
            RtFree(_pcbs[s].Route);
            _pcbs[s].Route = -1;
        }
    }

    // A cached route to another destination, and where it matters one that is down, is freed; then there is a look-up. Slot of the rtentry, or -1.
    private int RtCacheFill(int s, byte family, Ipv6Address destination, bool onlyUp, HolderKind stored = HolderKind.None) =>
        RoFill(ref _pcbs[s].Route, ref _pcbs[s].RouteDestination, family, destination, onlyUp, stored);

    // The same of any struct route; an observer hears of what is stored anew in a holder that is named.
    private int RoFill(ref short ro, ref Ipv6Address roDst, byte family, Ipv6Address destination, bool onlyUp, HolderKind stored)
    {
        short before = ro;
        if (ro >= 0 && (roDst != destination || (onlyUp && !_routes[ro].Up)))
        {
            RtFree(ro);
            ro = -1;
        }

        if (ro < 0)
        {
            ro = (short)RtAlloc(family, destination);
            roDst = destination;
            if (ro >= 0 && ro != before && stored != HolderKind.None && LiveAt(_routes[ro].Ifp.Address) is >= 0 and int slot)
            {
                _oracle.Stored(this, slot, stored);
            }
        }

        return ro;
    }

    // rtrequest1(RTM_DELETE): out of the tree, RTF_UP cleared; a holder keeps the entry with rt_ifp as it was.
    private void RtDelete(int r)
    {
        if (_routes[r].Cloning)
        {
            RtFlushClones(r);
        }

        RadixDelete(r);
        _routes[r].Up = false;
        if (_routes[r].RefCount == 0)
        {
            RtRelease(r);
            return;
        }

        if (_design.InvalidatesRouteCaches)
        {
            InvalidateRouteCaches(r);
        }
    }

    // if_detach's walk over every family's tree with if_rt_walktree: one pass, in which deleting a cloning route with its clones can skip others (1.8).
    private void RouteWalkDetach(IfnetPtr p)
    {
        for (byte family = AfInet; family != 0; family = family == AfInet ? AfInet6 : (byte)0)
        {
            bool again;
            do
            {
                again = false;
                RadixWalk(family, r =>
                {
                    if (!_routes[r].Up || !Same(_routes[r].Ifp, p))
                    {
                        return true; // not this interface's, or a node that was deleted while the walk was at it: rtrequest returns ESRCH
                    }

                    RtDelete(r);
                    again = Has(KernelSwitch.RouteWalkRestarts);
                    return !again;
                });
            }
            while (again);
        }
    }

    /// <summary>route(8): RTM_ADD of an IPv4 route out of an interface.</summary>
    /// <returns>EEXIST; EINVAL for a cloning host route.</returns>
    public Errno AddRoute(int slot, Ipv4Address destination, byte prefixLength, bool cloning)
    {
        if (cloning && prefixLength == 32)
        {
            return Errno.EINVAL;
        }

        int r = RtAdd(AfInet, Key(destination), prefixLength, slot, -1);
        if (r < 0)
        {
            return Errno.EEXIST;
        }

        _routes[r].Cloning = cloning;
        RtMessage(RtMsg.Add, slot, AfInet, peer: destination);
        return Errno.None;
    }

    /// <summary>
    /// zebra's RTM_ADD of a route through a gateway at the other end of a point-to-point interface or on an Ethernet: rt_ifa is the address that leads there (ifa_ifwithroute:
    /// ifa_ifwithdstaddr, then ifa_ifwithnet), and rt_ifp that address's ifa_ifp.
    /// </summary>
    /// <param name="family">AF_INET or AF_INET6.</param>
    /// <param name="destination">The network; one of IPv4 lies in the low 32 bits.</param>
    /// <param name="prefixLength">Bits of its mask.</param>
    /// <param name="gateway">The gateway; one of IPv6 is link-local.</param>
    /// <param name="index">if_index of the interface, of IPv6: the gateway's zone.</param>
    /// <returns>ENETUNREACH when no address leads to the gateway, EEXIST.</returns>
    public Errno AddRoute(byte family, Ipv6Address destination, byte prefixLength, Ipv6Address gateway, int index)
    {
        int ifa = family != AfInet ? IfaOfZone(gateway, index)
            : IfaWithDestination((uint)gateway.Low) is >= 0 and int far ? far : IfaWithNet(new Ipv4Address((uint)gateway.Low));
        if (ifa < 0)
        {
            return Errno.ENETUNREACH;
        }

        IfnetPtr p = family == AfInet ? _inIfaddrs[ifa].Ifp : _in6Ifaddrs[ifa].Ifp;
        int r = RtAdd(family, destination, prefixLength, p, ifa);
        if (r < 0)
        {
            return Errno.EEXIST;
        }

        if (_station >= 0 && p == PointerTo(_station))
        {
            SetGateway(r, OnWire(gateway));
        }

        RouteMessage(RtMsg.Add, p, family, destination);
        return Errno.None;
    }

    /// <summary>zebra's RTM_DELETE.</summary>
    /// <returns>ESRCH.</returns>
    public Errno DeleteRoute(byte family, Ipv6Address destination, byte prefixLength)
    {
        int r = RtExact(family, destination, prefixLength);
        if (r < 0)
        {
            return Errno.ESRCH;
        }

        IfnetPtr p = _routes[r].Ifp;
        RtDelete(r);
        RouteMessage(RtMsg.Delete, p, family, destination);
        return Errno.None;
    }

    private void RouteMessage(RtMsg type, IfnetPtr p, byte family, Ipv6Address destination)
    {
        if (LiveAt(p.Address) is >= 0 and int slot)
        {
            RtMessage(type, slot, family, peer: family == AfInet ? new Ipv4Address((uint)destination.Low) : default, address6: family == AfInet ? default : destination);
        }
    }

    // ifa_ifwithdstaddr: the address of a point-to-point interface whose other end this is, or -1.
    private int IfaWithDestination(uint destination)
    {
        for (int i = 0; i < _inIfaddrs.Length; i++)
        {
            if (_inIfaddrs[i].Used && _inIfaddrs[i].Destination.Value == destination)
            {
                return i;
            }
        }

        return -1;
    }

    // ifa_ifwithnet: the address of an interface whose net this is of, or -1. A far end's and a loopback's are hosts.
    private int IfaWithNet(Ipv4Address a)
    {
        for (int i = 0; i < _inIfaddrs.Length; i++)
        {
            if (_inIfaddrs[i].Used && LiveAt(_inIfaddrs[i].Ifp.Address) is >= 0 and int slot && InetPrefixLength(slot) is < 32 and byte length
                && _inIfaddrs[i].Address.Network(length) == a.Network(length))
            {
                return i;
            }
        }

        return -1;
    }

    // The link-local address on the interface of a link-local gateway, or -1.
    private int IfaOfZone(Ipv6Address gateway, int index)
    {
        int slot = gateway.IsLinkLocal ? IfByIndex(index) : -1;
        for (int i = 0; slot >= 0 && i < _in6Ifaddrs.Length; i++)
        {
            if (_in6Ifaddrs[i].Used && _in6Ifaddrs[i].Address.IsLinkLocal && _in6Ifaddrs[i].Ifp.Address == _ifs[slot].Address)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>pppd's default route over a unit: RTM_ADD through a routing socket of its own.</summary>
    public Errno AddDefaultRoute(int slot)
    {
        if (RtAdd(AfInet, default, 0, slot, -1) < 0)
        {
            return Errno.EEXIST;
        }

        RtMessage(RtMsg.Add, slot, AfInet);
        return Errno.None;
    }

    /// <summary>pppd's RTM_DELETE of the default route.</summary>
    public Errno DeleteDefaultRoute(int slot)
    {
        int r = RtExact(AfInet, default, 0);
        if (r < 0)
        {
            return Errno.ESRCH;
        }

        RtDelete(r);
        RtMessage(RtMsg.Delete, slot, AfInet);
        return Errno.None;
    }

    /// <summary>rt_ifp of every route in the table.</summary>
    internal static void WalkRtEntry(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly RtEntry x in kernel._routes.AsSpan())
        {
            if (x.Up)
            {
                visitor.Visit(HolderKind.RtEntryIfp, x.Ifp);
            }
        }
    }

    /// <summary>ifa_ifp behind the rt_ifa of every route in the table.</summary>
    internal static void WalkIfaddr(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly RtEntry x in kernel._routes.AsSpan())
        {
            if (x.Up && !x.IfaIfp.IsNull)
            {
                visitor.Visit(HolderKind.IfaddrIfp, x.IfaIfp);
            }
        }
    }
}
