using Stress.Observability.Html;
using Xunit;

namespace Stress.Observability.Tests.Html;

public sealed class HtmlReportTests
{
    [Fact]
    public void The_page_names_no_other_host_and_has_no_script()
    {
        string page = SampleReports.Page();
        if (Environment.GetEnvironmentVariable("STRESS_SAMPLE_PAGE") is { Length: > 0 } file)
        {
            File.WriteAllText(file, page);
        }

        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_run_in_which_nothing_happened_has_a_page_that_says_so()
    {
        string page = Render(SampleReports.Interrupted());
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
        Assert.Contains("incomplete: interrupted", page, StringComparison.Ordinal);
        Assert.Contains("expectation failed", page, StringComparison.Ordinal);
        Assert.Contains("no crash in this run", page, StringComparison.Ordinal);
        Assert.DoesNotContain("id=\"first-crash\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("id=\"timeline\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_without_a_crash_shows_how_little_it_can_exclude()
    {
        string page = Render(SampleReports.Clean());
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
        Assert.Contains("0 – 0.0054", page, StringComparison.Ordinal);
        Assert.DoesNotContain("expectations met", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_configuration_is_a_folded_section_that_a_keyboard_and_a_screen_reader_can_use()
    {
        var output = new StringWriter();
        HtmlReport.Write(SampleReports.Seed(), output, configuration: new PageConfiguration([new("Seed", "7"), new("Virtual time", "12", "h")], "name: \"a <b>\"\n"));
        string page = output.ToString();

        Assert.Contains("<details class=\"configuration\"><summary><h2>Configuration</h2>", page, StringComparison.Ordinal);
        Assert.Contains("<caption>", page, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">Virtual time</th><td><code>12</code> h</td>", page, StringComparison.Ordinal);
        Assert.Contains("<pre tabindex=\"0\" role=\"region\" aria-labelledby=\"scenario-text\"><code>name: &quot;a &lt;b&gt;&quot;\n</code></pre>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_run_calls_itself_is_text_and_never_markup()
    {
        string page = Render(SampleReports.Seed() with { Scenario = "<img src=x>", Description = "a & b", Command = "run \"x\" <y>" });
        Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<y>", page, StringComparison.Ordinal);
        Assert.Contains("a &amp; b", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_mail_s_figures_stand_beside_the_measured_ones()
    {
        string page = Render(SampleReports.Seed());
        Assert.Contains("the mail: 75.0 % of disconnects", page, StringComparison.Ordinal);
        Assert.Contains("74.2 %", page, StringComparison.Ordinal);
        Assert.Contains("73.9 – 74.5", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_the_mail_does_not_know_has_its_rate_too()
    {
        string page = Render(SampleReports.Seed());
        Assert.Contains("mld6_sendpkt, calling: 31 crashes in 72\u202f038 disconnects, 0.043 %", System.Net.WebUtility.HtmlDecode(page), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_crash_was_through_a_link_the_page_says_so_and_has_no_table_of_links()
    {
        RunReport seed = SampleReports.Seed();
        var network = new NetworkReport("pair", 0, [new NetworkNode("a", "hub", 0), new NetworkNode("b", "leaf", 0)], [new NetworkLink(0, "a - b", 0, 1, "", 100, 0, 0, [])]);
        string page = Render(seed with { Network = network });

        Assert.DoesNotContain("id=\"links\"", page);
        Assert.Contains("No crash was through an interface of a link.", page);
    }

    private static string Render(RunReport report)
    {
        var page = new StringWriter();
        HtmlReport.Write(report, page);
        if (Environment.GetEnvironmentVariable("STRESS_SAMPLE_PAGE") is { Length: > 0 } file)
        {
            File.WriteAllText($"{file}.{report.Design}.{report.Complete}.html", page.ToString());
        }

        return page.ToString();
    }
}
