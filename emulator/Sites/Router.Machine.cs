using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Sites;

/// <summary>What a router is to its kernel (<see cref="IKernelHost"/>), to its processes (<see cref="IMachine"/>) and to its lines.</summary>
public sealed partial class Router
{
    IQuietWay IMachine.Quiet => Quiet;

    EventQueue IMachine.Events => _site.Queue;

    RunQueues IMachine.Queues => _run;

    SiteClock IMachine.Clock => _site.Clock;

    IZserv? IMachine.Zserv => _processes.Zserv;

    void IMachine.ZebraFailed(int process, VirtualTime now) => _processes.ZebraRestarts?.Failed(process, now);

    bool IMachine.AsksZebra(int process) => _processes[process].AsksZebra;

    int IMachine.KernelAge => KernelAge.Of(_site.Clock.Now - _booted);

    void IMachine.DisconnectDecided(int line, int age)
    {
        _site.DisconnectDecided(this, line);
        Counters.DecidedDisconnects++;
        _decided[age]++;
        _ageOfLoss = age;
    }

    void IMachine.Panicked(KernelPanic panic, VirtualTime now) => Panic(panic, now);

    private bool Admits(SitePartKind kind, int which = 0) => _site.Clock.Parts?.Admits(kind, Number, which) ?? true;

    /// <summary>A signal is sent to all processes of a program.</summary>
    public void Kill(string program, Signal signal, VirtualTime now)
    {
        if (IsUp)
        {
            ((IMachine)this).Kill(program, signal);
            RunCpu(now);
        }
    }

    /// <summary>An event of a programme affects one of the interfaces without a line.</summary>
    /// <param name="which">Its place among the role's.</param>
    /// <param name="what">What happens to it.</param>
    /// <param name="now">Virtual time.</param>
    public void StrikeInterface(int which, SiteEventKind what, VirtualTime now)
    {
        if (!IsUp || _processes.Netif is not { } netif)
        {
            return;
        }

        switch (what)
        {
            case SiteEventKind.Destroy:
                netif.Destroy(which, comesBack: false, now);
                break;
            case SiteEventKind.Recreate:
                netif.Destroy(which, comesBack: true, now);
                break;
            case SiteEventKind.Create:
                netif.Create(which);
                break;
            case SiteEventKind.Renumber:
                netif.Renumber(which);
                break;
            default:
                netif.ChangeMtu(which);
                break;
        }

        RunCpu(now);
    }

    void IMachine.Kill(string program, Signal signal)
    {
        foreach (Process p in _processes.All)
        {
            if (p.Entry.Name == program)
            {
                p.Take(signal);
            }
        }
    }

    void IMachine.Restart(Process process, VirtualTime now)
    {
        process.Start(StreamOf(process, (ulong)now.Microseconds << 16), now);
        _run.Wakeup(process.Number);
    }

    VirtualTime IMachine.WatcherDelay(TimeRange range) => _boot.Draw(range);

    void IMachine.Deliver(int process, in ZebraMessage m)
    {
        _processes[process].Deliver(m);
        _run.Wakeup(process);
    }

    void IMachine.Compete(CompetitorTrigger trigger, VirtualTime now)
    {
        foreach (Process p in _processes.System)
        {
            p.Compete(trigger, now);
        }
    }

    void IMachine.AddressUp(Ipv4Address local)
    {
        foreach (Process p in _processes.System)
        {
            p.AddressUp(local);
        }
    }

    void IMachine.Dial(int line, VirtualTime now) => ((IModemLink)_ports[line].Link).Dial(now);

    void IMachine.DropDtr(int line, VirtualTime now) => ((IModemLink)_ports[line].Link).DropDtr(_ports[line].End, now);

    void IMachine.Probe(Probe probe) => Oracle.Probe(probe);

    void IKernelHost.RoutingSocketReadable() => _processes.RoutingSocketReader?.RoutingSocketReadable();

    void IKernelHost.TtyOutput(int line, ReadOnlySpan<byte> frame) => _ports[line].Link.Transmit(_ports[line].End, frame, _site.Now);

    void IKernelHost.EtherOutput(ReadOnlySpan<byte> frame) => _segment?.Transmit(_stationOfSegment, frame, _site.Now);

    void IKernelHost.EtherGone() => _segment?.LinkLost(_stationOfSegment);

    /// <inheritdoc/>
    public bool Takes(ReadOnlySpan<byte> frame) => IsUp && Kernel.TakesFrame(frame);

    void IKernelHost.PppoeOutput(short unit, ReadOnlySpan<byte> frame) => _concentrator?.Transmit(unit, frame, _site.Now);

    void IKernelHost.PppoeWentDown(int slot) => _processes.Netif?.WentDown(slot, _site.Now);

    /// <summary>Puts an access concentrator behind the Ethernets that lead out of the site.</summary>
    public void Plug(AccessConcentrator concentrator) => _concentrator = concentrator;

