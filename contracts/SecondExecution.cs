using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Contracts;

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
            var image = new ImageWriter();
            second.Save(image);
            second.RunWindow();
            var now = new WindowMark(second.Digest, second.Clock.Events);
            if (now != marks[window])
            {
                return new Difference(site, window, start, before.Events + 1, Math.Max(now.Events, marks[window].Events), marks[window], now)
                {
                    Event = Narrow(options, (uint)site, window, image.Written.ToArray()),
                };
            }

            before = now;
        }

        return null;
    }

    // The run notes a digest a window. Which event it is shows when the window is executed twice more, event by event and side by side: from the image of its
    // start, as after a hand-over, and from the seed, as one execution without any; then once more with quiet events taken the short way, as the run does.
    private static DifferingEvent? Narrow(SiteOptions options, uint number, int window, byte[] start) =>
        Part(options, number, window, start, skipQuiet: false) ?? (options.SkipQuiet ? Part(options, number, window, start, skipQuiet: true) : null);

    private static DifferingEvent? Part(SiteOptions options, uint number, int window, byte[] start, bool skipQuiet)
    {
        Site fromImage = Site.Load(options with { SkipQuiet = skipQuiet }, number, new ImageReader(start));
        Site fromSeed = Site.Create(options with { SkipQuiet = false }, number);
        for (int w = 0; w < window; w++)
        {
            fromSeed.RunWindow();
        }

        Heard said = new(), saidToo = new();
        fromSeed.Trace = saidToo;
        if (!skipQuiet)
        {
            // Who listens gets every event in full.
            fromImage.Trace = said;
        }

        VirtualTime end = new((window + 1) * options.Window.Microseconds);
        while (true)
        {
            if (fromImage.Digest != fromSeed.Digest || fromImage.Clock.Events != fromSeed.Clock.Events)
            {
                return new DifferingEvent(
                    Math.Max(fromImage.Clock.Events, fromSeed.Clock.Events), fromImage.Now, skipQuiet ? "quiet events taken the short way" : said.Text, fromSeed.Now, saidToo.Text);
            }

            if (fromImage.Queue.NextTime >= end && fromSeed.Queue.NextTime >= end)
            {
                return null;
            }

            said.Clear();
            saidToo.Clear();
            long next = fromImage.Clock.Events + 1;
            fromImage.RunUntil(end, next);
            fromSeed.RunUntil(end, next);
        }
    }

    // What the last event said, in words.
    private sealed class Heard : ISiteTrace
    {
        private readonly List<string> _steps = [];

        public string Text => _steps.Count == 0 ? "nothing to tell" : string.Join("; ", _steps);

        public void Clear() => _steps.Clear();

        public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage) =>
            _steps.Add($"router {router} {source.ToString().ToLowerInvariant()}: {text}");

        public void Frame(VirtualTime at, int caller, Role from, ReadOnlySpan<byte> frame) =>
            _steps.Add($"line {caller}: {frame.Length} bytes from the {(from == Role.Called ? "called" : "calling")} end, CRC {System.IO.Hashing.Crc32.HashToUInt32(frame):x8}");
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
    /// <summary>The single event, when two further executions of the window part at one; null when they agree, so that the run alone was different.</summary>
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
