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
        Site whole = Site.Create(Large(), 1), full = Site.Create(Large() with { SkipQuiet = false }, 1);
        PackedSite packed = PackedSite.Pack(Site.Create(Large(), 1));
        for (int window = 0; window < 4; window++)
        {
            whole.RunWindow();
            full.RunWindow();
            Site opened = packed.Open(Large());
            opened.RunWindow();
            packed = PackedSite.Pack(opened);
        }

        Assert.True(whole.QuietEvents > 0);
        Assert.Equal((whole.Digest, whole.Digest), (packed.Open(Large()).Digest, full.Digest));
        Assert.All(whole.Tally.Counters.By(c => c.Disconnects), n => Assert.True(n > 0));
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
