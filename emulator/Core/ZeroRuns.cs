using System.Buffers;

namespace Stress.Emulator.Core;

/// <summary>Bytes with their runs of zeros left out: a zero byte is followed by the length of its run, 1 to 255.</summary>
public sealed class ZeroRuns
{
    private readonly byte[] _bytes;
    private readonly int _length;

    /// <summary>Packs bytes.</summary>
    public ZeroRuns(ReadOnlySpan<byte> from)
    {
        _length = from.Length;

        // At worst one byte becomes two.
        byte[] to = ArrayPool<byte>.Shared.Rent(2 * from.Length);
        int length = 0;
        while (from.Length > 0)
        {
            int plain = from.IndexOf((byte)0);
            plain = plain < 0 ? from.Length : plain;
            from[..plain].CopyTo(to.AsSpan(length));
            length += plain;
            from = from[plain..];
            if (from.Length > 0)
            {
                int longest = Math.Min(from.Length, byte.MaxValue);
                int run = from[..longest].IndexOfAnyExcept((byte)0);
                run = run < 0 ? longest : run;
                to[length++] = 0;
                to[length++] = (byte)run;
                from = from[run..];
            }
        }

        _bytes = to.AsSpan(0, length).ToArray();
        ArrayPool<byte>.Shared.Return(to);
    }

    /// <summary>Bytes that were packed before: what <see cref="Packed"/> and <see cref="Length"/> gave.</summary>
    /// <param name="packed">The packed bytes; nobody changes them any more.</param>
    /// <param name="length">Their length once unpacked, in bytes.</param>
    public ZeroRuns(byte[] packed, int length)
    {
        _bytes = packed;
        _length = length;
    }

    /// <summary>The packed bytes, not to be changed.</summary>
    public byte[] Packed => _bytes;

    /// <summary>Length once unpacked, in bytes.</summary>
    public int Length => _length;

    /// <summary>Length as packed, in bytes.</summary>
    public int PackedLength => _bytes.Length;

    /// <summary>The bytes as they were.</summary>
    public byte[] Unpack()
    {
        var result = new byte[_length];
        Span<byte> to = result;
        ReadOnlySpan<byte> from = _bytes;
        while (from.Length > 0)
        {
            int plain = from.IndexOf((byte)0);
            plain = plain < 0 ? from.Length : plain;
            from[..plain].CopyTo(to);
            to = to[plain..];
            from = from[plain..];
            if (from.Length > 0)
            {
                to = to[from[1]..];
                from = from[2..];
            }
        }

        return result;
    }
}
