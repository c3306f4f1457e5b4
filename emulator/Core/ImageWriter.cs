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

    /// <summary>Writes an object's state; where the writer notes layouts, what it is made of.</summary>
    public void Save(IState state)
    {
        if (_layout is not null)
        {
            var layout = new StateLayout(_layout);
            state.Fields(ref layout);
            return;
        }

        var pass = new StateWriter(this);
        state.Fields(ref pass);
    }

    /// <summary>Writes a struct, field by field.</summary>
    public void WriteStruct<T>(T value)
        where T : struct, IStateValue<T>
    {
        var pass = new StateWriter(this);
        pass.Struct(ref value, "");
    }

    /// <summary>Writes how many structs there are, and each field by field.</summary>
    public void WriteStructs<T>(Span<T> values)
        where T : struct, IStateValue<T>
    {
        var pass = new StateWriter(this);
        pass.Structs(values, "");
    }

    /// <summary>Writes a number, a truth value or an enumeration.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Put<T>(T value)
        where T : unmanaged, IConvertible
    {
        int size = Unsafe.SizeOf<T>();
        Room(size);
        Unsafe.WriteUnaligned(ref _buffer[_length], value);
        _length += size;
    }

    /// <summary>Writes a length and then the numbers.</summary>
    internal void PutArray<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IConvertible
    {
        Put(values.Length);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        Room(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Cuts the rows of zeros at the end of what was written last.</summary>
    /// <param name="start">Where the number of rows stands, and the rows follow.</param>
    /// <param name="rows">How many, each as long as the others.</param>
    internal void CutZeroRows(int start, int rows)
    {
        if (rows == 0)
        {
            return;
        }

        Span<byte> written = _buffer.AsSpan(start + sizeof(int), _length - start - sizeof(int));
        int length = written.Length / rows, kept = (written.LastIndexOfAnyExcept((byte)0) + length) / length;
        Unsafe.WriteUnaligned(ref _buffer[start], kept);
        _length = start + sizeof(int) + (kept * length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Room(int more)
    {
        if (_length + more > _buffer.Length)
        {
            Grow(more);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int more) => Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + more));
}
