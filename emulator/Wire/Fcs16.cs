using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Stress.Emulator.Wire;

/// <summary>The 16-bit frame check sequence of RFC 1662 appendix C.2: polynomial x^16 + x^12 + x^5 + 1, bits reversed.</summary>
public static class Fcs16
{
    /// <summary>The value before the first byte.</summary>
    public const ushort Initial = 0xFFFF;

    /// <summary>The value over a frame that ends in its correct FCS.</summary>
    public const ushort Good = 0xF0B8;

    private const int Stride = 8;

    // Entry 256 k + b: the FCS of byte b with k zero bytes behind it, from a zero start. The FCS is linear, so eight bytes are eight look-ups.
    private static readonly ushort[] Table = BuildTable();

    // Row k, for 2^k zero bytes: 256 entries for the low byte of the FCS, then 256 for the high byte.
    private const int ZerosRow = 512;
    private static readonly ushort[] Zeros = BuildZeros();

    /// <summary>Advances the FCS by one byte.</summary>
    public static ushort Add(ushort fcs, byte value) => (ushort)((fcs >> 8) ^ Table[(fcs ^ value) & 0xFF]);

    /// <summary>Advances the FCS over bytes.</summary>
    public static ushort Add(ushort fcs, ReadOnlySpan<byte> bytes)
    {
        // Each index is a byte and a row below Stride, so it is within the table; the compiler does not see that, and would check each of the eight.
        ref ushort table = ref MemoryMarshal.GetArrayDataReference(Table);
        while (bytes.Length >= Stride)
        {
            ulong x = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ fcs;
            fcs = (ushort)(Unsafe.Add(ref table, 0x700 + (nint)(x & 0xFF)) ^ Unsafe.Add(ref table, 0x600 + (nint)(x >> 8 & 0xFF))
                ^ Unsafe.Add(ref table, 0x500 + (nint)(x >> 16 & 0xFF)) ^ Unsafe.Add(ref table, 0x400 + (nint)(x >> 24 & 0xFF))
                ^ Unsafe.Add(ref table, 0x300 + (nint)(x >> 32 & 0xFF)) ^ Unsafe.Add(ref table, 0x200 + (nint)(x >> 40 & 0xFF))
                ^ Unsafe.Add(ref table, 0x100 + (nint)(x >> 48 & 0xFF)) ^ Unsafe.Add(ref table, (nint)(x >> 56)));
            bytes = bytes[Stride..];
        }

        foreach (byte b in bytes)
        {
            fcs = (ushort)((fcs >> 8) ^ Unsafe.Add(ref table, (fcs ^ b) & 0xFF));
        }

        return fcs;
    }

    /// <summary>Advances the FCS over zero bytes, in time that grows with the logarithm of their number.</summary>
    /// <param name="fcs">The FCS so far.</param>
    /// <param name="count">0 to 4095.</param>
    public static ushort AddZeros(ushort fcs, int count)
    {
        for (int row = 0; count != 0; row += ZerosRow, count >>= 1)
        {
            if ((count & 1) != 0)
            {
                fcs = (ushort)(Zeros[row + (fcs & 0xFF)] ^ Zeros[row + 256 + (fcs >> 8)]);
            }
        }

        return fcs;
    }

    private static ushort[] BuildZeros()
    {
        var zeros = new ushort[ZerosRow * 12];
        for (int b = 0; b < 256; b++)
        {
            zeros[b] = Add((ushort)b, 0);
            zeros[256 + b] = Add((ushort)(b << 8), 0);
        }

        for (int i = ZerosRow; i < zeros.Length; i++)
        {
            ushort half = zeros[i - ZerosRow];
            int row = (i / ZerosRow - 1) * ZerosRow;
            zeros[i] = (ushort)(zeros[row + (half & 0xFF)] ^ zeros[row + 256 + (half >> 8)]);
        }

        return zeros;
    }

    private static ushort[] BuildTable()
    {
        var table = new ushort[Stride * 256];
        for (int b = 0; b < 256; b++)
        {
            int v = b;
            for (int bit = 0; bit < 8; bit++)
            {
                v = (v & 1) != 0 ? (v >> 1) ^ 0x8408 : v >> 1;
            }

            table[b] = (ushort)v;
        }

        for (int i = 256; i < table.Length; i++)
        {
            ushort before = table[i - 256];
            table[i] = (ushort)((before >> 8) ^ table[before & 0xFF]);
        }

        return table;
    }
}
