using System.Numerics;
using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Sites;

/// <summary>
/// One emulated router: a kernel, its processes on one CPU, and the machine around them. It acts on the rest of the site only through its lines.
/// </summary>
public sealed class Router : IKernelHost, IMachine
{
    /// <summary>Process numbers; pppd of line i is <see cref="FirstPppd"/> + i.</summary>
    public const int ZebraProcess = IMachine.ZebraProcess, OspfdProcess = IMachine.OspfdProcess, RipngdProcess = IMachine.RipngdProcess, FirstPppd = IMachine.FirstPppd;

    /// <summary>Period of the fast timeout (PR_FASTHZ).</summary>
    public static readonly VirtualTime FastTick = VirtualTime.FromMilliseconds(200);

    private readonly Site _site;
    private readonly RunQueues _run = new();
    private readonly RoleOptions _options;
    private readonly TeardownDesign _design;
    private readonly int _timerBase;
    private RandomStream _boot;
    private RandomStream _cron;
    private VirtualTime _tickPhase;
    private VirtualTime _cronBase;
    private Ipv4Address? _groupMember;
    private int _memberSocket = -1;
    private bool _steadyStep;

    /// <summary>A router that is switched off.</summary>
    public Router(Site site, int number, Role role, int firstLine, int lines, int timerBase)
    {
        _site = site;
        Number = number;
        Role = role;
        _options = site.Options.Of(role);
        _design = site.Options.Designs.Named(site.Options.Design);
        _timerBase = timerBase;
        Entity = ((ulong)site.Number << 16) | (uint)(number + 1);
        ulong seed = site.Options.Seed;
        _boot = new RandomStream(seed, Entity, RandomPurpose.Boot);
        _cron = new RandomStream(seed, Entity, RandomPurpose.Hup);
        Oracle = new RouterOracle(number, site.Clock, lines, Counted) { Enabled = site.Options.Oracle };
        Competitors = new Competitors(_options.Kernel.Competitors, new RandomStream(seed, Entity, RandomPurpose.Competitor), number, site.Clock);
        Zebra = new Zebra(this);
        Ospfd = new Ospfd(this, _options.Ospfd);
        Ripngd = new Ripngd(this, _options.Ripngd);
        Pppds = new Pppd[lines];
        for (int i = 0; i < lines; i++)
        {
            Pppds[i] = new Pppd(this, _options.Pppd, PppOptions.Of(site.Options, role, firstLine + i), seed, firstLine + i, FirstPppd + i);
        }

        if (_options.GroupMember is not null)
        {
            _groupMember = Ipv4Address.Parse(_options.GroupMember);
        }

        (RandomStream heap, RandomStream igmp) = KernelRandom();
        Kernel = new BsdKernel(_options.Kernel, _design, BootInterface.Of2005(RouterId, _options.Kernel.PppUnits == PppUnits.Static ? lines : 0), Oracle, this, heap, igmp);
    }

    /// <summary>Number in the site; 0 is the answering system.</summary>
    public int Number { get; }

    /// <summary>Which end of the call.</summary>
    public Role Role { get; }

    /// <summary>Names the router in the run's random streams.</summary>
    public ulong Entity { get; }

    /// <summary>OSPF router ID.</summary>
    public Ipv4Address RouterId => Ipv4Address.Of(192, 168, (byte)Number, 1);

    /// <summary>The kernel that runs, or the one that panicked.</summary>
    public BsdKernel Kernel { get; }

    /// <summary>The kernel and its daemons run.</summary>
    public bool IsUp { get; private set; }

    /// <inheritdoc/>
    public MachineCounters Counted { get; } = new();

    /// <summary>What the machine counts.</summary>
    public ref Counters Counters => ref Counted.Counts;

    /// <summary>The oracle.</summary>
    public RouterOracle Oracle { get; }

    /// <summary>Other users of kernel memory.</summary>
    public Competitors Competitors { get; }

    /// <summary>zebra.</summary>
    public Zebra Zebra { get; }

    /// <summary>ospfd.</summary>
    public Ospfd Ospfd { get; }

