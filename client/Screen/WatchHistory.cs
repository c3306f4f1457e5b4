using Stress.Emulator.Link;
using Stress.Observability;
using Stress.Observability.Instruments;

namespace Stress.Client.Screen;

/// <summary>What a view remembers about a run: how each rate, and the speed, changed from one state to the next.</summary>
public sealed class WatchHistory
{
    private const int Kept = 24;
    private readonly Dictionary<(string Path, Role Role), Sparkline> _rates = [];
    private readonly Sparkline _speeds = new(Kept);
    private RunSnapshot? _before;

    /// <summary>Pair-hours a second of wall time between the last two states; null before there are two.</summary>
    public double? Speed { get; private set; }

    /// <summary>The speed of the last states, as bars.</summary>
    public string Speeds => _speeds.ToString();

    /// <summary>Crashes per disconnect in the last states, as bars.</summary>
    public string Rates(string path, Role role) => _rates.TryGetValue((path, role), out Sparkline? line) ? line.ToString() : "";

    /// <summary>Takes note of a state. A state without progress since the last is skipped.</summary>
    public void Note(RunSnapshot now)
    {
        if (_before is { } before)
        {
            double seconds = (now.Wall - before.Wall).TotalSeconds;
            if (seconds <= 0 || now.Windows < before.Windows)
            {
                return;
            }

            Speed = (now.PairHours - before.PairHours) / seconds;
            _speeds.Add(Speed.Value);
            foreach (PathCount path in now.Crashes)
            {
                long trials = now.Counters[path.Role].DecidedDisconnects - before.Counters[path.Role].DecidedDisconnects;
                if (trials > 0)
                {
                    long crashes = path.Count - before.Crashes.FirstOrDefault(old => old.Path == path.Path && old.Role == path.Role).Count;
                    Line(path).Add(Math.Max(0, crashes) / (double)trials);
                }
            }
        }

        _before = now;
    }

    private Sparkline Line(PathCount path)
    {
        if (!_rates.TryGetValue((path.Path, path.Role), out Sparkline? line))
        {
            _rates[(path.Path, path.Role)] = line = new Sparkline(Kept);
        }

        return line;
    }
}
