using Stress.Emulator.Core;

namespace Stress.Emulator.Userland;

/// <summary>What a daemon knows of one interface.</summary>
internal interface IInterfaceRow
{
    /// <summary>if_index.</summary>
    ushort Index { get; }
}

/// <summary>Interfaces as zebra and its clients know them.</summary>
internal static class InterfaceRows
{
    /// <summary>The row of an interface: the one that there is, or a new one.</summary>
    /// <param name="table">The daemon's interfaces.</param>
    /// <param name="index">if_index.</param>
    /// <param name="fresh">What a new row holds.</param>
    public static ref T Of<T>(this ref Table<T> table, ushort index, scoped in T fresh)
        where T : unmanaged, ITableRow<T>, IInterfaceRow
    {
        foreach (ref T row in table.AsSpan())
        {
            if (row.InUse && row.Index == index)
            {
                return ref row;
            }
        }

        int free = table.Put(fresh);
        return ref table[free];
    }
}
