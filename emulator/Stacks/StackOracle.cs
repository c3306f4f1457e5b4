namespace Stress.Emulator.Stacks;

/// <summary>
/// An object in a modelled stack's memory. The stack compares and follows references as a kernel compares addresses; only the oracle asks whether the
/// object is still the one it was.
/// </summary>
public sealed class StackMemory
{
    internal StackMemory(string type, string owner, int generation) => (Type, Owner, Generation) = (type, owner, generation);

    /// <summary>The C type: <c>ifnet</c>, <c>router_info</c>, <c>in6_multi</c>.</summary>
    public string Type { get; }

    /// <summary>The interface it belonged to.</summary>
    public string Owner { get; }

    /// <summary>Which allocation of the run this was, from 1.</summary>
    public int Generation { get; }

    /// <summary>The step that freed it, 0 while it lives.</summary>
    public int FreedAt { get; internal set; }

    /// <summary>True until it is freed.</summary>
    public bool IsLive => FreedAt == 0;
}

/// <summary>What kind of bad access was seen, in AddressSanitizer's words.</summary>
public enum BadAccessKind : byte
{
    /// <summary>A read of memory that had been freed. The kernel continues with what it finds there.</summary>
    HeapUseAfterFree,

    /// <summary>A read through a null or wild pointer. The kernel dies.</summary>
    Segv,

    /// <summary>The kernel found the damage itself and called panic. It dies.</summary>
    Panic,

    /// <summary>A pointer names another live object than the one it was taken from. No sanitizer sees it.</summary>
    Alias,

    /// <summary>A count of references that no longer adds up, or an object that ends while it is in use; the kernel warns and goes on.</summary>
    Refcount,
}

/// <summary>One bad access.</summary>
/// <param name="Step">The step of the list, from 1.</param>
/// <param name="Operation">The operation's text.</param>
/// <param name="Kind">What kind of access.</param>
/// <param name="Function">The function that did it.</param>
/// <param name="File">The source file of the function.</param>
/// <param name="Story">Which field of which object, and when it was freed.</param>
public sealed record BadAccess(int Step, string Operation, BadAccessKind Kind, string Function, string File, string Story)
{
    /// <summary>The form of the recorded verdicts.</summary>
    public override string ToString() => $"step {Step} ({Operation}): {Kind switch { BadAccessKind.Segv => "SEGV", BadAccessKind.Panic => "panic", BadAccessKind.Alias => "alias", BadAccessKind.Refcount => "refcount", _ => "heap-use-after-free" }} in {Function} ({File})";
}

/// <summary>
/// Knows every allocation of a modelled stack and sees each read through a pointer that may be stale. Like AddressSanitizer in recover mode, it reports
/// a place in the code once, lets the kernel go on after a read of freed memory, and stops at an access that no kernel survives.
/// </summary>
public sealed class StackOracle
{
    private readonly List<BadAccess> accesses = [];
    private readonly SortedSet<string> seen = new(StringComparer.Ordinal);
    private readonly SortedSet<(int Step, string Function)> possible = [];
    private int generation;
    private int step;
    private string operation = "";

    /// <summary>Bad accesses in order.</summary>
    public IReadOnlyList<BadAccess> Accesses => accesses;

    /// <summary>True once the modelled kernel cannot go on.</summary>
    public bool HasDied { get; private set; }

    /// <summary>True when nothing bad was seen.</summary>
    public bool IsClean => accesses.Count == 0;

    /// <summary>The verdict as recorded: <c>clean</c>, or the accesses separated by semicolons.</summary>
    public string Verdict => IsClean ? "clean" : string.Join("; ", accesses);

    /// <summary>The verdict as a sanitizer words it: it sees reads of freed memory and faults, no alias, and not why a kernel called panic.</summary>
    public string SanitizerVerdict => string.Join("; ", SeenBySanitizer) is { Length: > 0 } seen ? seen : "clean";

    /// <summary>The accesses of <see cref="SanitizerVerdict"/>.</summary>
    public IEnumerable<BadAccess> SeenBySanitizer => accesses.Where(a => a.Kind is BadAccessKind.HeapUseAfterFree or BadAccessKind.Segv);

    /// <summary>The step that is being executed, from 1; 0 outside a list.</summary>
    public int Step => step;

    /// <summary>Names the step that the next accesses belong to.</summary>
    public void BeginStep(int number, string text) => (step, operation) = (number, text);

    /// <summary>A new object.</summary>
    public StackMemory Allocate(string type, string owner) => new(type, owner, ++generation);

    /// <summary>The end of an object's life.</summary>
    public void Free(StackMemory memory) => memory.FreedAt = memory.IsLive ? Math.Max(step, 1) : memory.FreedAt;

    /// <summary>The kernel reads a field through a pointer to this object.</summary>
    /// <returns>True when the object lives.</returns>
    public bool Read(StackMemory memory, string field, string function, string file)
    {
        if (memory.IsLive)
        {
            return true;
        }

        Report(BadAccessKind.HeapUseAfterFree, function, file, $"{memory.Type}.{field} of {memory.Owner} (allocation {memory.Generation}), freed at step {memory.FreedAt}", field);
        return false;
    }

    /// <summary>A timer that is armed would read a field of this object, and it may fire in the step that is being executed: a list says no time.</summary>
    public void MayRead(StackMemory memory, string function)
    {
        if (!memory.IsLive)
        {
            possible.Add((step, function));
        }
    }

    /// <summary>Whether a timer may have used freed memory in that function during that step.</summary>
    public bool MayHaveUsed(int number, string function) => possible.Contains((number, function));

    /// <summary>The kernel used a pointer whose target had been freed or replaced, as another oracle saw it.</summary>
    /// <param name="kind">A use of freed memory, or an alias.</param>
    /// <param name="function">The function that used it.</param>
    /// <param name="file">Its source file.</param>
    /// <param name="story">What happened, in words.</param>
    /// <param name="what">What kind of object was read: with the function, the place in the code, which is reported once.</param>
    public void Use(BadAccessKind kind, string function, string file, string story, string what) => Report(kind, function, file, story, $"{kind}/{what}");

    /// <summary>The kernel follows a pointer that leads nowhere, or panics.</summary>
    public void Die(BadAccessKind kind, string function, string file, string story)
    {
        Report(kind, function, file, story, kind.ToString());
        HasDied = true;
    }

    private void Report(BadAccessKind kind, string function, string file, string story, string field)
    {
        if (!HasDied && seen.Add($"{function}/{field}") && !accesses.Exists(a => a.Step == step && a.Kind == kind && a.Function == function))
        {
            accesses.Add(new BadAccess(step, operation, kind, function, file, story));
        }
    }
}
