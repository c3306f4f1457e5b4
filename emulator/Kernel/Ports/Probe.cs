namespace Stress.Emulator.Kernel.Ports;

/// <summary>Rare paths that a run must reach some time.</summary>
public enum Probe : byte
{
    RouterInfoAdopted,
    AddrInUseAfterReuse,
    TooManyRefs,
    RoutingMessageLost,
    DelAddrSuppressed,
    KludgeAdopted,
    StalePointerUsed,
    SoftcBlockReusedByOther,
    OspfdAborted,
    HelloWithoutMembership,
    DropAfterAddressGone,
    DropInTime,
    RipngAnswerCached,
    MembershipLostAlive,
    DelAddrLost,
    KludgeCreated,
    SoftcBlockReusedByUnit,
    IndexNamesOtherUnit,
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
    ];

    /// <summary>How many there are.</summary>
    public static int Count => Names.Length;

    /// <summary>The probe's name.</summary>
    public static string Of(Probe probe) => Names[(int)probe];
}