    /// <inheritdoc/>
    public void PppoeArrived(short unit, ReadOnlySpan<byte> frame, VirtualTime now)
    {
        if (!IsUp)
        {
            return;
        }

        try
        {
            Kernel.EnterFromUser(KernelFunction.SoftNet);
            Kernel.PppoeInput(unit, frame);
        }
        catch (KernelPanic panic)
        {
            Panic(panic, now);
        }

        RunCpu(now);
    }

    /// <summary>Plugs a segment into the Ethernet.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="station">Which of its stations the router is.</param>
    public void Plug(EthernetSegment segment, int station) => (_segment, _stationOfSegment) = (segment, station);

    /// <inheritdoc/>
    public void EtherArrived(ReadOnlySpan<byte> frame, VirtualTime now)
    {
        if (!IsUp)
        {
            return;
        }

        _site.Trace?.EtherArrived(_site.Clock.Events, Number, frame);
        try
        {
            Kernel.EtherInput(frame);
        }
        catch (KernelPanic panic)
        {
            Panic(panic, now);
        }

        RunCpu(now);
    }

    void IKernelHost.TtyInput(int line, ReadOnlySpan<byte> frame) => _processes.PortOwners[line].TtyInput(frame);

    void IKernelHost.RawInput(int pcb, int ifIndex, ReadOnlySpan<byte> packet)
    {
        foreach (Process p in _processes.Daemons)
        {
            if (p.Receive(pcb, ifIndex, packet))
            {
                return;
            }
        }

        _processes.Querier?.Receive(pcb, ifIndex, packet);
    }

    void IKernelHost.MldInput(int pcb, int ifIndex, in MldMessage message) => _processes.Querier?.Receive(pcb, ifIndex, message);

    void IKernelHost.Udp6Input(int pcb, int ifIndex, in Ipv6Header ip, ReadOnlySpan<byte> payload)
    {
        foreach (Process p in _processes.Daemons)
        {
            if (p.Receive(pcb, ifIndex, ip, payload))
            {
                return;
            }
        }
    }

    void IKernelHost.TcpReady(int pcb)
    {
        foreach (Process p in _processes.System)
        {
            p.TcpReady(pcb);
        }
    }

    void IKernelHost.FastTimerWanted()
    {
        long now = _site.Clock.Now.Microseconds, tick = FastTick.Microseconds;
        long n = ((now - _tickPhase.Microseconds) / tick) + 1;
        if (_site.Queue.DueAt(SlotOf(ProcessTable.FastTimeout)).IsNever)
        {
            Arm(ProcessTable.FastTimeout, new VirtualTime(_tickPhase.Microseconds + (n * tick)));
        }
    }

    /// <summary>A frame arrives from the line: the kernel's tty takes it.</summary>
    /// <param name="line">The line's number on this router.</param>
    /// <param name="frame">HDLC content without FCS, valid during the call.</param>
    /// <param name="tag">Names the content (<see cref="RepeatedFrame.Tag"/>), or 0.</param>
    /// <param name="now">Virtual time.</param>
    public void FrameArrived(int line, ReadOnlySpan<byte> frame, int tag, VirtualTime now)
    {
        if (!IsUp)
        {
            return;
        }

        int epoch = Quiet.Receiving();
        _site.FrameArrives(Number, line, frame);
        try
        {
            Kernel.PppInput(line, frame);
        }
        catch (KernelPanic panic)
        {
            Panic(panic, now);
        }

        RunCpu(now);
        Quiet.Received(line, tag, epoch);
    }

    /// <summary>The modem's carrier has gone: SIGHUP to the session leader, read returns 0.</summary>
    public void CarrierLost(int line, VirtualTime now)
    {
        if (!IsUp)
        {
            return;
        }

        _processes.PortOwners[line].CarrierLost();
        RunCpu(now);
    }

    /// <summary>Tells the trace, if there is one.</summary>
    public void Say(TraceSource source, string text, PointerStage stage = PointerStage.None) => _site.Clock.Trace?.Step(_site.Clock.Events, _site.Clock.Now, Number, source, text, stage);

    /// <summary>Tells the trace of a system call and its result.</summary>
    public void Say(TraceSource source, string text, Errno e)
    {
        _site.Mix((ulong)e + ((ulong)source.Number << 8));
        if (e != Errno.None)
        {
            Oracle.Refuse(source, e);
        }

        if (_site.Clock.Trace is not null)
        {
            Say(source, e == Errno.None ? text : $"{text}: {e}");
        }
    }

    /// <summary>Tells the trace of a message between daemons.</summary>
    public void Say(TraceSource source, string text, ZebraCommand command, ushort index)
    {
        if (_site.Clock.Trace is not null)
        {
            Say(source, $"{text} {command} index {index}");
        }
    }
}
