using System.Buffers.Binary;
using System.Text;

namespace Stress.Guests.Systems;

/// <summary>What a program of x86-64 Linux needs to start: its interpreter and shared libraries (the ELF dynamic section).</summary>
internal static class ElfNeeds
{
    private const int Load = 1, Dynamic = 2, Interpreter = 3, Needed = 1, StringTable = 5;

    /// <summary>Names of the libraries, and the path of the interpreter; empty if it is not a dynamic program.</summary>
    public static (IReadOnlyList<string> Libraries, string? Interpreter) Of(ReadOnlySpan<byte> file)
    {
        if (file.Length < 64 || !file[..4].SequenceEqual("\u007FELF"u8) || file[4] != 2)
        {
            return ([], null);
        }

        long headers = BinaryPrimitives.ReadInt64LittleEndian(file[32..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(file[54..]), count = BinaryPrimitives.ReadUInt16LittleEndian(file[56..]);
        var loads = new List<(long Address, long Offset, long Size)>();
        (long Offset, long Size) dynamic = default;
        string? interpreter = null;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = file[(int)(headers + (i * size))..];
            long offset = BinaryPrimitives.ReadInt64LittleEndian(header[8..]), address = BinaryPrimitives.ReadInt64LittleEndian(header[16..]), bytes = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
            switch (BinaryPrimitives.ReadInt32LittleEndian(header))
            {
                case Load:
                    loads.Add((address, offset, bytes));
                    break;
                case Dynamic:
                    dynamic = (offset, bytes);
                    break;
                case Interpreter:
                    interpreter = Text(file, offset);
                    break;
            }
        }

        var needed = new List<long>();
        long strings = 0;
        for (long at = dynamic.Offset; at < dynamic.Offset + dynamic.Size; at += 16)
        {
            long value = BinaryPrimitives.ReadInt64LittleEndian(file[(int)(at + 8)..]);
            switch (BinaryPrimitives.ReadInt64LittleEndian(file[(int)at..]))
            {
                case Needed:
                    needed.Add(value);
                    break;
                case StringTable:
                    strings = value;
                    break;
            }
        }

        foreach ((long address, long offset, long bytes) in loads)
        {
            if (strings >= address && strings < address + bytes)
            {
                strings += offset - address;
                break;
            }
        }

        var libraries = new List<string>();
        foreach (long name in needed)
        {
            libraries.Add(Text(file, strings + name));
        }

        return (libraries, interpreter);
    }

    private static string Text(ReadOnlySpan<byte> file, long offset)
    {
        ReadOnlySpan<byte> rest = file[(int)offset..];
        return Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)0)]);
    }
}
