using System.Globalization;
using Stress.Observability;
using Stress.Observability.Html;

namespace Stress.Client.Reports;

/// <summary>The page of a dial or answer run: that of every run, with the calls instead of virtual time.</summary>
public static class DialPage
{
    /// <summary>Writes <c>report.html</c> into the run's folder.</summary>
    public static void WriteTo(RunFolder folder, RunReport report, IReadOnlyList<CrashRecord> crashes, DialReport dial, PageConfiguration? configuration)
    {
        RunFolder.ReplaceFile(folder.PagePath, next =>
        {
            using StreamWriter page = File.CreateText(next);
            HtmlReport.Write(Of(report, crashes, dial) with { Configuration = configuration }, page);
        });
    }

    private static ReportPage Of(RunReport report, IReadOnlyList<CrashRecord> crashes, DialReport dial) => ReportPages.Of(report, crashes, null, []) with
    {
        Facts =
        [
            new("Far system", dial.System),
            new("Lines", Count(report.Pairs)),
            new("Calls", Count(dial.Calls.Planned), "planned"),
            new("Done", Count(dial.Calls.Done)),
            new("Failed", Count(dial.Calls.Failed)),
            new("Lost", Count(dial.Calls.Lost)),
            new("Disconnects", Count(report.Disconnects.Total)),
            new("Crashes", Count(report.Panics.Total)),
            new("Wall time", report.WallSeconds.ToString("#,0.0", CultureInfo.InvariantCulture), "s"),
        ],
        Tables =
        [
            new("outcomes", "How calls ended", "Shares of the calls that ended, with Wilson 95 % intervals.",
                ["outcome", "#calls", "#share", "#from", "#to"],
                [.. dial.Outcomes.Where(o => o.Calls > 0).Select(o => (IReadOnlyList<string>)[o.Outcome, Count(o.Calls), Percent(o.Rate), Percent(o.Low), Percent(o.High)])]),
            new("problems", "Calls that did not go as planned", "The first hundred.",
                ["#line", "#call", "outcome", "what happened"],
                [.. dial.Problems.Select(p => (IReadOnlyList<string>)[Count(p.Line), Count(p.Call), p.Outcome.ToString(), p.Detail])]),
            new("counters", "Counted", "Everything that is not zero; docs/dial.md says what it is.",
                ["what", "#count"],
                [.. dial.Counters.Where(c => c.Value != 0).Select(c => (IReadOnlyList<string>)[c.Key, Count(c.Value)])]),
        ],
    };

    private static string Count(long n) => n.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Percent(double share) => (100 * share).ToString("0.0 '%'", CultureInfo.InvariantCulture);
}
