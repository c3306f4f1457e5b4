using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Tests.Kernel;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Tests.Userland;

/// <summary>A kernel and some processes, without a line or another system: a test acts on the kernel, and reads what each process did.</summary>
internal sealed class Host : IMachine, IQuietWay
{
    private const int Slots = 32;
    private readonly List<Process> _processes = [];
    private readonly Machine _machine;
    private Counters _counters;
    private int _slots;

    public Host(Machine? machine = null)
    {
        _machine = machine ?? new Machine();
        _machine.Readable = () =>
        {
            foreach (Process process in _processes)
            {
                process.RoutingSocketReadable();
            }
        };
        _machine.Datagram = (pcb, index, ip, payload) =>
        {
            foreach (Process process in _processes)
            {
                if (process.Receive(pcb, index, ip, payload))
                {
                    return;
                }
            }
        };
        _machine.Packet = (pcb, index, packet) =>
        {
            foreach (Process process in _processes)
            {
                if (process.Receive(pcb, index, packet))
                {
                    return;
                }
            }
        };
        _machine.Heard = Said.Add;
    }

    /// <summary>The kernel's side.</summary>
    public Machine M => _machine;

    /// <summary>What processes said, in order.</summary>
    public List<string> Said { get; } = [];

    /// <summary>Signals that were sent, as <c>program signal</c> and the second.</summary>
    public List<string> Killed { get; } = [];

    /// <summary>What was asked of the lines' modems.</summary>
    public List<string> Modem { get; } = [];

    /// <summary>Processes that found no zebra.</summary>
    public List<int> WithoutZebra { get; } = [];

    /// <summary>Rare paths that were reached.</summary>
    public List<Probe> Probes { get; } = [];

    public bool IsUp { get; set; } = true;

    public int Number => 0;

    public ulong Entity => 1;

    public Ipv4Address RouterId { get; } = Ipv4Address.Of(192, 168, 0, 1);

    public BsdKernel Kernel => _machine.K;

    public bool IsStation => false;

    public short StationUnit => -1;

    public Ipv4Address StationAddress => default;

    public RouterOracle Oracle => _machine.Oracle;

    public RunQueues Queues { get; } = new();

    public SiteClock Clock => _machine.Clock;

    public EventQueue Events { get; } = new(Slots);

    public IZserv? Zserv { get; private set; }

    public IQuietWay Quiet => this;

    public ref Counters Counters => ref _counters;

    public int KernelAge => 0;

    public long FramesSent => _machine.Frames.Count;

    /// <summary>A process in the table; zebra, if it is one, is where clients connect.</summary>
    public T Add<T>(string name, int timers, Func<ProcessEntry, T> make, TraceSource? source = null)
        where T : Process
    {
        T process = make(new ProcessEntry(this, _processes.Count, name, timers, _slots, source ?? TraceSource.Kernel, RandomPurpose.Boot));
        _slots += timers;
        _processes.Add(process);
        Zserv = process as IZserv ?? Zserv;
        return process;
    }

    /// <summary>Starts every process in the table's order, and lets them run until all sleep.</summary>
    public void Boot()
    {
        foreach (Process process in _processes)
        {
            process.PowerOn();
            process.Start(new RandomStream(1, 1, RandomPurpose.Ospfd), Clock.Now);
        }

        Settle();
    }

    /// <summary>Everybody who is runnable runs until all sleep.</summary>
    public void Settle()
    {
        while (Queues.Pick(out int process))
        {
            Kernel.EnterFromUser(KernelFunction.Syscall);
            while (_processes[process].Step(Clock.Now))
            {
            }

            Queues.Sleep();
        }
    }

    /// <summary>Time passes: every timer that is due fires, and all run.</summary>
    public void Until(VirtualTime end)
    {
        while (Events.NextTime <= end)
        {
            int slot = Events.Pop(out VirtualTime at);
            Clock.Now = at;
            Process process = _processes.Last(p => p.FirstTimer <= slot && p.Entry.Timers > 0);
            process.Timer(slot - process.FirstTimer, at);
            Settle();
        }

        Clock.Now = end;
    }

    public void ZebraFailed(int process, VirtualTime now) => WithoutZebra.Add(process);

    public bool AsksZebra(int process) => _processes[process].AsksZebra;

    public void DisconnectDecided(int line, int age)
    {
    }

    public void Panicked(KernelPanic panic, VirtualTime now) => throw panic;

    public void Kill(string program, Signal signal) => Killed.Add(FormattableString.Invariant($"{program} {signal} {Clock.Now.Microseconds / 1e6:0.###}"));

    public void Restart(Process process, VirtualTime now) => process.Start(new RandomStream(2, 1, RandomPurpose.Ospfd), now);

    public VirtualTime WatcherDelay(TimeRange range) => range.Min;

    public void Deliver(int process, in ZebraMessage m)
    {
        _processes[process].Deliver(m);
        Queues.Wakeup(process);
    }

    public void Compete(CompetitorTrigger trigger, VirtualTime now)
    {
    }

    public void AddressUp(Ipv4Address local)
    {
        foreach (Process process in _processes)
        {
            process.AddressUp(local);
        }
    }

    public void Dial(int line, VirtualTime now) => Modem.Add(FormattableString.Invariant($"dial {now.Microseconds / 1e6:0}"));

    public void DropDtr(int line, VirtualTime now) => Modem.Add(FormattableString.Invariant($"dtr low {now.Microseconds / 1e6:0}"));

    public void Probe(Probe probe) => Probes.Add(probe);

    public void Say(TraceSource source, string text, PointerStage stage = PointerStage.None) => Said.Add(text);

    public void Say(TraceSource source, string text, Errno e) => Said.Add($"{text}: {e}");

    public void Say(TraceSource source, string text, ZebraCommand command, ushort index) => Said.Add($"{text} {command} {index}");

    public void Steady()
    {
    }

    public void Changed()
    {
    }

    public void Remember(int process, int which, RepeatedKind kind, ushort interfaceIndex, long framesBefore)
    {
    }

    public void Forget(int process, int which = -1)
    {
    }

    public bool Remembers(int process, int which) => false;

    public void SendAgain(int process, int which, ushort identification)
    {
    }

    public void Heard(int process, int what)
    {
    }
}
