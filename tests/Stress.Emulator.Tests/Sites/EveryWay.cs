using Stress.Emulator.Sites;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

/// <summary>A site executed in every way that has to end the same: in one go, from its image after each window, and with every event in full.</summary>
internal static class EveryWay
{
    /// <summary>Executes a site in each way, and fails where a digest differs.</summary>
    /// <returns>The site that was executed in one go.</returns>
    public static Site Ran(SiteOptions options, int windows, uint number = 0)
    {
        Site whole = Site.Create(options, number), full = Site.Create(options with { SkipQuiet = false }, number);
        PackedSite packed = PackedSite.Pack(Site.Create(options, number));
        for (int window = 0; window < windows; window++)
        {
            whole.RunWindow();
            full.RunWindow();
            Site opened = packed.Open(options);
            opened.RunWindow();
            packed = PackedSite.Pack(opened);
        }

        Assert.Equal((whole.Digest, whole.Digest), (packed.Open(options).Digest, full.Digest));
        return whole;
    }
}
