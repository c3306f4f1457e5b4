using Stress.Client.Launching;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Guests.Running;

namespace Stress.Client.Capture;

/// <summary>
/// <c>run --pcap</c>: the frames of every site of a run. A site is a function of its seed, so it is executed once more, on its own, with a listener: the run itself needs none, and
/// the capture does not depend on how many workers it had.
/// </summary>
public static class RunCapture
{
    /// <summary>Most pair-hours in one file (some 520 frames and 60 kB each in the mail's set-up).</summary>
    public const double MaxPairHours = 20_000;

    /// <summary>Refuses a run that is too large for one file, and a file that cannot be written.</summary>
    /// <exception cref="UsageException">One of them.</exception>
    public static void Check(string file, Launch launch)
    {
        Output.CheckFile("--pcap", file);
        double pairHours = launch.Plan.Sites * launch.Scenario.Site.Lines * launch.Hours;
        if (pairHours > MaxPairHours)
        {
            throw new UsageException($"--pcap {file}: {pairHours:0} pair-hours in one file; accepted are up to {MaxPairHours:0}: fewer --pairs or --hours, or one --site");
        }
    }

    /// <summary>Writes the capture.</summary>
    /// <param name="file">The file.</param>
    /// <param name="options">What every site is.</param>
    /// <param name="first">The first site.</param>
    /// <param name="sites">How many.</param>
    /// <param name="windows">Windows of each.</param>
    /// <param name="stop">Stops early, after a whole site.</param>
    /// <returns>Frames and lines written.</returns>
    public static (long Frames, int Lines) Write(string file, SiteOptions options, int first, int sites, int windows, CancellationToken stop)
    {
        using CaptureFile capture = CaptureFile.Create(file);
        return Write(capture, options, first, sites, windows, stop);
    }

    /// <summary>Writes the frames into a capture that is open.</summary>
    public static (long Frames, int Lines) Write(CaptureFile capture, SiteOptions options, int first, int sites, int windows, CancellationToken stop)
    {
        for (int number = first; number < first + sites && !stop.IsCancellationRequested; number++)
        {
            Site site = Site.Create(options, (uint)number);
            var lines = new LineCapture(capture, (uint)number, options.Topology);
            site.Trace = lines;
            for (int window = 0; window < windows; window++)
            {
                site.RunWindow();
            }

            lines.End();
        }

        return (capture.Frames, capture.Lines);
    }

    /// <summary>Writes the frames of a run of real kernels into a capture that is open: each pair is executed once more from its seed.</summary>
    public static (long Frames, int Lines) Write(CaptureFile capture, Launch launch, PairParts parts, CancellationToken stop)
    {
        VirtualTime window = launch.Plan.Site.Window, duration = new(launch.Plan.Windows * window.Microseconds);
        for (int number = launch.Plan.FirstSite; number < launch.Plan.FirstSite + launch.Plan.Sites && !stop.IsCancellationRequested; number++)
        {
            var lines = new RealLineCapture(capture, (uint)number);
            using (var session = new PairSession(parts, launch.Real!.OptionsOf(launch.Plan.Site, duration, number), lines.Hear))
            {
                for (int n = 1; n <= launch.Plan.Windows; n++)
                {
                    session.RunTo(new VirtualTime(n * window.Microseconds), stop);
                }
            }

            lines.End();
        }

        return (capture.Frames, capture.Lines);
    }
}
