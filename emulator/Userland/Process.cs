using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>A process's entry in the table of its machine.</summary>
/// <param name="Machine">The machine that it runs on.</param>
/// <param name="Number">Its number in the table.</param>
/// <param name="Name">Its program's name.</param>
/// <param name="Timers">Its timers.</param>
/// <param name="FirstTimer">The slot of the first of them in the queue of events.</param>
/// <param name="Source">Its column in a trace.</param>
/// <param name="Draws">What its random numbers are for.</param>
public sealed record ProcessEntry(IMachine Machine, int Number, string Name, int Timers, int FirstTimer, TraceSource Source, RandomPurpose Draws);

/// <summary>
/// What the table of processes requires of each process: a daemon, pppd on a line, cron, and anything else that runs on top of the kernel. There are defaults here for everything
/// that a process does not care about. It acts on the kernel only through system calls, and on the rest of its machine through <see cref="IMachine"/>.
/// </summary>
public abstract class Process : IState
{
    [NotSaved("the site's, which saves it")]
    private readonly EventQueue _events;
    [NotSaved("between two events nobody runs, and nobody waits to")]
    private readonly RunQueues _queues;
    [NotSaved("the site's, which saves it")]
    private readonly SiteClock _clock;
    private readonly TraceSource _source;

    /// <summary>A process that has not started.</summary>
    protected Process(ProcessEntry entry)
    {
        Entry = entry;
        Number = entry.Number;
        Machine = entry.Machine;
        Kernel = Machine.Kernel;
        Quiet = Machine.Quiet;
        FirstTimer = entry.FirstTimer;
        _events = Machine.Events;
        _queues = Machine.Queues;
        _clock = Machine.Clock;
        _source = entry.Source;
    }

    /// <summary>Its entry in the table.</summary>
    public ProcessEntry Entry { get; }

    /// <summary>Its number in the table.</summary>
    public int Number { get; }

    /// <summary>The slot of the first of its timers in the queue of events.</summary>
    public int FirstTimer { get; }

    /// <summary>The machine that it runs on.</summary>
    protected IMachine Machine { get; }

    /// <summary>The kernel, whose system calls it makes.</summary>
    [NotSaved("the machine's, which saves it")]
    protected BsdKernel Kernel { get; }

    /// <summary>The short path of quiet events.</summary>
    protected IQuietWay Quiet { get; }

    /// <summary>The machine is switched on, before its first boot.</summary>
    public virtual void PowerOn()
    {
    }

    /// <summary>The process starts: the system has booted, or it is started again.</summary>
    /// <param name="random">Its stream for this life.</param>
    /// <param name="now">Virtual time.</param>
    public virtual void Start(RandomStream random, VirtualTime now)
    {
    }

    /// <summary>The kernel is gone under it: nothing of the process is left, and no timer runs.</summary>
    public virtual void Stop(VirtualTime now)
    {
        for (int which = 0; which < Entry.Timers; which++)
        {
            Arm(which, VirtualTime.Never);
        }
    }

    /// <summary>It is a running client of zebra, which reconnects after losing the connection.</summary>
    public virtual bool AsksZebra => false;

    /// <summary>zclient_start: to zebra, and later where nobody answers.</summary>
    protected void ConnectToZebra(VirtualTime now)
    {
        if (Machine.Zserv is { } zebra && !zebra.Connect(Number))
        {
            Machine.ZebraFailed(Number, now);
        }
    }

    /// <summary>Whether zebra takes this client's routes now.</summary>
    /// <param name="served">Whether it did when that was asked last.</param>
    /// <param name="anew">It has begun to since then, and knows none of them.</param>
    protected bool IsServed(ref bool served, out bool anew)
    {
        bool serves = Machine.Zserv?.Serves(Number) == true;
        (anew, served) = (serves && !served, serves);
        return serves;
    }

    /// <summary>Runs to the end of one system call.</summary>
    /// <returns>False when it found nothing to do and sleeps.</returns>
    public virtual bool Step(VirtualTime now) => false;

    /// <summary>One of its timers is due.</summary>
    /// <param name="which">Its number among the process's own.</param>
    /// <param name="now">Virtual time.</param>
    public virtual void Timer(int which, VirtualTime now) => Wakeup();

    /// <summary>A message of zebra lies on its socket.</summary>
    public virtual void Deliver(in ZebraMessage m)
    {
    }

    /// <summary>An IPv4 packet for a raw socket, header included.</summary>
    /// <returns>False when the socket is not this process's.</returns>
    public virtual bool Receive(int socket, int ifIndex, ReadOnlySpan<byte> packet) => false;

    /// <summary>A datagram for a UDP socket of IPv6.</summary>
    /// <returns>False when the socket is not this process's.</returns>
    public virtual bool Receive(int socket, int ifIndex, in Ipv6Header ip, ReadOnlySpan<byte> payload) => false;

    /// <summary>A Multicast Listener Discovery message for a raw ICMPv6 socket.</summary>
    /// <returns>False when the socket is not this process's.</returns>
    public virtual bool Receive(int socket, int ifIndex, in MldMessage message) => false;

    /// <summary>Something has come of a TCP connection of the machine, or waits for accept(2): select returns.</summary>
    /// <param name="socket">The connection's socket, or the one that listens.</param>
    public virtual void TcpReady(int socket)
    {
    }

    /// <summary>A message lies in the routing socket's queue.</summary>
    public virtual void RoutingSocketReadable()
    {
    }

    /// <summary>A signal arrives.</summary>
    public virtual void Take(Signal signal)
    {
    }

    /// <summary>An interface got an address.</summary>
    public virtual void AddressUp(Ipv4Address local)
    {
    }

    /// <summary>Something happened that makes other parts of the system allocate memory.</summary>
    public virtual void Compete(CompetitorTrigger trigger, VirtualTime now)
    {
    }

    /// <summary>A timer is due: the process does what it did the last time, on the short path (<see cref="IQuietWay"/>).</summary>
    /// <returns>False when it must be done in full: then nothing is done.</returns>
    public virtual bool Again(int which, VirtualTime now) => false;

    /// <summary>A frame is repeated about which this process reported <see cref="IQuietWay.Heard"/>.</summary>
    /// <param name="what">What it said.</param>
    /// <param name="now">Virtual time.</param>
    public virtual void HeardAgain(int what, VirtualTime now)
    {
    }

    /// <inheritdoc/>
    public abstract void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass;

    /// <summary>Every field as before the first start.</summary>
    protected void Reset()
    {
        var reset = new StateReset();
        Fields(ref reset);
    }

    /// <summary>Sets or moves a timer; <see cref="VirtualTime.Never"/> stops it.</summary>
    protected void Arm(int which, VirtualTime at) => _events.Schedule(FirstTimer + which, at);

    /// <summary>wakeup(9) of this process.</summary>
    protected void Wakeup() => _queues.Wakeup(Number);

    /// <summary>Whether a part of the site's history happens.</summary>
    protected bool Admits(SitePartKind kind, int which = 0) => _clock.Parts?.Admits(kind, Machine.Number, which) ?? true;

    /// <summary>Tells the trace, if there is one.</summary>
    protected void Say(string text) => Machine.Say(_source, text);

    /// <summary>Tells the trace of a system call and its result.</summary>
    protected void Say(string text, Errno e) => Machine.Say(_source, text, e);

    /// <summary>Tells the trace of a message between daemons.</summary>
    protected void Say(string text, ZebraCommand command, ushort index) => Machine.Say(_source, text, command, index);
}
