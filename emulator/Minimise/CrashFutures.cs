using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Emulator.Minimise;

/// <summary>How a future of a site ended.</summary>
public enum FutureEnd
{
    /// <summary>The router did not panic until the horizon.</summary>
    None,

    /// <summary>It crashed with the title.</summary>
    Crash,

    /// <summary>It panicked in another way.</summary>
    Other,
}

/// <summary>An event on the way to a crash.</summary>
/// <param name="Number">Its number in the site's own count; 0 for the state before the first.</param>
/// <param name="At">Virtual time.</param>
/// <param name="What">What happened, in the field's terms; empty where nothing tells of it.</param>
/// <param name="Part">The part of the site's history that it was, where it was one that can be left out.</param>
/// <param name="After">The site as the event left it.</param>
public sealed record FuturePoint(long Number, VirtualTime At, string What, SitePart? Part, ReadOnlyMemory<byte> After);

/// <summary>
/// The futures that a site has from each event on the way to a crash: its state is taken as that event left it, its random streams go on under other keys, and it is executed on. How many of
/// the futures crash says when the crash could still be escaped, and the event at which that share jumps is the moment it was lost. Nothing is drawn that is not drawn in a run.
/// </summary>
public sealed class CrashFutures
{
    // Where nothing says when the pointer was stored.
    private const long EventsBack = 200;

    // Events between two looks at whether a router has panicked: its reboot takes longer.
    private const int EventsAtOnce = 32;

    private readonly SiteOptions _options;
    private readonly uint _site;
    private readonly CrashTally _crash;
    private readonly int _router;

    private CrashFutures(SiteOptions options, uint site, CrashTally crash, int router, long first, VirtualTime at, VirtualTime horizon) =>
        (_options, _site, _crash, _router, First, At, Horizon) = (options, site, crash, router, first, at, horizon);

    /// <summary>The event from which the way to the crash begins: the store of the pointer in the holder that was used.</summary>
    public long First { get; }

    /// <summary>The crash's event.</summary>
    public long Last => _crash.FirstEvent;

    /// <summary>Virtual time of the crash.</summary>
    public VirtualTime At { get; }

    /// <summary>Virtual time at which every future ends: as long after the crash as the pointer had been stale until then, and at least a minute.</summary>
    public VirtualTime Horizon { get; }

    /// <summary>Finds the way to a crash.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="site">The site's number.</param>
    /// <param name="crash">The crash: title, role and event.</param>
    /// <returns>Null when the site does not crash with this title at that event: another scenario, seed or version.</returns>
    public static CrashFutures? Of(SiteOptions options, uint site, CrashTally crash)
    {
        Site whole = Site.Create(options, site);
        var heard = new Pointers();
        whole.Trace = heard;
        whole.RunToEvent(crash.FirstEvent - 1);
        long[] panics = [.. whole.Routers.Select(r => r.Counters.Panics)];
        long before = CountOf(whole, crash);
        whole.RunToEvent(crash.FirstEvent);
        int router = Array.FindIndex([.. whole.Routers], r => r.Counters.Panics > panics[r.Number]);
        if (router < 0 || CountOf(whole, crash) == before)
        {
            return null;
        }

        PointerEvent use = heard.Events.FindLast(e => e.Stage == PointerStage.Used && e.Router == router && e.Number == crash.FirstEvent);
        List<PointerEvent> life = heard.Events.FindAll(e => e.Router == router && e.Generation == use.Generation && use.Generation != 0);
        PointerEvent stored = life.FindLast(e => e.Stage == PointerStage.Stored && e.Holder == use.Holder), detached = life.FindLast(e => e.Stage == PointerStage.Detached);
        long first = stored.Number > 0 ? stored.Number : detached.Number > 0 ? detached.Number : Math.Max(1, crash.FirstEvent - EventsBack);
        VirtualTime stale = detached.Number > 0 ? new VirtualTime(whole.Now.Microseconds - detached.At.Microseconds) : VirtualTime.Zero;
        var after = new VirtualTime(Math.Max(stale.Microseconds, VirtualTime.FromMinutes(1).Microseconds));
        return new CrashFutures(options, site, crash, router, first - 1, whole.Now, whole.Now + after);
    }

    /// <summary>Points of the way: the events of these numbers, in ascending order.</summary>
    /// <param name="numbers">Numbers from <see cref="First"/> to <see cref="Last"/>.</param>
    public IReadOnlyList<FuturePoint> PointsAt(IReadOnlyList<long> numbers)
    {
        Site site = Site.Create(_options, _site);
        var heard = new Words();
        site.Trace = heard;
        var parts = new SiteParts();
        site.Clock.Parts = parts;
        List<FuturePoint> points = [];
        foreach (long number in numbers)
        {
            site.RunToEvent(number - 1);
            heard.Forget();
            int before = parts.Happened.Count;
            site.RunToEvent(number);
            var image = new ImageWriter();
            site.Save(image);
            points.Add(new FuturePoint(number, site.Now, heard.Said(site, _options), parts.Happened.Count > before ? parts.Happened[before] : null, image.Written.ToArray()));
        }

        return points;
    }

    /// <summary>Executes one future.</summary>
    /// <param name="from">The point whose state is gone on from.</param>
    /// <param name="key">Which future; 0 is the one that came.</param>
    /// <param name="withoutNext">The next event does not come: it is taken from the queue.</param>
    public FutureEnd Execute(FuturePoint from, ulong key, bool withoutNext = false)
    {
        Site site = Site.Load(_options, _site, new ImageReader(from.After) { StreamKey = key });
        if (withoutNext)
        {
            site.Queue.Pop(out _);
        }

        Router router = site.Routers[_router];
        long panics = router.Counters.Panics, crashes = CountOf(site, _crash);
        while (router.Counters.Panics == panics && site.Queue.NextTime < Horizon)
        {
            site.RunUntil(Horizon, site.Clock.Events + EventsAtOnce);
        }

        return router.Counters.Panics == panics ? FutureEnd.None : CountOf(site, _crash) > crashes ? FutureEnd.Crash : FutureEnd.Other;
    }

    private static long CountOf(Site site, CrashTally crash) => site.CrashOf(crash.Title, crash.Role)?.Count ?? 0;

    private sealed class Pointers : ISiteTrace
    {
        public List<PointerEvent> Events { get; } = [];

        public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage)
        {
        }

        public void Pointer(in PointerEvent e) => Events.Add(e);

        public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame)
        {
        }
    }

    private sealed class Words : ISiteTrace
    {
        private readonly List<(int Router, string Text, PointerStage Stage)> _said = [];

        public void Forget() => _said.Clear();

        // What tells of the pointer, or else what was said first.
        public string Said(Site site, SiteOptions options)
        {
            if (_said.Count == 0)
            {
                return "";
            }

            (int router, string text, _) = _said.Find(line => line.Stage != PointerStage.None) is { Text: not null } told ? told : _said[0];
            return $"{options.Topology.NameOf(site.Routers[router].Role)} system: {text}";
        }

        public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage) => _said.Add((router, $"{source.Name}: {text}", stage));

        public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame)
        {
        }
    }
}
