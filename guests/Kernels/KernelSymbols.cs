using System.Buffers.Binary;
using System.Text;

namespace Stress.Guests.Kernels;

/// <summary>The functions of a kernel's program (the ELF symbol table, .symtab) and which of them are compiled with KCOV.</summary>
public sealed class KernelSymbols
{
    /// <summary>What a function calls at each of its blocks when it is compiled with KCOV (-fsanitize-coverage=trace-pc).</summary>
    private const string Tracer = "__sanitizer_cov_trace_pc";

    private const int SymbolTable = 2, Function = 2, SymbolSize = 24;

    private readonly ulong[] _starts;
    private readonly string[] _names;

    private KernelSymbols(ulong[] starts, string[] names, IReadOnlySet<string> covered) => (_starts, _names, Covered) = (starts, names, covered);

    /// <summary>Names of the functions that are compiled with KCOV; empty for a kernel without it.</summary>
    public IReadOnlySet<string> Covered { get; }

    /// <summary>Functions that are known otherwise.</summary>
    /// <param name="functions">Where each begins, in ascending order, with its name.</param>
    /// <param name="covered">Names of those that are compiled with KCOV.</param>
    public static KernelSymbols Of(IReadOnlyList<(ulong Start, string Name)> functions, IReadOnlySet<string> covered) => new([.. functions.Select(f => f.Start)], [.. functions.Select(f => f.Name)], covered);

    /// <summary>Reads a kernel's program.</summary>
    /// <param name="file">The bytes of an ELF program of x86-64 with a symbol table.</param>
    /// <exception cref="GuestException">It is none, or it was stripped.</exception>
    public static KernelSymbols Of(ReadOnlySpan<byte> file)
    {
        if (file.Length < 64 || !file[..4].SequenceEqual("\u007FELF"u8) || file[4] != 2)
        {
            throw new GuestException(GuestProblem.Wrong, "not a 64-bit ELF program: it has no functions that could be named");
        }

        long headers = BinaryPrimitives.ReadInt64LittleEndian(file[40..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(file[58..]), count = BinaryPrimitives.ReadUInt16LittleEndian(file[60..]);
        var sections = new (int Type, ulong Address, int Offset, int Bytes, int Link)[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = file[(int)(headers + (i * size))..];
            sections[i] = (
                BinaryPrimitives.ReadInt32LittleEndian(header[4..]), BinaryPrimitives.ReadUInt64LittleEndian(header[16..]), (int)BinaryPrimitives.ReadInt64LittleEndian(header[24..]),
                (int)BinaryPrimitives.ReadInt64LittleEndian(header[32..]), BinaryPrimitives.ReadInt32LittleEndian(header[40..]));
        }

        int table = Array.FindIndex(sections, section => section.Type == SymbolTable);
        if (table < 0)
        {
            throw new GuestException(GuestProblem.Wrong, "a program without a symbol table: it has no functions that could be named");
        }

        return Of(file, sections, sections[table]);
    }

    /// <summary>The function that an address is in, and how far in.</summary>
    /// <param name="address">An address of the kernel's text.</param>
    /// <returns>The name as the source has it, without what the compiler appends to a part or a copy; the address in hexadecimal for one before the first function.</returns>
    public (string Function, ulong Offset) At(ulong address)
    {
        int at = Array.BinarySearch(_starts, address);
        at = at >= 0 ? at : ~at - 1;
        return at < 0 ? ($"0x{address:x}", 0) : (_names[at], address - _starts[at]);
    }

    private static KernelSymbols Of(ReadOnlySpan<byte> file, (int Type, ulong Address, int Offset, int Bytes, int Link)[] sections, (int Type, ulong Address, int Offset, int Bytes, int Link) table)
    {
        var functions = new SortedDictionary<ulong, (string Name, ulong Bytes, int Section)>();
        ulong tracer = 0;
        ReadOnlySpan<byte> names = file.Slice(sections[table.Link].Offset, sections[table.Link].Bytes);
        for (int at = table.Offset; at < table.Offset + table.Bytes; at += SymbolSize)
        {
            ReadOnlySpan<byte> symbol = file[at..];
            int section = BinaryPrimitives.ReadUInt16LittleEndian(symbol[6..]);
            if ((symbol[4] & 0xF) != Function || section == 0 || section >= sections.Length)
            {
                continue;
            }

            ReadOnlySpan<byte> name = names[BinaryPrimitives.ReadInt32LittleEndian(symbol)..];
            string text = Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]);
            ulong address = BinaryPrimitives.ReadUInt64LittleEndian(symbol[8..]);
            tracer = text == Tracer ? address : tracer;
            functions.TryAdd(address, (text.Split('.')[0], BinaryPrimitives.ReadUInt64LittleEndian(symbol[16..]), section));
        }

        var covered = new HashSet<string>(StringComparer.Ordinal);
        if (tracer != 0)
        {
            foreach ((ulong address, (string name, ulong bytes, int section)) in functions)
            {
                (_, ulong start, int offset, int room, _) = sections[section];
                int from = (int)(address - start), length = (int)Math.Min(bytes, (ulong)(room - from));
                if (address != tracer && Calls(file.Slice(offset + from, length), address, tracer))
                {
                    covered.Add(name);
                }
            }
        }

        return new KernelSymbols([.. functions.Keys], [.. functions.Values.Select(function => function.Name)], covered);
    }

    // By its address in a register, as the large code model of User-Mode Linux has it, or relative to the call.
    private static bool Calls(ReadOnlySpan<byte> code, ulong address, ulong target)
    {
        const byte CallRelative = 0xE8;
        Span<byte> whole = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(whole, target);
        if (code.IndexOf(whole) >= 0)
        {
            return true;
        }

        for (int i = 0; i + 5 <= code.Length; i++)
        {
            if (code[i] == CallRelative && address + (ulong)i + 5 + (ulong)(long)BinaryPrimitives.ReadInt32LittleEndian(code[(i + 1)..]) == target)
            {
                return true;
            }
        }

        return false;
    }
}
