namespace Stress.Emulator.Oracle;

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
