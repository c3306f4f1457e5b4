using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

/// <summary>Interfaces without a line that come and go in a run.</summary>
public sealed class InterfaceEventTests
{
    private const int Called = 0, Calling = 1;

    private static readonly InterfaceOptions[] Stick = [new() { Name = "aue0" }, new() { Name = "vlan0", Parent = "aue0" }, new() { Name = "vlan1", Group = "jail" }, new() { Name = "lo1", Group = "jail" }];

    private static SiteOptions Options(IReadOnlyList<InterfaceOptions> interfaces, params SiteEventOptions[] events)
    {
        var role = new RoleOptions { Role = Role.Called, Pppd = new PppdOptions { Persist = true } };
        return new SiteOptions
        {
            Seed = 7, Events = events, Roles = new RoleSet(role, role with { Role = Role.Calling, Interfaces = interfaces }), Window = VirtualTime.FromMinutes(10), Line = new LineOptions { TrainingFailuresPerThousand = 0 },
        };
    }

    private static SiteEventOptions Every(int minutes, SiteEventKind what, string of, EventScope to = EventScope.One) =>
        new() { What = what, Of = of, To = to, Pattern = EventPattern.Schedule, Every = VirtualTime.FromMinutes(minutes) };

    private static Site Ran(SiteOptions options, int windows)
    {
        Site site = Site.Create(options, 0);
        for (int window = 0; window < windows; window++)
        {
            site.RunWindow();
        }

        return site;
    }

    private static string[] Attached(Site site, int router)
    {
        var kernel = site.Routers[router].Kernel;
        var names = new List<string>();
        foreach (ref readonly Ifnet ifp in kernel.Interfaces)
        {
            if (ifp.Attached && ClonedKind.IsCloned(ifp.Unit))
            {
                names.Add(ClonedKind.NameOf(ifp.Unit));
            }
        }

        return [.. names.Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void A_system_has_the_interfaces_of_its_role_from_boot_on_and_its_daemons_join_groups_on_them()
    {
        Site site = Ran(Options(Stick), 1);

        Assert.Equal(["aue0", "lo1", "vlan0", "vlan1"], Attached(site, Calling));
        Assert.Empty(Attached(site, Called));

        // 224.0.0.5 on each, and on the line's unit.
        int joined = 0;
        foreach (ref readonly var m in site.Routers[Calling].Kernel.InMultis)
        {
            joined += m.Used && m.Group == Stress.Emulator.Wire.Ipv4Address.AllSpfRouters ? 1 : 0;
        }

        Assert.Equal(5, joined);
        Assert.Equal(0, site.Tally.Counters.Total.Disconnects);
    }

    [Fact]
    public void What_is_on_a_stick_goes_with_it_and_comes_back_with_it()
    {
        SiteOptions pulled = Options(Stick, Every(30, SiteEventKind.Destroy, "aue0"));

        Site gone = Ran(pulled, 4), back = Ran(pulled with { Events = [Every(20, SiteEventKind.Recreate, "aue0")] }, 3);

        Assert.Equal(["lo1", "vlan1"], Attached(gone, Calling));
        Assert.Equal(2, gone.Tally.Counters.Total.DecidedDisconnects);
        Assert.Equal(["aue0", "lo1", "vlan0", "vlan1"], Attached(back, Calling));
        Assert.Equal(2, back.Tally.Counters.Total.DecidedDisconnects);
    }

    [Fact]
    public void A_storm_takes_all_of_a_group_and_creates_them_again()
    {
        Site site = Ran(Options(Stick, Every(8, SiteEventKind.Recreate, "jail", EventScope.All)), 7);

        // Eight times in seventy minutes, two each.
        Assert.Equal(16, site.Tally.Counters.Total.DecidedDisconnects);
        Assert.Equal(["aue0", "lo1", "vlan0", "vlan1"], Attached(site, Calling));
    }

    [Fact]
    public void One_that_was_destroyed_stays_away_until_a_programme_creates_it()
    {
        SiteEventOptions destroy = Every(20, SiteEventKind.Destroy, "lo1");
        Site gone = Ran(Options(Stick, destroy), 3), created = Ran(Options(Stick, destroy, Every(25, SiteEventKind.Create, "lo1")), 3);

        Assert.Equal(["aue0", "vlan0", "vlan1"], Attached(gone, Calling));
        Assert.Equal(["aue0", "lo1", "vlan0", "vlan1"], Attached(created, Calling));
    }

    [Fact]
    public void Renumbering_goes_on_to_the_next_address_and_the_MTU_changes_and_changes_back()
    {
        Site once = Ran(Options(Stick, Every(15, SiteEventKind.Renumber, "lo1"), Every(15, SiteEventKind.Mtu, "vlan1")), 2), twice = Ran(Options(Stick, Every(15, SiteEventKind.Renumber, "lo1"), Every(15, SiteEventKind.Mtu, "vlan1")), 4);

        Assert.Equal(("10.200.3.2", 1280), Facts(once));
        Assert.Equal(("10.200.3.3", 1500), Facts(twice));

        static (string, int) Facts(Site site)
        {
            var kernel = site.Routers[Calling].Kernel;
            (string address, int mtu) = ("", 0);
            foreach (ref readonly Ifnet ifp in kernel.Interfaces)
            {
                string name = ifp.Attached && ifp.Unit >= 0 ? ClonedKind.NameOf(ifp.Unit) : "";
                mtu = name == "vlan1" ? ifp.Mtu : mtu;
                foreach (ref readonly var a in kernel.InetAddresses)
                {
                    address = a.Used && a.Ifp.Address == ifp.Address && name == "lo1" ? a.Address.ToString() : address;
                }
            }

            return (address, mtu);
        }
    }

    [Fact]
    public void A_site_whose_interfaces_come_and_go_ends_the_same_from_its_image_and_with_every_event_in_full()
    {
        InterfaceOptions[] interfaces = [.. Stick, new() { Name = "gif0", Tunnel = "10.0.0.1" }];
        SiteOptions options = Options(interfaces, Every(7, SiteEventKind.Recreate, "all"), Every(11, SiteEventKind.Renumber, "all"), Every(13, SiteEventKind.Mtu, "all"), Every(9, SiteEventKind.Hup, "called"));

        Assert.True(EveryWay.Ran(options, 8).QuietEvents > 0);
    }

    [Fact]
    public void A_programme_says_which_interfaces_it_strikes()
    {
        SiteOptions options = Options(Stick);
        SiteEventOptions[] programmes = [Every(1, SiteEventKind.Recreate, "all"), Every(1, SiteEventKind.Destroy, "jail"), Every(1, SiteEventKind.Create, "called"), Every(1, SiteEventKind.Mtu, "vlan0")];

        Assert.Equal([4, 2, 0, 1], programmes.Select(p => p.TargetsIn(options.Topology, options.Roles).Length));
        Assert.Equal("vlan0 of calling 1", programmes[3].NameOf(options, programmes[3].TargetsIn(options.Topology, options.Roles)[0]));
    }

    [Fact]
    public void Where_rc_takes_the_addresses_first_the_kernel_of_2005_keeps_pointers_that_purge_all_clears()
    {
        SiteOptions options = Options(Stick, Every(10, SiteEventKind.Recreate, "all"));

        Assert.True(Ran(options, 6).Tally.Counters.Total.StaleCreated > 0);
        Assert.Equal(0, Ran(options with { Design = "purge-all" }, 6).Tally.Counters.Total.StaleCreated);
    }
}
