namespace Stress.Observability.Html;

/// <summary>Rates as dots with their intervals as bars, one line per role, grouped by name, with the figures of the 2005 mail as diamonds.</summary>
public static class RateChart
{
    private const double MailColumn = 52, RangeColumn = 118;

    /// <param name="rows">Rows of one name are adjacent, in the order in which the names first appear.</param>
    /// <param name="width">In CSS pixels; below 480 the labels go above the bars.</param>
    /// <param name="title">What a screen reader says.</param>
    /// <param name="css">Class of the picture.</param>
    public static string Draw(IReadOnlyList<RateRow> rows, double width, string title, string css)
    {
        bool narrow = width < 480;
        double left = narrow ? 12 : Math.Clamp(20 + (rows.Max(r => r.Name.Length) * 7.6), 120, width * 0.34);
        double roleColumn = narrow ? 58 : 70;
        bool anyMail = rows.Any(r => r.Mail is not null);
        double right = narrow ? 14 : anyMail ? 248 : 200;
        double from = narrow ? left : left + roleColumn, to = width - right;
        double max = rows.Max(r => Math.Max(r.Mail ?? 0, r.Disconnects == 0 ? 0 : r.Interval.High)) * 100;
        Scale x = Scale.Round(Math.Clamp(max, 0.01, 100), from, to, narrow ? 4 : 8);
        var svg = new Svg(width, title, css);
        double top = 38, y = top + 8;
        double rowHeight = narrow ? 40 : 30, nameHeight = narrow ? 22 : 0, gap = narrow ? 8 : 12;
        var groups = rows.GroupBy(r => r.Name).Select(g => g.OrderBy(r => r.Role, StringComparer.Ordinal).ToList()).ToList();
        double bottom = y + groups.Sum(g => nameHeight + (g.Count * rowHeight) + gap) - gap;
        foreach (double tick in x.Ticks(narrow ? 4 : 8))
        {
            svg.Line(x.At(tick), top, x.At(tick), bottom, tick == 0 ? "axis" : "grid");
            svg.Text(x.At(tick), top - 8, Figures.Tick(tick), "tick", "middle");
        }

        svg.Text(to, 10, "crashes per 100 disconnects (%)", "axis-title", "end");
        if (!narrow)
        {
            double columns = width - (anyMail ? MailColumn : 0);
            svg.Text(columns - RangeColumn, top - 8, "rate", "axis-title", "end").Text(columns, top - 8, "95 % interval", "axis-title", "end");
            if (anyMail)
            {
                svg.Text(width, top - 8, "mail", "axis-title", "end");
            }
        }
        for (int i = 0; i < groups.Count; i++)
        {
            List<RateRow> group = groups[i];
            if (i > 0)
            {
                svg.Line(0, y - (gap / 2), width, y - (gap / 2), "rule");
            }

            if (narrow)
            {
                svg.Text(0, y + 13, group[0].Name, "name");
            }
            else
            {
                svg.Text(0, y + (group.Count * rowHeight / 2) + 4.5, group[0].Name, "name");
            }

            y += nameHeight;
            foreach (RateRow row in group)
            {
                Row(svg, row, x, y, narrow, left, from, width, rowHeight, anyMail);
                y += rowHeight;
            }

            y += gap;
        }

        svg.Height = bottom + 4;
        return svg.ToString();
    }

    private static void Row(Svg svg, RateRow row, Scale x, double y, bool narrow, double left, double from, double width, double rowHeight, bool anyMail)
    {
        WilsonInterval i = row.Interval;
        string role = row.Role, style = RoleStyle.Of(role);
        double middle = narrow ? y + 27 : y + (rowHeight / 2);
        bool known = row.Disconnects > 0;
        string value = known ? $"{Figures.Percent(i.Rate)} %" : "no disconnects";
        string range = known ? $"{Figures.Percent(i.Low)} – {Figures.Percent(i.High)}" : "";
        string mail = row.Mail is { } m ? $"{Figures.Tick(m * 100)} %" : "";
        string tip = $"{row.Name}, {role}: {Figures.Count(row.Crashes)} {Counted.Word(row.Crashes, "crash")} in {Figures.Count(row.Disconnects)} {Counted.Word(row.Disconnects, "disconnect")}, {value} (95 %: {range})";
        if (narrow)
        {
            svg.Circle(5, y + 9, 4, $"fill {style}").Text(14, y + 13, role, "sub");
            string interval = known ? $"  ({range})" : "";
            svg.Text(width, y + 13, mail.Length > 0 ? $"{value}{interval}  mail {mail}" : value + interval, "num", "end");
        }
        else
        {
            svg.Circle(left + 4, middle, 4, $"fill {style}").Text(left + 13, middle + 4.5, role, "sub");
            double columns = width - (anyMail ? MailColumn : 0);
            svg.Text(known ? columns - RangeColumn : columns, middle + 4.5, value, known ? "num strong" : "num", "end");
            svg.Text(columns, middle + 4.5, range, "num", "end").Text(width, middle + 4.5, mail, "num", "end");
        }

        if (known)
        {
            svg.Line(from, middle, x.To, middle, "track");
            svg.Rect(x.At(i.Low * 100), middle - 4, Math.Max(1.5, x.At(i.High * 100) - x.At(i.Low * 100)), 8, $"bar {style}", 4, tip);
            svg.Circle(x.At(i.Rate * 100), middle, 5.5, $"dot {style}", tip);
        }

        if (row.Mail is { } stated)
        {
            double at = x.At(stated * 100);
            svg.Path($"M{Svg.N(at)} {Svg.N(middle - 9)}l7 9l-7 9l-7 -9z", "mail", $"the mail: {Figures.Percent(stated)} % of disconnects");
        }
    }
}
