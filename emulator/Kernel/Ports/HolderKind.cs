namespace Stress.Emulator.Kernel.Ports;

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
