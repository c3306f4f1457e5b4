namespace Stress.Emulator.Core;

/// <summary>Reads a state's fields from an image.</summary>
/// <param name="image">The image.</param>
public struct StateReader(ImageReader image) : IStatePass
{
    /// <inheritdoc/>
    public readonly bool Replaces => true;

    /// <inheritdoc/>
    public readonly void Field<T>(ref T value, T initial, string name)
        where T : unmanaged, IConvertible => value = image.Read<T>();

    /// <inheritdoc/>
    public void Struct<T>(ref T value, string name)
        where T : struct, IStateValue<T>
    {
        T.Fields(ref value, ref this);
        T.Rekey(ref value, image.StreamKey);
    }

    /// <inheritdoc/>
    public readonly void Transient<T>(ref T value, T initial)
        where T : unmanaged => value = initial;

    /// <inheritdoc/>
    public readonly void Numbers<T>(Span<T> values, T initial, string name)
        where T : unmanaged, IConvertible => image.ReadArray(values);

    /// <inheritdoc/>
    public readonly void Numbers<T>(ref T[] values, T initial, string name)
        where T : unmanaged, IConvertible => values = image.ReadArray<T>();

    /// <inheritdoc/>
    public readonly void Part<T>(ref T[] buffer, ref int start, ref int count, string name)
        where T : unmanaged, IConvertible
    {
        buffer = image.ReadArray<T>();
        (start, count) = (0, buffer.Length);
    }

    /// <inheritdoc/>
    public void Structs<T>(Span<T> values, string name)
        where T : struct, IStateValue<T>
    {
        image.ReadLength(values.Length);
        foreach (ref T value in values)
        {
            T.Fields(ref value, ref this);
        }
    }

    /// <inheritdoc/>
    public void Rows<T>(ref T[] rows, string name)
        where T : unmanaged, IStateValue<T>
    {
        int n = image.ReadCount();
        if (rows.Length < n)
        {
            rows = new T[n];
        }

        for (int i = 0; i < n; i++)
        {
            T.Fields(ref rows[i], ref this);
        }

        Array.Clear(rows, n, rows.Length - n);
    }

    /// <inheritdoc/>
    public readonly void Count<T>(ref int count, string name)
        where T : struct, IStateValue<T> => count = image.ReadCount();
}
