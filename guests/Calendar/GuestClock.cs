using Stress.Guests.Processes;

namespace Stress.Guests.Calendar;

/// <summary>
/// One guest's clock, from the calendar's side: the protocol of <c>time-travel=ext</c>, with the calendar in shared memory if the kernel supports it (6.11 and later), by messages
/// otherwise. All times are nanoseconds of the run; the guest's own clock starts at zero at its boot.
/// </summary>
internal sealed class GuestClock : IDisposable
{
    /// <summary>A time that never comes.</summary>
    public const long Never = long.MaxValue / 4;

    // 1 March 2005, 00:00 UTC: the guests' time of day at the start of the run.
    private const long TimeOfDay = 1_109_635_200_000_000_000;

    private readonly byte[] _message = new byte[TimeTravelMessage.Bytes];
    private SharedCalendar? _shared;
    private int _listener, _fd = -1;
    private uint _sequence;

    /// <summary>Listens for the guest.</summary>
    /// <param name="path">Where the guest finds its calendar.</param>
    /// <param name="boot">When the guest is switched on.</param>
    public GuestClock(string path, long boot)
    {
        _listener = Posix.Listen(path);
        Offset = Now = boot;
    }

    /// <summary>When the guest's clock was zero.</summary>
    public long Offset { get; }

    /// <summary>The guest's clock, as last reported.</summary>
    public long Now { get; private set; }

    /// <summary>When the guest wants to run next.</summary>
    public long Request { get; private set; } = Never;

    /// <summary>The guest runs; it has not reported that it waits.</summary>
    public bool IsRunning { get; private set; } = true;

    /// <summary>The guest is gone.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The guest has called its calendar.</summary>
    public bool HasStarted => _shared is not null;

    /// <summary>The calendar is in shared memory.</summary>
    public bool IsShared => _shared?.InUse == true;

    /// <summary>Messages exchanged.</summary>
    public long Messages { get; private set; }

    /// <summary>What to wait for: news, or the guest's call.</summary>
    public int Descriptor => _fd >= 0 ? _fd : _listener;

    /// <summary>How far the guest may run when it starts.</summary>
    public long FreeUntilAtStart { get; init; }

    /// <summary>Receives one message, which must be there.</summary>
    public void Serve()
    {
        if (_fd < 0)
        {
            _fd = Posix.Accept(_listener);
            return;
        }

        for (int have = 0; have < TimeTravelMessage.Bytes;)
        {
            int n = Posix.Receive(_fd, _message.AsSpan(have), wait: true);
            if (n <= 0)
            {
                End();
                return;
            }

            have += n;
        }

        Messages++;
        TimeTravelMessage message = TimeTravelMessage.Read(_message);
        ulong answer = message.Time;
        switch (message.Operation)
        {
            case TimeTravelOperation.Ack:
                return;
            case TimeTravelOperation.Start:
                Start(message);
                return;
            case TimeTravelOperation.Request:
                Request = Absolute(message.Time);
                break;
            case TimeTravelOperation.Wait:
                IsRunning = false;
                if (IsShared)
                {
                    if (_shared!.Request is { } request)
                    {
                        Request = Absolute((ulong)request);
                    }

                    _shared.GuestRuns = false;
                    return;
                }

                break;
            case TimeTravelOperation.Get:
                answer = (ulong)(Now - Offset);
                break;
            case TimeTravelOperation.Update:
                Now = Math.Max(Now, Absolute(message.Time));
                break;
            case TimeTravelOperation.GetTimeOfDay:
                answer = (ulong)(TimeOfDay + Now);
                break;
        }

        Put(TimeTravelOperation.Ack, message.Sequence, answer);
    }

    /// <summary>The guest waits, and something arrives at its port now: its clock is set, and an event that it adds is for now.</summary>
    public void Arrive(long time)
    {
        Now = time;
        if (IsShared)
        {
            _shared!.Now = time - Offset;
            _shared.GuestRuns = false;
        }
    }

    /// <summary>The guest runs from its request (or an arrival) on.</summary>
    /// <param name="from">The time it wakes at.</param>
    /// <param name="until">It may run without asking as long as its clock is before that.</param>
    public void Run(long from, long until)
    {
        Now = from;
        Request = Never;
        IsRunning = true;
        ulong start = (ulong)(from - Offset), free = (ulong)(until - Offset);
        if (IsShared)
        {
            _shared!.FreeUntil = (long)free;
            _shared.Now = (long)start;
            _shared.GuestRuns = true;
        }
        else
        {
            Put(TimeTravelOperation.FreeUntil, ++_sequence, free);
        }

        Put(TimeTravelOperation.Run, ++_sequence, start);
    }

    /// <summary>The guest is abandoned.</summary>
    public void End()
    {
        HasEnded = true;
        IsRunning = false;
        Request = Never;
    }

    public void Dispose()
    {
        if (_listener >= 0)
        {
            Posix.Close(_listener);
            _listener = -1;
        }

        if (_fd >= 0)
        {
            Posix.Close(_fd);
            _fd = -1;
        }

        _shared?.Dispose();
        _shared = null;
    }

    private long Absolute(ulong time) => time >= (ulong)Never ? Never : (long)time + Offset;

    // A 6.12 guest takes two descriptors from this answer whether or not they are there; an older one drops them.
    private void Start(TimeTravelMessage message)
    {
        _shared = new SharedCalendar(FreeUntilAtStart - Offset);
        int log = Posix.OpenNothing();
        new TimeTravelMessage(TimeTravelOperation.Ack, message.Sequence, 0).Write(_message);
        if (!Posix.SendWithDescriptors(_fd, _message, _shared.Descriptor, log))
        {
            End();
        }

        Posix.Close(log);
    }

    private void Put(TimeTravelOperation operation, uint sequence, ulong time)
    {
        Messages++;
        new TimeTravelMessage(operation, sequence, time).Write(_message);
        if (!Posix.Send(_fd, _message))
        {
            End();
        }
    }
}
