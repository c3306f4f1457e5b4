using System.Buffers.Binary;
using System.Text;
using Stress.Guests.Kernels;
using Xunit;

namespace Stress.Guests.Tests;

/// <summary>The functions of a program, read from a small one that is put together here.</summary>
public sealed class KernelSymbolsTests
{
    private const ulong Text = 0x6000_0000;

    [Fact]
    public void An_address_is_in_the_last_function_that_begins_before_it_named_as_the_source_names_it()
    {
        KernelSymbols symbols = KernelSymbols.Of(Program());

        Assert.Equal(("first", 0ul), symbols.At(Text + 16));
        Assert.Equal(("first", 15ul), symbols.At(Text + 31));
        Assert.Equal(("second", 3ul), symbols.At(Text + 35));
        Assert.Equal(("0x10", 0ul), symbols.At(16));
    }

    [Fact]
    public void Functions_that_call_the_tracer_are_those_with_KCOV_whether_by_its_address_or_relative_to_the_call() =>
        Assert.Equal(["first", "second"], KernelSymbols.Of(Program()).Covered.Order());

    [Fact]
    public void A_file_that_is_no_program_or_was_stripped_is_refused()
    {
        byte[] stripped = Program();
        BinaryPrimitives.WriteInt16LittleEndian(stripped.AsSpan(60), 2);

        Assert.Equal(GuestProblem.Wrong, Assert.Throws<GuestException>(() => KernelSymbols.Of("#!/bin/sh"u8)).Problem);
        Assert.Contains("without a symbol table", Assert.Throws<GuestException>(() => KernelSymbols.Of(stripped)).Message, StringComparison.Ordinal);
    }

    // Sections: none, .text, .symtab, .strtab. The tracer is at 0, then three functions of 16 bytes; the third calls nothing.
    private static byte[] Program()
    {
        const int TextAt = 64, TextBytes = 64;
        byte[] code = new byte[TextBytes], names = Encoding.ASCII.GetBytes("\0__sanitizer_cov_trace_pc\0first\0second.part.0\0third\0");
        code[16] = 0x48;
        code[17] = 0xB8;
        BinaryPrimitives.WriteUInt64LittleEndian(code.AsSpan(18), Text);
        code[34] = 0xE8;
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(35), -39);
        byte[] symbols = new byte[5 * 24];
        (string Name, int At)[] functions = [("__sanitizer_cov_trace_pc", 0), ("first", 16), ("second.part.0", 32), ("third", 48)];
        foreach ((int i, (string name, int at)) in functions.Index())
        {
            Span<byte> symbol = symbols.AsSpan((i + 1) * 24);
            BinaryPrimitives.WriteInt32LittleEndian(symbol, names.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"\0{name}\0")) + 1);
            symbol[4] = 2;
            BinaryPrimitives.WriteInt16LittleEndian(symbol[6..], 1);
            BinaryPrimitives.WriteUInt64LittleEndian(symbol[8..], Text + (ulong)at);
            BinaryPrimitives.WriteUInt64LittleEndian(symbol[16..], 16);
        }

        int symbolsAt = TextAt + TextBytes, namesAt = symbolsAt + symbols.Length, headersAt = namesAt + names.Length;
        byte[] file = new byte[headersAt + (4 * 64)];
        "\u007FELF"u8.CopyTo(file);
        file[4] = 2;
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(40), headersAt);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(58), 64);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(60), 4);
        code.CopyTo(file, TextAt);
        symbols.CopyTo(file, symbolsAt);
        names.CopyTo(file, namesAt);
        Section(1, 1, Text, TextAt, TextBytes, 0);
        Section(2, 2, 0, symbolsAt, symbols.Length, 3);
        Section(3, 3, 0, namesAt, names.Length, 0);
        return file;

        void Section(int number, int type, ulong address, int offset, int bytes, int link)
        {
            Span<byte> header = file.AsSpan(headersAt + (number * 64));
            BinaryPrimitives.WriteInt32LittleEndian(header[4..], type);
            BinaryPrimitives.WriteUInt64LittleEndian(header[16..], address);
            BinaryPrimitives.WriteInt64LittleEndian(header[24..], offset);
            BinaryPrimitives.WriteInt64LittleEndian(header[32..], bytes);
            BinaryPrimitives.WriteInt32LittleEndian(header[40..], link);
        }
    }
}
