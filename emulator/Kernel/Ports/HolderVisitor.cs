namespace Stress.Emulator.Kernel.Ports;

/// <summary>Looks at what the holders store: counts stale pointers by kind, or lists the ones that the design would nevertheless follow.</summary>
public readonly ref struct HolderVisitor
{
    private readonly BsdKernel _kernel;
    private readonly Span<int> _counts;
    private readonly uint _generation;
    private readonly List<HeldPointer>? _found;

    /// <summary>Counts by kind.</summary>
    /// <param name="kernel">The kernel that is walked.</param>
    /// <param name="counts">Room for <see cref="Holders.Kinds"/> numbers; added to.</param>
    /// <param name="generation">Only pointers from this allocation; 0 for all that name no attached interface.</param>
    public HolderVisitor(BsdKernel kernel, Span<int> counts, uint generation)
    {
        _kernel = kernel;
        _counts = counts;
        _generation = generation;
    }

    /// <summary>Lists unguarded pointers.</summary>
    /// <param name="kernel">The kernel that is walked.</param>
    /// <param name="found">Added to.</param>
    public HolderVisitor(BsdKernel kernel, List<HeldPointer> found)
    {
        _kernel = kernel;
        _found = found;
    }

    /// <summary>A stored pointer.</summary>
    /// <param name="kind">Where it is stored.</param>
    /// <param name="p">The pointer.</param>
    /// <param name="down">It is a cached route's, and RTF_UP is clear.</param>
    public void Visit(HolderKind kind, IfnetPtr p, bool down = false)
    {
        if (_found is not null)
        {
            if (_kernel.IsUnguarded(kind, p, down))
            {
                _found.Add(new HeldPointer(kind, p));
            }
        }
        else if (_generation != 0 ? p.Generation == _generation : !_kernel.IsAttached(p))
        {
            _counts[(int)kind]++;
        }
    }
}
