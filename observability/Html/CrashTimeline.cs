using System.Text.RegularExpressions;
using Stress.Emulator.Core;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Observability.Html;

/// <summary>One step of a traced site, as <see cref="ISiteTrace.Step"/> told it.</summary>
public sealed record TimelineStep(long Number, VirtualTime At, int Router, TraceSource Source, string Text, PointerStage Stage);

/// <summary>The steps that lead to one crash, in order.</summary>
/// <param name="Title">The crash title.</param>
/// <param name="Router">The router that crashed.</param>
/// <param name="Steps">The crash is the last.</param>
public sealed partial record CrashTimeline(string Title, int Router, IReadOnlyList<TimelineStep> Steps)
{
    /// <summary>The label of each router of the site, by its number: by default those of a pair.</summary>
    public IReadOnlyList<string> Systems { get; init; } = PairTopology.Labels;

    /// <summary>A router's label; further ones are as the last.</summary>
    public string SystemOf(int router) => Systems[Math.Min(router, Systems.Count - 1)];

    /// <summary>For each step, how many steps between it and the one before are left out.</summary>
    public IReadOnlyList<long> LeftOut { get; init; } = [];

    /// <summary>
    /// The steps of the pointer's life, at most one a stage: the last use, and from there back to the latest step of each earlier stage, of the same
    /// unit and (for the store) of the holder that the title names. A trace carries no identity of pointers, so if two units of one name were torn down in between, the later one is taken.
    /// </summary>
    public IReadOnlySet<int> Life()
    {
        string holder = HolderOf().Match(Title).Groups[1].Value;
        int used = Last(PointerStage.Used, Steps.Count), freed = Last(PointerStage.Freed, OrEnd(used));
        int reused = Last(PointerStage.Reused, OrEnd(used)), detached = Last(PointerStage.Detached, OrEnd(freed));
        string unit = detached < 0 ? "" : UnitOf().Match(Steps[detached].Text).Value;
        int gone = Last(PointerStage.AddressGone, OrEnd(detached), unit);
        int stored = Last(PointerStage.Stored, OrEnd(freed), unit, holder);
        int allocated = Last(PointerStage.Allocated, Math.Min(OrEnd(detached), OrEnd(stored)), unit);
        return new SortedSet<int>(new[] { allocated, stored, gone, detached, freed, reused > freed ? reused : -1, used }.Where(i => i >= 0));
    }

    private int OrEnd(int step) => step < 0 ? Steps.Count : step;

    /// <summary>The latest step of a stage before another; preferably one that contains all the words. -1 for none.</summary>
    private int Last(PointerStage stage, int before, params string[] words)
    {
        int any = -1;
        for (int i = before - 1; i >= 0; i--)
        {
            if (Steps[i].Stage == stage && Steps[i].Router == Router)
            {
                if (Array.TrueForAll(words, w => Steps[i].Text.Contains(w, StringComparison.Ordinal)))
                {
                    return i;
                }

                any = Math.Max(any, i);
            }
        }

        return any;
    }

    [GeneratedRegex(@"stale (\S+) \(")]
    private static partial Regex HolderOf();

    [GeneratedRegex(@"\bppp\d+\b")]
    private static partial Regex UnitOf();
}

/// <summary>
/// Listens to a site that is executed again up to a crash, and keeps what the picture needs: the steps of the pointer's life with some steps around
/// each, and the last steps before the crash. The memory that it takes does not grow with the run.
/// </summary>
/// <param name="crashEvent">The event that crashed (<see cref="CrashTally.FirstEvent"/>).</param>
/// <param name="router">The router that crashed, or null to take it from the last step that uses the pointer.</param>
/// <param name="keep">How many of the last steps to keep.</param>
/// <param name="before">How many steps to keep before each step of the pointer's life.</param>
/// <param name="after">How many steps to keep after each.</param>
public sealed class TimelineRecorder(long crashEvent, int? router = null, int keep = 28, int before = 5, int after = 3) : ISiteTrace
{
    private const int StagesKept = 16;

    private readonly Queue<Heard> _last = new();

    // A holder that is stored into repeatedly must not push out another: each text of a store has its own queue, and each other stage of a router.
    private readonly Dictionary<(PointerStage, int, string), Queue<Marked>> _marked = [];
    private readonly List<Marked> _open = [];
    private long _order;

