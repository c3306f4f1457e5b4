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
/// One connected component of the run, such as an answering system with its modem bank and callers, executed as one event loop.
/// A pure function of its images and the window number: the same options and site number give the same tally, wherever and however often it runs.
/// </summary>
public sealed partial class Site : IState, ILinkSite, ISegmentSite, IConcentratorSite
{
    private readonly Router[] _routers;
    private readonly ILink[] _links;
    private readonly SiteProgramme[] _programmes;
    private readonly EthernetSegment[] _segments;

    // One for each node that uses discovery, in the order of the nodes.
    private readonly AccessConcentrator[] _concentrators;
    [NotSaved("it follows from the options")]
    private readonly Port[][] _ends;

    // Of a flap's target beyond the links: the segment and the station.
    [NotSaved("it follows from the options")]
    private readonly (int Segment, int Station, int Node)[] _stations;

    // Owners of slots: the routers, then the links, then the programmes, then the segments, then the concentrators.
    [NotSaved("it follows from the options")]
    private readonly ushort[] _owner;
    [NotSaved("it follows from the options")]
    private readonly int[] _firstSlot;
    [NotSaved("it follows from the options")]
    private readonly QuietSlot[] _quiet;
    private readonly List<CrashTally> _crashes = [];

    // Of a network, by link; a site of pairs has its counts by label alone.
    private readonly long[] _decidedOfLink;
    private readonly Ring<LinkCrash> _crashesOfLinks = new();
    [NotSaved("it follows from the options")]
    private readonly int[][] _linkOf;
    [NotSaved("between two events none is executed")]
    private int _firing;
    private ulong _digest;
    private long _frames;
    private int _nextWindow;
    private VirtualTime _firstCrash = VirtualTime.Never;
    [NotSaved("it is made on demand")]
    private SiteTally? _tally;

    private Site(SiteOptions options, uint number)
    {
        Options = options;
        StreamSeed = options.Seed;
        Number = number;
        Topology topology = options.Topology;
        topology.Check(options.Roles);
        Labels = topology.Labels;
        _routers = new Router[topology.Nodes.Count];
        _links = new ILink[topology.Links.Count];
        _ends = new Port[_links.Length][];
        _programmes = new SiteProgramme[options.Events?.Count ?? 0];
        _segments = new EthernetSegment[topology.Segments?.Count ?? 0];
        _stations = [.. topology.Stations];
        int[] discoverers = [.. Enumerable.Range(0, _routers.Length).Where(node => options.Roles[topology.Nodes[node]].Discovers)];
        _concentrators = new AccessConcentrator[discoverers.Length];
        _firstSlot = new int[_routers.Length + _links.Length + _programmes.Length + _segments.Length + _concentrators.Length + 1];
        int firstSegment = _routers.Length + _links.Length + _programmes.Length, firstConcentrator = firstSegment + _segments.Length;
        _decidedOfLink = new long[options.Graph is null ? 0 : _links.Length];
        RouterPlace[] places = topology.PlacesOf(number);
        _linkOf = [.. places.Select(place => place.Ports.Select(port => port.Link).ToArray())];
        var processes = new List<PlannedProcess>[_routers.Length];
        for (int owner = 0; owner < _firstSlot.Length - 1; owner++)
        {
            int slots;
            if (owner < _routers.Length)
            {
                processes[owner] = ProcessTable.Plan(options, places[owner]);
                slots = ProcessTable.SlotsOf(processes[owner]);
            }
            else
            {
                slots = owner - _routers.Length < _links.Length ? topology.Links[owner - _routers.Length].Kind.Events
                    : owner < firstSegment ? SiteProgramme.Events : owner < firstConcentrator ? EthernetSegment.Events : AccessConcentrator.Events;
            }

            _firstSlot[owner + 1] = _firstSlot[owner] + slots;
        }

        Queue = new EventQueue(_firstSlot[^1]);
        _owner = new ushort[_firstSlot[^1]];
        for (int owner = 0; owner < _firstSlot.Length - 1; owner++)
        {
            _owner.AsSpan(_firstSlot[owner].._firstSlot[owner + 1]).Fill((ushort)owner);
            if (owner < _routers.Length)
            {
                _routers[owner] = new Router(this, places[owner], processes[owner], _firstSlot[owner]);
                continue;
            }

            int link = owner - _routers.Length;
            if (owner >= firstConcentrator)
            {
                PlugConcentrator(owner - firstConcentrator, discoverers[owner - firstConcentrator], _firstSlot[owner]);
                continue;
            }

            if (owner >= firstSegment)
            {
                PlugSegment(owner - firstSegment, topology, _firstSlot[owner]);
                continue;
            }

            if (link >= _links.Length)
            {
                _programmes[link - _links.Length] = new SiteProgramme(this, options.Events![link - _links.Length], link - _links.Length, _firstSlot[owner]);
                continue;
            }

            PlannedLink planned = topology.Links[link];
            _ends[link] = [.. planned.Ends.Select((e, end) => _routers[e.Node].Ports[e.Port] = new Port(_routers[e.Node], e.Port, end))];
            _links[link] = planned.Kind.Create(this, link, _firstSlot[owner], _ends[link]);
            foreach (Port port in _ends[link])
            {
                port.Plug(_links[link]);
            }
        }

        _quiet = new QuietSlot[_owner.Length];
        for (int slot = 0; slot < _quiet.Length; slot++)
        {
            _quiet[slot] = QuietSlotOf(slot);
        }

        _digest = Mix64(options.Seed ^ ((ulong)number << 32));
    }

