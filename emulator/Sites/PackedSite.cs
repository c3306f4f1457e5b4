using Stress.Emulator.Core;

namespace Stress.Emulator.Sites;

/// <summary>
/// A site between two windows: its image (<see cref="Site.Save"/>) with runs of zero bytes left out, a fraction of the live object's size. Packing and opening take a few
/// microseconds: a worker with many sites opens one, executes any number of windows, and packs it again.
/// </summary>
public sealed class PackedSite
{
    private readonly ZeroRuns _image;

    private PackedSite(uint number, ZeroRuns image)
    {
        Number = number;
        _image = image;
    }

    /// <summary>The site's number in the run.</summary>
    public uint Number { get; }

    /// <summary>Size in bytes.</summary>
    public int Length => _image.PackedLength;

    /// <summary>Packs a site, which stays as it is.</summary>
    public static PackedSite Pack(Site site)
    {
        var image = new ImageWriter();
        site.Save(image);
        return new PackedSite(site.Number, new ZeroRuns(image.Written.Span));
    }

    /// <summary>The live site.</summary>
    /// <param name="options">The options it was made with.</param>
    public Site Open(SiteOptions options) => Site.Load(options, Number, new ImageReader(_image.Unpack()));
}
