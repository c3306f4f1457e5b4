using System.Globalization;
using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Wire;

namespace Stress.Guests.Line;

/// <summary>What the line counted.</summary>
public sealed record LineCounts
{
    /// <summary>Calls dialled.</summary>
    public int Dialled { get; internal set; }

    /// <summary>Calls that got carrier.</summary>
    public int Connected { get; internal set; }

    /// <summary>Hang-ups because an end lowered DTR.</summary>
    public int HungUp { get; internal set; }

    /// <summary>Losses of carrier by the line itself.</summary>
    public int CarrierLosses { get; internal set; }

    /// <summary>Frames that noise broke.</summary>
    public int FramesBroken { get; internal set; }

    /// <summary>Frames from both ends.</summary>
    public long Frames { get; internal set; }

    /// <summary>
    /// Calls that ended, by role, in which that end had spoken PPP: its kernel had an interface for the call, and had to destroy it or died of it.
    /// It counts whether a hang-up, the line, or the death of a kernel at one end ended the call.
    /// </summary>
    public long[] Disconnects { get; } = new long[2];

    /// <summary>Of them, by role, the last one whose redial has not come: 1, or 0 when that end has framed again. Its effect has not shown yet.</summary>
    public long[] Undecided { get; } = new long[2];

    /// <summary>Bytes from the called and from the calling end.</summary>
    public long[] Bytes { get; } = new long[2];
}

/// <summary>
/// The telephone line between the serial ports of two real systems: the emulated modem line (<see cref="ModemLine"/>: dialling, training, rate, delay,
/// noise, loss) with a Hayes modem at each end. The called modem answers automatically and gives no result codes; carrier goes up with CONNECT; DTR low hangs
/// up. It is pure: it takes events in order of time and says what arrives when. Nothing arrives at the other end before the line's least
/// delay, nor back at the same end before twice of it, which is what lets the guests' clocks run ahead of each other.
/// </summary>
internal sealed class TtyLine
{
    private const long Microsecond = 1_000, Second = 1_000_000_000;
    private const long RingFor = 2 * Second, RingBefore = 6 * Second;

    // Bytes in a modem's buffer at which it lowers CTS, and at which it raises it again.
    private const int High = 4096, Low = 1024;

    private readonly ModemLine _line;
    private readonly LineOptions _options;
    private readonly End[] _ends = [new(), new()];
    private readonly PriorityQueue<Timer, (long Time, long Order)> _timers = new();
    private readonly Action<Role, PortEvent> _deliver;
    private readonly Action<Role, long> _dropAfter;
    private long _order;
    private int _call;

    private enum TimerKind
    {
        Outcome,
        Loss,
        RingOn,
        RingOff,
        Clear,
    }

    private readonly record struct Timer(TimerKind Kind, int Call, Role Role);

    private sealed class End
    {
        public ModemCommands Commands { get; } = new();

        /// <summary>What the guest set.</summary>
        public PortLines Out { get; set; }

        /// <summary>What the guest was told.</summary>
        public PortLines In { get; set; } = PortLines.ClearToSend | PortLines.DataSetReady;

        public bool InFrame { get; set; }

        /// <summary>It has sent a flag in this call: pppd is at work there.</summary>
        public bool HasFramed { get; set; }

        /// <summary>Bytes until the one that noise corrupts; -1 for none.</summary>
        public int BreakIn { get; set; } = -1;

        public bool IsReady => (Out & PortLines.DataTerminalReady) != 0;
    }

    /// <summary>A line on hook.</summary>
    /// <param name="options">Rate, delay, dialling, noise, losses.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="entity">The line's number in the run.</param>
    /// <param name="deliver">Takes what arrives at an end, with its time.</param>
    /// <param name="dropAfter">Data that would arrive at an end after a time is lost.</param>
    public TtyLine(LineOptions options, ulong seed, ulong entity, Action<Role, PortEvent> deliver, Action<Role, long> dropAfter)
    {
        _options = options;
        _line = new ModemLine(options, seed, entity, 0);
        _deliver = deliver;
        _dropAfter = dropAfter;
        Lookahead = Math.Max(1, options.Delay.Min.Microseconds) * Microsecond;
    }

    /// <summary>Counts so far.</summary>
    public LineCounts Counts { get; } = new();

    /// <summary>The least time between what one end does and what the other sees of it, ns.</summary>
    public long Lookahead { get; }

