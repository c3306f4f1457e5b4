using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Guests.Line;
using Stress.Guests.Processes;

namespace Stress.Guests.Calendar;

/// <summary>How a guest left the run.</summary>
internal enum GuestLoss
{
    /// <summary>Its kernel ended it.</summary>
    Ended,

    /// <summary>It used CPU time without advancing virtual time, or did nothing at all; it was killed.</summary>
    Hung,
}

/// <summary>Counts of the calendar: the cost of the conservative order.</summary>
public sealed record CalendarCounts
{
    /// <summary>How often no guest ran.</summary>
    public long Rounds { get; internal set; }

    /// <summary>Grants to run.</summary>
    public long Runs { get; internal set; }

    /// <summary>Arrivals at a port, each an interrupt.</summary>
    public long Arrivals { get; internal set; }

    /// <summary>Arrivals that their guest had not taken when it next reported that it waits: always 0.</summary>
    public long Unanswered { get; internal set; }

    /// <summary>Messages of the time-travel protocol.</summary>
    public long Messages { get; internal set; }

    /// <summary>What the guests did at their ports, and what arrived there.</summary>
    public long Events { get; internal set; }
}

/// <summary>
/// Two guests and the line between them under one conservative order of events. Each guest has its own clock. It may run as far as nothing can reach it:
/// to the other's next event and the line's least delay D, to its own next event and 2 D (an answer to what it sends now), to its own next arrival, and to the line's own next
/// event plus D. The guests' output is passed to the line in order of time, once nothing earlier can happen.
/// </summary>
internal sealed class PairCalendar
{
    private readonly Seat[] _seats = [new(), new()];
    private readonly PriorityQueue<(Role Role, PortEvent Event), (long Time, int Role, long Order)> _done = new();
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly TtyLine _line;
    private readonly Func<Role, long, long, GuestSeat> _boot;
    private readonly Func<Role, GuestSeat, GuestLoss, long, long> _lost;
    private readonly Action<long, Role, bool, PortEvent>? _observe;
    private readonly GuestLimits _limits;
    private long _order;

    /// <summary>One place of the pair: the guest that runs there, and what is on its way to it.</summary>
    private sealed class Seat
    {
        public GuestSeat? Guest { get; set; }

        /// <summary>When the next guest is switched on, while there is none.</summary>
        public long BootAt { get; set; }

        public List<PortEvent> Arrivals { get; } = [];

        public long NextArrival => Arrivals.Count > 0 ? Arrivals[0].Time : GuestClock.Never;

        public bool IsUp => Guest is { Clock.HasEnded: false };

        public long Next => IsUp ? Math.Min(Guest!.Clock.Request, NextArrival) : BootAt;
    }

    /// <summary>A pair that is switched on at time zero.</summary>
    /// <param name="options">The line.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="entity">The pair's number in the run.</param>
    /// <param name="boot">Starts the guest of a role at a time, free to run to another.</param>
    /// <param name="lost">Takes a guest that is gone, and when; says when its successor is switched on.</param>
    /// <param name="limits">When a guest counts as hung.</param>
    /// <param name="observe">Sees what the guests did and what arrived at them, in order of time, with whether the guest did it; may be null.</param>
    public PairCalendar(
        LineOptions options, ulong seed, ulong entity, Func<Role, long, long, GuestSeat> boot, Func<Role, GuestSeat, GuestLoss, long, long> lost, GuestLimits limits,
        Action<long, Role, bool, PortEvent>? observe = null)
    {
        _boot = boot;
        _lost = lost;
        _limits = limits;
        _observe = observe;
        _line = new TtyLine(options, seed, entity, Deliver, DropAfter);
    }

    /// <summary>Counts so far.</summary>
    public CalendarCounts Counts { get; } = new();

    /// <summary>The line's counts.</summary>
    public LineCounts Line => _line.Counts;

    /// <summary>Everything that went over the line, with its times.</summary>
    public IncrementalHash Digest => _digest;

    /// <summary>The run's current time, ns.</summary>
    public long Now { get; private set; }

    /// <summary>Where to stop before the requested time, ns; null for nowhere. What has happened until then is passed to the line.</summary>
    public long? EndAt { get; set; }

