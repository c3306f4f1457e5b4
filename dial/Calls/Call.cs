using System.Buffers.Binary;
using Stress.Dial.Lines;
using Stress.Dial.Recording;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;

namespace Stress.Dial.Calls;

/// <summary>The outcome of a call.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Detail">One line for people; empty for a call that went as planned.</param>
/// <param name="WasUp">A network protocol was open.</param>
/// <param name="HeardAnything">At least one byte came from the far side.</param>
/// <param name="Ours">Our IPv4 address, once IPCP was open.</param>
/// <param name="His">The far side's.</param>
public sealed record CallResult(CallOutcome Outcome, string Detail, bool WasUp, bool HeardAnything, Ipv4Address Ours, Ipv4Address His);

/// <summary>
/// One call on one line, from carrier to carrier: the chat, the emulated pppd's endpoint in real time, the daemons' packets, and the end that the programme calls for. Memory and
/// time are bounded whatever the far side sends: a frame buffer of one MRU, a deadline for each phase, a limit on every negotiation.
/// </summary>
public sealed class Call : IPppActions
{
    // The largest frame that is kept: twice the default MRU, header and FCS. More is counted as too long.
    private const int FrameRoom = 3072;
    private const int ReadRoom = 4096;
    private readonly ILine _line;
    private readonly CallOptions _options;
    private readonly DialCounters _counters;
    private readonly ICallLog _log;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly PppEndpoint _ppp;
    private readonly LinkTraffic _traffic;
    private readonly byte[] _frame = new byte[FrameRoom];
    private readonly MemoryStream _out = new();

    // Lengths of what is sent after which a break follows.
    private readonly List<int> _breaks = [];
    private readonly CallEnd _end;
    private readonly VirtualTime _up;
    private HdlcDeframer _deframer;
    private VirtualTime _now;
    private VirtualTime _deadline;
    private VirtualTime _planned = VirtualTime.Never;
    private Chat? _chat;
    private CallOutcome? _outcome;
    private string _detail = "";
    private bool _planSet;

    // The link went down before its planned end: the remaining time that it should be up.
    private VirtualTime? _left;

    // It was already down when the frame or timer before this one had been dealt with.
    private bool _wasDown;
    private bool _stalled;
    private bool _ending;
    private bool _silent;
    private bool _ipUp;
    private bool _ip6Up;
    private bool _wasUp;
    private bool _lcpWasUp;
    private bool _ipWasUp;
    private bool _ip6WasUp;
    private bool _heard;
    private bool _heardSinceEnd;
    private Ipv4Address _ours;
    private Ipv4Address _his;

    /// <summary>A call on a line that has carrier.</summary>
    /// <param name="line">The line; the caller disposes it.</param>
    /// <param name="options">What the call does.</param>
    /// <param name="number">The line's number and the call's on it: choose the programme's end and seed every draw.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="counters">The line's counts.</param>
    /// <param name="log">The recorder.</param>
    /// <param name="time">The clock.</param>
    public Call(ILine line, CallOptions options, (int Line, long Call) number, ulong seed, DialCounters counters, ICallLog log, TimeProvider time)
    {
        _line = line;
        _options = options;
        _counters = counters;
        _log = log;
        _time = time;
        _start = time.GetTimestamp();
        ulong entity = ((ulong)(uint)number.Line << 40) + ((ulong)number.Call << 1) + (options.Calling ? 1UL : 0UL);
        var random = new RandomStream(seed, entity, RandomPurpose.Pppd);
        _ppp = new PppEndpoint(options.Ppp) { Magic = (uint)random.Next() | 1, InterfaceIdentifier = (random.Next() & ~(2UL << 56)) | 1 };
        _traffic = new LinkTraffic(options, number.Line, new RandomStream(seed, entity, RandomPurpose.Ripngd), counters);
        _end = options.Ends.Count == 0 ? CallEnd.Hup : options.Ends[(int)(number.Call % options.Ends.Count)];
        _up = options.Up.Min.IsNever ? VirtualTime.Never : new RandomStream(seed, entity, RandomPurpose.Hup).Draw(options.Up);
    }

