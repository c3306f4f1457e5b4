using System.Collections.Frozen;

namespace Stress.Emulator.Kernel.Ports;

/// <summary>Whose protocols purge a holder.</summary>
public enum HolderFamily : byte
{
    /// <summary>No family: what a purge misses does not depend on addresses.</summary>
    None,

    /// <summary>AF_INET's.</summary>
    Inet,

    /// <summary>AF_INET6's.</summary>
    Inet6,
}

/// <summary>Shows a visitor what a kind of holder stores in a kernel now.</summary>
public delegate void HolderWalk(BsdKernel kernel, ref HolderVisitor visitor);

/// <summary>One kind of place that can hold an interface pointer: all that is known about it, in one record. Titles, walks, coverage and stories are derived from it.</summary>
public sealed record Holder
{
    /// <summary>Which.</summary>
    public required HolderKind Kind { get; init; }

    /// <summary>BSD's own spelling.</summary>
    public required string Name { get; init; }

    /// <summary>The functions that clear it when its interface goes, innermost first (reference 2.3, 3.2 to 3.8), or "no function".</summary>
    public required string Purge { get; init; }

    /// <summary>The family whose protocols purge it.</summary>
    public HolderFamily Family { get; init; }

    /// <summary>Why a purge misses it, where that does not depend on what happened at the detach; <see cref="PurgeGap.None"/> where it does.</summary>
    public PurgeGap Missed { get; init; }

    /// <summary>How it is walked; null where nothing reachable holds it between two calls, or what it keeps is a record and no interface.</summary>
    public HolderWalk? Walk { get; init; }

    /// <summary>It holds a record of a protocol, not an interface: its teardown order is always that of if_detach itself.</summary>
    public bool IsRecord { get; init; }

    /// <summary>The functions that use it, as a run's programs can reach them.</summary>
    public IReadOnlyList<UseSite> Uses { get; init; } = [];
}

/// <summary>The registry: a record for each <see cref="HolderKind"/>.</summary>
public static class Holders
{
    private const string NoFunction = "no function";
    private const string ByMoptions = "in_pcbpurgeif0 < udp_usrreq, rip_usrreq (PRU_PURGEIF) < if_detach";
    private const string ByMoptions6 = "in6_pcbpurgeif0 < PRU_PURGEIF < if_detach";
    private const string OwnTurn = "in_pcbpurgeif0 in the socket's own protocol's turn";
    private const string OwnTurn6 = "in6_pcbpurgeif0 in the socket's own protocol's turn";

