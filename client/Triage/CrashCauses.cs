using System.Diagnostics;
using Stress.Client.Replay;
using Stress.Contracts.Triage;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Minimise;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.NetBsd;
using Stress.Observability;

namespace Stress.Client.Triage;

/// <summary>Finds why a crash of an emulated kernel happened, by executing its site and its operation list again.</summary>
/// <param name="futures">Futures from each step.</param>
/// <param name="steps">Steps looked at, apart from those at which the pointer was lost.</param>
public sealed class CrashCauses(int futures = CrashCauses.UsualFutures, int steps = CrashCauses.UsualSteps)
{
    /// <summary>Futures from each step: an interval of 7 per cent at most to either side.</summary>
    public const int UsualFutures = 200;

    /// <summary>Steps at most: few are looked at twice, since more are put only where the share jumps.</summary>
    public const int UsualSteps = 200;

    // Steps looked at first, and steps put into the widest jump each time.
    private const int FirstPoints = 40, Between = 8;

    /// <summary>Finds why a crash of a run happened.</summary>
    /// <param name="runFolder">The run's folder.</param>
    /// <param name="crashId">The crash's identifier in the run.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TriageException">The folder is not there, or the run cannot be executed again here.</exception>
    public Task<CrashCause> Cause(string runFolder, string crashId, CancellationToken stop) => CrashWork.Executed(runFolder, crashId, crash =>
        Of(crash.Options, (uint)crash.Record.Site, RecordedCrash.Tally(crash.Record, crash.Options.Topology), stop) ?? throw crash.IsAnother(), stop);

    /// <summary>Finds why a crash of a site happened.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="site">The site's number.</param>
    /// <param name="crash">The crash: title, role and event.</param>
    /// <param name="stop">Gives up.</param>
    /// <returns>Null when the site does not crash with this title at that event.</returns>
    public CrashCause? Of(SiteOptions options, uint site, CrashTally crash, CancellationToken stop)
    {
        long began = Stopwatch.GetTimestamp();
        if (CrashFutures.Of(options, site, crash) is not { } way)
        {
            return null;
        }

        SortedDictionary<long, CauseStep> seen = Steps(way, options, stop);
        (IReadOnlyList<CauseOperation> operations, IReadOnlyList<CauseElsewhere> elsewhere) = List(options, site, crash, stop);
        (CauseStep? moment, string? needed) = Moment(way, options, seen, [.. operations.Select(operation => operation.Text)], stop);
        List<CauseStep> all = [.. seen.Values];
        return new CrashCause(
            crash.Title.ToString(), futures, way.Horizon.Microseconds, all, moment is null ? null : all.IndexOf(moment), moment is null ? null : RateOf(0), needed, Turn(all), operations, elsewhere,
            Math.Round(Stopwatch.GetElapsedTime(began).TotalSeconds, 1));
    }

    /// <summary>The outcome of the futures in which an event is removed, or every kernel has another teardown design from it on.</summary>
    /// <param name="runFolder">The run's folder.</param>
    /// <param name="crashId">The crash's identifier in the run.</param>
    /// <param name="number">The event.</param>
    /// <param name="design">The design after it; null removes the event.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TriageException">The folder is not there, the run cannot be executed again here, the event is not on the path, or a running kernel cannot be switched to
    /// the design.</exception>
    public Task<CrashBranch> Branch(string runFolder, string crashId, long number, string? design, CancellationToken stop) => CrashWork.Executed(runFolder, crashId, crash =>
    {
        if (design is not null && !Designs.Contains(design))
        {
            throw new UsageException($"design {design}: accepted from an event on: {string.Join(", ", Designs)}; one that counts holders knows nothing of those from before it");
        }

        CrashFutures way = CrashFutures.Of(crash.Options, (uint)crash.Record.Site, RecordedCrash.Tally(crash.Record, crash.Options.Topology)) ?? throw crash.IsAnother();
        if (number <= way.First || number > way.Last || (design is not null && number == way.Last))
        {
            throw new UsageException(FormattableString.Invariant($"event {number}: accepted are {way.First + 1} to {(design is null ? way.Last : way.Last - 1)}, the way from the store of the pointer to the crash"));
        }

        IReadOnlyList<FuturePoint> points = way.PointsAt([number - 1, number]);
        FuturePoint from = design is null ? points[0] : points[1];
        (int was, int others) = Count(way, from, withoutNext: false, stop);
        (int crashes, int otherwise) = Count(way, from, withoutNext: design is null, stop, design);
        return new CrashBranch(number, points[1].At.Microseconds, Words(points[1], crash.Options), design, RateOf(was), RateOf(crashes), others, otherwise);
    }, stop);

    /// <summary>Teardown designs that a running kernel can be switched to.</summary>
    public static IReadOnlyList<string> Designs { get; } = [.. DesignSet.BuiltIn.All.Where(design => !design.CountsHolders).Select(design => design.Name)];

    // Steps at even distances first, then more of them where the share jumps most, until the jump is that of one event.
    private SortedDictionary<long, CauseStep> Steps(CrashFutures way, SiteOptions options, CancellationToken stop)
    {
        var seen = new SortedDictionary<long, CauseStep>();
        List<long> wanted = Even(way.First, way.Last, Math.Min(steps, FirstPoints));
        while (true)
        {
            foreach (FuturePoint point in way.PointsAt([.. wanted.Order()]))
            {
                Add(way, options, point, seen, stop);
            }

            CauseStep[] all = [.. seen.Values];
            int jump = Jump(all);
            long low = all[jump - 1].Event, high = all[jump].Event;
            if (high - low <= 1 || all.Length >= steps)
            {
                return seen;
            }

            wanted = [.. Even(low, high, Between).Where(number => !seen.ContainsKey(number))];
        }
    }

