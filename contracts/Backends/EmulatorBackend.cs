using System.Runtime.CompilerServices;
using Stress.Emulator.Core;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Contracts;

/// <summary>The first backend: emulated kernels. Every call ends before it returns.</summary>
/// <param name="folder">Users' own designs that this silo knows; null for none.</param>
public sealed class EmulatorBackend(DesignFolder? folder = null) : ISiteBackend
{
    // The options of a run with the designs that this silo has for them: created once per run, since the grains of a run share the same options.
    private readonly ConditionalWeakTable<SiteOptions, SiteOptions> _known = [];

    /// <inheritdoc/>
    public string Name => RunPlan.DefaultBackend;

    /// <inheritdoc/>
    public BackendCapabilities Capabilities => new(Deterministic: true, Checkpointable: true, RealTime: false);

    /// <inheritdoc/>
    public string? Problem(RunPlan plan)
    {
        try
        {
            _ = Site.Create(OptionsOf(plan), (uint)plan.FirstSite);
            return null;
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }

    /// <inheritdoc/>
    public ValueTask<ISiteExecution> Begin(RunPlan plan, int site, CancellationToken cancel) => new(new EmulatorExecution(Site.Create(OptionsOf(plan), (uint)site)));

    /// <inheritdoc/>
    public ValueTask<ISiteExecution> Resume(RunPlan plan, int site, ZeroRuns image, CancellationToken cancel) =>
        new(new EmulatorExecution(Site.Load(OptionsOf(plan), (uint)site, new ImageReader(image.Unpack()))));

    /// <summary>
    /// The run records one digest per window. To find the event, the window is executed twice more, event by event and side by side: from the image of its
    /// start, as after a hand-over, and from the seed, as one execution without any; then once more with quiet events on the short path, as in the run.
    /// </summary>
    public DifferingEvent? FirstDifference(RunPlan plan, int site, int window, ZeroRuns? start)
    {
        byte[] image = start!.Unpack();
        SiteOptions options = OptionsOf(plan);
        return Part(options, (uint)site, window, image, skipQuiet: false) ?? (options.SkipQuiet ? Part(options, (uint)site, window, image, skipQuiet: true) : null);
    }

    // A plan that came over the network knows only the built-in designs; one of this process has its own.
    private SiteOptions OptionsOf(RunPlan plan) =>
        plan.DesignHash is not { } hash || plan.Site.Designs.All.Any(design => design.Name == plan.Site.Design) ? plan.Site
        : _known.GetValue(plan.Site, options => options with
        {
            Designs = folder?.With(hash) ?? throw new ArgumentException(
                $"design {DesignFolder.NameOf(options.Design, hash)}: not known to this silo; accepted is a silo with its library in the directory that --designs names{(folder is null ? "" : $" (here {folder.Path})")}"),
        });

    private static DifferingEvent? Part(SiteOptions options, uint number, int window, byte[] start, bool skipQuiet)
    {
        Site fromImage = Site.Load(options with { SkipQuiet = skipQuiet }, number, new ImageReader(start));
        Site fromSeed = Site.Create(options with { SkipQuiet = false }, number);
        for (int w = 0; w < window; w++)
        {
            fromSeed.RunWindow();
        }

        Heard said = new(options.Topology), saidToo = new(options.Topology);
        fromSeed.Trace = saidToo;
        if (!skipQuiet)
        {
            // A listener gets every event in full.
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

    // The last event, in words.
    private sealed class Heard(Topology topology) : ISiteTrace
    {
        private readonly List<string> _steps = [];

        public string Text => _steps.Count == 0 ? "nothing to tell" : string.Join("; ", _steps);

        public void Clear() => _steps.Clear();

        public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage) =>
            _steps.Add($"router {router} {source.Name}: {text}");

        public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame) =>
            _steps.Add($"line {link}: {frame.Length} bytes from the {topology.LabelAt(link, from)} end, CRC {System.IO.Hashing.Crc32.HashToUInt32(frame):x8}");
    }

    private sealed class EmulatorExecution(Site site) : ISiteExecution
    {
        public int NextWindow => site.NextWindow;

        public long Events => site.Clock.Events;

        public ulong Digest => site.Digest;

        public int RouterCount => site.RouterCount;

        public SiteTally Tally => site.Tally;

        public ValueTask RunWindow(CancellationToken cancel)
        {
            site.RunWindow();
            return default;
        }

        public void Note(SiteSeries series, int bin) => series.Note(bin, site);

        public ValueTask<string> Show(int router, CancellationToken cancel) => new(site.Show(router));

        public ZeroRuns Save()
        {
            var image = new ImageWriter();
            site.Save(image);
            return new ZeroRuns(image.Written.Span);
        }

        public ValueTask DisposeAsync() => default;
    }
}
