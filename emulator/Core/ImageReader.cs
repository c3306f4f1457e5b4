using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Stress.Emulator.Core;

/// <summary>Reads what <see cref="ImageWriter"/> wrote, in the same order. Throws <see cref="InvalidDataException"/> when the bytes end early.</summary>
public sealed class ImageReader
{
    private readonly byte[] _bytes;
    private readonly int _start;
    private readonly int _end;
    private int _at;

    /// <summary>A reader at the first byte.</summary>
    /// <param name="bytes">The image; it is not changed, and must not be changed meanwhile.</param>
    public ImageReader(ReadOnlyMemory<byte> bytes)
    {
        ArraySegment<byte> image = MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> array) ? array : bytes.ToArray();
        _bytes = image.Array ?? [];
        _start = _at = image.Offset;
        _end = image.Offset + image.Count;
    }

    /// <summary>If it is not 0, every random stream that is read continues under another key, which this decides: another future from the same state.</summary>
    public ulong StreamKey { get; init; }

    /// <summary>Bytes that have not been read.</summary>
    public int Remaining => _end - _at;

    /// <summary>Every byte has been read.</summary>
    public bool AtEnd => _at == _end;

    private int Length => _end - _start;

    private int Position => _at - _start;

    /// <summary>Reads a number, a truth value, a character or an enumeration.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Read<T>()
        where T : unmanaged, IConvertible
    {
        int size = Unsafe.SizeOf<T>();
        Need(size);
        T value = Unsafe.ReadUnaligned<T>(ref _bytes[_at]);
        _at += size;
        return value;
    }

    /// <summary>Reads numbers, preceded by their count.</summary>
    public T[] ReadArray<T>()
        where T : unmanaged, IConvertible
    {
        int n = Read<int>();
        if (n < 0)
        {
            throw new InvalidDataException($"image: array of {n} elements at byte {Position}");
        }

        int size = checked(n * Unsafe.SizeOf<T>());
        Need(size);
        var result = new T[n];
        _bytes.AsSpan(_at, size).CopyTo(MemoryMarshal.AsBytes(result.AsSpan()));
        _at += size;
        return result;
    }

    /// <summary>Reads an object's state.</summary>
    public void Load(IState state)
    {
        var pass = new StateReader(this);
        state.Fields(ref pass);
    }

    /// <summary>Reads a struct that <see cref="ImageWriter.WriteStruct{T}"/> wrote.</summary>
    public T ReadStruct<T>()
        where T : struct, IStateValue<T>
    {
        T value = default;
        var pass = new StateReader(this);
        pass.Struct(ref value, "");
        return value;
    }

    /// <summary>Reads structs that <see cref="ImageWriter.WriteStructs{T}"/> wrote.</summary>
    public T[] ReadStructs<T>()
        where T : struct, IStateValue<T>
    {
        var values = new T[ReadCount()];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = ReadStruct<T>();
        }

        return values;
    }

    /// <summary>Reads an array of a length that is known.</summary>
    internal void ReadArray<T>(Span<T> values)
        where T : unmanaged, IConvertible
    {
        ReadLength(values.Length);
        Span<byte> to = MemoryMarshal.AsBytes(values);
        Need(to.Length);
        _bytes.AsSpan(_at, to.Length).CopyTo(to);
        _at += to.Length;
    }

    /// <summary>Reads a length that is known.</summary>
    internal void ReadLength(int expected)
    {
        int at = Position, n = Read<int>();
        if (n != expected)
        {
            throw new InvalidDataException($"image: array of {n} elements at byte {at}, where there are {expected}");
        }
    }

    /// <summary>Reads how many things follow, each of a byte at least.</summary>
    internal int ReadCount()
    {
        int at = Position, n = Read<int>();
        if (n < 0 || n > Remaining)
        {
            throw new InvalidDataException($"image: {n} things at byte {at} of {Length}");
        }

        return n;
    }

    /// <summary>Checks that nothing is left to be read.</summary>
    /// <exception cref="InvalidDataException">Bytes are left over: they were written by something other than the code that reads them.</exception>
    public void End()
    {
        if (!AtEnd)
        {
            throw new InvalidDataException($"image: {Remaining} bytes left over at byte {Position} of {Length}");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Need(int size)
    {
        if (size > _end - _at)
        {
            throw Short(size);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private InvalidDataException Short(int size) => new($"image: {size} bytes wanted at byte {Position} of {Length}");
}
