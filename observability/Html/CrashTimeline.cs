using Stress.Emulator.Simulation;

namespace Stress.Observability.Html;

/// <summary>One step of a traced site, as <see cref="ISiteTrace.Step"/> told it.</summary>
public sealed record TimelineStep(long Number, VirtualTime At, int Router, TraceSource Source, string Text, PointerStage Stage);

/// <summary>The steps that lead to one crash, in order.</summary>
/// <param name="Title">The crash title.</param>
/// <param name="Router">The router that crashed; 0 is the answering system.</param>
/// <param name="Steps">The crash is the last.</param>
public sealed record CrashTimeline(string Title, int Router, IReadOnlyList<TimelineStep> Steps)
{
    /// <summary>
    /// The steps of the pointer's life, at most one a stage: the last use, and before it the latest step of each earlier stage. A trace carries no
    /// identity of pointers, so that of two units torn down in between, the later one is taken.
    /// </summary>
    public IReadOnlySet<int> Life()
    {
        var life = new SortedSet<int>();
        int before = Steps.Count;
        for (PointerStage stage = PointerStage.Used; stage > PointerStage.None; stage--)
        {
            for (int i = before - 1; i >= 0; i--)
            {
                if (Steps[i].Stage == stage && Steps[i].Router == Router)
                {
                    life.Add(i);
                    before = i;
                    break;
                }
            }
        }

        return life;
    }
}

/// <summary>
/// Listens to a site that is executed again up to a crash, and keeps what the picture needs: every step of the pointer's life, and the last steps
/// before the crash. The memory that it takes does not grow with the run.
/// </summary>
/// <param name="crashEvent">The event that crashed (<see cref="CrashTally.FirstEvent"/>).</param>
/// <param name="router">The router that crashed, or null to take it from the last step that uses the pointer.</param>
/// <param name="keep">How many of the last steps to keep.</param>
public sealed class TimelineRecorder(long crashEvent, int? router = null, int keep = 48) : ISiteTrace
{
    private const int StagesKept = 64;

    private readonly Queue<TimelineStep> _last = new();
    private readonly Queue<TimelineStep>[] _staged = [.. Enumerable.Range(0, 8).Select(_ => new Queue<TimelineStep>())];
    private long _order;
    private readonly Dictionary<TimelineStep, long> _orders = new(ReferenceEqualityComparer.Instance);

    /// <inheritdoc/>
    public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage = PointerStage.None)
    {
        if (number > crashEvent)
        {
            return;
        }

        var step = new TimelineStep(number, at, router, source, text, stage);
        bool staged = stage != PointerStage.None;
        Queue<TimelineStep> queue = staged ? _staged[(int)stage] : _last;
        queue.Enqueue(step);
        _orders[step] = _order++;
        if (queue.Count > (staged ? StagesKept : keep))
        {
            _orders.Remove(queue.Dequeue());
        }
    }

    /// <inheritdoc/>
    public void Frame(VirtualTime at, int caller, Role from, ReadOnlySpan<byte> frame)
    {
        // Frames are for a packet capture; what they did to a router arrives as steps.
    }

    /// <summary>The crash's steps: the pointer's life, and of the rest the last ones. Null when nothing was heard.</summary>
    /// <param name="title">The crash title.</param>
    public CrashTimeline? Timeline(string title)
    {
        List<TimelineStep> all = [.. _last.Concat(_staged.SelectMany(q => q)).OrderBy(s => _orders[s])];
        if (all.Count == 0)
        {
            return null;
        }

        int crashed = router ?? all.FindLast(s => s.Stage == PointerStage.Used)?.Router ?? all[^1].Router;
        var whole = new CrashTimeline(title, crashed, all);
        IReadOnlySet<int> life = whole.Life();
        var shown = new List<TimelineStep>();
        for (int i = 0; i < all.Count; i++)
        {
            if (life.Contains(i) || i >= all.Count - keep)
            {
                shown.Add(all[i]);
            }
        }

        return whole with { Steps = shown };
    }
}
