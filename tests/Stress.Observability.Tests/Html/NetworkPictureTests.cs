using System.Xml.Linq;
using Stress.Emulator.Core;
using Stress.Emulator.Oracle;
using Stress.Observability.Html;
using Xunit;

namespace Stress.Observability.Tests.Html;

/// <summary>The picture of a network: every link and node is in it, no two nodes lie on each other, and the colour of a link is its rate's.</summary>
public sealed class NetworkPictureTests
{
    private static NetworkReport Network(string shape, int width, int nodes, IEnumerable<(int Called, int Calling)> links) => new(
        shape, width, [.. Enumerable.Range(0, nodes).Select(n => new NetworkNode($"n{n}", "router", n % 3))],
        [.. links.Select((l, i) => new NetworkLink(i, $"n{l.Called} - n{l.Calling}", l.Called, l.Calling, "", 100, i % 7, (i % 7) / 100.0, [new LinkPath("membership", i % 7)]))]);

    private static IEnumerable<(int, int)> GridLinks(int width, int height) =>
        from n in Enumerable.Range(0, width * height)
        from other in new[] { (n + 1) % width != 0 ? n + 1 : -1, n + width < width * height ? n + width : -1 }
        where other >= 0
        select (n, other);

    public static TheoryData<string> Networks => ["pair", "ring of 4", "grid of 4", "grid of 400", "tree of 400", "star of 60", "mesh of 9"];

