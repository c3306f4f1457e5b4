using System.Runtime.CompilerServices;

namespace Stress.Emulator.Core;

/// <summary>A first-in-first-out queue of values that grows when it must and never shrinks.</summary>
public sealed class Ring<T> where T : unmanaged
{
    private T[] _items = [];
    private int _head;

    /// <summary>Values in the queue.</summary>
    public int Count { get; private set; }

    /// <summary>The oldest value.</summary>
    public ref T Front => ref _items[_head];

    /// <summary>The value at a place, 0 being the oldest.</summary>
    public ref T this[int index] => ref _items[(_head + index) & (_items.Length - 1)];

    /// <summary>Appends a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in T item)
    {
        if (Count == _items.Length)
        {
            Grow();
        }

        T[] items = _items;
        items[(_head + Count++) & (items.Length - 1)] = item;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow()
    {
        var larger = new T[Math.Max(4, _items.Length * 2)];
        for (int i = 0; i < Count; i++)
        {
            larger[i] = _items[(_head + i) & (_items.Length - 1)];
        }

        _items = larger;
        _head = 0;
    }

    /// <summary>Takes the oldest value.</summary>
    public T Take()
    {
        T item = _items[_head];
        _head = (_head + 1) & (_items.Length - 1);
        Count--;
        return item;
    }

    /// <summary>Empties the queue.</summary>
    public void Clear()
    {
        Count = 0;
        _head = 0;
    }

}

/// <summary>Queues as parts of a state.</summary>
public static class RingStates
{
    /// <summary>Shows the values of a queue to a pass, the oldest first.</summary>
    public static void Fields<T, TPass>(this Ring<T> ring, ref TPass pass)
        where T : unmanaged, IStateValue<T>
        where TPass : struct, IStatePass
    {
        int n = ring.Count;
        pass.Count<T>(ref n);
        ring.Renew(n, pass.Replaces);
        for (int i = 0; i < n; i++)
        {
            pass.Struct(ref ring[i]);
        }
    }

    /// <summary>Shows the numbers of a queue to a pass, the oldest first.</summary>
    public static void Numbers<T, TPass>(this Ring<T> ring, ref TPass pass)
        where T : unmanaged, IConvertible
        where TPass : struct, IStatePass
    {
        int n = ring.Count;
        pass.Field(ref n);
        ring.Renew(n, pass.Replaces);
        for (int i = 0; i < n; i++)
        {
            pass.Field(ref ring[i]);
        }
    }

    private static void Renew<T>(this Ring<T> ring, int count, bool replaces)
        where T : unmanaged
    {
        if (!replaces)
        {
            return;
        }

        ring.Clear();
        for (int i = 0; i < count; i++)
        {
            ring.Add(default);
        }
    }
}
