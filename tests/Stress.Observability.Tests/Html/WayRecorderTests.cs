using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;
using Stress.Observability.Html;
using Xunit;

namespace Stress.Observability.Tests.Html;

/// <summary>The way of a crash through a network.</summary>
public sealed class WayRecorderTests
{
    // n0 - n1 - n2 - n3.
    private static readonly Topology Chain = new(
        ["router"], [Role.Called, Role.Called, Role.Called, Role.Called],
        [
            new PlannedLink(LinkKind.Modem, new LinkEnd(0, 0), new LinkEnd(1, 0)), new PlannedLink(LinkKind.Modem, new LinkEnd(1, 1), new LinkEnd(2, 0)),
            new PlannedLink(LinkKind.Modem, new LinkEnd(2, 1), new LinkEnd(3, 0)),
        ]);

    [Fact]
    public void A_packet_that_kills_is_followed_back_over_the_nodes_that_forwarded_it()
    {
        var recorder = new WayRecorder(Chain, [9]);
        recorder.Pointer(new PointerEvent(1, VirtualTime.FromSeconds(1), 3, PointerStage.Allocated, 5, 0x100, HolderKind.None, "ppp1 (index 4)", ""));
        recorder.Pointer(new PointerEvent(2, VirtualTime.FromSeconds(2), 3, PointerStage.Detached, 5, 0x100, HolderKind.None, "ppp1", ""));
        recorder.Frame(default, 2, ModemLink.Called, Datagram(timeToLive: 64, identification: 8)); // another packet
        recorder.Frame(default, 0, ModemLink.Called, Datagram(timeToLive: 64));
        recorder.Frame(default, 1, ModemLink.Called, Datagram(timeToLive: 63));
        recorder.Frame(default, 2, ModemLink.Called, Datagram(timeToLive: 62));
        recorder.Arrived(9, 3, 2, Datagram(timeToLive: 62));
        recorder.Crashed(new CrashPlace(8, VirtualTime.FromSeconds(3), 3, 5, 2, EventCause.Frame, 2, ""));
        recorder.Crashed(new CrashPlace(9, VirtualTime.FromSeconds(3), 3, 5, 2, EventCause.Frame, 2, ""));

        (long number, CrashWay way) = Assert.Single(recorder.Ways);
        Assert.Equal(9, number);
        Assert.Equal([new CrashHop(0, 1, 0, -1), new CrashHop(1, 2, 1, -1), new CrashHop(2, 3, 2, -1)], way.Hops);
        Assert.Equal((0, 3, "ppp1", 2, "UDP over IPv4"), (way.Origin, way.Node, way.Interface, way.Link, way.By));
        Assert.Equal(VirtualTime.FromSeconds(2), way.Gone);
    }

    [Fact]
    public void A_timer_of_the_node_itself_has_no_way()
    {
        var recorder = new WayRecorder(Chain, [9]);
        recorder.Arrived(8, 1, 0, Datagram(timeToLive: 64));
        recorder.Crashed(new CrashPlace(9, VirtualTime.FromSeconds(3), 1, 5, -1, EventCause.Timer, -1, "a timer of ospfd"));

        CrashWay way = recorder.Ways[9];
        Assert.Empty(way.Hops);
        Assert.Equal((1, "", -1, "a timer of ospfd"), (way.Origin, way.Interface, way.Link, way.By));
    }

    [Fact]
    public void The_sites_of_a_network_tell_the_way_of_each_of_their_crashes_when_they_are_executed_again()
    {
        var kernel = new KernelOptions { Fill = MallocFill.Debug };
        var router = new RoleOptions
        {
            Role = Role.Called, Kernel = kernel, Pppd = new PppdOptions { Persist = true, DefaultRoute = true }, Hup = new HupOptions { Enabled = true }, Ospfd = new OspfdOptions { Exit = OspfdExit.AtAddressAdd },
        };
        var options = new SiteOptions { Seed = 42, Graph = Chain, Roles = new RoleSet(router) };
        Site site = Site.Create(options, 0);
        for (int window = 0; window < 72; window++)
        {
            site.RunWindow();
        }

        CrashRecord[] crashes = [.. site.Crashes.Select(tally => new CrashRecord
        {
            Id = CrashRecord.IdOf(tally.Title, "router"), Title = tally.Title.ToString(), Path = "", Role = "router", Count = tally.Count, Site = 0, Seed = 42, Event = tally.FirstEvent, At = "",
            AtMicroseconds = tally.First.Microseconds, Stack = [], Story = [], Replay = "",
        })];
        IReadOnlyDictionary<string, CrashWay> ways = WayRecorder.Trace(options, crashes, most: long.MaxValue);

        Assert.NotEmpty(crashes);
        Assert.Equal(crashes.Length, ways.Count);
        Assert.All(crashes, crash => Assert.Equal(crash.AtMicroseconds, ways[crash.Id].At.Microseconds));
        Assert.All(ways.Values, way => Assert.True(way.Link < 0 || Chain.Links[way.Link].Ends.Any(end => end.Node == way.Node), "an interface of a link is at one of its ends"));
        Assert.All(ways.Values, way => Assert.True(way.Hops.Count == 0 || way.Hops[^1].To == way.Node, "a way ends where the node died"));
        Assert.Contains(ways.Values, way => way.Interface.StartsWith("ppp", StringComparison.Ordinal) && way.Link >= 0 && !way.Gone.IsNever);
        Assert.Empty(WayRecorder.Trace(options, crashes, most: 1));
    }

    private static byte[] Datagram(byte timeToLive, ushort identification = 7)
    {
        byte[] frame = new byte[PppHeader.MaxLength + Ipv4Header.MinLength + 8];
        int at = PppHeader.Write(frame, PppProtocol.Ipv4, compressAddress: false, compressProtocol: false);
        new Ipv4Header
        {
            Identification = identification, TimeToLive = timeToLive, Protocol = IpProtocol.Udp, PayloadLength = 8, Source = SiteAddresses.Ethernet(0), Destination = SiteAddresses.Ethernet(3),
        }.Write(frame.AsSpan(at));
        return frame;
    }
}
