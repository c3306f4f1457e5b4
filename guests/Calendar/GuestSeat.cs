using Stress.Guests.Line;
using Stress.Guests.Processes;

namespace Stress.Guests.Calendar;

/// <summary>One guest from its boot to its end: its processes, clock and port.</summary>
internal sealed class GuestSeat(GuestProcess process, GuestClock clock, GuestPort port) : IDisposable
{
    /// <summary>Its processes.</summary>
    public GuestProcess Process => process;

    /// <summary>Its clock.</summary>
    public GuestClock Clock => clock;

    /// <summary>Its serial port.</summary>
    public GuestPort Port => port;

    /// <summary>Room for what was just read from the port.</summary>
    public List<PortEvent> Written { get; } = [];

    /// <summary>The time of the last thing it was seen to do, ns.</summary>
    public long LastSeen { get; set; }

    /// <summary>It was abandoned because it hung.</summary>
    public bool IsHung { get; set; }

    public void Dispose()
    {
        process.Dispose();
        clock.Dispose();
        port.Dispose();
    }
}
