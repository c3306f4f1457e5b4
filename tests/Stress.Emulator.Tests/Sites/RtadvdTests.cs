using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

public class RtadvdTests
{
    // Half an hour; the calling system is a host that listens.
    private static Site Run(bool hup)
    {
        var role = new RoleOptions { Role = Role.Called, Daemons = [], Rtadvd = new RtadvdOptions { Interval = VirtualTime.FromMinutes(10) } };
        Site site = Site.Create(
            new SiteOptions
            {
                Seed = 9, Window = VirtualTime.FromMinutes(35),
                Roles = new(role, role with
                {
                    Role = Role.Calling,
                    Kernel = new KernelOptions { AcceptRtadv = true },
                    Pppd = new PppdOptions { Persist = true },
                    Hup = new HupOptions { Enabled = hup },
                    Rtadvd = new RtadvdOptions { Listed = VirtualTime.FromMinutes(1) },
                }),
            },
            0);
        site.RunWindow();
        return site;
    }

    private static NdDefrouter[] Routers(Site site) => [.. site.Routers[1].Kernel.NdDefrouters.ToArray().Where(dr => dr.Used)];

    [Fact]
    public void A_host_hears_the_router_at_the_other_end_of_its_line()
    {
        Site site = Run(hup: false);

        Assert.True(Assert.Single(Routers(site)).Installed);
        Assert.Equal(0, site.Routers[1].Oracle.Probes[(int)Probe.StalePointerUsed]);
        Assert.DoesNotContain(site.Routers[0].Kernel.NdDefrouters.ToArray(), dr => dr.Used);
    }

    [Fact]
    public void Each_lost_link_leaves_a_router_behind_and_ndp_reads_through_it()
    {
        Site site = Run(hup: true);

        Assert.True(site.Routers[1].Oracle.Stale[(int)HolderKind.NdDefrouterIfp].Created > 0);
        Assert.True(site.Routers[1].Oracle.Probes[(int)Probe.StalePointerUsed] > 0);
    }
}