    private void PlugConcentrator(int concentrator, int node, int firstSlot)
    {
        Router router = _routers[node];
        _concentrators[concentrator] = new AccessConcentrator(this, node, firstSlot, router, Options.Roles[router.Role].Concentrator, new RandomStream(Options.Seed, router.Entity, RandomPurpose.Concentrator));
        router.Plug(_concentrators[concentrator]);
    }

    private void PlugSegment(int segment, Topology topology, int firstSlot)
    {
        PlannedSegment planned = topology.Segments![segment];
        Router[] stations = [.. planned.Stations.Select(node => _routers[node])];
        _segments[segment] = new EthernetSegment(
            this, segment, firstSlot, stations, planned.Down, new RandomStream(Options.Seed, ((ulong)Number << 16) | (uint)segment, RandomPurpose.Segment), planned.NewSwitch());
        for (int station = 0; station < stations.Length; station++)
        {
            stations[station].Plug(_segments[segment], station);
        }
    }

    // What the short path of a slot's events needs, looked up once instead of at each event: whose path it is, and the timer's process or the frames that arrive. A slot without a
    // path is never quiet; one with neither process nor frames is the fast timeout.
    private readonly record struct QuietSlot(QuietWay? Way, Process? Process, FrameRing? Frames, int Which);

    private QuietSlot QuietSlotOf(int slot)
    {
        int owner = _owner[slot], which = slot - _firstSlot[owner];
        if (owner >= _routers.Length + _links.Length)
        {
            return default;
        }

        if (owner >= _routers.Length)
        {
            int link = owner - _routers.Length;
            return _links[link].Arriving(which, out int to) is { } frames
                ? new QuietSlot(_ends[link][to].Router.Quiet, null, frames, _ends[link][to].Number)
                : default;
        }

        Router router = _routers[owner];
        if (which < ProcessTable.MachineTimers)
        {
            return which == ProcessTable.FastTimeout ? new QuietSlot(router.Quiet, null, null, which) : default;
        }

        Process process = router.Processes.OwnerOf(which);
        return new QuietSlot(router.Quiet, process, null, slot - process.FirstTimer);
    }

    /// <summary>The seed of streams opened from now on: the run's, except in a future (<see cref="ImageReader.StreamKey"/>).</summary>
    [field: NotSaved("a future is executed to its end, and never saved")]
    internal ulong StreamSeed { get; private set; }

    /// <summary>The site's number in the run, from 0.</summary>
    public uint Number { get; }

    /// <summary>The labels of its nodes.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>What decides the site.</summary>
    public SiteOptions Options { get; }

    /// <summary>Clock, event count and trace.</summary>
    public SiteClock Clock { get; } = new();

    /// <summary>The pending events.</summary>
    public EventQueue Queue { get; }

    /// <summary>The window that <see cref="RunWindow"/> executes next.</summary>
    public int NextWindow => _nextWindow;

    /// <summary>Routers of the site.</summary>
    public int RouterCount => _routers.Length;

    /// <summary>The routers.</summary>
    public IReadOnlyList<Router> Routers => _routers;

    /// <summary>The Ethernet segments.</summary>
    public IReadOnlyList<EthernetSegment> Segments => _segments;

    /// <summary>The crashes so far, one entry a title and label.</summary>
    public IReadOnlyList<CrashTally> Crashes => _crashes;

    /// <summary>Counters since virtual time zero, as of the last window's end.</summary>
    public SiteTally Tally => _tally ??= MakeTally();

    /// <summary>The rolling digest over every executed event so far.</summary>
    public ulong Digest => _digest;

    /// <summary>Called at every step if set; null (the default) costs nothing.</summary>
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

        foreach (SiteProgramme programme in site._programmes)
        {
            programme.Start();
        }

