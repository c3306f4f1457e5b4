// Modelled from KAME sys/netinet6/ip6_mroute.c (NetBSD, FreeBSD): the IPv6 multicast router's interface table and forwarding cache.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    /// <summary>Size of the mif table; the originals have 64.</summary>
    public const int MaxMifs = 32;

    private Table<Mif6> _mif6table = new();
    private Table<Mf6c> _mf6ctable = new();
    private int _ip6Mrouter;

    [KernelState]
    private void Ip6MrouteFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _mif6table.Fields(ref pass);
        _mf6ctable.Fields(ref pass);
        pass.Field(ref _ip6Mrouter, initial: -1);
    }

    /// <summary>The mif table.</summary>
    public ReadOnlySpan<Mif6> Mifs => _mif6table.AsSpan();

    /// <summary>MRT6_INIT: the socket becomes the multicast router's.</summary>
    /// <returns>EOPNOTSUPP for a socket that is not raw ICMPv6, EADDRINUSE when there is a router.</returns>
    public Errno Ip6MrouterInit(int s)
    {
        if (_pcbs[s].Table != PcbTable.Raw6 || _pcbs[s].Port != IpProtocol.Icmpv6)
        {
            return Errno.EOPNOTSUPP;
        }

        if (_ip6Mrouter >= 0)
        {
            return Errno.EADDRINUSE;
        }

        _ip6Mrouter = s;
        return Errno.None;
    }

    /// <summary>MRT6_ADD_MIF: stores the interface's pointer.</summary>
    /// <returns>EINVAL for a socket that is not the router's or a mif out of range, EADDRINUSE for one in use, ENXIO for no interface.</returns>
    public Errno AddM6if(int s, int mif, int index)
    {
        if (s != _ip6Mrouter || (uint)mif >= MaxMifs)
        {
            return Errno.EINVAL;
        }

        if (mif < _mif6table.Length && _mif6table[mif].Used)
        {
            return Errno.EADDRINUSE;
        }

        int slot = IfByIndex(index);
        if (slot < 0)
        {
            return Errno.ENXIO;
        }

        _mif6table.Reserve(mif + 1);
        _mif6table[mif] = new Mif6 { Ifp = PointerTo(slot), Used = true };
        _design.Hold(this, _mif6table[mif].Ifp);
        _oracle.Stored(this, slot, HolderKind.Mif6Ifp);
        return Errno.None;
    }

    /// <summary>MRT6_ADD_MFC.</summary>
    /// <returns>EINVAL for a socket that is not the router's, or an address that is no group.</returns>
    public Errno AddM6fc(int s, Ipv6Address origin, Ipv6Address group, int parent, uint ifSet)
    {
        if (s != _ip6Mrouter || !group.IsMulticast)
        {
            return Errno.EINVAL;
        }

        _mf6ctable.Put(new Mf6c { Origin = origin, Group = group, Parent = (byte)parent, IfSet = ifSet, Used = true });
        return Errno.None;
    }

    // del_m6if: if_allmulti(ifp, 0), which calls the driver through the stored pointer.
    private void DelM6if(int mif)
    {
        using Frame frame = Enter(KernelFunction.DelM6if);
        IfnetPtr p = _mif6table[mif].Ifp;
        _mif6table[mif].Used = false;
        if (Use(p, HolderKind.Mif6Ifp, UseSite.DelM6if) == Dangling)
        {
            JumpToIoctl(UseSite.DelM6if, HolderKind.Mif6Ifp, p);
        }

        _design.Release(this, p);
    }

    // ip6_mrouter_done, when the router's socket closes.
    private void Ip6MrouterDone()
    {
        using Frame frame = Enter(KernelFunction.Ip6MrouterDone);
        for (int mif = 0; mif < _mif6table.Length; mif++)
        {
            if (_mif6table[mif].Used)
            {
                DelM6if(mif);
            }
        }

        _mf6ctable.Clear();
        _ip6Mrouter = -1;
    }

    // A departing interface's mifs go, with the routes from them and every route's output to them.
    private void Ip6MrouterDeparture(IfnetPtr p)
    {
        for (int mif = 0; mif < _mif6table.Length; mif++)
        {
            if (!_mif6table[mif].Used || !Same(_mif6table[mif].Ifp, p))
            {
                continue;
            }

            DelM6if(mif);
            foreach (ref Mf6c route in _mf6ctable.AsSpan())
            {
                route.IfSet &= ~(1u << mif);
                route.Used &= route.Parent != mif;
            }
        }
    }

    // ip6_mforward: a copy for every outgoing mif. phyint_send reads the link's MTU (nd_ifinfo) and calls if_output through the mif's pointer.
    private void Ip6MForward(int slot, in Ipv6Header ip, ReadOnlySpan<byte> packet)
    {
        if (_ip6Mrouter < 0)
        {
            return;
        }

        using Frame frame = Enter(KernelFunction.Ip6MForward);
        for (int r = 0; r < _mf6ctable.Length; r++)
        {
            Mf6c route = _mf6ctable[r];
            if (!route.Used || route.Origin != ip.Source || route.Group != ip.Destination
                || route.Parent >= _mif6table.Length || !_mif6table[route.Parent].Used || !Same(_mif6table[route.Parent].Ifp, PointerTo(slot)))
            {
                continue;
            }

            for (int mif = 0; mif < _mif6table.Length; mif++)
            {
                if ((route.IfSet >> mif & 1) != 0 && _mif6table[mif].Used)
                {
                    PhyintSend6(_mif6table[mif].Ifp, packet);
                }
            }
        }
    }

    private void PhyintSend6(IfnetPtr p, ReadOnlySpan<byte> packet)
    {
        int slot = Use(p, HolderKind.Mif6Ifp, UseSite.Ip6MForward);
        if (slot >= 0)
        {
            IfOutput(slot, PppProtocol.Ipv6, packet);
        }
        else if (slot == Dangling)
        {
            FollowStaleNdIfinfo(p, HolderKind.Mif6Ifp, UseSite.Ip6MForward);
            StaleOutput(p, HolderKind.Mif6Ifp, UseSite.Ip6MForward);
        }
    }

    /// <summary>m6_ifp of every interface of the multicast router.</summary>
    internal static void WalkMif6(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly Mif6 x in kernel._mif6table.AsSpan())
        {
            if (x.Used)
            {
                visitor.Visit(HolderKind.Mif6Ifp, x.Ifp);
            }
        }
    }
}
