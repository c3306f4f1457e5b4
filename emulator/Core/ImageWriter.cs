using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Stress.Emulator.Core;

/// <summary>Writes the image of a router or line as bytes, for checkpoints and migration. Little-endian machines only; the host checks.</summary>
public sealed class ImageWriter
{
    private readonly XxHash3? _layout;
    private byte[] _buffer = new byte[4096];
    private int _length;

    /// <summary>A writer.</summary>
    /// <param name="notesLayout">Whether <see cref="LayoutHash"/> is asked for: then every write costs a description of its type.</param>
    public ImageWriter(bool notesLayout = false) => _layout = notesLayout ? new XxHash3() : null;

    /// <summary>A hash of the shapes of all that was written, in order: names, offsets and sizes of the fields, one element for an array.</summary>
    /// <exception cref="InvalidOperationException">The writer does not note layouts.</exception>
    public ulong LayoutHash => (_layout ?? throw new InvalidOperationException("this writer notes no layout")).GetCurrentHashAsUInt64();

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    public void Write<T>(in T value) where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        _layout?.Append(StructShape<T>.Words);
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
        _layout?.Append(StructShape<T>.Words);
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