    private CauseStep Add(CrashFutures way, SiteOptions options, FuturePoint point, SortedDictionary<long, CauseStep> seen, CancellationToken stop)
    {
        if (!seen.TryGetValue(point.Number, out CauseStep? step))
        {
            // There is no future after the crash: it has happened.
            (int crashes, int others) = point.Number == way.Last ? (futures, 0) : Count(way, point, withoutNext: false, stop);
            seen[point.Number] = step = new CauseStep(point.Number, point.At.Microseconds, Words(point, options), RateOf(crashes), others);
        }

        return step;
    }

    private static int Jump(IReadOnlyList<CauseStep> all) => Enumerable.Range(1, all.Count - 1).MaxBy(i => all[i].Crash.Share - all[i - 1].Crash.Share);

    private static int? Turn(IReadOnlyList<CauseStep> all)
    {
        int jump = Jump(all);
        return all[jump].Event == all[jump - 1].Event + 1 && all[jump - 1].Crash.High < all[jump].Crash.Low ? jump : null;
    }

    // Of the events that made the pointer stale: without it no future has this crash, and the minimal list needs what it executed. If there are several, the last, unless the share
    // was clearly higher after an earlier one.
    private (CauseStep? Step, string? Needed) Moment(
        CrashFutures way, SiteOptions options, SortedDictionary<long, CauseStep> seen, IReadOnlyList<string> list, CancellationToken stop)
    {
        (CauseStep? Step, string? Needed) best = default;
        PointerLoss[] losses = [.. way.Losses.Where(loss => loss.Number > way.First)];
        var points = way.PointsAt([.. losses.SelectMany(loss => (long[])[loss.Number - 1, loss.Number]).Distinct().Order()]).ToDictionary(point => point.Number);
        foreach (PointerLoss loss in losses)
        {
            FuturePoint before = points[loss.Number - 1];
            Add(way, options, before, seen, stop);
            CauseStep after = Add(way, options, points[loss.Number], seen, stop);
            if (loss.In(list) is { } needed && (best.Step is null || after.Crash.High >= best.Step.Crash.Low) && Count(way, before, withoutNext: true, stop).Crashes == 0)
            {
                best = (after, needed);
            }
        }

        return best;
    }

    private static string Words(FuturePoint point, SiteOptions options) =>
        point.What.Length > 0 ? point.What : point.Part is { } part ? PartWords.Describe(part, options) : "an event that the trace does not mention";

    private (int Crashes, int Others) Count(CrashFutures way, FuturePoint point, bool withoutNext, CancellationToken stop, string? design = null)
    {
        int crashes = 0, others = 0;
        Parallel.For(1, futures + 1, new ParallelOptions { CancellationToken = stop, MaxDegreeOfParallelism = Environment.ProcessorCount }, key =>
        {
            switch (way.Execute(point, (ulong)key, withoutNext, design))
            {
                case FutureEnd.Crash:
                    Interlocked.Increment(ref crashes);
                    break;
                case FutureEnd.Other:
                    Interlocked.Increment(ref others);
                    break;
            }
        });
        return (crashes, others);
    }

    private Rate RateOf(int hits)
    {
        WilsonInterval interval = WilsonInterval.Of(hits, futures);
        return new Rate(hits, futures, interval.Rate, interval.Low, interval.High);
    }

    private static List<long> Even(long first, long last, int most)
    {
        long parts = Math.Min(most, last - first);
        return [.. Enumerable.Range(0, (int)parts + 1).Select(i => first + ((last - first) * i / parts)).Distinct()];
    }

    private static (IReadOnlyList<CauseOperation> Operations, IReadOnlyList<CauseElsewhere> Elsewhere) List(SiteOptions options, uint number, CrashTally crash, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        TeardownDesign design = options.Designs.Named(options.Design);
        if (CrashWork.Least(options, number, crash) is not { } least)
        {
            return ([], []);
        }

        IReadOnlyList<Operation> list = OperationList.Parse(string.Join('\n', least.Lines), "list");
        List<CauseOperation> operations = [];
        for (int i = 0; i < list.Count; i++)
        {
            stop.ThrowIfCancellationRequested();
            operations.Add(new CauseOperation(list[i].Text, Verdict([.. list.Take(i), .. list.Skip(i + 1)], design, crash.Title)));
        }

        List<CauseElsewhere> elsewhere = [];
        foreach (string stack in StackCatalog.Names)
        {
            foreach (string name in StackCatalog.DesignsOf(stack))
            {
                OperationRun run = new OperationRunner(StackCatalog.Create(stack, name)).Run(list);

                // What was seen counts, whether every step is modelled or not.
                elsewhere.Add(new CauseElsewhere(stack, name, run.Verdict, !run.Stack.Oracle.IsClean ? true : run.IsDecided ? false : null));
            }
        }

        return (operations, elsewhere);
    }

    private static string Verdict(IReadOnlyList<Operation> list, TeardownDesign design, CrashTitle title)
    {
        var stack = new NetBsd2005Stack(design);
        OperationRun run = new OperationRunner(stack).Run(list);
        return stack.Title == title ? "the same crash" : stack.Title is { } other ? $"another crash: {other}" : run.IsDecided && stack.Oracle.IsClean ? "no crash" : run.Verdict;
    }
}