    /// <summary>Runs the call to its end. Never throws for what the far side does.</summary>
    /// <param name="stop">Hangs up at once.</param>
    public async Task<CallResult> RunAsync(CancellationToken stop)
    {
        _counters.Calls++;
        byte[] input = new byte[ReadRoom];
        Task<int>? read = null;
        _now = Now();
        Begin();
        while (_outcome is null)
        {
            Timers();
            if (!await FlushAsync().ConfigureAwait(false) || _outcome is not null)
            {
                break;
            }

            read ??= _line.ReadAsync(input).AsTask();
            if (!read.IsCompleted)
            {
                await ((Task)read).WaitAsync(UntilNextTimer(), _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            _now = Now();
            if (stop.IsCancellationRequested)
            {
                Conclude(CallOutcome.Interrupted, "asked to stop");
            }
            else if (read.IsCompleted)
            {
                int n = await read.ConfigureAwait(false);
                read = null;
                if (n == 0)
                {
                    CarrierGone();
                }
                else
                {
                    Take(input.AsSpan(0, n));
                }
            }
        }

        await FlushAsync().ConfigureAwait(false);
        _line.HangUp();
        if (read is not null)
        {
            await read.ConfigureAwait(false);
        }

        return Finish();
    }

    private VirtualTime Now() => new((long)_time.GetElapsedTime(_start).TotalMicroseconds);

    private TimeSpan UntilNextTimer()
    {
        VirtualTime next = _deadline < _planned ? _deadline : _planned;
        if (_chat is not null)
        {
            next = _chat.Deadline < next ? _chat.Deadline : next;
        }
        else if (!_silent)
        {
            next = _ppp.NextTimer < next ? _ppp.NextTimer : next;
            next = _traffic.NextTimer < next ? _traffic.NextTimer : next;
        }

        if (next.IsNever)
        {
            return Timeout.InfiniteTimeSpan;
        }

        // What has passed since the timers were looked at counts, a slow write above all. A system timer counts whole milliseconds: waking a microsecond early would only spin the loop.
        VirtualTime now = Now();
        return next <= now ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Min(((next - now).Microseconds + 999) / 1000, int.MaxValue / 2));
    }

    private void Begin()
    {
        _log.Note(_now, _options.Calling ? "carrier: calling" : "carrier: called");
        if (_options.Chat.Steps.Count > 0)
        {
            _chat = new Chat(_options.Chat, _now);
            _deadline = VirtualTime.Never;
            AfterChat();
        }
        else
        {
            StartPpp();
        }
    }

    private void AfterChat()
    {
        foreach ((byte[] bytes, bool breaks, bool secret) in _chat!.TakeSend())
        {
            _out.Write(bytes);
            if (bytes.Length > 0)
            {
                _log.Text(_now, true, secret ? "(from the chat script, ??????)"u8 : "(from the chat script)"u8);
            }

            if (breaks)
            {
                _breaks.Add((int)_out.Length);
                _log.Note(_now, "break");
            }
        }

        foreach (string note in _chat.TakeNotes())
        {
            _log.Note(_now, note);
        }

        if (_chat.State is not (ChatState.Waiting or ChatState.Done))
        {
            _log.Note(_now, $"chat ends with {_chat.ExitStatus}");
        }

        string status = $" (chat {_chat.ExitStatus})";
        switch (_chat.State)
        {
            case ChatState.Done:
                byte[] rest = _chat.TakeRest();
                _chat = null;
                StartPpp();
                Receive(rest);
                break;
            case ChatState.SendFailed:
            case ChatState.TooMany:
                Conclude(CallOutcome.ChatFailed, _chat.Detail + status);
                break;
            case ChatState.HungUp:
                Conclude(CallOutcome.ChatFailed, $"carrier went while waiting for '{_chat.Detail}'{status}");
                break;
            case ChatState.TimedOut:
                Conclude(CallOutcome.ChatFailed, $"'{_chat.Detail}' did not come within {_chat.Limit}{status}");
                break;
            case ChatState.Aborted:
                Conclude(CallOutcome.ChatFailed, $"the far side said '{_chat.Detail}'{status}");
                break;
            case ChatState.Flooded:
                Conclude(CallOutcome.ChatFailed, $"'{_chat.Detail}' did not come in {Chat.MaxBytes} bytes");
                break;
        }
    }

    private void StartPpp()
    {
        _deadline = _now + _options.Establish;
        _ppp.Open(_now, this);
        _ppp.LowerUp(_now, this);
    }

    private void Timers()
    {
        _now = Now();
        if (_chat is not null)
        {
            _chat.Timeout(_now);
            AfterChat();
            return;
        }

        if (_deadline <= _now)
        {
            _deadline = VirtualTime.Never;
            DeadlinePassed();
            if (_outcome is not null)
            {
                return;
            }
        }

        if (_silent)
        {
            return;
        }

        StartPlan();
        if (_ppp.NextTimer <= _now)
        {
            _ppp.Timeout(_now, this);
        }

        while (_outcome is null && _traffic.TakeDue(_now, out PppProtocol protocol, out ReadOnlySpan<byte> packet))
        {
            SendPacket(protocol, packet);
        }

        if (_planned <= _now && _outcome is null)
        {
            _planned = VirtualTime.Never;
            StartEnd();
        }
    }

    private void DeadlinePassed()
    {
        if (_silent)
        {
            _log.Note(_now, "silence is over: carrier dropped");
            _ppp.LowerDown(_now, this);
            Conclude(CallOutcome.Completed, "");
        }
        else if (_left is not null)
        {
            PppPhase phase = _ppp.Phase;
            _ppp.LowerDown(_now, this);
            Conclude(CallOutcome.LinkLost, $"went down before its end and was not up again within {_options.Establish}, in phase {phase}");
        }
        else if (!_planSet)
        {
            CallOutcome outcome = _lcpWasUp ? CallOutcome.NetworkFailed : CallOutcome.NegotiationFailed;
            _ppp.LowerDown(_now, this);
            Conclude(outcome, $"not up {_options.Establish} after carrier, in phase {_ppp.Phase}");
        }
    }

    private void StartEnd()
    {
        _ending = true;
        _heardSinceEnd = false;
        switch (_end)
        {
            case CallEnd.Hup:
                _counters.Hups++;
                _log.Note(_now, "SIGHUP: terminating the link");
                _ppp.Close(_now, this);
                break;
            case CallEnd.Carrier:
                _counters.CarrierDrops++;
                _log.Note(_now, "carrier dropped");
                _ppp.LowerDown(_now, this);
                Conclude(CallOutcome.Completed, "");
                break;
            default:
                _counters.Silences++;
                _log.Note(_now, $"silent for {_options.Silence}");
                _silent = true;
                _deadline = _now + _options.Silence;
                break;
        }
    }

    private void CarrierGone()
    {
        _log.Note(_now, "carrier lost");
        if (_chat is not null)
        {
            _chat.HangUp();
            AfterChat();
            return;
        }

        bool planned = _ending;
        bool wasUp = _wasUp;
        bool lost = _wasDown && (_stalled || _ppp.Phase != PppPhase.Terminate);
        PppTermination? terminating = _ppp.Terminating;
        _ppp.LowerDown(_now, this);
        if (planned)
        {
            Conclude(CallOutcome.Completed, "");
        }
        else if (lost)
        {
            Conclude(CallOutcome.LinkLost, "carrier went after the link had gone down before its end");
        }
        else if (terminating is { } reason)
        {
            // A far side that hangs up as soon as it has our Terminate-Ack, as pppd does, has given its word; our Restart timer still ran.
            Ended(reason);
        }
        else if (wasUp && !_options.Calling)
        {
            Conclude(CallOutcome.Completed, "");
        }
        else
        {
            Conclude(CallOutcome.CarrierLost, "carrier went without a word");
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        _counters.BytesIn += bytes.Length;
        _heard = _heardSinceEnd = true;
        if (_silent)
        {
            return;
        }

        if (_chat is not null)
        {
            int taken = _chat.Input(bytes, _now);
            _log.Text(_now, false, bytes[..taken]);
            AfterChat();
            bytes = bytes[taken..];
        }

        Receive(bytes);
    }

    private void Receive(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && _outcome is null && !_silent)
        {
            _deframer.ReceiveAsyncMap = _ppp.ReceiveAsyncMap;
            int length = _deframer.Input(bytes, _frame, out int consumed);
            bytes = bytes[consumed..];
            switch (length)
            {
                case > 0:
                    _counters.FramesIn++;
                    _log.Frame(_now, false, _frame.AsSpan(0, length));
                    _ppp.Input(_frame.AsSpan(0, length), _now, this);
                    _wasDown = _left is not null && !_ipUp && !_ip6Up;
                    break;
                case HdlcFraming.BadFcs:
                    _counters.BadFcs++;
                    _log.Note(_now, "a frame with a wrong FCS");
                    break;
                case HdlcFraming.TooLong:
                    _counters.TooLong++;
                    _log.Note(_now, "a frame that is too long");
                    break;
                case HdlcFraming.TooShort:
                case HdlcFraming.Aborted:
                    _counters.Runts++;
                    break;
            }
        }
    }

    private async ValueTask<bool> FlushAsync()
    {
        if (_out.Length == 0 && _breaks.Count == 0)
        {
            return true;
        }

        byte[] bytes = _out.ToArray();
        int[] breaks = [.. _breaks];
        _out.SetLength(0);
        _breaks.Clear();
        using var late = new CancellationTokenSource(TimeSpan.FromMicroseconds(_options.WriteTimeout.Microseconds), _time);
        if (await WriteAsync(bytes, breaks, late.Token).ConfigureAwait(false))
        {
            _counters.BytesOut += bytes.Length;
            return true;
        }

        if (_outcome is null)
        {
            _now = Now();
            if (late.IsCancellationRequested)
            {
                _ppp.LowerDown(_now, this);
                Conclude(CallOutcome.CarrierLost, $"the far side took nothing for {_options.WriteTimeout}");
            }
            else
            {
                CarrierGone();
            }
        }

        return false;
    }

    private async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, int[] breaks, CancellationToken late)
    {
        int sent = 0;
        foreach (int at in breaks)
        {
            if (at > sent && !await _line.WriteAsync(bytes[sent..at], late).ConfigureAwait(false))
            {
                return false;
            }

            sent = at;
            await _line.BreakAsync().ConfigureAwait(false);
        }

        return sent == bytes.Length || await _line.WriteAsync(bytes[sent..], late).ConfigureAwait(false);
    }

