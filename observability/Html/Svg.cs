using System.Globalization;
using System.Net;
using System.Text;

namespace Stress.Observability.Html;

/// <summary>Writes one SVG picture. Colours are style-sheet classes, so that the same picture serves light and dark.</summary>
public sealed class Svg
{
    private readonly StringBuilder _body = new();
    private readonly string _title;
    private readonly string _class;

    /// <param name="width">In CSS pixels.</param>
    /// <param name="title">What a screen reader says.</param>
    /// <param name="cssClass">Which of the widths this is.</param>
    public Svg(double width, string title, string cssClass)
    {
        Width = width;
        _title = title;
        _class = cssClass;
    }

    /// <summary>Width of the picture, in user units.</summary>
    public double Width { get; }

    /// <summary>In CSS pixels; may be set last.</summary>
    public double Height { get; set; }

    /// <summary>A number as SVG wants it: invariant, two decimals.</summary>
    public static string N(double v) => v.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>Text as XML and HTML want it.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A line between two points, in user units.</summary>
    public Svg Line(double x1, double y1, double x2, double y2, string cssClass)
    {
        _body.Append($"<line class=\"{cssClass}\" x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\"/>");
        return this;
    }

    /// <summary>A rectangle by its upper left corner and its size, in user units.</summary>
    public Svg Rect(double x, double y, double w, double h, string cssClass, double radius = 0, string? tip = null)
    {
        _body.Append($"<rect class=\"{cssClass}\" x=\"{N(x)}\" y=\"{N(y)}\" width=\"{N(Math.Max(0, w))}\" height=\"{N(Math.Max(0, h))}\"");
        if (radius > 0)
        {
            _body.Append($" rx=\"{N(radius)}\"");
        }

        Close("rect", tip);
        return this;
    }

    /// <summary>A circle by its centre and radius, in user units.</summary>
    public Svg Circle(double x, double y, double r, string cssClass, string? tip = null)
    {
        _body.Append($"<circle class=\"{cssClass}\" cx=\"{N(x)}\" cy=\"{N(y)}\" r=\"{N(r)}\"");
        Close("circle", tip);
        return this;
    }

    /// <summary>A path by its data (SVG 1.1, 8.3).</summary>
    public Svg Path(string d, string cssClass, string? tip = null)
    {
        _body.Append($"<path class=\"{cssClass}\" d=\"{d}\"");
        Close("path", tip);
        return this;
    }

    /// <summary>Text whose baseline begins, is centred, or ends at (x, y).</summary>
    public Svg Text(double x, double y, string text, string cssClass, string anchor = "start", double rotate = 0)
    {
        _body.Append($"<text class=\"{cssClass}\" x=\"{N(x)}\" y=\"{N(y)}\"");
        if (anchor != "start")
        {
            _body.Append($" text-anchor=\"{anchor}\"");
        }

        if (rotate != 0)
        {
            _body.Append($" transform=\"rotate({N(rotate)} {N(x)} {N(y)})\"");
        }

        _body.Append('>').Append(Escape(text)).Append("</text>");
        return this;
    }

    /// <summary>What is drawn up to <see cref="End"/> belongs together.</summary>
    public Svg Begin(string cssClass)
    {
        _body.Append($"<g class=\"{cssClass}\">");
        return this;
    }

    /// <summary>Ends what <see cref="Begin"/> began.</summary>
    public Svg End()
    {
        _body.Append("</g>");
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"<svg class=\"{_class}\" role=\"img\" viewBox=\"0 0 {N(Width)} {N(Height)}\" width=\"{N(Width)}\" height=\"{N(Height)}\"><title>{Escape(_title)}</title>{_body}</svg>\n";

    private void Close(string element, string? tip)
    {
        if (tip is null)
        {
            _body.Append("/>");
        }
        else
        {
            _body.Append("><title>").Append(Escape(tip)).Append($"</title></{element}>");
        }
    }
}
