using Stress.Emulator.Core;
using Stress.Emulator.Sites;

namespace Stress.Contracts;

/// <summary>
/// Executes sites: the interface between the grains, which own, lease, count and move, and whatever a router is. One object serves all sites of a silo, from many
/// threads at once, and keeps no state of any of them.
/// </summary>
public interface ISiteBackend
{
    /// <summary>Its name in a plan (<see cref="RunPlan.Backend"/>).</summary>
    string Name { get; }

    /// <summary>What it can.</summary>
    BackendCapabilities Capabilities { get; }

    /// <summary>Why it cannot execute the plan, in words that follow "run refused: "; null when it can. Asked once a run, before anything is executed.</summary>
    string? Problem(RunPlan plan);

    /// <summary>A site at virtual time zero. It has to be cheap: what takes long, such as booting a kernel, belongs in the first window.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="site">The site's number.</param>
    /// <param name="cancel">Ends the wait.</param>
    ValueTask<ISiteExecution> Begin(RunPlan plan, int site, CancellationToken cancel);

    /// <summary>A site restored from its image.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="site">The site's number.</param>
    /// <param name="image">What <see cref="ISiteExecution.Save"/> gave, here or on another silo.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="NotSupportedException">The backend is not checkpointable.</exception>
    ValueTask<ISiteExecution> Resume(RunPlan plan, int site, ZeroRuns image, CancellationToken cancel) =>
        throw new NotSupportedException($"backend '{Name}' has no images: its sites are executed again from virtual time zero");

    /// <summary>
    /// The single event at which two further executions of a window differ: one from the image of its start, one from virtual time zero. Null when they agree, or if the backend
    /// cannot examine a window.
    /// </summary>
    /// <param name="plan">The run.</param>
    /// <param name="site">The site's number.</param>
    /// <param name="window">The window.</param>
    /// <param name="start">The image of the window's start, or null without one.</param>
    DifferingEvent? FirstDifference(RunPlan plan, int site, int window, ZeroRuns? start) => null;
}

/// <summary>What a backend can.</summary>
/// <param name="Deterministic">The same plan and site give the same digest, counters and crashes, wherever and however often they are executed.</param>
/// <param name="Checkpointable">
/// A site has an image that travels. Without one, a site that loses its execution (its silo left or died, its lease was taken back, its run was interrupted) is
/// executed again from virtual time zero.
/// </param>
/// <param name="RealTime">A window takes its virtual time in wall time.</param>
public readonly record struct BackendCapabilities(bool Deterministic, bool Checkpointable, bool RealTime);

/// <summary>
/// One site in execution. One caller at a time uses it, never two: the holder of its lease, or its router between two leases. Counters are cumulative since
/// virtual time zero.
/// </summary>
public interface ISiteExecution : IAsyncDisposable
{
    /// <summary>The window that <see cref="RunWindow"/> executes next.</summary>
    int NextWindow { get; }

    /// <summary>Events executed.</summary>
    long Events { get; }

    /// <summary>The rolling digest over every event.</summary>
    ulong Digest { get; }

    /// <summary>Routers of the site.</summary>
    int RouterCount { get; }

    /// <summary>The counters as of the last window's end. The object is not changed once it was returned.</summary>
    SiteTally Tally { get; }

    /// <summary>
    /// Executes one window of virtual time, or waits a while for one that continues on its own: then <see cref="NextWindow"/> is unchanged, and whoever drives the
    /// site asks again. A call must not take longer than some seconds of wall time. An execution whose window was cancelled or failed is only disposed of.
    /// </summary>
    /// <param name="cancel">Asked when the silo leaves, of backends that are not checkpointable: the window would count for nothing.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    ValueTask RunWindow(CancellationToken cancel);

    /// <summary>Notes what was counted up to the end of a window that lies in the bin.</summary>
    void Note(SiteSeries series, int bin);

    /// <summary>What a router's console would show.</summary>
    /// <param name="router">Which router, below <see cref="RouterCount"/>.</param>
    /// <param name="cancel">Ends the wait.</param>
    ValueTask<string> Show(int router, CancellationToken cancel);

    /// <summary>The image between two windows; the execution stays as it is. Null if the backend is not checkpointable.</summary>
    ZeroRuns? Save();
}
