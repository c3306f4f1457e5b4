namespace Stress.Emulator.Kernel;

/// <summary>Functions of the kernel for the emulated call stack.</summary>
public enum KernelFunction : byte
{
    Syscall, SysClose, SysExit, Sosend, Sosetopt, Soclose, InPcbDetach, IpFreeMoptions, IpSetMoptions, InAddMulti, InDelMulti, IgmpJoinGroup, IgmpLeaveGroup,
    IgmpFastTimo, IgmpSendPkt, IpOutput, RipOutput, UdpOutput, InSelectSrc, Udp6Output, In6SelectHlim, In6SelectSrc, Ip6Output, Ip6SetMoptions, In6AddMulti,
    In6DelMulti, Mld6StartListening, Mld6StopListening, Mld6FastTimo, Mld6SendPkt, IfDetach, PppClose, PppDealloc, PppCloneDestroy, PppOpen, PppCreate, IfAttach,
    InPurgeAddr, InPurgeIf, InPcbPurgeIf0, InPcbPurgeIf, In6PurgeAddr, In6PurgeIf, In6PcbPurgeIf0, In6PcbPurgeIf, IgmpPurgeIf, RipUsrReq, UdpUsrReq, TcpUsrReq,
    Udp6UsrReq, InControl, In6Control, Ip6FreeMoptions, IfIoctl, IfUp, IfDown, IpInput, Ip6Input, PppOutput, In6SaveMkludge, In6PcbDetach, IpGetMoptions, SoftNet,
    Ip6MForward, DelM6if, Ip6MrouterDone, CarpSendAd, In6SetScope, Ip6GetMoptions, Frag6Input, Nd6RaInput, Nd6Ioctl,
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
        _ => "?",
    };
}
