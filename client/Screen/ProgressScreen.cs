using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Stress.Client.Running;
using Stress.Grains;

namespace Stress.Client.Screen;

/// <summary>Where a run is: one line that redraws itself on a terminal, a new line now and then elsewhere, or nothing.</summary>
/// <param name="terminal">Where to write.</param>
/// <param name="launch">The run.</param>
/// <param name="shown">False for <c>--no-progress</c>.</param>
public sealed class ProgressScreen(Terminal terminal, Launch launch, bool shown)
{
    private static readonly TimeSpan RedrawEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PlainLineEvery = TimeSpan.FromSeconds(5);
    private readonly long _start = Stopwatch.GetTimestamp();
    private TimeSpan _last = TimeSpan.MinValue;

    /// <summary>Runs the work while its progress shows.</summary>
    public async Task<T> During<T>(Func<Action<ShardProgress>, Task<T>> work)
    {
        if (!shown)
        {
            return await work(static _ => { });
        }

        if (!terminal.IsInteractive)
        {
            return await work(progress => Throttle(PlainLineEvery, progress, () => terminal.Out.WriteLine(Line(progress, launch, Elapsed))));
        }

        return await terminal.Out.Live(new Text("starting")).AutoClear(true).StartAsync(context =>
            work(progress => Throttle(RedrawEvery, progress, () => context.UpdateTarget(Bar(progress)))));
    }

    /// <summary>The progress in one line of text.</summary>
    public static string Line(ShardProgress progress, Launch launch, TimeSpan elapsed)
    {
        double hoursPerWindow = launch.Scenario.Site.Window.Microseconds / 3_600_000_000.0;
        double pairHours = progress.Windows * hoursPerWindow * launch.Scenario.Site.CallersPerAnswerer;
        double planned = (double)launch.Plan.Windows * launch.Plan.Sites;
        double seconds = Math.Max(elapsed.TotalSeconds, 0.001);
        string left = progress.Windows == 0 ? "?" : Wall(TimeSpan.FromSeconds(seconds * Math.Max(0, planned - progress.Windows) / progress.Windows));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{100 * progress.Windows / planned,3:0}%  {pairHours / launch.Plan.Sites / launch.Scenario.Site.CallersPerAnswerer:0.0} of {launch.Hours:0.#} h  {progress.Disconnects:#,0} disconnects  {progress.Crashes:#,0} crashes  {pairHours / seconds:#,0} pair-hours/s  {left} left{(progress.Paused ? "  paused" : "")}");
    }

    private TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    private void Throttle(TimeSpan every, ShardProgress progress, Action write)
    {
        TimeSpan now = Elapsed;
        if (_last == TimeSpan.MinValue || now - _last >= every || progress.Finished)
        {
            _last = now;
            write();
        }
    }

    private Markup Bar(ShardProgress progress)
    {
        const int Width = 24;
        double share = progress.Windows / ((double)launch.Plan.Windows * launch.Plan.Sites);
        int full = Math.Clamp((int)(share * Width), 0, Width);
        return new Markup($"[green]{new string('━', full)}[/][dim]{new string('━', Width - full)}[/] {Markup.Escape(Line(progress, launch, Elapsed))}");
    }

    /// <summary>A duration for people.</summary>
    public static string Wall(TimeSpan time) => time.TotalHours >= 1 ? $"{(int)time.TotalHours} h {time.Minutes} min"
        : time.TotalMinutes >= 1 ? $"{(int)time.TotalMinutes} min {time.Seconds} s" : $"{Math.Ceiling(time.TotalSeconds):0} s";
}