    /// <summary>ripngd.</summary>
    public Ripngd Ripngd { get; }

    /// <summary>A pppd for each line.</summary>
    public Pppd[] Pppds { get; }

    // Streams of their own for each boot.
    private (RandomStream Heap, RandomStream Igmp) KernelRandom()
    {
        ulong boot = Entity ^ ((ulong)Counters.Panics << 40);
        return (new RandomStream(_site.Options.Seed, boot, RandomPurpose.Heap), new RandomStream(_site.Options.Seed, boot, RandomPurpose.Igmp));
    }

    private void ResetKernel()
    {
        (RandomStream heap, RandomStream igmp) = KernelRandom();
        Kernel.Reset(heap, igmp);
    }

    /// <summary>Power on at virtual time zero.</summary>
    public void PowerOn()
    {
        _tickPhase = new VirtualTime(_boot.Below((uint)FastTick.Microseconds));
        _cronBase = _cron.Draw(_options.Hup.Phase);
        Arm(RouterTimer.Boot, new VirtualTime(_boot.Below(2_000_000)));
        if (_options.Hup.Enabled)
        {
            Arm(RouterTimer.Cron, _cronBase + _options.Hup.Every + _cron.Draw(_options.Hup.Jitter));
        }
    }

    /// <summary>Sets or moves one of the router's timers.</summary>
    public void Arm(RouterTimer timer, VirtualTime at) => _site.Queue.Schedule(_timerBase + (int)timer, at);

    /// <summary>Sets or moves a pppd's timer.</summary>
    /// <param name="process">The process.</param>
    /// <param name="which">0 the protocol's, 1 the process's own.</param>
    /// <param name="at">When.</param>
    public void ArmPppd(int process, int which, VirtualTime at) => _site.Queue.Schedule(_timerBase + (int)RouterTimer.Count + (2 * (process - FirstPppd)) + which, at);

    /// <summary>Slots a router with this many lines takes in the event queue.</summary>
    public static int TimerSlots(int lines) => (int)RouterTimer.Count + (2 * lines);

    /// <summary>
    /// Counts the steps by which a process may have changed the kernel's tables or its own, and panics and boots. As long as it stands still, a Hello or a
    /// regular update that is sent or received again takes the same way through the kernel as the last time.
    /// </summary>
    public int Epoch { get; private set; } = 1;

    /// <summary>The running process's step changed nothing that decides how a Hello or a regular update goes.</summary>
    public void SteadyStep() => _steadyStep = true;

    /// <summary>Fast timeouts that would only count down, from the next one on.</summary>
    public int QuietTicks => IsUp ? Kernel.QuietTicks : 0;

