// Modelled from NetBSD sys/netinet6/in6_src.c 1.18 (in6_selectsrc, in6_selecthlim, in6_embedscope), in6.c 1.86 (in6_ifawithscope) and, where a kernel
// differs, in6_src.c and scope6.c of 2006 (reference 3.6, 3.7).
using System.Numerics;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    // What in6_selectsrc is told about the path: an interface that IPV6_PKTINFO, the multicast option or a route names, and what holds that pointer.
    private readonly record struct WayOut(IfnetPtr Ifp, HolderKind Holder);

    // in6_embedscope: a link-scope destination gets the index of the interface that is named for it; a multicast option's is read through the stored pointer.
    private Ipv6Address In6EmbedScope(int s, int pktInfo, Ipv6Address destination)
    {
        if (!destination.HasEmbeddedScope || Differs(KernelDifference.ScopeTable))
        {
            return destination;
        }

        if (pktInfo >= 0)
        {
            return Scoped(destination, pktInfo);
        }

        IfnetPtr p = _pcbs[s].MulticastIfp;
        return destination.IsMulticast && !p.IsNull ? destination.WithEmbeddedScope(IndexBehind(p, HolderKind.Ip6MoptionsIfp, UseSite.In6EmbedScope)) : destination;
    }

    // ifp->if_index, through a pointer that was not checked.
    private ushort IndexBehind(IfnetPtr p, HolderKind holder, UseSite site) => Through(p, holder, site) switch
    {
        >= 0 and int slot => _ifs[slot].Index,
        Dangling => (ushort)ReadWord(p, KernelWord.IfIndex),
        _ => 0,
    };

    // An interface just looked up in the table is no stored pointer.
    private int Through(IfnetPtr p, HolderKind holder, UseSite site) => holder == HolderKind.None ? LiveAt(p.Address) : Use(p, holder, site);

    // The zone that an address has on an interface: in6_addr2scopeid reads if_index, in6_setscope a table behind if_afdata. 0 for what is not scoped.
    private ushort ZoneOn(WayOut way, Ipv6Address a)
    {
        if (Differs(KernelDifference.ScopeTable))
        {
            return In6SetScope(way.Ifp, way.Holder, a);
        }

        return a.HasEmbeddedScope && !a.IsMulticastInterfaceLocal ? IndexBehind(way.Ifp, way.Holder, UseSite.In6IfaWithScope) : (ushort)0;
    }

    // in6_setscope: SID(ifp) is a word of the in6_ifextra, which if_afdata leads to, and the zone an entry of the table that it points to. None of that is checked. Returns the
    // zone, 0 for what is not scoped.
    private ushort In6SetScope(IfnetPtr p, HolderKind holder, Ipv6Address a)
    {
        if (!Differs(KernelDifference.ScopeTable))
        {
            return 0;
        }

        using Frame frame = Enter(KernelFunction.In6SetScope);
        int slot = Through(p, holder, UseSite.In6SetScope);
        if (slot == Gone)
        {
            return 0;
        }

        ushort zone = !a.HasEmbeddedScope ? (ushort)0 : slot >= 0 ? _ifs[slot].Index : (ushort)ReadWord(p, KernelWord.IfIndex);
        if (slot >= 0 && _ifs[slot].Block < 0)
        {
            return zone;
        }

        uint extra = ReadWord(p, KernelWord.IfAfdata);
        Follow(extra, UseSite.In6SetScope, holder, p, KernelWord.IfAfdata);
        int block = Heap.BlockAt(extra);
        bool freed = slot >= 0 ? !Heap.IsLive(block, _ifs[slot].ExtraGeneration) : block >= 0 && Heap.Block(block).Next != HeapBlock.InUse;
        if (freed)
        {
            _oracle.StaleUse(HolderKind.IfAfdata, UseSite.In6SetScope, p);
        }

        Follow(block < 0 ? 0 : Heap.Read(block, KernelWord.ExtraScope6Id), UseSite.In6SetScope, holder, p, KernelWord.ExtraScope6Id);
        if (freed && a.Scope is Ipv6Scope.InterfaceLocal or Ipv6Scope.LinkLocal or Ipv6Scope.SiteLocal or Ipv6Scope.OrganizationLocal)
        {
            _oracle.StaleUse(HolderKind.IfAfdata, UseSite.In6SetScope, p, (int)a.Scope); // each scope's entry of the table is read in its own place
        }

        return zone;
    }

    // in6_selectsrc. The destination gets its zone if that follows from the path (udp6_output of 2006).
    private Errno In6SelectSrc(int s, int pktInfo, ref Ipv6Address destination, out Ipv6Address source)
    {
        using Frame frame = Enter(KernelFunction.In6SelectSrc);
        source = default;
        bool byPolicy = Differs(KernelDifference.SourceByPolicy);
        WayOut way;
        int route = -1;
        if (pktInfo >= 0)
        {
            way = new(PointerTo(pktInfo), HolderKind.None);
        }
        else if (destination.IsMulticast && !_pcbs[s].MulticastIfp.IsNull)
        {
            way = new(_pcbs[s].MulticastIfp, HolderKind.Ip6MoptionsIfp);
        }
        else if (destination.IsMulticastInterfaceLocal && !byPolicy)
        {
            way = new(PointerTo(_loopback), HolderKind.None);
        }
        else
        {
            route = In6pRouteFill(s, destination, onlyUp: byPolicy);
            if (route < 0)
            {
                return Errno.EHOSTUNREACH;
            }

            way = _routes[route].IfaIfp.IsNull ? new(_routes[route].Ifp, HolderKind.RtEntryIfp) : new(_routes[route].IfaIfp, HolderKind.IfaddrIfp);
        }

        ushort zone = ZoneOn(way, destination);
        if (byPolicy && destination.HasEmbeddedScope)
        {
            destination = destination.WithEmbeddedScope(zone);
        }

        int ia = byPolicy ? SourceByPolicy(way, zone, destination) : In6IfaWithScope(way, zone, destination);
        if (ia < 0 && route >= 0 && !byPolicy)
        {
            ia = _routes[route].Ifa; // "scope error?": the address that the route was made for
        }

        if (ia < 0)
        {
            return Errno.EADDRNOTAVAIL;
        }

        source = _in6Ifaddrs[ia].Address;
        return Errno.None;
    }

    // The socket's cached route, dropped where it is to another destination or, where that matters, down; then there is a look-up. -1 when there is none.
    private int In6pRouteFill(int s, Ipv6Address destination, bool onlyUp) => RtCacheFill(s, AfInet6, destination, onlyUp, HolderKind.In6pRouteIfp);

    // in6_ifawithscope: the best address of all interfaces on which the destination has the same zone; by scope, then the longest match, then the outgoing
    // interface, whose last address wins a tie.
    private int In6IfaWithScope(WayOut way, ushort zone, Ipv6Address destination)
    {
        int best = -1;
        for (int slot = NextAttached(-1); slot >= 0; slot = NextAttached(slot))
        {
            if (destination.HasEmbeddedScope && !destination.IsMulticastInterfaceLocal && _ifs[slot].Index != zone)
            {
                continue;
            }

            for (int ia = NextInet6Address(slot, -1); ia >= 0; ia = NextInet6Address(slot, ia))
            {
                if (_in6Ifaddrs[ia].Dad != In6Dad.Ready)
                {
                    continue;
                }

                if (best < 0 || Better(_in6Ifaddrs[ia].Address, _in6Ifaddrs[best].Address, destination, isOut: _ifs[slot].Address == way.Ifp.Address))
                {
                    best = ia;
                }
            }
        }

        return best;
    }

    private static bool Better(Ipv6Address a, Ipv6Address best, Ipv6Address destination, bool isOut)
    {
        Ipv6Scope wanted = destination.Scope;
        int toWanted = a.Scope.CompareTo(wanted), bestToWanted = best.Scope.CompareTo(wanted), toBest = a.Scope.CompareTo(best.Scope);
        if ((bestToWanted < 0) != (toWanted < 0))
        {
            return toWanted >= 0; // large enough before too small
        }

        if (toBest != 0)
        {
            return toWanted == 0 || (bestToWanted != 0 && (toWanted > 0 ? toBest < 0 : toBest > 0));
        }

        int longer = toWanted == 0 ? MatchLength(a, destination) - MatchLength(best, destination) : 0;
        return longer > 0 || (longer == 0 && isOut);
    }

    private static int MatchLength(Ipv6Address a, Ipv6Address b) => a.High != b.High ? BitOperations.LeadingZeroCount(a.High ^ b.High) : 64 + BitOperations.LeadingZeroCount(a.Low ^ b.Low);

    // RFC 3484 over in6_ifaddr: an address is left out whose interface has another zone for the destination, or whose own zone does not hold the outgoing interface.
    private int SourceByPolicy(WayOut way, ushort zone, Ipv6Address destination)
    {
        int best = -1;
        for (int ia = NextInet6Address(-1, -1); ia >= 0; ia = NextInet6Address(-1, ia))
        {
            ref readonly In6Ifaddr a = ref _in6Ifaddrs[ia];
            int slot = LiveAt(a.Ifp.Address);
            bool isOut = a.Ifp.Address == way.Ifp.Address;
            if (slot < 0 || (destination.HasEmbeddedScope && _ifs[slot].Index != zone))
            {
                continue;
            }

            if (!isOut)
            {
                In6SetScope(way.Ifp, way.Holder, a.Address);
            }

            if ((a.Address.HasEmbeddedScope && !isOut) || (a.Address.IsLoopback && !isOut))
            {
                continue;
            }

            if (best < 0 || Better(a.Address, _in6Ifaddrs[best].Address, destination, isOut && _in6Ifaddrs[best].Ifp.Address != way.Ifp.Address))
            {
                best = ia;
            }
        }

        return best;
    }

    // in6_selecthlim: chlim of nd_ifinfo, reached as ifp -> if_afdata[AF_INET6] -> in6_ifextra.nd_ifinfo, without any check (3.7).
    private byte In6SelectHlim(IfnetPtr p, HolderKind holder = HolderKind.In6pRouteIfp)
    {
        using Frame frame = Enter(KernelFunction.In6SelectHlim);
        int slot = Use(p, holder, UseSite.In6SelectHlim);
        if (slot == Dangling)
        {
            FollowStaleNdIfinfo(p, holder, UseSite.In6SelectHlim);
        }

        return DefaultHopLimit;
    }

    // ND_IFINFO(ifp): ifp -> if_afdata[AF_INET6] -> in6_ifextra.nd_ifinfo, without any check.
    private void FollowStaleNdIfinfo(IfnetPtr p, HolderKind holder, UseSite site) => FollowStaleExtra(p, holder, site, KernelWord.ExtraNdIfinfo);
}
