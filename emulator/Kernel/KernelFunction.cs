namespace Stress.Emulator.Kernel;

/// <summary>Functions of the kernel for the emulated call stack.</summary>
public enum KernelFunction : byte
{
    /// <summary><c>syscall</c>.</summary>
    Syscall,

    /// <summary><c>sys_close</c>.</summary>
    SysClose,

    /// <summary><c>exit1</c>.</summary>
    SysExit,

    /// <summary><c>sosend</c>.</summary>
    Sosend,

    /// <summary><c>sosetopt</c>.</summary>
    Sosetopt,

    /// <summary><c>soclose</c>.</summary>
    Soclose,

    /// <summary><c>in_pcbdetach</c>.</summary>
    InPcbDetach,

    /// <summary><c>ip_freemoptions</c>.</summary>
    IpFreeMoptions,

    /// <summary><c>ip_setmoptions</c>.</summary>
    IpSetMoptions,

    /// <summary><c>in_addmulti</c>.</summary>
    InAddMulti,

    /// <summary><c>in_delmulti</c>.</summary>
    InDelMulti,

    /// <summary><c>igmp_joingroup</c>.</summary>
    IgmpJoinGroup,

    /// <summary><c>igmp_leavegroup</c>.</summary>
    IgmpLeaveGroup,

    /// <summary><c>igmp_fasttimo</c>.</summary>
    IgmpFastTimo,

    /// <summary><c>igmp_sendpkt</c>.</summary>
    IgmpSendPkt,

    /// <summary><c>ip_output</c>.</summary>
    IpOutput,

    /// <summary><c>rip_output</c>.</summary>
    RipOutput,

    /// <summary><c>udp_output</c>.</summary>
    UdpOutput,

    /// <summary><c>in_selectsrc</c>.</summary>
    InSelectSrc,

    /// <summary><c>udp6_output</c>.</summary>
    Udp6Output,

    /// <summary><c>in6_selecthlim</c>.</summary>
    In6SelectHlim,

    /// <summary><c>in6_selectsrc</c>.</summary>
    In6SelectSrc,

    /// <summary><c>ip6_output</c>.</summary>
    Ip6Output,

    /// <summary><c>ip6_setmoptions</c>.</summary>
    Ip6SetMoptions,

    /// <summary><c>in6_addmulti</c>.</summary>
    In6AddMulti,

    /// <summary><c>in6_delmulti</c>.</summary>
    In6DelMulti,

    /// <summary><c>mld6_start_listening</c>.</summary>
    Mld6StartListening,

    /// <summary><c>mld6_stop_listening</c>.</summary>
    Mld6StopListening,

    /// <summary><c>mld6_fasttimeo</c>.</summary>
    Mld6FastTimo,

    /// <summary><c>mld6_sendpkt</c>.</summary>
    Mld6SendPkt,

    /// <summary><c>if_detach</c>.</summary>
    IfDetach,

    /// <summary><c>pppclose</c>.</summary>
    PppClose,

    /// <summary><c>pppdealloc</c>.</summary>
    PppDealloc,

    /// <summary><c>ppp_clone_destroy</c>.</summary>
    PppCloneDestroy,

    /// <summary><c>pppopen</c>.</summary>
    PppOpen,

    /// <summary><c>ppp_create</c>.</summary>
    PppCreate,

    /// <summary><c>if_attach</c>.</summary>
    IfAttach,

    /// <summary><c>in_purgeaddr</c>.</summary>
    InPurgeAddr,

    /// <summary><c>in_purgeif</c>.</summary>
    InPurgeIf,

    /// <summary><c>in_pcbpurgeif0</c>.</summary>
    InPcbPurgeIf0,

    /// <summary><c>in_pcbpurgeif</c>.</summary>
    InPcbPurgeIf,

    /// <summary><c>in6_purgeaddr</c>.</summary>
    In6PurgeAddr,

    /// <summary><c>in6_purgeif</c>.</summary>
    In6PurgeIf,

    /// <summary><c>in6_pcbpurgeif0</c>.</summary>
    In6PcbPurgeIf0,

