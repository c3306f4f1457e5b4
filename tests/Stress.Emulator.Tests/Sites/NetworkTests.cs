using CsCheck;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

/// <summary>Sites of many nodes.</summary>
public sealed class NetworkTests
{
    private static readonly Gen<NetworkOptions> AnyNetwork =
        Gen.Select(Gen.Enum<NetworkShape>(), Gen.Int[3, 40], Gen.Int[1, 7], Gen.Int[2, 7], Gen.Int[1, 5], Gen.Int[0, 30], Gen.ULong).Select((shape, nodes, width, height, branches, more, seed) =>
            new NetworkOptions { Shape = shape, Nodes = nodes, Width = width, Height = height, Branches = branches, Links = Math.Min(nodes - 1 + more, nodes * (nodes - 1) / 2), Seed = seed });

    [Fact]
    public void A_network_of_any_shape_is_a_site_whose_nodes_are_joined_and_has_the_size_that_it_says() => AnyNetwork.Sample(network =>
    {
        Topology graph = network.Build();
        graph.Check(RolesOf(graph));

        Assert.Equal((graph.Nodes.Count, (long)graph.Links.Count), network.Size());
        Assert.Equal(graph.Links.Count, graph.Links.Select(l => (Math.Min(l.Ends[0].Node, l.Ends[1].Node), Math.Max(l.Ends[0].Node, l.Ends[1].Node))).Distinct().Count());
        Assert.All(graph.Labels.Index(), label => Assert.Contains((Role)label.Index, graph.Nodes));
        Assert.Equal(graph.Nodes.Count, Joined(graph).Count);
    });

    [Fact]
    public void The_same_options_give_the_same_network() => AnyNetwork.Sample(network =>
        Assert.Equal(network.Build().Links.Select(l => string.Join(' ', l.Ends)), (network with { }).Build().Links.Select(l => string.Join(' ', l.Ends))));

    [Fact]
    public void Every_address_of_a_large_site_is_its_own()
    {
        Assert.Equal(600, Enumerable.Range(0, 600).Select(n => SiteAddresses.Ethernet(n)).Distinct().Count());
        Assert.Equal(1_200, Enumerable.Range(0, 600).SelectMany(n => new[] { SiteAddresses.Line(n, 0), SiteAddresses.Line(n, 1) }).Distinct().Count());
        Assert.Equal("192.168.3.1 10.0.9.1 10.0.9.2", $"{SiteAddresses.Ethernet(3)} {SiteAddresses.Line(9, ModemLink.Called)} {SiteAddresses.Line(9, ModemLink.Calling)}");
        Assert.Equal("192.169.44.1 10.2.88.2", $"{SiteAddresses.Ethernet(300)} {SiteAddresses.Line(600, ModemLink.Calling)}");
    }

    [Fact]
    public void The_places_of_all_nodes_are_those_of_each()
    {
        Topology graph = new NetworkOptions { Shape = NetworkShape.Mesh, Nodes = 9 }.Build();

        Assert.All(graph.PlacesOf(3), place => Assert.Equivalent(graph.PlaceOf(3, place.Number), place, strict: true));
    }

    // Past 2,048 slots, so that the queue is one of groups of groups.
    private static SiteOptions Large() => new NetworkOptions { Shape = NetworkShape.Grid, Width = 9, Height = 9 }.Build() is var graph
        ? new SiteOptions
        {
            Seed = 11, Graph = graph, Window = VirtualTime.FromMinutes(5), Line = new LineOptions { CarrierLossEvery = VirtualTime.FromMinutes(100) },
            Roles = new RoleSet([.. graph.Labels.Select((_, label) => new RoleOptions
            {
                Role = (Role)label, Pppd = new PppdOptions { Persist = true }, Hup = new HupOptions { Enabled = true, Phase = TimeRange.Seconds(0, 600) },
            })]),
        }
        : throw new InvalidOperationException();

    [Fact]
    public void A_site_of_eighty_one_routers_ends_the_same_from_its_image_and_with_every_event_in_full()
    {
        Site whole = EveryWay.Ran(Large(), 4, number: 1);

        Assert.True(whole.QuietEvents > 0);
        Assert.All(whole.Tally.Counters.By(c => c.Disconnects), n => Assert.True(n > 0));
    }

