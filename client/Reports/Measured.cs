using Stress.Emulator.Link;
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

    /// <summary>The verdicts, in the order of the scenario.</summary>
    public IReadOnlyList<ExpectationVerdict> Judge(Scenario scenario) =>
    [
        .. scenario.Expect.Where(expected => expected.Design is null || expected.Design == scenario.Site.Design).Select(Judge),
        .. scenario.ExpectReached.Select(probe =>
        {
            long reached = Probes.GetValueOrDefault(probe);
            return new ExpectationVerdict(probe, null, null, null, reached, reached > 0, 0);
        }),
    ];

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
