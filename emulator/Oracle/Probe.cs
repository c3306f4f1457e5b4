namespace Stress.Emulator.Oracle;

/// <summary>Rare paths that a run must reach some time.</summary>
public enum Probe : byte
{
    RouterInfoAdopted,
    AddrInUseAfterReuse,
    TooManyRefs,
    RoutingMessageLost,
    DelAddrSuppressed,
    KludgeAdopted,
    StaleUseSurvived,
    SoftcBlockReusedByOther,
    OspfdAborted,
    HelloWithoutMembership,
    DropAfterAddressGone,
    DropInTime,
    RipngAnswerCached,
    MembershipLostAlive,
}

/// <summary>The names that scenarios require them by.</summary>
public static class ProbeNames
{
    private static readonly string[] Names =
    [
        "router_info adopted by a new interface", "EADDRINUSE after address reuse", "ETOOMANYREFS", "routing message lost", "RTM_DELADDR suppressed",
        "kludge group adopted", "stale use survived", "softc block reused by another object", "ospfd aborted", "hello without membership",
        "drop after the address was gone", "drop in time", "ripng answer cached its route", "membership lost while the interface lived",
    ];

    /// <summary>How many there are.</summary>
    public static int Count => Names.Length;

    /// <summary>The probe's name.</summary>
    public static string Of(Probe probe) => Names[(int)probe];
}
