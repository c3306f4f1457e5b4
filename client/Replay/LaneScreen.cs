using System.Globalization;
using System.Text;
using Stress.Emulator.Simulation;
using Stress.Observability.Html;

namespace Stress.Client.Replay;

/// <summary>Prints steps from top to bottom with a column for each process and device of each system, the line between them.</summary>
public sealed class LaneScreen
{
    private static readonly TraceSource[] Sources =
        [TraceSource.Kernel, TraceSource.Pppd, TraceSource.Zebra, TraceSource.Ospfd, TraceSource.Ripngd, TraceSource.Getty, TraceSource.Cron, TraceSource.Other];

    private const int Width = 6;
    private readonly TextWriter _o;
    private readonly List<(int Router, TraceSource Source)> _lanes;
    private string _time = "";

    /// <summary>Columns for the steps that will be printed, or for every process of a router where they are not known yet.</summary>
    /// <param name="o">Where to print.</param>
    /// <param name="steps">The steps, or null.</param>
    /// <param name="routers">Routers of the site.</param>
    public LaneScreen(TextWriter o, IReadOnlyCollection<TimelineStep>? steps, int routers)
    {
        _o = o;
        HashSet<(int, TraceSource)>? used = steps?.Select(s => Key(s)).ToHashSet();
        _lanes = [];
        for (int r = 0; r < routers; r++)
        {
            _lanes.AddRange(Sources.Select(s => (r, s)).Where(lane => used is null ? lane.s is not TraceSource.Getty : used.Contains(lane)));
            if (r == 0 && (used is null || used.Contains((-1, TraceSource.Line))))
            {
                _lanes.Add((-1, TraceSource.Line));
            }
        }
    }

    /// <summary>The names of the columns.</summary>
    public void Head()
    {
        _o.WriteLine($"{"",8} {"",15}  {Overlap(_lanes)}".TrimEnd());
        _o.WriteLine($"{"event",8} {"time",-15}  {string.Concat(_lanes.Select(l => Name(l.Source).PadRight(Width)))}");
    }

    /// <summary>One step.</summary>
    public void Print(TimelineStep s)
    {
        var marks = new StringBuilder();
        (int, TraceSource) key = Key(s);
        bool shown = false;
        foreach ((int, TraceSource) lane in _lanes)
        {
            bool here = lane == key;
            shown |= here;
            marks.Append((here ? "●" : "·").PadRight(Width));
        }

        string time = s.At.ToString(), stage = s.Stage == PointerStage.None ? "" : $"   <- {SwimLanes.StageName(s.Stage)}";
        _o.WriteLine($"{s.Number.ToString(CultureInfo.InvariantCulture),8} {(time == _time ? "" : time),-15}  {marks}{(shown ? "" : $"{System(s.Router)} {Name(s.Source)}: ")}{s.Text}{stage}");
        _time = time;
    }

    private static (int, TraceSource) Key(TimelineStep s) => s.Source == TraceSource.Line ? (-1, TraceSource.Line) : (s.Router, s.Source);

    // A system's name may be longer than its columns are wide in all: it then ends where they do.
    private static string Overlap(List<(int Router, TraceSource Source)> lanes) => string.Concat(lanes.GroupBy(l => l.Router).Select(g =>
    {
        int width = g.Count() * Width;
        string name = System(g.Key);
        return (name.Length >= width ? name[..(width - 1)] : name).PadRight(width);
    }));

    private static string System(int router) => router switch { < 0 => "", 0 => "called", 1 => "calling", _ => $"calling {router}" };

    private static string Name(TraceSource source) => source switch
    {
        TraceSource.Kernel => "kern",
        TraceSource.Ripngd => "ripng",
        _ => source.ToString().ToLowerInvariant(),
    };
}
