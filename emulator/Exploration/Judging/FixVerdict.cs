namespace Stress.Emulator.Exploration.Judging;

/// <summary>The verdict on a fix.</summary>
public enum FixVerdict : byte
{
    /// <summary>The bug is gone, on the list and on every schedule of its small worlds.</summary>
    Ends,

    /// <summary>The bug is not seen, but not all possible schedules were executed.</summary>
    NotSeen,

    /// <summary>The list is clean, and another schedule of it is not.</summary>
    EndsHereOnly,

    /// <summary>It changes answers while every interface is attached.</summary>
    Breaks,

    /// <summary>Something is kept forever.</summary>
    Leaks,

    /// <summary>The bug is gone, but the kernel dies of another.</summary>
    Moves,

    /// <summary>The bug is there as before.</summary>
    DoesNotEnd,
}

/// <summary>The names of <see cref="FixVerdict"/>.</summary>
public static class FixVerdictNames
{
    private static readonly string[] Names = ["ends", "not-seen", "ends-here-only", "breaks", "leaks", "moves", "does-not-end"];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>A verdict's name.</summary>
    public static string Of(FixVerdict verdict) => Names[(int)verdict];

    /// <summary>The verdict of a name; null for none.</summary>
    public static FixVerdict? Named(string name) => Array.IndexOf(Names, name) is >= 0 and int n ? (FixVerdict)n : null;
}