    /// <summary>When the line itself next does something, ns.</summary>
    public long NextTimer => _timers.TryPeek(out _, out var at) ? at.Time : Calendar.GuestClock.Never;

    /// <summary>The line does what it had planned for the time of <see cref="NextTimer"/>.</summary>
    public void RunTimer()
    {
        _timers.TryDequeue(out Timer timer, out var at);
        if (timer.Kind != TimerKind.Clear && timer.Call != _call)
        {
            return;
        }

        switch (timer.Kind)
        {
            case TimerKind.Outcome:
                Outcome(at.Time);
                break;
            case TimerKind.Loss when _line.State == LineState.Connected:
                Counts.CarrierLosses++;
                LoseCarrier(at.Time, at.Time + (2 * Lookahead), at.Time + (2 * Lookahead));
                break;
            case TimerKind.RingOn:
                SetLines(Role.Called, at.Time + (2 * Lookahead), PortLines.Ring, PortLines.None);
                break;
            case TimerKind.RingOff:
                SetLines(Role.Called, at.Time + (2 * Lookahead), PortLines.None, PortLines.Ring);
                break;
            case TimerKind.Clear:
                WatchBuffer(timer.Role, at.Time);
                break;
        }
    }

    /// <summary>An end did something.</summary>
    public void Input(Role from, in PortEvent e)
    {
        End end = _ends[(int)from];
        if (e.Kind == PortMessageKind.Lines)
        {
            bool was = end.IsReady;
            end.Out = e.Lines;
            if (was && !end.IsReady)
            {
                HangUp(from, e.Time);
            }

            return;
        }

        if (!end.IsReady)
        {
            return;
        }

        if (_line.State == LineState.Connected)
        {
            Carry(from, e.Time, e.Data);
        }
        else if (_line.State == LineState.Dialing && from == Role.Calling)
        {
            // Any key ends the attempt.
            _call++;
            _line.HangUp();
            Say(from, e.Time, "NO CARRIER");
        }
        else
        {
            Command(from, e.Time, e.Data);
        }
    }

    private static Role Other(Role role) => role == Role.Called ? Role.Calling : Role.Called;

    private static VirtualTime Up(long ns) => new((ns + Microsecond - 1) / Microsecond);

    private static long Ns(VirtualTime t) => t.IsNever ? Calendar.GuestClock.Never : t.Microseconds * Microsecond;

    private void Command(Role from, long time, byte[] data)
    {
        End end = _ends[(int)from];
        foreach (byte b in data)
        {
            ModemCommand command = end.Commands.Input(b);
            if (end.Commands.Echoes && from == Role.Calling)
            {
                Send(from, time + (2 * Lookahead), [b]);
            }

            switch (command)
            {
                case ModemCommand.Settings:
                    Say(from, time, "OK");
                    break;
                case ModemCommand.Error:
                    Say(from, time, "ERROR");
                    break;
                case ModemCommand.Dial when from == Role.Calling:
                    Dial(time);
                    break;
                case ModemCommand.Dial:
                    Say(from, time, "NO DIALTONE");
                    break;
            }
        }
    }

    private void Dial(long time)
    {
        Counts.Dialled++;
        _call++;
        long outcome = time + Ns(_line.Dial(_ends[(int)Role.Called].IsReady));
        Plan(outcome, TimerKind.Outcome);
        if (_ends[(int)Role.Called].IsReady && outcome - RingBefore > time)
        {
            Plan(outcome - RingBefore, TimerKind.RingOn);
            Plan(outcome - RingBefore + RingFor, TimerKind.RingOff);
        }
    }

    private void Outcome(long time)
    {
        if (!_line.Answer(_ends[(int)Role.Called].IsReady))
        {
            Say(Role.Calling, time, "NO CARRIER");
            return;
        }

        Counts.Connected++;
        foreach (End end in _ends)
        {
            end.InFrame = false;
            end.HasFramed = false;
            end.BreakIn = -1;
            end.Commands.Forget();
        }

        Say(Role.Calling, time, string.Create(CultureInfo.InvariantCulture, $"CONNECT {_options.BitRate}"));
        SetLines(Role.Calling, time + (2 * Lookahead), PortLines.CarrierDetect, PortLines.None);
        SetLines(Role.Called, time + (2 * Lookahead), PortLines.CarrierDetect, PortLines.Ring);
        VirtualTime loss = _line.NextLoss();
        if (!loss.IsNever)
        {
            Plan(time + Ns(loss), TimerKind.Loss);
        }
    }

