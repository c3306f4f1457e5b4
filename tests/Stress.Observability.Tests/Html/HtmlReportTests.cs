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
}
