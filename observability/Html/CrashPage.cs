using System.Globalization;
using Stress.Emulator.Sites;

namespace Stress.Observability.Html;

/// <summary>One crash as a page: the swim lanes, the stack and the pointer's story.</summary>
public static class CrashPage
{
    /// <summary>The page's content.</summary>
    /// <param name="design">The run's teardown design.</param>
    /// <param name="crash">A line of <c>crashes.ndjson</c>.</param>
    /// <param name="timeline">The way to it.</param>
    /// <param name="story">The pointer's life, one line per stage.</param>
    public static ReportPage Of(string design, CrashRecord crash, CrashTimeline? timeline, IReadOnlyList<string> story) =>
        new()
        {
            Scenario = crash.Path,
            Run = $"crash {crash.Id}",
            Design = design,
            Summary = $"{crash.Title}. {crash.Count.ToString(CultureInfo.InvariantCulture)} times in its run; this is the first.",
            HasSeries = false,
            Facts =
            [
                new PageFact("site", crash.Site.ToString(CultureInfo.InvariantCulture)), new PageFact("seed", crash.Seed.ToString(CultureInfo.InvariantCulture)),
                new PageFact("event", crash.Event.ToString(CultureInfo.InvariantCulture)), new PageFact("virtual time", crash.At),
                new PageFact("design", design),
            ],
            Titles = [new PageCrash(crash.Title, crash.Role, crash.Count, crash.Replay, story, crash.Stack)],
            Timeline = timeline,
        };
}
