using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Emulator.Minimise;

/// <summary>A site cut down to what one crash needs.</summary>
/// <param name="Router">Router that crashes, its number in the site.</param>
/// <param name="Start">Virtual time from which the site is executed: the router's last boot before the crash.</param>
/// <param name="StartEvent">Events before it, which the crash does not need.</param>
/// <param name="PowerCycled">The other routers were power-cycled there too, so none of the history is left.</param>
/// <param name="CrashEvent">The crashing event, in the site's own count.</param>
/// <param name="At">Virtual time of the crash.</param>
/// <param name="PartsBefore">Parts that happened between the boot and the crash.</param>
/// <param name="Parts">Parts that are needed.</param>
/// <param name="IsMinimal">Every single part was left out in turn, and the crash was gone.</param>
/// <param name="Tests">Executions that this took.</param>
/// <param name="Events">Events of those executions.</param>
/// <param name="Operations">What the crashing kernel executed, as an operation list.</param>
public sealed record MinimalSite(
    int Router, VirtualTime Start, long StartEvent, bool PowerCycled, long CrashEvent, VirtualTime At, int PartsBefore, IReadOnlyList<SitePart> Parts,
    bool IsMinimal, int Tests, long Events, IReadOnlyList<string> Operations);

/// <summary>
/// Finds what a crash of a site needs: cuts the history before the router's last boot, then leaves out HUPs, carrier losses, competing allocations, timers and
/// daemons, while the router's role crashes with the exact title.
/// </summary>
/// <param name="options">The run's options.</param>
/// <param name="site">The site's number.</param>
/// <param name="crash">The crash: title, role and event.</param>
public sealed class SiteMinimiser(SiteOptions options, uint site, CrashTally crash)
{
    /// <summary>Events that the search may execute: a few seconds on any machine.</summary>
    public const long MaxEvents = 8_000_000;

    private static readonly VirtualTime Slack = VirtualTime.FromMinutes(20);
    private ReadOnlyMemory<byte> _image;
    private bool _powerCycle;
    private VirtualTime _end;
    private int _tests;
    private long _events;

    /// <summary>Does it.</summary>
    /// <returns>Null when the site does not crash with this title at that event: another scenario, seed or version.</returns>
    public MinimalSite? Minimise()
    {
        Site whole = Site.Create(options, site);
        var boots = new Boots(whole.RouterCount);
        whole.Trace = boots;
        whole.RunToEvent(crash.FirstEvent - 1);
        long[] panics = [.. whole.Routers.Select(r => r.Counters.Panics)];
        whole.RunToEvent(crash.FirstEvent);
        int router = Array.FindIndex([.. whole.Routers], r => r.Counters.Panics > panics[r.Number]);
        if (router < 0 || !Has(whole))
        {
            return null;
        }

        VirtualTime at = whole.Now;
        long boot = boots.Last[router];
        Site start = Site.Create(options, site);
        start.RunToEvent(boot - 1);
        var image = new ImageWriter();
        start.Save(image);
        _image = image.Written;
        VirtualTime began = start.Now;
        SetLimit(at);

        _powerCycle = true;
        if (Try(null, out Outcome first))
        {
            SetLimit(first.At);
        }
        else
        {
            _powerCycle = false;
            SetLimit(at);
            Try(null, out first);
        }

        (List<SitePart> parts, bool minimal) = Reduce(first);
        var recorder = new OperationRecorder(router);
        Try(parts, out Outcome last, recorder);
        return new MinimalSite(router, began, boot - 1, _powerCycle, last.Event, last.At, first.Parts.Count, parts, minimal, _tests, _events, recorder.Lines);
    }

    // Whole kinds first: one test removes what would take hundreds of single ones.
    private (List<SitePart> Parts, bool Minimal) Reduce(Outcome first)
    {
        List<SitePart> parts = [.. first.Parts];
        foreach (var group in parts.GroupBy(p => (p.Kind, p.Router, p.Which)).Select(g => g.Key).ToList())
        {
            List<SitePart> rest = [.. parts.Where(p => (p.Kind, p.Router, p.Which) != group)];
            if (rest.Count < parts.Count && _events < MaxEvents && Try(rest, out Outcome outcome))
            {
                parts = [.. outcome.Parts];
            }
        }

        bool minimal;
        int before;
        do
        {
            before = parts.Count;
            int budget = int.MaxValue;
            parts = DeltaDebugging.Reduce(parts, p => _events < MaxEvents && Try(p, out _), ref budget, out _);
            minimal = _events < MaxEvents;
            if (Try(parts, out Outcome outcome))
            {
                parts = [.. outcome.Parts];
            }
        }
        while (minimal && parts.Count < before);
        return (parts, minimal);
    }

    private void SetLimit(VirtualTime at) => _end = at + Slack;

    private readonly record struct Outcome(long Event, VirtualTime At, IReadOnlyList<SitePart> Parts);

    private bool Try(IReadOnlyList<SitePart>? admitted, out Outcome outcome, OperationRecorder? recorder = null)
    {
        _tests++;
        Site s = Site.Load(options, site, new ImageReader(_image));
        long events = s.Clock.Events;
        var parts = new SiteParts(admitted is null ? null : new HashSet<SitePart>(admitted));
        s.Clock.Parts = parts;
        s.Clock.Calls = recorder;
        if (_powerCycle)
        {
            foreach (Router r in s.Routers)
            {
                r.PowerCycle(s.Now);
            }
        }

        while (s.Now < _end && !Has(s) && !s.Queue.NextTime.IsNever)
        {
            s.RunUntil(_end, s.Clock.Events + 1);
        }

        bool found = Has(s);
        _events += s.Clock.Events - events;
        outcome = new Outcome(s.Clock.Events, s.Now, [.. parts.Happened]);
        return found;
    }

    private bool Has(Site s) => s.CrashOf(crash.Title, crash.Role) is not null;

    private sealed class Boots(int routers) : ISiteTrace
    {
        public long[] Last { get; } = new long[routers];

        public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage)
        {
            if (source == TraceSource.Kernel && text == "boot")
            {
                Last[router] = number;
            }
        }

        public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame)
        {
        }
    }
}
