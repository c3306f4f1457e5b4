using System.Globalization;
using Stress.Client.Following;
using Stress.Client.Launching;
using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Scenarios;

namespace Stress.Client.Reports;

/// <summary>Turns the integers that the grains summed into the report: shares, intervals, medians, verdicts.</summary>
public static class ReportBuilder
{
    private const int MaxProblems = 100;
    private const int CurvePoints = 60;

    /// <summary>The report of a run, whole or partial.</summary>
    /// <param name="launch">The run as it was started.</param>
    /// <param name="result">Its result.</param>
    /// <param name="wall">Wall time.</param>
    /// <param name="interrupted">True when the user ended it early.</param>
    /// <param name="execution">Where it was executed, or null.</param>
    public static RunReport Build(Launch launch, RunResult result, TimeSpan wall, bool interrupted, ExecutionFacts? execution = null)
    {
        RunTotals totals = result.Totals;
        RoleCounts disconnects = RoleCounts.Of(totals.Counters, c => c.Disconnects);
        ShardProgress work = result.Progress;
        bool complete = work.Done == work.Planned;
        List<CodePathRate> codePaths =
        [
            .. from crash in totals.Crashes
               let title = crash.Key.Text
               let role = result.Totals.Counters.NameOf(crash.Key.Role)
               let sums = totals.Rates[title, role]
               let rate = ClusterInterval.Share(sums)
               orderby crash.Value.Count descending, title, role
               select new CodePathRate(
                   title, crash.Key.Path, role, crash.Value.Count, sums.Trials, rate.Rate, rate.Low, rate.High, CrashRecord.IdOf(title, role)),
        ];
        List<StaleCounts> stale =
        [
            .. from pointer in totals.Stale
               let holder = KernelNames.Of(pointer.Key.Holder)
               let role = totals.Counters.NameOf(pointer.Key.Role)
               orderby holder, role
               select new StaleCounts(holder, role, pointer.Value.Created, pointer.Value.Healed, pointer.Value.Live),
        ];
        FirstCrashSummary first = FirstCrash(result.FirstCrashes);
        List<PathRate> paths = Paths(launch.Scenario, totals.Rates, codePaths);
        var measured = new Measured(disconnects, totals.Rates, launch.Scenario.Site.Topology.Links.Count, first, totals.Probes);
        RoleCounts redials = RoleCounts.Of(totals.Counters, c => c.Redials);
        var counted = new WorkCounts(work.Planned, work.Done, work.Failed, work.Lost, work.NotBegun, work.Begun);
        IReadOnlyList<ExpectationVerdict> expectations = measured.Judge(launch.Scenario, totals.Crashes.Where(crash => crash.Key.Words is null).Select(crash => (crash.Key.Title, crash.Value.Count)), complete);
        return new RunReport
        {
            Build = launch.Plan.Build is { } build ? Launch.BuildOf(build) : Launch.ThisBuild,
            RunId = launch.Plan.RunId,
            Scenario = launch.Scenario.Name,
            ScenarioFile = launch.Scenario.FileName,
            Description = launch.Scenario.Description,
            Design = launch.DesignName,
            Seed = launch.Scenario.Seed,
            Pairs = (long)launch.Plan.Sites * launch.Scenario.Site.Topology.Links.Count,
            Sites = launch.Plan.Sites,
            VirtualHours = launch.Hours,
            WallSeconds = Math.Round(wall.TotalSeconds, 3),
            Workers = launch.Workers,
            Complete = complete,
            Incomplete = complete ? null : interrupted ? RunReport.Interrupted : work.Failed > 0 ? "failed" : work.Lost > 0 ? "lost" : RunReport.Cancelled,
            Digest = $"{result.Digest:x16}",
            Counters = totals.Counters,
            Paths = paths,
            Ages = Ages(totals.Rates, paths),
            Kernels = RealKernelFacts.Of(launch, totals),
            Network = Network(launch.Scenario, totals.Links),
            CodePaths = codePaths,
            Stale = stale,
            FirstCrash = first,
            Work = counted,
            NotDecided = complete && launch.Scenario.ExpectNothing.Length == 0 ? Undecided(launch, measured, redials, expectations) : [],
            JudgedBy = Measured.JudgedBy(launch.Scenario),
            Problems =
            [
                .. result.Troubles.Where(trouble => trouble.State is SiteState.Failed or SiteState.Lost).Take(MaxProblems)
                    .Select(trouble => new SiteProblem(trouble.Site, trouble.Window, trouble.Problem, launch.SiteCommand(trouble.Site))),
            ],
            Expectations = expectations,
            Probes = new SortedDictionary<string, long>(totals.Probes, StringComparer.Ordinal),
            Series = Series(launch, totals.Series, totals.Counters.Labels),
            Command = launch.Command,
            Execution = execution,
        };
    }

