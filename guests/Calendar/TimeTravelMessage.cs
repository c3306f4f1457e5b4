using System.Buffers.Binary;

namespace Stress.Guests.Calendar;

/// <summary>What a message of the time-travel protocol asks or answers (include/uapi/linux/um_timetravel.h).</summary>
internal enum TimeTravelOperation : uint
{
    Ack,
    Start,
    Request,
    Wait,
    Get,
    Update,
    Run,
    FreeUntil,
    GetTimeOfDay,
    Broadcast,
}

/// <summary>A message between a guest and its calendar: 16 bytes.</summary>
/// <param name="Operation">What it asks.</param>
/// <param name="Sequence">The answer carries the same.</param>
/// <param name="Time">Nanoseconds of the guest's clock.</param>
internal readonly record struct TimeTravelMessage(TimeTravelOperation Operation, uint Sequence, ulong Time)
{
    public const int Bytes = 16;

    public static TimeTravelMessage Read(ReadOnlySpan<byte> from) => new(
        (TimeTravelOperation)BinaryPrimitives.ReadUInt32LittleEndian(from), BinaryPrimitives.ReadUInt32LittleEndian(from[4..]),
        BinaryPrimitives.ReadUInt64LittleEndian(from[8..]));

    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, (uint)Operation);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], Time);
    }
}
