using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Sites;

/// <summary>
/// One emulated router: a kernel, a table of processes on one CPU, and the machine around them. It acts on the rest of the site only through its lines.
/// Its life is here; what it is to its kernel and its processes is in <c>Router.Machine.cs</c>.
/// </summary>
public sealed partial class Router : IKernelHost, IMachine, IStation, IPppoeHost, IState
{
    /// <summary>Period of the fast timeout (PR_FASTHZ).</summary>
    public static readonly VirtualTime FastTick = VirtualTime.FromMilliseconds(200);

    [NotSaved("the site saves its routers")]
    private readonly Site _site;
    private readonly ProcessTable _processes;
    [NotSaved("between two events nobody runs, and nobody waits to")]
    private readonly RunQueues _run = new();
    private readonly RoleOptions _options;
    private readonly TeardownDesign _design;
    private readonly int _timerBase;
    private readonly Port[] _ports;
    private RandomStream _boot;
    private VirtualTime _tickPhase;
    private bool _isUp;
    private VirtualTime _booted;
    private readonly long[] _decided = new long[KernelAge.Count];
    private int _ageOfLoss;
    private int _reboots;

    /// <summary>A router that is switched off.</summary>
    /// <param name="site">Its site.</param>
    /// <param name="place">Its place there.</param>
    /// <param name="plan">Its processes.</param>
    /// <param name="timerBase">Its first slot in the site's queue.</param>
    public Router(Site site, in RouterPlace place, IReadOnlyList<PlannedProcess> plan, int timerBase)
    {
        _site = site;
        Number = place.Number;
        Role = place.Role;
        Label = place.Label;
        Entity = place.Entity;
        RouterId = place.Address;
        Station = place.Station;
        _ports = new Port[place.Ports.Count];
        _timerBase = timerBase;
        _options = site.Options.Roles[Role];
        _design = site.Options.Designs.Named(site.Options.Design);
        _boot = new RandomStream(site.Options.Seed, Entity, RandomPurpose.Boot);
        Oracle = new RouterOracle(Number, site.Clock, _ports.Length + _options.Interfaces.Count, Counted) { Enabled = site.Options.Oracle };
        (RandomStream heap, RandomStream igmp) = KernelRandom();
        Kernel = new BsdKernel(
            _options.Kernel, _design, BootInterface.Of2005(RouterId, _options.Kernel.PppUnits == PppUnits.Static ? _ports.Length : 0, Station.Unit < 0 ? Station.LinkAddress : 0), Oracle, this, heap, igmp)
        {
            Nic = Station.Unit < 0 ? default : new StationNic(Station.Unit, Station.LinkAddress), IsQueried = Station.IsQueried, DetectsDuplicates = Station.DetectsDuplicates,
        };
        Quiet = new QuietWay(site, this, plan.Count, _ports.Length);
        _processes = new ProcessTable(this, plan, timerBase, _options.Daemons.Count);
    }

    [NotSaved("the site's, which saves it")]
    private AccessConcentrator? _concentrator;
    [NotSaved("it follows from the options")]
    private EthernetSegment? _segment;
    [NotSaved("it follows from the options")]
    private int _stationOfSegment;

    /// <summary>Number in the site.</summary>
    public int Number { get; }

    /// <summary>Its label: under which its counts are kept.</summary>
    public Role Role { get; }

    /// <summary>The label in words.</summary>
    public string Label { get; }

    /// <summary>Names the router in the run's random streams.</summary>
    public ulong Entity { get; }

    /// <inheritdoc/>
    public bool IsStation => Station.LinkAddress != 0;

    /// <inheritdoc/>
    public short StationUnit => Station.Unit;

    /// <inheritdoc/>
    public Ipv4Address StationAddress => Station.Address;

    /// <summary>Its place on an Ethernet segment.</summary>
    public StationPlace Station { get; }

    /// <summary>OSPF router ID.</summary>
    public Ipv4Address RouterId { get; }

    /// <summary>The kernel that runs, or the one that panicked.</summary>
    public BsdKernel Kernel { get; }

    /// <summary>The kernel and its daemons run.</summary>
    public bool IsUp => _isUp;

    /// <inheritdoc/>
    public MachineCounters Counted { get; } = new();

    /// <summary>What the machine counts.</summary>
    public ref Counters Counters => ref Counted.Counts;

    /// <summary>Decided disconnects (<see cref="Kernel.Ports.Counters.DecidedDisconnects"/>) by the kernel's age at the loss (<see cref="KernelAge"/>).</summary>
    public ReadOnlySpan<long> DecidedByAge => _decided;

    /// <summary>The kernel's age at the last loss that was decided, to which a crash belongs; its age now if it has lost no link.</summary>
    public int AgeOfLoss => _ageOfLoss;

    /// <summary>The oracle.</summary>
    public RouterOracle Oracle { get; }

    /// <summary>The short path of quiet events.</summary>
    [NotSaved("what it remembers decides how an event is executed, and not what it does")]
    public QuietWay Quiet { get; }

    /// <summary>Its processes.</summary>
    public ProcessTable Processes => _processes;

    /// <summary>Its ports.</summary>
    public Port[] Ports => _ports;

    // Names the streams of each boot.
    private ulong Life => ((ulong)Counters.Panics << 40) + ((ulong)_reboots * 0x9E37_79B9_0000_0000);

