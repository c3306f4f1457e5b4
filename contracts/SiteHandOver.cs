using Stress.Emulator.Core;
using Stress.Emulator.Sites;

namespace Stress.Contracts;

/// <summary>
/// A site on its way between its router and the line that drives it: live, as its image, or at virtual time zero. Inside a silo the object itself changes hands
/// (that is what the attribute says: it is not copied); across silos it is written as bytes (<see cref="SiteImage"/>), and a site without an image is at virtual time zero when it
/// arrives. Only the holder of the lease may touch it.
/// </summary>
[Immutable]
public sealed class SiteHandOver
{
    private ISiteExecution? _execution;

    /// <summary>Everything that decides the site, apart from its number.</summary>
    public required SiteOptions Options { get; init; }

    /// <summary>The site's number.</summary>
    public required int Number { get; init; }

    /// <summary>The site's image while it is not live; null at virtual time zero.</summary>
    public ZeroRuns? Image { get; init; }

    /// <summary>The window after those that the image includes.</summary>
    public int ImageWindow { get; init; }

    /// <summary>Its counts over virtual time.</summary>
    public required SiteSeries Series { get; init; }

    /// <summary>Digest and event count after each window, when the run checks this site; else null.</summary>
    public List<WindowMark>? Marks { get; init; }

    /// <summary>The site in execution.</summary>
    /// <exception cref="InvalidOperationException">It was not opened.</exception>
    public ISiteExecution Execution
    {
        get => _execution ?? throw new InvalidOperationException($"site {Number}: it has to be opened first");
        init => _execution = value;
    }

    /// <summary>True once it is live.</summary>
    public bool IsOpen => _execution is not null;

    /// <summary>True if nothing of the site is executed yet, or what was is lost on the way.</summary>
    public bool IsUnbegun => _execution is null && Image is null;

    /// <summary>The window that is executed next.</summary>
    public int NextWindow => _execution?.NextWindow ?? ImageWindow;

    /// <summary>A site at virtual time zero.</summary>
    public static SiteHandOver Create(RunPlan plan, int site) => new()
    {
        Options = plan.Site,
        Number = site,
        Series = SiteSeries.Of(plan),
        Marks = plan.CheckedSites.Contains(site) ? [] : null,
    };

    /// <summary>Makes it live, unless it is.</summary>
    /// <param name="backend">What executes it.</param>
    /// <param name="plan">The run.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask Open(ISiteBackend backend, RunPlan plan, CancellationToken cancel = default) =>
        _execution ??= Image is { } image ? await backend.Resume(plan, Number, image, cancel) : await backend.Begin(plan, Number, cancel);

    /// <summary>Executes the site's next window, or waits a while for it (<see cref="ISiteExecution.RunWindow"/>), and notes what it counted once it is executed.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="cancel">Cancels the window, which then does not count.</param>
    public async ValueTask RunWindow(RunPlan plan, CancellationToken cancel = default)
    {
        ISiteExecution site = Execution;
        int window = site.NextWindow;
        await site.RunWindow(cancel);
        if (site.NextWindow == window)
        {
            return;
        }

        site.Note(Series, window / plan.BinWindows);
        Marks?.Add(new WindowMark(site.Digest, site.Events));
    }

    /// <summary>The current image; null at virtual time zero, and for a site whose backend has none.</summary>
    public ZeroRuns? Save() => _execution is { } site ? site.Save() : Image;

    /// <summary>Ends the execution, if there is one: it is not continued.</summary>
    public ValueTask End() => _execution?.DisposeAsync() ?? default;
}

/// <summary>A site between two leases: packed, since most of a large run's sites are idle at any moment; live where its backend has no images.</summary>
/// <param name="site">The site that was returned.</param>
public sealed class SiteAtRest(SiteHandOver site)
{
    private readonly (ZeroRuns? Image, SiteHandOver? Live) _site = Packed(site);
    private readonly int _nextWindow = site.NextWindow;
    private readonly int _number = site.Number;
    private readonly SiteOptions _options = site.Options;
    private readonly ZeroRuns _series = site.Series.Pack();
    private readonly List<WindowMark>? _marks = site.Marks;

    /// <summary>True if the execution itself is kept here.</summary>
    public bool IsLive => _site.Live is not null;

    /// <summary>The site, to be opened; the live one itself if there is no image.</summary>
    public SiteHandOver HandOver() => _site.Live
        ?? new() { Options = _options, Number = _number, Image = _site.Image, ImageWindow = _nextWindow, Series = SiteSeries.Unpack(_series), Marks = _marks };

    /// <summary>What a router's console would show.</summary>
    /// <param name="backend">What executes the site.</param>
    /// <param name="plan">The run.</param>
    /// <param name="router">Which router.</param>
    /// <exception cref="ArgumentOutOfRangeException">The site has no such router.</exception>
    public async ValueTask<string> Show(ISiteBackend backend, RunPlan plan, int router)
    {
        SiteHandOver shown = HandOver();
        await shown.Open(backend, plan);
        try
        {
            return router >= 0 && router < shown.Execution.RouterCount
                ? await shown.Execution.Show(router, CancellationToken.None)
                : throw new ArgumentOutOfRangeException(nameof(router), router, $"site {_number} has routers 0 to {shown.Execution.RouterCount - 1}");
        }
        finally
        {
            if (!IsLive)
            {
                await shown.End();
            }
        }
    }

    /// <summary>Ends the execution that is kept here, if there is one.</summary>
    public ValueTask End() => _site.Live?.End() ?? default;

    private static (ZeroRuns? Image, SiteHandOver? Live) Packed(SiteHandOver site)
    {
        ZeroRuns? image = site.Save();
        return (image, image is null && site.IsOpen ? site : null);
    }
}

/// <summary>The state of a site at the end of a window.</summary>
/// <param name="Digest">The rolling digest.</param>
/// <param name="Events">Events executed since virtual time zero.</param>
[GenerateSerializer, Immutable, Alias("stress.WindowMark")]
public readonly record struct WindowMark([property: Id(0)] ulong Digest, [property: Id(1)] long Events);
