using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Stress.Emulator.Core;

/// <summary>Reads what <see cref="ImageWriter"/> wrote, in the same order. Throws <see cref="InvalidDataException"/> when the bytes end early.</summary>
public sealed class ImageReader(ReadOnlyMemory<byte> bytes)
{
    private int _at;

    /// <summary>Bytes that have not been read.</summary>
    public int Remaining => bytes.Length - _at;

    /// <summary>Every byte has been read.</summary>
    public bool AtEnd => _at == bytes.Length;

    public T Read<T>() where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        Need(size);
        T value = MemoryMarshal.Read<T>(bytes.Span.Slice(_at, size));
        _at += size;
        return value;
    }

    public T[] ReadArray<T>() where T : unmanaged
    {
        int n = Read<int>();
        if (n < 0)
        {
            throw new InvalidDataException($"image: array of {n} elements at byte {_at}");
        }

        int size = checked(n * Unsafe.SizeOf<T>());
        Need(size);
        var result = new T[n];
        bytes.Span.Slice(_at, size).CopyTo(MemoryMarshal.AsBytes(result.AsSpan()));
        _at += size;
        return result;
    }

    /// <summary>Reads an object's state.</summary>
    public void Load(IState state)
    {
        var pass = new StateReader(this);
        state.Fields(ref pass);
    }

    /// <summary>Reads an array of a length that is known.</summary>
    internal void ReadArray<T>(Span<T> values)
        where T : unmanaged, IConvertible
    {
        ReadLength(values.Length);
        Span<byte> to = MemoryMarshal.AsBytes(values);
        Need(to.Length);
        bytes.Span.Slice(_at, to.Length).CopyTo(to);
        _at += to.Length;
    }

    /// <summary>Reads a length that is known.</summary>
    internal void ReadLength(int expected)
    {
        int at = _at, n = Read<int>();
        if (n != expected)
        {
            throw new InvalidDataException($"image: array of {n} elements at byte {at}, where there are {expected}");
        }
    }

    /// <summary>Reads how many things follow, each of a byte at least.</summary>
    internal int ReadCount()
    {
        int at = _at, n = Read<int>();
        if (n < 0 || n > Remaining)
        {
            throw new InvalidDataException($"image: {n} things at byte {at} of {bytes.Length}");
        }

        return n;
    }

    /// <summary>Says that nothing more is to be read.</summary>
    /// <exception cref="InvalidDataException">Bytes are left over: they were written by something else than what has read them.</exception>
    public void End()
    {
        if (!AtEnd)
        {
            throw new InvalidDataException($"image: {bytes.Length - _at} bytes left over at byte {_at} of {bytes.Length}");
        }
    }

    private void Need(int size)
    {
        if (_at + size > bytes.Length)
        {
            throw new InvalidDataException($"image: {size} bytes wanted at byte {_at} of {bytes.Length}");
        }
    }
}
