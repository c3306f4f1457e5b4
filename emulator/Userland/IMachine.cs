using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>What a process sees of the machine that it runs on: the kernel's system calls, timers, other processes by name, its line, and whoever listens.</summary>
public interface IMachine
{
    /// <summary>if_index of the Ethernet.</summary>
    const ushort EthernetIndex = 2;

    /// <summary>Process numbers; pppd of line i is <see cref="FirstPppd"/> + i.</summary>
    const int ZebraProcess = 0, OspfdProcess = 1, RipngdProcess = 2, FirstPppd = 3;

    /// <summary>Number in the site; 0 is the answering system.</summary>
    int Number { get; }

    /// <summary>Which end of the call.</summary>
    Role Role { get; }

    /// <summary>Names the machine in the run's random streams.</summary>
    ulong Entity { get; }

    /// <summary>OSPF router ID.</summary>
    Ipv4Address RouterId { get; }

    /// <summary>The kernel and its daemons run.</summary>
    bool IsUp { get; }

    /// <summary>The kernel that runs, or the one that panicked.</summary>
    BsdKernel Kernel { get; }

    /// <summary>zebra, to which the routing daemons connect.</summary>
    Zebra Zebra { get; }

    /// <summary>What the machine counts.</summary>
    ref Counters Counters { get; }

    /// <summary>Counts what may change how a repeated frame goes (see <see cref="SteadyStep"/>).</summary>
    int Epoch { get; }

    /// <summary>Frames sent so far on the site.</summary>
    long FramesSent { get; }

    /// <summary>The running process's step changed nothing that decides how a Hello or a regular update goes.</summary>
    void SteadyStep();

    /// <summary>Sends a remembered frame again.</summary>
    void TransmitAgain(in RepeatedFrame frame, ushort identification);

    /// <summary>Remembers what a send put on the line, when it is to be repeated.</summary>
    /// <param name="frame">Where.</param>
    /// <param name="kind">What it was.</param>
    /// <param name="interfaceIndex">if_index of the interface it went out of.</param>
    /// <param name="framesBefore"><see cref="FramesSent"/> before the send.</param>
    void Remember(ref RepeatedFrame frame, RepeatedKind kind, ushort interfaceIndex, long framesBefore);

    /// <summary>Sets or moves one of the machine's timers.</summary>
    void Arm(RouterTimer timer, VirtualTime at);

    /// <summary>Sets or moves a pppd's timer.</summary>
    /// <param name="process">The process.</param>
    /// <param name="which">0 the protocol's, 1 the process's own.</param>
    /// <param name="at">When.</param>
    void ArmPppd(int process, int which, VirtualTime at);

    /// <summary>A message of zebra lies in a daemon's inbox.</summary>
    void Deliver(int daemon, in ZebraMessage m);

    /// <summary>ospfd's process has ended; a watcher will start it again.</summary>
    void OspfdExited(VirtualTime now);

    /// <summary>A process did something that makes other parts of the system allocate memory.</summary>
    void Compete(CompetitorTrigger trigger, VirtualTime now);

    /// <summary>Another multicast program joins its group on the interface with this address (reference 8.4 M8).</summary>
    void AddressUp(Ipv4Address local);

    /// <summary>The modem of a line dials.</summary>
    void Dial(int line, VirtualTime now);

    /// <summary>DTR of a line goes low.</summary>
    void DropDtr(int line, VirtualTime now);

    /// <summary>A frame goes to a line: HDLC content without FCS.</summary>
    void Transmit(int line, ReadOnlySpan<byte> frame);

    /// <summary>A rare path was reached.</summary>
    void Probe(Probe probe);

    /// <summary>Tells the trace, if there is one.</summary>
    void Say(TraceSource source, string text, PointerStage stage = PointerStage.None);

    /// <summary>Tells the trace of a system call and its result.</summary>
    void Say(TraceSource source, string text, Errno e);

    /// <summary>Tells the trace of a message between daemons.</summary>
    void Say(TraceSource source, string text, ZebraCommand command, ushort index);
}
