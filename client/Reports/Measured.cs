using Stress.Contracts;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Scenarios;

namespace Stress.Client.Reports;

/// <summary>What a run measured, by the names that a scenario's expectations use.</summary>
/// <param name="Disconnects">Disconnects by role, decided or not.</param>
/// <param name="Rates">Crashes, stale pointers and decided disconnects, summed over the sites.</param>
/// <param name="PairsOfSite">Pairs of a site.</param>
/// <param name="FirstCrash">Time to the first crash.</param>
/// <param name="Probes">Rare paths.</param>
public sealed record Measured(
    RoleCounts Disconnects,
    RateSums Rates,
    int PairsOfSite,
    FirstCrashSummary FirstCrash,
    IReadOnlyDictionary<string, long> Probes)
{
    /// <summary>
    /// The verdicts, in the order of the scenario. A fix whose scenario has bands for another design is judged by what it must end; an expectation without trials, or of a partial run, is not judged.
    /// </summary>
    /// <param name="scenario">What was run.</param>
    /// <param name="crashes">The crashes by title and role.</param>
    /// <param name="complete">False where sites are missing.</param>
    public IReadOnlyList<ExpectationVerdict> Judge(Scenario scenario, IEnumerable<(CrashTitle Title, long Count)> crashes, bool complete)
    {
        List<ExpectationVerdict> verdicts =
        [
            .. scenario.Expect.Where(scenario.IsOfItsDesign).Select(Judge),
            .. scenario.ExpectReached.Where(_ => scenario.BandsAreOfItsDesign).Select(probe =>
            {
                long reached = Probes.GetValueOrDefault(probe);
                return new ExpectationVerdict(probe, null, null, null, reached, reached > 0, 0);
            }),
            .. scenario.BandsAreOfItsDesign ? [] : MustEnd(scenario, crashes),
        ];
        long disconnects = Disconnects.Total;
        bool nothing = scenario.ExpectNothing.Length > 0;
        if (nothing)
        {
            verdicts.Add(new ExpectationVerdict(ExpectationVerdict.NoDisconnect, null, null, null, disconnects, disconnects == 0, 0));
        }

        return
        [
            .. verdicts.Select(verdict =>
                !complete ? verdict with { Met = false, NotJudged = "partial" }
                : !nothing && Idleness.IsIdle(this, verdict.Role) ? verdict with { Met = false, NotJudged = $"no {(verdict.Role is { } role ? $"{role} " : "")}system lost a link and redialled" }
                : verdict),
        ];
    }

    /// <summary>What a fix is judged by, in words; empty where the scenario's bands are for the design that was run.</summary>
    public static string JudgedBy(Scenario scenario)
    {
        if (scenario.BandsAreOfItsDesign)
        {
            return "";
        }

        string[] ends = [.. Families(scenario)];
        string bands = $"the bands of the scenario are for {scenario.ExpectDesign}";
        return ends.Length == 0 ? $"{bands}, and {scenario.Site.Design} does not fix what they are about: nothing is judged"
            : $"{bands}; {scenario.Site.Design} is judged by what it must end: {string.Join(", ", ends)}{(EndsAll(scenario) ? ", and every other crash" : "")}";
    }

    // No crash of a family that the design is meant to end; of one that is meant to end them all, no crash at all.
    private List<ExpectationVerdict> MustEnd(Scenario scenario, IEnumerable<(CrashTitle Title, long Count)> crashes)
    {
        TeardownDesign design = scenario.Site.Designs.Named(scenario.Site.Design);
        SortedDictionary<string, long> seen = new(StringComparer.Ordinal);
        foreach ((CrashTitle title, long count) in crashes.Where(crash => design.Ends(crash.Title.Holder)))
        {
            string path = CodePath.Of(title);
            seen[path] = seen.GetValueOrDefault(path) + count;
        }

        long trials = Math.Max(1, Rates[CodePath.Any, RateSums.EveryNode].Trials);
        List<ExpectationVerdict> verdicts = [];
        foreach (string path in Families(scenario).Union(seen.Keys))
        {
            long count = seen.GetValueOrDefault(path);
            verdicts.Add(new ExpectationVerdict(path, null, 0, 0, 100.0 * count / trials, count == 0, 0));
        }

        return verdicts;
    }

    // The families of the mail that the design is meant to end.
    private static IEnumerable<string> Families(Scenario scenario)
    {
        TeardownDesign design = scenario.Site.Designs.Named(scenario.Site.Design);
        if (design.Ends(HolderKind.InMultiIfp))
        {
            yield return CodePath.Membership;
        }

        if (design.Ends(HolderKind.In6pRouteIfp))
        {
            yield return CodePath.In6SelectHlim;
        }
    }

    private static bool EndsAll(Scenario scenario) =>
        Enum.GetValues<HolderKind>().Where(holder => holder != HolderKind.None).All(scenario.Site.Designs.Named(scenario.Site.Design).Ends);

    private ExpectationVerdict Judge(Expectation expected)
    {
        string? role = expected.Role is { } named ? Disconnects.Labels[(int)named] : null;
        (WilsonInterval interval, long sites, Func<double, WilsonInterval> ofMore) = Interval(expected.Path, role);
        var band = new Band(expected.MinPercent, expected.MaxPercent);
        BandVerdict judged = band.Judge(interval);
        var verdict = new ExpectationVerdict(
            expected.Path, role, expected.MinPercent, expected.MaxPercent, Percent(interval.Rate), judged == BandVerdict.Met, expected.Line)
        {
            LowPercent = Percent(interval.Low),
            HighPercent = double.IsFinite(interval.High) ? Percent(interval.High) : null,
        };
        return judged != BandVerdict.TooFew ? verdict
            : verdict with { NotJudged = ExpectationVerdict.TooFew, PairsNeeded = band.SitesNeeded(sites, ofMore) * PairsOfSite };
    }

    private static double Percent(double share) => Math.Round(share * 100, 9);

    // The rate that is asked for, of how many sites, and what it would be of so many times as many.
    private (WilsonInterval Interval, long Sites, Func<double, WilsonInterval> OfMore) Interval(string path, string? role)
    {
        if (path == "first_crash_within_hour")
        {
            // A site has one first crash: sites are independent.
            double share = FirstCrash.WithinHour;
            return (WilsonInterval.OfRate(share, FirstCrash.Sites), FirstCrash.Sites, times => WilsonInterval.OfRate(share, FirstCrash.Sites * times));
        }

        ClusterSums sums = Rates[path, role ?? RateSums.EveryNode];

        // A crash without a single disconnect is still a crash: it must not pass for zero.
        sums = sums.Trials == 0 && sums.Hits > 0 ? sums with { Trials = 1, TrialsSquared = 1, Sites = 1 } : sums;
        if (path is RateSums.Stale or RateSums.Alias)
        {
            return (ClusterInterval.Ratio(sums), sums.Sites, times => ClusterInterval.Ratio(sums, times));
        }

        double independent = ClusterInterval.EffectiveTrials(sums);
        return (ClusterInterval.Share(sums), sums.Sites, times => WilsonInterval.OfRate(Math.Min(1, sums.Hits / (double)Math.Max(1, sums.Trials)), independent * times));
    }
}
