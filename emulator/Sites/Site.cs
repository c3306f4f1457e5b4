using System.Numerics;
using System.Runtime.CompilerServices;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Sites;

/// <summary>
/// One connected component of the run: an answering system with its modem bank and callers, executed as one event loop.
/// A pure function of its images and the window number: the same options and site number give the same tally, wherever and however often it runs.
/// </summary>
public sealed class Site : IState
{
    private const int LineSlots = 6;
    private const int ToCalled = 0, ToCalling = 1, DialDone = 2, LossAtCalled = 3, LossAtCalling = 4, LineLoss = 5;
    private readonly Router[] _routers;
    private readonly ModemLine[] _lines;
    [NotSaved("it follows from the options")]
    private readonly int[] _timerBase;
    [NotSaved("it follows from the options")]
    private readonly byte[] _routerOf;
    private readonly int _lineBase;
    private readonly List<CrashTally> _crashes = [];
    private ulong _digest;
    private long _frames;
    private int _nextWindow;
    [NotSaved("the names of repeated frames, of which an image has none")]
    private int _lastTag;
    private VirtualTime _firstCrash = VirtualTime.Never;
    [NotSaved("it is made when somebody asks")]
    private SiteTally? _tally = new();

    private Site(SiteOptions options, uint number)
    {
        Options = options;
        Number = number;
        int callers = options.CallersPerAnswerer;
        _routers = new Router[1 + callers];
        _timerBase = new int[_routers.Length + 1];
        var plans = new List<PlannedProcess>[_routers.Length];
        for (int r = 0; r < _routers.Length; r++)
        {
            plans[r] = ProcessTable.Plan(options, RouterPlace.Of(options, number, r));
            _timerBase[r + 1] = _timerBase[r] + ProcessTable.SlotsOf(plans[r]);
        }

        _lineBase = _timerBase[^1];
        _routerOf = new byte[_lineBase];
        Queue = new EventQueue(_lineBase + (LineSlots * callers));
        for (int r = 0; r < _routers.Length; r++)
        {
            _routerOf.AsSpan(_timerBase[r].._timerBase[r + 1]).Fill((byte)r);
            _routers[r] = new Router(this, RouterPlace.Of(options, number, r), plans[r], _timerBase[r]);
        }

        _lines = new ModemLine[callers];
        for (int i = 0; i < callers; i++)
        {
            _lines[i] = new ModemLine(options.Line, options.Seed, ((ulong)number << 16) | 0x8000 | (uint)i, i);
        }

        _digest = Mix64(options.Seed ^ ((ulong)number << 32));
    }

    /// <summary>The site's number in the run, from 0.</summary>
    public uint Number { get; }

    /// <summary>What decides the site.</summary>
    public SiteOptions Options { get; }

    /// <summary>Clock, event count and trace.</summary>
    public SiteClock Clock { get; } = new();

    /// <summary>The pending events.</summary>
    public EventQueue Queue { get; }

    /// <summary>The window that <see cref="RunWindow"/> executes next.</summary>
    public int NextWindow => _nextWindow;

    /// <summary>Routers of the site: the answering system first.</summary>
    public int RouterCount => 1 + Options.CallersPerAnswerer;

    /// <summary>The routers.</summary>
    public IReadOnlyList<Router> Routers => _routers;

    /// <summary>The crashes so far, one entry a title and role.</summary>
    public IReadOnlyList<CrashTally> Crashes => _crashes;

    /// <summary>Counters since virtual time zero, as of the last window's end.</summary>
    public SiteTally Tally => _tally ??= MakeTally();

    /// <summary>The rolling digest over every executed event so far.</summary>
    public ulong Digest => _digest;

    /// <summary>Hears every step when set; null (the default) costs nothing.</summary>
    public ISiteTrace? Trace
    {
        get => Clock.Trace;
        set => Clock.Trace = value;
    }

    /// <summary>Virtual time reached.</summary>
    public VirtualTime Now => Clock.Now;

    /// <summary>A site at virtual time zero, before any boot.</summary>
    public static Site Create(SiteOptions options, uint number)
    {
        var site = new Site(options, number);
        foreach (Router router in site._routers)
        {
            router.PowerOn();
        }

        return site;
    }

