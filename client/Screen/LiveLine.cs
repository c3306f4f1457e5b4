using System.Diagnostics;
using Spectre.Console;

namespace Stress.Client.Screen;

/// <summary>The progress of some work.</summary>
/// <param name="Share">How much of it is done, 0 to 1; null when it has no end.</param>
/// <param name="Text">The same in words.</param>
/// <param name="Finished">It is at its end: shown at once.</param>
public readonly record struct LiveState(double? Share, string Text, bool Finished);

/// <summary>One line with the progress of long work: it redraws itself on a terminal; elsewhere there is a new line now and then, or none.</summary>
/// <param name="terminal">Where to write.</param>
/// <param name="shown">False for <c>--no-progress</c>.</param>
public sealed class LiveLine(Terminal terminal, bool shown)
{
    private static readonly TimeSpan RedrawEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PlainLineEvery = TimeSpan.FromSeconds(5);
    private readonly long _start = Stopwatch.GetTimestamp();
    private TimeSpan _last = TimeSpan.MinValue;

    /// <summary>Wall time since the line was made.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>Runs the work while its progress shows.</summary>
    /// <param name="work">The work; it gets a callback for its progress, to call as often as it likes.</param>
    public async Task<T> During<T>(Func<Action<LiveState>, Task<T>> work)
    {
        if (!shown)
        {
            return await work(static _ => { });
        }

        if (!terminal.IsInteractive)
        {
            return await work(state => Throttle(PlainLineEvery, state, () => terminal.Text.WriteLine(state.Text)));
        }

        return await terminal.Out.Live(new Text("starting")).AutoClear(true).StartAsync(context =>
            work(state => Throttle(RedrawEvery, state, () => context.UpdateTarget(Bar(state)))));
    }

    private void Throttle(TimeSpan every, LiveState state, Action write)
    {
        TimeSpan now = Elapsed;
        if (_last == TimeSpan.MinValue || now - _last >= every || state.Finished)
        {
            _last = now;
            write();
        }
    }

    private static Markup Bar(LiveState state)
    {
        const int Width = 24;
        if (state.Share is not { } share)
        {
            return new Markup(Markup.Escape(state.Text));
        }

        int full = Math.Clamp((int)(share * Width), 0, Width);
        return new Markup($"[green]{new string('━', full)}[/][dim]{new string('━', Width - full)}[/] {Markup.Escape(state.Text)}");
    }
}
