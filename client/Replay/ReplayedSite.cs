using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Observability.Html;

namespace Stress.Client.Replay;

/// <summary>One site of a run, executed again from its seed up to an event, with everything that was observed on the way.</summary>
public sealed class ReplayedSite : ISiteTrace
{
    // Small enough to react to Ctrl-C at once, large enough to cost nothing.
    private const long EventsAtOnce = 2_000;

    private readonly int _keep;
    private readonly ISiteTrace[] _further;
    private readonly Queue<TimelineStep> _last = new();
    private readonly VirtualTime _end;

    /// <summary>The site, at virtual time zero.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="number">The site's number.</param>
    /// <param name="end">Virtual time at which the run ended: nothing later belongs to it.</param>
    /// <param name="keep">How many of the last steps to keep.</param>
    /// <param name="further">Further listeners.</param>
    public ReplayedSite(SiteOptions options, uint number, VirtualTime end, int keep, params ISiteTrace[] further)
    {
        _keep = keep;
        _end = end;
        _further = further;
        Site = Site.Create(options, number);
        Site.Trace = this;
    }

    /// <summary>The site.</summary>
    public Site Site { get; }

    /// <summary>The life of every interface pointer so far.</summary>
    public PointerStory Pointers { get; } = new();

    /// <summary>The last steps, in order.</summary>
    public IReadOnlyCollection<TimelineStep> Last => _last;

    /// <summary>Executes up to an event. False when the run ends before it, or when stopped.</summary>
    /// <param name="last">The event: it is the last that is executed.</param>
    /// <param name="stop">Ends it early.</param>
    public bool Advance(long last, CancellationToken stop)
    {
        while (Site.Clock.Events < last && !stop.IsCancellationRequested)
        {
            if (Site.Queue.NextTime >= _end)
            {
                return false;
            }

            Site.RunUntil(_end, Math.Min(last, Site.Clock.Events + EventsAtOnce));
        }

        return Site.Clock.Events == last;
    }

    /// <summary>The life of the pointer that a crash used, one line per stage.</summary>
    /// <param name="number">The event that crashed.</param>
    /// <param name="crash">The crash.</param>
    /// <returns>For a membership record that was itself freed, which names no allocation of an interface, the story that the crash was recorded with.</returns>
    public IReadOnlyList<string> StoryOf(long number, CrashTally crash) =>
        Pointers.LastUse(number) is { Generation: > 0 } use ? Pointers.Tell(use, crash.Title.Gap) : crash.Story;

    /// <summary>Forgets the last steps.</summary>
    public void Forget() => _last.Clear();

    /// <inheritdoc/>
    public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage)
    {
        if (_last.Count == _keep)
        {
            _last.Dequeue();
        }

        _last.Enqueue(new TimelineStep(number, at, router, source, text, stage));
        foreach (ISiteTrace t in _further)
        {
            t.Step(number, at, router, source, text, stage);
        }
    }

    /// <inheritdoc/>
    public void Pointer(in PointerEvent e)
    {
        Pointers.Add(e);
        foreach (ISiteTrace t in _further)
        {
            t.Pointer(e);
        }
    }

    /// <inheritdoc/>
    public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame)
    {
        foreach (ISiteTrace t in _further)
        {
            t.Frame(at, link, from, frame);
        }
    }

    /// <inheritdoc/>
    public void EtherFrame(VirtualTime at, int segment, int station, ReadOnlySpan<byte> frame)
    {
        foreach (ISiteTrace t in _further)
        {
            t.EtherFrame(at, segment, station, frame);
        }
    }

    /// <inheritdoc/>
    public void PppoeFrame(VirtualTime at, int node, bool sent, ReadOnlySpan<byte> frame)
    {
        foreach (ISiteTrace t in _further)
        {
            t.PppoeFrame(at, node, sent, frame);
        }
    }

    /// <inheritdoc/>
    public void Arrived(long number, int router, int link, ReadOnlySpan<byte> frame)
    {
        foreach (ISiteTrace t in _further)
        {
            t.Arrived(number, router, link, frame);
        }
    }

    /// <inheritdoc/>
    public void EtherArrived(long number, int router, ReadOnlySpan<byte> frame)
    {
        foreach (ISiteTrace t in _further)
        {
            t.EtherArrived(number, router, frame);
        }
    }

    /// <inheritdoc/>
    public void Crashed(in CrashPlace place)
    {
        foreach (ISiteTrace t in _further)
        {
            t.Crashed(place);
        }
    }
}
