using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

public class SshTests
{
    private static Site Run(SshFamily family, VirtualTime length, bool hup = true, TimeRange? typing = null, string design = "netbsd-2005", uint number = 0)
    {
        var role = new RoleOptions { Role = Role.Called, Kernel = new KernelOptions { Fill = MallocFill.Debug }, Daemons = ["zebra"], Ssh = new SshOptions { Listens = true } };
        Site site = Site.Create(
            new SiteOptions
            {
                Seed = 5, Window = length, Design = design,
                Roles = new(role, role with
                {
                    Role = Role.Calling,
                    Pppd = new PppdOptions { Persist = true },
                    Hup = new HupOptions { Enabled = hup },
                    Ssh = new SshOptions { Login = TimeRange.Seconds(10, 60), Family = family, Typing = typing ?? new TimeRange(VirtualTime.FromHours(3), VirtualTime.FromHours(4)) },
                }),
            },
            number);
        site.RunWindow();
        return site;
    }

    private static TcpCb[] Sessions(Site site, int router) => [.. site.Routers[router].Kernel.TcpCbs.ToArray().Where(tp => tp.Used && tp.State == TcpState.Established)];

    [Theory]
    [InlineData(SshFamily.Ipv4)]
    [InlineData(SshFamily.Ipv6)]
    public void Somebody_is_logged_in_and_what_he_types_comes_back(SshFamily family)
    {
        Site site = Run(family, VirtualTime.FromMinutes(30), hup: false, TimeRange.Seconds(10, 10));

        TcpCb calling = Assert.Single(Sessions(site, 1)), called = Assert.Single(Sessions(site, 0));
        Assert.Equal((calling.Local, calling.RcvNxt, calling.SndUna), (called.Foreign, called.SndUna, called.RcvNxt));
        uint typed = called.RcvNxt - calling.Iss - 1;
        Assert.InRange(typed, 100u * 48, 180u * 48);
        Assert.Equal(typed, calling.RcvNxt - called.Iss - 1);
    }

    [Fact]
    public void Who_types_into_a_connection_whose_line_has_gone_logs_in_again_when_it_is_given_up()
    {
        Site site = Run(SshFamily.Ipv6, VirtualTime.FromHours(4), typing: TimeRange.Seconds(30, 90));

        Assert.Equal(0, site.Routers.Sum(r => r.Counters.Panics));
        BsdKernel kernel = site.Routers[1].Kernel;
        Assert.True(kernel.TcpCbs.ToArray().Max(tp => kernel.Pcbs[tp.Pcb].Port) > 49_154, "the first login's port is 49152, and each further one has the next");
        Assert.True(site.Routers[1].Oracle.Stale[(int)HolderKind.In6pRouteIfp].Created >= 3);
    }

    private static long Panics(SshFamily family, string design = "netbsd-2005") =>
        Enumerable.Range(0, 3).Sum(n => Run(family, VirtualTime.FromHours(9), design: design, number: (uint)n).Routers.Sum(r => r.Counters.Panics));

    [Theory]
    [InlineData(SshFamily.Ipv6, "netbsd-2005", true)]
    [InlineData(SshFamily.Ipv6, "purge-all", false)]
    [InlineData(SshFamily.Ipv6, "route-validate", false)]
    [InlineData(SshFamily.Ipv6, "notifier-hold", false)]
    [InlineData(SshFamily.Ipv4, "netbsd-2005", false)]
    public void The_probe_of_a_silent_login_over_IPv6_kills_a_kernel_whose_unit_has_gone_unless_the_route_is_purged_or_looked_at(SshFamily family, string design, bool dies) =>
        Assert.Equal(dies, Panics(family, design) > 0);
}