    private static NetworkReport Named(string name) => name switch
    {
        "pair" => Network("pair", 0, 2, [(0, 1)]),
        "ring of 4" => Network("ring", 0, 4, [(0, 1), (1, 2), (2, 3), (3, 0)]),
        "grid of 4" => Network("grid", 2, 4, GridLinks(2, 2)),
        "grid of 400" => Network("grid", 20, 400, GridLinks(20, 20)),
        "tree of 400" => Network("tree", 0, 400, Enumerable.Range(1, 399).Select(n => ((n - 1) / 3, n))),
        "star of 60" => Network("star", 0, 60, Enumerable.Range(1, 59).Select(n => (0, n))),
        _ => Network("mesh", 0, 9, from a in Enumerable.Range(0, 9) from b in Enumerable.Range(a + 1, 8 - a) select (a, b)),
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Every_link_and_node_is_drawn_inside_the_picture_and_says_what_it_is(string name)
    {
        NetworkReport network = Named(name);
        foreach (double width in new[] { 344, 1072 })
        {
            XElement svg = XElement.Parse(NetworkPicture.Draw(network, width, "a <network>", "wide"));
            XElement[] links = [.. svg.Elements("path")], nodes = [.. svg.Elements("circle")];

            Assert.Equal((network.Links.Count, network.Nodes.Count), (links.Length, nodes.Length));
            Assert.All(nodes, node => Assert.InRange((double)node.Attribute("cx")!, 0, width));
            Assert.Contains(links, link => link.Element("title")!.Value.StartsWith(network.Links[0].Name + ": ", StringComparison.Ordinal));
            Assert.Equal(network.Nodes.Count <= 40, svg.Elements("text").Any(text => text.Value == "n0"));
        }
    }

    [Fact]
    public void Where_no_link_has_a_rate_the_legend_says_none_and_no_rates()
    {
        NetworkReport network = Network("pair", 0, 2, [(0, 1)]);
        Assert.All(network.Links, link => Assert.Equal(0, link.Rate));
        XElement svg = XElement.Parse(NetworkPicture.Draw(network, 1072, "a network", "wide"));

        Assert.Contains(svg.Elements("text"), text => text.Value == "none");
        Assert.DoesNotContain(svg.Elements("text"), text => text.Value.Contains('%', StringComparison.Ordinal));
    }

    [Fact]
    public void A_segment_is_drawn_from_its_middle_to_each_station_and_its_stations_lie_beside_each_other_in_the_rings()
    {
        NetworkReport network = Network("", 0, 6, [(0, 3), (1, 4), (2, 5)]) with { Segments = [new NetworkSegment("lan", [0, 1, 2])] };
        XElement svg = XElement.Parse(NetworkPicture.Draw(network, 1072, "a network", "wide"));
        XElement segment = Assert.Single(svg.Elements("path"), path => path.Element("title")!.Value == "lan: an Ethernet segment of n0, n1, n2");

        Assert.Equal(4, segment.Attribute("d")!.Value.Count(c => c == 'M'));
        Assert.Contains(svg.Elements("text"), text => text.Value == "lan");
        Assert.Equal(6, NetworkPicture.Places(network).Distinct().Count());
        double fromMiddle = Math.Sqrt(Math.Pow(NetworkPicture.Places(network)[1].X - 0.5, 2) + Math.Pow(NetworkPicture.Places(network)[1].Y - 0.5, 2));
        Assert.InRange(fromMiddle, 0.2, 0.3);
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void No_two_nodes_lie_at_one_place(string name)
    {
        (double X, double Y)[] places = NetworkPicture.Places(Named(name));

        Assert.Equal(places.Length, places.Select(p => (Math.Round(p.X, 6), Math.Round(p.Y, 6))).Distinct().Count());
        Assert.All(places, p => Assert.True(p is { X: >= 0 and <= 1, Y: >= 0 and <= 1 }, $"{p}"));
    }

    [Fact]
    public void The_step_of_a_link_goes_by_its_share_of_the_highest_rate_and_none_is_a_step_of_its_own()
    {
        Assert.Equal([0, 1, 1, 3, 5], new[] { 0, 0.0001, 0.2, 0.6, 1.0 }.Select(rate => NetworkPicture.StepOf(rate, 1)));
        Assert.Equal(0, NetworkPicture.StepOf(0, 0));
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void The_way_of_a_crash_is_a_layer_over_the_picture_with_three_numbered_places_inside_it(string name)
    {
        NetworkReport network = Named(name);
        NetworkLink link = network.Links[^1];
        CrashWay way = Way(link.Called, link.Link, [new CrashHop(link.Calling, link.Called, link.Link, -1)]);
        foreach (double width in new[] { 344, 1072 })
        {
            XElement svg = XElement.Parse(NetworkPicture.Draw(network, width, "a network", "wide", [way]));
            XElement layer = Assert.Single(svg.Elements("g"), g => g.Attribute("class")!.Value == "way way0");

            Assert.Equal(network.Links.Count, svg.Elements("g").Single(g => g.Attribute("class")!.Value == "netbase").Elements("path").Count());
            Assert.Equal(["1", "2", "3"], layer.Elements("text").Where(text => text.Attribute("class")!.Value == "waynumber").Select(text => text.Value));
            Assert.Equal([$"n{link.Called}", "ppp3", $"n{link.Calling}"], layer.Elements("text").Where(text => text.Attribute("class")!.Value == "wayname").Select(text => text.Value));
            Assert.All(layer.Elements("circle"), circle => Assert.InRange((double)circle.Attribute("cx")!, 0, width));
            Assert.Single(layer.Elements("path"), path => path.Attribute("class")!.Value == "waygone");
            (double X, double Y)[] badges = [.. layer.Elements("circle").Where(c => c.Attribute("class")!.Value.StartsWith("waybadge", StringComparison.Ordinal)).Select(c => ((double)c.Attribute("cx")!, (double)c.Attribute("cy")!))];
            Assert.All(from a in badges from b in badges where a != b select Math.Abs(a.X - b.X) + Math.Abs(a.Y - b.Y), apart => Assert.True(apart >= 8, $"two badges are {apart} apart"));
        }
    }

    [Fact]
    public void A_crash_by_a_timer_has_no_arrow_and_an_interface_of_no_link_is_a_stub_of_its_node()
    {
        CrashWay way = Way(1, -1, []) with { Cause = EventCause.Timer, By = "a timer of ospfd", Interface = "vlan0" };
        XElement layer = XElement.Parse(NetworkPicture.Draw(Named("grid of 4"), 720, "a network", "wide", [way])).Elements("g").Last();

        Assert.DoesNotContain(layer.Elements("path"), path => path.Attribute("class")!.Value == "wayhop");
        Assert.Single(layer.Elements("path"), path => path.Attribute("class")!.Value == "waygone");
        Assert.Equal("Used by a timer of ospfd on n1 itself: no packet brought it.", way.Used(Named("grid of 4")));
        Assert.Equal("The pointer named vlan0 of n1, detached at 00:00:09.000000, 1 s before.", way.Went(Named("grid of 4")));
    }

    internal static NetworkReport Grid400() => Named("grid of 400");

    internal static CrashWay Way(int node, int link, IReadOnlyList<CrashHop> hops) =>
        new(node, "ppp3", link, -1, VirtualTime.FromSeconds(9), VirtualTime.FromSeconds(10), EventCause.Frame, "OSPF over IPv4", -1, hops);
}
