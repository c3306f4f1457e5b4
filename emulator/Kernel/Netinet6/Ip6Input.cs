// Modelled from NetBSD sys/netinet6/ip6_input.c.
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    /// <summary>ip6_input of a packet from a ppp unit.</summary>
    public void Ip6Input(int slot, ReadOnlySpan<byte> packet)
    {
        RecordInput(slot, packet);
        using Frame frame = FromUser(KernelFunction.SoftNet, KernelFunction.Ip6Input);
        if ((_ifs[slot].Flags & Iff.Up) == 0 || Ipv6Header.TryParse(packet, out Ipv6Header ip) != WireError.None)
        {
            return;
        }

        if (DummynetIo(slot, packet))
        {
            return;
        }

        Ipv6Address scoped = Scoped(ip.Destination, slot);
        if (scoped.IsMulticast)
        {
            Ip6MForward(slot, ip, packet);
            if (In6LookupMulti(scoped, slot) < 0)
            {
                return;
            }
        }
        else if (!IsLocal6(scoped))
        {
            if (_options.Forwarding)
            {
                Ip6Forward(ip, packet);
            }

            return;
        }
        else if (IsNotReady6(scoped))
        {
            return;
        }
        else
        {
            CountDelivery6(scoped);
        }

        if (ip.NextHeader == IpProtocol.Ipv6Fragment)
        {
            Frag6Input(slot, ip, packet);
            return;
        }

        if (ip.NextHeader == IpProtocol.Icmpv6 && packet.Length > Ipv6Header.Length && packet[Ipv6Header.Length] == (byte)Icmpv6Type.RouterAdvertisement)
        {
            Nd6RaInput(slot, ip, ip.Payload(packet));
            return;
        }

        if (ip.NextHeader == IpProtocol.Tcp && !scoped.IsMulticast)
        {
            TcpInput6(slot, ip, packet);
            return;
        }

        if (ip.NextHeader != IpProtocol.Udp)
        {
            if (ip.NextHeader == IpProtocol.HopByHop)
            {
                Mld6Input(slot, ip, packet);
            }

            return;
        }

        ReadOnlySpan<byte> datagram = ip.Payload(packet);
        if (UdpHeader.TryParse(datagram, ip.Source, ip.Destination, out UdpHeader udp) != WireError.None)
        {
            return;
        }

        for (int s = 0; s < _pcbs.Length; s++)
        {
            if (_pcbs[s].Used && _pcbs[s].Table == PcbTable.Udp6 && _pcbs[s].Port == udp.DestinationPort)
            {
                _host.Udp6Input(s, _ifs[slot].Index, ip, udp.Payload(datagram));
            }
        }
    }

    // A packet for an address of ours: deliverifp = rt_ifa->ifa_ifp of the address's route, whose statistics are counted (in6_ifstat_inc).
    private void CountDelivery6(Ipv6Address local)
    {
        int r = RtExact(AfInet6, local, 128);
        if (r < 0 || _routes[r].IfaIfp.IsNull)
        {
            return;
        }

        IfnetPtr p = _routes[r].IfaIfp;
        if (Use(p, HolderKind.IfaddrIfp, UseSite.Ip6Input) == Dangling)
        {
            FollowStaleIfstat(p, HolderKind.IfaddrIfp, UseSite.Ip6Input);
        }
    }

    // in6_ifstat_inc: ifp -> if_afdata[AF_INET6] -> in6_ifextra.in6_ifstat, without any check.
    private void FollowStaleIfstat(IfnetPtr p, HolderKind holder, UseSite site) => FollowStaleExtra(p, holder, site, KernelWord.ExtraIn6Ifstat);

    private void FollowStaleExtra(IfnetPtr p, HolderKind holder, UseSite site, KernelWord word)
    {
        uint extra = ReadWord(p, KernelWord.IfAfdata);
        Follow(extra, site, holder, p, KernelWord.IfAfdata);
        int block = Heap.BlockAt(extra);
        Follow(block < 0 ? 0 : Heap.Read(block, word), site, holder, p, word);
    }

    // IN6_IFF_NOTREADY: what comes to a tentative or duplicated address is dropped.
    private bool IsNotReady6(Ipv6Address a) => DetectsDuplicates && _station >= 0 && In6IfaIfpWithAddr(_station, a) is >= 0 and int ia && _in6Ifaddrs[ia].Dad != In6Dad.Ready;

    private bool IsLocal6(Ipv6Address a)
    {
        for (int i = 0; i < _in6Ifaddrs.Length; i++)
        {
            if (_in6Ifaddrs[i].Used && _in6Ifaddrs[i].Address == a)
            {
                return true;
            }
        }

        return false;
    }
}
