namespace Stress.Emulator.Kernel.Ports;

/// <summary>Why the purge that should have cleared the holder did not.</summary>
public enum PurgeGap : byte
{
    /// <summary>No purge was missed.</summary>
    None,

    /// <summary>if_detach asks a family's protocols only when the interface still has an address of the family (1.5 step 3).</summary>
    NoInetAddress,

    /// <summary>As <see cref="NoInetAddress"/>, of IPv6.</summary>
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