    /// <summary>Executes one window of virtual time.</summary>
    public void RunWindow()
    {
        Execute(new VirtualTime((NextWindow + 1) * Options.Window.Microseconds), long.MaxValue);
        _nextWindow++;
        _tally = null; // made when somebody asks
    }

    /// <summary>Executes events up to a time or an event number, whichever comes first: what a replay does inside a window.</summary>
    /// <param name="end">Events at this time or later are left.</param>
    /// <param name="lastEvent">No event after this one is executed.</param>
    public void RunUntil(VirtualTime end, long lastEvent)
    {
        _tally ??= MakeTally(); // stays that of the last window's end
        Execute(end, lastEvent);
    }

    /// <summary>Whether quiet events are taken the short way: not when somebody listens to every step, or leaves some out.</summary>
    public bool SkipsQuiet => Options.SkipQuiet && Clock.Trace is null && Clock.Calls is null && Clock.Parts is null;

    /// <summary>Events of this object's life that were taken the short way.</summary>
    [NotSaved("it says how an object came to its state, and not which")]
    public long QuietEvents { get; private set; }

    private void Execute(VirtualTime end, long lastEvent)
    {
        bool skip = SkipsQuiet;
        while (Queue.NextTime < end && Clock.Events < lastEvent)
        {
            long before = Clock.Events;
            int slot = Queue.Pop(out VirtualTime at);
            Count(slot, at);
            if (skip && FireQuiet(slot, at, end, lastEvent))
            {
                QuietEvents += Clock.Events - before;
            }
            else
            {
                Fire(slot, at);
            }
        }

        if (Clock.Events < lastEvent)
        {
            Clock.Now = end;
        }
    }

    /// <summary>An event is executed now: it is counted, and rolled into the digest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(int slot, VirtualTime at)
    {
        Clock.Now = at;
        Clock.Events++;
        Mix(((ulong)at.Microseconds * 31) + (ulong)slot);
    }

    /// <summary>Rolls a value into the digest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Mix(ulong value) => _digest = (BitOperations.RotateLeft(_digest, 7) ^ value) * 0x9E3779B97F4A7C15;

