using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Emulator.Minimise;

/// <summary>How a future of a site ended.</summary>
public enum FutureEnd
{
    /// <summary>The router did not panic before the horizon.</summary>
    None,

    /// <summary>It crashed with the title, through the same pointer, which had been lost by the time of the actual crash.</summary>
    Crash,

    /// <summary>It panicked in another way: with another title, through another pointer, or through this one after a later disconnect had lost it.</summary>
    Other,
}

/// <summary>An event on the way to a crash.</summary>
/// <param name="Number">Its number in the site's own count; 0 for the state before the first.</param>
/// <param name="At">Virtual time.</param>
/// <param name="What">What happened, in the field's terms; empty if the trace does not mention it.</param>
/// <param name="Part">The part of the site's history that it is, if it is one that can be left out.</param>
/// <param name="After">The site as the event left it.</param>
public sealed record FuturePoint(long Number, VirtualTime At, string What, SitePart? Part, ReadOnlyMemory<byte> After);

/// <summary>An event that took part in making the pointer stale: the removal of the interface's address, its detach, or the freeing of its memory.</summary>
/// <param name="Number">Its number in the site's own count.</param>
/// <param name="Operations">What the crashing router's kernel executed in it, as lines of an operation list.</param>
public sealed record PointerLoss(long Number, IReadOnlyList<string> Operations)
{
    /// <summary>The first of its operations that a list has too: the same operation on the same object, since addresses and names that are drawn differ.</summary>
    /// <param name="list">Lines of an operation list.</param>
    /// <returns>Null where the list has none of them.</returns>
    public string? In(IReadOnlyList<string> list) => list.FirstOrDefault(line => Operations.Any(operation => Same(operation, line)));

    private static bool Same(string one, string other)
    {
        string[] a = one.Split(' '), b = other.Split(' ');
        return a.Take(2).SequenceEqual(b.Take(2), StringComparer.Ordinal);
    }
}

/// <summary>
/// The futures that a site has from each event on the way to a crash: its state is taken as that event left it, its random streams are re-keyed, and execution continues. The share
/// of futures that crash shows when the crash could still be avoided; their outcome without one of the events that made the pointer stale shows whether the crash depended on that
/// event. Nothing is drawn that a run would not draw.
/// </summary>
public sealed class CrashFutures
{
    // Used if nothing says when the pointer was stored.
    private const long EventsBack = 200;

    // Events between two looks at whether a router has panicked: its reboot takes longer.
    private const int EventsAtOnce = 32;

    private readonly SiteOptions _options;
    private readonly uint _site;
    private readonly CrashTally _crash;
    private readonly int _router;

    // The allocation that the fatal pointer names; 0 where the oracle does not know it.
    private readonly uint _generation;

    private CrashFutures(SiteOptions options, uint site, CrashTally crash, int router, uint generation) =>
        (_options, _site, _crash, _router, _generation) = (options, site, crash, router, generation);

    /// <summary>The first event of the path to the crash: the one before the pointer was stored in the holder that was used.</summary>
    public long First { get; private init; }

    /// <summary>The crash's event.</summary>
    public long Last => _crash.FirstEvent;

    /// <summary>Virtual time of the crash.</summary>
    public VirtualTime At { get; private init; }

    /// <summary>Virtual time at which every future ends: as long after the crash as the pointer had been stale by then, and at least a minute.</summary>
    public VirtualTime Horizon { get; private init; }

    /// <summary>The events that made the pointer stale, in order; none where the oracle does not know the pointer.</summary>
    public IReadOnlyList<PointerLoss> Losses { get; private init; } = [];