    private void HangUp(Role from, long time)
    {
        switch (_line.State)
        {
            case LineState.Connected:
                Counts.HungUp++;
                LoseCarrier(time, time + (2 * Lookahead), time + Math.Max(2 * Lookahead, Ns(_line.CarrierDetect())), from);
                break;
            case LineState.Dialing when from == Role.Calling:
                _call++;
                _line.HangUp();
                break;
        }
    }

    // Carrier goes down at both ends; what would have arrived after that is lost.
    private void LoseCarrier(long time, long near, long far, Role hungUp = (Role)ModemLink.Calling)
    {
        _call++;
        _line.HangUp();
        for (int i = 0; i < 2; i++)
        {
            if (_ends[i].HasFramed)
            {
                Counts.Disconnects[i]++;
                Counts.Undecided[i] = 1;
            }

            long at = (Role)i == hungUp ? near : far;
            _dropAfter((Role)i, at);
            SetLines((Role)i, at, PortLines.ClearToSend, PortLines.CarrierDetect | PortLines.Ring);
        }

        _ = time;
    }

    private void Carry(Role from, long time, byte[] data)
    {
        Role to = Other(from);
        Counts.Bytes[(int)from] += data.Length;
        byte[] bytes = [.. data];
        Disturb(_ends[(int)from], bytes);
        if (_ends[(int)from].HasFramed)
        {
            Counts.Undecided[(int)from] = 0;
        }

        Send(to, Ns(_line.SendBytes((int)to, Up(time), bytes.Length)), bytes);
        WatchBuffer(from, time);
    }

    // Noise flips one bit of a frame; a frame begins with the first byte after a flag.
    private void Disturb(End end, byte[] bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == HdlcFraming.Flag)
            {
                Counts.Frames += end.InFrame && end.HasFramed ? 1 : 0;
                end.HasFramed = true;
                end.InFrame = false;
                end.BreakIn = -1;
                continue;
            }

            if (!end.InFrame)
            {
                end.InFrame = true;
                if (_line.NoiseBreaksFrame())
                {
                    Counts.FramesBroken++;
                    end.BreakIn = _line.BrokenBit(16);
                }
            }

            if (end.BreakIn >= 0 && (end.BreakIn < 8 || i + 1 == bytes.Length || bytes[i + 1] == HdlcFraming.Flag))
            {
                bytes[i] ^= (byte)(1 << (end.BreakIn & 7));
                end.BreakIn = -1;
            }
        }
    }

    private void WatchBuffer(Role from, long time)
    {
        End end = _ends[(int)from];
        long busy = Ns(_line.BusyUntil((int)Other(from))) - time, byteTime = 10 * Second / _options.BitRate;
        bool clear = (end.In & PortLines.ClearToSend) != 0;
        if (clear && busy > High * byteTime && _line.State == LineState.Connected)
        {
            SetLines(from, time + (2 * Lookahead), PortLines.None, PortLines.ClearToSend);
            _timers.Enqueue(new Timer(TimerKind.Clear, _call, from), (time + busy - (Low * byteTime), _order++));
        }
        else if (!clear && busy <= Low * byteTime)
        {
            SetLines(from, time + (2 * Lookahead), PortLines.ClearToSend, PortLines.None);
        }
        else if (!clear && _timers.Count == 0)
        {
            _timers.Enqueue(new Timer(TimerKind.Clear, _call, from), (time + busy - (Low * byteTime), _order++));
        }
    }

    private void Say(Role to, long time, string words)
    {
        if (to == Role.Calling && _ends[(int)to].Commands.Answers)
        {
            Send(to, time + (2 * Lookahead), Encoding.ASCII.GetBytes($"\r\n{words}\r\n"));
        }
    }

    private void Send(Role to, long time, byte[] bytes) => _deliver(to, new PortEvent(time, PortMessageKind.Data, PortLines.None, bytes));

    private void SetLines(Role to, long time, PortLines set, PortLines clear)
    {
        End end = _ends[(int)to];
        end.In = (end.In & ~clear) | set;
        _deliver(to, new PortEvent(time, PortMessageKind.Lines, end.In, []));
    }

    private void Plan(long time, TimerKind kind) => _timers.Enqueue(new Timer(kind, _call, Role.Called), (time, _order++));
}
