using System.Globalization;
using Stress.Emulator.Core;

namespace Stress.Observability.Html;

/// <summary>Reduces a run's report to what the page draws.</summary>
public static class ReportPages
{
    /// <summary>The page of a run.</summary>
    public static ReportPage Of(RunReport report, IReadOnlyList<CrashRecord> crashes, CrashTimeline? timeline, IReadOnlyList<RunReport> compared)
    {
        long disconnects = report.Disconnects.Total, panics = report.Panics.Total;
        RunSeries series = report.Series;
        return new ReportPage
        {
            Scenario = report.Scenario,
            Run = report.RunId,
            Design = report.Design,
            Summary = report.Description,
            Passed = report.Expectations.Count == 0 ? null : report.Expectations.Any(e => e.Failed) ? false : report.Expectations.All(e => e.Met) ? true : null,
            Incomplete = report.Complete ? null : $"incomplete: {report.Incomplete ?? "some sites"}",
            NotDecided = report.NotDecided,
            JudgedBy = report.IsPartial ? $"nothing, since the run is partial ({report.Incomplete}); sites: {report.Work.Statement}" : report.JudgedBy,
            Facts =
            [
                new("Design", report.Design),
                new("Seed", report.Seed.ToString(CultureInfo.InvariantCulture)),
                new("Pairs", Figures.Count(report.Pairs)),
                new("Virtual time", Figures.Count(Math.Round(report.VirtualHours, 2)), "h each"),
                new("Disconnects", Figures.Count(disconnects)),
                new("Panics", Figures.Count(panics)),
                new("Wall time", Figures.Count(Math.Round(report.WallSeconds, report.WallSeconds < 10 ? 2 : 0)), "s"),
                new("Speed", Figures.Count(report.WallSeconds > 0 ? Math.Round(report.Pairs * report.VirtualHours / report.WallSeconds) : 0), "pair-hours/s"),
                new("Digest", report.Digest),
            ],
            Rates = [.. report.Paths.Select(p => new RateRow(p.Path, p.Role, p.Crashes, p.Disconnects, new(p.Rate, p.Low, p.High)) { Mail = p.ReportedPercent / 100 }), .. OtherPaths(report)],
            Ages = Ages(report),
            Network = report.Network,
            Designs = compared.Count == 0 ? [] : [.. compared.Prepend(report).DistinctBy(r => r.Design).SelectMany(DesignRows)],
            End = Hours(report.VirtualHours),
            Crashes = [.. series.Crashes.Select(l => Line(l, series.BinMinutes, total: true))],
            Stale = [.. series.StaleLive.Select(l => Line(l, series.BinMinutes, total: false))],
            FirstCrash = FirstCrash(report.FirstCrash),
            FirstCrashEnd = Hours(Math.Min(report.VirtualHours, Math.Max(1, report.FirstCrash.Curve.Select(c => c.Minutes).DefaultIfEmpty(60).Max() / 60))),
            FirstCrashSentence = Sentence(report.FirstCrash, report.Paths.Any(row => row.ReportedPercent is not null)),
            Titles =
            [
                .. report.CodePaths.OrderByDescending(c => c.Crashes).ThenBy(c => c.Title, StringComparer.Ordinal).Select(c =>
                {
                    CrashRecord? record = crashes.FirstOrDefault(r => r.Id == c.CrashId);
                    return new PageCrash(c.Title, c.Role, c.Crashes, record?.Replay ?? "", record?.Story ?? [], record?.Stack ?? []);
                }),
            ],
            Timeline = timeline,
            Expectations = report.Expectations,
            Command = report.Command,
        };
    }

    /// <summary>Paths without a row of their own that crashed nevertheless: every role, most crashes first. Their sites are no longer known.</summary>
    private static IEnumerable<RateRow> OtherPaths(RunReport report) =>
        report.CodePaths.Where(c => report.Paths.All(p => p.Path != c.Path))
            .GroupBy(c => c.Path).OrderByDescending(g => g.Sum(c => c.Crashes)).ThenBy(g => g.Key, StringComparer.Ordinal)
            .SelectMany(g => report.Disconnects.Labels.Select(role => Pooled(g.Key, role, g, report.Disconnects.Of(role))));

    private static RateRow Pooled(string path, string role, IEnumerable<CodePathRate> titles, long disconnects)
    {
        long crashes = titles.Where(title => title.Role == role).Sum(title => title.Crashes);
        return new RateRow(path, role, crashes, disconnects, WilsonInterval.Of(crashes, disconnects));
    }

    private static PageTable? Ages(RunReport report) => report.Ages.DistinctBy(row => row.Age).Take(2).Count() < 2 ? null : new(
        "ages", "Crash rates by the kernel's age", "The age that a kernel had when its link was lost. Per cent of the disconnects whose redial came, with the 95 % interval by site.",
        ["code path", "role", "kernel's age", "#crashes", "#disconnects", "#rate", "#95 % interval"],
        [.. report.Ages.Select(a => (string[])
            [a.Path, a.Role, a.Age, Figures.Count(a.Crashes), Figures.Count(a.Disconnects), Figures.Rate(a.Rate, a.Disconnects, " %"), Figures.Range(a.Low, a.High, a.Disconnects)])]);

    private static IEnumerable<RateRow> DesignRows(RunReport report) => report.Disconnects.Labels.Select(role =>
    {
        (long panics, long disconnects) = (report.Panics.Of(role), report.Disconnects.Of(role));
        return report.Paths.FirstOrDefault(path => path.Path == CodePath.Any && path.Role == role) is { } any
            ? new RateRow(report.Design, role, any.Crashes, any.Disconnects, new(any.Rate, any.Low, any.High))
            : new RateRow(report.Design, role, panics, disconnects, WilsonInterval.Of(panics, disconnects));
    });

    private static VirtualTime Hours(double hours) => new((long)Math.Round(hours * 3_600e6));

    private static PageSeries Line(SeriesLine line, double binMinutes, bool total)
    {
        var points = new List<PagePoint> { new(VirtualTime.Zero, 0) };
        long sum = 0;
        for (int i = 0; i < line.Values.Count; i++)
        {
            sum += line.Values[i];
            points.Add(new PagePoint(Hours((i + 1) * binMinutes / 60), total ? sum : line.Values[i]));
        }

        return new PageSeries($"{line.Name}, {line.Role}", line.Role, points);
    }

    private static IReadOnlyList<BandPoint> FirstCrash(FirstCrashSummary first)
    {
        if (first.Sites == 0)
        {
            return [];
        }

        var band = new List<BandPoint>();
        foreach (CurvePoint point in first.Curve.Prepend(new CurvePoint(0, 0)))
        {
            WilsonInterval i = WilsonInterval.Of((long)Math.Round(point.Share * first.Sites), first.Sites);
            band.Add(new BandPoint(Hours(point.Minutes / 60), i.Rate * 100, i.Low * 100, i.High * 100));
        }

        return band;
    }

    private static string Sentence(FirstCrashSummary first, bool mail)
    {
        string median = first.MedianMinutes is { } m
            ? string.Create(CultureInfo.InvariantCulture, $"Half of the sites had crashed after {m:0.#} virtual minutes")
            : "Fewer than half of the sites crashed at all";
        return $"{median}; {Figures.Percent(first.WithinHour)} % within the first hour.{(mail ? " The mail: “well within an hour”." : "")}";
    }
}
