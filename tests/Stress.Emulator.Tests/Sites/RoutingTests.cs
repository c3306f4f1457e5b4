using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ospf;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

/// <summary>Routers of a site whose ospfd goes to Full.</summary>
public sealed class RoutingTests
{
    private static SiteOptions Grid(int width, int height, OspfdAdjacency adjacency = OspfdAdjacency.Full, bool flaps = false, ulong seed = 3, string design = "purge-flagged")
    {
        Topology graph = new NetworkOptions { Shape = NetworkShape.Grid, Width = width, Height = height }.Build();
        return new SiteOptions
        {
            Seed = seed, Graph = graph, Window = VirtualTime.FromMinutes(10), Design = design,
            Line = new LineOptions { TrainingFailuresPerThousand = 0, CarrierLossEvery = flaps ? VirtualTime.FromMinutes(30) : VirtualTime.Zero },
            Roles = new RoleSet([.. graph.Labels.Select((_, label) => new RoleOptions
            {
                Role = (Role)label, Pppd = new PppdOptions { Persist = true }, Ospfd = new OspfdOptions { Adjacency = adjacency },
            })]),
        };
    }

    private static Site Ran(SiteOptions options, int windows)
    {
        Site site = Site.Create(options, 0);
        for (int window = 0; window < windows; window++)
        {
            site.RunWindow();
        }

        return site;
    }

    private static Ospfd OspfdOf(Router router) => (Ospfd)router.Processes.All.ToArray().Single(p => p is Ospfd);

