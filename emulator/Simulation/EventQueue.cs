namespace Stress.Emulator.Simulation;

/// <summary>
/// The pending events of a site: one slot for each thing that can happen, with its due time. Equal times are ordered by the slot's number, which is fixed by
/// (router, source): the order does not depend on the history of the heap. No allocation after construction.
/// </summary>
public sealed class EventQueue
{
    private readonly long[] _due;
    private readonly int[] _heap;
    private readonly int[] _position;
    private int _count;

    /// <summary>A queue of slots, none of them due.</summary>
    public EventQueue(int slots)
    {
        _due = new long[slots];
        _heap = new int[slots];
        _position = new int[slots];
        Array.Fill(_due, long.MaxValue);
        Array.Fill(_position, -1);
    }

    /// <summary>Earliest due time, or <see cref="VirtualTime.Never"/>.</summary>
    public VirtualTime NextTime => _count == 0 ? VirtualTime.Never : new(_due[_heap[0]]);

    /// <summary>When a slot is due.</summary>
    public VirtualTime DueAt(int slot) => new(_due[slot]);

    /// <summary>Sets a slot's time; a slot that was due already moves.</summary>
    public void Schedule(int slot, VirtualTime at)
    {
        if (at.IsNever)
        {
            Cancel(slot);
            return;
        }

        _due[slot] = at.Microseconds;
        int i = _position[slot];
        if (i < 0)
        {
            i = _count++;
            _heap[i] = slot;
            _position[slot] = i;
            Up(i);
        }
        else if (!Up(i))
        {
            Down(i);
        }
    }

    /// <summary>The slot will not fire.</summary>
    public void Cancel(int slot)
    {
        int i = _position[slot];
        if (i < 0)
        {
            return;
        }

        _due[slot] = long.MaxValue;
        _position[slot] = -1;
        int last = _heap[--_count];
        if (i != _count)
        {
            _heap[i] = last;
            _position[last] = i;
            if (!Up(i))
            {
                Down(i);
            }
        }
    }

    /// <summary>Takes the earliest slot out.</summary>
    public int Pop(out VirtualTime at)
    {
        int slot = _heap[0];
        at = new VirtualTime(_due[slot]);
        Cancel(slot);
        return slot;
    }

    /// <summary>Writes the due times.</summary>
    public void Save(ImageWriter image) => image.WriteArray<long>(_due);

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Load(ImageReader image)
    {
        long[] due = image.ReadArray<long>();
        for (int slot = 0; slot < due.Length; slot++)
        {
            Schedule(slot, new VirtualTime(due[slot]));
        }
    }

    private bool Less(int a, int b) => _due[a] != _due[b] ? _due[a] < _due[b] : a < b;

    private bool Up(int i)
    {
        int slot = _heap[i];
        int start = i;
        while (i > 0)
        {
            int parent = (i - 1) >> 1;
            if (!Less(slot, _heap[parent]))
            {
                break;
            }

            _heap[i] = _heap[parent];
            _position[_heap[i]] = i;
            i = parent;
        }

        _heap[i] = slot;
        _position[slot] = i;
        return i != start;
    }

    private void Down(int i)
    {
        int slot = _heap[i];
        while (true)
        {
            int child = (2 * i) + 1;
            if (child >= _count)
            {
                break;
            }

            if (child + 1 < _count && Less(_heap[child + 1], _heap[child]))
            {
                child++;
            }

            if (!Less(_heap[child], slot))
            {
                break;
            }

            _heap[i] = _heap[child];
            _position[_heap[i]] = i;
            i = child;
        }

        _heap[i] = slot;
        _position[slot] = i;
    }
}
