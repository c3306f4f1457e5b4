using System.Text;
using Stress.Emulator.Core;

namespace Stress.Observability.Html;

/// <summary>Step lines over virtual time, on a scale that starts at zero.</summary>
public static class TimeChart
{
    /// <summary>How many series have a colour and dash of their own; more belong in a table.</summary>
    public const int MostSeries = 8;

    /// <summary>Counts are whole: the axis does not divide them.</summary>
    private const double LeastCount = 5;

    /// <param name="series">Drawn in order; the n-th has the style class <c>s</c>n.</param>
    /// <param name="band">A band and its middle line, drawn below the series; may be empty.</param>
    /// <param name="end">Where the time axis ends.</param>
    /// <param name="yTitle">Quantity and unit of the vertical axis.</param>
    /// <param name="yMax">Where the vertical axis ends, or null for the largest value.</param>
    /// <param name="width">In CSS pixels.</param>
    /// <param name="title">What a screen reader says.</param>
    /// <param name="css">Class of the picture.</param>
    public static string Draw(
        IReadOnlyList<PageSeries> series, IReadOnlyList<BandPoint> band, VirtualTime end, string yTitle, double? yMax, double width, string title, string css)
    {
        bool narrow = width < 480;
        double height = narrow ? 230 : 270, top = 26, bottom = height - 38, left = 44, right = width - 14;
        TimeUnit unit = TimeUnit.For(end);
        var x = new Scale(Math.Max(unit.Of(end), 1e-9), left, right);
        double largest = series.SelectMany(s => s.Points).Select(p => p.Value).Concat(band.Select(b => b.High)).DefaultIfEmpty(0).Max();
        Scale y = yMax is { } fixedMax ? new Scale(fixedMax, bottom, top) : Scale.Round(Math.Max(largest, LeastCount), bottom, top, 5);
        var svg = new Svg(width, title, css) { Height = height };
        svg.Text(0, 10, yTitle, "axis-title");
        foreach (double tick in y.Ticks(5))
        {
            svg.Line(left, y.At(tick), right, y.At(tick), tick == 0 ? "axis" : "grid");
            svg.Text(left - 7, y.At(tick) + 4, Figures.Tick(tick), "tick", "end");
        }

        foreach (double tick in unit.Ticks(x.Max, narrow ? 5 : 7))
        {
            svg.Line(x.At(tick), bottom, x.At(tick), bottom + 4, "axis");
            svg.Text(x.At(tick), bottom + 17, Figures.Tick(tick), "tick", "middle");
        }

        svg.Text(right, height - 4, $"virtual time ({unit.Name})", "axis-title", "end");
        if (band.Count > 0)
        {
            svg.Path(BandPath(band, unit, x, y, end), "band");
            svg.Path(StepPath([.. band.Select(b => new PagePoint(b.At, b.Share))], unit, x, y, end), "line s0");
        }

        int n = 0;
        foreach (PageSeries s in series.Take(MostSeries))
        {
            if (s.Points.Count > 0)
            {
                svg.Path(StepPath(s.Points, unit, x, y, end), $"line s{n}", s.Name);
            }

            n++;
        }

        return svg.ToString();
    }

    private static string StepPath(IReadOnlyList<PagePoint> points, TimeUnit unit, Scale x, Scale y, VirtualTime end)
    {
        var d = new StringBuilder();
        double lastX = double.NegativeInfinity, lastY = double.NaN;
        for (int i = 0; i < points.Count; i++)
        {
            double px = x.At(unit.Of(points[i].At)), py = y.At(points[i].Value);
            if (i == 0)
            {
                d.Append($"M{Svg.N(px)} {Svg.N(py)}");
            }
            else if (i == points.Count - 1 || px - lastX >= 0.7)
            {
                d.Append($"H{Svg.N(px)}");
                if (py != lastY)
                {
                    d.Append($"V{Svg.N(py)}");
                }
            }
            else
            {
                continue;
            }

            (lastX, lastY) = (px, py);
        }

        return d.Append($"H{Svg.N(x.At(unit.Of(end)))}").ToString();
    }

    private static string BandPath(IReadOnlyList<BandPoint> band, TimeUnit unit, Scale x, Scale y, VirtualTime end)
    {
        var d = new StringBuilder();
        double endX = x.At(unit.Of(end));
        d.Append($"M{Svg.N(x.At(unit.Of(band[0].At)))} {Svg.N(y.At(band[0].High))}");
        foreach (BandPoint b in band.Skip(1))
        {
            d.Append($"H{Svg.N(x.At(unit.Of(b.At)))}V{Svg.N(y.At(b.High))}");
        }

        d.Append($"H{Svg.N(endX)}V{Svg.N(y.At(band[^1].Low))}");
        for (int i = band.Count - 1; i > 0; i--)
        {
            d.Append($"H{Svg.N(x.At(unit.Of(band[i].At)))}V{Svg.N(y.At(band[i - 1].Low))}");
        }

        return d.Append($"H{Svg.N(x.At(unit.Of(band[0].At)))}Z").ToString();
    }
}
