using System.Globalization;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Observability.Html;

/// <summary>
/// Writes a run's report as one self-contained page: style sheet and pictures are inside, without scripts or addresses of other hosts.
/// Every chart is drawn here, in three widths, and the page shows the one that fits.
/// </summary>
public static class HtmlReport
{
    /// <summary>Writes the page of a run.</summary>
    /// <param name="report">The run's <c>report.json</c>.</param>
    /// <param name="output">Receives the page; neither flushed nor closed.</param>
    /// <param name="crashes">The run's <c>crashes.ndjson</c>, for the stories and replay commands; may be left out.</param>
    /// <param name="timeline">One crash, traced with a <see cref="TimelineRecorder"/>; may be left out.</param>
    /// <param name="compared">Reports of the same scenario and seed under other designs; may be left out.</param>
    /// <param name="configuration">What was executed; may be left out.</param>
    /// <param name="ways">The ways of crashes through the network, by their identifiers; may be left out.</param>
    public static void Write(
        RunReport report, TextWriter output, IReadOnlyList<CrashRecord>? crashes = null, CrashTimeline? timeline = null, IReadOnlyList<RunReport>? compared = null,
        PageConfiguration? configuration = null, IReadOnlyDictionary<string, CrashWay>? ways = null) =>
        Write(ReportPages.Of(report, crashes ?? [], timeline, compared ?? []) with { Configuration = configuration, Ways = ways is null || report.Network is not { } network ? [] : [.. WaysOf(crashes ?? [], ways).Where(way => way.Way.IsIn(network))] }, output);

    // So that a report of a large network takes seconds: its ways are found by executing sites again.
    private const long MostEvents = 2_000_000;

    private static List<PageWay> WaysOf(IReadOnlyList<CrashRecord> crashes, IReadOnlyDictionary<string, CrashWay> ways) =>
        [.. MostFrequent(crashes).Where(crash => ways.ContainsKey(crash.Id)).Select(crash => new PageWay(crash.Title, crash.Role, crash.Count, ways[crash.Id]))];

    private static CrashRecord[] MostFrequent(IReadOnlyList<CrashRecord> crashes) => [.. crashes.OrderByDescending(crash => crash.Count).ThenBy(crash => crash.Id, StringComparer.Ordinal).Take(PageWay.Most)];

    /// <summary>The ways of a run's most frequent crashes through its network, by executing their sites again; none for pairs.</summary>
    /// <param name="report">The run's report.</param>
    /// <param name="crashes">The run's crashes.</param>
    /// <param name="options">The run's options.</param>
    public static IReadOnlyDictionary<string, CrashWay> WaysOf(RunReport report, IReadOnlyList<CrashRecord> crashes, SiteOptions options) =>
        report.Network is null ? new Dictionary<string, CrashWay>() : WayRecorder.Trace(options, MostFrequent(crashes), MostEvents);

    /// <summary>File name of the page in a run's folder.</summary>
    public const string FileName = "report.html";

    /// <summary>Writes <c>report.html</c> into a run's folder, with the first of the most frequent crash as its timeline. A reader never sees half a file.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="report">The run's report.</param>
    /// <param name="crashes">The run's crashes.</param>
    /// <param name="options">The run's options, to execute the crash again for the timeline.</param>
    /// <param name="configuration">What was executed.</param>
    /// <param name="compared">Reports of the same scenario and seed under other designs; may be left out.</param>
    public static void WriteTo(
        RunFolder folder, RunReport report, IReadOnlyList<CrashRecord> crashes, SiteOptions options, PageConfiguration configuration,
        IReadOnlyList<RunReport>? compared = null)
    {
        CrashTimeline? timeline = TimelineOf(crashes, options);
        IReadOnlyDictionary<string, CrashWay> ways = WaysOf(report, crashes, options);
        RunFolder.ReplaceFile(Path.Combine(folder.Path, FileName), next =>
        {
            using StreamWriter output = File.CreateText(next);
            Write(report, output, crashes, timeline, compared, configuration, ways);
        });
    }

    /// <summary>The first of the most frequent crash of a run, executed again; null without a crash.</summary>
    public static CrashTimeline? TimelineOf(IReadOnlyList<CrashRecord> crashes, SiteOptions options) =>
        crashes.Count == 0 ? null : TimelineRecorder.Trace(options, crashes.MaxBy(c => c.Count)!);

