using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Stress.Emulator.Simulation;

/// <summary>Writes the image of a router or line as bytes, for checkpoints and migration. Little-endian machines only; the host checks.</summary>
public sealed class ImageWriter
{
    private byte[] _buffer = new byte[4096];
    private int _length;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    public void Write<T>(in T value) where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        Room(size);
        MemoryMarshal.Write(_buffer.AsSpan(_length, size), in value);
        ImagePadding<T>.Clear(_buffer.AsSpan(_length, size));
        _length += size;
    }

    /// <summary>Writes a table without the zero entries at its end: how far it has grown is no part of the image.</summary>
    public void WriteTable<T>(ReadOnlySpan<T> table)
        where T : unmanaged
    {
        int start = _length;
        WriteArray(table);
        Span<byte> written = _buffer.AsSpan(start + sizeof(int), _length - start - sizeof(int));
        int entries = (written.LastIndexOfAnyExcept((byte)0) + Unsafe.SizeOf<T>()) / Unsafe.SizeOf<T>();
        MemoryMarshal.Write(_buffer.AsSpan(start), in entries);
        _length = start + sizeof(int) + (entries * Unsafe.SizeOf<T>());
    }

    /// <summary>Writes a length and then the elements.</summary>
    public void WriteArray<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        Write(values.Length);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        Room(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        ImagePadding<T>.Clear(_buffer.AsSpan(_length, bytes.Length));
        _length += bytes.Length;
    }

    private void Room(int more)
    {
        if (_length + more > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + more));
        }
    }
}

/// <summary>Reads what <see cref="ImageWriter"/> wrote, in the same order. Throws <see cref="InvalidDataException"/> when the bytes end early.</summary>
public sealed class ImageReader(ReadOnlyMemory<byte> bytes)
{
    private int _at;

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

    private void Need(int size)
    {
        if (_at + size > bytes.Length)
        {
            throw new InvalidDataException($"image: {size} bytes wanted at byte {_at} of {bytes.Length}");
        }
    }
}
