using Stress.Client.Launching;
using Stress.Contracts;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Observability;

namespace Stress.Client.Reports;

/// <summary>One design of a comparison: how it was run and its outcome.</summary>
/// <param name="Launch">The run.</param>
/// <param name="Result">Its sums, with the sites kept.</param>
/// <param name="Report">Its report.</param>
public sealed record ComparedRun(Launch Launch, RunResult Result, RunReport Report);

/// <summary>Turns the runs of several designs on the same worlds into the comparison.</summary>
public static class CompareBuilder
{
    private const int MaxExamples = 10;

    // Waits and pending detaches are leaks, not work, and have fields of their own.
    private static readonly IReadOnlyList<CounterInfo> Works = [.. CounterInfo.All.Where(counter => counter.Work is not null)];

    /// <summary>The comparison; the first run is the baseline.</summary>
    public static CompareReport Build(string id, IReadOnlyList<ComparedRun> runs, TimeSpan wall, string command)
    {
        RunReport first = runs[0].Report;
        int bin = runs[0].Launch.Plan.BinWindows;
        List<PairedTest> tests = [];
        List<DesignDifference> differences = [];
        for (int a = 0; a < runs.Count; a++)
        {
            for (int b = a + 1; b < runs.Count; b++)
            {
                List<(SiteRecord A, SiteRecord B)> sites = [.. runs[a].Result.Sites.Join(runs[b].Result.Sites, s => s.Site, s => s.Site, (x, y) => (x, y))];
                tests.AddRange(Tests(first.Design, runs[a], runs[b], sites));
                differences.Add(Difference(runs[a], runs[b], sites));
            }
        }

        return new CompareReport
        {
            Build = first.Build,
            CompareId = id,
            Scenario = first.Scenario,
            ScenarioFile = first.ScenarioFile,
            Description = first.Description,
            Seed = first.Seed,
            Pairs = first.Pairs,
            VirtualHours = first.VirtualHours,
            WallSeconds = Math.Round(wall.TotalSeconds, 3),
            Complete = runs.All(run => run.Report.Complete),
            PairedBy = $"a site in {(bin == 1 ? "a window" : Counted.Of(bin, "window"))} of {first.Series.BinMinutes:0.##} virtual minutes in which the role lost a link or crashed under both {(first.Kernels is null ? "designs" : "kernels")}",
            NotDecided = [.. runs.SelectMany(run => run.Report.NotDecided.Select(why => $"{run.Report.Design}: {why}"))],
            Designs = [.. runs.Select(Result)],
            Tests = tests,
            Differences = differences,
            Command = command,
        };
    }

    private static DesignResult Result(ComparedRun run)
    {
        RunTotals totals = run.Result.Totals;
        Counters all = totals.Counters.Total;
        TeardownDesign? design = run.Launch.Real is null ? run.Launch.Scenario.Site.Designs.Named(run.Report.Design) : null;
        RealKernels? kernels = run.Report.Kernels;
        double disconnects = Math.Max(1, all.Disconnects), frames = Math.Max(1, all.Frames);
        return new DesignResult
        {
            Design = run.Report.Design,
            Summary = design?.Summary ?? SummaryOf(kernels!),
            Source = design?.Source ?? kernels!.Called.Source,
            Digest = run.Report.Digest,
            Disconnects = run.Report.Disconnects,
            Frames = run.Report.Frames,
            Paths = run.Report.Paths,
            Stale = run.Report.Stale,
            Aliases = run.Report.Alias,
            LeakedSlots = run.Report.LeakedSlots,
            DetachWaits = RoleCounts.Of(totals.Counters, c => c.DetachWaits),
            DetachesPending = RoleCounts.Of(totals.Counters, c => c.DetachesPending),
            Prices =
            [
                // The work of a real kernel is not counted.
                .. (design is null ? [] : Works).Select(work =>
                {
                    long count = work.In(all);
                    return new PriceLine(work.Work!, count, Math.Round(count / disconnects, 4), Math.Round(count / frames, 6));
                }),
            ],
            Probes = run.Report.Probes,
            Expectations = run.Report.Expectations,
            JudgedBy = run.Report.JudgedBy,
            Work = run.Report.Work,
            Command = run.Report.Command,
        };
    }

