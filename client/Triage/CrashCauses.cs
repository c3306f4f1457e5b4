using System.Diagnostics;
using System.Text.Json;
using Stress.Client.Commands;
using Stress.Client.Running;
using Stress.Contracts.Triage;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Minimise;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.NetBsd;
using Stress.Observability;

namespace Stress.Client.Triage;

/// <summary>Says why a crash of an emulated kernel came, by executing its site and its operation list again.</summary>
/// <param name="futures">Futures from each step.</param>
public sealed class CrashCauses(int futures = CrashCauses.UsualFutures) : ITriageWork
{
    /// <summary>Futures from each step: an interval of 7 per cent at most to either side.</summary>
    public const int UsualFutures = 200;

    // Steps looked at first, steps put into the widest jump each time, and steps in all.
    private const int FirstPoints = 40, Between = 8, MostPoints = 200;

    /// <inheritdoc/>
    public Task<CrashCause> Cause(string runFolder, string crashId, CancellationToken stop) => Task.Run(() => Of(runFolder, crashId, stop), stop);

    private CrashCause Of(string path, string id, CancellationToken stop)
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            var folder = new RunFolder(path);

            // Who asks may sit at a browser: no library is loaded for him.
            Launch launch = Launch.Open(folder, mayLoadDesigns: false);
            if (launch.Real is not null)
            {
                throw new UsageException($"{path}: a run of real kernels, whose futures cannot be executed; accepted is a run of emulated ones");
            }

            CrashRecord record = ReplayCommand.Find(folder, id);
            SiteOptions options = launch.Scenario.Site with { Seed = record.Seed };
            CrashTally crash = MinimiseCommand.Crash(record, options.Topology);
            CrashFutures way = CrashFutures.Of(options, (uint)record.Site, crash)
                ?? throw new UsageException($"{id}: site {record.Site} does not crash at event {record.Event}; accepted is a run of this version of stress");
            (List<CauseStep> steps, int? moment, FuturePoint? before) = Steps(way, options, stop);
            Rate? without = before is null ? null : RateOf(Count(way, before, withoutNext: true, stop).Crashes);
            (IReadOnlyList<CauseOperation> operations, IReadOnlyList<CauseElsewhere> elsewhere) = List(options, record, crash, stop);
            return new CrashCause(
                record.Title, futures, way.Horizon.Microseconds, steps, moment, without, operations, elsewhere, Math.Round(Stopwatch.GetElapsedTime(began).TotalSeconds, 1));
        }
        catch (Exception e) when (e is UsageException or IOException or UnauthorizedAccessException or FormatException or JsonException)
        {
            throw new TriageException(e.Message.ReplaceLineEndings(" "), TriageProblem.Wrong);
        }
    }

    // Steps at even distances first, then more of them where the share jumps most, until the jump is that of one event: the moment, with the state before it.
    private (List<CauseStep> Steps, int? Moment, FuturePoint? Before) Steps(CrashFutures way, SiteOptions options, CancellationToken stop)
    {
        var steps = new SortedDictionary<long, CauseStep>();
        Dictionary<long, FuturePoint> points = [];
        List<long> wanted = Even(way.First, way.Last, FirstPoints);
        while (true)
        {
            foreach (FuturePoint point in way.PointsAt([.. wanted.Order()]))
            {
                // After the crash there is no future: it has come.
                (int crashes, int others) = point.Number == way.Last ? (futures, 0) : Count(way, point, withoutNext: false, stop);
                points[point.Number] = point;
                steps[point.Number] = new CauseStep(point.Number, point.At.Microseconds, Words(point, options), RateOf(crashes), others);
            }

            CauseStep[] all = [.. steps.Values];
            int jump = Enumerable.Range(1, all.Length - 1).MaxBy(i => all[i].Crash.Share - all[i - 1].Crash.Share);
            long low = all[jump - 1].Event, high = all[jump].Event;
            if (high - low <= 1 || all.Length >= MostPoints)
            {
                bool stands = high - low == 1 && all[jump - 1].Crash.High < all[jump].Crash.Low;
                return ([.. all], stands ? jump : null, stands ? points[low] : null);
            }

            wanted = [.. Even(low, high, Between).Where(number => !steps.ContainsKey(number))];
        }
    }

    private static string Words(FuturePoint point, SiteOptions options) =>
        point.What.Length > 0 ? point.What : point.Part is { } part ? MinimiseCommand.Describe(part, options) : "an event of which no trace tells";

    private (int Crashes, int Others) Count(CrashFutures way, FuturePoint point, bool withoutNext, CancellationToken stop)
    {
        int crashes = 0, others = 0;
        Parallel.For(1, futures + 1, new ParallelOptions { CancellationToken = stop, MaxDegreeOfParallelism = Environment.ProcessorCount }, key =>
        {
            switch (way.Execute(point, (ulong)key, withoutNext))
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

    private static (IReadOnlyList<CauseOperation> Operations, IReadOnlyList<CauseElsewhere> Elsewhere) List(SiteOptions options, CrashRecord record, CrashTally crash, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        TeardownDesign design = options.Designs.Named(options.Design);
        if (new SiteMinimiser(options, (uint)record.Site, crash).Minimise() is not { } site || new OperationMinimiser(design, crash.Title).Minimise(site.Operations) is not { } least)
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

                // What was seen is seen, whether every step is modelled or not.
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
