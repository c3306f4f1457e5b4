using System.Text.Json;
using System.Text.RegularExpressions;
using Stress.Observability.Html;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Observability.Tests.Html;

/// <summary>The page as a real browser lays it out.</summary>
public sealed partial class BrowserTests
{
    // The page stands in a frame of the wanted width, since a browser's own window has a least width that is more than a phone's.
    // The measurements go into the document, which --dump-dom prints.
    private const string Harness = """
        <!doctype html><meta charset="utf-8"><body style="margin:0"><iframe id="f" style="border:0;width:WIDTHpx;height:900px"></iframe><pre id="measured"></pre>
        <script id="page" type="application/json">PAGE</script>
        <script>
        const frame = document.getElementById('f');
        frame.onload = () => {
          const d = frame.contentDocument, root = d.documentElement, over = [], charts = [];
          for (const e of d.querySelectorAll('body *')) {
            const r = e.getBoundingClientRect();
            if (r.width > 0 && r.right > root.clientWidth + 0.5 && !e.closest('.scroll')) over.push(e.tagName + '.' + (e.className.baseVal ?? e.className) + ' ' + Math.round(r.right) + ' ' + (e.textContent || '').slice(0, 40));
          }
          for (const figure of d.querySelectorAll('figure')) {
            const shown = [...figure.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().height > 0);
            const s = shown[0], box = s ? s.getBBox() : { width: 0, height: 0 };
            const spill = s ? [...s.querySelectorAll('text')].filter(t => { const b = t.getBoundingClientRect(), o = s.getBoundingClientRect(); return b.left < o.left - 1.5 || b.right > o.right + 1.5; }).map(t => t.textContent) : [];
            charts.push({ id: figure.closest('section').id, shown: shown.length, width: Math.round(box.width), height: Math.round(box.height), marks: s ? s.querySelectorAll('path,rect,circle').length : 0, spill });
          }
          document.getElementById('measured').textContent = JSON.stringify({ scroll: root.scrollWidth, client: root.clientWidth, over, charts, paper: getComputedStyle(d.body).backgroundColor });
        };
        frame.srcdoc = JSON.parse(document.getElementById('page').textContent);
        </script>
        """;

    private static readonly string[] Sections = ["rates", "designs", "crashes", "first-crash", "stale", "timeline"];

    [ToolFact("chromium")]
    public void On_a_phone_nothing_overflows_and_every_chart_is_drawn() => Look(SampleReports.Page(), Sections, 400, dark: false);

    [ToolFact("chromium")]
    public void On_a_tablet_nothing_overflows_and_every_chart_is_drawn() => Look(SampleReports.Page(), Sections, 800, dark: false);

    [ToolFact("chromium")]
    public void On_a_desk_nothing_overflows_and_every_chart_is_drawn() => Look(SampleReports.Page(), Sections, 1400, dark: true);

    [ToolFact("chromium")]
    public void The_page_of_one_crash_shows_its_swim_lanes_on_a_phone() => LookAtCrash(400);

    [ToolFact("chromium")]
    public void The_page_of_one_crash_shows_its_swim_lanes_on_a_desk() => LookAtCrash(1400);

    [ToolFact("chromium")]
    public void The_way_of_a_crash_through_400_nodes_is_readable_on_a_phone() => LookAtWay(400);

    [ToolFact("chromium")]
    public void The_way_of_a_crash_through_400_nodes_is_readable_on_a_desk() => LookAtWay(1280);

    private static void LookAtWay(int width)
    {
        var page = new StringWriter();
        NetworkReport network = NetworkPictureTests.Grid400();
        CrashWay way = NetworkPictureTests.Way(399, network.Links[^1].Link, [new CrashHop(0, 1, 0, -1), new CrashHop(1, 399, 1, -1)]);
        HtmlReport.Write(new ReportPage { Scenario = "grid", Run = "r", Design = "netbsd-2005", HasSeries = false, Network = network, Ways = [new PageWay("in_delmulti: stale in_multi.inm_ifp (no AF_INET address at if_detach)", "inner", 7, way)] }, page);
        string chosen = page.ToString().Replace("class=\"none\" checked", "class=\"none\"", StringComparison.Ordinal).Replace("class=\"pick0\"", "class=\"pick0\" checked", StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("STRESS_SAMPLE_PAGE") is { Length: > 0 } file)
        {
            File.WriteAllText(file + ".way.html", chosen);
        }

        Look(chosen, ["network"], width, dark: width < 1000);
    }