    /// <summary>For a crash of a run.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="crash">A line of <c>crashes.ndjson</c>.</param>
    /// <param name="keep">How many of the last steps to keep.</param>
    /// <param name="before">How many steps to keep before each step of the pointer's life.</param>
    /// <param name="after">How many steps to keep after each.</param>
    public static TimelineRecorder Of(SiteOptions options, CrashRecord crash, int keep = 28, int before = 5, int after = 3)
    {
        Topology topology = options.Topology;
        int[] routers = [.. topology.Nodes.Index().Where(node => topology.NameOf(node.Item) == crash.Role).Select(node => node.Index)];
        return new TimelineRecorder(crash.Event, routers.Length == 1 ? routers[0] : null, keep, before, after) { Systems = [.. topology.Nodes.Select(topology.NameOf)] };
    }

    /// <summary>The label of each router of the site.</summary>
    public IReadOnlyList<string> Systems { get; init; } = PairTopology.Labels;

    /// <summary>Executes the site of a crash again, up to the crash, and listens. Null when nothing was heard.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="crash">A line of <c>crashes.ndjson</c>.</param>
    public static CrashTimeline? Trace(SiteOptions options, CrashRecord crash)
    {
        TimelineRecorder recorder = Of(options, crash);
        Site site = Site.Create(options, checked((uint)crash.Site));
        site.Trace = recorder;
        site.RunUntil(new VirtualTime(crash.AtMicroseconds + 1), crash.Event);
        return recorder.Timeline(crash.Title);
    }

    /// <inheritdoc/>
    public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage = PointerStage.None)
    {
        if (number > crashEvent)
        {
            return;
        }

        var heard = new Heard(_order++, new TimelineStep(number, at, router, source, text, stage));
        _open.ForEach(m => m.Around.Add(heard));
        _open.RemoveAll(m => heard.Order - m.Step.Order >= after);
        if (stage != PointerStage.None)
        {
            var marked = new Marked(heard, [.. _last.TakeLast(before)]);
            _open.Add(marked);
            (PointerStage, int, string) key = (stage, router, stage == PointerStage.Stored ? text : "");
            if (!_marked.TryGetValue(key, out Queue<Marked>? queue))
            {
                _marked[key] = queue = new Queue<Marked>();
            }

            queue.Enqueue(marked);
            if (queue.Count > StagesKept)
            {
                queue.Dequeue();
            }
        }

        _last.Enqueue(heard);
        if (_last.Count > Math.Max(keep, before))
        {
            _last.Dequeue();
        }
    }

    /// <inheritdoc/>
    public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame)
    {
        // Frames are for a packet capture; what they did to a router arrives as steps.
    }

    /// <summary>The crash's steps. Null when nothing was heard.</summary>
    /// <param name="title">The crash title.</param>
    public CrashTimeline? Timeline(string title)
    {
        List<Marked> marked = [.. _marked.Values.SelectMany(q => q).OrderBy(m => m.Step.Order)];
        if (_last.Count == 0)
        {
            return null;
        }

        int crashed = router ?? marked.FindLast(m => m.Step.Step.Stage == PointerStage.Used)?.Step.Step.Router ?? _last.Last().Step.Router;
        var life = new CrashTimeline(title, crashed, [.. marked.Select(m => m.Step.Step)]) { Systems = Systems };
        List<Marked> lived = [.. life.Life().Select(i => marked[i])];

        // What the dead kernel's processes and the line do after the use is not part of the story.
        long end = lived.FindLast(m => m.Step.Step.Stage == PointerStage.Used)?.Step.Order ?? long.MaxValue;
        IEnumerable<Heard> shown = _last.TakeLast(keep).Concat(lived.SelectMany(m => m.Around.Append(m.Step)));
        List<Heard> told = [.. shown.Where(h => h.Order <= end).DistinctBy(h => h.Order).OrderBy(h => h.Order)];
        return life with
        {
            Steps = [.. told.Select(h => h.Step)],
            LeftOut = [.. told.Select((h, i) => i == 0 ? h.Order : h.Order - told[i - 1].Order - 1)],
        };
    }

    private readonly record struct Heard(long Order, TimelineStep Step);

    private sealed record Marked(Heard Step, List<Heard> Around);
}
