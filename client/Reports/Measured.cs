using Stress.Emulator.Designs;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Scenarios;

namespace Stress.Client.Reports;

/// <summary>What a run measured, asked by the names that a scenario's expectations use.</summary>
/// <param name="Disconnects">Disconnects by role.</param>
/// <param name="CodePaths">Crashes by title and role.</param>
/// <param name="Stale">Stale pointers by holder and role.</param>
/// <param name="FirstCrash">Time to the first crash.</param>
/// <param name="Probes">Rare paths.</param>
public sealed record Measured(
    RoleCounts Disconnects,
    IReadOnlyList<CodePathRate> CodePaths,
    IReadOnlyList<StaleCounts> Stale,
    FirstCrashSummary FirstCrash,
    IReadOnlyDictionary<string, long> Probes)
{
    // Bounds are written in percent with few digits; a value on the bound meets it.
    private const double Rounding = 1e-9;

    /// <summary>
    /// The verdicts, in the order of the scenario. A fix whose scenario has its bands for another design is judged by what it must end; what had no trial, or is
    /// of a partial run, is not judged.
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
        long disconnects = Disconnects.Called + Disconnects.Calling;
        bool nothing = scenario.ExpectNothing.Length > 0;
        if (nothing)
        {
            verdicts.Add(new ExpectationVerdict(ExpectationVerdict.NoDisconnect, null, null, null, disconnects, disconnects == 0, 0));
        }

        return
        [
            .. verdicts.Select(verdict =>
                !complete ? verdict with { Met = false, NotJudged = "partial" }
                : !nothing && Idleness.IsIdle(this, verdict.Role) ? verdict with { Met = false, NotJudged = $"no {(verdict.Role is { } role ? $"{role} " : "")}system lost a link" }
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
        return ends.Length == 0 ? $"{bands}, and {scenario.Site.Design} is no fix of what they are about: nothing is judged"
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

        long trials = Math.Max(1, Disconnects.Called + Disconnects.Calling);
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
        double percent = Percent(expected);
        bool met = percent >= expected.MinPercent - Rounding && percent <= expected.MaxPercent + Rounding;
        string? role = expected.Role is { } named ? CodePath.Of(named) : null;
        return new ExpectationVerdict(expected.Path, role, expected.MinPercent, expected.MaxPercent, percent, met, expected.Line);
    }

    private double Percent(Expectation expected)
    {
        if (expected.Path == "first_crash_within_hour")
        {
            return FirstCrash.WithinHour * 100;
        }

        string? role = expected.Role is { } named ? CodePath.Of(named) : null;
        long hits = expected.Path == "stale"
            ? Stale.Where(row => role is null || row.Role == role).Sum(row => row.Created)
            : CodePaths.Where(row => (role is null || row.Role == role)
                    && (expected.Path == CodePath.Any || row.Path == expected.Path || row.Title == expected.Path))
                .Sum(row => row.Crashes);
        long trials = expected.Role switch
        {
            Role.Called => Disconnects.Called,
            Role.Calling => Disconnects.Calling,
            _ => Disconnects.Called + Disconnects.Calling,
        };

        // A crash without a single disconnect is still a crash: it must not pass for zero.
        return hits == 0 ? 0 : 100.0 * hits / Math.Max(1, trials);
    }
}
