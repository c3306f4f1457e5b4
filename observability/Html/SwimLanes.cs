using System.Globalization;
using Stress.Emulator.Core;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Observability.Html;

/// <summary>
/// One crash as a sequence from top to bottom: a lane for each process and kernel of the two ends and for the line between them, and next to the text the life of the pointer that
/// crashed it. Rows are steps, not seconds: a long wait is one row that says how long it was.
/// </summary>
public static class SwimLanes
{
    /// <summary>What the page calls each stage.</summary>
    public static string StageName(PointerStage stage) => stage switch
    {
        PointerStage.Allocated => "allocated",
        PointerStage.Stored => "stored",
        PointerStage.AddressGone => "address gone",
        PointerStage.Detached => "detached",
        PointerStage.Freed => "freed",
        PointerStage.Reused => "reused",
        PointerStage.Used => "used",
        _ => "",
    };

    private static readonly VirtualTime LongWait = VirtualTime.FromSeconds(1);
    private static readonly IReadOnlyList<TraceSource> Inward = DaemonKind.Columns;

    /// <param name="timeline">What to draw.</param>
    /// <param name="width">In CSS pixels; below 480 lanes are close together and times stand above the text.</param>
    /// <param name="css">Class of the picture.</param>
    /// <param name="atEvent">The selected event: its steps are highlighted. Null for none.</param>
    public static string Draw(CrashTimeline timeline, double width, string css, long? atEvent = null)
    {
        bool narrow = width < 480;
        IReadOnlyList<TimelineStep> steps = timeline.Steps;
        IReadOnlySet<int> life = timeline.Life();
        List<Lane> lanes = Lanes(timeline);
        double timeWidth = narrow ? 0 : 98, lane = narrow ? Math.Min(15, 150.0 / lanes.Count) : Math.Min(46, 480.0 / lanes.Count);
        double font = narrow ? 10.5 : 11.5, leading = narrow ? 13.5 : 15;
        double lanesLeft = timeWidth, ribbon = lanesLeft + (lanes.Count * lane) + (narrow ? 9 : 16), textLeft = ribbon + (narrow ? 13 : 20);
        int columns = Math.Max(12, (int)((width - textLeft) / (font * 0.6025)));
        double head = narrow ? 72 : 48;

        var layout = new List<Row>();
        double y = head + 10;
        VirtualTime? previous = null;
        for (int i = 0; i < steps.Count; i++)
        {
            TimelineStep step = steps[i];
            if (previous is { } before && step.At - before >= LongWait)
            {
                layout.Add(new Row(-1, y, 24, [Figures.Span(step.At - before)]));
                y += 24;
            }

            var lines = new List<string>();
            if (narrow && (previous is null || step.At != previous))
            {
                lines.Add(Clock(step.At));
            }

            int times = lines.Count;
            string text = life.Contains(i) ? $"{StageName(step.Stage).ToUpperInvariant()}  {step.Text}" : step.Text;
            lines.AddRange(Wrap(text, columns));
            double h = (lines.Count * leading) + (narrow ? 7 : 9);
            layout.Add(new Row(i, y, h, lines) { Times = times, ShowTime = !narrow && (previous is null || step.At != previous) });
            y += h;
            previous = step.At;
        }

        double bottom = y + 4;
        var svg = new Svg(width, $"Timeline of one crash: {timeline.Title}", css) { Height = bottom + 4 };
        Heads(svg, lanes, lane, lanesLeft, head, bottom, narrow);
        foreach (Row row in layout.Where(row => row.Step >= 0 && steps[row.Step].Number == atEvent))
        {
            svg.Rect(1, row.Y - 2, width - 2, row.Height - 1, "now", 3);
        }

        Ribbon(svg, layout, steps, life, ribbon, leading, bottom);
        foreach (Row row in layout)
        {
            if (row.Step < 0)
            {
                svg.Rect(lanesLeft, row.Y + 2, (lanes.Count * lane) - 2, 18, "wait", 3);
                double middle = lanesLeft + (lanes.Count * lane / 2);
                svg.Text(middle, row.Y + 15, narrow ? row.Lines[0] : $"{row.Lines[0]} later", "wait-text", "middle");
                continue;
            }

            TimelineStep step = steps[row.Step];
            int at = lanes.FindIndex(l => l.Source == step.Source && (l.Source == TraceSource.Line || l.Group == timeline.SystemOf(step.Router)));
            double x = lanesLeft + ((at + 0.5) * lane), dotY = row.Y + (row.Times * leading) + (leading / 2) + 1;
            bool used = life.Contains(row.Step) && step.Stage == PointerStage.Used;
            svg.Line(x, dotY, ribbon - 8, dotY, "leader");
            if (used)
            {
                svg.Path($"M{Svg.N(x - 5)} {Svg.N(dotY - 5)}l10 10m0 -10l-10 10", "cross", "crash");
            }
            else
            {
                svg.Circle(x, dotY, narrow ? 3.6 : 4.6, $"fill {lanes[at].Css}", $"{Clock(step.At)} {lanes[at].Group} {lanes[at].Name}: {step.Text}");
            }

            if (row.ShowTime)
            {
                svg.Text(timeWidth - 10, dotY + 4, Clock(step.At), "clock", "end");
            }

            for (int l = 0; l < row.Lines.Count; l++)
            {
                string style = l < row.Times ? "clock" : life.Contains(row.Step) ? $"step staged st{(int)step.Stage}" : "step";
                svg.Text(textLeft, row.Y + (l * leading) + font + 1, row.Lines[l], style);
            }
        }

        return svg.ToString();
    }

