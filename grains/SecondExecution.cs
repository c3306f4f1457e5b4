using Stress.Emulator.Simulation;

namespace Stress.Grains;

/// <summary>
/// Executes a site a second time, alone, in one thread and with the events of quiet stretches in full, and compares it window by window with what the
/// run noted.
/// </summary>
public static class SecondExecution
{
    /// <summary>The first difference, or null when there is none.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="site">The site's number.</param>
    /// <param name="marks">What the run noted after each window.</param>
    /// <param name="stop">Ends the comparison early; what was compared until then counts.</param>
    public static Difference? Compare(SiteOptions options, int site, IReadOnlyList<WindowMark> marks, CancellationToken stop)
    {
        var second = Site.Create(options with { SkipQuiet = false }, (uint)site);
        WindowMark before = default;
        for (int window = 0; window < marks.Count && !stop.IsCancellationRequested; window++)
        {
            VirtualTime start = second.Now;
            second.RunWindow();
            var now = new WindowMark(second.Tally.Digest, second.Tally.Events);
            if (now != marks[window])
            {
                return new Difference(site, window, start, before.Events + 1, Math.Max(now.Events, marks[window].Events), marks[window], now);
            }

            before = now;
        }

        return null;
    }
}

/// <summary>Where two executions of a site part.</summary>
/// <param name="Site">The site's number.</param>
/// <param name="Window">The first window that differs.</param>
/// <param name="At">Virtual time of the window's start.</param>
/// <param name="FirstEvent">The first event of the window.</param>
/// <param name="LastEvent">Its last event, in the longer of the two.</param>
/// <param name="Run">What the run noted.</param>
/// <param name="Second">What the second execution gave.</param>
public sealed record Difference(int Site, int Window, VirtualTime At, long FirstEvent, long LastEvent, WindowMark Run, WindowMark Second)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"site {Site}, window {Window} (from {At}): events {FirstEvent} to {LastEvent}, digest {Run.Digest:x16} in the run and {Second.Digest:x16} when executed again";
}
