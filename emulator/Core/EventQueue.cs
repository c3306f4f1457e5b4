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
/// Due time and slot form one number, so the smallest is the next event and its slot at once. The numbers are in one array that is searched with
/// vector instructions: a pair has some thirty slots, and for so few a search costs less than a heap's unpredictable branches, while setting a time is one
/// store. Larger sites are searched in groups, and only those that changed are searched again; those of hundreds of nodes in groups of groups, so that an event
/// looks at three groups of 64 however many slots there are.
/// </remarks>
public sealed class EventQueue : IState
{
    private const int GroupSize = 64, FewBits = 11, FewSlots = 1 << FewBits;

    /// <summary>Most slots.</summary>
    public const int MaxSlots = GroupSize * GroupSize * GroupSize;

    // Of a slot's number; those of a few slots leave 2^52 microseconds, 1.25 million hours, which is later than any run ends.
    private readonly int _slotBits;
    private readonly long _latest;
    private readonly long[] _due;
    [NotSaved("it follows from the due times")]
    private readonly long[] _least;

    // Of many slots: the least of 64 groups, and which of those have changed.
    [NotSaved("it follows from the due times")]
    private readonly long[]? _leastOfLeast;
    [NotSaved("every time that is read back is a change")]
    private readonly ulong[]? _changedGroups;
    private readonly int _slots;
    [NotSaved("every time that is read back is a change")]
    private ulong _changed;
    [NotSaved("it follows from the due times")]
    private long _next = long.MaxValue;

    /// <summary>A queue of slots, none of them due.</summary>
    /// <param name="slots">1 to <see cref="MaxSlots"/>.</param>
    public EventQueue(int slots)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, MaxSlots);
        _slots = slots;
        _slotBits = Math.Max(FewBits, BitOperations.Log2((uint)Math.Max(1, slots - 1)) + 1);
        _latest = long.MaxValue >> _slotBits;
        _due = new long[(slots + 7) & ~7];
        int groups = (_due.Length + GroupSize - 1) / GroupSize;
        _least = new long[slots > FewSlots ? (groups + 7) & ~7 : groups];
        if (slots > FewSlots)
        {
            _leastOfLeast = new long[((groups + GroupSize - 1) / GroupSize + 7) & ~7];
            _changedGroups = new ulong[_leastOfLeast.Length];
            Array.Fill(_leastOfLeast, long.MaxValue);
        }

        Array.Fill(_due, long.MaxValue);
        Array.Fill(_least, long.MaxValue);
    }

    /// <summary>Times from here on count as never: a queue of many slots has fewer bits for the time.</summary>
    public VirtualTime Latest => new(_latest);

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
        long due = at.Microseconds >= _latest ? long.MaxValue : (at.Microseconds << _slotBits) | (uint)slot, before = _due[slot];
        _due[slot] = due;
        int group = slot / GroupSize;
        if (_changedGroups is not null)
        {
            ScheduleOfMany(group, before, due);
            return;
        }

        if (_changed == 0)
        {
            // As long as the smallest is known, most times that are set leave it unchanged, or become it: then no search is needed.
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
        int slot = (int)_next & ((1 << _slotBits) - 1);
        _due[slot] = long.MaxValue;
        if (_changedGroups is null)
        {
            _changed |= 1UL << (slot / GroupSize);
        }
        else
        {
            Change(slot / GroupSize);
        }

        return slot;
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        Span<long> due = _slots > FewSlots ? new long[_slots] : stackalloc long[_slots];
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
    private VirtualTime TimeOf(long due) => due == long.MaxValue ? VirtualTime.Never : new(due >> _slotBits);

    private ReadOnlySpan<long> Group(int group)
    {
        int start = group * GroupSize;
        return _due.AsSpan(start, Math.Min(GroupSize, _due.Length - start));
    }

    // The smallest of an unchanged group is known: most times that are set in it leave it unchanged.
    private void ScheduleOfMany(int group, long before, long due)
    {
        ref long least = ref _least[group];
        if ((_changedGroups![group / GroupSize] & (1UL << (group % GroupSize))) == 0 && before != least && due >= least)
        {
            return;
        }

        if (_changed == 0 && due < _next)
        {
            _next = least = _leastOfLeast![group / GroupSize] = due;
            return;
        }

        Change(group);
    }

    private void Change(int group)
    {
        _changedGroups![group / GroupSize] |= 1UL << (group % GroupSize);
        _changed |= 1UL << (group / GroupSize);
    }

    private void SettleMany()
    {
        do
        {
            int many = BitOperations.TrailingZeroCount(_changed);
            ref ulong changed = ref _changedGroups![many];
            do
            {
                int group = (many * GroupSize) + BitOperations.TrailingZeroCount(changed);
                _least[group] = Least(Group(group));
                changed &= changed - 1;
            }
            while (changed != 0);
            int first = many * GroupSize;
            _leastOfLeast![many] = Least(_least.AsSpan(first, Math.Min(GroupSize, _least.Length - first)));
            _changed &= _changed - 1;
        }
        while (_changed != 0);
        _next = Least(_leastOfLeast);
    }

    private void Settle()
    {
        if (_changedGroups is not null)
        {
            SettleMany();
            return;
        }

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

    // Needs a whole number of vectors, which the constructor ensures.
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