    /// <summary><c>in6_pcbpurgeif</c>.</summary>
    In6PcbPurgeIf,

    /// <summary><c>igmp_purgeif</c>.</summary>
    IgmpPurgeIf,

    /// <summary><c>rip_usrreq</c>.</summary>
    RipUsrReq,

    /// <summary><c>udp_usrreq</c>.</summary>
    UdpUsrReq,

    /// <summary><c>tcp_usrreq</c>.</summary>
    TcpUsrReq,

    /// <summary><c>udp6_usrreq</c>.</summary>
    Udp6UsrReq,

    /// <summary><c>in_control</c>.</summary>
    InControl,

    /// <summary><c>in6_control</c>.</summary>
    In6Control,

    /// <summary><c>ip6_freemoptions</c>.</summary>
    Ip6FreeMoptions,

    /// <summary><c>ifioctl</c>.</summary>
    IfIoctl,

    /// <summary><c>if_up</c>.</summary>
    IfUp,

    /// <summary><c>if_down</c>.</summary>
    IfDown,

    /// <summary><c>ip_input</c>.</summary>
    IpInput,

    /// <summary><c>ip6_input</c>.</summary>
    Ip6Input,

    /// <summary><c>pppoutput</c>.</summary>
    PppOutput,

    /// <summary><c>in6_savemkludge</c>.</summary>
    In6SaveMkludge,

    /// <summary><c>in6_pcbdetach</c>.</summary>
    In6PcbDetach,

    /// <summary><c>ip_getmoptions</c>.</summary>
    IpGetMoptions,

    /// <summary><c>softintr_net</c>.</summary>
    SoftNet,

    /// <summary><c>ip6_mforward</c>.</summary>
    Ip6MForward,

    /// <summary><c>del_m6if</c>.</summary>
    DelM6if,

    /// <summary><c>ip6_mrouter_done</c>.</summary>
    Ip6MrouterDone,

    /// <summary><c>carp_send_ad</c>.</summary>
    CarpSendAd,

    /// <summary><c>in6_setscope</c>.</summary>
    In6SetScope,

    /// <summary><c>ip6_getmoptions</c>.</summary>
    Ip6GetMoptions,

    /// <summary><c>frag6_input</c>.</summary>
    Frag6Input,

    /// <summary><c>nd6_ra_input</c>.</summary>
    Nd6RaInput,

    /// <summary><c>nd6_ioctl</c>.</summary>
    Nd6Ioctl,

    /// <summary><c>ip_forward</c>.</summary>
    IpForward,

    /// <summary><c>ip6_forward</c>.</summary>
    Ip6Forward,

    /// <summary><c>if_clone_create</c>.</summary>
    IfCloneCreate,

    /// <summary><c>if_clone_destroy</c>.</summary>
    IfCloneDestroy,

    /// <summary><c>vlan_ifdetach</c>.</summary>
    VlanIfDetach,

    /// <summary><c>vlan_start</c>.</summary>
    VlanStart,

    /// <summary><c>in_gif_output</c>.</summary>
    InGifOutput,

    /// <summary><c>config_attach</c> of a device that is plugged in.</summary>
    ConfigAttach,

    /// <summary><c>config_detach</c> of a device that is pulled out.</summary>
    ConfigDetach,

    /// <summary><c>pppoe_output</c>.</summary>
    PppoeOutput,

    /// <summary><c>bpfwrite</c>.</summary>
    BpfWrite,

    /// <summary><c>sppp_keepalive</c>.</summary>
    SpppKeepalive,

    /// <summary><c>iflladdr_event</c>.</summary>
    IfLladdrEvent,

    /// <summary><c>nd6_dad_timer</c>.</summary>
    Nd6DadTimer,

    /// <summary><c>pppoe_timeout</c>.</summary>
    PppoeTimeout,

    /// <summary><c>pppoe_send_padt</c>.</summary>
    PppoeSendPadt,

    /// <summary><c>pppoe_disc_input</c>.</summary>
    PppoeDiscInput,

    /// <summary><c>tcp_input</c>.</summary>
    TcpInput,

