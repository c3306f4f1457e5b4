namespace Stress.Emulator.Kernel.Ports;

/// <summary>BSD's own spellings.</summary>
public static class KernelNames
{
    public static string Of(HolderKind kind) => kind switch
    {
        HolderKind.InMultiIfp => "in_multi.inm_ifp",
        HolderKind.IpMoptionsIfp => "ip_moptions.imo_multicast_ifp",
        HolderKind.RouterInfoIfp => "router_info.rti_ifp",
        HolderKind.InpRouteIfp => "inpcb.inp_route.ro_rt->rt_ifp",
        HolderKind.RtEntryIfp => "rtentry.rt_ifp",
        HolderKind.IfaddrIfp => "ifaddr.ifa_ifp",
        HolderKind.In6pRouteIfp => "in6p_route.ro_rt->rt_ifp",
        HolderKind.In6MultiIfp => "in6_multi.in6m_ifp",
        HolderKind.KludgeIfp => "multi6_kludge.mk_ifp",
        HolderKind.Ip6MoptionsIfp => "ip6_moptions.im6o_multicast_ifp",
        HolderKind.NdPrefixIfp => "nd_prefix.ndpr_ifp",
        HolderKind.RcvIf => "m_pkthdr.rcvif",
        HolderKind.InMultiRti => "in_multi.inm_rti",
        HolderKind.Im6oMembership => "in6_multi_mship.i6mm_maddr",
        HolderKind.Mif6Ifp => "mif6.m6_ifp",
        HolderKind.ImoMembership => "ip_moptions.imo_membership",
        HolderKind.CarpDevIfp => "carp_softc.sc_carpdev",
        HolderKind.IfAfdata => "ifnet.if_afdata[AF_INET6]",
        HolderKind.ReaderIfp => "ifp of a thread",
        HolderKind.PktInfoIfp => "interface of IPV6_PKTINFO",
        _ => "no holder",
    };

    public static string Of(UseSite site) => site switch
    {
        UseSite.InDelMulti => "in_delmulti",
        UseSite.IgmpJoinGroup => "igmp_joingroup",
        UseSite.IgmpLeaveGroup => "igmp_leavegroup",
        UseSite.IgmpSendPkt => "igmp_sendpkt",
        UseSite.IpOutput => "ip_output",
        UseSite.IpMulticastIfReadBack => "ip_getmoptions",
        UseSite.InSelectSrc => "in_selectsrc",
        UseSite.In6SelectHlim => "in6_selecthlim",
        UseSite.In6DelMulti => "in6_delmulti",
        UseSite.Mld6SendPkt => "mld6_sendpkt",
        UseSite.Mld6StopListening => "mld6_stop_listening",
        UseSite.Ip6Output => "ip6_output",
        UseSite.In6SelectSrc => "in6_selectsrc",
        UseSite.InPcbPurgeIf0 => "in_pcbpurgeif0",
        UseSite.In6PcbPurgeIf0 => "in6_pcbpurgeif0",
        UseSite.PppOutput => "pppoutput",
        UseSite.PppSIoctl => "pppsioctl",
        UseSite.IpInput => "ip_input",
        UseSite.Ip6Input => "ip6_input",
        UseSite.RtRequest => "rtrequest1",
        UseSite.NdPrefix => "nd6_prelist",
        UseSite.In6SetScope => "in6_setscope",
        UseSite.In6SaveMkludge => "in6_savemkludge",
        UseSite.Ip6MForward => "ip6_mforward",
        UseSite.DelM6if => "del_m6if",
        _ => "unknown",
    };

    /// <summary>The functions that clear a holder when its interface goes (reference 2.3, 3.2 to 3.8).</summary>
    public static string PurgeOf(HolderKind kind) => kind switch
    {
        HolderKind.InMultiIfp => "in_pcbpurgeif0 < udp_usrreq, rip_usrreq (PRU_PURGEIF) < if_detach",
        HolderKind.IpMoptionsIfp => "in_pcbpurgeif0 < udp_usrreq, rip_usrreq (PRU_PURGEIF) < if_detach",
        HolderKind.RouterInfoIfp => "igmp_purgeif < in_purgeif < PRU_PURGEIF < if_detach",
        HolderKind.InpRouteIfp => "in_pcbpurgeif < PRU_PURGEIF < if_detach",
        HolderKind.RtEntryIfp => "the route walk of if_detach",
        HolderKind.In6pRouteIfp => "in6_pcbpurgeif < PRU_PURGEIF < if_detach",
        HolderKind.In6MultiIfp => "in6_pcbpurgeif0 < PRU_PURGEIF < if_detach",
        HolderKind.KludgeIfp => "in6_purgemkludge < in6_ifdetach < in6_purgeif < PRU_PURGEIF < if_detach",
        HolderKind.Ip6MoptionsIfp => "in6_pcbpurgeif0 < PRU_PURGEIF < if_detach",
        HolderKind.InMultiRti => "in_pcbpurgeif0 in the socket's own protocol's turn",
        HolderKind.Im6oMembership => "in6_pcbpurgeif0 in the socket's own protocol's turn",
        _ => "no function",
    };

    /// <summary>Why the purge did not run, as a sentence.</summary>
    public static string ReasonOf(PurgeGap gap) => gap switch
    {
        PurgeGap.NoInetAddress => "if_detach asks a family's protocols only while the interface has an address of the family, and it had no AF_INET address",
        PurgeGap.NoInet6Address => "if_detach asks a family's protocols only while the interface has an address of the family, and it had no AF_INET6 address",
        PurgeGap.StoredAfterPurge => "it ran, and the pointer was stored afterwards",
        PurgeGap.ProtocolOrder => "another protocol's turn freed the record first",
        PurgeGap.RouteWalkSkipped => "the route walk skipped the node",
        PurgeGap.NotCovered => "no purge covers this holder",
        _ => Of(gap),
    };

    public static string Of(PurgeGap gap) => gap switch
    {
        PurgeGap.NoInetAddress => "no AF_INET address at if_detach",
        PurgeGap.NoInet6Address => "no AF_INET6 address at if_detach",
        PurgeGap.StoredAfterPurge => "stored after the purge",
        PurgeGap.ProtocolOrder => "freed in another protocol's turn",
        PurgeGap.RouteWalkSkipped => "route walk skipped it",
        PurgeGap.NotCounted => "its reference was not counted",
        PurgeGap.FreedBeforeReader => "freed while a thread read it",
        PurgeGap.NotCovered => "no purge covers it",
        _ => "not stale",
    };
}