    /// <summary>Finds the path to a crash.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="site">The site's number.</param>
    /// <param name="crash">The crash: title, role and event.</param>
    /// <returns>Null when the site does not crash with this title at that event: another scenario, seed or version.</returns>
    public static CrashFutures? Of(SiteOptions options, uint site, CrashTally crash)
    {
        Site whole = Site.Create(options, site);
        var heard = new Pointers();
        var calls = new Calls(whole);
        whole.Trace = heard;
        whole.Clock.Calls = calls;
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
        PointerEvent made = life.FindLast(e => e.Stage == PointerStage.Allocated);
        long first = stored.Number > 0 ? stored.Number : detached.Number > 0 ? detached.Number : Math.Max(1, crash.FirstEvent - EventsBack);
        VirtualTime stale = detached.Number > 0 ? new VirtualTime(whole.Now.Microseconds - detached.At.Microseconds) : VirtualTime.Zero;
        var after = new VirtualTime(Math.Max(stale.Microseconds, VirtualTime.FromMinutes(1).Microseconds));
        long[] losses = [.. life.Where(e => e.Stage is PointerStage.AddressGone or PointerStage.Detached or PointerStage.Freed).Select(e => e.Number).Distinct()];
        return new CrashFutures(options, site, crash, router, use.Generation)
        {
            First = Math.Max(first - 1, made.Number), At = whole.Now, Horizon = whole.Now + after, Losses = [.. losses.Select(number => new PointerLoss(number, calls.Of(router, number)))],
        };
    }

    /// <summary>Points on the path: the events with these numbers, in ascending order.</summary>
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
    /// <param name="from">The point from whose state it continues.</param>
    /// <param name="key">Which future; 0 is the one that happened.</param>
    /// <param name="withoutNext">The next event is removed from the queue.</param>
    /// <param name="design">The teardown design of every kernel from here on; null for the run's own. A design keeps no state, so a kernel can be switched at any event to one that
    /// counts no holders.</param>
    public FutureEnd Execute(FuturePoint from, ulong key, bool withoutNext = false, string? design = null)
    {
        Site site = Site.Load(design is null ? _options : _options with { Design = design }, _site, new ImageReader(from.After) { StreamKey = key });
        if (withoutNext)
        {
            site.Queue.Pop(out _);
        }

        Router router = site.Routers[_router];
        long panics = router.Counters.Panics, crashes = CountOf(site, _crash);
        while (router.Counters.Panics == panics && site.Queue.NextTime < Horizon && CanCrash(router, site.Now))
        {
            site.RunUntil(Horizon, site.Clock.Events + EventsAtOnce);
        }

        return router.Counters.Panics == panics ? FutureEnd.None
            : CountOf(site, _crash) > crashes && (_generation == 0 || (router.LastFatal == _generation && router.Oracle.FreedAt(_generation) <= At)) ? FutureEnd.Crash
            : FutureEnd.Other;
    }

    // Once this pointer can no longer be lost in time, or is lost and nobody holds it any more, there is nothing left to wait for.
    private bool CanCrash(Router router, VirtualTime now)
    {
        if (_generation == 0 || !router.IsUp)
        {
            return true;
        }

        if (router.Oracle.FreedAt(_generation).IsNever)
        {
            return now <= At;
        }

        Span<int> held = stackalloc int[Holders.Kinds];
        held.Clear();
        router.Kernel.CountStale(held, _generation);
        return held.ContainsAnyExcept(0);
    }

    private static long CountOf(Site site, CrashTally crash) => site.CrashOf(crash.Title, crash.Role)?.Count ?? 0;

    // What each router executes in each event.
    private sealed class Calls(Site site) : ISystemCallTrace
    {
        private readonly OperationRecorder[] _recorders = [.. site.Routers.Select(router => new OperationRecorder(router.Number))];
        private readonly List<(int Router, long Number, string Line)> _lines = [];

        public void Call(int router, in SystemCall call)
        {
            OperationRecorder recorder = _recorders[router];
            int before = recorder.Lines.Count;
            recorder.Call(router, call);
            if (recorder.Lines.Count > before)
            {
                _lines.Add((router, site.Clock.Events, recorder.Lines[^1]));
            }
        }

        public IReadOnlyList<string> Of(int router, long number) => [.. _lines.Where(line => line.Router == router && line.Number == number).Select(line => line.Line)];
    }

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

        // The line about the pointer, or else the first line.
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
