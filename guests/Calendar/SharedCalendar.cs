using Stress.Guests.Processes;

namespace Stress.Guests.Calendar;

/// <summary>
/// The calendar in memory that a kernel of 6.11 and later shares with us (struct um_timetravel_schedshm). The guest is client 0; client 1 is we, without
/// capabilities, so that a guest that waits asks by message. A guest that does not know it leaves its capabilities at zero and continues with messages.
/// </summary>
internal sealed unsafe class SharedCalendar : IDisposable
{
    private const int Version = 2, Clients = 2, Header = 4096, ClientBytes = 128, Size = Header + (Clients * ClientBytes);
    private const uint TimeShare = 1, WantsToRun = 1;
    private byte* _memory;

    public SharedCalendar(long freeUntil)
    {
        Descriptor = Posix.MemoryFile("stress-calendar", Size);
        _memory = Posix.Map(Descriptor, Size);
        *(uint*)_memory = Version;
        *(uint*)(_memory + 4) = Size;
        *(ushort*)(_memory + 26) = Clients;
        FreeUntil = freeUntil;
    }

    /// <summary>The memory file.</summary>
    public int Descriptor { get; }

    /// <summary>The guest has accepted the offer.</summary>
    public bool InUse => (*(uint*)(_memory + Header) & TimeShare) != 0;

    /// <summary>How far the guest may run without asking, ns.</summary>
    public long FreeUntil
    {
        set => Volatile.Write(ref *(long*)(_memory + 8), value);
    }

    /// <summary>The current time, ns. The guest writes it while it runs.</summary>
    public long Now
    {
        set => Volatile.Write(ref *(long*)(_memory + 16), value);
    }

    /// <summary>Whether the guest is the client that runs.</summary>
    public bool GuestRuns
    {
        set => Volatile.Write(ref *(ushort*)(_memory + 24), (ushort)(value ? 0 : 1));
    }

    /// <summary>When the guest wants to run next, ns; null when it has not said so here.</summary>
    public long? Request => (Volatile.Read(ref *(uint*)(_memory + Header + 4)) & WantsToRun) != 0 ? Volatile.Read(ref *(long*)(_memory + Header + 8)) : null;

    public void Dispose()
    {
        if (_memory is not null)
        {
            Posix.Unmap(_memory, Size);
            Posix.Close(Descriptor);
            _memory = null;
        }
    }
}