    /// <summary>The short way for a timer that is due. Does to the router exactly what <see cref="Fire"/> does, or returns false and does nothing.</summary>
    public bool FireQuiet(RouterTimer timer, VirtualTime now)
    {
        switch (timer)
        {
            case RouterTimer.Ospfd:
                return IsUp && Ospfd.HelloAgain(now);
            case RouterTimer.Ripngd:
                return IsUp && Ripngd.UpdateAgain(now);
            case RouterTimer.Competitors when IsUp:
                // No process sleeps on memory of these classes, so there is nobody to give the CPU to.
                Competitors.Run(Kernel.Heap, Oracle, now);
                Arm(RouterTimer.Competitors, Competitors.NextTime);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The short way for a Hello whose content this router has seen.</summary>
    /// <returns>False when it has not, or when something may have changed since: then nothing is done.</returns>
    public bool HelloAgain(int pppd, int tag, VirtualTime now)
    {
        HeardHello heard = Pppds[pppd].Heard;
        if (heard.Tag != tag || heard.Epoch != Epoch || !IsUp)
        {
            return false;
        }

        Ospfd.NeighborAlive(heard.Interface, now);
        return true;
    }

    /// <summary>Sends a remembered frame again.</summary>
    public void TransmitAgain(in RepeatedFrame frame, ushort identification) => _site.TransmitAgain(Role, frame, identification);

    /// <summary>Frames sent so far on the site.</summary>
    public long FramesSent => _site.Frames;

    /// <summary>Remembers what a send put on the line, when it is to be repeated.</summary>
    /// <param name="frame">Where.</param>
    /// <param name="kind">What it was.</param>
    /// <param name="interfaceIndex">if_index of the interface it went out of.</param>
    /// <param name="framesBefore"><see cref="FramesSent"/> before the send.</param>
    public void Remember(ref RepeatedFrame frame, RepeatedKind kind, ushort interfaceIndex, long framesBefore)
    {
        if (!_site.SkipsQuiet)
        {
            return;
        }

        ref readonly Ifnet ifp = ref Kernel.Interfaces[Kernel.IfByIndex(interfaceIndex)];
        if (ifp.Unit < 0)
        {
            frame.RememberNothingSent(Epoch);
        }
        else if (_site.Frames == framesBefore + 1)
        {
            _site.Remember(ref frame, kind, ifp.Line, Role, Epoch);
        }
    }

    /// <summary>A timer of this router is due.</summary>
    public void Fire(int timer, VirtualTime now)
    {
        if (timer >= (int)RouterTimer.Count)
        {
            int p = timer - (int)RouterTimer.Count;
            Pppds[p >> 1].TimerFired(p & 1);
            _run.Wakeup(FirstPppd + (p >> 1));
            RunCpu(now);
            return;
        }

        switch ((RouterTimer)timer)
        {
            case RouterTimer.Boot:
                Boot(now);
                break;
            case RouterTimer.Cron:
                if (IsUp && Admits(SitePartKind.Hup))
                {
                    Say(TraceSource.Cron, "pkill -HUP pppd");
                    foreach (Pppd pppd in Pppds)
                    {
                        pppd.Signal(hup: true);
                        _run.Wakeup(pppd.Process);
                    }
                }

                _cronBase += _options.Hup.Every;
                Arm(RouterTimer.Cron, _cronBase + _options.Hup.Every + _cron.Draw(_options.Hup.Jitter));
                break;
            case RouterTimer.FastTimeout:
                if (!Admits(SitePartKind.FastTimeout))
                {
                    break;
                }

                Interrupt(static k =>
                {
                    k.IgmpFastTimo();
                    k.Mld6FastTimeo();
                });
                if (IsUp && (Kernel.IgmpTimersRunning || Kernel.MldTimersRunning))
                {
                    Arm(RouterTimer.FastTimeout, now + FastTick);
                }

                break;
            case RouterTimer.Ospfd:
                if (Admits(SitePartKind.OspfdTimer))
                {
                    _run.Wakeup(OspfdProcess);
                }

                break;
            case RouterTimer.OspfdCore:
                Epoch++;
                Ospfd.CoreWritten();
                _run.Wakeup(OspfdProcess);
                break;
            case RouterTimer.OspfdRespawn:
                if (IsUp && !Ospfd.Running && Admits(SitePartKind.OspfdRespawn))
                {
                    Epoch++;
                    Say(TraceSource.Ospfd, "started again by its watcher");
                    Ospfd.Start(new RandomStream(_site.Options.Seed, Entity ^ ((ulong)now.Microseconds << 16), RandomPurpose.Ospfd));
                    _run.Wakeup(OspfdProcess);
                }

                break;
            case RouterTimer.Ripngd:
                if (Admits(SitePartKind.RipngdTimer))
                {
                    _run.Wakeup(RipngdProcess);
                }

                break;
            case RouterTimer.Competitors:
                Competitors.Run(Kernel.Heap, Oracle, now);
                Arm(RouterTimer.Competitors, Competitors.NextTime);
                break;
        }

        RunCpu(now);
    }

    private bool Admits(SitePartKind kind, int which = 0) => _site.Clock.Parts?.Admits(kind, Number, which) ?? true;

    private void Boot(VirtualTime now)
    {
        if (Counters.Panics > 0)
        {
            ResetKernel();
        }

        Epoch++;
        IsUp = true;
        Say(TraceSource.Kernel, "boot");
        Kernel.AttachBootInterfaces();
        for (int i = 0; i < _options.Daemons.Count; i++)
        {
            switch (Admits(SitePartKind.Daemon, i) ? _options.Daemons[i] : "")
            {
                case "zebra":
                    Zebra.Start();
                    break;
                case "ospfd":
                    Ospfd.Start(new RandomStream(_site.Options.Seed, Entity ^ ((ulong)Counters.Panics << 40), RandomPurpose.Ospfd));
                    break;
                case "ripngd":
                    Ripngd.Start(new RandomStream(_site.Options.Seed, Entity ^ ((ulong)Counters.Panics << 40), RandomPurpose.Ripngd), now);
                    break;
            }
        }

        if (_groupMember is not null && Admits(SitePartKind.GroupMember))
        {
            _memberSocket = Kernel.OpenSocket(PcbTable.Udp, 123);
        }

        Competitors.Boot(now);
        Arm(RouterTimer.Competitors, Competitors.NextTime);
        foreach (Pppd pppd in Pppds)
        {
            pppd.Boot(now);
            _run.Wakeup(pppd.Process);
        }

        _run.Wakeup(OspfdProcess);
        _run.Wakeup(RipngdProcess);
        RunCpu(now);
    }

    /// <summary>A process did something that makes other parts of the system allocate memory.</summary>
    public void Compete(CompetitorTrigger trigger, VirtualTime now)
    {
        Competitors.Trigger(trigger, Kernel.Heap, Oracle, now);
        Arm(RouterTimer.Competitors, Competitors.NextTime);
    }

    /// <summary>Another multicast program joins its group on the interface with this address (reference 8.4 M8).</summary>
    public void AddressUp(Ipv4Address local)
    {
        if (_groupMember is { } group && _memberSocket >= 0)
        {
            Errno e = Kernel.IpAddMembership(_memberSocket, group, local);
            Say(TraceSource.Other, "IP_ADD_MEMBERSHIP by another program", e);
        }
    }

    /// <summary>ospfd's process has ended; a watcher will start it again.</summary>
    public void OspfdExited(VirtualTime now) => Arm(RouterTimer.OspfdRespawn, now + _boot.Draw(_options.Ospfd.Respawn));

    /// <summary>A message is written to a client's socket.</summary>
    public void Deliver(int daemon, in ZebraMessage m)
    {
        if (daemon == OspfdProcess)
        {
            Ospfd.Deliver(m);
        }
        else
        {
            Ripngd.Deliver(m);
        }

        _run.Wakeup(daemon);
    }

    // The CPU until everybody sleeps. A panic ends it.
    private void RunCpu(VirtualTime now)
    {
        try
        {
            while (IsUp && _run.Pick(out int p))
            {
                while (true)
                {
                    Kernel.EnterFromUser(KernelFunction.Syscall);
                    bool more = p switch
                    {
                        ZebraProcess => Zebra.Step(now),
                        OspfdProcess => Ospfd.Step(now),
                        RipngdProcess => Ripngd.Step(now),
                        _ => Pppds[p - FirstPppd].Step(now),
                    };
                    if (!more)
                    {
                        _run.Sleep();
                        break;
                    }

                    if (_steadyStep)
                    {
                        _steadyStep = false;
                    }
                    else
                    {
                        Epoch++;
                    }

                    if (_run.WantResched)
                    {
                        _run.Preempt();
                        break;
                    }
                }
            }

            if (!IsUp)
            {
                _run.Clear();
            }
        }
        catch (KernelPanic panic)
        {
            Panic(panic, now);
        }
    }

    private void Interrupt(Action<BsdKernel> handler)
    {
        if (!IsUp)
        {
            return;
        }

        try
        {
            Kernel.EnterFromUser(KernelFunction.SoftNet);
            handler(Kernel);
        }
        catch (KernelPanic panic)
        {
            Panic(panic, _site.Clock.Now);
        }
    }

    private void Panic(KernelPanic panic, VirtualTime now)
    {
        PurgeGap gap = Oracle.GapOf(panic.Holder, panic.Pointer);
        var title = new CrashTitle(panic.Site, panic.Holder, gap);
        CrashTally crash = _site.Crashed(this, title);
        crash.Told ??= Oracle.Story(Kernel, gap, panic);
        Oracle.Fatal(Kernel, panic);
        Oracle.Panicked(Kernel);
        if (_site.Clock.Trace is not null)
        {
            Say(TraceSource.Kernel, panic.Message, PointerStage.Used);
        }

        Counters.Panics++;
        Halt(now);
    }

    /// <summary>Power off and on again, kernel and processes new: what a site looks like without its history.</summary>
    public void PowerCycle(VirtualTime now)
    {
        if (IsUp)
        {
            Halt(now);
            ResetKernel();
        }
    }

    private void Halt(VirtualTime now)
    {
        Epoch++;
        _steadyStep = false;
        IsUp = false;
        _run.Clear();
        Zebra.Stop();
        Ospfd.Stop();
        Ripngd.Stop();
        Competitors.Stop();
        _memberSocket = -1;
        foreach (Pppd pppd in Pppds)
        {
            pppd.KernelDied(now);
        }

        Arm(RouterTimer.FastTimeout, VirtualTime.Never);
        Arm(RouterTimer.Ospfd, VirtualTime.Never);
        Arm(RouterTimer.OspfdCore, VirtualTime.Never);
        Arm(RouterTimer.OspfdRespawn, VirtualTime.Never);
        Arm(RouterTimer.Ripngd, VirtualTime.Never);
        Arm(RouterTimer.Competitors, VirtualTime.Never);
        Arm(RouterTimer.Boot, now + _boot.Draw(_options.Reboot));
    }

    /// <summary>A frame arrives from the line: network data goes up the kernel, the rest to pppd.</summary>
    /// <param name="pppd">The line's place in <see cref="Pppds"/>.</param>
    /// <param name="frame">HDLC content without FCS, valid during the call.</param>
    /// <param name="tag">Names the content (<see cref="RepeatedFrame.Tag"/>), or 0.</param>
    /// <param name="now">Virtual time.</param>
    public void FrameArrived(int pppd, ReadOnlySpan<byte> frame, int tag, VirtualTime now)
    {
        int epoch = Epoch;
        Ospfd.ForgetHeard();
        FrameArrived(pppd, frame, now);
        if (tag != 0 && epoch == Epoch && Ospfd.HeardOn is >= 0 and int oi)
        {
            Pppds[pppd].Heard = new HeardHello(tag, epoch, oi);
        }
    }

    private void FrameArrived(int pppd, ReadOnlySpan<byte> frame, VirtualTime now)
    {
        if (!IsUp)
        {
            return;
        }

        Pppd process = Pppds[pppd];
        int unit = process.Unit;
        if (unit < 0)
        {
            return;
        }

        int at = frame.Length >= 2 && frame[0] == 0xFF && frame[1] == 0x03 ? 2 : 0;
        if (frame.Length < at + 2)
        {
            return;
        }

        int protocol = frame[at] << 8 | frame[at + 1];
        int skip = 2;
        if ((frame[at] & 1) != 0)
        {
            protocol = frame[at];
            skip = 1;
        }

        try
        {
            switch ((PppProtocol)protocol)
            {
                case PppProtocol.Ipv4:
                    if (Kernel.Interfaces[unit].PassIp)
                    {
                        Kernel.IpInput(unit, frame[(at + skip)..]);
                    }

                    break;
                case PppProtocol.Ipv6:
                    if (Kernel.Interfaces[unit].PassIpv6)
                    {
                        Kernel.Ip6Input(unit, frame[(at + skip)..]);
                    }

                    break;
                default:
                    process.TtyInput(frame);
                    _run.Wakeup(process.Process);
                    break;
            }
        }
        catch (KernelPanic panic)
        {
            Panic(panic, now);
        }

        RunCpu(now);
    }

    /// <summary>The modem's carrier has gone: SIGHUP to the session leader, read returns 0.</summary>
    public void CarrierLost(int pppd, VirtualTime now)
    {
        if (!IsUp)
        {
            return;
        }

        Pppds[pppd].CarrierLost();
        _run.Wakeup(FirstPppd + pppd);
        RunCpu(now);
    }

    /// <summary>Lets the CPU run after something outside woke a process.</summary>
    public void Run(int process, VirtualTime now)
    {
        _run.Wakeup(process);
        RunCpu(now);
    }

    void IMachine.Dial(int line, VirtualTime now) => _site.Dial(line, now);

    void IMachine.DropDtr(int line, VirtualTime now) => _site.DropDtr(line, Role, now);

    void IMachine.Transmit(int line, ReadOnlySpan<byte> frame) => _site.Transmit(line, Role, frame);

    void IMachine.Probe(Probe probe) => Oracle.Probe(probe);

    void IKernelHost.RoutingSocketReadable() => _run.Wakeup(ZebraProcess);

    void IKernelHost.PppTransmit(int line, PppProtocol protocol, ReadOnlySpan<byte> packet)
    {
        Span<byte> frame = stackalloc byte[Pppd.MaxHeader + packet.Length];
        int header = Pppds[Role == Role.Called ? line : 0].WriteHeader(frame, protocol);
        packet.CopyTo(frame[header..]);
        _site.Transmit(line, Role, frame[..(header + packet.Length)]);
    }

    void IKernelHost.RawInput(int pcb, int ifIndex, ReadOnlySpan<byte> packet)
    {
        if (pcb == Ospfd.Socket)
        {
            Ospfd.Input(ifIndex, packet);
            _run.Wakeup(OspfdProcess);
        }
    }

    void IKernelHost.Udp6Input(int pcb, int ifIndex, in Ipv6Header ip, ReadOnlySpan<byte> payload)
    {
        Ripngd.Input(ifIndex, ip, payload);
        _run.Wakeup(RipngdProcess);
    }

    void IKernelHost.FastTimerWanted()
    {
        long now = _site.Clock.Now.Microseconds, tick = FastTick.Microseconds;
        long n = ((now - _tickPhase.Microseconds) / tick) + 1;
        if (_site.Queue.DueAt(_timerBase + (int)RouterTimer.FastTimeout).IsNever)
        {
            Arm(RouterTimer.FastTimeout, new VirtualTime(_tickPhase.Microseconds + (n * tick)));
        }
    }

    /// <summary>Tells the trace, if there is one.</summary>
    public void Say(TraceSource source, string text, PointerStage stage = PointerStage.None) => _site.Clock.Trace?.Step(_site.Clock.Events, _site.Clock.Now, Number, source, text, stage);

    /// <summary>Tells the trace of a system call and its result.</summary>
    public void Say(TraceSource source, string text, Errno e)
    {
        _site.Mix((ulong)e + ((ulong)source << 8));
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

    /// <summary>Writes the router.</summary>
    public void Save(ImageWriter image)
    {
        image.Write(_boot);
        image.Write(_cron);
        image.Write(_tickPhase);
        image.Write(_cronBase);
        image.Write(_memberSocket);
        image.Write(IsUp);
        image.Write(Counters);
        Kernel.Save(image);
        Oracle.Save(image);
        Competitors.Save(image);
        Zebra.Save(image);
        Ospfd.Save(image);
        Ripngd.Save(image);
        foreach (Pppd pppd in Pppds)
        {
            pppd.Save(image);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Load(ImageReader image)
    {
        _boot = image.Read<RandomStream>();
        _cron = image.Read<RandomStream>();
        _tickPhase = image.Read<VirtualTime>();
        _cronBase = image.Read<VirtualTime>();
        _memberSocket = image.Read<int>();
        IsUp = image.Read<bool>();
        Counters = image.Read<Counters>();
        Kernel.Load(image);
        Oracle.Load(image);
        Competitors.Load(image);
        Zebra.Load(image);
        Ospfd.Load(image);
        Ripngd.Load(image);
        foreach (Pppd pppd in Pppds)
        {
            pppd.Load(image);
        }
    }
}
