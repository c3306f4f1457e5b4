using System.Globalization;

namespace Stress.Observability.Ci;

/// <summary>
/// Turns results into cases. A crash title fails only if an expectation about it is not met, so a file shows a failure exactly when the command exits with a code other than 0.
/// </summary>
public static class CheckCases
{
    /// <summary>The cases of a run.</summary>
    /// <param name="report">The run.</param>
    /// <param name="crashes">Its distinct crashes.</param>
    /// <param name="difference">What <c>--check</c> found, or null.</param>
    /// <param name="at">Wall time of the end.</param>
    public static CheckReport Of(RunReport report, IReadOnlyList<CrashRecord> crashes, string? difference, DateTimeOffset at)
    {
        string suite = $"{report.Scenario} with {report.Design}";
        List<CheckCase> cases = [.. Verdicts(suite, report.ScenarioFile, report.Expectations)];
        cases.AddRange(crashes.Select(crash => OfCrash(suite, report.ScenarioFile, crash, report.Expectations)));
        cases.Add(OfWork(suite, report.ScenarioFile, report.Work, report.Command, report.IsPartial));
        cases.AddRange(report.NotDecided.Select((why, i) => Undecided(suite, report.ScenarioFile, why, i)));
        if (difference is not null)
        {
            cases.Add(new CheckCase
            {
                Kind = "determinism", Suite = suite, Name = "two executions of a site agree", Key = "determinism", Outcome = CheckOutcome.Error,
                Message = $"not deterministic: {difference}", File = report.ScenarioFile,
            });
        }

        return new CheckReport(
            report.RunId, report.Command, at, report.WallSeconds,
            [
                new("design", report.Design), new("seed", Text(report.Seed)), new("pairs", Text(report.Pairs)),
                new("virtual hours", report.VirtualHours.ToString(CultureInfo.InvariantCulture)), new("digest", report.Digest), new("command", report.Command),
                .. KernelsOf(report),
            ],
            cases);
    }

    // Which real kernels, by what identifies them.
    private static IEnumerable<KeyValuePair<string, string>> KernelsOf(RunReport report) => report.Kernels is not { } kernels ? [] :
    [
        new("backend", kernels.Backend), new("called kernel", Text(kernels.Called)), new("calling kernel", Text(kernels.Calling)), new("fault", kernels.Fault),
        new("guest system", kernels.SystemSha256), new("guest packages", string.Join("; ", kernels.Packages)),
    ];

    private static string Text(RealKernel kernel) =>
        $"{kernel.Name}, Linux {kernel.Release}, key {kernel.Key}, config sha256 {kernel.ConfigSha256}, checks {kernel.Checks}{(kernel.Patches.Count == 0 ? "" : $", with {string.Join(", ", kernel.Patches)}")}";

    /// <summary>The cases of a comparison: a suite for each design.</summary>
    /// <param name="report">The comparison.</param>
    /// <param name="crashes">The distinct crashes of a design, by its name.</param>
    /// <param name="at">Wall time of the end.</param>
    public static CheckReport Of(CompareReport report, Func<string, IReadOnlyList<CrashRecord>> crashes, DateTimeOffset at)
    {
        List<CheckCase> cases = [];
        foreach (DesignResult design in report.Designs)
        {
            string suite = $"{report.Scenario} with {design.Design}";
            cases.AddRange(Verdicts(suite, report.ScenarioFile, design.Expectations));
            cases.AddRange(crashes(design.Design).Select(crash => OfCrash(suite, report.ScenarioFile, crash, design.Expectations)));
            cases.Add(OfWork(suite, report.ScenarioFile, design.Work, design.Command, design.Work.NotBegun + design.Work.Unfinished > 0));
        }

        cases.AddRange(report.NotDecided.Select((why, i) => Undecided(report.Scenario, report.ScenarioFile, why, i)));
        return new CheckReport(
            report.CompareId, report.Command, at, report.WallSeconds, [new("seed", Text(report.Seed)), new("pairs", Text(report.Pairs)), new("command", report.Command)], cases);
    }

    private static IEnumerable<CheckCase> Verdicts(string suite, string file, IReadOnlyList<ExpectationVerdict> verdicts) =>
        verdicts.Select(verdict => new CheckCase
        {
            Kind = verdict.IsBand ? "expectation" : "reached",
            Suite = suite,
            Name = verdict.Statement,
            Key = verdict.Statement,
            Outcome = verdict.NotJudged is not null ? CheckOutcome.NotDecided : verdict.Met ? CheckOutcome.Passed : CheckOutcome.Failed,
            Message = verdict.NotJudged is not null ? $"{verdict.Statement}: {verdict.Word}{(verdict.LowPercent is null ? "" : $": measured {verdict.Measured}")}"
                : verdict.Path == ExpectationVerdict.NoDisconnect ? string.Create(CultureInfo.InvariantCulture, $"expected that no link is lost, and {verdict.MeasuredPercent:0} were")
                : verdict.IsBand
                ? string.Create(CultureInfo.InvariantCulture, $"expected {verdict.Statement}, measured {verdict.Measured}")
                : verdict.Met ? string.Create(CultureInfo.InvariantCulture, $"reached {verdict.MeasuredPercent:0} times") : $"expected '{verdict.Path}' to be reached, and it was not",
            File = file,
            Line = verdict.Line,
        });

    private static CheckCase OfCrash(string suite, string file, CrashRecord crash, IReadOnlyList<ExpectationVerdict> verdicts)
    {
        ExpectationVerdict? broken = verdicts.FirstOrDefault(verdict => verdict.Failed && verdict.IsBand && verdict.MeasuredPercent > verdict.MaxPercent
            && (verdict.Role is null || verdict.Role == crash.Role)
            && (verdict.Path is CodePath.Any or "first_crash_within_hour" || verdict.Path == crash.Path || verdict.Path == crash.Title));
        return new CheckCase
        {
            Kind = "crash",
            Suite = suite,
            Name = $"{crash.Title}, {crash.Role}",
            Key = crash.Id,
            Outcome = broken is null ? CheckOutcome.Passed : CheckOutcome.Failed,
            Message = $"{crash.Title}: {Text(crash.Count)} times on {crash.Role} systems, first at {crash.At} on site {Text(crash.Site)}{(broken is null ? "" : $"; expected {broken.Statement}")}",
            Detail = ["stack: " + string.Join(" < ", crash.Stack), .. crash.Story, "replay: " + crash.Replay],
            File = file,
            Line = broken?.Line ?? 0,
        };
    }

    private static CheckCase OfWork(string suite, string file, WorkCounts work, string command, bool partial) => new()
    {
        Kind = "work",
        Suite = suite,
        Name = "every site is executed to its end",
        Key = "work",
        Outcome = work.Done == work.Planned ? CheckOutcome.Passed : partial && work.Failed + work.Lost == 0 ? CheckOutcome.NotDecided : CheckOutcome.Error,
        Message = $"{(partial ? "partial: " : "")}sites: {work.Statement}",
        Detail = ["again with: " + command],
        File = file,
    };

    private static CheckCase Undecided(string suite, string file, string why, int number) => new()
    {
        Kind = "undecided", Suite = suite, Name = number == 0 ? "something could happen" : $"something could happen ({number + 1})", Key = $"undecided {number}", Outcome = CheckOutcome.NotDecided,
        Message = $"not decided: {why}", File = file,
    };

    private static string Text(long n) => n.ToString(CultureInfo.InvariantCulture);

    private static string Text(ulong n) => n.ToString(CultureInfo.InvariantCulture);
}
