using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

public class ZebraRestartTests
{
    private sealed class Listener : ISiteTrace
    {
        public List<(VirtualTime At, int Router, string Text)> Said { get; } = [];

        public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage) => Said.Add((at, router, text));

        public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame)
        {
        }

        public VirtualTime[] At(string text) => [.. Said.Where(s => s.Router == 0 && s.Text == text).Select(s => s.At)];
    }

    private static (Site Site, Listener Trace) Run(ZebraOptions zebra, bool hup = false, int minutes = 60)
    {
        var role = new RoleOptions { Role = Role.Called, Zebra = zebra };
        Site site = Site.Create(
            new SiteOptions
            {
                Seed = 3, Window = VirtualTime.FromMinutes(minutes),
                Roles = new(role, role with { Role = Role.Calling, Zebra = new(), Pppd = new PppdOptions { Persist = true }, Hup = new HupOptions { Enabled = hup } }),
            },
            0);
        var trace = new Listener();
        site.Trace = trace;
        site.RunWindow();
        return (site, trace);
    }

    [Fact]
    public void Clients_come_back_ten_seconds_after_they_lost_zebra_and_ten_seconds_after_a_first_attempt_that_failed()
    {
        (Site site, Listener trace) = Run(new ZebraOptions { RestartEvery = VirtualTime.FromMinutes(30), Downtime = TimeRange.Seconds(15, 15) });

        VirtualTime ended = trace.At("kill -TERM zebra")[0];
        Assert.Equal(ended + VirtualTime.FromSeconds(15), trace.At("zebra is started again")[0]);
        Assert.Equal(
            [ended + VirtualTime.FromSeconds(10), ended + VirtualTime.FromSeconds(10), ended + VirtualTime.FromSeconds(20), ended + VirtualTime.FromSeconds(20)],
            trace.At("zclient connects").Take(4));
        IZserv zserv = site.Routers[0].Processes.Zserv!;
        foreach (Process client in site.Routers[0].Processes.Clients)
        {
            Assert.True(zserv.Serves(client.Number));
        }
    }

    [Fact]
    public void What_ospfd_knows_is_not_said_to_it_twice()
    {
        (Site site, Listener trace) = Run(new ZebraOptions { RestartEvery = VirtualTime.FromMinutes(20) });

        Assert.NotEmpty(trace.At("kill -TERM zebra"));
        Assert.Single(trace.At("IP_ADD_MEMBERSHIP 224.0.0.5"));
        Assert.Equal(1, ((Ospfd)site.Routers[0].Processes.Clients.ToArray().Single(p => p is Ospfd)).TwoWayNeighbors);
    }

    [Fact]
    public void A_unit_that_goes_while_zebra_is_away_leaves_its_membership_behind()
    {
        // It is away for the rest of the hour in which links are hung up.
        (Site site, Listener trace) = Run(new ZebraOptions { RestartEvery = VirtualTime.FromMinutes(8), Downtime = TimeRange.Seconds(7200, 7200) }, hup: true);

        VirtualTime ended = trace.At("kill -TERM zebra")[0];
        Assert.DoesNotContain(
            trace.Said.Where(s => s.Router == 0 && s.At > ended).Select(s => s.Text).TakeWhile(text => text != "boot"), text => text.StartsWith("handles", StringComparison.Ordinal));
        Assert.True(site.Routers[0].Oracle.Stale[(int)HolderKind.InMultiIfp].Created > 0);
    }

    [Fact]
    public void A_client_gives_up_after_ten_failures()
    {
        (_, Listener trace) = Run(new ZebraOptions { RestartEvery = VirtualTime.FromMinutes(8), Downtime = TimeRange.Seconds(3000, 3000) });

        // Lost once, and refused nine times by each of two clients.
        Assert.Equal(2 * 9, trace.At("zclient connects").Length);
    }
}
