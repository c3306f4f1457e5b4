using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ppp;

namespace Stress.Emulator.Sites;

/// <summary>A line of the plan of a table of processes.</summary>
/// <param name="Name">The program's name.</param>
/// <param name="Timers">Its timers.</param>
/// <param name="Source">Its column in a trace.</param>
/// <param name="Draws">What its random numbers are for.</param>
/// <param name="Create">Makes it.</param>
/// <param name="IsDaemon">It starts only where the role names it.</param>
/// <param name="Place">A daemon's place in <see cref="RoleOptions.Daemons"/>, or -1.</param>
public sealed record PlannedProcess(
    string Name, int Timers, TraceSource Source, RandomPurpose Draws, Func<ProcessEntry, Process> Create, bool IsDaemon = false, int Place = -1);

/// <summary>
/// The processes of a router, in the order in which equal times are served. The table knows what every process has to
/// answer (<see cref="Process"/>) and nothing of any single one.
/// </summary>
public sealed class ProcessTable : IState
{
    /// <summary>Timers of the machine itself, before those of its processes: the boot, the kernel's fast timeout.</summary>
    public const int Boot = 0, FastTimeout = 1, MachineTimers = 2;

    private readonly Process[] _all;
    [NotSaved("some of all processes, by the options")]
    private readonly Process[] _system;
    [NotSaved("some of all processes, by the options")]
    private readonly Process[] _everySystem;
    [NotSaved("some of all processes, by the options")]
    private readonly Process[] _clients;
    [NotSaved("some of all processes, by the options")]
    private readonly Process[] _daemons;
    [NotSaved("some of all processes, by the options")]
    private readonly Process?[] _started;
    [NotSaved("it follows from the plan")]
    private readonly Process[] _owner;

    /// <summary>A table in which nothing runs yet.</summary>
    /// <param name="machine">The machine that the processes run on.</param>
    /// <param name="plan">The processes.</param>
    /// <param name="firstSlot">The machine's first slot in the queue of events.</param>
    /// <param name="daemons">Length of <see cref="RoleOptions.Daemons"/>.</param>
    public ProcessTable(IMachine machine, IReadOnlyList<PlannedProcess> plan, int firstSlot, int daemons)
    {
        _all = new Process[plan.Count];
        _started = new Process?[daemons];
        _owner = new Process[SlotsOf(plan)];
        int slot = MachineTimers;
        for (int p = 0; p < plan.Count; p++)
        {
            PlannedProcess planned = plan[p];
            _all[p] = planned.Create(new ProcessEntry(machine, p, planned.Name, planned.Timers, firstSlot + slot, planned.Source, planned.Draws));
            _owner.AsSpan(slot, planned.Timers).Fill(_all[p]);
            slot += planned.Timers;
            if (planned.Place >= 0)
            {
                _started[planned.Place] = _all[p];
            }
        }

        _system = [.. _all.Where(static p => p is not IPortOwner)];
        _everySystem = [.. _all.Where(p => !plan[p.Number].IsDaemon)];
        _daemons = [.. _all.Where(p => plan[p.Number].IsDaemon)];
        _clients = [.. _daemons.Where(static p => p is not IZserv)];
        PortOwners = [.. _all.OfType<IPortOwner>().OrderBy(static owner => owner.Line)];
        Zserv = _all.OfType<IZserv>().FirstOrDefault();
        RoutingSocketReader = Zserv as Process;
        ZebraRestarts = _all.OfType<ZebraRestarts>().FirstOrDefault();
        Netif = _all.OfType<Netif>().FirstOrDefault();
        Querier = _all.OfType<Querier>().FirstOrDefault();
    }

    /// <summary>All of them, by number.</summary>
    public ReadOnlySpan<Process> All => _all;

    /// <summary>All but the owners of ports, whose number is that of the lines.</summary>
    public ReadOnlySpan<Process> System => _system;

    /// <summary>Those that the role names, in its order: the order of their start.</summary>
    public ReadOnlySpan<Process?> Started => _started;

    /// <summary>Those that start regardless of the role.</summary>
    public ReadOnlySpan<Process> OnEverySystem => _everySystem;

    /// <summary>The daemons.</summary>
    public ReadOnlySpan<Process> Daemons => _daemons;

    /// <summary>The daemons but zebra.</summary>
    public ReadOnlySpan<Process> Clients => _clients;

    /// <summary>The owner of each port, by its number.</summary>
    [NotSaved("some of all processes, by the options")]
    public IPortOwner[] PortOwners { get; }

    /// <summary>zebra's socket.</summary>
    public IZserv? Zserv { get; }

    /// <summary>The process that restarts zebra, and knows when its clients reconnect; null if there is none.</summary>
    public ZebraRestarts? ZebraRestarts { get; }

    /// <summary>The process that creates and destroys interfaces without a line; null if there is none.</summary>
    public Netif? Netif { get; }

    /// <summary>The process that asks for members of groups on the segment; null if there is none.</summary>
    public Querier? Querier { get; }

    /// <summary>The process that reads the routing socket.</summary>
    [NotSaved("one of all processes")]
    public Process? RoutingSocketReader { get; }

