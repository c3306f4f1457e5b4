// Modelled from NetBSD sys/netinet6/nd6_rtr.c (nd6_prelist_add, prelist_remove, nd6_prefix_onlink, nd6_prefix_offlink, nd6_ra_input,
// defrtrlist_update, defrtrlist_del, defrouter_select, prelist_update, pfxrtr_add): prefixes of own addresses, and those and the routers that advertisements name (reference 3.1, 3.4).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const int TicksASecond = 5;
    private Table<NdPrefix> _ndPrefixes = new();
    private Table<NdDefrouter> _defrouters = new();
    private Table<NdPfxRouter> _pfxRouters = new();

    [KernelState]
    private void Nd6RtrFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _ndPrefixes.Fields(ref pass);
        _defrouters.Fields(ref pass);
        _pfxRouters.Fields(ref pass);
    }

    /// <summary>Default routers.</summary>
    public ReadOnlySpan<NdDefrouter> NdDefrouters => _defrouters.AsSpan();

    /// <summary>Which router has advertised which prefix.</summary>
    public ReadOnlySpan<NdPfxRouter> NdPfxRouters => _pfxRouters.AsSpan();

    /// <summary>Prefixes.</summary>
    public ReadOnlySpan<NdPrefix> NdPrefixes => _ndPrefixes.AsSpan();

    private static Ipv6Address PrefixOf(Ipv6Address a, int length) =>
        length <= 64 ? new(length == 0 ? 0 : a.High & (ulong.MaxValue << (64 - length)), 0) : new(a.High, length == 128 ? a.Low : a.Low & (ulong.MaxValue << (128 - length)));

    // The prefix that an address brings along: counted, and on the link from its first address on.
    private short Nd6PrelistAdd(int slot, Ipv6Address address, byte length, int ia)
    {
        if (length == 128)
        {
            return -1;
        }

        Ipv6Address prefix = PrefixOf(address, length);
        IfnetPtr p = PointerTo(slot);
        int pr = NdPrefixOf(prefix, length, p);
        if (pr < 0)
        {
            pr = _ndPrefixes.Put(new NdPrefix { Ifp = p, Prefix = prefix, Length = length, Used = true });
            Nd6PrefixOnlink(pr, slot, ia);
        }

        _ndPrefixes[pr].RefCount++;
        return (short)pr;
    }

    // nd6_prefix_lookup; -1 where the interface has no such prefix.
    private int NdPrefixOf(Ipv6Address prefix, byte length, IfnetPtr p)
    {
        int pr = -1;
        for (int i = 0; i < _ndPrefixes.Length; i++)
        {
            if (_ndPrefixes[i].Used && _ndPrefixes[i].Prefix == prefix && _ndPrefixes[i].Length == length && Same(_ndPrefixes[i].Ifp, p))
            {
                pr = i;
            }
        }

        return pr;
    }

    // nd6_prefix_onlink: nothing to do while another interface's prefix owns the route.
    private void Nd6PrefixOnlink(int pr, int slot, int ia) =>
        _ndPrefixes[pr].OnLink = RtAdd(AfInet6, _ndPrefixes[pr].Prefix, _ndPrefixes[pr].Length, slot, ia) >= 0;

    // prelist_remove, nd6_prefix_offlink: the route goes, and to another interface that has the same prefix.
    private void PrelistRemove(int pr)
    {
        NdPrefix prefix = _ndPrefixes[pr];
        _ndPrefixes[pr].Used = false;
        for (int i = 0; i < _pfxRouters.Length; i++)
        {
            _pfxRouters[i].Used &= _pfxRouters[i].Prefix != pr;
        }

        if (prefix.Announced)
        {
            _design.Release(this, prefix.Ifp);
        }

        if (!prefix.OnLink)
        {
            return;
        }

        int r = RtExact(AfInet6, prefix.Prefix, prefix.Length);
        if (r >= 0)
        {
            RtDelete(r);
        }

        for (int i = 0; i < _ndPrefixes.Length; i++)
        {
            if (_ndPrefixes[i].Used && !_ndPrefixes[i].OnLink && _ndPrefixes[i].Prefix == prefix.Prefix && _ndPrefixes[i].Length == prefix.Length)
            {
                int slot = LiveAt(_ndPrefixes[i].Ifp.Address), ia = slot < 0 ? -1 : FirstInet6Address(_ifs[slot].Address);
                if (ia >= 0)
                {
                    Nd6PrefixOnlink(i, slot, ia);
                    return;
                }
            }
        }
    }

    // nd6_ra_input: only on a host that listens to routers, and directly from a neighbour (hop limit 255, link-local source).
    private void Nd6RaInput(int slot, in Ipv6Header ip, ReadOnlySpan<byte> message)
    {
        using Frame frame = Enter(KernelFunction.Nd6RaInput);
        if (!_options.AcceptRtadv || ip.HopLimit != 255 || !ip.Source.IsLinkLocal || RouterAdvertisement.TryParse(message, ip.Source, ip.Destination, out RouterAdvertisement ra) != WireError.None)
        {
            return;
        }

        int dr = DefrtrlistUpdate(slot, Scoped(ip.Source, slot), ra.RouterLifetime);
        if (ra.OnLink && !ra.Prefix.IsAny && !ra.Prefix.IsLinkLocal)
        {
            PrelistUpdate(slot, ra, dr);
        }
    }

    // defrtrlist_update: a lifetime of 0 removes a router, any other adds it or extends its lifetime.
    private int DefrtrlistUpdate(int slot, Ipv6Address address, ushort seconds)
    {
        IfnetPtr p = PointerTo(slot);
        int dr = -1;
        uint last = 0;
        for (int i = 0; i < _defrouters.Length; i++)
        {
            if (_defrouters[i].Used)
            {
                last = Math.Max(last, _defrouters[i].Place);
                dr = _defrouters[i].Address == address && Same(_defrouters[i].Ifp, p) ? i : dr;
            }
        }

        if (seconds == 0)
        {
            if (dr >= 0)
            {
                DefrtrlistDel(dr);
            }

            return -1;
        }

        if (dr >= 0)
        {
            _defrouters[dr].Ticks = seconds * TicksASecond;
            return dr;
        }

        dr = _defrouters.Put(new NdDefrouter { Ifp = p, Address = address, Ticks = seconds * TicksASecond, Place = last + 1, Used = true });
        _design.Hold(this, p);
        _host.FastTimerWanted();
        DefrouterSelect();
        return dr;
    }

    // defrtrlist_del: removes the default route that was made with it, the prefixes' references to it, and the entry itself; then another one is chosen.
    private void DefrtrlistDel(int dr)
    {
        bool installed = _defrouters[dr].Installed;
        if (installed)
        {
            DefrouterDelreq(dr);
        }

        for (int i = 0; i < _pfxRouters.Length; i++)
        {
            _pfxRouters[i].Used &= _pfxRouters[i].Router != dr;
        }

        _defrouters[dr].Used = false;
        _design.Release(this, _defrouters[dr].Ifp);
        if (installed)
        {
            DefrouterSelect();
        }
    }

    // defrouter_select of a host: without a neighbour cache none is known to be reachable, so the list is used in turn.
    private void DefrouterSelect()
    {
        int first = NextDefrouter(-1), installed = first;
        if (!_options.AcceptRtadv || first < 0)
        {
            return;
        }

        while (installed >= 0 && !_defrouters[installed].Installed)
        {
            installed = NextDefrouter(installed);
        }

        int next = installed < 0 ? -1 : NextDefrouter(installed), selected = next < 0 ? first : next;
        if (selected != installed)
        {
            if (installed >= 0)
            {
                DefrouterDelreq(installed);
            }

            DefrouterAddreq(selected);
        }
    }

    private int NextDefrouter(int after)
    {
        int next = -1;
        for (int i = 0; i < _defrouters.Length; i++)
        {
            if (_defrouters[i].Used && (after < 0 || _defrouters[i].Place > _defrouters[after].Place) && (next < 0 || _defrouters[i].Place < _defrouters[next].Place))
            {
                next = i;
            }
        }

        return next;
    }

    // defrouter_addreq: RTM_ADD of ::/0. The gateway is reached by the link whose far end it is (ifa_ifwithroute, ifa_ifwithdstaddr), and no longer the router's ifp.
    private void DefrouterAddreq(int dr)
    {
        for (int ia = 0; ia < _in6Ifaddrs.Length; ia++)
        {
            if (_in6Ifaddrs[ia].Used && !_in6Ifaddrs[ia].Destination.IsAny && LiveAt(_in6Ifaddrs[ia].Ifp.Address) is >= 0 and int slot
                && Scoped(_in6Ifaddrs[ia].Destination, slot) == _defrouters[dr].Address)
            {
                _defrouters[dr].Installed = RtAdd(AfInet6, default, 0, slot, ia) >= 0;
                RtMessage(RtMsg.Add, slot, AfInet6);
                return;
            }
        }
    }

    private void DefrouterDelreq(int dr)
    {
        _defrouters[dr].Installed = false;
        int r = RtExact(AfInet6, default, 0);
        if (r >= 0)
        {
            int slot = LiveAt(_routes[r].Ifp.Address);
            RtDelete(r);
            if (slot >= 0)
            {
                RtMessage(RtMsg.Delete, slot, AfInet6);
            }
        }
    }

    // prelist_update of an on-link prefix without addresses of its own (no autoconfiguration): it stays until nd6_purge. pfxrtr_add records who advertised it.
    private void PrelistUpdate(int slot, in RouterAdvertisement ra, int dr)
    {
        IfnetPtr p = PointerTo(slot);
        Ipv6Address prefix = PrefixOf(ra.Prefix, ra.PrefixLength);
        int pr = NdPrefixOf(prefix, ra.PrefixLength, p);
        if (pr < 0)
        {
            pr = _ndPrefixes.Put(new NdPrefix { Ifp = p, Prefix = prefix, Length = ra.PrefixLength, Announced = true, Used = true });
            _design.Hold(this, p);
            if (!PrefixIsOnlink(prefix, ra.PrefixLength) && FirstInet6Address(_ifs[slot].Address) is >= 0 and int ia)
            {
                Nd6PrefixOnlink(pr, slot, ia);
            }
        }

        if (dr < 0)
        {
            return;
        }

        foreach (ref readonly NdPfxRouter known in _pfxRouters.AsSpan())
        {
            if (known.Used && known.Prefix == pr && known.Router == dr)
            {
                return;
            }
        }

        _pfxRouters.Put(new NdPfxRouter { Prefix = (short)pr, Router = (short)dr, Used = true });
    }

    // nd6_prefix_onlink does nothing while the same prefix is on the link somewhere, and believes its flag: that of a unit that is gone keeps the route from the next one.
    private bool PrefixIsOnlink(Ipv6Address prefix, byte length)
    {
        foreach (ref readonly NdPrefix pr in _ndPrefixes.AsSpan())
        {
            if (pr.Used && pr.OnLink && pr.Prefix == prefix && pr.Length == length)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>ifp of every default router.</summary>
    internal static void WalkNdDefrouter(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly NdDefrouter x in kernel._defrouters.AsSpan())
        {
            if (x.Used)
            {
                visitor.Visit(HolderKind.NdDefrouterIfp, x.Ifp);
            }
        }
    }

    /// <summary>ndpr_ifp of every prefix.</summary>
    internal static void WalkNdPrefix(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly NdPrefix x in kernel._ndPrefixes.AsSpan())
        {
            if (x.Used)
            {
                visitor.Visit(HolderKind.NdPrefixIfp, x.Ifp);
            }
        }
    }
}
