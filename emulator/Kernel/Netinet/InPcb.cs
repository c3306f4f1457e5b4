// Modelled from NetBSD sys/netinet/in_pcb.c 1.94, ip_output.c 1.130 (ip_setmoptions) and netinet6/in6_pcb.c 1.61.2.1 (reference 2.3, 2.6, 3.4, 3.5).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    /// <summary>IP_MAX_MEMBERSHIPS (netinet/in.h).</summary>
    public const int IpMaxMemberships = 20;

    private Table<Pcb> _pcbs = new();

    [KernelState]
    private void InPcbFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _pcbs.Fields(ref pass);
    }

    /// <summary>Sockets.</summary>
    public ReadOnlySpan<Pcb> Pcbs => _pcbs.AsSpan();

    /// <summary>socket(2) and bind(2).</summary>
    /// <returns>The pcb's slot.</returns>
    public int OpenSocket(PcbTable table, ushort port) => OpenSocket(table, port, announced: true);

    // A connection that arrives has a socket too, which no process has made.
    private int OpenSocket(PcbTable table, ushort port, bool announced)
    {
        int s = _pcbs.Put(new Pcb { Table = table, Used = true, Port = port, Route = -1, MulticastTtl = 1, MulticastLoop = true });
        if (HearsCalls && announced)
        {
            _oracle.Record(new SystemCall(SystemCallKind.Socket, s, port, (int)table));
        }

        return s;
    }

    /// <summary>close(2), or a process's exit: in_pcbdetach, ip_freemoptions.</summary>
    /// <exception cref="KernelPanic">The kernel died from it.</exception>
    public void CloseSocket(int s, bool exiting)
    {
        if (CloseSocketOrPanic(s, exiting) is { } panic)
        {
            throw panic;
        }
    }

    /// <summary>
    /// <see cref="CloseSocket"/>, but with a panic of in_delmulti as a value: most kernels die here, and an exception costs a hundred times as much. Other panics
    /// are thrown.
    /// </summary>
    /// <returns>The panic, if the kernel died: the caller does nothing more.</returns>
    public KernelPanic? CloseSocketOrPanic(int s, bool exiting)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.Close, s));
        }

        using Frame frame = FromUser(exiting ? KernelFunction.SysExit : KernelFunction.SysClose, KernelFunction.Soclose);
        if (s == _ip6Mrouter)
        {
            Ip6MrouterDone();
        }

        if (_pcbs[s].Table is PcbTable.Tcp or PcbTable.Tcp6 && TcpUsrClosed(s))
        {
            return null;
        }

        RtCacheFree(s);
        if (!_pcbs[s].IsInet6)
        {
            frame.Then(KernelFunction.InPcbDetach, KernelFunction.IpFreeMoptions);
            if (IpFreeMoptions(s) is { } panic)
            {
                return panic;
            }
        }
        else
        {
            frame.Then(KernelFunction.In6PcbDetach, KernelFunction.Ip6FreeMoptions);
            Ip6FreeMoptions(s);
        }

        _pcbs[s].Used = false;
        return null;
    }

    /// <summary>in_pcbpurgeif0: nulls imo_multicast_ifp and deletes the memberships that name the interface, in every pcb of a table.</summary>
    public void InPcbPurgeIf0(PcbTable table, IfnetPtr p)
    {
        using Frame frame = Enter(KernelFunction.InPcbPurgeIf0);
        for (int s = 0; s < _pcbs.Length; s++)
        {
            if (!PurgeMulticastIf(s, table, p))
            {
                continue;
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
    }

    // The part common to both families: whether the pcb is in the table; clears the option that names the interface.
    private bool PurgeMulticastIf(int s, PcbTable table, IfnetPtr p)
    {
        if (!_pcbs[s].Used || _pcbs[s].Table != table)
        {
            return false;
        }

        _counters.Counts.PcbsWalked++;
        if (!_pcbs[s].MulticastIfp.IsNull && Same(_pcbs[s].MulticastIfp, p))
        {
            ForgetMulticastIfp(s);
        }

        return true;
    }

    private void CountPurged()
    {
        Counters.MembershipsPurged++;
        if (!_detaching)
        {
            _oracle.Probe(Probe.MembershipLostAlive);
        }
    }

    /// <summary>in_pcbpurgeif and in6_pcbpurgeif: frees cached routes over the interface.</summary>
    public void InPcbPurgeIf(PcbTable table, IfnetPtr p)
    {
        using Frame frame = Enter(KernelFunction.InPcbPurgeIf);
        for (int s = 0; s < _pcbs.Length; s++)
        {
            if (_pcbs[s].Used && _pcbs[s].Table == table)
            {
                Counters.PcbsWalked++;
                if (_pcbs[s].Route >= 0 && Same(_routes[_pcbs[s].Route].Ifp, p))
                {
                    RtCacheFree(s);
                }
            }
        }
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
                Counters.RoutesInvalidated++;
            }
        }

        InvalidateTunnelRoutes(r);
        InvalidateSynCacheRoutes(r);
    }

    /// <summary>Clears cached routes on all sockets of a family (mail b).</summary>
    public void ClearRouteCaches(bool ipv6)
    {
        for (int s = 0; s < _pcbs.Length; s++)
        {
            if (_pcbs[s].Used && _pcbs[s].IsInet6 == ipv6)
            {
                Counters.PcbsWalked++;
                RtCacheFree(s);
            }
        }
    }

    /// <summary>in_selectsrc for an unconnected UDP socket: reads if_flags through the cached route without testing RTF_UP (row 5).</summary>
    public Errno InSelectSrc(int s, Ipv4Address destination, out Ipv4Address source)
    {
        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.UdpOutput);
        return SelectSource(s, destination, out source);
    }

    private Errno SelectSource(int s, Ipv4Address destination, out Ipv4Address source)
    {
        using Frame frame = Enter(KernelFunction.InSelectSrc);
        source = Ipv4Address.Any;
        Ipv6Address key = Key(destination);
        if (RtCacheFill(s, AfInet, key, onlyUp: false) < 0)
        {
            return Errno.EADDRNOTAVAIL;
        }

        IfnetPtr p = _routes[_pcbs[s].Route].Ifp;
        int slot = Use(p, HolderKind.InpRouteIfp, UseSite.InSelectSrc);
        if (slot < 0)
        {
            return Errno.None; // flags of freed memory: no value faults
        }

        int ia = FirstInetAddress(_ifs[slot].Address);
        source = ia < 0 ? Ipv4Address.Any : _inIfaddrs[ia].Address;
        return ia < 0 ? Errno.EADDRNOTAVAIL : Errno.None;
    }

    /// <summary>The interface of every cached route.</summary>
    internal static void WalkInpRoute(BsdKernel kernel, ref HolderVisitor visitor) => kernel.WalkRouteCaches(HolderKind.InpRouteIfp, ipv6: false, ref visitor);

    private void WalkRouteCaches(HolderKind kind, bool ipv6, ref HolderVisitor visitor)
    {
        foreach (ref readonly Pcb x in _pcbs.AsSpan())
        {
            if (x.Used && x.IsInet6 == ipv6 && x.Route >= 0)
            {
                visitor.Visit(kind, _routes[x.Route].Ifp, !_routes[x.Route].Up);
            }
        }
    }

    private void WalkMulticastIf(HolderKind kind, bool ipv6, ref HolderVisitor visitor)
    {
        foreach (ref readonly Pcb x in _pcbs.AsSpan())
        {
            if (x.Used && x.IsInet6 == ipv6 && !x.MulticastIfp.IsNull)
            {
                visitor.Visit(kind, x.MulticastIfp);
            }
        }
    }
}