    private static void LookAtCrash(int width)
    {
        var page = new StringWriter();
        CrashRecord crash = SampleReports.Crashes()[0];
        HtmlReport.Write(CrashPage.Of("netbsd-2005", crash, SampleReports.Timeline(), crash.Story), page);
        Look(page.ToString(), ["timeline"], width, dark: width > 1000);
    }

    [ToolFact("chromium")]
    public void A_page_with_long_names_and_nothing_to_show_does_not_overflow_on_a_phone()
    {
        var page = new StringWriter();
        HtmlReport.Write(SampleReports.Interrupted(), page);
        Look(page.ToString(), ["rates"], 400, dark: false);
    }

    [ToolFact("chromium")]
    public void The_configuration_opened_does_not_overflow_on_a_phone() => LookAtConfiguration(400, dark: true);

    [ToolFact("chromium")]
    public void The_configuration_opened_does_not_overflow_on_a_desk() => LookAtConfiguration(1280, dark: false);

    private static void LookAtConfiguration(int width, bool dark)
    {
        var page = new StringWriter();
        HtmlReport.Write(SampleReports.Interrupted(), page, configuration: new PageConfiguration(
            [new("Commit", new string('0', 40)), new("Scenario file", "a/folder/with/a/long/name/and/another/one/in/it/scenario.yaml"), new("Virtual time", "12", "h of each pair")],
            $"description: \"{string.Join(' ', Enumerable.Repeat("word", 60))}\"\nsources:\n  \"a\": \"{new string('x', 300)}\"\n"));
        string opened = page.ToString().Replace("<details class=\"configuration\">", "<details class=\"configuration\" open>", StringComparison.Ordinal);
        Assert.Contains("configuration\" open", opened, StringComparison.Ordinal);
        Look(opened, ["rates"], width, dark);
    }

    private static void Look(string page, string[] sections, int width, bool dark)
    {
        string folder = Directory.CreateTempSubdirectory("stress-page-").FullName;
        try
        {
            string file = Path.Combine(folder, "harness.html");
            string text = JsonSerializer.Serialize(page);
            File.WriteAllText(file, Harness.Replace("WIDTH", width.ToString(), StringComparison.Ordinal).Replace("PAGE", text, StringComparison.Ordinal));
            (int exit, string dom, string errors) = Programs.Run(
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--enable-logging=stderr", $"--user-data-dir={Path.Combine(folder, "profile")}",
                $"--blink-settings=preferredColorScheme={(dark ? 0 : 1)}", "--window-size=1500,1000", "--dump-dom", new Uri(file).AbsoluteUri);
            Assert.Equal(0, exit);
            Assert.DoesNotContain("CONSOLE", errors, StringComparison.Ordinal);
            Match match = Measured().Match(dom);
            Assert.True(match.Success, "the page was not measured");
            using JsonDocument json = JsonDocument.Parse(System.Net.WebUtility.HtmlDecode(match.Groups[1].Value));
            JsonElement m = json.RootElement;
            Assert.Empty(m.GetProperty("over").EnumerateArray().Select(e => e.GetString()));
            Assert.True(m.GetProperty("scroll").GetInt32() <= m.GetProperty("client").GetInt32(), "the page scrolls sideways");
            Assert.Equal(dark ? "rgb(20, 22, 26)" : "rgb(251, 250, 247)", m.GetProperty("paper").GetString());
            Assert.Equal(sections, m.GetProperty("charts").EnumerateArray().Select(c => c.GetProperty("id").GetString()));
            foreach (JsonElement chart in m.GetProperty("charts").EnumerateArray())
            {
                string id = chart.GetProperty("id").GetString()!;
                Assert.True(chart.GetProperty("shown").GetInt32() == 1, $"{id}: one of its widths is shown");
                Assert.True(chart.GetProperty("width").GetInt32() > 250 && chart.GetProperty("height").GetInt32() > 150, $"{id} is drawn");
                Assert.True(chart.GetProperty("marks").GetInt32() >= 2, $"{id} has marks");
                Assert.True(!chart.GetProperty("spill").EnumerateArray().Any(), $"{id}: text outside the picture: {chart.GetProperty("spill")}");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex("<pre id=\"measured\">(.+?)</pre>")]
    private static partial Regex Measured();
}
