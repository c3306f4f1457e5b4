using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Stress.Observability;
using Stress.Observability.Instruments;

namespace Stress.Client.Screen;

/// <summary>A run in progress: a view that redraws itself on a terminal, a line now and then elsewhere.</summary>
/// <param name="terminal">Where to write.</param>
/// <param name="clock">Wall time.</param>
public sealed class WatchScreen(Terminal terminal, TimeProvider clock)
{
    private static readonly TimeSpan RedrawEvery = TimeSpan.FromSeconds(1), PlainLineEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LateAfter = TimeSpan.FromSeconds(5);

    /// <summary>Columns below which a view has no room for the history of the rates.</summary>
    private const int NarrowBelow = 110;

    private readonly WatchHistory _history = new();

    /// <summary>Shows the run until it has finished, has been silent for too long, or the user ends the view.</summary>
    /// <param name="read">Gives the latest state, or null while there is none.</param>
    /// <param name="goneAfter">Wall time without news after which the run is given up.</param>
    /// <param name="stop">The user ends the view.</param>
    /// <returns>The last state, or null when there was none.</returns>
    public async Task<RunProgress?> Follow(Func<Task<RunProgress?>> read, TimeSpan goneAfter, CancellationToken stop)
    {
        if (!terminal.IsInteractive)
        {
            return await Loop(read, goneAfter, PlainLineEvery, state => terminal.Text.WriteLine(Line(state)), stop);
        }

        RunProgress? last = await terminal.Out.Live(new Text("waiting for the run's first progress")).AutoClear(true).StartAsync(
            context => Loop(read, goneAfter, RedrawEvery, state => context.UpdateTarget(View(state)), stop));
        if (last is not null)
        {
            terminal.Out.Write(View(last));
        }

        return last;
    }

    /// <summary>The state in one line of text.</summary>
    public string Line(RunProgress state)
    {
        RunSnapshot run = state.Run;
        IEnumerable<string> rates =
            from path in run.Crashes
            let rate = WilsonInterval.Of(path.Count, run.Counters[path.Role].DecidedDisconnects, path.Independent)
            where path.Count > 0
            select $"{path.Path} {run.Counters.NameOf(path.Role)} {Percent(rate.Rate)} ({Percent(rate.Low)} to {Percent(rate.High)})";
        return string.Join("  ", [.. Facts(state), .. rates]);
    }

    /// <summary>The whole view.</summary>
    public IRenderable View(RunProgress state)
    {
        RunSnapshot run = state.Run;
        var head = new Markup(
            $"[bold]{Markup.Escape(run.Labels.Run)}[/]   scenario {Markup.Escape(run.Labels.Scenario)}   design {Markup.Escape(run.Labels.Design)}   {Counted.Of(run.Pairs, "pair")}\n"
            + $"{Bar(run)} {Markup.Escape(string.Join("  ", Facts(state)))}");
        var speed = new Markup($"[dim]speed[/] {Markup.Escape(_history.Speeds)}   [dim]sites[/] {run.SitesPlanned:#,0} planned, {run.SitesDone:#,0} done, {Bad(run.SitesFailed, "failed")}, {Bad(run.SitesLost, "lost")}");
        return new Rows(head, Rates(run), speed, Silos(state.Silos));
    }

