namespace Stress.Emulator.Core;

/// <summary>How much room a table has.</summary>
/// <param name="Name">What its rows are, as an error says it: <c>in_multi</c>.</param>
/// <param name="First">Rows that it has room for at the start.</param>
/// <param name="Step">Rows that it grows by.</param>
/// <param name="Limit">Rows that it never grows beyond: the range of a row number, or the original's limit.</param>
public readonly record struct TableRoom(string Name, int First, int Step, int Limit)
{
    /// <summary>The limit of a table whose rows are named by a <see cref="short"/>.</summary>
    public const int ShortLimit = short.MaxValue;
}

/// <summary>Something that has room of its own.</summary>
public interface IRoomed
{
    /// <summary>How much.</summary>
    static abstract TableRoom Room { get; }
}

/// <summary>A row of a <see cref="Table{T}"/>.</summary>
/// <typeparam name="TSelf">The struct.</typeparam>
public interface ITableRow<TSelf> : IStateValue<TSelf>, IRoomed
    where TSelf : struct, ITableRow<TSelf>
{
    /// <summary>The row is taken; a free one may be given out again, and keeps its contents until then.</summary>
    bool InUse { get; }
}

/// <summary>A row that distinguishes successive owners of its slot.</summary>
public interface INumberedRow
{
    /// <summary>Which allocation of the slot this is. Only the oracle may look.</summary>
    uint Generation { get; set; }
}

/// <summary>A table is full. The limit is this program's: no emulated kernel fails by it.</summary>
/// <param name="room">Which table.</param>
public sealed class TableFullException(TableRoom room) : InvalidOperationException($"{room.Name}: the table is full; its limit is {room.Limit} rows")
{
    /// <summary>Which table.</summary>
    public TableRoom Room { get; } = room;
}

/// <summary>
/// Rows that are taken and given back. A new row is the first free one: the order is part of the results. It is a struct, so that a row is as close as an array's element; keep it
/// in a field and never copy it.
/// </summary>
/// <typeparam name="T">The row.</typeparam>
public struct Table<T>
    where T : unmanaged, ITableRow<T>
{
    private T[] _rows;

    /// <summary>An empty table.</summary>
    public Table() => _rows = T.Room.First == 0 ? [] : new T[T.Room.First];

    /// <summary>Rows that there is room for, free ones included.</summary>
    public readonly int Length => _rows.Length;

    /// <summary>A row.</summary>
    public readonly ref T this[int slot] => ref _rows[slot];

    /// <summary>All rows, free ones included.</summary>
    public readonly Span<T> AsSpan() => _rows;

    /// <summary>The first free slot; the row still has its old contents.</summary>
    /// <exception cref="TableFullException">There is none within the limit.</exception>
    public int Take()
    {
        T[] rows = _rows;
        for (int slot = 0; slot < rows.Length; slot++)
        {
            if (!rows[slot].InUse)
            {
                return slot;
            }
        }

        Reserve(Math.Min(rows.Length + T.Room.Step, T.Room.Limit));
        return rows.Length < _rows.Length ? rows.Length : throw new TableFullException(T.Room);
    }

    /// <summary>Writes a row into the first free slot.</summary>
    /// <returns>The slot.</returns>
    /// <exception cref="TableFullException">There is none within the limit.</exception>
    public int Put(in T row)
    {
        int slot = Take();
        _rows[slot] = row;
        return slot;
    }

    /// <summary>Makes room for this many rows, where their numbers come from outside.</summary>
    /// <exception cref="TableFullException">The limit is lower.</exception>
    public void Reserve(int rows)
    {
        if (rows > T.Room.Limit)
        {
            throw new TableFullException(T.Room);
        }

        if (rows > _rows.Length)
        {
            Array.Resize(ref _rows, rows);
        }
    }

    /// <summary>Every row is free, and zero.</summary>
    public readonly void Clear() => Array.Clear(_rows);

    /// <summary>Shows the rows to a pass.</summary>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass => pass.Rows(ref _rows, T.Room.Name);
}

/// <summary>A <see cref="Table{T}"/> that numbers its allocations.</summary>
/// <typeparam name="T">The row.</typeparam>
public struct NumberedTable<T>
    where T : unmanaged, ITableRow<T>, INumberedRow
{
    private Table<T> _table;
    private uint _last;

    /// <summary>An empty table.</summary>
    public NumberedTable() => _table = new Table<T>();

    /// <summary>Rows that there is room for, free ones included.</summary>
    public readonly int Length => _table.Length;

    /// <summary>A row.</summary>
    public readonly ref T this[int slot] => ref _table[slot];

    /// <summary>All rows, free ones included.</summary>
    public readonly Span<T> AsSpan() => _table.AsSpan();

    /// <summary>Writes a row into the first free slot, and the next number into the row.</summary>
    /// <returns>The slot.</returns>
    /// <exception cref="TableFullException">There is none within the limit.</exception>
    public int Put(T row)
    {
        int slot = _table.Take();
        row.Generation = ++_last;
        _table[slot] = row;
        return slot;
    }

    /// <summary>Whether a slot is in use, and by the allocation with this number.</summary>
    public readonly bool Names(int slot, uint generation) => _table.Names(slot, generation);

    /// <summary>Shows the rows and the last number to a pass.</summary>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _table.Fields(ref pass);
        pass.Field(ref _last);
    }
}

/// <summary>Numbered rows of a table that gets their numbers from elsewhere.</summary>
public static class NumberedRows
{
    /// <summary>Whether a slot is in use, and by the allocation with this number.</summary>
    public static bool Names<T>(this in Table<T> table, int slot, uint generation)
        where T : unmanaged, ITableRow<T>, INumberedRow => table[slot].InUse && table[slot].Generation == generation;
}
