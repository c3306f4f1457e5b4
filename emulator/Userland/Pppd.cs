using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>Where a pppd, or the getty before it, is.</summary>
public enum PppdPhase : byte
{
    /// <summary>The kernel is down, or pppd has given up (maxfail).</summary>
    Dead,

    /// <summary>Called: getty waits for carrier.</summary>
    Getty,

    /// <summary>Calling: the chat script dials.</summary>
    Dialing,

    /// <summary>Carrier is there; name and password are exchanged.</summary>
    Login,

    /// <summary>The ppp discipline is on the tty.</summary>
    Running,

    /// <summary>Calling: DTR is low for a second.</summary>
    DtrLow,

    /// <summary>Called: waits for its scripts before it exits.</summary>
    Exiting,

    /// <summary>Calling: holdoff.</summary>
    Holdoff,
}

/// <summary>
/// pppd on one line, with the getty and login before it on the called system (reference 6; pppd 2.4.4 main.c): its phases, its modem, its signals. What the protocol
/// makes it do to its unit, a system call at a step, is in <c>Pppd.Unit.cs</c>.
/// </summary>
public sealed partial class Pppd : Process, IPortOwner
{
    /// <summary>The program's name.</summary>
    public const string Program = "pppd";

    /// <summary>Its timers, in the order of equal times: the protocol's, the process's own.</summary>
    public const int Timers = 2;

    private const int ProtocolTimer = 0, WaitTimer = 1;
    private static readonly VirtualTime DtrLowTime = VirtualTime.FromSeconds(1);
    private static readonly VirtualTime ChildTimeout = VirtualTime.FromSeconds(5);
    private readonly PppdOptions _options;
    private readonly TimeRange _startedAgain;
    private readonly PppEndpoint _ppp;
    private readonly Ring<byte> _ops = new();
    private readonly FrameRing _writes = new();
    private readonly FrameRing _reads = new();
    private RandomStream _random;
    private RandomStream _scripts;
    private PppdPhase _phase;
    private int _unit = -1;
    private int _pid;
    private int _failures;
    private bool _hungUp;
    private bool _signalled;
    private bool _termSignalled;

    /// <summary>It was asked to end: persist is off (SIGTERM).</summary>
    private bool _asked;
    private bool _proxied;
    private bool _protocolDue;
    private bool _waitDue;
    private bool _ipcpUp;
    private bool _demandUp;

    // Age of the kernel when the link was lost, plus 1, until the redial comes; 0 when no redial is waited for.
    private int _lost;
    private VirtualTime _scriptsDone;
    private Ipv4Address _local;
    private Ipv4Address _peer;
    private Ipv6Address _local6;
    private Ipv6Address _peer6;
    private bool _has6;

    /// <summary>A pppd that has not started.</summary>
    /// <param name="entry">Its entry in the table.</param>
    /// <param name="options">pppd's options.</param>
    /// <param name="startedAgain">From an exit that it was asked for until somebody starts it again, or never.</param>
    /// <param name="ppp">What the protocol negotiates.</param>
    /// <param name="line">Its tty: the number of its line on the router.</param>
    /// <param name="calls">It dials; else a getty waits for calls, and starts it.</param>
    /// <param name="random">Its stream over all boots.</param>
    /// <param name="scripts">How long its scripts take.</param>
    public Pppd(ProcessEntry entry, PppdOptions options, TimeRange startedAgain, PppEndpointOptions ppp, int line, bool calls, RandomStream random, RandomStream scripts)
        : base(entry)
    {
        _options = options;
        _startedAgain = startedAgain;
        Line = line;
        Calling = calls;
        _random = random;
        _scripts = scripts;
        _ppp = new PppEndpoint(ppp);
    }

    /// <inheritdoc/>
    public int Line { get; }

    /// <summary>Interface slot of the unit, or -1.</summary>
    public int Unit => _unit;