    // Four offices on two trays: a programme takes all lines of the first, one reboots the hub.
    private static SiteOptions Trays(params SiteEventOptions[] events)
    {
        Topology graph = NetworkOptions.Of(["hub", "leaf"], [(Role)0, (Role)1, (Role)1, (Role)1, (Role)1], Enumerable.Range(1, 4).Select(n => (LinkKind.Modem, 0, n)));
        graph = graph with { Links = [.. graph.Links.Select((link, i) => link with { Group = i < 2 ? "tray" : null })] };
        var role = new RoleOptions { Role = (Role)0, Pppd = new PppdOptions { Persist = true } };
        return new SiteOptions { Seed = 5, Graph = graph, Events = events, Roles = new RoleSet(role, role with { Role = (Role)1 }), Line = new LineOptions { TrainingFailuresPerThousand = 0 } };
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

    [Fact]
    public void A_flap_of_a_cable_tray_takes_its_lines_together_and_no_other()
    {
        SiteTally tally = Ran(Trays(new SiteEventOptions { Of = "tray", To = EventScope.All, Pattern = EventPattern.Schedule, Every = VirtualTime.FromMinutes(30), Spread = TimeRange.Milliseconds(0, 500) }), 12).Tally;

        // Three times in two hours, at both ends of both lines.
        Assert.Equal([6, 6, 0, 0], tally.Links.Decided);
        Assert.Equal(tally.Counters.Total.DecidedDisconnects, tally.Links.Decided.Sum());
    }

    [Fact]
    public void A_node_that_is_switched_off_loses_its_lines_and_calls_or_is_called_again()
    {
        Site site = Ran(Trays(new SiteEventOptions { What = SiteEventKind.Reboot, Of = "hub", Pattern = EventPattern.Schedule, Every = VirtualTime.FromHours(1) }), 11);

        Assert.True(site.Routers.All(r => r.IsUp));
        Assert.Equal(0, site.Tally.Counters.Total.Panics);
        Assert.Equal([1, 1, 1, 1], site.Tally.Links.Decided);
        Assert.Equal(0, site.Routers[0].Counters.Disconnects);
    }

    [Fact]
    public void A_signal_of_a_programme_reaches_one_node_at_a_time()
    {
        Site site = Ran(Trays(new SiteEventOptions { What = SiteEventKind.Hup, Of = "leaf", Pattern = EventPattern.Schedule, Every = VirtualTime.FromMinutes(30) }), 12);

        Assert.Equal(6, site.Tally.Links.Decided.Sum());
    }

    [Fact]
    public void Programmes_end_the_same_from_an_image_and_with_every_event_in_full()
    {
        SiteOptions options = Trays(
            new SiteEventOptions { Of = "tray", To = EventScope.All, Every = VirtualTime.FromMinutes(15), Spread = TimeRange.Seconds(0, 900) },
            new SiteEventOptions { What = SiteEventKind.Reboot, Every = VirtualTime.FromMinutes(40) }, new SiteEventOptions { What = SiteEventKind.Hup, Every = VirtualTime.FromMinutes(20) });
        PackedSite packed = PackedSite.Pack(Site.Create(options, 0));
        for (int window = 0; window < 12; window++)
        {
            Site opened = packed.Open(options);
            opened.RunWindow();
            packed = PackedSite.Pack(opened);
        }

        ulong whole = Ran(options, 12).Digest;
        Assert.Equal((whole, whole), (packed.Open(options).Digest, Ran(options with { SkipQuiet = false }, 12).Digest));
        Assert.NotEqual(whole, Ran(options with { Seed = 6 }, 12).Digest);
        Assert.Equal(Ran(options, 12).Tally.Links.Decided, packed.Open(options).Tally.Links.Decided);
    }

    [Fact]
    public void Crashes_and_panics_of_a_network_are_counted_by_link_and_node_too()
    {
        Site site = Ran(Large(), 12);
        SiteTally tally = site.Tally;

        Assert.True(tally.Links.Crashes.Count > 0);
        Assert.Equal(tally.Counters.Total.Panics, tally.Links.Panics.Sum());
        Assert.InRange(tally.Links.Crashes.Sum(c => c.Count), tally.Counters.Total.Panics * 9 / 10, tally.Counters.Total.Panics);
        Assert.Equal(tally.Counters.Total.DecidedDisconnects, tally.Links.Decided.Sum());
        Assert.All(tally.Links.Crashes.GroupBy(c => c.Title), c => Assert.True(c.Sum(x => x.Count) <= tally.Crashes.Where(t => t.Title == c.Key).Sum(t => t.Count)));
    }

    private static RoleSet RolesOf(Topology graph) => new([.. graph.Labels.Select((_, label) => new RoleOptions { Role = (Role)label })]);

    private static HashSet<int> Joined(Topology graph)
    {
        HashSet<int> seen = [0];
        var next = new Queue<int>(seen);
        while (next.TryDequeue(out int node))
        {
            foreach (int other in graph.Links.Where(l => l.Ends.Any(e => e.Node == node)).SelectMany(l => l.Ends.Select(e => e.Node)))
            {
                if (seen.Add(other))
                {
                    next.Enqueue(other);
                }
            }
        }

        return seen;
    }
}
