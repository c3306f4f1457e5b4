using System.Reflection;
using System.Text;
using Stress.Emulator.Oracle;

namespace Stress.Observability.Html;

/// <summary>
/// The charts with their style, as every page has them: a run's report, a comparison, a crash's page and the triage pages. Each is drawn in three widths, and the style sheet shows the one
/// that fits.
/// </summary>
public static class Charts
{
    /// <summary>A chart's width in CSS pixels: over a whole page, and beside another.</summary>
    public const double WideWidth = 1072, HalfWidth = 516;

    private const double MiddleWidth = 720, NarrowWidth = 344;

    /// <summary>The style of charts, light and dark; scoped to them, so that it does not interfere with a page's own.</summary>
    public static string Style() => Resource("charts.css");

    /// <summary>One crash from top to bottom, below what its stages are called.</summary>
    /// <param name="timeline">The way to it.</param>
    /// <param name="at">The event that is looked at; null for none.</param>
    public static string Lanes(CrashTimeline timeline, long? at = null)
    {
        var html = new StringBuilder("<ol class=\"legend stages\">");
        for (PointerStage s = PointerStage.Allocated; s <= PointerStage.Used; s++)
        {
            html.Append($"<li><i class=\"stage st{(int)s}\">{(int)s}</i>{SwimLanes.StageName(s)}</li>");
        }

        return html.Append("</ol>\n").Append(EachWidth((w, css) => SwimLanes.Draw(timeline, w, css, at), WideWidth)).ToString();
    }

    /// <summary>A chart in its widths.</summary>
    /// <param name="draw">Draws it in a width, with a class.</param>
    /// <param name="wide">Its greatest width.</param>
    public static string EachWidth(Func<double, string, string> draw, double wide) =>
        $"<figure>{draw(wide, "chart wide")}{draw(MiddleWidth, "chart middle")}{draw(NarrowWidth, "chart narrow")}</figure>\n";

    /// <summary>A file that is next to this one in the assembly.</summary>
    internal static string Resource(string name)
    {
        using Stream file = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Stress.Observability.Html.{name}")
            ?? throw new InvalidOperationException($"{name} is not in the assembly: Stress.Observability.csproj embeds Html/*.css");
        using var reader = new StreamReader(file, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
