using Stress.Emulator.Core;

namespace Stress.Contracts;

/// <summary>
/// Executes a site a second time, on its own, in one thread and with the events of quiet stretches in full, and compares it window by window with what the
/// run noted.
/// </summary>
public static class SecondExecution
{
    /// <summary>The first difference, or null when there is none.</summary>
    /// <param name="backend">What executes.</param>
    /// <param name="plan">The run.</param>
    /// <param name="site">The site's number.</param>
    /// <param name="marks">What the run noted after each window.</param>
    /// <param name="stop">Ends the comparison early; what was compared until then counts.</param>
    public static async ValueTask<Difference?> Compare(ISiteBackend backend, RunPlan plan, int site, IReadOnlyList<WindowMark> marks, CancellationToken stop)
    {
        RunPlan inFull = plan with { Site = plan.Site with { SkipQuiet = false } };
        await using ISiteExecution second = await backend.Begin(inFull, site, CancellationToken.None);
        WindowMark before = default;
        for (int window = 0; window < marks.Count && !stop.IsCancellationRequested; window++)
        {
            ZeroRuns? image = second.Save();
            while (second.NextWindow == window)
            {
                await second.RunWindow(CancellationToken.None);
            }

            var now = new WindowMark(second.Digest, second.Events);
            if (now != marks[window])
            {
                VirtualTime start = new(window * plan.Site.Window.Microseconds);
                return new Difference(site, window, start, before.Events + 1, Math.Max(now.Events, marks[window].Events), marks[window], now)
                {
                    Event = backend.FirstDifference(plan, site, window, image),
                };
            }

            before = now;
        }

        return null;
    }
}

/// <summary>Where two executions of a site diverge.</summary>
/// <param name="Site">The site's number.</param>
/// <param name="Window">The first window that differs.</param>
/// <param name="At">Virtual time of the window's start.</param>
/// <param name="FirstEvent">The first event of the window.</param>
/// <param name="LastEvent">Its last event, in the longer of the two.</param>
/// <param name="Run">What the run noted.</param>
/// <param name="Second">What the second execution gave.</param>
public sealed record Difference(int Site, int Window, VirtualTime At, long FirstEvent, long LastEvent, WindowMark Run, WindowMark Second)
{
    /// <summary>The single event, if two further executions of the window diverge at one; null if they agree, so that only the run was different.</summary>
    public DifferingEvent? Event { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"site {Site}, window {Window} (from {At}): events {FirstEvent} to {LastEvent}, digest {Run.Digest:x16} in the run and {Second.Digest:x16} when executed again; "
        + (Event?.ToString() ?? "further executions of the window agree with each other");
}

/// <summary>The first event at which two executions of one window differ.</summary>
/// <param name="Number">The event's number in the site's own count.</param>
/// <param name="ImageAt">Its virtual time in the execution that starts from the image of the window's start.</param>
/// <param name="ImageSays">What it did there.</param>
/// <param name="SeedAt">Its virtual time in the execution from the seed.</param>
/// <param name="SeedSays">What it did there.</param>
public sealed record DifferingEvent(long Number, VirtualTime ImageAt, string ImageSays, VirtualTime SeedAt, string SeedSays)
{
    /// <inheritdoc/>
    public override string ToString() => $"event {Number} differs: from an image at {ImageAt} {{{ImageSays}}}, from the seed at {SeedAt} {{{SeedSays}}}";
}