        return site;
    }

    /// <summary>Executes one window of virtual time.</summary>
    public void RunWindow()
    {
        Execute(new VirtualTime((NextWindow + 1) * Options.Window.Microseconds), long.MaxValue);
        _nextWindow++;
        _tally = null; // made on demand
    }

    /// <summary>Executes events up to a time or an event number, whichever comes first: what a replay does inside a window.</summary>
    /// <param name="end">Events at this time or later are left.</param>
    /// <param name="lastEvent">No event after this one is executed.</param>
    public void RunUntil(VirtualTime end, long lastEvent)
    {
        _tally ??= MakeTally(); // stays that of the last window's end
        Execute(end, lastEvent);
    }

    /// <summary>Executes up to an event, window by window as a run does; a site that has no more events stays where it is.</summary>
    /// <param name="last">The event's number: it is executed, but none after it.</param>
    public void RunToEvent(long last)
    {
        while (Clock.Events < last && !Queue.NextTime.IsNever)
        {
            RunUntil(new VirtualTime(((Now.Microseconds / Options.Window.Microseconds) + 1) * Options.Window.Microseconds), last);
        }
    }

    /// <summary>Whether quiet events take the short path: not while something listens to every step, or leaves some out.</summary>
    public bool SkipsQuiet => Options.SkipQuiet && Clock.Trace is null && Clock.Calls is null && Clock.Parts is null;

    /// <summary>Events that took the short path since this object was created.</summary>
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

    /// <summary>Executes events of one slot that come at a fixed distance: each is counted as <see cref="Count"/> does.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="next">When the first of them is due; then, when the first is that was left.</param>
    /// <param name="every">The distance.</param>
    /// <param name="most">No more than this many.</param>
    /// <param name="stop">Events at this time or later are left.</param>
    /// <param name="lastEvent">No event after this one is executed.</param>
    /// <returns>How many were executed.</returns>
    public int CountRepeated(int slot, ref VirtualTime next, VirtualTime every, int most, VirtualTime stop, long lastEvent)
    {
        // In locals, which stay in registers: most of a run's events are these.
        ulong digest = _digest;
        long at = next.Microseconds, step = every.Microseconds, last = stop.Microseconds;
        long left = Math.Min(most, lastEvent - Clock.Events);
        int n = 0;
        for (; n < left && at < last; n++, at += step)
        {
            digest = Rolled(digest, ((ulong)at * 31) + (ulong)slot);
        }

        if (n > 0)
        {
            _digest = digest;
            Clock.Events += n;
            Clock.Now = new VirtualTime(at - step);
            next = new VirtualTime(at);
        }

        return n;
    }

    /// <summary>Rolls a value into the digest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Mix(ulong value) => _digest = Rolled(_digest, value);

    private static ulong Rolled(ulong digest, ulong value) => (BitOperations.RotateLeft(digest, 7) ^ value) * 0x9E3779B97F4A7C15;

    private static ulong Mix64(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private void Fire(int slot, VirtualTime now)
    {
        _firing = slot;
        int owner = _owner[slot], which = slot - _firstSlot[owner];
        if (owner < _routers.Length)
        {
            _routers[owner].Fire(which, now);
        }
        else if (owner - _routers.Length is var link && link < _links.Length)
        {
            _links[link].Fire(which, now);
        }
        else if (link - _links.Length is var programme && programme < _programmes.Length)
        {
            _programmes[programme].Fire(which, now);
        }
        else if (programme - _programmes.Length is var segment && segment < _segments.Length)
        {
            _segments[segment].Fire(which, now);
        }
        else
        {
            _concentrators[segment - _segments.Length].Fire(which, now);
        }
    }

    /// <summary>A link itself loses carrier, or the cable of a station is pulled out.</summary>
    /// <param name="link">The link's number; beyond the links the station's.</param>
    /// <param name="now">Virtual time.</param>
    internal void Flap(int link, VirtualTime now)
    {
        if (link < _links.Length)
        {
            ((IModemLink)_links[link]).LoseCarrier(now);
        }
        else
        {
            (int segment, int station, _) = _stations[link - _links.Length];
            _segments[segment].PullCable(station, now);
        }
    }

    // A link's events are quiet when an intact repetition arrives.
    private bool FireQuiet(int slot, VirtualTime now, VirtualTime end, long lastEvent)
    {
        ref readonly QuietSlot quiet = ref _quiet[slot];
        if (quiet.Way is not { } way)
        {
            return false;
        }

        if (quiet.Process is { } process)
        {
            return way.IsUp && process.Again(quiet.Which, now);
        }

        if (quiet.Frames is not { } frames)
        {
            return way.Tick(slot, now, end, lastEvent);
        }

        if (!way.Arrive(quiet.Which, frames, now))
        {
            return false;
        }

        Queue.Schedule(slot, frames.NextTime);
        return true;
    }

    /// <summary>Frames sent so far.</summary>
    public long Frames => _frames;

    /// <summary>The last tag that a repeated frame was given.</summary>
    [NotSaved("the names of repeated frames, of which an image has none")]
    public int LastTag { get; set; }

    EventQueue ILinkSite.Events => Queue;

    void ILinkSite.FrameSent(int link, int from, ReadOnlySpan<byte> frame)
    {
        _frames++;
        Trace?.Frame(Clock.Now, link, from, frame);
    }

    /// <summary>Tells the trace, if there is one, of a frame that has come to a router over one of its lines.</summary>
    internal void FrameArrives(int router, int line, ReadOnlySpan<byte> frame) => Trace?.Arrived(Clock.Events, router, _linkOf[router][line], frame);

    EventQueue ISegmentSite.Events => Queue;

    void ISegmentSite.FrameSent(int segment, int station, ReadOnlySpan<byte> frame)
    {
        _frames++;
        Trace?.EtherFrame(Clock.Now, segment, station, frame);
    }

    void ISegmentSite.Say(int segment, int station, string text) => Trace?.Step(Clock.Events, Clock.Now, Options.Topology.Segments![segment].Stations[station], TraceSource.Line, text);

    EventQueue IConcentratorSite.Events => Queue;

    void IConcentratorSite.PppoeSent(int node, bool sent, ReadOnlySpan<byte> frame)
    {
        _frames++;
        Trace?.PppoeFrame(Clock.Now, node, sent, frame);
    }

    void IConcentratorSite.SayOfConcentrator(int node, string text) => Trace?.Step(Clock.Events, Clock.Now, node, TraceSource.Line, text);

    // The line itself is a part with the link's number; what an end is told is a part with its port's.
    bool ILinkSite.Admits(LinkEvent what, int link, int end)
    {
        if (Clock.Parts is not { } parts)
        {
            return true;
        }

        Port port = _ends[link][end];
        return what == LinkEvent.LineLoss ? parts.Admits(SitePartKind.LineLoss, link, 0) : parts.Admits(SitePartKind.CarrierLoss, port.Router.Number, port.Number);
    }

    void ILinkSite.Say(int link, int end, string text) => Trace?.Step(Clock.Events, Clock.Now, _ends[link][end].Router.Number, TraceSource.Line, text);

    /// <summary>The format and layout of the images that this build writes and reads.</summary>
    public static ImageFormat Format { get; } = new(ImageFormat.Current, LayoutOfSites());

    // For a site with the default options plus every daemon with all its features, a programme of events and a segment: every site writes the same types in the same order, and only
    // their number differs.
    private static ulong LayoutOfSites()
    {
        string[] daemons = [.. DaemonKind.Names];
        var site = new Site(new SiteOptions { Graph = PairTopology.Of(1) with { Segments = [new PlannedSegment("lan", [0, 1]) { Querier = new PlannedQuerier(0, new QuerierOptions()), Snooping = true }] }, Events = [new SiteEventOptions()] }.With([.. PairTopology.Roles.Select(role => role with { Daemons = daemons, Ospfd = new OspfdOptions { Adjacency = OspfdAdjacency.Full }, Ripngd = new RipngdOptions { Routes = true }, Interfaces = [new InterfaceOptions { Name = "pppoe0", Discovery = true }] })]), 0);
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

        foreach (ILink l in _links)
        {
            l.Fields(ref pass);
        }

        foreach (SiteProgramme p in _programmes)
        {
            p.Fields(ref pass);
        }

        foreach (EthernetSegment s in _segments)
        {
            s.Fields(ref pass);
        }

        foreach (AccessConcentrator c in _concentrators)
        {
            c.Fields(ref pass);
        }

        CrashTally.Fields(_crashes, ref pass);
        pass.Numbers<long>(_decidedOfLink);
        _crashesOfLinks.Fields(ref pass);
    }

    /// <summary>A site as <see cref="Save"/> wrote it.</summary>
    /// <exception cref="ImageFormatException">Another format or layout: nothing of the image is read.</exception>
    /// <exception cref="InvalidDataException">The image ends early, or goes on after its end.</exception>
    public static Site Load(SiteOptions options, uint number, ImageReader image)
    {
        Format.Check(image);
        var site = new Site(options, number);
        site.StreamSeed = RandomStream.SeedOf(options.Seed, image.StreamKey);
        image.Load(site);
        image.End();
        site._tally = null;
        return site;
    }

    /// <summary>What a person would see on a router's console: interfaces, sockets, memberships, routes, memory.</summary>
    /// <param name="router">Its number; in a pair, 0 is the answering system.</param>
    public string Show(int router) => RouterConsole.Show(_routers[router]);
}