    /// <summary>Where it is.</summary>
    public PppdPhase Phase => _phase;

    /// <summary>IPCP is open.</summary>
    public bool IsUp => _ipcpUp;

    /// <inheritdoc/>
    public bool AnswersCalls => Machine.IsUp && _phase == PppdPhase.Getty;

    private bool Calling { get; }

    private void Wait(VirtualTime until) => Arm(WaitTimer, until);

    // After each call of the protocol: its next timer, and what ppp_send_config tells the kernel as LCP comes up and goes down.
    private void AfterProtocol()
    {
        if (_unit >= 0)
        {
            Kernel.PppIocSFlags(_unit, (_ppp.TransmitAcfc ? PppFlags.CompressAddress : 0) | (_ppp.TransmitPfc ? PppFlags.CompressProtocol : 0));
        }

        Arm(ProtocolTimer, _phase == PppdPhase.Running ? _ppp.NextTimer : VirtualTime.Never);
    }

    /// <summary>The system has booted: the calling system's pppd starts, the called one's getty waits.</summary>
    public override void Start(RandomStream random, VirtualTime now)
    {
        _pid = 100 + Number;
        _failures = 0;
        _unit = -1;
        _demandUp = false;
        if (Calling)
        {
            _phase = PppdPhase.Holdoff;
            Wait(now + new VirtualTime(1 + _random.Below(5_000_000)));
        }
        else
        {
            _phase = PppdPhase.Getty;
        }

        Wakeup();
    }

    /// <summary>The kernel panicked under the process: DTR drops.</summary>
    public override void Stop(VirtualTime now)
    {
        base.Stop(now);
        _phase = PppdPhase.Dead;
        _unit = -1;
        _ops.Clear();
        _writes.Clear();
        _reads.Clear();
        _hungUp = _signalled = _termSignalled = _asked = _proxied = _protocolDue = _waitDue = _ipcpUp = _has6 = false;
        _lost = 0;
        _ppp.Reset();
        Machine.DropDtr(Line, now);
    }

    /// <inheritdoc/>
    public void KernelDied() => DecideDisconnect();

    // A link that was lost earlier has been redialled, or no longer can be since the kernel has died.
    private void DecideDisconnect()
    {
        if (_lost > 0)
        {
            Machine.DisconnectDecided(Line, _lost - 1);
            _lost = 0;
        }
    }

    /// <summary>SIGHUP ends the link or the holdoff; SIGTERM that, and pppd with it.</summary>
    public override void Take(Signal signal)
    {
        if (signal == Signal.Hup)
        {
            _signalled = true;
        }
        else
        {
            _termSignalled = true;
        }

        Wakeup();
    }

    /// <inheritdoc/>
    public override void Timer(int which, VirtualTime now)
    {
        if (which == ProtocolTimer)
        {
            _protocolDue = true;
        }
        else
        {
            _waitDue = true;
        }

        Wakeup();
    }

    /// <inheritdoc/>
    public void TtyInput(ReadOnlySpan<byte> frame)
    {
        if (_phase == PppdPhase.Running && _reads.Count < 64)
        {
            _reads.Add(VirtualTime.Zero, frame, 0);
        }

        Wakeup();
    }

    /// <inheritdoc/>
    public void Connected(VirtualTime login, VirtualTime now)
    {
        _phase = PppdPhase.Login;
        _hungUp = false;
        Wait(now + login);
        if (!Calling)
        {
            Machine.Say(TraceSource.Getty, "RING, CONNECT: login");
            Machine.Compete(CompetitorTrigger.Login, now);
        }
    }

    /// <inheritdoc/>
    public void DialFailed(VirtualTime now)
    {
        Say("NO CARRIER");
        if (_options.MaxFail > 0 && ++_failures >= _options.MaxFail)
        {
            _phase = PppdPhase.Dead;
            return;
        }

        StartHoldoff(now);
    }

