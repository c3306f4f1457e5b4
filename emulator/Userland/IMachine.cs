using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>What a process sees of the machine that it runs on: the kernel's system calls, timers, other processes, its lines, and its observers.</summary>
public interface IMachine
{
    /// <summary>if_index of the Ethernet.</summary>
    const ushort EthernetIndex = 2;

    /// <summary>Instead of a line's number: an interface without a line.</summary>
    const int NoLine = -1;

    /// <summary>Number in the site.</summary>
    int Number { get; }

    /// <summary>Names the machine in the run's random streams.</summary>
    ulong Entity { get; }

    /// <summary>OSPF router ID.</summary>
    Ipv4Address RouterId { get; }

    /// <summary>The kernel and its daemons run.</summary>
    bool IsUp { get; }

    /// <summary>The kernel that runs, or the one that panicked.</summary>
    BsdKernel Kernel { get; }

    /// <summary>Whether an Ethernet is at a segment of the site.</summary>
    bool IsStation { get; }

    /// <summary>For a station, the unit of its interface on the segment; -1 for the Ethernet that exists at boot.</summary>
    short StationUnit { get; }

    /// <summary>The address on the segment's net that the interface gets when it is plugged in; 0.0.0.0 of the Ethernet of boot, which has its own.</summary>
    Ipv4Address StationAddress { get; }

    /// <summary>Who watches the kernel.</summary>
    RouterOracle Oracle { get; }

    /// <summary>The run queues of its CPU.</summary>
    RunQueues Queues { get; }

    /// <summary>The site's clock, and who listens.</summary>
    SiteClock Clock { get; }

    /// <summary>The site's queue of events, which has the processes' timers.</summary>
    EventQueue Events { get; }

    /// <summary>zebra's socket, to which the routing daemons connect; null where no zebra is.</summary>
    IZserv? Zserv { get; }

    /// <summary>A process found no zebra.</summary>
    void ZebraFailed(int process, VirtualTime now);

    /// <summary>Whether a process is a client of zebra that runs.</summary>
    bool AsksZebra(int process);

    /// <summary>The short path of quiet events.</summary>
    IQuietWay Quiet { get; }

    /// <summary>What the machine counts.</summary>
    ref Counters Counters { get; }

    /// <summary>Age of the kernel, in classes (<see cref="Kernel.Ports.KernelAge"/>).</summary>
    int KernelAge { get; }

    /// <summary>A lost link has its redial, or its kernel died before that.</summary>
    /// <param name="line">The line's number on the machine, or <see cref="NoLine"/>.</param>
    /// <param name="age">Age of the kernel when the link was lost.</param>
    void DisconnectDecided(int line, int age);

    /// <summary>A system call ended in a panic that came as a value: the machine is halted, its processes stopped. The caller does nothing more.</summary>
    void Panicked(KernelPanic panic, VirtualTime now);

    /// <summary>Sends a signal to all processes of a program (pkill).</summary>
    void Kill(string program, Signal signal);

    /// <summary>Starts a process again.</summary>
    /// <param name="process">Its number.</param>
    /// <param name="now">Virtual time, which names its stream of random numbers.</param>
    void Restart(Process process, VirtualTime now);

    /// <summary>How long it takes a watcher to notice that a process has ended.</summary>
    VirtualTime WatcherDelay(TimeRange range);

    /// <summary>A message from zebra is waiting on a process's socket.</summary>
    void Deliver(int process, in ZebraMessage m);

    /// <summary>A process did something that makes other parts of the system allocate memory.</summary>
    void Compete(CompetitorTrigger trigger, VirtualTime now);

    /// <summary>An interface got an address: processes that wait for one are told.</summary>
    void AddressUp(Ipv4Address local);

    /// <summary>The modem of a line dials.</summary>
    void Dial(int line, VirtualTime now);

    /// <summary>DTR of a line goes low.</summary>
    void DropDtr(int line, VirtualTime now);

    /// <summary>A rare path was reached.</summary>
    void Probe(Probe probe);

    /// <summary>Tells the trace, if there is one.</summary>
    void Say(TraceSource source, string text, PointerStage stage = PointerStage.None);

    /// <summary>Tells the trace of a system call and its result.</summary>
    void Say(TraceSource source, string text, Errno e);

    /// <summary>Tells the trace of a message between daemons.</summary>
    void Say(TraceSource source, string text, ZebraCommand command, ushort index);
}
