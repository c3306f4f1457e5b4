using System.Buffers.Binary;

namespace Stress.Guests.Line;

/// <summary>Messages between a guest's serial port and its modem (kernel/stress_tty.c).</summary>
internal enum PortMessageKind : ushort
{
    None,

    /// <summary>Bytes.</summary>
    Data,

    /// <summary>The lines of the sender: <see cref="PortLines"/>.</summary>
    Lines,

    /// <summary>How many bytes of this direction the port has read since its start; the answer to everything that is sent to it.</summary>
    Taken,
}

/// <summary>Modem lines, the bits of TIOCMGET.</summary>
[Flags]
internal enum PortLines
{
    None,
    DataTerminalReady = 0x002,
    RequestToSend = 0x004,
    ClearToSend = 0x020,
    CarrierDetect = 0x040,
    Ring = 0x080,
    DataSetReady = 0x100,
}

/// <summary>The head of a message: 16 bytes, then the data.</summary>
/// <param name="Kind">What follows.</param>
/// <param name="Length">Bytes of data behind it.</param>
/// <param name="Value">Lines, or bytes taken.</param>
/// <param name="Time">ns of the guest's clock, in messages from the guest.</param>
internal readonly record struct PortMessage(PortMessageKind Kind, int Length, uint Value, long Time)
{
    public const int Bytes = 16;

    public static PortMessage Read(ReadOnlySpan<byte> from) => new(
        (PortMessageKind)BinaryPrimitives.ReadUInt16LittleEndian(from), BinaryPrimitives.ReadUInt16LittleEndian(from[2..]),
        BinaryPrimitives.ReadUInt32LittleEndian(from[4..]), BinaryPrimitives.ReadInt64LittleEndian(from[8..]));

    public static void Append(List<byte> to, PortMessageKind kind, uint value, ReadOnlySpan<byte> data)
    {
        Span<byte> head = stackalloc byte[Bytes];
        BinaryPrimitives.WriteUInt16LittleEndian(head, (ushort)kind);
        BinaryPrimitives.WriteUInt16LittleEndian(head[2..], (ushort)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], value);
        to.AddRange(head);
        to.AddRange(data);
    }
}

/// <summary>Something that a guest did at its port, or that is sent to its port.</summary>
/// <param name="Time">ns of the run.</param>
/// <param name="Kind">Data or lines.</param>
/// <param name="Lines">The lines.</param>
/// <param name="Data">The bytes.</param>
internal readonly record struct PortEvent(long Time, PortMessageKind Kind, PortLines Lines, byte[] Data);
