// Modelled from NetBSD sys/netinet/if_arp.c and sys/net/rtsock.c for published entries only (SIN_PROXY, RTF_ANNOUNCE), and pppd 2.4.4 sys-bsd.c (sifproxyarp,
// cifproxyarp, get_ether_addr), which makes them.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const int EthernetPrefixBits = 24;
    private Table<ProxyEntry> _proxies = new();

    [KernelState]
    private void IfArpFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _proxies.Fields(ref pass);
    }

    /// <summary>Published ARP entries.</summary>
    public ReadOnlySpan<ProxyEntry> ProxyEntries => _proxies.AsSpan();

    /// <summary>
    /// sifproxyarp: RTM_ADD of a host route whose gateway is the link address of the Ethernet that the host would be on. rt_ifp is that Ethernet and not the
    /// unit: the sin_other of SIN_PROXY keeps ifa_ifwithdstaddr from finding the unit by its far end.
    /// </summary>
    /// <returns>False when no Ethernet has the host's subnet: pppd makes no entry then.</returns>
    public bool AddProxyArp(Ipv4Address host)
    {
        int slot = EthernetOf(host);
        if (slot < 0 || ProxyOf(host) >= 0)
        {
            return false;
        }

        IfnetPtr p = PointerTo(slot);
        _proxies.Put(new ProxyEntry { Host = host, Ifp = p, Used = true });
        _design.Hold(this, p);
        RtMessage(RtMsg.Add, slot, AfInet, peer: host);
        return true;
    }

    /// <summary>cifproxyarp: RTM_DELETE of the entry.</summary>
    /// <returns>ESRCH where there is none.</returns>
    public Errno DeleteProxyArp(Ipv4Address host)
    {
        int i = ProxyOf(host);
        if (i < 0)
        {
            return Errno.ESRCH;
        }

        IfnetPtr p = _proxies[i].Ifp;
        _proxies[i].Used = false;
        _design.Release(this, p);
        int slot = LiveAt(p.Address);
        if (slot >= 0)
        {
            RtMessage(RtMsg.Delete, slot, AfInet, peer: host);
        }

        return Errno.None;
    }

    // if_rt_walktree meets it as any route of the interface.
    private void ProxyWalkDetach(IfnetPtr p)
    {
        for (int i = 0; i < _proxies.Length; i++)
        {
            if (_proxies[i].Used && Same(_proxies[i].Ifp, p))
            {
                _proxies[i].Used = false;
                _design.Release(this, p);
            }
        }
    }

    // get_ether_addr: an Ethernet that is up and whose subnet the address is in.
    private int EthernetOf(Ipv4Address host)
    {
        for (int slot = 0; slot < _boot.Length; slot++)
        {
            if (_boot[slot].Kind == InterfaceKind.Ethernet && (_ifs[slot].Flags & Iff.Up) != 0
                && _boot[slot].Addresses.Any(a => a.Local.Network(EthernetPrefixBits) == host.Network(EthernetPrefixBits)))
            {
                return slot;
            }
        }

        return -1;
    }

    private int ProxyOf(Ipv4Address host)
    {
        for (int i = 0; i < _proxies.Length; i++)
        {
            if (_proxies[i].Used && _proxies[i].Host == host)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>rt_ifp of every published entry.</summary>
    internal static void WalkProxies(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly ProxyEntry x in kernel._proxies.AsSpan())
        {
            if (x.Used)
            {
                visitor.Visit(HolderKind.ProxyIfp, x.Ifp);
            }
        }
    }
}
