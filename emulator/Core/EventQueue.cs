using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Stress.Emulator.Core;

/// <summary>
/// The pending events of a site: one slot for each thing that can happen, with its due time. Equal times are ordered by the slot's number, which is fixed by
/// (router, source). No allocation after construction.
/// </summary>
/// <remarks>
/// Due time and slot make one number, so that the least of all is the next event and its slot at once. The numbers lie in one array that is searched with
/// vector instructions: a pair has some thirty slots, and for so few a search costs less than a heap's unpredictable branches, while setting a time is one
/// store. Larger sites are searched in groups, of which only those that changed are looked at again.
/// </remarks>
public sealed class EventQueue : IState
{
    private const int GroupSize = 64, SlotBits = 11, MaxSlots = 1 << SlotBits;

    // 2^52 microseconds are 1.25 million hours: later than any run ends.
    private const long Latest = long.MaxValue >> SlotBits;
    private readonly long[] _due;
    [NotSaved("it follows from the due times")]
    private readonly long[] _least;
    private readonly int _slots;
    [NotSaved("every time that is read back is a change")]
    private ulong _changed;
    [NotSaved("it follows from the due times")]
    private long _next = long.MaxValue;

    /// <summary>A queue of slots, none of them due.</summary>
    /// <param name="slots">1 to 2048.</param>
    public EventQueue(int slots)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, MaxSlots);
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

            return TimeOf(_next);
        }
    }

    /// <summary>When a slot is due.</summary>
    public VirtualTime DueAt(int slot) => TimeOf(_due[slot]);

    /// <summary>Sets a slot's time; a slot that was due already moves. <see cref="VirtualTime.Never"/> cancels, as does a time that no run reaches.</summary>
    public void Schedule(int slot, VirtualTime at)
    {
        long due = at.Microseconds >= Latest ? long.MaxValue : (at.Microseconds << SlotBits) | (uint)slot, before = _due[slot];
        _due[slot] = due;
        int group = slot / GroupSize;
        if (_changed == 0)
        {
            // As long as the least of all is known, most times that are set leave it as it is, or become it: then nobody has to search.
            ref long least = ref _least[group];
            if (due < _next)
            {
                _next = least = due;
                return;
            }

            if (before != least && due >= least)
            {
                return;
            }
        }

        _changed |= 1UL << group;
    }

    /// <summary>The slot will not fire.</summary>
    public void Cancel(int slot) => Schedule(slot, VirtualTime.Never);

    /// <summary>Takes the earliest slot out; there must be one.</summary>
    public int Pop(out VirtualTime at)
    {
        at = NextTime;
        int slot = (int)_next & (MaxSlots - 1);
        _due[slot] = long.MaxValue;
        _changed |= 1UL << (slot / GroupSize);
        return slot;
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        Span<long> due = stackalloc long[_slots];
        for (int slot = 0; slot < due.Length; slot++)
        {
            due[slot] = DueAt(slot).Microseconds;
        }

        pass.Numbers(due, initial: long.MaxValue);
        for (int slot = 0; slot < due.Length && pass.Replaces; slot++)
        {
            Schedule(slot, new VirtualTime(due[slot]));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static VirtualTime TimeOf(long due) => due == long.MaxValue ? VirtualTime.Never : new(due >> SlotBits);

    private ReadOnlySpan<long> Group(int group)
    {
        int start = group * GroupSize;
        return _due.AsSpan(start, Math.Min(GroupSize, _due.Length - start));
    }

    private void Settle()
    {
        if (_least.Length == 1)
        {
            _changed = 0;
            _next = _least[0] = Least(_due);
            return;
        }

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

    // Needs a whole number of vectors, which the constructor sees to.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Least(ReadOnlySpan<long> due)
    {
        if (!Vector256.IsHardwareAccelerated)
        {
            long least = long.MaxValue;
            foreach (long t in due)
            {
                least = Math.Min(least, t);
            }

            return least;
        }

        ref long first = ref MemoryMarshal.GetReference(due);
        Vector256<long> low = Vector256.LoadUnsafe(ref first), low2 = Vector256.LoadUnsafe(ref first, 4);
        for (int i = 8; i < due.Length; i += 8)
        {
            low = Vector256.Min(low, Vector256.LoadUnsafe(ref first, (nuint)i));
            low2 = Vector256.Min(low2, Vector256.LoadUnsafe(ref first, (nuint)(i + 4)));
        }

        low = Vector256.Min(low, low2);
        Vector128<long> pair = Vector128.Min(low.GetLower(), low.GetUpper());
        return Math.Min(pair[0], pair[1]);
    }
}
