using System.Text.Json;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

/// <summary>A site as a graph of nodes, ports and links.</summary>
public sealed class TopologyTests
{
    [Fact]
    public void An_answering_system_has_a_port_for_each_caller_and_a_caller_has_one()
    {
        var topology = PairTopology.Of(3);

        Assert.Equal([Role.Called, Role.Calling, Role.Calling, Role.Calling], topology.Nodes);
        Assert.All(topology.Links.Index(), link => Assert.Equal([new LinkEnd(0, link.Index), new LinkEnd(link.Index + 1, 0)], link.Item.Ends));
        Assert.Equal([0, 1, 2], topology.PlaceOf(7, 0).Ports.Select(p => p.Link));
        Assert.Equal([1], topology.PlaceOf(7, 2).Ports.Select(p => p.Link));
    }

    [Fact]
    public void Every_port_of_a_site_is_at_the_end_of_a_link_that_leads_back_to_it()
    {
        Site site = Site.Create(new SiteOptions { CallersPerAnswerer = 4 }, 5);

        Assert.Equal(4, site.Routers[0].Ports.Length);
        Assert.All(site.Routers.Skip(1), router => Assert.Same(Assert.Single(router.Ports).Link, site.Routers[0].Ports[router.Number - 1].Link));
        Assert.All(site.Routers.SelectMany(r => r.Ports.Select(p => (Router: r, Port: p))), x => Assert.Same(x.Router, x.Port.Router));
    }

    [Fact]
    public void Names_of_random_streams_follow_from_the_sites_number_and_the_nodes() =>
        Assert.Equal([0x70001, 0x70002], Enumerable.Range(0, 2).Select(node => new SiteOptions().Topology.PlaceOf(7, node).Entity));

    // A chain: a hub that answers a relay, which answers a leaf on its second modem.
    private static SiteOptions Chain()
    {
        RoleOptions hub = new() { Role = (Role)0, Hup = new HupOptions { Enabled = true, Phase = TimeRange.Seconds(0, 600) } };
        RoleOptions relay = hub with { Role = (Role)1, Pppd = new PppdOptions { Persist = true } }, leaf = relay with { Role = (Role)2, BorrowedAddress = true };
        return new SiteOptions
        {
            Seed = 3,
            Graph = new Topology(
                ["hub", "relay", "leaf"],
                [(Role)0, (Role)1, (Role)2],
                [new PlannedLink(LinkKind.Modem, new LinkEnd(0, 0), new LinkEnd(1, 0)), new PlannedLink(LinkKind.Modem, new LinkEnd(1, 1), new LinkEnd(2, 0))]),
            Roles = new(hub, relay, leaf),
        };
    }

    [Fact]
    public void A_site_of_three_labels_counts_under_each_and_a_router_in_between_answers_on_one_line_and_calls_on_the_other()
    {
        Site site = Site.Create(Chain(), 1);
        for (int window = 0; window < 12; window++)
        {
            site.RunWindow();
        }

        Assert.Equal(["hub", "relay", "leaf"], site.Tally.Counters.Labels);
        Assert.Equal([false, true, true], site.Tally.Counters.By(c => c.Redials).Select(n => n > 0));
        Assert.All(site.Tally.Counters.By(c => c.Disconnects), n => Assert.True(n > 0));
        Assert.Equal(site.Routers.Select(r => r.Counters.Disconnects), site.Tally.Counters.By(c => c.Disconnects));
        Assert.Contains("router 1 (relay)", site.Show(1), StringComparison.Ordinal);
        Assert.All(site.Tally.Stale, stale => Assert.InRange((int)stale.Role, 0, 2));
    }

    [Fact]
    public void A_site_of_three_labels_counts_nothing_under_each_before_its_first_window()
    {
        SiteTally unbegun = Site.Create(Chain(), 0).Tally;

        Assert.Equal(["hub", "relay", "leaf"], unbegun.Counters.Labels);
        Assert.Equal(default, unbegun.Counters.Total);
        Assert.Equal(3 * KernelAge.Count, unbegun.DecidedByAge.Length);
    }

    [Fact]
    public void A_site_of_three_labels_ends_the_same_from_its_image()
    {
        Site whole = Site.Create(Chain(), 1);
        PackedSite packed = PackedSite.Pack(Site.Create(Chain(), 1));
        for (int window = 0; window < 6; window++)
        {
            whole.RunWindow();
            Site opened = packed.Open(Chain());
            opened.RunWindow();
            packed = PackedSite.Pack(opened);
        }

        Assert.Equal(whole.Digest, packed.Open(Chain()).Digest);
        Assert.NotEqual(0UL, whole.Digest);
    }