    private static void Heads(Svg svg, List<Lane> lanes, double lane, double left, double head, double bottom, bool narrow)
    {
        for (int i = 0; i < lanes.Count;)
        {
            int j = i;
            while (j < lanes.Count && lanes[j].Group == lanes[i].Group)
            {
                j++;
            }

            double x = left + (i * lane), w = (j - i) * lane;
            svg.Rect(x + 1, 0, w - 2, bottom, $"pool {lanes[i].Css}", 4);
            if (lanes[i].Css != "wire")
            {
                svg.Text(x + (w / 2), 15, lanes[i].Group, $"pool-name {lanes[i].Css}", "middle");
            }

            for (; i < j; i++)
            {
                double centre = left + ((i + 0.5) * lane);
                svg.Line(centre, head, centre, bottom - 4, "lane");
                if (narrow)
                {
                    svg.Text(centre + 3.5, head - 6, lanes[i].Name, "lane-name", "start", -90);
                }
                else
                {
                    svg.Text(centre, head - 10, lanes[i].Name, "lane-name", "middle");
                }
            }
        }
    }

    private static void Ribbon(Svg svg, List<Row> layout, IReadOnlyList<TimelineStep> steps, IReadOnlySet<int> life, double x, double leading, double bottom)
    {
        List<Row> marks = [.. layout.Where(r => r.Step >= 0 && life.Contains(r.Step))];
        double At(Row r) => r.Y + (r.Times * leading) + (leading / 2) + 1;
        for (int i = 0; i + 1 < marks.Count; i++)
        {
            svg.Rect(x - 2.5, At(marks[i]), 5, At(marks[i + 1]) - At(marks[i]), $"life st{(int)steps[marks[i].Step].Stage}");
        }

        foreach (Row mark in marks)
        {
            PointerStage stage = steps[mark.Step].Stage;
            svg.Circle(x, At(mark), 7.5, $"life st{(int)stage}", StageName(stage));
            svg.Text(x, At(mark) + 3.6, ((int)stage).ToString(CultureInfo.InvariantCulture), "stage-number", "middle");
        }
    }

    /// <summary>Only lanes in which something happens: those of the first label on the right of the line, all others on its left, the kernels next to it.</summary>
    private static List<Lane> Lanes(CrashTimeline timeline)
    {
        const string Line = "line";
        string first = timeline.SystemOf(0);
        var used = timeline.Steps.Select(s => (s.Source == TraceSource.Line ? Line : timeline.SystemOf(s.Router), s.Source)).ToHashSet();
        var lanes = new List<Lane>();
        foreach (string system in timeline.Systems.Distinct().Where(system => system != first).Reverse())
        {
            lanes.AddRange(Inward.Reverse().Where(s => used.Contains((system, s))).Select(s => new Lane(system, s.Name, RoleStyle.Of(system), s)));
        }

        if (used.Contains((Line, TraceSource.Line)))
        {
            lanes.Add(new Lane(Line, Line, "wire", TraceSource.Line));
        }

        lanes.AddRange(Inward.Where(s => used.Contains((first, s))).Select(s => new Lane(first, s.Name, RoleStyle.Of(first), s)));
        return lanes;
    }

    private static string Clock(VirtualTime t)
    {
        string whole = t.ToString();
        return whole[..^3];
    }

    /// <summary>Breaks at spaces, and inside a word only when it is longer than a line.</summary>
    private static IEnumerable<string> Wrap(string text, int columns)
    {
        string line = "";
        foreach (string piece in text.Split(' '))
        {
            string word = piece;
            if (line.Length > 0 && line.Length + 1 + word.Length > columns)
            {
                yield return line;
                line = "";
            }

            while (word.Length > columns)
            {
                yield return word[..columns];
                word = word[columns..];
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        if (line.Length > 0)
        {
            yield return line;
        }
    }

    private sealed record Lane(string Group, string Name, string Css, TraceSource Source);

    private sealed record Row(int Step, double Y, double Height, List<string> Lines)
    {
        public int Times { get; init; }

        public bool ShowTime { get; init; }
    }
}