    /// <summary>Runs to a time.</summary>
    /// <param name="until">ns.</param>
    /// <param name="stop">Asked for between events.</param>
    public void Run(long until, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Serve();
            Bury();
            until = Math.Min(until, EndAt ?? until);
            long next = Math.Min(_seats[0].Next, _seats[1].Next);
            PutToLine(next);
            next = Math.Min(_seats[0].Next, _seats[1].Next);
            Now = Math.Min(next, until);
            if (next >= until)
            {
                break;
            }

            Counts.Rounds++;
            Grant(until);
        }
    }

    /// <summary>The guest of a role is removed at the end of the run.</summary>
    public void Leave(Role role)
    {
        Seat seat = _seats[(int)role];
        Counts.Messages += seat.Guest?.Clock.Messages ?? 0;
        seat.Guest = null;
        seat.BootAt = GuestClock.Never;
    }

    private void Grant(long until)
    {
        long lookahead = _line.Lookahead;
        long pending = Math.Min(_line.NextTimer, _done.TryPeek(out _, out var first) ? first.Time : GuestClock.Never);
        long[] next = [_seats[0].Next, _seats[1].Next];
        for (int i = 0; i < 2; i++)
        {
            Seat seat = _seats[i];
            long from = next[i], limit = Math.Min(Math.Min(next[1 - i] + lookahead, from + (2 * lookahead)), Math.Min(pending + lookahead, until + lookahead));
            if (from >= limit)
            {
                continue;
            }

            if (!seat.IsUp)
            {
                // What came while no guest was there is lost: a port starts with its modem on hook.
                seat.Arrivals.RemoveAll(e => e.Time <= from);
                seat.Guest = _boot((Role)i, from, Math.Max(Math.Min(limit, seat.NextArrival), from + 1));
                continue;
            }

            GuestClock clock = seat.Guest!.Clock;
            if (seat.NextArrival <= from)
            {
                Arrive((Role)i, seat, from);
                if (clock.HasEnded || clock.Request > from)
                {
                    continue;
                }
            }

            limit = Math.Max(Math.Min(limit, seat.NextArrival), from + 1);
            Counts.Runs++;
            clock.Run(from, limit);
        }
    }

    // The guest waits: it is given what arrives now, and adds the interrupt to its own events before it answers.
    private void Arrive(Role role, Seat seat, long time)
    {
        GuestSeat guest = seat.Guest!;
        var bytes = new List<byte>();
        int taken = 0;
        for (; taken < seat.Arrivals.Count && seat.Arrivals[taken].Time <= time; taken++)
        {
            PortEvent e = seat.Arrivals[taken];
            Record(time, 2 + (int)role, e);
            _observe?.Invoke(time, role, false, e with { Time = time });
            PortMessage.Append(bytes, e.Kind, (uint)e.Lines, e.Data);
        }

        seat.Arrivals.RemoveRange(0, taken);
        if (!guest.Port.IsConnected)
        {
            return;
        }

        Counts.Arrivals++;
        guest.Clock.Arrive(time);
        guest.Port.Send(bytes.ToArray());
        Span<Posix.PollFd> fds = stackalloc Posix.PollFd[2];
        StallWatch? watch = null;
        while (!guest.Port.IsTaken && !guest.Clock.HasEnded)
        {
            fds[0] = new() { Fd = guest.Clock.Descriptor, Events = Posix.PollIn };
            fds[1] = new() { Fd = guest.Port.Descriptor, Events = Posix.PollIn };
            if (Posix.Poll(fds, StallWatch.PollMilliseconds) == 0)
            {
                // Created only now: it searches the host's processes, and there are many arrivals.
                watch ??= new StallWatch(guest.Process, _limits);
                if (watch.IsStalled())
                {
                    Counts.Unanswered++;
                    guest.IsHung = true;
                    guest.Clock.End();
                }

                continue;
            }

            if (fds[0].Returned != 0)
            {
                guest.Clock.Serve();
            }

            // The clock's request was written before the answer at the port.
            if (fds[1].Returned != 0)
            {
                Drain(role, guest);
                while (guest.Port.IsTaken && Posix.Poll(fds[..1], 0) > 0 && fds[0].Returned != 0 && !guest.Clock.HasEnded)
                {
                    guest.Clock.Serve();
                }
            }
        }
    }

    // Until no guest runs.
    private void Serve()
    {
        Span<Posix.PollFd> fds = stackalloc Posix.PollFd[4];
        Span<int> roles = stackalloc int[4];
        Span<bool> clocks = stackalloc bool[4];
        StallWatch?[] watches = [null, null];
        while (true)
        {
            int n = 0;
            for (int i = 0; i < 2; i++)
            {
                if (_seats[i].Guest is { Clock.IsRunning: true } guest)
                {
                    // The port first: the guest may wait for room there.
                    (fds[n], roles[n], clocks[n]) = (new() { Fd = guest.Port.Descriptor, Events = Posix.PollIn }, i, false);
                    n++;
                    (fds[n], roles[n], clocks[n]) = (new() { Fd = guest.Clock.Descriptor, Events = Posix.PollIn }, i, true);
                    n++;
                }
            }

            if (n == 0)
            {
                return;
            }

            if (Posix.Poll(fds[..n], StallWatch.PollMilliseconds) == 0)
            {
                LookForStall(watches);
                continue;
            }

            watches[0] = watches[1] = null;
            for (int k = 0; k < n; k++)
            {
                if (fds[k].Returned == 0)
                {
                    continue;
                }

                GuestSeat guest = _seats[roles[k]].Guest!;
                if (clocks[k])
                {
                    guest.Clock.Serve();
                    if (!guest.Clock.IsRunning)
                    {
                        // What it wrote before it said that it waits is there now.
                        Drain((Role)roles[k], guest);
                    }
                }
                else
                {
                    Drain((Role)roles[k], guest);
                    if ((fds[k].Returned & Posix.PollHangUp) != 0 && guest.Process.HasExited)
                    {
                        guest.Clock.End();
                    }
                }
            }
        }
    }

    private void LookForStall(StallWatch?[] watches)
    {
        for (int i = 0; i < 2; i++)
        {
            if (_seats[i].Guest is not { Clock.IsRunning: true } guest)
            {
                continue;
            }

            watches[i] ??= new StallWatch(guest.Process, _limits);
            if (guest.Process.HasExited)
            {
                guest.Clock.End();
            }
            else if (watches[i]!.IsStalled())
            {
                guest.IsHung = true;
                guest.Clock.End();
            }
        }
    }

    private void Drain(Role role, GuestSeat guest)
    {
        guest.Port.Read(guest.Clock.Offset, guest.Written);
        foreach (PortEvent e in guest.Written)
        {
            _done.Enqueue((role, e), (e.Time, (int)role, _order++));
            guest.LastSeen = Math.Max(guest.LastSeen, e.Time);
        }

        guest.Written.Clear();
    }

    private void Bury()
    {
        for (int i = 0; i < 2; i++)
        {
            Seat seat = _seats[i];
            if (seat.Guest is not { Clock.HasEnded: true } guest)
            {
                continue;
            }

            long died = Math.Max(guest.Clock.Now, guest.LastSeen);
            Drain((Role)i, guest);
            _done.Enqueue(((Role)i, new PortEvent(died, PortMessageKind.Lines, PortLines.None, [])), (died, i, _order++));
            Counts.Messages += guest.Clock.Messages;
            seat.Guest = null;
            seat.BootAt = Math.Max(died + 1, _lost((Role)i, guest, guest.IsHung ? GuestLoss.Hung : GuestLoss.Ended, died));
            guest.Dispose();
        }
    }

    // What happened before a time that no guest can go back to.
    private void PutToLine(long before)
    {
        while (true)
        {
            long event_ = _done.TryPeek(out _, out var at) ? at.Time : GuestClock.Never, timer = _line.NextTimer;
            if (Math.Min(event_, timer) >= before)
            {
                return;
            }

            if (timer <= event_)
            {
                _line.RunTimer();
            }
            else
            {
                (Role role, PortEvent e) = _done.Dequeue();
                Record(e.Time, (int)role, e);
                _observe?.Invoke(e.Time, role, true, e);
                _line.Input(role, e);
            }

            // What was passed to the line may arrive somewhere before that time.
            before = Math.Min(before, Math.Min(_seats[0].Next, _seats[1].Next));
        }
    }

    private void Deliver(Role to, PortEvent e)
    {
        List<PortEvent> arrivals = _seats[(int)to].Arrivals;
        int at = arrivals.Count;
        while (at > 0 && arrivals[at - 1].Time > e.Time)
        {
            at--;
        }

        arrivals.Insert(at, e);
    }

    private void DropAfter(Role to, long time) => _seats[(int)to].Arrivals.RemoveAll(e => e.Kind == PortMessageKind.Data && e.Time > time);

    private void Record(long time, int what, in PortEvent e)
    {
        Counts.Events++;
        Span<byte> head = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(head, time);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], what | ((int)e.Kind << 8));
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], (int)e.Lines);
        _digest.AppendData(head);
        _digest.AppendData(e.Data);
    }
}

