using System.Text.Json;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Scenarios.Tests;

/// <summary>Networks in scenario files: a shape, or nodes and links one by one.</summary>
public sealed class NetworkFileTests : IDisposable
{
    private const string Three = """
        name: three
        sites: 4
        nodes:
          - {name: hq, role: hub, address: 192.0.2.1}
          - {name: a, role: leaf}
          - {name: b, role: leaf}
        links:
          - {called: hq, calling: a, addresses: [10.9.0.1, 10.9.0.2], group: tray}
          - {called: hq, calling: b}

        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stress-networks-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_node_with_more_lines_than_a_router_lsa_has_room_for_does_not_go_to_full()
    {
        static string Star(int nodes) => $"name: a\nnetwork: {{shape: star, nodes: {nodes}}}\nroles:\n  - {{role: hub, ospfd: {{adjacency: full}}}}\n";
        Assert.Equal(59, ScenarioLoader.Parse(Star(59), "s.yaml").Site.Graph!.Nodes.Count);
        var e = Assert.Throws<ScenarioException>(() => ScenarioLoader.Parse(Star(60), "s.yaml"));
        Assert.Contains("hub 0 has more than 58 lines", e.Message, StringComparison.Ordinal);
    }

    private const string Two = "nodes:\n  - {name: a, role: r}\n  - {name: b, role: r}\nlinks:\n  - {called: a, calling: b}\n";

    [Fact]
    public void Segments_stand_beside_links_are_written_as_they_were_read_and_join_nodes()
    {
        const string Text = """
            nodes:
              - {name: a, role: r}
              - {name: b, role: r}
              - {name: c, role: r}
            links:
              - {called: a, calling: b}
            segments:
              - {name: lan, stations: [c, a], down: 5s..2min, querier: a, query_interval: 1min, snooping: true, dad: true, same_ethernet: [c, a]}
            events:
              - {what: flap, of: lan, every: 1h}
              - {what: flap, of: c, every: 1h}
            """;
        Scenario s = ScenarioLoader.Parse(Text, "s.yaml");

        Assert.Equal("lan", s.Site.Graph!.Segments!.Single().Name);
        Assert.Equal(new PlannedQuerier(0, new QuerierOptions { Interval = VirtualTime.FromMinutes(1) }), s.Site.Graph.Segments!.Single().Querier);
        Assert.True(s.Site.Graph.Segments!.Single() is { Snooping: true, Dad: true });
        Assert.Equal([2, 0], s.Site.Graph.Segments!.Single().SameEthernet);
        Assert.Equal(["192.168.2.2", "192.168.1.1", "192.168.2.1"], Enumerable.Range(0, 3).Select(n => s.Site.Graph.AddressOf(n).ToString()));
        Assert.Equal([[1, 2], [1]], s.Site.Events!.Select(e => e.TargetsIn(s.Site.Graph, s.Site.Roles)));
        Assert.Equal("c at lan", s.Site.Events![1].NameOf(s.Site, 1));
        Scenario again = ScenarioLoader.Parse(ScenarioWriter.Write(s), "s.yaml");
        Assert.Equal(JsonSerializer.Serialize(s.Site), JsonSerializer.Serialize(again.Site));
    }

    [Fact]
    public void Nodes_and_links_are_the_sites_of_the_run_and_a_line_is_what_other_runs_call_a_pair()
    {
        Scenario s = ScenarioLoader.Parse(Three + "roles:\n  - {role: hub, hup: {enabled: true}}\n  - {role: leaf, like: hub, pppd: {persist: true}}\n", "s.yaml");
        Topology graph = s.Site.Graph!;

        Assert.Equal((4, 8), (s.Sites, s.Pairs));
        Assert.Equal(["hub", "leaf"], graph.Labels);
        Assert.Equal([new LinkEnd(0, 1), new LinkEnd(2, 0)], graph.Links[1].Ends);
        Assert.Equal(("hq - a", "tray"), (graph.LinkName(0), graph.Links[0].Group));
        Assert.Equal([true, true], s.Site.Roles.Select(r => r.Hup.Enabled));
        Assert.Equal([false, true], s.Site.Roles.Select(r => r.Pppd.Persist));
        Assert.Equal(Ipv4Address.Parse("192.0.2.1"), graph.PlaceOf(0, 0).Address);
        Assert.Equal(Ipv4Address.Parse("10.9.0.2"), Stress.Emulator.Sites.PppOptions.Of(s.Site, graph.PlaceOf(0, 0).Ports[0]).RemoteAddress);
    }

    [Theory]
    [InlineData("{shape: pair}", "called, calling", 2, 1)]
    [InlineData("{shape: star, nodes: 9}", "hub, leaf", 9, 8)]
    [InlineData("{shape: ring, nodes: 7}", "router", 7, 7)]
    [InlineData("{shape: mesh, nodes: 6}", "router", 6, 15)]
    [InlineData("{shape: tree, nodes: 13, branches: 3}", "root, branch, leaf", 13, 12)]
    [InlineData("{shape: grid, width: 4, height: 3}", "inner, edge", 12, 17)]
    [InlineData("{shape: grid, width: 2, height: 2}", "edge", 4, 4)]
    [InlineData("{shape: random, nodes: 20, links: 30, seed: 5}", "router", 20, 30)]
    public void A_shape_is_as_many_nodes_and_links_and_has_its_labels(string shape, string labels, int nodes, int links)
    {
        Topology graph = ScenarioLoader.Parse($"network: {shape}", "s.yaml").Site.Graph!;

        Assert.Equal((labels, nodes, links), (string.Join(", ", graph.Labels), graph.Nodes.Count, graph.Links.Count));
    }

    [Fact]
    public void What_is_written_of_a_network_is_read_as_the_same_network()
    {
        foreach (string text in new[] { Three, "network: {shape: random, nodes: 20, links: 30, seed: 5}\nsites: 3\n", "network: {shape: tree, nodes: 13, branches: 3}\n" })
        {
            Scenario s = ScenarioLoader.Parse(text, "s.yaml"), read = ScenarioLoader.Parse(ScenarioWriter.Write(s), "s.yaml");
            Assert.Equal(s.Options(), read.Options());
            Assert.Equal(s.Site.Graph!.Links.Select(l => string.Join(' ', l.Ends)), read.Site.Graph!.Links.Select(l => string.Join(' ', l.Ends)));
            Assert.Equal(Digest(s), Digest(read));
            Assert.Equal(Digest(s), Digest(ScenarioLoader.Parse(ScenarioWriter.WriteShort(s), "s.yaml")));
        }

        static ulong Digest(Scenario s)
        {
            Site site = Site.Create(s.Site, 0);
            site.RunWindow();
            return site.Digest;
        }
    }

    [Fact]
    public void A_network_over_a_file_of_pairs_takes_its_roles_by_like_and_leaves_what_it_expects_of_them()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "base.yaml"),
            "pairs: 7\nroles:\n  - {role: called, name: a, hup: {every: 7min}}\n  - {role: calling, name: b, hup: {every: 9min}}\nexpect:\n  - {path: any, percent: 0}\nreported:\n  - {path: any, role: called, percent: 3}\n"
            + "sources: {roles.called.hup.every: x, line.bit_rate: y}");
        string top = Path.Combine(_folder.FullName, "top.yaml");
        File.WriteAllText(top, "include: base.yaml\nnetwork: {shape: star, nodes: 3}\nroles:\n  - {role: leaf, like: calling}\n");
        Scenario s = ScenarioLoader.Load(top);

        Assert.Equal((1, 2), (s.Sites, s.Pairs));
        Assert.Equal([VirtualTime.FromMinutes(10), VirtualTime.FromMinutes(9)], s.Site.Roles.Select(r => r.Hup.Every));
        Assert.Equal(["", ""], s.Site.Roles.Select(r => r.Name));
        Assert.Empty(s.Expect);
        Assert.Empty(s.Reported);
        Assert.Equal("line.bit_rate", Assert.Single(s.Sources).Key);

        // The text that a run keeps needs no other file.
        Assert.Equal(s.Options(), ScenarioLoader.Parse(s.SourceText, "kept.yaml").Options());
        string wider = Path.Combine(_folder.FullName, "wider.yaml");
        File.WriteAllText(wider, "include: top.yaml\nnetwork: {nodes: 5}\nsites: 2\n");
        Assert.Equal((5, 2, VirtualTime.FromMinutes(9)), (ScenarioLoader.Load(wider) is var w ? w.Site.Graph!.Nodes.Count : 0, w.Sites, w.Site.Roles[1].Hup.Every));
    }

    [Theory]
    [InlineData("network: {shape: torus}", 1, "network.shape", "pair, star, ring, mesh, tree, grid, random")]
    [InlineData("network: {nodes: 3}", 1, "network.shape", "pair, star, ring")]
    [InlineData("network: star", 1, "network", "a map of shape, nodes")]
    [InlineData("network: {shape: star, nods: 3}", 1, "network.nods", "shape, nodes, width")]
    [InlineData("network:\n  shape: star\n  width: 3", 3, "network.width", "shape, nodes")]
    [InlineData("network: {shape: ring, nodes: 2}", 1, "network.nodes", "at least 3")]
    [InlineData("network: {shape: star, nodes: 66}", 1, "network.nodes", "at most 65 nodes")]
    [InlineData("network: {shape: mesh, nodes: 66}", 1, "network.nodes", "at most 65 nodes")]
    [InlineData("network: {shape: tree, nodes: 9, branches: 64}", 1, "network.branches", "from 1 to 63")]
    [InlineData("network: {shape: grid, width: 100, height: 100}", 1, "network", "at most 4096 nodes and 16384 links")]
    [InlineData("network: {shape: grid, width: 1, height: 1}", 1, "network.nodes", "at least 2")]
    [InlineData("network: {shape: random, nodes: 4, links: 2}", 1, "network.links", "3 (a tree) to 6")]
    [InlineData("network: {shape: random, nodes: 4, links: 7}", 1, "network.links", "3 (a tree) to 6")]
    [InlineData("network: {shape: ring, nodes: 4097}", 1, "network.nodes", "from 2 to 4096")]
    [InlineData("sites: 3", 1, "sites", "pairs, or a network")]
    [InlineData("network: {shape: pair}\nsites: 0", 2, "sites", "from 1 to 10000000")]
    [InlineData("network: {shape: ring, nodes: 1000}\nsites: 10001", 2, "sites", "here 10000 sites")]
    [InlineData("network: {shape: pair}\npairs: 3", 2, "pairs", "sites, how many")]
    [InlineData("network: {shape: pair}\ncallers_per_answerer: 3", 2, "callers_per_answerer", "sites, how many")]
    [InlineData("network: {shape: pair}\nbackend: uml", 1, "network", "pairs")]
    [InlineData("network: {shape: star, nodes: 3}\nroles:\n  - {role: called}", 3, "roles.role", "hub, leaf")]
    [InlineData("network: {shape: star, nodes: 3}\nroles:\n  - {role: leaf, like: gate}", 3, "roles.leaf.like", "hub")]
    [InlineData("network: {shape: star, nodes: 3}\nexpect:\n  - {path: any, percent: 0, role: called}", 3, "expect.role", "hub, leaf")]
    [InlineData("events:\n  - {what: flap}", 2, "events.every", "what and every")]
    [InlineData("events:\n  - {what: blink, every: 1s}", 2, "events.what", "flap, reboot, hup, destroy, create, recreate, renumber, mtu")]
    [InlineData("events:\n  - {what: flap, every: 0s}", 2, "events.every", "from 1ms")]
    [InlineData("events:\n  - {what: flap, every: 1s, of: tray}", 2, "events.of", "all, called, calling")]
    [InlineData("events:\n  - {what: flap, every: 1s, to: some}", 2, "events.to", "one, all")]
    [InlineData("events:\n  - {what: flap, every: 1s}\nbackend: uml", 1, "events.1", "pairs")]
    [InlineData("segments: []", 1, "segments", "nodes, links and segments in one file, in any order")]
    [InlineData("segments: []\nlinks: []", 2, "links", "nodes and links in one file, in any order")]
    [InlineData("segments:\n  - {name: lan, stations: [a, b]}\nnodes:\n  - {name: a, role: r}\n  - {name: b, role: r}", 4, "nodes", "nodes and links in one file, in any order")]
    [InlineData("segments:\n  - {name: lan, stations: [a, c]}\n" + Two, 2, "segments.stations", "names of nodes")]
    [InlineData("nodes:\n  - {name: a, role: r}\n  - {name: b, role: r}\nlinks: []\nsegments:\n  - {name: lan, stations: [a, b]}", 4, "links", "at least two nodes and a link")]
    [InlineData("nodes:\n  - {name: a, role: r}\n  - {name: b, role: r}\n  - {name: c, role: r}\nlinks:\n  - {called: a, calling: b}", 4, "nodes", "nodes that are all connected")]
    [InlineData("network: {shape: pair}\nsegments: []", 2, "segments", "a network, or nodes and links")]
    [InlineData(Two + "segments:\n  - {name: lan, stations: [a]}", 7, "segments.stations", "2 to 64 stations")]
    [InlineData(Two + "segments:\n  - {name: lan, stations: [a, a]}", 7, "segments.stations", "a node once")]
    [InlineData(Two + "segments:\n  - {name: lan, stations: [a, c]}", 7, "segments.stations", "names of nodes")]
    [InlineData(Two + "segments:\n  - {name: r, stations: [a, b]}", 7, "segments.name", "a name that no node, label or other segment has")]
    [InlineData(Two + "segments:\n  - {name: lan}", 7, "segments.stations", "name and stations")]
    [InlineData(Two + "segments:\n  - {name: lan, stations: [a, b], interface: ppp0}", 7, "segments.interface", "ne0, or the name of an interface that is plugged in, as aue0")]
    [InlineData(Two + "segments:\n  - {name: lan, stations: [a, b], interface: aue0}", 7, "segments.interface", "aue0 among the interfaces of each station's role")]
    [InlineData(Two + "segments:\n  - {name: lan, stations: [a, b], dad: often}", 7, "segments.dad", "true or false")]
    [InlineData(Two + "segments:\n  - {name: lan, stations: [a, b], same_ethernet: [a]}", 7, "segments.same_ethernet", "names of two or more of its stations")]
    [InlineData(Two + "segments:\n  - {name: lan, stations: [a, b], same_ethernet: [a, c]}", 7, "segments.same_ethernet", "names of two or more of its stations")]
    [InlineData(Two + "segments:\n  - {name: lan, stations: [a, b], snooping: often}", 7, "segments.snooping", "true or false")]
    [InlineData(Two + "roles:\n  - {role: r, datagrams: {interval: 1s, to: group}}", 7, "roles.r.datagrams.to", "a group_member of the role")]
    [InlineData(Two + "roles:\n  - {role: r, group_member: 224.0.1.1, datagrams: {interval: 1s, to: group}}", 7, "roles.r.datagrams.to", "a segment that its nodes are at")]
    [InlineData(Two + "segments:\n  - {name: lan, stations: [a, b], querier: c}", 7, "segments.querier", "the name of one of its stations")]
    [InlineData(Two + "segments:\n  - {name: lan, stations: [a, b], query_interval: 60s}", 7, "segments.querier", "next to query_interval and query_response")]
    [InlineData(Two + "segments:\n  - {name: lan, stations: [a, b], querier: a, query_interval: often}", 7, "segments.query_interval", "a time, as 125s")]
    [InlineData(Two + "segments:\n  - {name: lan, stations: [a, b], querier: a, query_interval: 10s}", 7, "segments.query_interval", "more than query_response")]
    [InlineData(Two + "segments:\n  - {name: lan, stations: [a, b], querier: a, query_response: 26s}", 7, "segments.query_response", "100ms to 25500ms")]
    [InlineData(Two + "segments:\n  - {name: lan, stations: [a, b], down: soon}", 7, "segments.down", "a time or a range of times")]
    [InlineData("nodes:\n  - {name: a, role: r, address: 192.0.2.1}\n  - {name: b, role: r}\nlinks:\n  - {called: a, calling: b}\nsegments:\n  - {name: lan, stations: [a, b]}", 7, "segments.stations", "of one net of 24 bits")]
    [InlineData("nodes: []", 1, "nodes", "nodes and links in one file")]
    [InlineData("links: []", 1, "links", "nodes and links in one file")]
    [InlineData("nodes: []\nlinks: []", 1, "nodes", "at least two nodes and a link")]
    [InlineData("network: {shape: pair}\nlinks: []", 2, "links", "a network, or nodes and links")]
    [InlineData("nodes:\n  - {name: a, role: r}\n  - {name: a, role: r}\nlinks: []", 3, "nodes.name", "a name of its own for each node")]
    [InlineData("nodes:\n  - {name: a, role: r}\n  - {name: b}\nlinks: []", 3, "nodes.role", "name and role")]
    [InlineData("nodes:\n  - {name: a b, role: r}\nlinks: []", 2, "nodes.name", "letters, digits")]
    [InlineData("nodes:\n  - {name: a, role: r, port: 3}\nlinks: []", 2, "nodes.port", "name, role, address")]
    [InlineData("nodes:\n  - {name: a, role: r, address: 224.0.0.1}\nlinks: []", 2, "nodes.address", "the IPv4 address of an interface")]
    [InlineData("nodes:\n  - {name: a, role: r}\n  - {name: b, role: R}\nlinks: []", 3, "nodes.role", "labels that differ in more")]
    [InlineData("nodes:\n  - {name: a, role: r}\n  - {name: b, role: r}\nlinks: []", 4, "links", "at least two nodes and a link")]
    [InlineData("nodes:\n  - {name: a, role: r}\n  - {name: b, role: r}\nlinks:\n  - {called: a, calling: c}", 5, "links.calling", "the name of a node")]
    [InlineData("nodes:\n  - {name: a, role: r}\n  - {name: b, role: r}\nlinks:\n  - {called: a}", 5, "links.calling", "the names of two nodes")]
    [InlineData("nodes:\n  - {name: a, role: r}\n  - {name: b, role: r}\nlinks:\n  - {called: a, calling: a}", 5, "links.calling", "two nodes")]
    [InlineData("nodes:\n  - {name: a, role: r}\n  - {name: b, role: r}\nlinks:\n  - {called: a, calling: b, kind: string}", 5, "links.kind", "modem")]
    [InlineData("nodes:\n  - {name: a, role: r}\n  - {name: b, role: r}\nlinks:\n  - {called: a, calling: b, addresses: [10.0.0.1]}", 5, "links.addresses", "two: of the called end")]
    [InlineData("nodes:\n  - {name: a, role: r}\n  - {name: b, role: r}\nlinks:\n  - {called: a, calling: b, addresses: [10.0.0.1, 10.0.0.1]}", 5, "links.addresses", "an address of its own")]
    public void What_is_no_network_is_refused_with_file_line_field_and_what_is_accepted(string text, int line, string field, string accepted) => Refusals.Of(text, line, field, accepted);

    [Fact]
    public void Programmes_name_links_by_group_node_or_label_and_are_written_as_they_were_read()
    {
        Scenario s = ScenarioLoader.Parse(Three + "events:\n  - {what: flap, of: tray, to: all, every: 1h, spread: 0s..500ms}\n  - {what: reboot, of: hq, every: 3h, pattern: schedule}\n  - {what: hup, of: leaf, every: 5min}\n", "s.yaml");

        Assert.Equal([[0], [0], [1, 2]], s.Site.Events!.Select(e => e.TargetsIn(s.Site.Graph!)));
        Assert.Equal(s.Site.Events, ScenarioLoader.Parse(ScenarioWriter.Write(s), "s.yaml").Site.Events);
        Assert.Contains(("events.1", "what flap, of tray, to all, pattern random, every 1h, phase 0s, spread 0s..500ms", ""), s.Options());
    }

    [Fact]
    public void A_check_names_every_error_of_a_network()
    {
        FileCheck check = FileCheck.OfText("network: {shape: star, nodes: 3}\nroles:\n  - {role: called, hup: {evry: 3s}}\n  - {role: hub, like: gate}\npairs: 3\n", "s.yaml");

        Assert.Equal([3, 3, 4, 5], check.Problems.Select(p => p.Line));
    }
}