    private static NetworkReport? Network(Scenario scenario, LinkTotals totals)
    {
        if (scenario.Site.Graph is not { } graph)
        {
            return null;
        }

        ILookup<int, (string Path, long Count)> crashes = totals.Crashes.ToLookup(crash => crash.Key.Link, crash => (CodePath.Of(crash.Key.Title), crash.Value));
        return new NetworkReport(
            scenario.Network is { } shape ? ScenarioFields.Spell(shape.Shape) : "",
            scenario.Network is { Shape: NetworkShape.Grid } grid ? grid.Width : 0,
            [.. graph.Nodes.Select((role, node) => new NetworkNode(graph.NodeName(node), graph.NameOf(role), node < totals.Panics.Count ? totals.Panics[node] : 0))],
            [
                .. graph.Links.Select((planned, link) =>
                {
                    long decided = link < totals.Decided.Count ? totals.Decided[link] : 0, crashed = crashes[link].Sum(crash => crash.Count);
                    return new NetworkLink(
                        link, graph.LinkName(link), planned.Ends[ModemLink.Called].Node, planned.Ends[ModemLink.Calling].Node, planned.Group ?? "", decided, crashed, decided == 0 ? 0 : Math.Round(crashed / (double)decided, 6),
                        [.. from crash in crashes[link] group crash.Count by crash.Path into path orderby path.Sum() descending, path.Key select new LinkPath(path.Key, path.Sum())]);
                }),
            ])
        {
            Segments = graph.Segments is { } segments ? [.. segments.Select(segment => new NetworkSegment(segment.Name, segment.Stations))] : null,
        };
    }