/// <summary>When a guest counts as hung.</summary>
/// <param name="Cpu">CPU time without the clock moving.</param>
/// <param name="Idle">Wall time without the clock moving and without CPU time used.</param>
public readonly record struct GuestLimits(TimeSpan Cpu, TimeSpan Idle)
{
    /// <summary>30 CPU-seconds for something that takes milliseconds; two minutes for a guest that does nothing at all.</summary>
    public static GuestLimits Default { get; } = new(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2));
}

/// <summary>Watches a guest that shows no progress. The machine's load does not matter: only CPU time used, and a guest that does nothing, count.</summary>
internal sealed class StallWatch(GuestProcess process, GuestLimits limits)
{
    /// <summary>How often to look.</summary>
    public const int PollMilliseconds = 1000;

    private readonly long _since = Stopwatch.GetTimestamp();
    private readonly TimeSpan _cpu = process.CpuSoFar();
    private TimeSpan _last;
    private long _moved = Stopwatch.GetTimestamp();

    /// <summary>Whether its limit is reached.</summary>
    public bool IsStalled()
    {
        TimeSpan used = process.CpuSoFar() - _cpu;
        if (used > _last)
        {
            _last = used;
            _moved = Stopwatch.GetTimestamp();
        }

        return used >= limits.Cpu || (Stopwatch.GetElapsedTime(_since) >= limits.Idle && Stopwatch.GetElapsedTime(_moved) >= limits.Idle);
    }
}