    private static string Database(Router router)
    {
        List<string> lines = [];
        foreach (ref readonly OspfDatabaseRow row in OspfdOf(router).Area!.Database)
        {
            if (row.Used)
            {
                lines.Add($"{row.Header.Type} {row.Header.AdvertisingRouter} {row.Header.Sequence:x8} {row.Header.Checksum:x4} {row.Flushed}");
            }
        }

        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines);
    }

    // Whether every router has a route to every other's Ethernet, up and out of an attached interface.
    private static void AssertReachable(Site site)
    {
        foreach (Router router in site.Routers)
        {
            foreach (Router other in site.Routers)
            {
                if (other != router)
                {
                    Assert.True(HasRoute(router.Kernel, other.RouterId), $"{router.RouterId} has no route to {other.RouterId}\n{site.Show(router.Number)}");
                }
            }
        }
    }

    private static bool HasRoute(BsdKernel kernel, Ipv4Address to)
    {
        foreach (ref readonly RtEntry rt in kernel.Routes)
        {
            if (rt.Up && rt.Family == 2 && rt.PrefixLength == 24 && (uint)rt.Destination.Low == (to.Value & 0xFFFFFF00))
            {
                uint ifp = rt.Ifp.Address;
                return kernel.Interfaces.ToArray().Any(i => i.Attached && i.Address == ifp);
            }
        }

        return false;
    }

    [Fact]
    public void Routers_of_a_grid_become_full_with_all_neighbours_have_one_database_and_routes_to_each_other_in_their_kernels()
    {
        Site site = Ran(Grid(4, 3), 1);

        Assert.All(site.Routers, r => Assert.Equal(r.Ports.Length, OspfdOf(r).FullNeighbors));
        Assert.All(site.Routers, r => Assert.Equal(Database(site.Routers[0]), Database(r)));
        Assert.Equal(12, OspfdOf(site.Routers[0]).Area!.DatabaseCount);
        AssertReachable(site);
    }

    [Fact]
    public void After_a_hundred_flaps_the_databases_and_routes_are_the_same_again()
    {
        Site site = Ran(Grid(3, 3, flaps: true), 30);
        Assert.True(site.Tally.Counters.Total.Disconnects > 100, $"{site.Tally.Counters.Total.Disconnects}");

        // Ten more minutes at most until no line has been down for a minute.
        for (int window = 0; window < 60 && !site.Routers.All(r => OspfdOf(r).FullNeighbors == r.Ports.Length && Database(r) == Database(site.Routers[0])); window++)
        {
            site.RunUntil(site.Now + VirtualTime.FromSeconds(20), long.MaxValue);
        }

        Assert.All(site.Routers, r => Assert.Equal(r.Ports.Length, OspfdOf(r).FullNeighbors));
        Assert.All(site.Routers, r => Assert.Equal(Database(site.Routers[0]), Database(r)));
    }

    // A line that is back, with the same index, before ospfd computes its routes changes none of them: it is zebra that has to put them back.
    [Fact]
    public void Lines_that_are_back_before_ospfd_computes_its_routes_have_them_in_the_kernel_again()
    {
        SiteOptions grid = Grid(3, 2);
        SiteOptions options = grid with
        {
            Line = new LineOptions
            {
                TrainingFailuresPerThousand = 0, DialTime = TimeRange.Milliseconds(100, 200), Delay = TimeRange.Milliseconds(5, 10), BitRate = 1_000_000, CarrierLossEvery = VirtualTime.FromMinutes(2),
            },
            Roles = new RoleSet([.. grid.Roles.Select(role => role with
            {
                Pppd = new PppdOptions { Persist = true, Holdoff = VirtualTime.FromSeconds(1) },
                Ospfd = new OspfdOptions { Adjacency = OspfdAdjacency.Full, HelloInterval = VirtualTime.FromSeconds(1), DeadInterval = VirtualTime.FromSeconds(4) },
            })]),
        };
        Site site = Site.Create(options, 0);
        int looked = 0;
        for (int look = 0; look < 300; look++)
        {
            long before = site.Routers.Sum(r => r.Counters.Disconnects);
            site.RunUntil(site.Now + VirtualTime.FromSeconds(20), long.MaxValue);
            if (site.Routers.Sum(r => r.Counters.Disconnects) == before && site.Routers.All(r => OspfdOf(r).FullNeighbors == r.Ports.Length && Database(r) == Database(site.Routers[0])))
            {
                looked++;
                AssertReachable(site);
            }
        }

        Assert.True(looked > 30, $"{looked} quiet looks");
    }

    [Fact]
    public void A_site_at_full_ends_the_same_from_its_image_and_with_every_event_in_full()
    {
        SiteOptions options = Grid(3, 2, flaps: true, design: "netbsd-2005");
        Site whole = EveryWay.Ran(options, 6);

        Assert.True(whole.QuietEvents > 0);
        Assert.NotEqual(whole.Digest, Ran(options with { Seed = 4 }, 6).Digest);
    }

    [Fact]
    public void An_hour_at_full_without_a_disconnect_allocates_nothing()
    {
        Site site = Site.Create(Grid(3, 2), 0);
        site.RunUntil(VirtualTime.FromMinutes(70), long.MaxValue);
        long events = site.Clock.Events, before = GC.GetAllocatedBytesForCurrentThread();
        site.RunUntil(VirtualTime.FromMinutes(130), long.MaxValue);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(site.Clock.Events - events > 1000);
        Assert.Equal(0, bytes);
    }

    [Fact]
    public void Datagrams_go_through_the_network_by_the_kernels_tables_and_arrive_while_lines_flap()
    {
        SiteOptions quiet = WithTraffic(Grid(3, 3)), flapping = WithTraffic(Grid(3, 3, flaps: true, design: "netbsd-2005"));
        Site site = Ran(quiet, 6);
        Counters all = site.Tally.Counters.Total;
        Assert.True(all.Delivered > 9 * 300, $"{all.Delivered}");
        Assert.True(all.Forwarded > all.Delivered / 2, $"{all.Forwarded} of {all.Delivered}");
        Assert.All(site.Routers, r => Assert.True(r.Counters.Delivered > 0));

        Counters some = Ran(flapping, 6).Tally.Counters.Total;
        Assert.InRange(some.Delivered, 1, all.Delivered);
        Assert.True(some.Forwarded > 0);
        Assert.Equal(Ran(flapping, 3).Digest, Ran(flapping with { SkipQuiet = false }, 3).Digest);
    }

    private static SiteOptions WithTraffic(SiteOptions options) => options.With([.. options.Roles.Select(role => role with
    {
        Kernel = role.Kernel with { Forwarding = true }, Datagrams = new DatagramOptions { Interval = VirtualTime.FromSeconds(10), DatagramBytes = 200, To = DatagramsTo.Network },
    })]);

    [Fact]
    public void Ripngd_learns_the_way_to_every_ethernet_and_another_one_when_a_line_has_gone()
    {
        SiteOptions options = Grid(3, 3, OspfdAdjacency.TwoWay);
        options = options.With([.. options.Roles.Select(role => role with { Ripngd = new RipngdOptions { Routes = true } })]);
        Site site = Ran(options, 1);
        Assert.All(site.Routers, r => Assert.Equal(8, Networks6(r)));

        // Node 0 is away for a while: the others forget it within 180 s and three hops of triggered updates, and know it again after it is back.
        site.Routers[0].Reboot(site.Now);
        site.RunUntil(site.Now + VirtualTime.FromSeconds(120), long.MaxValue);
        Assert.Equal(7, Networks6(site.Routers[8]));
        site.RunUntil(site.Now + VirtualTime.FromMinutes(15), long.MaxValue);
        Assert.All(site.Routers, r => Assert.Equal(8, Networks6(r)));
        Assert.Equal(Ran(options, 2).Digest, Ran(options with { SkipQuiet = false }, 2).Digest);
    }

    // Ethernets of other nodes that the kernel has a route to.
    private static int Networks6(Router router)
    {
        int n = 0;
        foreach (ref readonly RtEntry rt in router.Kernel.Routes)
        {
            n += rt.Up && rt.Family == 24 && rt.PrefixLength == 64 && rt.Destination.High >> 32 == 0x20010DB8 ? 1 : 0;
        }

        return n;
    }

    // What a router takes is what its image takes and the objects around it; the same site with and without the option, and nothing of the option without it.
    [Fact]
    public void A_router_that_goes_to_two_way_has_no_area_no_rib_and_no_buffers()
    {
        Site two = Ran(Grid(3, 2, OspfdAdjacency.TwoWay), 1), full = Ran(Grid(3, 2), 1);
        Assert.All(two.Routers, r => Assert.Null(OspfdOf(r).Area));
        Assert.True(ImageBytes(full) > ImageBytes(two));
        Assert.True(BytesARouter(OspfdAdjacency.TwoWay) < BytesARouter(OspfdAdjacency.Full));
    }

    private static long BytesARouter(OspfdAdjacency adjacency)
    {
        SiteOptions options = Grid(3, 2, adjacency);
        Site.Create(options, 0); // what is made once
        long before = GC.GetAllocatedBytesForCurrentThread();
        Site.Create(options, 0);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / 6;
    }

    private static int ImageBytes(Site site)
    {
        var image = new ImageWriter();
        site.Save(image);
        return image.Written.Length;
    }
}
