namespace Stress.Emulator.Kernel.Ports;

/// <summary>BSD's own spellings.</summary>
public static class KernelNames
{
    /// <summary>A holder's name; "no holder" for none.</summary>
    public static string Of(HolderKind kind) => kind == HolderKind.None ? "no holder" : Holders.Of(kind).Name;

    /// <summary>The name of a function that uses a held pointer.</summary>
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
        UseSite.Ip6GetMoptions => "ip6_getmoptions",
        UseSite.In6EmbedScope => "in6_embedscope",
        UseSite.In6IfaWithScope => "in6_ifawithscope",
        UseSite.In6IfaIfpForLinkLocal => "in6ifa_ifpforlinklocal",
        UseSite.In6AddMulti => "in6_addmulti",
        UseSite.Nd6Ioctl => "nd6_ioctl",
        UseSite.Ip6SaveControl => "ip6_savecontrol",
        UseSite.VlanStart => "vlan_start",
        UseSite.InGifOutput => "in_gif_output",
        UseSite.PppoeOutput => "pppoe_output",
        UseSite.VethXmit => "veth_xmit",
        UseSite.VethDellink => "veth_dellink",
        UseSite.BridgeOutput => "bridge_output",
        UseSite.BpfWrite => "bpfwrite",
        UseSite.SpppKeepalive => "sppp_keepalive",
        UseSite.IfLladdrEvent => "iflladdr_event",
        UseSite.Nd6DadTimer => "nd6_dad_timer",
        UseSite.PppoeSendPadt => "pppoe_send_padt",
        UseSite.TcpSegSize => "tcp_segsize",
        _ => "unknown",
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

    /// <summary>Why the purge missed it, in words, as crash titles and tables say it.</summary>
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
