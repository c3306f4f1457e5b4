namespace Stress.Emulator.Oracle;

/// <summary>The oracle's verdict on a holder, in order of severity.</summary>
public enum Verdict : byte
{
    /// <summary>Nothing.</summary>
    Clean,

    /// <summary>It was not used, and it is still there: a record, or a hold that a detach waits for.</summary>
    Leak,

    /// <summary>It was used after its interface was gone, and the kernel continued.</summary>
    Stale,

    /// <summary>It named another live interface when it was used.</summary>
    Alias,

    /// <summary>Its use was fatal.</summary>
    Crash,
}