    // Streams of their own for each boot.
    private (RandomStream Heap, RandomStream Igmp) KernelRandom()
    {
        ulong boot = Entity ^ Life;
        return (new RandomStream(_site.StreamSeed, boot, RandomPurpose.Heap), new RandomStream(_site.StreamSeed, boot, RandomPurpose.Igmp));
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
        Arm(ProcessTable.Boot, new VirtualTime(_boot.Below(2_000_000)));
        foreach (Process p in _processes.All)
        {
            p.PowerOn();
        }
    }

    /// <summary>The slot of one of the machine's own timers in the site's queue.</summary>
    public int SlotOf(int machineTimer) => _timerBase + machineTimer;

    private void Arm(int machineTimer, VirtualTime at) => _site.Queue.Schedule(SlotOf(machineTimer), at);

    /// <summary>A timer of this router is due.</summary>
    /// <param name="slot">The machine's or a process's (<see cref="ProcessTable"/>).</param>
    /// <param name="now">Virtual time.</param>
    public void Fire(int slot, VirtualTime now)
    {
        switch (slot)
        {
            case ProcessTable.Boot:
                Boot(now);
                break;
            case ProcessTable.FastTimeout:
                FastTimeout(now);
                break;
            default:
                Process p = _processes.OwnerOf(slot);
                p.Timer(_timerBase + slot - p.FirstTimer, now);
                break;
        }

        RunCpu(now);
    }

    private void Boot(VirtualTime now)
    {
        if (Counters.Panics + _reboots > 0)
        {
            ResetKernel();
        }

        Quiet.Changed();
        _isUp = true;
        _booted = now;
        _ageOfLoss = 0;
        Say(TraceSource.Kernel, "boot");
        Kernel.AttachBootInterfaces();
        for (int i = 0; i < _processes.Started.Length; i++)
        {
            if (Admits(SitePartKind.Daemon, i) && _processes.Started[i] is { } daemon)
            {
                daemon.Start(StreamOf(daemon, Life), now);
            }
        }

        foreach (Process p in _processes.OnEverySystem)
        {
            p.Start(StreamOf(p, Life), now);
        }

        // What zebra sent its clients when they connected is waiting for them.
        foreach (Process p in _processes.Clients)
        {
            _run.Wakeup(p.Number);
        }
    }

    private RandomStream StreamOf(Process p, ulong life) => new(_site.StreamSeed, Entity ^ life, p.Entry.Draws);

    private void FastTimeout(VirtualTime now)
    {
        if (!Admits(SitePartKind.FastTimeout) || !IsUp)
        {
            return;
        }

        try
        {
            Kernel.EnterFromUser(KernelFunction.SoftNet);
            Kernel.PfFastTimo();
        }
        catch (KernelPanic panic)
        {
            Panic(panic, now);
        }

        if (IsUp && Kernel.FastTimersRun)
        {
            Arm(ProcessTable.FastTimeout, now + FastTick);
        }
    }

    // Runs the CPU until all processes sleep, or the kernel panics.
    private void RunCpu(VirtualTime now)
    {
        try
        {
            while (IsUp && _run.Pick(out int p))
            {
                Process process = _processes[p];
                while (true)
                {
                    Kernel.EnterFromUser(KernelFunction.Syscall);
                    if (!process.Step(now))
                    {
                        _run.Sleep();
                        break;
                    }

                    Quiet.Stepped();
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

    /// <summary>The allocation that the last fatal pointer named; 0 before the first, and where none is known.</summary>
    [field: NotSaved("it tells of what this object executed")]
    public uint LastFatal { get; private set; }

    private void Panic(KernelPanic panic, VirtualTime now)
    {
        foreach (IPortOwner owner in _processes.PortOwners)
        {
            owner.KernelDied();
        }

        PurgeGap gap = Oracle.GapOf(panic.Holder, panic.Pointer);
        var title = new CrashTitle(panic.Site, panic.Holder, gap);
        CrashTally crash = _site.Crashed(this, title, panic.Pointer.Generation);
        crash.Told ??= Oracle.Story(Kernel, gap, panic);
        Oracle.Fatal(Kernel, panic);
        LastFatal = panic.Pointer.Generation;
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

    /// <summary>The router is switched off and boots again as after a panic. One that is down stays down.</summary>
    public void Reboot(VirtualTime now)
    {
        if (!IsUp)
        {
            return;
        }

        foreach (IPortOwner owner in _processes.PortOwners)
        {
            owner.KernelDied();
        }

        Say(TraceSource.Kernel, "switched off");
        Oracle.Panicked(Kernel);
        _reboots++;
        Halt(now);
    }

    private void Halt(VirtualTime now)
    {
        Quiet.Halted();
        _isUp = false;
        _run.Clear();
        foreach (Process p in _processes.All)
        {
            p.Stop(now);
        }

        Arm(ProcessTable.FastTimeout, VirtualTime.Never);
        Arm(ProcessTable.Boot, now + _boot.Draw(_options.Reboot));
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref _boot);
        pass.Struct(ref _tickPhase);
        pass.Field(ref _isUp);
        pass.Struct(ref _booted);
        pass.Numbers<long>(_decided);
        pass.Field(ref _ageOfLoss);
        pass.Field(ref _reboots);
        pass.Struct(ref Counted.Counts);
        Kernel.Fields(ref pass);
        Oracle.Fields(ref pass);
        _processes.Fields(ref pass);
    }
}
