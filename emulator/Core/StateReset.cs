namespace Stress.Emulator.Core;

/// <summary>Sets a state's fields as they are at the start. Tables keep the room that they have grown to.</summary>
public struct StateReset : IStatePass
{
    /// <inheritdoc/>
    public readonly bool Replaces => true;

    /// <inheritdoc/>
    public readonly void Field<T>(ref T value, T initial, string name)
        where T : unmanaged, IConvertible => value = initial;

    /// <inheritdoc/>
    public readonly void Struct<T>(ref T value, string name)
        where T : struct, IStateValue<T> => value = default;

    /// <inheritdoc/>
    public readonly void Transient<T>(ref T value, T initial)
        where T : unmanaged => value = initial;

    /// <inheritdoc/>
    public readonly void Numbers<T>(Span<T> values, T initial, string name)
        where T : unmanaged, IConvertible => values.Fill(initial);

    /// <inheritdoc/>
    public readonly void Numbers<T>(ref T[] values, T initial, string name)
        where T : unmanaged, IConvertible => Array.Fill(values, initial);

    /// <inheritdoc/>
    public readonly void Part<T>(ref T[] buffer, ref int start, ref int count, string name)
        where T : unmanaged, IConvertible => start = count = 0;

    /// <inheritdoc/>
    public readonly void Structs<T>(Span<T> values, string name)
        where T : struct, IStateValue<T> => values.Clear();

    /// <inheritdoc/>
    public readonly void Rows<T>(ref T[] rows, string name)
        where T : unmanaged, IStateValue<T> => Array.Clear(rows);

    /// <inheritdoc/>
    public readonly void Count<T>(ref int count, string name)
        where T : struct, IStateValue<T> => count = 0;
}
