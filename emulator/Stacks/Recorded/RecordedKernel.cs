namespace Stress.Emulator.Stacks.Recorded;

/// <summary>A kernel that recordings name, the stack and design that model it, and how far they have to agree. Shares are in hundredths of a percent.</summary>
/// <param name="Name">
/// As in the names of recordings, <c>LIST.NAME.txt</c>, with or without a minor version behind it; in a table of verdicts it is the stack, with <c>-</c> and the side behind it.
/// </param>
/// <param name="Stack">The stack that models it.</param>
/// <param name="Design">Its design.</param>
/// <param name="NeededSteps">Least share of steps with the same value and error.</param>
/// <param name="NeededVerdicts">Least share of lists with the same verdict, and of recordings that end in the same way.</param>
/// <param name="NeededFirst">Least share of failing lists with the same first step and function.</param>
public sealed record RecordedKernel(string Name, string Stack, string Design, int NeededSteps = 9_990, int NeededVerdicts = 9_950, int NeededFirst = 9_800)
{
    /// <summary>False where no recording of it has what <c>drain</c> took out: then frames are compared with nothing.</summary>
    public bool HasFrames { get; init; } = true;

    /// <summary>Every kernel that has recordings and a model.</summary>
    public static readonly IReadOnlyList<RecordedKernel> All =
    [
        new("netbsd-4.0.1", StackCatalog.NetBsd401, "netbsd-2005") { HasFrames = false },
        new("netbsd-4.0.1-fix-out", StackCatalog.NetBsd401, "netbsd-2005") { HasFrames = false },
        new("netbsd-4.0.1-fix-in", StackCatalog.NetBsd401, "purge-flagged") { HasFrames = false },
        new("netbsd-7", StackCatalog.NetBsd7, "as-shipped"),
        new("netbsd-7-fix-in", StackCatalog.NetBsd7, "purge-flagged"),
        new("netbsd-7-fix-out", StackCatalog.NetBsd7, "netbsd-2005"),
        new("linux-6", StackCatalog.Linux6, "notifier-hold"),
    ];

    /// <summary>The kernel of a recording's name, null when no stack models it.</summary>
    /// <param name="name">The part between the list's name and <c>.txt</c>: <c>netbsd-7</c>, <c>linux-6.18</c>.</param>
    public static RecordedKernel? Named(string name) => All.FirstOrDefault(k => k.Name == name || (name.StartsWith(k.Name + ".", StringComparison.Ordinal) && name[(k.Name.Length + 1)..].All(c => char.IsAsciiDigit(c) || c == '.')));

    /// <summary>The kernel of a verdict, null when no stack models it.</summary>
    /// <param name="verdict">The verdict.</param>
    public static RecordedKernel? Of(RecordedVerdict verdict) => Named($"{verdict.Kernel}-{verdict.Side}");
}
