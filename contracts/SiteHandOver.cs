using Stress.Emulator.Core;
using Stress.Emulator.Sites;

namespace Stress.Contracts;

/// <summary>
/// A site on its way between its router and the line that drives it. Inside a silo the live object changes hands (that is what the attribute
/// says: it is not copied); across silos it is written as bytes (<see cref="SiteImage"/>). A lease says who may touch it, and only its holder does.
/// </summary>
[Immutable]
public sealed class SiteHandOver
{
    /// <summary>Everything that decides the site, apart from its number.</summary>
    public required SiteOptions Options { get; init; }

    /// <summary>The site.</summary>
    public required Site Site { get; init; }

    /// <summary>Its counts over virtual time.</summary>
    public required SiteSeries Series { get; init; }

    /// <summary>Digest and event count after each window, when the run checks this site; else null.</summary>
    public List<WindowMark>? Marks { get; init; }

    /// <summary>A site at virtual time zero.</summary>
    public static SiteHandOver Create(RunPlan plan, int site) => new()
    {
        Options = plan.Site,
        Site = Site.Create(plan.Site, (uint)site),
        Series = new SiteSeries(plan.Bins),
        Marks = plan.CheckedSites.Contains(site) ? [] : null,
    };

    /// <summary>Executes the site's next window and notes what it counted.</summary>
    public void RunWindow(RunPlan plan)
    {
        int window = Site.NextWindow;
        Site.RunWindow();
        Series.Note(window / plan.BinWindows, Site);
        Marks?.Add(new WindowMark(Site.Digest, Site.Clock.Events));
    }
}

/// <summary>A site between two leases: packed, since most of a large run's sites rest at any moment.</summary>
/// <param name="image">What came back.</param>
public sealed class SiteAtRest(SiteHandOver image)
{
    private readonly PackedSite _site = PackedSite.Pack(image.Site);
    private readonly SiteOptions _options = image.Options;
    private readonly ZeroRuns _series = image.Series.Pack();
    private readonly List<WindowMark>? _marks = image.Marks;

    /// <summary>The site, live again.</summary>
    public SiteHandOver Open() => new() { Options = _options, Site = _site.Open(_options), Series = SiteSeries.Unpack(_series), Marks = _marks };
}

/// <summary>What a site had come to at the end of a window.</summary>
/// <param name="Digest">The rolling digest.</param>
/// <param name="Events">Events executed since virtual time zero.</param>
[GenerateSerializer, Immutable, Alias("stress.WindowMark")]
public readonly record struct WindowMark([property: Id(0)] ulong Digest, [property: Id(1)] long Events);