    /// <summary>Writes a page.</summary>
    public static void Write(ReportPage page, TextWriter output)
    {
        output.Write("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        output.Write("<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n");
        output.Write($"<title>{E(page.Scenario)} · {E(page.Design)} · Stress</title>\n<style>\n{Charts.Style()}{Charts.Resource("report.css")}</style>\n</head>\n<body>\n<main>\n");
        Head(page, output);
        if (page.Verdict is { } verdict)
        {
            PlainTable(output, verdict, "cards");
        }

        if (page.Rates.Count > 0)
        {
            Section(output, "rates", "Crash rate per code path and role", page.Rates.Any(r => r.Mail is not null)
                ? "Bars are 95 % intervals by site, since disconnects of one site are not independent. A diamond is the rate in the mail that started this project (G. Troxel, tech-net, 2005-03-02)."
                : "Bars are 95 % intervals by site, since disconnects of one site are not independent.");
            Legend(output, Roles(page.Rates), page.Rates.Any(r => r.Mail is not null) ? "the mail" : null);
            output.Write(Charts.EachWidth((w, css) => RateChart.Draw(page.Rates, w, "Crash rates with intervals", css), Charts.WideWidth));
            RateTable(output, page.Rates, "Code path");
            output.Write("</section>\n");
            if (page.Ages is { } ages)
            {
                PlainTable(output, ages);
            }
        }

        if (page.Network is { } network)
        {
            Network(output, network, page.Ways);
        }

        if (page.Designs.Count > 0)
        {
            Section(output, "designs", "Crash rate per teardown design", "All code paths together, on the same scenario and seed. A complete design has to show zero.");
            Legend(output, Roles(page.Designs), null);
            output.Write(Charts.EachWidth((w, css) => RateChart.Draw(page.Designs, w, "Crash rates per design", css), Charts.WideWidth));
            RateTable(output, page.Designs, "Design");
            output.Write("</section>\n");
        }

        foreach (PageTable table in page.Tables.Where(t => t.Rows.Count > 0))
        {
            PlainTable(output, table);
        }

        // A comparison itself has no data over time: each design's run has.
        if (page.Tables.Count == 0)
        {
            Course(page, output);
        }

        Crashes(output, page.Titles);
        Expectations(output, page.Expectations);
        Configuration(output, page.Configuration);
        if (page.Command.Length > 0)
        {
            output.Write($"<footer><h2>Run it again</h2><pre><code>{E(page.Command)}</code></pre></footer>\n");
        }

        output.Write("</main>\n</body>\n</html>\n");
    }

    // The worst links of a large network: the report has them all.
    private const int LinksInTable = 30;

    private static void Network(TextWriter output, NetworkReport network, IReadOnlyList<PageWay> ways)
    {
        NetworkLink[] worst = [.. network.Worst()];
        Section(output, "network", "The network", $"{Counted.Of(network.Nodes.Count, "node")} and {Counted.Of(network.Links.Count, "link")}, summed over all sites. The colour and the width of a link are its crash rate: crashes through pointers to an interface of it, of the disconnects of both its ends. The size of a node shows how often it panicked.{(worst.Length > 0 ? "" : " No crash was through an interface of a link.")}");
        if (ways.Count > 0)
        {
            Ways(output, ways);
        }

        output.Write(Charts.EachWidth((w, css) => NetworkPicture.Draw(network, w, "The network, its links coloured by crash rate", css, ways.Count > 0 ? [.. ways.Select(way => way.Way)] : null), Charts.WideWidth));
        foreach ((int i, PageWay way) in ways.Index())
        {
            output.Write($"<div class=\"told told{i}\">{WayTold(network, way.Way)}</div>\n");
        }

        output.Write(ways.Count > 0 ? "</div></section>\n" : "</section>\n");
        if (worst.Length == 0)
        {
            return;
        }

        PlainTable(output, new PageTable(
            "links", "Links", $"Those with the most crashes{(worst.Length > LinksInTable ? $", {LinksInTable} of {worst.Length}" : "")}. A crash belongs to the link whose interface the pointer named. The rates have no interval: disconnects of one site are not independent.",
            ["link", "group", "#crashes", "#disconnects", "#rate", "code paths"],
            [.. worst.Take(LinksInTable).Select(link => (string[])
                [link.Name, link.Group, Figures.Count(link.Crashes), Figures.Count(link.Disconnects), $"{Figures.Percent(link.Rate)} %", link.PathsInWords()])]));
    }

    // Buttons of one group: Tab reaches the chosen one, the arrow keys choose another, and the style sheet shows its layer. No script has a part in it.
    private static void Ways(TextWriter output, IReadOnlyList<PageWay> ways)
    {
        output.Write("<div class=\"pick\"><fieldset class=\"ways\"><legend>A crash's way through it, for the first of each</legend>\n");
        output.Write("<label><input type=\"radio\" name=\"way\" class=\"none\" checked><span>none: rates alone</span></label>\n");
        foreach ((int i, PageWay way) in ways.Index())
        {
            output.Write($"<label><input type=\"radio\" name=\"way\" class=\"pick{i}\"><span><b>{Figures.Count(way.Count)}×</b> <span class=\"chip {RoleStyle.Of(way.Role)}\">{E(way.Role)}</span> <code>{E(way.Title)}</code></span></label>\n");
        }

        output.Write("</fieldset>\n");
    }

    /// <summary>A crash's way in sentences, numbered as in the picture.</summary>
    public static string WayTold(NetworkReport network, CrashWay way) =>
        $"<ol class=\"way-told\">{string.Concat(new[] { way.Died(network), way.Went(network), way.Used(network) }.Select((line, i) => $"<li><i aria-hidden=\"true\">{i + 1}</i><span>{E(line)}</span></li>"))}</ol>";

    // Cards: on a narrow page, a row is a paragraph whose figures have their names next to them.
    private static void PlainTable(TextWriter output, PageTable table, string css = "")
    {
        static string Class(string column) => column.StartsWith('#') ? " class=\"n\"" : "";
        Section(output, table.Id, table.Heading, table.Text);
        output.Write($"<div class=\"scroll\" tabindex=\"0\"><table{(css.Length > 0 ? $" class=\"{css}\"" : "")}><thead><tr>{string.Concat(table.Columns.Select(c => $"<th{Class(c)}>{E(c.TrimStart('#'))}</th>"))}</tr></thead><tbody>\n");
        foreach (IReadOnlyList<string> row in table.Rows)
        {
            output.Write($"<tr>{string.Concat(row.Select((cell, i) => $"<td{Class(table.Columns[i])} data-name=\"{E(table.Columns[i].TrimStart('#'))}\">{E(cell)}</td>"))}</tr>\n");
        }

        output.Write("</tbody></table></div></section>\n");
    }

    private static void Course(ReportPage page, TextWriter output)
    {
        if (page.HasSeries)
        {
            OverTime(page, output);
        }

        if (page.Timeline is { } timeline)
        {
            Section(output, "timeline", "One crash, step by step", $"{timeline.Title}. Rows are steps; a grey block is a wait. The numbered ribbon is the life of the pointer.");
            output.Write(Charts.Lanes(timeline));
            output.Write("</section>\n");
        }
    }

    private static void OverTime(ReportPage page, TextWriter output)
    {
        output.Write("<div class=\"pair\">\n");
        Series(output, "crashes", "Crashes over virtual time", "Running total since virtual time zero, all sites.", page.Crashes, page.End, "crashes (total)", "no crash in this run");
        if (page.FirstCrash.Count > 0)
        {
            Section(output, "first-crash", "Time to the first crash", page.FirstCrashSentence);
            output.Write("<ul class=\"legend\"><li><i class=\"swatch s0\"></i>share of sites</li><li><i class=\"swatch band\"></i>95 % interval</li></ul>\n");
            output.Write(Charts.EachWidth((w, css) => TimeChart.Draw([], page.FirstCrash, page.FirstCrashEnd, "sites that have crashed (%)", 100, w, "Time to the first crash", css), Charts.HalfWidth));
            output.Write("</section>\n");
        }

        output.Write("</div>\n");
        Series(output, "stale", "Stale pointers that exist", "Reachable interface pointers that name no attached interface, at the end of each interval.",
            page.Stale, page.End, "stale pointers (count)", "no stale pointer in this run", Charts.WideWidth);
    }

    private static void Head(ReportPage page, TextWriter output)
    {
        string verdict = page.Passed switch
        {
            true => "<span class=\"verdict met\">✓ expectations met</span>",
            false => "<span class=\"verdict failed\">✗ expectation failed</span>",
            null => "",
        };
        string partial = page.Incomplete is { } why ? $"<span class=\"verdict failed\">{E(why)}</span>" : "";
        partial += page.NotDecided.Count > 0 ? "<span class=\"verdict failed\">not decided</span>" : "";
        output.Write($"<header><p class=\"kicker\">Stress run {E(page.Run)}</p><h1>{E(page.Scenario)} {verdict}{partial}</h1>\n");
        if (page.Summary.Length > 0)
        {
            output.Write($"<p class=\"lead\">{E(page.Summary)}</p>\n");
        }

        foreach (string line in page.NotDecided.Select(why => $"Not decided: {why}.").Concat(page.JudgedBy.Length > 0 ? [$"Judged: {page.JudgedBy}."] : []))
        {
            output.Write($"<p class=\"lead\">{E(line)}</p>\n");
        }

        output.Write("<dl class=\"facts\">");
        foreach (PageFact fact in page.Facts)
        {
            string unit = fact.Unit.Length > 0 ? $" <small>{E(fact.Unit)}</small>" : "";
            output.Write($"<div><dt>{E(fact.Label)}</dt><dd>{E(fact.Value)}{unit}</dd></div>");
        }

        output.Write("</dl></header>\n");
    }

    private static void Section(TextWriter output, string id, string heading, string text) =>
        output.Write($"<section id=\"{id}\"><h2>{E(heading)}</h2><p>{E(string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries)))}</p>\n");

    private static void Series(
        TextWriter output, string id, string heading, string text, IReadOnlyList<PageSeries> series, VirtualTime end, string yTitle, string none, double width = Charts.HalfWidth)
    {
        Section(output, id, heading, text);
        List<PageSeries> rose = [.. series.Where(s => s.Points.Any(p => p.Value > 0))];
        List<PageSeries> drawn = [.. rose.OrderByDescending(s => s.Points.Max(p => p.Value)).Take(TimeChart.MostSeries)];
        if (drawn.Count == 0)
        {
            output.Write($"<p class=\"none\">{E(none)}</p></section>\n");
            return;
        }

        output.Write("<ul class=\"legend\">");
        for (int i = 0; i < drawn.Count; i++)
        {
            string last = Figures.Count(drawn[i].Points[^1].Value);
            output.Write($"<li><i class=\"swatch s{i}\"></i>{E(drawn[i].Name)} <b>{last}</b></li>");
        }

        output.Write(rose.Count > drawn.Count ? $"<li>and {rose.Count - drawn.Count} smaller</li></ul>\n" : "</ul>\n");
        output.Write(Charts.EachWidth((w, css) => TimeChart.Draw(drawn, [], end, yTitle, null, w, heading, css), width));
        output.Write("</section>\n");
    }

    private static IReadOnlyList<string> Roles(IEnumerable<RateRow> rows) => [.. rows.Select(r => r.Role).Distinct().Order()];

    private static void Legend(TextWriter output, IReadOnlyList<string> roles, string? mail)
    {
        output.Write("<ul class=\"legend\">");
        foreach (string role in roles)
        {
            output.Write($"<li><i class=\"dot {RoleStyle.Of(role)}\"></i>{E(role)} system</li>");
        }

        output.Write(mail is null ? "</ul>\n" : $"<li><i class=\"diamond\"></i>{E(mail)}</li></ul>\n");
    }

    private static void RateTable(TextWriter output, IReadOnlyList<RateRow> rows, string name)
    {
        bool anyMail = rows.Any(row => row.Mail is not null);
        output.Write($"<details><summary>as a table</summary><div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th>{name}</th><th>Role</th><th class=\"n\">Crashes</th><th class=\"n\">Disconnects</th><th class=\"n\">%</th><th class=\"n\">95 % interval</th>{(anyMail ? "<th class=\"n\">Mail %</th>" : "")}</tr></thead><tbody>\n");
        foreach (RateRow row in rows)
        {
            WilsonInterval i = row.Interval;
            output.Write($"<tr><td>{E(row.Name)}</td><td>{E(row.Role)}</td><td class=\"n\">{Figures.Count(row.Crashes)}</td><td class=\"n\">{Figures.Count(row.Disconnects)}</td>");
            output.Write($"<td class=\"n\">{Figures.Rate(i.Rate, row.Disconnects)}</td><td class=\"n\">{Figures.Range(i.Low, i.High, row.Disconnects)}</td>");
            output.Write(anyMail ? $"<td class=\"n\">{(row.Mail is { } m ? Figures.Tick(m * 100) : "")}</td></tr>\n" : "</tr>\n");
        }

        output.Write("</tbody></table></div></details>\n");
    }

    private static void Crashes(TextWriter output, IReadOnlyList<PageCrash> titles)
    {
        if (titles.Count == 0)
        {
            return;
        }

        Section(output, "titles", "Distinct crashes", "Each by its title: use site, holder, and why the purge did not run.");
        foreach (PageCrash crash in titles)
        {
            output.Write($"<details class=\"crash\"><summary><b class=\"count\">{Figures.Count(crash.Count)}×</b> <span class=\"chip {RoleStyle.Of(crash.Role)}\">{E(crash.Role)}</span> <code>{E(crash.Title)}</code></summary>\n");
            List(output, "Life of the pointer", crash.Story);
            List(output, "Stack, innermost first", crash.Stack);
            if (crash.Replay.Length > 0)
            {
                output.Write($"<h3>Replay</h3><pre><code>{E(crash.Replay)}</code></pre>\n");
            }

            output.Write("</details>\n");
        }

        output.Write("</section>\n");
    }

    private static void List(TextWriter output, string heading, IReadOnlyList<string> lines)
    {
        if (lines.Count > 0)
        {
            output.Write($"<h3>{heading}</h3><ol>{string.Concat(lines.Select(l => $"<li><code>{E(l)}</code></li>"))}</ol>\n");
        }
    }

    private static void Expectations(TextWriter output, IReadOnlyList<ExpectationVerdict> expectations)
    {
        if (expectations.Count == 0)
        {
            return;
        }

        Section(output, "expectations", "Expectations", "As the scenario states them.");
        output.Write("<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th></th><th>Of</th><th>Role</th><th class=\"n\">Accepted</th><th class=\"n\">Measured</th></tr></thead><tbody>\n");
        foreach (ExpectationVerdict e in expectations)
        {
            bool probe = e.MinPercent is null && e.MaxPercent is null;
            string accepted = e.Path == ExpectationVerdict.NoDisconnect ? "none" : probe ? "reached" : $"{e.MinPercent ?? 0:0.###} – {e.MaxPercent ?? 100:0.###} %";
            string measured = probe ? $"{Figures.Count(e.MeasuredPercent)}×" : $"{Figures.Percent(e.MeasuredPercent / 100)} %";
            output.Write($"<tr><td class=\"{(e.Met ? "met" : e.Failed ? "failed" : "")}\">{(e.Met ? "✓ met" : e.Failed ? "✗ failed" : E(e.Word))}</td><td><code>{E(e.Path)}</code></td><td>{E(e.Role ?? "both")}</td><td class=\"n\">{accepted}</td><td class=\"n\">{measured}</td></tr>\n");
        }

        output.Write("</tbody></table></div></section>\n");
    }

    // Folded, since a reader comes for the result; opened by a click or a key, or by the browser when it searches the page for a word.
    private static void Configuration(TextWriter output, PageConfiguration? configuration)
    {
        if (configuration is null)
        {
            return;
        }

        output.Write("<section id=\"configuration\"><details class=\"configuration\"><summary><h2>Configuration</h2> <span>everything that this result depends on</span></summary>\n");
        output.Write("<div class=\"scroll\" tabindex=\"0\"><table><caption>Build and options, as they were in effect</caption><tbody>\n");
        foreach (PageFact setting in configuration.Settings)
        {
            string unit = setting.Unit.Length > 0 ? $" {E(setting.Unit)}" : "";
            output.Write($"<tr><th scope=\"row\">{E(setting.Label)}</th><td><code>{E(setting.Value)}</code>{unit}</td></tr>\n");
        }

        output.Write("</tbody></table></div>\n");
        if (configuration.Scenario.Length > 0)
        {
            output.Write("<h3 id=\"scenario-text\">The scenario with every value, including defaults</h3>\n");
            output.Write($"<pre tabindex=\"0\" role=\"region\" aria-labelledby=\"scenario-text\"><code>{E(configuration.Scenario)}</code></pre>\n");
        }

        output.Write("</details></section>\n");
    }

    private static string E(string text) => Svg.Escape(text);
}