    // Nothing could happen in the whole run, or nothing in a role for which the scenario has an expectation.
    private static IReadOnlyList<string> Undecided(Launch launch, Measured measured, RoleCounts redials, IReadOnlyList<ExpectationVerdict> expectations)
    {
        IReadOnlyList<string> idle = Idleness.Of(launch.Scenario, launch.Hours, measured, (long)launch.Plan.Sites * launch.Scenario.Site.Topology.Links.Count, redials);
        return idle.Count > 0 ? idle :
        [
            .. expectations.Where(verdict => verdict.NotJudged == ExpectationVerdict.TooFew).Select(verdict =>
                $"too few disconnects to say whether {verdict.Statement}: measured {verdict.Measured}; {(verdict.PairsNeeded is { } pairs ? string.Create(CultureInfo.InvariantCulture, $"about {pairs:#,0} pairs would be enough") : "it lies on the bound, where no number of pairs would be enough")}"),
            .. expectations.Where(verdict => verdict.NotJudged is not (null or ExpectationVerdict.TooFew)).GroupBy(verdict => verdict.NotJudged)
                .Select(group => $"{group.Key}, so nothing can be said about {string.Join(", ", group.Select(verdict => verdict.Statement))}"),
        ];
    }

    /// <summary>Where a run was executed; null if its start was not observed.</summary>
    public static ExecutionFacts? Execution(Launch launch, FollowedRun run)
    {
        if (run.FirstWindow is not { } first || run.Memory.Count == 0)
        {
            return null;
        }

        long routersOfSite = launch.Scenario.Site.Topology.Nodes.Count;
        long sites = Math.Min(launch.Plan.Sites, run.Memory.Sum(silo => (long)silo.MostSites));
        long peak = run.Memory.Sum(silo => silo.PeakMemoryBytes), idle = run.Memory.Sum(silo => silo.IdleMemoryBytes);
        return new ExecutionFacts(
            run.Memory.Count, Math.Round(first.TotalSeconds, 3), launch.Plan.Sites * routersOfSite, sites * routersOfSite, peak, idle,
            sites == 0 ? 0 : (peak - idle) / (sites * routersOfSite), run.Memory);
    }

    /// <summary>The distinct crashes of a run, most frequent first.</summary>
    /// <param name="launch">The run.</param>
    /// <param name="result">Its result.</param>
    /// <param name="folder">The run's folder, for the replay commands.</param>
    public static IReadOnlyList<CrashRecord> Crashes(Launch launch, RunResult result, string folder) =>
    [
        .. from crash in result.Totals.Crashes
           let title = crash.Key.Text
           let role = result.Totals.Counters.NameOf(crash.Key.Role)
           let id = CrashRecord.IdOf(title, role)
           orderby crash.Value.Count descending, title, role
           select new CrashRecord
           {
               Id = id,
               Title = title,
               Path = crash.Key.Path,
               Role = role,
               Count = crash.Value.Count,
               Site = crash.Value.Site,
               Seed = launch.Scenario.Seed,
               Event = crash.Value.FirstEvent,
               At = crash.Value.First.ToString(),
               AtMicroseconds = crash.Value.First.Microseconds,
               Stack = crash.Value.Stack,
               Story = crash.Value.Told,
               Replay = $"./stress replay {folder} {id}",
           },
    ];

    /// <summary>Median and share of the times to the first crash.</summary>
    public static FirstCrashSummary FirstCrash(IReadOnlyList<VirtualTime> times)
    {
        VirtualTime[] sorted = [.. times.Order()];
        long crashed = sorted.Count(time => !time.IsNever);
        double? median = sorted.Length == 0 || sorted[sorted.Length / 2].IsNever ? null
            : sorted.Length % 2 == 1 ? Minutes(sorted[sorted.Length / 2])
            : (Minutes(sorted[(sorted.Length / 2) - 1]) + Minutes(sorted[sorted.Length / 2])) / 2;
        double within = sorted.Length == 0 ? 0 : sorted.Count(time => time <= VirtualTime.FromHours(1)) / (double)sorted.Length;
        List<CurvePoint> curve = [];
        for (int point = 1; point <= CurvePoints && crashed > 0; point++)
        {
            int index = (int)((crashed * point / CurvePoints) - 1);
            if (index >= 0)
            {
                curve.Add(new CurvePoint(Minutes(sorted[index]), (index + 1) / (double)sorted.Length));
            }
        }

        return new FirstCrashSummary(median, within, sorted.Length, crashed, curve);
    }

    private static double Minutes(VirtualTime time) => Math.Round(time.Microseconds / 60_000_000.0, 3);

    // The two paths of the 2005 mail always have rows, since zero is an answer too, except for real kernels, which do not have these functions.
    private static List<PathRate> Paths(Scenario scenario, RateSums rates, List<CodePathRate> codePaths)
    {
        List<string> names = scenario.IsReal ? [] : [CodePath.Membership, CodePath.In6SelectHlim];
        names.AddRange(codePaths.Select(row => row.Path).Where(path => !names.Contains(path)).Distinct().Order(StringComparer.Ordinal));
        names.Add(CodePath.Any);
        return
        [
            .. from name in names
               from role in scenario.Site.Roles.Select(options => options.Role)
               let roleName = scenario.Site.Topology.NameOf(role)
               let sums = rates[name, roleName]
               let rate = ClusterInterval.Share(sums)
               let reported = scenario.Reported.FirstOrDefault(figure => figure.Path == name && figure.Role == role)
               select new PathRate(name, roleName, sums.Hits, sums.Trials, rate.Rate, rate.Low, rate.High, reported?.Percent),
        ];
    }

    // A path and role that never crashed has no row per age: it is zero at each.
    private static List<AgeRate> Ages(RateSums rates, List<PathRate> paths) =>
    [
        .. from path in paths
           where path.Crashes > 0 && path.Path != CodePath.Any
           from age in Enumerable.Range(0, KernelAge.Count)
           let sums = rates[path.Path, path.Role, age]
           where sums.Trials > 0
           let rate = ClusterInterval.Share(sums)
           select new AgeRate(path.Path, path.Role, KernelAge.Name(age), sums.Hits, sums.Trials, rate.Rate, rate.Low, rate.High),
    ];

    private static RunSeries Series(Launch launch, SiteSeries series, IReadOnlyList<string> labels) => new(
        launch.Plan.BinWindows * launch.Scenario.Site.Window.Microseconds / 60_000_000.0,
        series.Bins,
        [.. series.Disconnects.Select((line, label) => new SeriesLine(RunSeries.DisconnectsName, labels[label], Steps(line)))],
        [
            .. from line in series.Crashes
               group line.Value by (Path: line.Key.Path, Role: labels[(int)line.Key.Role]) into path
               orderby path.Key.Path, path.Key.Role
               select new SeriesLine(path.Key.Path, path.Key.Role, Steps(path.Aggregate(new long[series.Bins], (sum, more) => [.. sum.Zip(more, (a, b) => a + b)]))),
        ],
        [
            .. from line in series.StaleLive
               let holder = KernelNames.Of(line.Key.Holder)
               let role = labels[(int)line.Key.Role]
               orderby holder, role
               select new SeriesLine(holder, role, line.Value),
        ]);

    private static long[] Steps(long[] runningTotals)
    {
        long[] steps = [.. runningTotals];
        for (int i = steps.Length - 1; i > 0; i--)
        {
            steps[i] -= steps[i - 1];
        }

        return steps;
    }
}
