using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private static readonly HolderWalk[] Walks = [.. Holders.All.Where(holder => holder.Walk is not null).Select(holder => holder.Walk!)];

    /// <summary>Counts, by holder kind, the reachable interface pointers that name no attached interface: the mail's invariant.</summary>
    /// <param name="counts">Room for <see cref="Holders.Kinds"/> numbers; added to.</param>
    /// <param name="generation">Only pointers from this allocation; 0 for all.</param>
    public void CountStale(Span<int> counts, uint generation = 0)
    {
        var count = new HolderVisitor(this, counts, generation);
        WalkHolders(ref count);
    }

    /// <summary>The reachable interface pointers that name no attached interface, and that this kernel's design would nevertheless follow.</summary>
    /// <param name="found">Holders; added to.</param>
    public void FindUnguarded(List<HeldPointer> found)
    {
        var search = new HolderVisitor(this, found);
        WalkHolders(ref search);
    }

    private void WalkHolders(ref HolderVisitor visitor)
    {
        foreach (HolderWalk walk in Walks)
        {
            walk(this, ref visitor);
        }
    }

    /// <summary>Whether a pointer names no attached interface, the design's check before a use would not notice, and no reference keeps the memory.</summary>
    /// <param name="kind">Where it is stored.</param>
    /// <param name="p">The pointer.</param>
    /// <param name="down">It is a cached route's, and RTF_UP is clear.</param>
    public bool IsUnguarded(HolderKind kind, IfnetPtr p, bool down)
    {
        if (IsAttached(p) || (down && _design.ValidatesRouteBeforeUse))
        {
            return false;
        }

        Counters before = Counters;
        UseCheck check = _design.Check(this, p, kind, out _);
        Counters = before;
        int block = Heap.BlockAt(p.Address);
        return check == UseCheck.Unchecked && (block < 0 || !Heap.IsLive(block, p.Generation));
    }

    internal bool IsAttached(IfnetPtr p)
    {
        for (int i = 0; i < _ifs.Length; i++)
        {
            if (_ifs[i].Attached && _ifs[i].Generation == p.Generation)
            {
                return true;
            }
        }

        return false;
    }
}