    private void StartHoldoff(VirtualTime now)
    {
        _phase = PppdPhase.Holdoff;
        Wait(now + _options.Holdoff);
    }

    /// <inheritdoc/>
    public void CarrierLost()
    {
        _hungUp = true;
        Wakeup();
    }

    /// <inheritdoc/>
    public override bool Step(VirtualTime now)
    {
        if (_ops.Count > 0)
        {
            Execute((Op)_ops.Take(), now);
            return true;
        }

        if (_hungUp && _phase == PppdPhase.Login)
        {
            _phase = Calling ? PppdPhase.DtrLow : PppdPhase.Getty;
            if (Calling)
            {
                Machine.DropDtr(Line, now);
                Wait(now + DtrLowTime);
            }
            else
            {
                Wait(VirtualTime.Never);
            }

            return true;
        }

        if (_hungUp && _phase == PppdPhase.Running && !_ppp.IsDead)
        {
            Say("Modem hangup");
            _ppp.LowerDown(now, this);
            AfterProtocol();
            return true;
        }

        if (_termSignalled)
        {
            _termSignalled = false;
            Terminate(now);
            return true;
        }

        if (_signalled)
        {
            _signalled = false;
            switch (_phase)
            {
                case PppdPhase.Running:
                    Say("SIGHUP: terminating the link");
                    _ppp.Close(now, this);
                    AfterProtocol();
                    break;
                case PppdPhase.Holdoff when Calling:
                    Wait(VirtualTime.Never);
                    Dial(now);
                    break;
                case PppdPhase.Dialing or PppdPhase.Login when Calling:
                    Say("SIGHUP: connect script ends");
                    Machine.DropDtr(Line, now);
                    _phase = PppdPhase.DtrLow;
                    Wait(now + DtrLowTime);
                    break;
            }

            return true;
        }

        if (_waitDue)
        {
            _waitDue = false;
            WaitOver(now);
            return true;
        }

        if (_protocolDue)
        {
            _protocolDue = false;
            if (_phase == PppdPhase.Running)
            {
                (bool, bool) header = Header;
                _ppp.Timeout(now, this);
                AfterProtocol();
                SteadyIfStill(header);
                return true;
            }
        }

        if (_reads.Count > 0)
        {
            ReadOnlySpan<byte> frame = _reads.Take(out _);
            if (_phase == PppdPhase.Running)
            {
                (bool, bool) header = Header;
                _ppp.Input(frame, now, this);
                AfterProtocol();
                SteadyIfStill(header);
            }

            return true;
        }

        return false;
    }

    private (bool Acfc, bool Pfc) Header => (_ppp.TransmitAcfc, _ppp.TransmitPfc);

    // A packet's consequences for the kernel are left to later steps; at once it changes at most how a header is written, and an echo not even that.
    private void SteadyIfStill((bool, bool) header)
    {
        if (header == Header)
        {
            Quiet.Steady();
        }
    }

    private void Dial(VirtualTime now)
    {
        _phase = PppdPhase.Dialing;
        Machine.Counters.Redials++;
        Say("chat: dialling");
        Machine.Compete(CompetitorTrigger.Dial, now);
        Machine.Dial(Line, now);
    }

    private void WaitOver(VirtualTime now)
    {
        switch (_phase)
        {
            case PppdPhase.Holdoff:
                Dial(now);
                Quiet.Steady(); // the modem's work, and others' memory
                break;
            case PppdPhase.Login:
                _phase = PppdPhase.Running;
                Do(Op.OpenUnit);
                break;
            case PppdPhase.DtrLow:
                CloseTty();
                if (_asked)
                {
                    Exited(now);
                }
                else if (_options.Persist)
                {
                    StartHoldoff(now);
                }
                else
                {
                    _phase = PppdPhase.Dead;
                }

                break;
            case PppdPhase.Dead when Calling:
                Say("pppd is started again");
                _failures = 0;
                Dial(now);
                break;
            case PppdPhase.Exiting:
                // The session leader's exit revokes the tty: last close.
                CloseTty();
                Machine.DropDtr(Line, now);
                _phase = PppdPhase.Getty;
                _hungUp = _asked = false;
                Machine.Say(TraceSource.Getty, "respawned");
                break;
        }
    }