    /// <summary>The process with this number.</summary>
    public Process this[int number] => _all[number];

    /// <summary>Whose timer a slot is.</summary>
    /// <param name="slot">From <see cref="MachineTimers"/> on.</param>
    public Process OwnerOf(int slot) => _owner[slot];

    /// <summary>Slots that a machine with these processes takes in the event queue.</summary>
    public static int SlotsOf(IReadOnlyList<PlannedProcess> plan) => MachineTimers + plan.Sum(static p => p.Timers);

    /// <summary>
    /// The processes of a router. Their order is that in which equal times are served, and so a part of the model: daemons older than the table keep their places whether a role
    /// names them or not; all others come after the lines' pppds, and only where the role names them.
    /// </summary>
    /// <param name="site">The site's options.</param>
    /// <param name="router">The router's place in the site.</param>
    public static List<PlannedProcess> Plan(SiteOptions site, in RouterPlace router)
    {
        RoleOptions role = site.Roles[router.Role];
        ulong seed = site.Seed, entity = router.Entity;
        var plan = new List<PlannedProcess>
        {
            new("cron", 1, TraceSource.Cron, RandomPurpose.Hup, e => new Cron(e, role.Hup, new RandomStream(seed, entity, RandomPurpose.Hup))),
        };
        Daemons(inEverySystem: true);
        plan.Add(new("member", 0, TraceSource.Other, 0, e => new GroupMember(e, role.GroupMember)));
        plan.Add(new(
            "competitors", 1, TraceSource.Other, RandomPurpose.Competitor,
            e => new Competitors(e, role.Kernel.Competitors, new RandomStream(seed, entity, RandomPurpose.Competitor))));
        for (int i = 0; i < router.Ports.Count; i++)
        {
            int line = i;
            PortPlace port = router.Ports[i];
            ulong tty = entity + ((ulong)port.Link << 48);
            bool calls = port.End == ModemLink.Calling;
            PppEndpointOptions ppp = PppOptions.Of(site, port);
            plan.Add(new(
                Pppd.Program, Pppd.Timers, TraceSource.Pppd, RandomPurpose.Pppd,
                e => new Pppd(e, role.Pppd, role.Term.StartedAgain, ppp, line, calls, new RandomStream(seed, tty, RandomPurpose.Pppd), new RandomStream(seed, tty, RandomPurpose.Script))));
        }

        Daemons(inEverySystem: false);
        if (role.Term.Enabled)
        {
            plan.Add(new(
                "cron (TERM)", 1, TraceSource.Cron, RandomPurpose.Term, e => new Cron(e, role.Term.Programme(), new RandomStream(seed, entity, RandomPurpose.Term), Signal.Term)));
        }

        if (role.Zebra.RestartEvery > VirtualTime.Zero && role.PlaceOf("zebra") >= 0)
        {
            int before = plan.Count;
            plan.Add(new(
                "zebra's restarts", ZebraRestarts.TimersOf(before), TraceSource.Other, RandomPurpose.ZebraRestart,
                e => new ZebraRestarts(e, role.Zebra, before, new RandomStream(seed, entity, RandomPurpose.ZebraRestart))));
        }

        if (role.Rtadvd.Interval > VirtualTime.Zero || role.Rtadvd.Listed > VirtualTime.Zero)
        {
            plan.Add(new("rtadvd", Rtadvd.Timers, TraceSource.Other, RandomPurpose.Rtadvd, e => new Rtadvd(e, role.Rtadvd)));
        }

        if (role.Datagrams.Interval > VirtualTime.Zero)
        {
            Topology nodes = site.Topology;
            plan.Add(new("datagrams", 1, TraceSource.Other, RandomPurpose.Datagrams, e => new Datagrams(e, role.Datagrams, nodes.Nodes.Count, nodes.AddressOf, role.GroupMember)));
        }

        if (role.Interfaces.Count > 0)
        {
            plan.Add(new(Netif.Program, Netif.Timers, TraceSource.Other, RandomPurpose.Interfaces, e => new Netif(e, role.Interfaces)));
        }

        if (role.Ssh.Listens || role.Ssh.Login.Max > VirtualTime.Zero)
        {
            plan.Add(new("ssh", Ssh.Timers, TraceSource.Other, RandomPurpose.Ssh, e => new Ssh(e, role.Ssh)));
        }

        if (router.Station.Querier is { } querier)
        {
            plan.Add(new("querier", Querier.Timers, TraceSource.Other, RandomPurpose.Querier, e => new Querier(e, querier)));
        }

        return plan;

        void Daemons(bool inEverySystem)
        {
            foreach (DaemonKind kind in RoleOptions.Known)
            {
                int place = role.PlaceOf(kind.Name);
                if (kind.InEverySystem == inEverySystem && (inEverySystem || place >= 0))
                {
                    plan.Add(new(kind.Name, kind.Timers, kind.Source, kind.Draws, e => kind.Create(e, role), IsDaemon: true, place));
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        foreach (Process p in _all)
        {
            p.Fields(ref pass);
        }
    }
}