    /// <summary><c>tcp_output</c>.</summary>
    TcpOutput,

    /// <summary><c>tcp_segsize</c>.</summary>
    TcpSegSize,

    /// <summary><c>tcp_respond</c>.</summary>
    TcpRespond,

    /// <summary><c>tcp_timer_rexmt</c>.</summary>
    TcpTimerRexmt,

    /// <summary><c>tcp_timer_keep</c>.</summary>
    TcpTimerKeep,

    /// <summary><c>syn_cache_add</c>.</summary>
    SynCacheAdd,

    /// <summary><c>syn_cache_respond</c>.</summary>
    SynCacheRespond,

    /// <summary><c>syn_cache_timer</c>.</summary>
    SynCacheTimer,

    /// <summary><c>veth_xmit</c>.</summary>
    VethXmit,

    /// <summary><c>veth_dellink</c>.</summary>
    VethDellink,

    /// <summary><c>bridge_output</c>.</summary>
    BridgeOutput,
}

/// <summary>BSD's spellings of <see cref="KernelFunction"/>.</summary>
public static class FunctionNames
{
    /// <summary>The C names of a stack, innermost first.</summary>
    /// <param name="stack">Outermost first.</param>
    public static IReadOnlyList<string> InnermostFirst(ReadOnlySpan<KernelFunction> stack)
    {
        var names = new string[stack.Length];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = Of(stack[stack.Length - 1 - i]);
        }

