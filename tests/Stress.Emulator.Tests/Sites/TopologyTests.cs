using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

/// <summary>A site as a graph of nodes, ports and links.</summary>
public sealed class TopologyTests
{
    [Fact]
    public void An_answering_system_has_a_port_for_each_caller_and_a_caller_has_one()
    {
        var topology = Topology.Of(new SiteOptions { CallersPerAnswerer = 3 });

        Assert.Equal([Role.Called, Role.Calling, Role.Calling, Role.Calling], topology.Nodes);
        Assert.All(topology.Links.Index(), link => Assert.Equal([new LinkEnd(0, link.Index), new LinkEnd(link.Index + 1, 0)], link.Item.Ends));
        Assert.Equal([0, 1, 2], topology.PlaceOf(7, 0).Links);
        Assert.Equal([1], topology.PlaceOf(7, 2).Links);
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
        Assert.Equal([0x70001, 0x70002], Enumerable.Range(0, 2).Select(node => Topology.Of(new SiteOptions()).PlaceOf(7, node).Entity));

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