    private static ulong Mix64(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private void Fire(int slot, VirtualTime now)
    {
        if (slot < _lineBase)
        {
            int r = _routerOf[slot];
            _routers[r].Fire(slot - _timerBase[r], now);
            return;
        }

        int line = (slot - _lineBase) / LineSlots;
        switch ((slot - _lineBase) % LineSlots)
        {
            case ToCalled:
                Arrive(line, Role.Called, now);
                break;
            case ToCalling:
                Arrive(line, Role.Calling, now);
                break;
            case DialDone:
                DialIsDone(line, now);
                break;
            case LossAtCalled:
                if (!Admits(SitePartKind.CarrierLoss, 0, line))
                {
                    break;
                }

                Trace?.Step(Clock.Events, now, 0, TraceSource.Line, "carrier lost at the called end");
                _routers[0].CarrierLost(line, now);
                break;
            case LossAtCalling:
                if (!Admits(SitePartKind.CarrierLoss, line + 1, 0))
                {
                    break;
                }

                Trace?.Step(Clock.Events, now, line + 1, TraceSource.Line, "carrier lost at the calling end");
                _routers[line + 1].CarrierLost(0, now);
                break;
            case LineLoss:
                if (_lines[line].State == LineState.Connected && Admits(SitePartKind.LineLoss, line, 0))
                {
                    Trace?.Step(Clock.Events, now, line + 1, TraceSource.Line, "the line loses carrier");
                    HangUp(line);
                    Queue.Schedule(Slot(line, LossAtCalled), now + _lines[line].CarrierDetect());
                    Queue.Schedule(Slot(line, LossAtCalling), now + _lines[line].CarrierDetect());
                }

                break;
        }
    }

    private bool Admits(SitePartKind kind, int router, int which) => Clock.Parts?.Admits(kind, router, which) ?? true;

    private bool FireQuiet(int slot, VirtualTime now, VirtualTime end, long lastEvent)
    {
        if (slot < _lineBase)
        {
            int r = _routerOf[slot];
            return _routers[r].Quiet.Fire(slot - _timerBase[r], now, end, lastEvent);
        }

        int line = (slot - _lineBase) / LineSlots, kind = (slot - _lineBase) % LineSlots;
        if (kind > ToCalling)
        {
            return false;
        }

        Role to = (Role)kind;
        FrameRing ring = _lines[line].InFlight[kind];
        if (!Receiver(line, to).Quiet.Arrive(to == Role.Called ? line : 0, ring, now))
        {
            return false;
        }

        Queue.Schedule(slot, ring.NextTime);
        return true;
    }

    private Router Receiver(int line, Role to) => _routers[to == Role.Called ? 0 : line + 1];

    /// <summary>A repeated frame enters the line.</summary>
    public void TransmitAgain(Router from, in RepeatedFrame frame, ushort identification)
    {
        int line = LineOf(from, frame.Line);
        if (_lines[line].State != LineState.Connected)
        {
            return;
        }

        _frames++;
        Role to = from.Role == Role.Called ? Role.Calling : Role.Called;
        Queue.Schedule(Slot(line, (int)to), _lines[line].SendAgain(to, Clock.Now, frame, identification));
    }

    private static int LineOf(Router router, int line) => router.Role == Role.Called ? line : router.Number - 1;

    /// <summary>Frames sent so far.</summary>
    public long Frames => _frames;

    /// <summary>Remembers the frame that was sent last, so that it can be repeated.</summary>
    public void Remember(ref RepeatedFrame frame, RepeatedKind kind, Router from, int line, int epoch)
    {
        FrameRing ring = _lines[LineOf(from, line)].InFlight[from.Role == Role.Called ? (int)Role.Calling : (int)Role.Called];
        int newTag = _lastTag + 4 - (_lastTag & 3) + (int)kind;
        if (frame.Remember(ring.Last, line, epoch, newTag))
        {
            _lastTag = newTag;
        }

        ring.TagLast(frame.Tag);
    }

    private int Slot(int line, int kind) => _lineBase + (line * LineSlots) + kind;

    /// <summary>A calling pppd dials.</summary>
    public void Dial(int line, VirtualTime now)
    {
        if (_lines[line].State != LineState.OnHook)
        {
            HangUp(line);
        }

        Queue.Cancel(Slot(line, LossAtCalling));
        Queue.Schedule(Slot(line, DialDone), now + _lines[line].Dial(_routers[0].Pppds[line].AnswersCalls));
    }

    private void DialIsDone(int line, VirtualTime now)
    {
        Router calling = _routers[line + 1];
        if (_lines[line].Answer(_routers[0].Pppds[line].AnswersCalls && calling.IsUp))
        {
            Trace?.Step(Clock.Events, now, line + 1, TraceSource.Line, "CONNECT 33600");
            VirtualTime login = _lines[line].LoginTime();
            _routers[0].Pppds[line].Connected(login, now);
            calling.Pppds[0].Connected(login, now);
            Queue.Schedule(Slot(line, LineLoss), _lines[line].NextLoss() is { IsNever: false } t ? now + t : VirtualTime.Never);
        }
        else if (calling.IsUp)
        {
            calling.Pppds[0].DialFailed(now);
        }
    }

    /// <summary>An end lowers DTR, or its machine died: the line goes, and the other end loses carrier a little later.</summary>
    public void DropDtr(int line, Role by, VirtualTime now)
    {
        if (_lines[line].State == LineState.Dialing && by == Role.Calling)
        {
            Queue.Cancel(Slot(line, DialDone));
            HangUp(line);
        }

        if (_lines[line].State != LineState.Connected)
        {
            return;
        }

        Trace?.Step(Clock.Events, now, by == Role.Called ? 0 : line + 1, TraceSource.Line, "DTR low");
        HangUp(line);
        Queue.Schedule(Slot(line, by == Role.Called ? LossAtCalling : LossAtCalled), now + _lines[line].CarrierDetect());
    }

    private void HangUp(int line)
    {
        _lines[line].HangUp();
        Queue.Cancel(Slot(line, ToCalled));
        Queue.Cancel(Slot(line, ToCalling));
        Queue.Cancel(Slot(line, LineLoss));
    }

    /// <summary>A frame enters the line, with its FCS.</summary>
    public void Transmit(int line, Role from, ReadOnlySpan<byte> frame)
    {
        if (_lines[line].State != LineState.Connected)
        {
            return;
        }

        _frames++;
        Trace?.Frame(Clock.Now, line, from, frame);
        Role to = from == Role.Called ? Role.Calling : Role.Called;
        VirtualTime next = _lines[line].Send(to, Clock.Now, frame);
        Queue.Schedule(Slot(line, (int)to), next);
    }

    private void Arrive(int line, Role to, VirtualTime now)
    {
        FrameRing ring = _lines[line].InFlight[(int)to];
        int tag = ring.FrontTag;
        Span<byte> frame = ring.Take(out byte broken);
        Queue.Schedule(Slot(line, (int)to), ring.NextTime);
        if (broken != 0)
        {
            // Only noise changes a byte, so only then the FCS can be wrong.
            int bit = _lines[line].BrokenBit(frame.Length);
            frame[bit >> 3] ^= (byte)(1 << (bit & 7));
            if (Fcs16.Add(Fcs16.Initial, frame) != Fcs16.Good)
            {
                Trace?.Step(Clock.Events, now, to == Role.Called ? 0 : line + 1, TraceSource.Line, "bad FCS: frame dropped");
                return;
            }
        }

        // The bytes stay in the ring until something is sent in the same direction, which the receiver cannot do.
        ReadOnlySpan<byte> content = frame[..^2];
        Receiver(line, to).FrameArrived(to == Role.Called ? line : 0, content, broken == 0 ? tag : 0, now);
    }

    /// <summary>A router has panicked.</summary>
    /// <param name="router">The router.</param>
    /// <param name="title">Which code path.</param>
    /// <returns>Its tally; call stack and the pointer's life are missing when the title is new to the site.</returns>
    public CrashTally Crashed(Router router, CrashTitle title)
    {
        Mix(((ulong)title.Site << 16) ^ ((ulong)title.Holder << 8) ^ (ulong)title.Gap);
        if (_firstCrash.IsNever)
        {
            _firstCrash = Clock.Now;
        }

        CrashTally? tally = null;
        foreach (CrashTally c in _crashes)
        {
            tally = c.Title == title && c.Role == router.Role ? c : tally;
        }

        if (tally is null)
        {
            tally = new CrashTally(title, router.Role) { First = Clock.Now, FirstEvent = Clock.Events };
            _crashes.Add(tally);
        }

        tally.Count++;
        return tally;
    }

    /// <summary>Links of a role that went down while their kernel lived, since virtual time zero.</summary>
    public long DisconnectsOf(Role role)
    {
        long disconnects = 0;
        foreach (Router r in _routers)
        {
            disconnects += r.Role == role ? r.Counters.Disconnects : 0;
        }

        return disconnects;
    }

    /// <summary>Stale pointers of a role, by holder.</summary>
    /// <param name="role">Whose kernels.</param>
    /// <param name="created">Gets those that came to be since virtual time zero; <see cref="Holders.Kinds"/> entries.</param>
    /// <param name="live">Gets those that exist now.</param>
    public void StaleOf(Role role, Span<long> created, Span<int> live)
    {
        created.Clear();
        live.Clear();
        foreach (Router r in _routers)
        {
            if (r.Role != role)
            {
                continue;
            }

            if (r.IsUp)
            {
                r.Kernel.CountStale(live);
            }

            for (int k = 0; k < created.Length; k++)
            {
                created[k] += r.Oracle.Created[k];
            }
        }
    }

    private SiteTally MakeTally()
    {
        var tally = new SiteTally { FirstCrash = _firstCrash };
        tally.Counters.OfSite() = new Counters { Events = Clock.Events, Frames = _frames };
        Span<int> live = stackalloc int[Holders.Kinds];
        Span<long> created = stackalloc long[Holders.Kinds];
        Span<long> lost = stackalloc long[Holders.Kinds];
        for (int role = 0; role < 2; role++)
        {
            lost.Clear();
            StaleOf((Role)role, created, live);
            ref Counters counted = ref tally.Counters[role];
            foreach (Router r in _routers)
            {
                if ((int)r.Role != role)
                {
                    continue;
                }

                counted += r.Counters;
                if (r.IsUp)
                {
                    counted.DetachesPending += r.Kernel.DetachesPending;
                }

                for (int k = 0; k < lost.Length; k++)
                {
                    lost[k] += r.Oracle.LostInPanic[k];
                }

                for (int i = 0; i < r.Oracle.Refused.Count; i++)
                {
                    ref readonly RouterOracle.RefusedCall c = ref r.Oracle.Refused[i];
                    string name = $"errno {c.Error} seen by {DaemonKind.ColumnOf(c.Program).Name}, {(role == 0 ? "called" : "calling")}";
                    tally.Probes.TryGetValue(name, out long n);
                    tally.Probes[name] = n + c.Count;
                }

                for (int i = 0; i < r.Oracle.Cells.Count; i++)
                {
                    ref readonly CoverageCell c = ref r.Oracle.Cells[i];
                    string name = Coverage.Name(c.Holder, c.Order, c.Site, c.Alias);
                    tally.Probes.TryGetValue(name, out long n);
                    tally.Probes[name] = n + c.Count;
                }

                for (int i = 0; i < r.Oracle.UnitAliases.Count; i++)
                {
                    ref readonly RouterOracle.UnitAlias a = ref r.Oracle.UnitAliases[i];
                    string name = $"alias {KernelNames.Of(a.Holder)} of ppp{a.From} names ppp{a.To}";
                    tally.Probes.TryGetValue(name, out long n);
                    tally.Probes[name] = n + a.Count;
                }

                for (int i = 0; i < ProbeNames.Count; i++)
                {
                    if (r.Oracle.Probes[i] > 0)
                    {
                        string name = ProbeNames.Of((Probe)i);
                        tally.Probes.TryGetValue(name, out long n);
                        tally.Probes[name] = n + r.Oracle.Probes[i];
                    }
                }
            }

            for (int k = 1; k < live.Length; k++)
            {
                counted.StaleCreated += created[k];
                counted.StaleLive += live[k];
                if (created[k] > 0 || live[k] > 0)
                {
                    tally.Stale.Add(new StaleTally((HolderKind)k, (Role)role) { Created = created[k], Live = live[k], Healed = created[k] - live[k] - lost[k] });
                }
            }
        }

        foreach (CrashTally c in _crashes)
        {
            tally.Crashes.Add(c with { });
        }

        tally.Digest = _digest;
        return tally;
    }

    /// <summary>The format and layout of the images that this build writes and reads.</summary>
    public static ImageFormat Format { get; } = new(ImageFormat.Current, LayoutOfSites());

    // Of a site of the default options with every daemon: every site writes the same types in the same order, and only their number differs.
    private static ulong LayoutOfSites()
    {
        string[] daemons = [.. DaemonKind.Names];
        var options = new SiteOptions();
        var site = new Site(options with { Called = options.Called with { Daemons = daemons }, Calling = options.Calling with { Daemons = daemons } }, 0);
        return StateLayout.Of(site, new CrashStory());
    }

    /// <summary>Writes the whole site as bytes, <see cref="Format"/> first.</summary>
    public void Save(ImageWriter image)
    {
        Format.Write(image);
        image.Save(this);
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref _nextWindow);
        Clock.Fields(ref pass);
        pass.Field(ref _digest);
        pass.Field(ref _frames);
        pass.Struct(ref _firstCrash);
        Queue.Fields(ref pass);
        foreach (Router r in _routers)
        {
            r.Fields(ref pass);
        }

        foreach (ModemLine l in _lines)
        {
            l.Fields(ref pass);
        }

        CrashTally.Fields(_crashes, ref pass);
    }

    /// <summary>A site as <see cref="Save"/> wrote it.</summary>
    /// <exception cref="ImageFormatException">Another format or layout: nothing of the image is read.</exception>
    /// <exception cref="InvalidDataException">The image ends early, or goes on after its end.</exception>
    public static Site Load(SiteOptions options, uint number, ImageReader image)
    {
        Format.Check(image);
        var site = new Site(options, number);
        image.Load(site);
        image.End();
        site._tally = null;
        return site;
    }

    /// <summary>What a person would see on a router's console: interfaces, sockets, memberships, routes, memory.</summary>
    /// <param name="router">0 is the answering system.</param>
    public string Show(int router) => RouterConsole.Show(_routers[router]);
}