    /// <summary>Every holder, in the order in which they are shown.</summary>
    public static IReadOnlyList<Holder> All { get; } =
    [
        new()
        {
            Kind = HolderKind.InMultiIfp, Name = "in_multi.inm_ifp", Family = HolderFamily.Inet, Purge = ByMoptions, Walk = BsdKernel.WalkInMulti,
            Uses = [UseSite.InDelMulti, UseSite.IgmpJoinGroup, UseSite.IgmpLeaveGroup, UseSite.IpOutput],
        },
        new() { Kind = HolderKind.InMultiRti, Name = "in_multi.inm_rti", Purge = OwnTurn, Missed = PurgeGap.ProtocolOrder, IsRecord = true, Uses = [UseSite.IgmpLeaveGroup] },
        new()
        {
            Kind = HolderKind.IpMoptionsIfp, Name = "ip_moptions.imo_multicast_ifp", Family = HolderFamily.Inet, Purge = ByMoptions, Walk = BsdKernel.WalkIpMoptions,
            Uses = [UseSite.IpOutput, UseSite.IpMulticastIfReadBack],
        },
        new()
        {
            Kind = HolderKind.RouterInfoIfp, Name = "router_info.rti_ifp", Family = HolderFamily.Inet, Purge = "igmp_purgeif < in_purgeif < PRU_PURGEIF < if_detach",
            Walk = BsdKernel.WalkRouterInfo, Uses = [UseSite.IgmpJoinGroup],
        },
        new()
        {
            Kind = HolderKind.InpRouteIfp, Name = "inpcb.inp_route.ro_rt->rt_ifp", Family = HolderFamily.Inet, Purge = "in_pcbpurgeif < PRU_PURGEIF < if_detach",
            Walk = BsdKernel.WalkInpRoute, Uses = [UseSite.InSelectSrc],
        },
        new()
        {
            Kind = HolderKind.RtEntryIfp, Name = "rtentry.rt_ifp", Purge = "the route walk of if_detach", Missed = PurgeGap.RouteWalkSkipped, Walk = BsdKernel.WalkRtEntry,
            Uses = [UseSite.IpOutput, UseSite.Ip6Output, UseSite.TcpSegSize],
        },
        new() { Kind = HolderKind.IfaddrIfp, Name = "ifaddr.ifa_ifp", Purge = NoFunction, Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkIfaddr },
        new()
        {
            Kind = HolderKind.In6pRouteIfp, Name = "in6p_route.ro_rt->rt_ifp", Family = HolderFamily.Inet6, Purge = "in6_pcbpurgeif < PRU_PURGEIF < if_detach",
            Walk = BsdKernel.WalkIn6pRoute, Uses = [UseSite.In6SelectHlim],
        },
        new()
        {
            Kind = HolderKind.In6MultiIfp, Name = "in6_multi.in6m_ifp", Family = HolderFamily.Inet6, Purge = ByMoptions6, Walk = BsdKernel.WalkIn6Multi,
            Uses = [UseSite.In6DelMulti, UseSite.Mld6SendPkt, UseSite.Mld6StopListening, UseSite.In6SaveMkludge, UseSite.In6IfaIfpForLinkLocal, UseSite.In6AddMulti],
        },
        new()
        {
            Kind = HolderKind.KludgeIfp, Name = "multi6_kludge.mk_ifp", Family = HolderFamily.Inet6,
            Purge = "in6_purgemkludge < in6_ifdetach < in6_purgeif < PRU_PURGEIF < if_detach", Walk = BsdKernel.WalkKludge, Uses = [UseSite.In6SaveMkludge],
        },
        new()
        {
            Kind = HolderKind.Ip6MoptionsIfp, Name = "ip6_moptions.im6o_multicast_ifp", Family = HolderFamily.Inet6, Purge = ByMoptions6, Walk = BsdKernel.WalkIp6Moptions,
            Uses = [UseSite.Ip6Output, UseSite.Ip6GetMoptions, UseSite.In6EmbedScope, UseSite.In6IfaWithScope],
        },
        new()
        {
            Kind = HolderKind.Im6oMembership, Name = "in6_multi_mship.i6mm_maddr", Purge = OwnTurn6, Missed = PurgeGap.ProtocolOrder, IsRecord = true,
            Uses = [UseSite.In6DelMulti, UseSite.In6PcbPurgeIf0, UseSite.In6AddMulti],
        },
        new() { Kind = HolderKind.NdPrefixIfp, Name = "nd_prefix.ndpr_ifp", Family = HolderFamily.Inet6, Purge = "nd6_purge < in6_ifdetach < in6_purgeif < PRU_PURGEIF < if_detach", Walk = BsdKernel.WalkNdPrefix, Uses = [UseSite.Nd6Ioctl] },
        new() { Kind = HolderKind.NdDefrouterIfp, Name = "nd_defrouter.ifp", Family = HolderFamily.Inet6, Purge = "nd6_purge < in6_ifdetach < in6_purgeif < PRU_PURGEIF < if_detach", Walk = BsdKernel.WalkNdDefrouter, Uses = [UseSite.Nd6Ioctl] },
        new() { Kind = HolderKind.RcvIf, Name = "m_pkthdr.rcvif", Purge = NoFunction, Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkRcvIf },
        new() { Kind = HolderKind.Mif6Ifp, Name = "mif6.m6_ifp", Purge = NoFunction, Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkMif6 },
        new() { Kind = HolderKind.ImoMembership, Name = "ip_moptions.imo_membership", Purge = NoFunction, Missed = PurgeGap.NotCounted, IsRecord = true },
        new() { Kind = HolderKind.CarpDevIfp, Name = "carp_softc.sc_carpdev", Purge = NoFunction, Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkCarpDev },
        new() { Kind = HolderKind.IfAfdata, Name = "ifnet.if_afdata[AF_INET6]", Purge = NoFunction, Missed = PurgeGap.FreedBeforeReader },
        new() { Kind = HolderKind.ReaderIfp, Name = "ifp of a thread", Purge = NoFunction, Missed = PurgeGap.FreedBeforeReader },
        new() { Kind = HolderKind.Ip6qRcvIf, Name = "ip6asfrag.ip6af_m->m_pkthdr.rcvif", Purge = NoFunction, Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkIp6q },
        new() { Kind = HolderKind.ProxyIfp, Name = "rtentry.rt_ifp (SIN_PROXY)", Purge = "the route walk of if_detach", Missed = PurgeGap.RouteWalkSkipped, Walk = BsdKernel.WalkProxies },
        new() { Kind = HolderKind.IpForwardRtIfp, Name = "ipforward_rt.ro_rt->rt_ifp", Purge = NoFunction, Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkIpForwardRt },
        new() { Kind = HolderKind.Ip6ForwardRtIfp, Name = "ip6_forward_rt.ro_rt->rt_ifp", Purge = NoFunction, Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkIp6ForwardRt },
        new() { Kind = HolderKind.VlanParentIfp, Name = "ifvlan.ifv_p", Purge = "vlan_ifdetach < ether_ifdetach", Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkVlanParent },
        new() { Kind = HolderKind.GifRouteIfp, Name = "gif_softc.gif_ro.ro_rt->rt_ifp", Purge = NoFunction, Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkGifRoute },
        new() { Kind = HolderKind.PppoeEthIfp, Name = "pppoe_softc.sc_eth_if", Purge = "pppoe_ifattach_hook < ether_ifdetach", Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkPppoeEthIf, Uses = [UseSite.PppoeOutput, UseSite.PppoeSendPadt] },
        new() { Kind = HolderKind.VethPeerIfp, Name = "veth_priv.peer", Purge = "veth_dellink", Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkVethPeer, Uses = [UseSite.VethXmit, UseSite.VethDellink] },
        new() { Kind = HolderKind.SpppIfp, Name = "spppq", Purge = "sppp_detach < pppoe_clone_destroy", Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkSppp },
        new() { Kind = HolderKind.BpfIfp, Name = "bpf_if.bif_ifp", Purge = "bpfdetach", Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkBpf },
        new() { Kind = HolderKind.BridgeMemberIfp, Name = "bridge_iflist.bif_ifp", Purge = "bridge_ifdetach < if_detach", Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkBridge, Uses = [UseSite.BridgeOutput] },
        new() { Kind = HolderKind.DadIfp, Name = "dadq.dad_ifa->ifa_ifp", Purge = "nd6_dad_stop < in6_purgeaddr", Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkDad },
        new() { Kind = HolderKind.SynCacheRoute4Ifp, Name = "syn_cache.sc_route4.ro_rt->rt_ifp", Purge = NoFunction, Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkSynCacheRoute4 },
        new()
        {
            Kind = HolderKind.SynCacheRoute6Ifp, Name = "syn_cache.sc_route6.ro_rt->rt_ifp", Purge = NoFunction, Missed = PurgeGap.NotCovered, Walk = BsdKernel.WalkSynCacheRoute6,
            Uses = [UseSite.In6SelectHlim],
        },
        new() { Kind = HolderKind.PktInfoIfp, Name = "interface of IPV6_PKTINFO", Purge = NoFunction, Missed = PurgeGap.NotCovered },
    ];