    [Fact]
    public void Options_cross_as_json_with_those_of_each_label_under_its_name()
    {
        string pair = JsonSerializer.Serialize(new SiteOptions { Seed = 9 }.With(new RoleOptions { Role = Role.Calling, GroupMember = "224.0.1.1" })), chain = JsonSerializer.Serialize(Chain());

        Assert.Equal(["Seed", "Design", "CallersPerAnswerer", "Called", "Calling", "Line", "Window", "Oracle", "SkipQuiet"], NamesIn(pair));
        Assert.Equal(["Seed", "Design", "CallersPerAnswerer", "Graph", "Hub", "Relay", "Leaf", "Line", "Window", "Oracle", "SkipQuiet"], NamesIn(chain));
        SiteOptions read = JsonSerializer.Deserialize<SiteOptions>(pair)!, readChain = JsonSerializer.Deserialize<SiteOptions>(chain)!;
        Assert.Equal((9UL, null, "224.0.1.1"), (read.Seed, read.Called.GroupMember, read.Calling.GroupMember));
        Assert.Equal((chain, pair), (JsonSerializer.Serialize(readChain), JsonSerializer.Serialize(read)));
        Assert.Equal(Ran(Chain()), Ran(readChain));

        static IEnumerable<string> NamesIn(string json) => JsonDocument.Parse(json).RootElement.EnumerateObject().Select(p => p.Name);
        static ulong Ran(SiteOptions options)
        {
            Site site = Site.Create(options, 0);
            site.RunWindow();
            return site.Digest;
        }
    }

    [Theory]
    [InlineData("labels", "options for 3 labels of 2")]
    [InlineData("twins", "its labels are not a name of its own for each")]
    [InlineData("node", "a node has none of its 3 labels")]
    [InlineData("ends", "a modem link has 1 ends, not 2")]
    [InlineData("far", "a link ends at a node that is none of its 3")]
    [InlineData("port", "the ports of node 1 are 0, 2")]
    public void A_graph_that_is_no_site_is_refused_in_a_sentence(string fault, string problem)
    {
        SiteOptions chain = Chain();
        Topology graph = chain.Graph!;
        PlannedLink first = graph.Links[0];
        graph = fault switch
        {
            "labels" => graph with { Labels = ["hub", "leaf"], Nodes = [(Role)0, (Role)1, (Role)1] },
            "twins" => graph with { Labels = ["hub", "relay", "Hub"] },
            "node" => graph with { Nodes = [(Role)0, (Role)1, (Role)3] },
            "ends" => graph with { Links = [first with { Ends = [new LinkEnd(0, 0)] }] },
            "far" => graph with { Links = [first with { Ends = [new LinkEnd(0, 0), new LinkEnd(3, 0)] }] },
            _ => graph with { Links = [first, graph.Links[1] with { Ends = [new LinkEnd(1, 2), new LinkEnd(2, 0)] }] },
        };

        string message = Assert.Throws<ArgumentException>(() => Site.Create(chain with { Graph = graph }, 0)).Message;

        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.Contains("accepted are labels with options", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_modem_link_tells_its_ends_what_happens_to_the_call()
    {
        var site = new Loop();
        site.Link = new ModemLink(site, 0, 0, new ModemLine(new LineOptions { TrainingFailuresPerThousand = 0, NoisePerMillionFrames = 0 }, 1, 1, 0), site.Called, site.Calling);
        site.Link.Dial(site.Now);
        site.Run();
        site.Link.Transmit(ModemLink.Calling, [0xFF, 0x03, 0xC0, 0x21, 1, 2], site.Now);
        site.Link.Transmit(ModemLink.Called, [0xFF, 0x03, 0xC0, 0x21, 3], site.Now);
        site.Run();
        site.Link.DropDtr(ModemLink.Called, site.Now);
        site.Link.Transmit(ModemLink.Calling, [1, 2], site.Now);
        site.Run();

        Assert.Equal(["connected", "frame FF03C0210102"], site.Called.Heard);
        Assert.Equal(["connected", "frame FF03C02103", "carrier lost"], site.Calling.Heard);
        Assert.Equal(2, site.Frames);
    }

    private sealed class Loop : ILinkSite
    {
        public ModemLink? Link { get; set; }

        public VirtualTime Now { get; private set; }

        public EndOfLine Called { get; } = new();

        public EndOfLine Calling { get; } = new();

        public int Frames { get; private set; }

        public EventQueue Events { get; } = new(ModemLink.Events);

        public void Run()
        {
            while (!Events.NextTime.IsNever)
            {
                int slot = Events.Pop(out VirtualTime at);
                Now = at;
                Link!.Fire(slot, at);
            }
        }

        public void FrameSent(int link, int from, ReadOnlySpan<byte> frame) => Frames++;

        public bool Admits(LinkEvent what, int link, int end) => true;

        public void Say(int link, int end, string text)
        {
        }
    }

    private sealed class EndOfLine : IModemEnd
    {
        public List<string> Heard { get; } = [];

        public bool IsUp => true;

        public bool AnswersCalls => true;

        public void Connected(VirtualTime login, VirtualTime now) => Heard.Add("connected");

        public void DialFailed(VirtualTime now) => Heard.Add("failed");

        public void CarrierLost(VirtualTime now) => Heard.Add("carrier lost");

        public void FrameArrived(ReadOnlySpan<byte> frame, int tag, VirtualTime now) => Heard.Add($"frame {Convert.ToHexString(frame)}");
    }
}
