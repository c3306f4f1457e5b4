using System.Globalization;
using System.Text.RegularExpressions;

namespace Stress.Observability.Html;

/// <summary>The charts of a page as standalone files: SVG with its style inside, light and dark, for a README, a slide or a mail.</summary>
public static partial class Pictures
{
    /// <summary>The pictures of a page, each with its file name. A chart without data is left out.</summary>
    /// <param name="page">The page.</param>
    public static IReadOnlyList<(string File, string Svg)> Of(ReportPage page)
    {
        List<(string, string)> pictures = [];
        if (page.Rates.Count > 0)
        {
            pictures.Add(("rates.svg", Alone(RateChart.Draw(page.Rates, Charts.WideWidth, $"Crash rates of {page.Scenario} with 95 % intervals", "chart"))));
        }

        if (page.FirstCrash.Count > 0)
        {
            pictures.Add(("first-crash.svg", Alone(TimeChart.Draw([], page.FirstCrash, page.FirstCrashEnd, "sites that have crashed (%)", 100, Charts.HalfWidth, $"Time to the first crash of {page.Scenario}", "chart"))));
        }

        if (page.Timeline is { } timeline)
        {
            pictures.Add(("crash.svg", Alone(SwimLanes.Draw(timeline, Charts.WideWidth, "chart"))));
        }

        return pictures;
    }

    // A picture has no page around it, so it includes its style, font and background.
    private static string Alone(string svg)
    {
        string style = string.Join('\n', Charts.Style().Split('\n').Where(line => !OfPages().IsMatch(line)));
        const int Margin = 16;
        Match size = Size().Match(svg);
        double width = double.Parse(size.Groups[1].ValueSpan, CultureInfo.InvariantCulture) + (2 * Margin), height = double.Parse(size.Groups[2].ValueSpan, CultureInfo.InvariantCulture) + (2 * Margin);
        string body = svg[(svg.IndexOf('>', StringComparison.Ordinal) + 1)..].TrimEnd();
        return $$$"""
            <svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="{{{-Margin}}} {{{-Margin}}} {{{Svg.N(width)}}} {{{Svg.N(height)}}}" width="{{{Svg.N(width)}}}" height="{{{Svg.N(height)}}}">
            <style><![CDATA[
            {{{style.TrimEnd()}}}
            svg.chart { font-family: system-ui, "Segoe UI", Roboto, Arial, sans-serif; } .ground { fill: var(--card); }
            ]]></style>
            <rect class="ground" x="{{{-Margin}}}" y="{{{-Margin}}}" width="{{{Svg.N(width)}}}" height="{{{Svg.N(height)}}}"/>{{{body}}}

            """;
    }

    [GeneratedRegex(@"^(\.legend|i\.|figure|@media \(max-width|svg\.chart\.(middle|narrow))")]
    private static partial Regex OfPages();

    [GeneratedRegex("viewBox=\"0 0 ([0-9.]+) ([0-9.]+)\"")]
    private static partial Regex Size();
}
