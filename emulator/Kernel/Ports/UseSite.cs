namespace Stress.Emulator.Kernel.Ports;

/// <summary>The functions that use a held interface pointer.</summary>
public enum UseSite : byte
{
    /// <summary>No function.</summary>
    None,

    /// <summary>in_delmulti.</summary>
    InDelMulti,

    /// <summary>igmp_joingroup.</summary>
    IgmpJoinGroup,

    /// <summary>igmp_leavegroup.</summary>
    IgmpLeaveGroup,

    /// <summary>igmp_sendpkt.</summary>
    IgmpSendPkt,

    /// <summary>ip_output.</summary>
    IpOutput,

    /// <summary>ip_getmoptions, of IP_MULTICAST_IF.</summary>
    IpMulticastIfReadBack,

    /// <summary>in_selectsrc.</summary>
    InSelectSrc,

    /// <summary>in6_selecthlim: the mail's second crash.</summary>
    In6SelectHlim,

    /// <summary>in6_delmulti.</summary>
    In6DelMulti,

    /// <summary>mld6_sendpkt.</summary>
    Mld6SendPkt,

    /// <summary>mld6_stop_listening.</summary>
    Mld6StopListening,

    /// <summary>ip6_output.</summary>
    Ip6Output,

    /// <summary>in6_selectsrc.</summary>
    In6SelectSrc,

    /// <summary>in_pcbpurgeif0.</summary>
    InPcbPurgeIf0,

    /// <summary>in6_pcbpurgeif0.</summary>
    In6PcbPurgeIf0,

    /// <summary>pppoutput.</summary>
    PppOutput,

    /// <summary>pppsioctl.</summary>
    PppSIoctl,

    /// <summary>ip_input.</summary>
    IpInput,

    /// <summary>ip6_input.</summary>
    Ip6Input,

    /// <summary>rtrequest1.</summary>
    RtRequest,

    /// <summary>The functions of nd6_rtr.c that walk the prefixes.</summary>
    NdPrefix,

    /// <summary>in6_setscope.</summary>
    In6SetScope,

    /// <summary>in6_savemkludge.</summary>
    In6SaveMkludge,

    /// <summary>ip6_mforward.</summary>
    Ip6MForward,

    /// <summary>del_m6if.</summary>
    DelM6if,

    /// <summary>ip6_getmoptions, of IPV6_MULTICAST_IF.</summary>
    Ip6GetMoptions,

    /// <summary>in6_embedscope.</summary>
    In6EmbedScope,

    /// <summary>in6_ifawithscope.</summary>
    In6IfaWithScope,

    /// <summary>in6ifa_ifpforlinklocal.</summary>
    In6IfaIfpForLinkLocal,

    /// <summary>in6_addmulti.</summary>
    In6AddMulti,

    /// <summary>ip6_savecontrol.</summary>
    Ip6SaveControl,

    /// <summary>nd6_ioctl: ndp -p and ndp -r.</summary>
    Nd6Ioctl,

    /// <summary>vlan_start.</summary>
    VlanStart,

    /// <summary>in_gif_output.</summary>
    InGifOutput,

    /// <summary>pppoe_output.</summary>
    PppoeOutput,

    /// <summary>bpfwrite.</summary>
    BpfWrite,

    /// <summary>sppp_keepalive.</summary>
    SpppKeepalive,

    /// <summary>The handlers of iflladdr_event.</summary>
    IfLladdrEvent,

    /// <summary>nd6_dad_timer.</summary>
    Nd6DadTimer,

    /// <summary>pppoe_send_padt.</summary>
    PppoeSendPadt,

    /// <summary>tcp_segsize.</summary>
    TcpSegSize,

    /// <summary>veth_xmit.</summary>
    VethXmit,

    /// <summary>veth_dellink.</summary>
    VethDellink,

    /// <summary>bridge_output.</summary>
    BridgeOutput,
}
