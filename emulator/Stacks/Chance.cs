using Stress.Emulator.Core;

namespace Stress.Emulator.Stacks;

/// <summary>The draws of one list: a stream of its own for each number of a list, so that no list moves another.</summary>
/// <param name="seed">The seed of all lists.</param>
/// <param name="list">The list's number.</param>
public sealed class Chance(ulong seed, ulong list)
{
    private RandomStream _stream = new(seed, list, RandomPurpose.Operations);

    /// <summary>A number from 0 to below the bound.</summary>
    public int Below(int bound) => (int)_stream.Below((uint)bound);

    /// <summary>True in this many of a hundred draws.</summary>
    public bool Percent(int share) => Below(100) < share;

    /// <summary>One of a list.</summary>
    public T Of<T>(IReadOnlyList<T> values) => values[Below(values.Count)];
}
