using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

public class PackedSiteTests
{
    private static readonly SiteOptions Options = new()
    {
        Seed = 21,
        Roles = new(new RoleOptions { Role = Role.Called }, new RoleOptions { Role = Role.Calling, Pppd = new PppdOptions { Persist = true }, Hup = new HupOptions { Enabled = true } }),
    };

    [Fact]
    public void A_site_that_is_packed_after_every_window_ends_as_one_that_is_not()
    {
        Site whole = Site.Create(Options, 4);
        PackedSite packed = PackedSite.Pack(Site.Create(Options, 4));
        for (int window = 0; window < 12; window++)
        {
            whole.RunWindow();
            Site opened = packed.Open(Options);
            opened.RunWindow();
            packed = PackedSite.Pack(opened);
        }

        Assert.Equal(4u, packed.Number);
        Assert.Equal(Image(whole), Image(packed.Open(Options)));
    }

    [Fact]
    public void A_router_at_rest_takes_less_than_four_kilobytes()
    {
        Site site = Site.Create(Options, 0);
        for (int window = 0; window < 72; window++)
        {
            site.RunWindow();
        }

        Assert.InRange(PackedSite.Pack(site).Length / site.RouterCount, 500, 4096);
    }

    private static byte[] Image(Site site)
    {
        var image = new ImageWriter();
        site.Save(image);
        return image.Written.ToArray();
    }
}
