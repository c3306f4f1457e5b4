using Stress.Emulator.Core;

namespace Stress.Emulator.Oracle;

/// <summary>What is counted under a key that is the rest of the struct.</summary>
/// <typeparam name="TSelf">The struct.</typeparam>
internal interface ICountedCell<TSelf>
    where TSelf : unmanaged
{
    /// <summary>The keys are equal.</summary>
    bool HasKeyOf(in TSelf other);

    /// <summary>Once more.</summary>
    void Again();
}

/// <summary>Cells that are added when their key is first met: a router has a handful, and a new one is the only thing that allocates.</summary>
internal static class CountedCells
{
    /// <summary>Counts one more in the cell of its key.</summary>
    /// <param name="cells">The cells.</param>
    /// <param name="one">A cell with the key and a count of one.</param>
    /// <param name="limit">The most cells to keep.</param>
    public static void Count<T>(this Ring<T> cells, in T one, int limit = int.MaxValue)
        where T : unmanaged, ICountedCell<T>
    {
        for (int i = 0; i < cells.Count; i++)
        {
            if (cells[i].HasKeyOf(one))
            {
                cells[i].Again();
                return;
            }
        }

        if (cells.Count < limit)
        {
            cells.Add(one);
        }
    }
}