    // SIGTERM (pppd 2.4.4 main.c, handle_events): as SIGHUP, and persist is off, so that what follows the link's end is exit. It ends a holdoff too, without a redial.
    private void Terminate(VirtualTime now)
    {
        switch (_phase)
        {
            case PppdPhase.Running:
                _asked = true;
                Say("SIGTERM: terminating the link");
                _ppp.Close(now, this);
                AfterProtocol();
                break;
            case PppdPhase.Holdoff when Calling:
                _asked = true;
                Wait(VirtualTime.Never);
                Quit();
                break;
            case PppdPhase.Dialing or PppdPhase.Login when Calling:
                _asked = true;
                Say("SIGTERM: connect script ends");
                Machine.DropDtr(Line, now);
                _phase = PppdPhase.DtrLow;
                Wait(now + DtrLowTime);
                break;
            case PppdPhase.DtrLow or PppdPhase.Exiting:
                _asked = true;
                break;
        }
    }

    // Its process is gone. It may be started again; a called system's getty does it with the next call.
    private void Exited(VirtualTime now)
    {
        _asked = false;
        _phase = PppdPhase.Dead;
        Say("exit: asked to");
        Wait(_startedAgain.Min.IsNever ? VirtualTime.Never : now + _scripts.Draw(_startedAgain));
    }

    private void CloseTty()
    {
        if (_unit >= 0)
        {
            Kernel.PppClose(_unit, Line);
            _unit = -1;
        }
    }

    // link_terminated: the discipline goes back unless the line hung up; then DTR low and a second's sleep (calling), or the scripts and exit (called).
    private void Terminated(VirtualTime now)
    {
        if (_options.Demand && _unit >= 0 && !_asked)
        {
            Kernel.PppIocXferUnit(_unit, _pid);
        }

        if (!_hungUp)
        {
            CloseTty();
        }

        _ops.Clear();
        _writes.Clear();
        _reads.Clear();
        Arm(ProtocolTimer, VirtualTime.Never);
        if (Calling)
        {
            _phase = PppdPhase.DtrLow;
            Machine.DropDtr(Line, now);
            Wait(now + DtrLowTime);
        }
        else
        {
            _phase = PppdPhase.Exiting;
            VirtualTime latest = now + ChildTimeout;
            VirtualTime until = _scriptsDone < now ? now : _scriptsDone > latest ? latest : _scriptsDone;
            Wait(until);
        }
    }

    /// <inheritdoc/>
    public override void Fields<TPass>(ref TPass pass)
    {
        _ppp.Fields(ref pass);
        _ops.Numbers(ref pass);
        _writes.Fields(ref pass);
        _reads.Fields(ref pass);
        pass.Struct(ref _random);
        pass.Struct(ref _scripts);
        pass.Field(ref _phase);
        pass.Field(ref _unit, initial: -1);
        pass.Field(ref _pid);
        pass.Field(ref _failures);
        pass.Field(ref _hungUp);
        pass.Field(ref _signalled);
        pass.Field(ref _termSignalled);
        pass.Field(ref _asked);
        pass.Field(ref _proxied);
        pass.Field(ref _protocolDue);
        pass.Field(ref _waitDue);
        pass.Field(ref _ipcpUp);
        pass.Field(ref _demandUp);
        pass.Field(ref _lost);
        pass.Struct(ref _scriptsDone);
        pass.Struct(ref _local);
        pass.Struct(ref _peer);
        pass.Struct(ref _local6);
        pass.Struct(ref _peer6);
        pass.Field(ref _has6);
    }
}
