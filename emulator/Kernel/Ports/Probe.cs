namespace Stress.Emulator.Kernel.Ports;

/// <summary>Rare paths that some run must reach.</summary>
public enum Probe : byte
{
    /// <summary>A new interface was given the router_info of one that has gone.</summary>
    RouterInfoAdopted,

    /// <summary>EADDRINUSE: a stale membership had the address of the new interface.</summary>
    AddrInUseAfterReuse,

    /// <summary>ETOOMANYREFS: stale memberships filled the slots of a socket.</summary>
    TooManyRefs,

    /// <summary>A routing socket's queue was full.</summary>
    RoutingMessageLost,

    /// <summary>An address went without RTM_DELADDR.</summary>
    DelAddrSuppressed,

    /// <summary>A kept group was given to another interface.</summary>
    KludgeAdopted,

    /// <summary>A stale pointer was used, fatally or not.</summary>
    StalePointerUsed,

    /// <summary>A freed softc block went to something that is not an interface.</summary>
    SoftcBlockReusedByOther,

    /// <summary>ospfd aborted.</summary>
    OspfdAborted,

    /// <summary>A Hello for a group that the socket is not a member of. Nothing raises it yet.</summary>
    HelloWithoutMembership,

    /// <summary>ospfd left a group when the address that names the interface had gone.</summary>
    DropAfterAddressGone,

    /// <summary>ospfd left a group while the address was there.</summary>
    DropInTime,

    /// <summary>ripngd's answer left a route in its socket.</summary>
    RipngAnswerCached,

    /// <summary>A purge took the membership of an interface that is still attached.</summary>
    MembershipLostAlive,

    /// <summary>RTM_DELADDR was lost in a full queue.</summary>
    DelAddrLost,

    /// <summary>Groups were kept for an interface whose last IPv6 address went.</summary>
    KludgeCreated,

    /// <summary>A freed softc block went to a new unit.</summary>
    SoftcBlockReusedByUnit,

    /// <summary>An if_index was given to another unit.</summary>
    IndexNamesOtherUnit,

    /// <summary>Duplicate address detection found that another station has an address.</summary>
    DadDuplicate,

    /// <summary>An address was removed while detection ran for it, on a segment whose stations detect duplicates.</summary>
    DadStopped,
}

/// <summary>The names that scenarios require them by.</summary>
public static class ProbeNames
{
    private static readonly string[] Names =
    [
        "router_info adopted by a new interface", "EADDRINUSE after address reuse", "ETOOMANYREFS", "routing message lost", "RTM_DELADDR suppressed",
        "kludge group adopted", "stale pointer used", "softc block reused by another object", "ospfd aborted", "hello without membership",
        "drop after the address was gone", "drop in time", "ripng answer cached its route", "membership lost while the interface lived",
        "RTM_DELADDR lost", "kludge record created", "softc block reused by a new unit", "if_index given to another unit",
        "duplicate address found", "address removed during DAD",
    ];

    /// <summary>How many there are.</summary>
    public static int Count => Names.Length;

    /// <summary>The probe's name.</summary>
    public static string Of(Probe probe) => Names[(int)probe];
}
