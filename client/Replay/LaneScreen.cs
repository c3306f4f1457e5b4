using System.Globalization;
using System.Text;
using Spectre.Console;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Observability.Html;

namespace Stress.Client.Replay;

/// <summary>
/// Prints steps from top to bottom with a column for each process and device of each system, the line between them. If these leave no room for the steps' text, each step names its process instead.
/// </summary>
public sealed class LaneScreen
{
    private static readonly IReadOnlyList<TraceSource> Sources = DaemonKind.Columns;

    private const int Width = 6;

    /// <summary>Columns before the lanes: event and time.</summary>
    private const int Before = 26;

    /// <summary>Columns that a step's text needs next to the lanes.</summary>
    private const int LeastText = 36;

    private readonly int? _breakAt;
    private readonly bool _narrow;
    private readonly string[] _systems;
    private readonly TextWriter _o;
    private readonly List<(int Router, TraceSource Source)> _lanes;
    private string _time = "";

    /// <summary>Columns for the steps that will be printed, or for every process of a router where they are not known yet.</summary>
    /// <param name="o">Where to print.</param>
    /// <param name="steps">The steps, or null.</param>
    /// <param name="routers">Routers of the site.</param>
    /// <param name="screen">Where it is shown: how wide it is, and whether longer lines are broken.</param>
    public LaneScreen(TextWriter o, IReadOnlyCollection<TimelineStep>? steps, IReadOnlyList<Router> routers, IAnsiConsole screen)
    {
        _o = o;
        _breakAt = screen.Profile.Out.IsTerminal ? screen.Profile.Width : null;
        HashSet<(int, TraceSource)>? used = steps?.Select(s => Key(s)).ToHashSet();
        _lanes = [];
        _systems = [.. routers.Select(r => routers.First(other => other.Role == r.Role) == r ? r.Label : $"{r.Label} {r.Number}")];
        for (int r = 0; r < routers.Count; r++)
        {
            _lanes.AddRange(Sources.Select(s => (r, s)).Where(lane => used is null ? lane.s != TraceSource.Getty : used.Contains(lane)));
            if (r == 0 && (used is null || used.Contains((-1, TraceSource.Line))))
            {
                _lanes.Add((-1, TraceSource.Line));
            }
        }

        _narrow = Before + _lanes.Select((_, i) => WidthOf(i)).Sum() + LeastText > Terminal.Width(screen);
    }

    /// <summary>The names of the columns.</summary>
    public void Head()
    {
        if (_narrow)
        {
            _o.WriteLine($"{"event",8} {"time",-15}  step");
            return;
        }

        _o.WriteLine($"{"",8} {"",15}  {Systems()}".TrimEnd());
        _o.WriteLine($"{"event",8} {"time",-15}  {string.Concat(_lanes.Select((l, i) => Name(l.Source).PadRight(WidthOf(i))))}");
    }

    /// <summary>A line that says how many steps are left out; none for none.</summary>
    public void Skip(long steps)
    {
        if (steps > 0)
        {
            _o.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"",8} {"⋮",-15}  {steps:#,0} step{(steps == 1 ? "" : "s")} left out"));
        }
    }

    /// <summary>One step.</summary>
    public void Print(TimelineStep s)
    {
        var marks = new StringBuilder();
        (int, TraceSource) key = Key(s);
        bool shown = false;
        foreach ((int i, (int, TraceSource) lane) in _lanes.Index())
        {
            bool here = lane == key;
            shown |= here;
            marks.Append((here ? "●" : "·").PadRight(WidthOf(i)));
        }

        string time = s.At.ToString(), stage = s.Stage == PointerStage.None ? "" : $"   <- {SwimLanes.StageName(s.Stage)}";
        string start = $"{s.Number.ToString(CultureInfo.InvariantCulture),8} {(time == _time ? "" : time),-15}  {(_narrow ? "" : marks)}";
        string text = $"{start}{(shown && !_narrow ? "" : $"{System(s.Router)} {Name(s.Source)}: ".TrimStart())}{s.Text}{stage}";
        foreach (string line in _breakAt is { } width ? Wrapped.Lines(text, width, hang: start.Length) : [text])
        {
            _o.WriteLine(line);
        }

        _time = time;
    }

    private static (int, TraceSource) Key(TimelineStep s) => s.Source == TraceSource.Line ? (-1, TraceSource.Line) : (s.Router, s.Source);

    // A system's name may be longer than its columns are wide in all: the last of them is then wider.
    private int WidthOf(int lane)
    {
        int router = _lanes[lane].Router;
        bool last = lane == _lanes.FindLastIndex(l => l.Router == router);
        return last ? Math.Max(Width, System(router).Length + 1 - ((_lanes.Count(l => l.Router == router) - 1) * Width)) : Width;
    }

    private string Systems() => string.Concat(_lanes.Select((l, i) => (l.Router, Width: WidthOf(i))).GroupBy(l => l.Router).Select(g => System(g.Key).PadRight(g.Sum(l => l.Width))));

    private string System(int router) => router < 0 ? "" : _systems[router];

    private static string Name(TraceSource source) =>
        source == TraceSource.Kernel ? "kern" : source.Name.Length < Width ? source.Name : source.Name[..(Width - 1)];
}
