namespace Stress.Emulator.Wire;

/// <summary>The 16-bit frame check sequence of RFC 1662 appendix C.2: polynomial x^16 + x^12 + x^5 + 1, bits reversed.</summary>
public static class Fcs16
{
    /// <summary>The value before the first byte.</summary>
    public const ushort Initial = 0xFFFF;

    /// <summary>The value over a frame that ends in its own right FCS.</summary>
    public const ushort Good = 0xF0B8;

    private static readonly ushort[] Table = BuildTable();

    /// <summary>Advances the FCS by one byte.</summary>
    public static ushort Add(ushort fcs, byte value) => (ushort)((fcs >> 8) ^ Table[(fcs ^ value) & 0xFF]);

    /// <summary>Advances the FCS over bytes.</summary>
    public static ushort Add(ushort fcs, ReadOnlySpan<byte> bytes)
    {
        ushort[] table = Table;
        foreach (byte b in bytes)
        {
            fcs = (ushort)((fcs >> 8) ^ table[(fcs ^ b) & 0xFF]);
        }

        return fcs;
    }

    private static ushort[] BuildTable()
    {
        var table = new ushort[256];
        for (int b = 0; b < table.Length; b++)
        {
            int v = b;
            for (int bit = 0; bit < 8; bit++)
            {
                v = (v & 1) != 0 ? (v >> 1) ^ 0x8408 : v >> 1;
            }

            table[b] = (ushort)v;
        }

        return table;
    }
}
