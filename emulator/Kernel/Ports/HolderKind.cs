namespace Stress.Emulator.Kernel.Ports;

/// <summary>Every place in the kernel that stores a <c>struct ifnet *</c> (reference 2.9 and 3.10).</summary>
public enum HolderKind : byte
{
    /// <summary>No holder.</summary>
    None,

    /// <summary>in_multi.inm_ifp: the interface of an IPv4 group membership.</summary>
    InMultiIfp,

    /// <summary>ip_moptions.imo_multicast_ifp: a socket's IP_MULTICAST_IF.</summary>
    IpMoptionsIfp,

    /// <summary>router_info.rti_ifp: IGMP's record of an interface's querier.</summary>
    RouterInfoIfp,

    /// <summary>inp_route.ro_rt->rt_ifp: the route that an IPv4 socket has cached.</summary>
    InpRouteIfp,

    /// <summary>rtentry.rt_ifp: a route of the routing table.</summary>
    RtEntryIfp,

    /// <summary>ifaddr.ifa_ifp: an interface's address.</summary>
    IfaddrIfp,

    /// <summary>in6p_route.ro_rt->rt_ifp: the route that an IPv6 socket has cached.</summary>
    In6pRouteIfp,

    /// <summary>in6_multi.in6m_ifp: the interface of an IPv6 group membership.</summary>
    In6MultiIfp,

    /// <summary>multi6_kludge.mk_ifp: groups kept for an interface without an IPv6 address.</summary>
    KludgeIfp,

    /// <summary>ip6_moptions.im6o_multicast_ifp: a socket's IPV6_MULTICAST_IF.</summary>
    Ip6MoptionsIfp,

    /// <summary>nd_prefix.ndpr_ifp: the interface of an IPv6 prefix.</summary>
    NdPrefixIfp,

    /// <summary>m_pkthdr.rcvif: the interface on which a queued packet came in.</summary>
    RcvIf,

    /// <summary>in_multi.inm_rti: a router_info freed with its interface while the membership lives (order trap 2.3).</summary>
    InMultiRti,

    /// <summary>ip6_moptions' membership record freed in another protocol's turn (order trap 3.4).</summary>
    Im6oMembership,

    /// <summary>An interface of the IPv6 multicast router. No run has one.</summary>
    Mif6Ifp,

    /// <summary>ip_moptions' membership record, freed by another holder that did not count it.</summary>
    ImoMembership,

    /// <summary>A carp device's parent. No run has one.</summary>
    CarpDevIfp,

    /// <summary>An interface's per-family block, freed before the interface (FreeBSD).</summary>
    IfAfdata,

    /// <summary>What a thread that was pre-empted has read.</summary>
    ReaderIfp,

    /// <summary>The interface that ip6_setpktoptions found for IPV6_PKTINFO, while the sender sleeps before its use.</summary>
    PktInfoIfp,

    /// <summary>The Ethernet of a published ARP entry.</summary>
    ProxyIfp,

    /// <summary>The interface that an IPv6 fragment in the reassembly queue came from.</summary>
    Ip6qRcvIf,

    /// <summary>The interface of a default router.</summary>
    NdDefrouterIfp,

    /// <summary>The interface of the route that ip_forward keeps for the next packet.</summary>
    IpForwardRtIfp,

    /// <summary>The interface of the route that ip6_forward keeps for the next packet.</summary>
    Ip6ForwardRtIfp,

    /// <summary>ifvlan.ifv_p: the interface that a vlan is on.</summary>
    VlanParentIfp,

    /// <summary>gif_softc.gif_ro.ro_rt->rt_ifp: the route that a tunnel has cached.</summary>
    GifRouteIfp,

    /// <summary>pppoe_softc.sc_eth_if: the Ethernet that a session is on.</summary>
    PppoeEthIfp,

    /// <summary>An entry of the list that sppp_keepalive goes through. No run has its timer.</summary>
    SpppIfp,

    /// <summary>The interface of a bpf descriptor. No run has one.</summary>
    BpfIfp,

    /// <summary>A member of a bridge.</summary>
    BridgeMemberIfp,

    /// <summary>The interface of an address whose duplicate address detection runs.</summary>
    DadIfp,

    /// <summary>syn_cache.sc_route4.ro_rt->rt_ifp: the route that a connection which is asked for has cached.</summary>
    SynCacheRoute4Ifp,

    /// <summary>syn_cache.sc_route6.ro_rt->rt_ifp: the same of IPv6.</summary>
    SynCacheRoute6Ifp,

    /// <summary>veth_priv.peer: the other end of a pair.</summary>
    VethPeerIfp,
}