    private void SendPacket(PppProtocol protocol, ReadOnlySpan<byte> packet)
    {
        Span<byte> payload = stackalloc byte[2 + packet.Length];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)protocol);
        packet.CopyTo(payload[2..]);
        Put(payload, _ppp.TransmitAsyncMap, _ppp.TransmitAcfc, _ppp.TransmitPfc);
    }

    private void Put(ReadOnlySpan<byte> payload, uint asyncMap, bool acfc, bool pfc)
    {
        byte[] encoded = new byte[HdlcFraming.MaxEncodedLength(payload.Length)];
        int n = HdlcFraming.Encode(payload, encoded, asyncMap, acfc, pfc);
        _out.Write(encoded, 0, n);
        _counters.FramesOut++;
        _log.Frame(_now, true, payload);
    }

    private void Conclude(CallOutcome outcome, string detail)
    {
        if (_outcome is null)
        {
            _outcome = outcome;
            _detail = detail;
        }
    }

    private CallResult Finish()
    {
        _counters.End(_outcome!.Value);
        _counters.LcpOpened += _lcpWasUp ? 1 : 0;
        _counters.IpcpOpened += _ipWasUp ? 1 : 0;
        _counters.Ipv6cpOpened += _ip6WasUp ? 1 : 0;
        _counters.Disconnects += _wasUp ? 1 : 0;
        PppCounters p = _ppp.Counters;
        _counters.Malformed += p.Malformed;
        _counters.OutOfPhase += p.OutOfPhase;
        _counters.Unexpected += p.Unexpected;
        _counters.ProtocolRejects += p.ProtocolRejects;
        _counters.CodeRejects += p.CodeRejects;
        _counters.OptionsRejected += p.OptionsRejected;
        _counters.OptionsNaked += p.OptionsNaked;
        _counters.EndlessNegotiations += p.EndlessNegotiations;
        _log.Note(Now(), _detail.Length == 0 ? $"call ended: {_outcome}" : $"call ended: {_outcome}: {_detail}");
        return new CallResult(_outcome.Value, _detail, _wasUp, _heard, _ours, _his);
    }

    void IPppActions.SendFrame(ReadOnlySpan<byte> frame)
    {
        bool full = frame[0] == 0xFF;
        ReadOnlySpan<byte> payload = full ? frame[2..] : frame;
        bool lcp = BinaryPrimitives.ReadUInt16BigEndian(payload) == (ushort)PppProtocol.Lcp;
        Put(payload, lcp ? HdlcFraming.DefaultAsyncMap : _ppp.TransmitAsyncMap, acfc: !full, pfc: false);
    }

    void IPppActions.LcpUp() => _lcpWasUp = true;

    void IPppActions.PhaseChanged(PppPhase phase)
    {
        // A peer that ends the link during renegotiation does not end a link that is up.
        _stalled |= phase == PppPhase.Terminate && _wasDown;
        _log.Note(_now, $"phase {phase}");
    }

    void IPppActions.AuthenticationDone() => _log.Note(_now, "authenticated");

    void IPppActions.IpcpUp(Ipv4Address ours, Ipv4Address his)
    {
        _log.Note(_now, $"IPCP up: local {ours}, remote {his}");
        _ours = ours;
        _his = his;
        _ipUp = _ipWasUp = true;
        _traffic.Ipv4Up(ours, _now);
        _wasUp = true;
    }

    void IPppActions.IpcpDown()
    {
        _ipUp = false;
        _traffic.Ipv4Down();
        WentDown();
    }

    void IPppActions.Ipv6cpUp(ulong ours, ulong his)
    {
        _log.Note(_now, $"IPV6CP up: local {Ipv6Address.LinkLocal(ours)}, remote {Ipv6Address.LinkLocal(his)}");
        _ip6Up = _ip6WasUp = true;
        _traffic.Ipv6Up(ours, _now);
        _wasUp = true;
    }

    void IPppActions.Ipv6cpDown()
    {
        _ip6Up = false;
        _traffic.Ipv6Down();
        WentDown();
    }

    void IPppActions.NetworkData(PppProtocol protocol, ReadOnlySpan<byte> packet) => _traffic.Heard(protocol, packet, _now);

    void IPppActions.LinkTerminated(PppTermination reason)
    {
        _log.Note(_now, $"link terminated: {reason}");
        if (_ending && reason == PppTermination.UserRequest && !_heardSinceEnd)
        {
            _counters.TerminatesUnanswered++;
        }

        // Carrier loss is concluded where it was noticed, with its cause.
        if (reason != PppTermination.Hangup)
        {
            Ended(reason);
        }
    }

    private void Ended(PppTermination reason)
    {
        CallOutcome outcome = reason switch
        {
            PppTermination.UserRequest => CallOutcome.Completed,
            PppTermination.PeerRequest when _ending || (_wasUp && !_options.Calling && !_stalled) => CallOutcome.Completed,
            PppTermination.PeerRequest when _stalled => CallOutcome.LinkLost,
            PppTermination.PeerRequest => CallOutcome.PeerTerminated,
            PppTermination.AuthenticationFailed => CallOutcome.AuthenticationFailed,
            PppTermination.LoopbackDetected => CallOutcome.Looped,
            PppTermination.PeerNotResponding => CallOutcome.PeerNotResponding,
            PppTermination.NoNetworkProtocols => CallOutcome.NetworkFailed,
            _ => _wasUp ? CallOutcome.PeerNotResponding : CallOutcome.NegotiationFailed,
        };
        Conclude(outcome, outcome == CallOutcome.Completed ? "" : reason.ToString());
    }

    // The plan's clock starts when every network protocol is open, or its automaton has given up while the other is open.
    private void StartPlan()
    {
        if (_left is { } left && (_ipUp || _ip6Up))
        {
            _log.Note(_now, "the link is up again");
            _left = null;
            _wasDown = false;
            _deadline = VirtualTime.Never;
            _planned = left.IsNever ? VirtualTime.Never : _now + left;
        }

        if (_planSet || !(_ipUp || _ip6Up) || !Settled(PppEndpoint.Ipcp, _ipUp) || !Settled(PppEndpoint.Ipv6cp, _ip6Up))
        {
            return;
        }

        _planSet = true;
        _deadline = VirtualTime.Never;
        _planned = _up.IsNever ? VirtualTime.Never : _now + _up;
    }

    // It was not requested, and no network protocol is open any more: the plan's clock stops until one is, for as long as a link may take to come up.
    private void WentDown()
    {
        if (_planSet && !_ending && _left is null && !_ipUp && !_ip6Up)
        {
            _log.Note(_now, "the link is down before its planned end");
            _left = _planned.IsNever ? VirtualTime.Never : _planned > _now ? _planned - _now : VirtualTime.Zero;
            _planned = VirtualTime.Never;
            _deadline = _now + _options.Establish;
        }
    }

    private bool Settled(int layer, bool up) => up || _ppp.StateOf(layer) is FsmState.Initial or FsmState.Starting or FsmState.Closed or FsmState.Stopped;
}
