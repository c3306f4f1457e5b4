using System.Globalization;
using Stress.Client.Launching;
using Stress.Contracts;
using Stress.Observability;

namespace Stress.Client.Screen;

/// <summary>The progress of a run, on a <see cref="LiveLine"/>.</summary>
/// <param name="terminal">Where to write.</param>
/// <param name="launch">The run.</param>
/// <param name="shown">False for <c>--no-progress</c>.</param>
/// <param name="which">Which run it is, at the start of the line, if one command executes several.</param>
public sealed class ProgressScreen(Terminal terminal, Launch launch, bool shown, string which = "")
{
    private readonly LiveLine _line = new(terminal, shown);

    /// <summary>Runs the work while its progress shows.</summary>
    public Task<T> During<T>(Func<Action<ShardProgress>, Task<T>> work) => _line.During<T>(show => work(progress => show(new LiveState(
        progress.Windows / ((double)launch.Plan.Windows * launch.Plan.Sites), which + Line(progress, launch, _line.Elapsed), progress.Finished))));

    /// <summary>The progress in one line of text.</summary>
    /// <param name="progress">Where the run is.</param>
    /// <param name="launch">The run.</param>
    /// <param name="elapsed">Wall time since its start; null for a run that has ended, which has no speed.</param>
    public static string Line(ShardProgress progress, Launch launch, TimeSpan? elapsed)
    {
        double hoursPerWindow = launch.Scenario.Site.Window.Microseconds / 3_600_000_000.0;
        double pairHours = progress.Windows * hoursPerWindow * launch.Scenario.Site.Lines;
        double planned = (double)launch.Plan.Windows * launch.Plan.Sites;
        string done = string.Create(
            CultureInfo.InvariantCulture,
            $"{100 * progress.Windows / planned,3:0}%  {pairHours / launch.Plan.Sites / launch.Scenario.Site.Lines:0.0} of {launch.Hours:0.#} h  {Counted.Of(progress.Counters.Disconnects, "disconnect")}  {Counted.Of(progress.Crashes, "crash")}");
        if (elapsed is not { } wall)
        {
            return done;
        }

        double seconds = Math.Max(wall.TotalSeconds, 0.001);
        string left = progress.Paused ? "paused" : progress.Windows == 0 ? "? left"
            : $"{Wall(TimeSpan.FromSeconds(seconds * Math.Max(0, planned - progress.Windows) / progress.Windows))} left";
        return string.Create(CultureInfo.InvariantCulture, $"{done}  {pairHours / seconds:#,0} pair-hours/s  {left}");
    }

    /// <summary>A duration for people.</summary>
    public static string Wall(TimeSpan time) => time.TotalHours >= 1 ? $"{(int)time.TotalHours} h {time.Minutes} min"
        : time.TotalMinutes >= 1 ? $"{(int)time.TotalMinutes} min {time.Seconds} s" : $"{Math.Ceiling(time.TotalSeconds):0} s";
}