    private async Task<RunProgress?> Loop(Func<Task<RunProgress?>> read, TimeSpan goneAfter, TimeSpan every, Action<RunProgress> show, CancellationToken stop)
    {
        for (DateTimeOffset heard = clock.GetUtcNow(); ;)
        {
            RunProgress? state = await read();
            if (state is not null)
            {
                _history.Note(state.Run);
                show(state);
                heard = state.At;
            }

            if (state is { Run.Finished: true } || stop.IsCancellationRequested || clock.GetUtcNow() - heard > goneAfter)
            {
                return state;
            }

            await Task.Delay(state is null ? RedrawEvery : every, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private TimeSpan Age(RunProgress state) => clock.GetUtcNow() - state.At;

    private IEnumerable<string> Facts(RunProgress state)
    {
        RunSnapshot run = state.Run;
        double share = run.WindowsPlanned == 0 ? 0 : run.Windows / (double)run.WindowsPlanned;
        yield return string.Create(CultureInfo.InvariantCulture, $"{100 * share,3:0}%");
        yield return string.Create(CultureInfo.InvariantCulture, $"{run.PairHours / run.Pairs:0.0} of {run.HoursPlanned:0.#} h");
        yield return string.Create(CultureInfo.InvariantCulture, $"{Counted.Of(run.Counters.Total.Disconnects, "disconnect")}");
        yield return string.Create(CultureInfo.InvariantCulture, $"{Counted.Of(run.Crashes.Sum(path => path.Count), "crash")}");
        double mean = run.PairHours / Math.Max(0.001, run.Wall.TotalSeconds);
        yield return string.Create(CultureInfo.InvariantCulture, $"{_history.Speed ?? mean:#,0.#} pair-hours/s");
        if (run.Pace > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"pace {run.Pace:0.###}, {run.PaceLag.TotalSeconds:0.0} s behind");
        }

        if (run.Finished)
        {
            yield return "finished";
        }
        else if (Age(state) > LateAfter)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"no news for {Age(state).TotalSeconds:0} s");
        }
        else if (run.Paused)
        {
            yield return "paused";
        }
        else if (run.Windows > 0)
        {
            yield return $"{ProgressScreen.Wall(run.Wall * ((1 - share) / share))} left";
        }
    }

    private IRenderable Rates(RunSnapshot run)
    {
        bool wide = Terminal.Width(terminal.Out) >= NarrowBelow, reported = run.Bands.Any(band => band.Reported is not null);
        string[] columns = ["code path", "role", "#crashes", "#disconnects", "#rate", "#95 % interval", .. reported ? (string[])["#mail"] : [], .. wide ? (string[])["rate lately"] : []];
        var table = new ScreenTable(columns);

        foreach (PathCount path in run.Crashes)
        {
            long trials = run.Counters[path.Role].DecidedDisconnects;
            var rate = WilsonInterval.Of(path.Count, trials, path.Independent);
            double? mail = run.Bands.FirstOrDefault(band => band.Path == path.Path && band.Role == path.Role)?.Reported;
            ScreenCell[] cells =
            [
                path.Path,
                run.Counters.NameOf(path.Role),
                Count(path.Count),
                Count(trials),
                new(ReportScreen.Rate(rate.Rate, trials), "bold"),
                ReportScreen.Range(rate.Low, rate.High, trials),
            ];
            table.Add([.. cells, .. reported ? (ScreenCell[])[mail is { } stated ? Percent(stated) : ""] : [], .. wide ? (ScreenCell[])[_history.Rates(path.Path, path.Role)] : []]);
        }

        return table.For(Terminal.Width(terminal.Out));
    }

    private IRenderable Silos(IReadOnlyList<SiloState> silos)
    {
        var table = new ScreenTable(["silo", "state", "#activations", "#processor", "#memory"]);
        foreach (SiloState silo in silos)
        {
            table.Add(
                silo.Address,
                new(silo.Status, silo.Status == "Active" ? "" : "yellow"),
                Count(silo.Activations),
                string.Create(CultureInfo.InvariantCulture, $"{silo.CpuPercent:0} %"),
                string.Create(CultureInfo.InvariantCulture, $"{silo.MemoryBytes / 1048576.0:#,0} MiB"));
        }

        return table.For(Terminal.Width(terminal.Out));
    }

    private static string Bar(RunSnapshot run)
    {
        const int Width = 24;
        int full = run.WindowsPlanned == 0 ? 0 : (int)Math.Clamp(Width * run.Windows / run.WindowsPlanned, 0, Width);
        return $"[green]{new string('━', full)}[/][dim]{new string('━', Width - full)}[/]";
    }

    private static string Bad(long count, string what) => count == 0 ? $"0 {what}" : $"[red]{Count(count)} {what}[/]";

    private static string Count(long n) => n.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0} %");
}
