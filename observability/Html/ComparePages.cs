using System.Globalization;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Observability.Html;

/// <summary>A table of a page.</summary>
/// <param name="Id">The section's identifier.</param>
/// <param name="Heading">Its heading.</param>
/// <param name="Text">What it shows, in a sentence.</param>
/// <param name="Columns">Headings of the columns; a number's starts with <c>#</c>.</param>
/// <param name="Rows">One cell per column.</param>
public sealed record PageTable(string Id, string Heading, string Text, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>Reduces a comparison of designs to tables, which the page and the screen show alike.</summary>
public static class ComparePages
{
    /// <summary>The page of a comparison.</summary>
    public static ReportPage Of(CompareReport report)
    {
        List<ExpectationVerdict> verdicts = [.. report.Designs.SelectMany(d => d.Expectations.Select(e => e with { Path = $"{d.Design}: {e.Path}" }))];
        return new ReportPage
        {
            Scenario = report.Scenario,
            Run = report.CompareId,
            Design = Counted.Of(report.Designs.Count, "design"),
            Summary = report.Description,
            Passed = verdicts.Count == 0 ? null : verdicts.Any(v => v.Failed) ? false : verdicts.All(v => v.Met) ? true : null,
            Incomplete = report.Complete ? null : report.Interrupted ? "incomplete: interrupted" : "incomplete: failed or lost",
            NotDecided = report.NotDecided,
            JudgedBy = string.Join("; ", report.Designs.Select(d => d.JudgedBy).Where(text => text.Length > 0)),
            Facts =
            [
                new("Designs", Figures.Count(report.Designs.Count)),
                new("Seed", report.Seed.ToString(CultureInfo.InvariantCulture)),
                new("Pairs", Figures.Count(report.Pairs), "each design"),
                new("Virtual time", Figures.Count(Math.Round(report.VirtualHours, 2)), "h each"),
                new("Wall time", Figures.Count(Math.Round(report.WallSeconds, 1)), "s"),
            ],
            Verdict = Verdict(report),
            Designs =
            [
                .. report.Designs.SelectMany(d => d.Paths.Where(p => p.Path == CodePath.Any).Select(p => new RateRow(d.Design, p.Role, p.Crashes, p.Disconnects, new(p.Rate, p.Low, p.High)))),
            ],
            Tables = Tables(report),
            Expectations = verdicts,
            Command = report.Command,
        };
    }

    /// <summary>
    /// The outcome of each design, the best first: by crashes per disconnect, then by what it leaves behind, then by its cost. A crash is ended if the baseline had it and the
    /// design never; it is changed if its rate differs (McNemar, p below 0.05) or only the design has it.
    /// </summary>
    public static PageTable Verdict(CompareReport report)
    {
        DesignResult baseline = report.Designs[0];
        IEnumerable<(DesignResult Design, int Rank)> ranked = report.Designs
            .OrderBy(CrashRate).ThenBy(Left).ThenBy(Work).Select((design, i) => (design, i + 1));
        return new(
            "verdict", "Verdict", $"The best first. Against {baseline.Design}: crashes that a design ends (not seen once) and moves (another rate, or a path of its own); leaks: what is left at the end; work: the kernel's for each lost link; p: McNemar's test of any crash.",
            ["design", "ends", "moves", "leaks", "#work", .. Roles(baseline).Select(role => $"#p {role}")],
            [.. ranked.Select(r => (string[])
                [
                    $"{r.Rank}. {r.Design.Design}",
                    r.Design == baseline ? "the baseline" : Ended(baseline, r.Design),
                    r.Design == baseline ? "" : Moved(report, baseline, r.Design),
                    Leaks(r.Design),
                    Work(r.Design).ToString("0.00", CultureInfo.InvariantCulture),
                    .. Roles(baseline).Select(role => Test(report, baseline, r.Design, CodePath.Any, role) is { } test ? P(test.P) : ""),
                ])]);
    }

    private static double CrashRate(DesignResult design) =>
        design.Paths.Where(path => path.Path == CodePath.Any).Sum(path => path.Crashes)
        / (double)Math.Max(1, design.Paths.Where(path => path.Path == CodePath.Any).Sum(path => path.Disconnects));

    private static long Left(DesignResult design) => design.Stale.Sum(stale => stale.Live) + design.DetachesPending.Total;

    private static double Work(DesignResult design) => design.Prices.Sum(price => price.PerDisconnect);

    private static PairedTest? Test(CompareReport report, DesignResult first, DesignResult second, string path, string role) =>
        report.Tests.FirstOrDefault(t => t.First == first.Design && t.Second == second.Design && t.Path == path && t.Role == role);

    private static long Crashes(DesignResult design, string path, string role) => design.Paths.Where(p => p.Path == path && p.Role == role).Sum(p => p.Crashes);

    private static double Rate(DesignResult design, string path, string role) => design.Paths.Where(p => p.Path == path && p.Role == role).Sum(p => p.Rate);

    private static IEnumerable<(string Path, string Role)> Paths(params DesignResult[] designs) =>
        designs.SelectMany(d => d.Paths).Where(p => p.Path != CodePath.Any && p.Crashes > 0).Select(p => (p.Path, p.Role)).Distinct();

    private static string Ended(DesignResult baseline, DesignResult design)
    {
        (string Path, string Role)[] had = [.. Paths(baseline)];
        (string Path, string Role)[] ended = [.. had.Where(p => Crashes(design, p.Path, p.Role) == 0)];
        return had.Length == 0 ? "nothing crashed" : ended.Length == 0 ? "nothing"
            : ended.Length == had.Length && had.Length > 1 ? $"all {had.Length} crashes" : Named(ended, Roles(baseline).Count);
    }

    private static IReadOnlyList<string> Roles(DesignResult design) => design.Disconnects.Labels;

    // A path that ends in every role is listed once.
    private static string Named(IEnumerable<(string Path, string Role)> paths, int roles) =>
        string.Join(", ", paths.GroupBy(p => p.Path).Select(g => g.Count() == roles ? g.Key : $"{g.Key} ({string.Join(" and ", g.Select(p => p.Role))})"));

    private static string Moved(CompareReport report, DesignResult baseline, DesignResult design)
    {
        const double Significant = 0.05;
        return string.Join(", ", Paths(baseline, design)
            .Where(p => Crashes(design, p.Path, p.Role) > 0
                && (Crashes(baseline, p.Path, p.Role) == 0 || Test(report, baseline, design, p.Path, p.Role) is { P: < Significant }))
            .Select(p => $"{p.Path} ({p.Role}) {Percent(Rate(baseline, p.Path, p.Role))} to {Percent(Rate(design, p.Path, p.Role))}"));
    }

    private static string Leaks(DesignResult design)
    {
        long stale = design.Stale.Sum(s => s.Live), slots = design.LeakedSlots.Total,
            pending = design.DetachesPending.Total, aliases = design.Aliases.Total;
        string[] said =
        [
            .. stale > 0 ? (string[])[Counted.Of(stale, "stale pointer")] : [],
            .. slots > 0 ? (string[])[Counted.Of(slots, "slot")] : [],
            .. pending > 0 ? (string[])[Counted.Of(pending, "detach")] : [],
            .. aliases > 0 ? (string[])[Counted.Of(aliases, "alias use")] : [],
        ];
        return said.Length == 0 ? "none" : string.Join(", ", said);
    }

    /// <summary>The tables.</summary>
    public static IReadOnlyList<PageTable> Tables(CompareReport report)
    {
        string baseline = report.Designs[0].Design;
        return
        [
            new("design-list", "Designs", "What each does, and the digest of its run, which equals that of a run of the design on its own.",
                ["design", "does", "source", "digest"],
                [.. report.Designs.Select(d => (string[])[d.Design, d.Summary, d.Source, d.Digest])]),
            new("design-paths", "Crashes per code path", "Per cent of the role's disconnects whose redial came, with the 95 % interval by site. Paths that did not crash under a design are left out.",
                ["design", "code path", "role", "#crashes", "#disconnects", "#rate", "#95 % interval"],
                [.. report.Designs.SelectMany(d => d.Paths.Where(p => p.Crashes > 0 || p.Path == CodePath.Any).Select(p => (string[])
                    [d.Design, p.Path, p.Role, Count(p.Crashes), Count(p.Disconnects), p.Disconnects == 0 ? "–" : Percent(p.Rate), p.Disconnects == 0 ? "–" : $"{Percent(p.Low)} – {Percent(p.High)}"]))]),
            new("design-stale", "Stale pointers left reachable", "Pointers that named no attached interface when a detach ended. A design without a row left none.",
                ["design", "holder", "role", "#created", "#healed", "#live at the end"],
                [.. report.Designs.SelectMany(d => d.Stale.Select(s => (string[])[d.Design, s.Holder, s.Role, Count(s.Created), Count(s.Healed), Count(s.Live)]))]),
            new("design-leaks", "Aliases and leaks", "Uses of a pointer that named another live interface; membership slots that a stale record came to occupy (how many still are: in_multi above, live); detaches that had to wait for a holder, and those that still waited at the end.",
                ["design", "role", "#aliases", "#slots with a stale record", "#detaches that waited", "#still waiting"],
                [.. report.Designs.SelectMany(d => Roles(d).Select(r => (string[])
                    [d.Design, r, Count(d.Aliases.Of(r)), Count(d.LeakedSlots.Of(r)), Count(d.DetachWaits.Of(r)), Count(d.DetachesPending.Of(r))]))]),
            Price(report, "design-price", "Price per disconnect", "Work of the kernel for each lost link, both roles.", p => p.PerDisconnect.ToString("0.00", CultureInfo.InvariantCulture)),
            Price(report, "design-price-frame", "Price per frame", "The same work for each frame over the lines.", p => p.PerFrame.ToString("0.0000", CultureInfo.InvariantCulture)),
            Probes(report),
            new("design-tests", $"Against {baseline}: McNemar's test", $"A pair is {report.PairedBy}. p is two-sided and exact.",
                ["design", "code path", "role", "#pairs", $"#only {baseline}", "#only the design", "#chi squared", "#p"],
                [.. report.Tests.Where(t => t.First == baseline && t.OnlyFirst + t.OnlySecond > 0).Select(t => (string[])
                    [t.Second, t.Path, t.Role, Count(t.Pairs), Count(t.OnlyFirst), Count(t.OnlySecond), t.ChiSquared.ToString("0.00", CultureInfo.InvariantCulture), P(t.P)])]),
            new("design-differences", $"Against {baseline}: sites that differ", $"All with seed {report.Seed}. The first sites whose crashes differ, with crashes under {baseline} and under the design.",
                ["design", "#sites", "#course differs", "#crashes differ", "the first"],
                [.. report.Differences.Where(d => d.First == baseline).Select(d => (string[])
                    [d.Second, Count(d.Sites), Count(d.DigestsDiffer), Count(d.CrashesDiffer), string.Join(", ", d.Examples.Take(5).Select(e => $"site {e.Site} ({e.FirstCrashes}, {e.SecondCrashes})"))])]),
        ];
    }

    private static PageTable Price(CompareReport report, string id, string heading, string text, Func<PriceLine, string> value) => new(
        id, heading, text,
        ["design", .. report.Designs[0].Prices.Select(p => $"#{p.Work}")],
        [.. report.Designs.Select(d => (string[])[d.Design, .. d.Prices.Select(value)])]);

    private static PageTable Probes(CompareReport report)
    {
        // A line for each count of each path, with the designs that share it: a column for each path would not fit a screen.
        string[] names = [.. report.Designs.SelectMany(d => d.Probes.Keys).Where(name => !name.StartsWith(Coverage.Prefix, StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal)];
        return new(
            "design-probes", "What else differs", "How often each rare path was reached: errors that applications saw, and turns that the kernel took.",
            ["path", "#count", "designs"],
            [.. names.SelectMany(name => report.Designs.GroupBy(d => d.Probes.GetValueOrDefault(name))
                .Select(g => (string[])[name, Count(g.Key), g.Count() == report.Designs.Count ? "all" : string.Join(", ", g.Select(d => d.Design))]))]);
    }

    private static string Count(long n) => n.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0} %");

    // No test is certain: what a double cannot hold is shown as a bound.
    private static string P(double p) => p <= 1e-300 ? "< 1e-300" : p < 1e-4 ? p.ToString("0e+0", CultureInfo.InvariantCulture) : p.ToString("0.0000", CultureInfo.InvariantCulture);
}
