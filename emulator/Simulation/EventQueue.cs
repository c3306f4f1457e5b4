using System.Numerics;
using System.Runtime.InteropServices;

namespace Stress.Emulator.Simulation;

/// <summary>
/// The pending events of a site: one slot for each thing that can happen, with its due time. Equal times are ordered by the slot's number, which is fixed by
/// (router, source). No allocation after construction.
/// </summary>
/// <remarks>
/// The due times lie in one array that is searched with vector instructions: a pair has some thirty slots, and for so few a search costs less than a heap's
/// unpredictable branches, while setting a time is one store. Larger sites are searched in groups, of which only those that changed are looked at again.
/// </remarks>
public sealed class EventQueue
{
    private const int GroupSize = 64;
    private readonly long[] _due;
    private readonly long[] _least;
    private readonly int _slots;
    private ulong _changed;
    private long _next = long.MaxValue;

    /// <summary>A queue of slots, none of them due.</summary>
    /// <param name="slots">1 to 4096.</param>
    public EventQueue(int slots)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, GroupSize * 64);
        _slots = slots;
        _due = new long[(slots + 7) & ~7];
        _least = new long[(_due.Length + GroupSize - 1) / GroupSize];
        Array.Fill(_due, long.MaxValue);
        Array.Fill(_least, long.MaxValue);
    }

    /// <summary>Earliest due time, or <see cref="VirtualTime.Never"/>.</summary>
    public VirtualTime NextTime
    {
        get
        {
            if (_changed != 0)
            {
                Settle();
            }

            return new(_next);
        }
    }

    /// <summary>When a slot is due.</summary>
    public VirtualTime DueAt(int slot) => new(_due[slot]);

    /// <summary>Sets a slot's time; a slot that was due already moves. <see cref="VirtualTime.Never"/> cancels.</summary>
    public void Schedule(int slot, VirtualTime at)
    {
        _due[slot] = at.Microseconds;
        _changed |= 1UL << (slot / GroupSize);
    }

    /// <summary>The slot will not fire.</summary>
    public void Cancel(int slot) => Schedule(slot, VirtualTime.Never);

    /// <summary>Takes the earliest slot out.</summary>
    public int Pop(out VirtualTime at)
    {
        at = NextTime;
        int group = 0;
        while (_least[group] != _next)
        {
            group++;
        }

        int slot = (group * GroupSize) + Group(group).IndexOf(_next);
        Cancel(slot);
        return slot;
    }

    /// <summary>Writes the due times.</summary>
    public void Save(ImageWriter image) => image.WriteArray<long>(_due.AsSpan(0, _slots));

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Load(ImageReader image)
    {
        long[] due = image.ReadArray<long>();
        for (int slot = 0; slot < due.Length; slot++)
        {
            Schedule(slot, new VirtualTime(due[slot]));
        }
    }

    private ReadOnlySpan<long> Group(int group)
    {
        int start = group * GroupSize;
        return _due.AsSpan(start, Math.Min(GroupSize, _due.Length - start));
    }

    private void Settle()
    {
        do
        {
            int group = BitOperations.TrailingZeroCount(_changed);
            _least[group] = Least(Group(group));
            _changed &= _changed - 1;
        }
        while (_changed != 0);
        long next = _least[0];
        for (int group = 1; group < _least.Length; group++)
        {
            next = Math.Min(next, _least[group]);
        }

        _next = next;
    }

    private static long Least(ReadOnlySpan<long> due)
    {
        if (!Vector.IsHardwareAccelerated || 8 % Vector<long>.Count != 0)
        {
            long least = long.MaxValue;
            foreach (long t in due)
            {
                least = Math.Min(least, t);
            }

            return least;
        }

        ReadOnlySpan<Vector<long>> vectors = MemoryMarshal.Cast<long, Vector<long>>(due);
        Vector<long> low = vectors[0];
        for (int i = 1; i < vectors.Length; i++)
        {
            low = Vector.Min(low, vectors[i]);
        }

        long min = low[0];
        for (int i = 1; i < Vector<long>.Count; i++)
        {
            min = Math.Min(min, low[i]);
        }

        return min;
    }
}
