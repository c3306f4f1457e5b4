namespace Stress.Emulator.Oracle;

/// <summary>Every place in the kernel that stores a <c>struct ifnet *</c> (reference 2.9 and 3.10).</summary>
public enum HolderKind : byte
{
    None,
    InMultiIfp,
    IpMoptionsIfp,
    RouterInfoIfp,
    InpRouteIfp,
    RtEntryIfp,
    IfaddrIfp,
    In6pRouteIfp,
    In6MultiIfp,
    KludgeIfp,
    Ip6MoptionsIfp,
    NdPrefixIfp,
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
}

/// <summary>The functions that use a held interface pointer.</summary>
public enum UseSite : byte
{
    None,
    InDelMulti,
    IgmpJoinGroup,
    IgmpLeaveGroup,
    IgmpSendPkt,
    IpOutput,
    IpMulticastIfReadBack,
    InSelectSrc,
    In6SelectHlim,
    In6DelMulti,
    Mld6SendPkt,
    Mld6StopListening,
    Ip6Output,
    In6SelectSrc,
    InPcbPurgeIf0,
    In6PcbPurgeIf0,
    PppOutput,
    PppSIoctl,
    IpInput,
    Ip6Input,
    RtRequest,
    NdPrefix,
    In6SetScope,
    In6SaveMkludge,
    Ip6MForward,
    DelM6if,
}

/// <summary>Why the purge that should have cleared the holder did not.</summary>
public enum PurgeGap : byte
{
    None,

    /// <summary>if_detach asks a family's protocols only when the interface still has an address of the family (1.5 step 3).</summary>
    NoInetAddress,

    NoInet6Address,

    /// <summary>The purge ran, and the pointer was stored afterwards.</summary>
    StoredAfterPurge,

    /// <summary>Another protocol's turn freed the record first (2.3, 3.4).</summary>
    ProtocolOrder,

    /// <summary>The route walk skipped the node (1.8).</summary>
    RouteWalkSkipped,

    /// <summary>No purge covers this holder.</summary>
    NotCovered,

    /// <summary>Another holder freed it: this one's reference was not counted.</summary>
    NotCounted,

    /// <summary>Freed while a thread read it.</summary>
    FreedBeforeReader,
}

/// <summary>What the oracle says of a holder, the graver the later.</summary>
public enum Verdict : byte
{
    /// <summary>Nothing.</summary>
    Clean,

    /// <summary>Nobody used it, and it is still there: a record, or a hold that a detach waits for.</summary>
    Leak,

    /// <summary>It was used after its interface had gone, and the kernel went on.</summary>
    Stale,

    /// <summary>It named another live interface when it was used.</summary>
    Alias,

    /// <summary>Its use was fatal.</summary>
    Crash,
}

/// <summary>A crash title: holder × use site × why the purge did not run.</summary>
public readonly record struct CrashTitle(UseSite Site, HolderKind Holder, PurgeGap Gap)
{
    /// <summary>For example <c>in_delmulti: stale in_multi.inm_ifp (no AF_INET address at if_detach)</c>.</summary>
    public override string ToString() => $"{KernelNames.Of(Site)}: stale {KernelNames.Of(Holder)} ({KernelNames.Of(Gap)})";
}

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
