using System.Text.Json.Serialization;
using Stress.Emulator.Core;

namespace Stress.Dial.Far;

/// <summary>Systems whose consoles are understood.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FarSystem>))]
public enum FarSystem
{
    /// <summary>Not said yet.</summary>
    Unknown,

    /// <summary>NetBSD.</summary>
    NetBsd,

    /// <summary>FreeBSD.</summary>
    FreeBsd,

    /// <summary>OpenBSD.</summary>
    OpenBsd,

    /// <summary>DragonFly BSD.</summary>
    DragonFly,

    /// <summary>Linux.</summary>
    Linux,

    /// <summary>illumos.</summary>
    Illumos,
}

/// <summary>The kind of trouble that a console reported.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FarKind>))]
public enum FarKind
{
    /// <summary>The processor trapped in the kernel: a bad address, a bad instruction.</summary>
    Fault,

    /// <summary>The kernel stopped by its own decision: an assertion, a broken invariant.</summary>
    Panic,

    /// <summary>A checker's report: KASAN, KFENCE, KCSAN, KMSAN, UBSAN, the allocator's own, lockdep.</summary>
    Checker,

    /// <summary>A warning; the system continues.</summary>
    Warning,

    /// <summary>A task, a processor or a workqueue that makes no progress.</summary>
    Hung,

    /// <summary>An interface or another object that cannot be freed, since it is still referenced.</summary>
    Held,

    /// <summary>Memory to which nothing points any longer.</summary>
    Leak,
}

/// <summary>A stack that belongs to a report besides the one that crashed: another access, a queued work.</summary>
/// <param name="Text">Its heading, as printed, without addresses.</param>
/// <param name="Stack">Functions, innermost first.</param>
public sealed record FarTrace(string Text, IReadOnlyList<string> Stack);

/// <summary>A holder of a reference or a lock.</summary>
/// <param name="Text">What is held, and by whom, as printed, without addresses.</param>
/// <param name="Count">References from this place; 1 where the console gives no number.</param>
/// <param name="Stack">Where it was taken: functions, innermost first.</param>
public sealed record FarHolder(string Text, int Count, IReadOnlyList<string> Stack);

/// <summary>An object in the kernel's memory that a report mentions.</summary>
/// <param name="Address">Its address as printed, or empty.</param>
/// <param name="SizeBytes">Its size, or 0 if the console gives none.</param>
/// <param name="Cache">The allocator's cache, or empty.</param>
/// <param name="Stack">Where it was allocated, where the report says so with the object (kmemleak): functions, innermost first.</param>
public sealed record FarObject(string Address, long SizeBytes, string Cache, IReadOnlyList<string> Stack);

/// <summary>A crash, or other trouble of the kernel, as reported by a console.</summary>
/// <param name="System">Whose.</param>
/// <param name="Title">Cause and function, without addresses: the same for every occurrence.</param>
/// <param name="Path">The function to blame, or <c>unknown</c>.</param>
/// <param name="Text">The first line, as printed.</param>
/// <param name="Stack">Functions, innermost first, from the one to blame.</param>
public sealed record FarPanic(FarSystem System, string Title, string Path, string Text, IReadOnlyList<string> Stack)
{
    /// <summary>What kind of trouble.</summary>
    public FarKind Kind { get; init; }

    /// <summary>The title without the function.</summary>
    public string Cause { get; init; } = "";

    /// <summary>The process or task it happened in, or empty.</summary>
    public string Task { get; init; } = "";

    /// <summary>Where the memory in question was allocated (KASAN, KFENCE, KMSAN, SLUB, ref_tracker); empty if not reported.</summary>
    public IReadOnlyList<string> AllocatedBy { get; init; } = [];

    /// <summary>Where it was freed; empty if not reported.</summary>
    public IReadOnlyList<string> FreedBy { get; init; } = [];

    /// <summary>Other stacks of the report.</summary>
    public IReadOnlyList<FarTrace> Related { get; init; } = [];

    /// <summary>Who holds references (ref_tracker) or locks (hung tasks).</summary>
    public IReadOnlyList<FarHolder> Holders { get; init; } = [];

    /// <summary>The objects in question.</summary>
    public IReadOnlyList<FarObject> Objects { get; init; } = [];

    /// <summary>When the report was complete, in wall time since the watch was created.</summary>
    public VirtualTime At { get; init; }
}