    private static string SummaryOf(RealKernels kernels)
    {
        string Of(RealKernel kernel) => $"Linux {kernel.Release}, checks {kernel.Checks}, key {kernel.Key}";
        string which = kernels.Called.Key == kernels.Calling.Key ? Of(kernels.Called) : $"called {Of(kernels.Called)}; calling {Of(kernels.Calling)}";
        return $"{which}; {(kernels.Fault.Length > 0 ? $"with the fault {kernels.Fault} switched on" : "no fault switched on")}; {kernels.Bound}";
    }

    private static IEnumerable<PairedTest> Tests(string baseline, ComparedRun a, ComparedRun b, List<(SiteRecord A, SiteRecord B)> sites)
    {
        List<string> paths =
        [
            .. a.Report.CodePaths.Concat(b.Report.CodePaths).Select(row => row.Path).Distinct().Order(StringComparer.Ordinal), CodePath.Any,
        ];
        foreach (string path in paths)
        {
            foreach (Role role in a.Result.Totals.Counters.Roles)
            {
                (long pairs, long onlyA, long onlyB) = (0, 0, 0);
                foreach ((SiteRecord siteA, SiteRecord siteB) in sites)
                {
                    long[] hitsA = Hits(siteA.Series, path, role), hitsB = Hits(siteB.Series, path, role);
                    long[] turnsA = Turns(siteA.Series, role), turnsB = Turns(siteB.Series, role);
                    for (int bin = 0; bin < hitsA.Length; bin++)
                    {
                        if (Step(turnsA, bin) == 0 || Step(turnsB, bin) == 0)
                        {
                            continue;
                        }

                        pairs++;
                        bool crashedA = Step(hitsA, bin) > 0, crashedB = Step(hitsB, bin) > 0;
                        onlyA += crashedA && !crashedB ? 1 : 0;
                        onlyB += crashedB && !crashedA ? 1 : 0;
                    }
                }

                // Against the baseline "no difference" is an answer too.
                if (onlyA + onlyB > 0 || a.Report.Design == baseline)
                {
                    yield return new PairedTest(
                        a.Report.Design, b.Report.Design, path, a.Result.Totals.Counters.NameOf(role), pairs, onlyA, onlyB,
                        Math.Round(McNemar.ChiSquared(onlyA, onlyB), 4), McNemar.ExactP(onlyA, onlyB));
                }
            }
        }
    }

    private static DesignDifference Difference(ComparedRun a, ComparedRun b, List<(SiteRecord A, SiteRecord B)> sites)
    {
        List<SiteDifference> differ = [];
        foreach ((SiteRecord siteA, SiteRecord siteB) in sites)
        {
            int first = Enumerable.Range(0, siteA.Series.Bins).FirstOrDefault(bin => !SameCrashes(siteA.Series, siteB.Series, bin), -1);
            if (first >= 0)
            {
                differ.Add(new SiteDifference(
                    siteA.Site, a.Report.Seed, Crashes(siteA.Series), Crashes(siteB.Series), (first + 1) * a.Report.Series.BinMinutes, a.Launch.SiteCommand(siteA.Site)));
            }
        }

        return new DesignDifference(
            a.Report.Design, b.Report.Design, sites.Count, sites.Count(pair => pair.A.Digest != pair.B.Digest), differ.Count, [.. differ.Take(MaxExamples)]);
    }

    private static bool SameCrashes(SiteSeries a, SiteSeries b, int bin) =>
        a.Crashes.Keys.Union(b.Crashes.Keys).All(key => At(a, key, bin) == At(b, key, bin));

    private static long At(SiteSeries series, CrashKey key, int bin) => series.Crashes.TryGetValue(key, out long[]? line) ? line[bin] : 0;

    private static long Crashes(SiteSeries series) => series.Crashes.Values.Sum(line => line[^1]);

    // Running totals of the crashes of a path in a role.
    private static long[] Hits(SiteSeries series, string path, Role role)
    {
        long[] sum = new long[series.Bins];
        foreach ((CrashKey key, long[] line) in series.Crashes)
        {
            if (key.Role == role && (path == CodePath.Any || key.Path == path))
            {
                for (int i = 0; i < sum.Length; i++)
                {
                    sum[i] += line[i];
                }
            }
        }

        return sum;
    }

    // Running totals of the occasions to crash: a crash shows that there was one, even where the link went down in the window before.
    private static long[] Turns(SiteSeries series, Role role)
    {
        long[] sum = Hits(series, CodePath.Any, role), disconnects = series.Disconnects[(int)role];
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += disconnects[i];
        }

        return sum;
    }

    private static long Step(long[] totals, int bin) => totals[bin] - (bin == 0 ? 0 : totals[bin - 1]);
}
