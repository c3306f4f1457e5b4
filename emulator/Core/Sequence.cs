namespace Stress.Emulator.Core;

/// <summary>A list of values: a new one is added at the end. A struct that is kept in a field and never copied, as <see cref="Table{T}"/> is.</summary>
/// <typeparam name="T">The value.</typeparam>
public struct Sequence<T>
    where T : unmanaged, IStateValue<T>, IRoomed
{
    private T[] _items;

    /// <summary>An empty sequence.</summary>
    public Sequence() => _items = new T[T.Room.First];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>A value.</summary>
    public readonly ref T this[int index] => ref _items[index];

    /// <summary>Appends a value.</summary>
    /// <returns>Its number.</returns>
    /// <exception cref="TableFullException">There are as many as the limit allows.</exception>
    public int Add(in T item)
    {
        if (Count == _items.Length)
        {
            Grow();
        }

        _items[Count] = item;
        return Count++;
    }

    private void Grow()
    {
        if (Count >= T.Room.Limit)
        {
            throw new TableFullException(T.Room);
        }

        Array.Resize(ref _items, Math.Min(Count + T.Room.Step, T.Room.Limit));
    }

    /// <summary>Removes a value; those after it move up.</summary>
    public void RemoveAt(int index)
    {
        Array.Copy(_items, index + 1, _items, index, Count - index - 1);
        Count--;
    }

    /// <summary>Nothing is left.</summary>
    public void Clear() => Count = 0;

    /// <summary>Shows the values to a pass.</summary>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        int n = Count;
        pass.Count<T>(ref n);
        if (n > _items.Length)
        {
            _items = new T[n];
        }

        Count = n;
        for (int i = 0; i < n; i++)
        {
            pass.Struct(ref _items[i]);
        }
    }
}