    private static readonly Holder?[] ByKind = Index();
    private static readonly FrozenDictionary<string, HolderKind> ByName = All.ToFrozenDictionary(holder => holder.Name, holder => holder.Kind, StringComparer.Ordinal);

    /// <summary>Number of <see cref="HolderKind"/> values, <see cref="HolderKind.None"/> included: the room that counts by kind need.</summary>
    public static int Kinds => ByKind.Length;

    /// <summary>The record of a kind.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No holder, or one without a record.</exception>
    public static Holder Of(HolderKind kind) =>
        (int)kind < ByKind.Length && ByKind[(int)kind] is { } holder ? holder : throw new ArgumentOutOfRangeException(nameof(kind), kind, "a holder that the registry does not know");

    /// <summary>The kind that BSD spells like this, or <see cref="HolderKind.None"/>.</summary>
    public static HolderKind Named(string name) => ByName.GetValueOrDefault(name);

    private static Holder?[] Index()
    {
        var index = new Holder?[All.Max(holder => (int)holder.Kind) + 1];
        foreach (Holder holder in All)
        {
            if (index[(int)holder.Kind] is not null || ((holder.Missed == PurgeGap.None) == (holder.Family == HolderFamily.None)))
            {
                throw new InvalidOperationException($"{holder.Name}: a holder has one record, and either a family whose purge it is or a reason of its own why a purge misses it");
            }

            index[(int)holder.Kind] = holder;
        }

        return index;
    }
}
