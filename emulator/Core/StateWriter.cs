namespace Stress.Emulator.Core;

/// <summary>Writes a state's fields into an image.</summary>
/// <param name="image">The image.</param>
public struct StateWriter(ImageWriter image) : IStatePass
{
    /// <inheritdoc/>
    public readonly bool Replaces => false;

    /// <inheritdoc/>
    public readonly void Field<T>(ref T value, T initial, string name)
        where T : unmanaged, IConvertible => image.Write(value);

    /// <inheritdoc/>
    public void Struct<T>(ref T value, string name)
        where T : struct, IStateValue<T> => T.Fields(ref value, ref this);

    /// <inheritdoc/>
    public readonly void Transient<T>(ref T value, T initial)
        where T : unmanaged
    {
    }

    /// <inheritdoc/>
    public readonly void Numbers<T>(Span<T> values, T initial, string name)
        where T : unmanaged, IConvertible => image.WriteArray<T>(values);

    /// <inheritdoc/>
    public readonly void Numbers<T>(ref T[] values, T initial, string name)
        where T : unmanaged, IConvertible => image.WriteArray<T>(values);

    /// <inheritdoc/>
    public readonly void Part<T>(ref T[] buffer, ref int start, ref int count, string name)
        where T : unmanaged, IConvertible => image.WriteArray<T>(buffer.AsSpan(start, count));

    /// <inheritdoc/>
    public void Structs<T>(Span<T> values, string name)
        where T : struct, IStateValue<T>
    {
        image.Write(values.Length);
        foreach (ref T value in values)
        {
            T.Fields(ref value, ref this);
        }
    }

    /// <inheritdoc/>
    public void Rows<T>(ref T[] rows, string name)
        where T : unmanaged, IStateValue<T>
    {
        int start = image.Written.Length;
        Structs(rows.AsSpan(), name);
        image.CutZeroRows(start, rows.Length);
    }

    /// <inheritdoc/>
    public readonly void Count<T>(ref int count, string name)
        where T : struct, IStateValue<T> => image.Write(count);
}
