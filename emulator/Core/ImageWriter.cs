using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Stress.Emulator.Core;

/// <summary>
/// Writes the image of a router or line as bytes, for checkpoints and migration: numbers, never raw memory. Little-endian machines only; the
/// host checks.
/// </summary>
public sealed class ImageWriter
{
    private byte[] _buffer = new byte[4096];
    private int _length;

    /// <summary>What has been written so far.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    /// <summary>Writes a number, a truth value, a character or an enumeration.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write<T>(T value)
        where T : unmanaged, IConvertible
    {
        int size = Unsafe.SizeOf<T>();
        Room(size);
        Unsafe.WriteUnaligned(ref _buffer[_length], value);
        _length += size;
    }

    /// <summary>Writes how many there are, and then the numbers.</summary>
    public void WriteArray<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IConvertible
    {
        Write(values.Length);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        Room(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Writes an object's state.</summary>
    public void Save(IState state)
    {
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

    /// <summary>Cuts the rows of zeros at the end of what was written last.</summary>
    /// <param name="start">Where the number of rows is written, followed by the rows.</param>
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