        return names;
    }

    /// <summary>The C name.</summary>
    public static string Of(KernelFunction f) => f switch
    {
        KernelFunction.Syscall => "syscall",
        KernelFunction.SysClose => "sys_close",
        KernelFunction.SysExit => "exit1",
        KernelFunction.InPcbDetach => "in_pcbdetach",
        KernelFunction.IpFreeMoptions => "ip_freemoptions",
        KernelFunction.IpSetMoptions => "ip_setmoptions",
        KernelFunction.InAddMulti => "in_addmulti",
        KernelFunction.InDelMulti => "in_delmulti",
        KernelFunction.IgmpJoinGroup => "igmp_joingroup",
        KernelFunction.IgmpLeaveGroup => "igmp_leavegroup",
        KernelFunction.IgmpFastTimo => "igmp_fasttimo",
        KernelFunction.IgmpSendPkt => "igmp_sendpkt",
        KernelFunction.IpOutput => "ip_output",
        KernelFunction.RipOutput => "rip_output",
        KernelFunction.UdpOutput => "udp_output",
        KernelFunction.InSelectSrc => "in_selectsrc",
        KernelFunction.Udp6Output => "udp6_output",
        KernelFunction.In6SelectHlim => "in6_selecthlim",
        KernelFunction.In6SelectSrc => "in6_selectsrc",
        KernelFunction.Ip6Output => "ip6_output",
        KernelFunction.Ip6SetMoptions => "ip6_setmoptions",
        KernelFunction.In6AddMulti => "in6_addmulti",
        KernelFunction.In6DelMulti => "in6_delmulti",
        KernelFunction.Mld6StartListening => "mld6_start_listening",
        KernelFunction.Mld6StopListening => "mld6_stop_listening",
        KernelFunction.Mld6FastTimo => "mld6_fasttimeo",
        KernelFunction.Mld6SendPkt => "mld6_sendpkt",
        KernelFunction.Frag6Input => "frag6_input",
        KernelFunction.Nd6RaInput => "nd6_ra_input",
        KernelFunction.Nd6Ioctl => "nd6_ioctl",
        KernelFunction.IpForward => "ip_forward",
        KernelFunction.Ip6Forward => "ip6_forward",
        KernelFunction.IfDetach => "if_detach",
        KernelFunction.PppClose => "pppclose",
        KernelFunction.PppDealloc => "pppdealloc",
        KernelFunction.PppCloneDestroy => "ppp_clone_destroy",
        KernelFunction.PppOpen => "pppopen",
        KernelFunction.PppCreate => "ppp_create",
        KernelFunction.IfAttach => "if_attach",
        KernelFunction.InPurgeAddr => "in_purgeaddr",
        KernelFunction.InPurgeIf => "in_purgeif",
        KernelFunction.InPcbPurgeIf0 => "in_pcbpurgeif0",
        KernelFunction.InPcbPurgeIf => "in_pcbpurgeif",
        KernelFunction.In6PurgeAddr => "in6_purgeaddr",
        KernelFunction.In6PurgeIf => "in6_purgeif",
        KernelFunction.In6PcbPurgeIf0 => "in6_pcbpurgeif0",
        KernelFunction.In6PcbPurgeIf => "in6_pcbpurgeif",
        KernelFunction.IgmpPurgeIf => "igmp_purgeif",
        KernelFunction.RipUsrReq => "rip_usrreq",
        KernelFunction.UdpUsrReq => "udp_usrreq",
        KernelFunction.TcpUsrReq => "tcp_usrreq",
        KernelFunction.Udp6UsrReq => "udp6_usrreq",
        KernelFunction.InControl => "in_control",
        KernelFunction.In6Control => "in6_control",
        KernelFunction.Ip6FreeMoptions => "ip6_freemoptions",
        KernelFunction.IfIoctl => "ifioctl",
        KernelFunction.IfUp => "if_up",
        KernelFunction.IfDown => "if_down",
        KernelFunction.IpInput => "ip_input",
        KernelFunction.Ip6Input => "ip6_input",
        KernelFunction.PppOutput => "pppoutput",
        KernelFunction.In6SaveMkludge => "in6_savemkludge",
        KernelFunction.In6PcbDetach => "in6_pcbdetach",
        KernelFunction.IpGetMoptions => "ip_getmoptions",
        KernelFunction.SoftNet => "softintr_net",
        KernelFunction.Ip6MForward => "ip6_mforward",
        KernelFunction.CarpSendAd => "carp_send_ad",
        KernelFunction.In6SetScope => "in6_setscope",
        KernelFunction.Ip6GetMoptions => "ip6_getmoptions",
        KernelFunction.DelM6if => "del_m6if",
        KernelFunction.Ip6MrouterDone => "ip6_mrouter_done",
        KernelFunction.Sosend => "sosend",
        KernelFunction.Sosetopt => "sosetopt",
        KernelFunction.Soclose => "soclose",
        KernelFunction.IfCloneCreate => "if_clone_create",
        KernelFunction.IfCloneDestroy => "if_clone_destroy",
        KernelFunction.VlanIfDetach => "vlan_ifdetach",
        KernelFunction.VlanStart => "vlan_start",
        KernelFunction.InGifOutput => "in_gif_output",
        KernelFunction.ConfigAttach => "config_attach",
        KernelFunction.ConfigDetach => "config_detach",
        KernelFunction.PppoeOutput => "pppoe_output",
        KernelFunction.VethXmit => "veth_xmit",
        KernelFunction.VethDellink => "veth_dellink",
        KernelFunction.BridgeOutput => "bridge_output",
        KernelFunction.BpfWrite => "bpfwrite",
        KernelFunction.SpppKeepalive => "sppp_keepalive",
        KernelFunction.IfLladdrEvent => "iflladdr_event",
        KernelFunction.Nd6DadTimer => "nd6_dad_timer",
        KernelFunction.PppoeTimeout => "pppoe_timeout",
        KernelFunction.PppoeSendPadt => "pppoe_send_padt",
        KernelFunction.PppoeDiscInput => "pppoe_disc_input",
        KernelFunction.TcpInput => "tcp_input",
        KernelFunction.TcpOutput => "tcp_output",
        KernelFunction.TcpSegSize => "tcp_segsize",
        KernelFunction.TcpRespond => "tcp_respond",
        KernelFunction.TcpTimerRexmt => "tcp_timer_rexmt",
        KernelFunction.TcpTimerKeep => "tcp_timer_keep",
        KernelFunction.SynCacheAdd => "syn_cache_add",
        KernelFunction.SynCacheRespond => "syn_cache_respond",
        KernelFunction.SynCacheTimer => "syn_cache_timer",
        _ => "?",
    };
}
