using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Tests.Kernel;
using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Userland;

/// <summary>Each daemon alone on a kernel, against the reference's rules of it: zebra (7.1), ospfd (7.2, 7.3), ripngd (7.4 to 7.6), pppd with getty and login (6), cron.</summary>
public sealed class DaemonTests
{
    private const string Join = "IP_ADD_MEMBERSHIP 224.0.0.5", Drop = "IP_DROP_MEMBERSHIP 224.0.0.5", Join6 = "IPV6_JOIN_GROUP ff02::9";

    private static (Host Host, Zebra Zebra, Ospfd Ospfd) Routing(OspfdOptions? options = null, Machine? machine = null)
    {
        var host = new Host(machine);
        Zebra zebra = host.Add("zebra", 0, entry => new Zebra(entry));
        Ospfd ospfd = host.Add("ospfd", Ospfd.Timers, entry => new Ospfd(entry, options ?? new OspfdOptions()));
        host.Boot();
        return (host, zebra, ospfd);
    }

    private static (Host Host, Ripngd Ripngd) Ripng(RipngdOptions? options = null)
    {
        var host = new Host();
        host.Add("zebra", 0, entry => new Zebra(entry));
        Ripngd ripngd = host.Add("ripngd", Ripngd.Timers, entry => new Ripngd(entry, options ?? new RipngdOptions { UpdateJitter = VirtualTime.Zero }));
        host.Boot();
        return (host, ripngd);
    }

    private static string[] Of(Host host, params string[] begins) => [.. host.Said.Where(said => begins.Any(begin => said.StartsWith(begin, StringComparison.Ordinal)))];

    // -- zebra

    [Fact]
    public void Zebra_tells_its_clients_in_the_order_in_which_they_connected_one_write_each()
    {
        var host = new Host();
        host.Add("zebra", 0, entry => new Zebra(entry));
        var first = host.Add("first", 0, entry => new Client(entry));
        var second = host.Add("second", 0, entry => new Client(entry));
        host.Boot();
        int slot = host.M.Up();
        host.Settle();

        Assert.Equal(first.Heard, second.Heard);
        Assert.Equal(
            [ZebraCommand.InterfaceAdd, ZebraCommand.Address6Add, ZebraCommand.InterfaceUp, ZebraCommand.AddressAdd],
            first.Heard.Select(m => m.Command));
        Assert.All(first.Heard, m => Assert.Equal(host.M.Index(slot), m.Index));
        string[] writes = Of(host, "write InterfaceUp");
        Assert.Equal(2, writes.Length);
    }

    [Fact]
    public void Zebra_speaks_of_an_interface_only_on_a_change_though_the_kernel_says_down_three_times()
    {
        var host = new Host();
        host.Add("zebra", 0, entry => new Zebra(entry));
        var client = host.Add("client", 0, entry => new Client(entry));
        host.Boot();
        int slot = host.M.Up();
        host.Settle();
        client.Heard.Clear();
        host.M.Down(slot);
        host.Settle();

        Assert.Equal(
            [ZebraCommand.InterfaceDown, ZebraCommand.AddressDelete, ZebraCommand.Address6Delete, ZebraCommand.InterfaceDelete],
            client.Heard.Select(m => m.Command));
    }

    [Fact]
    public void Zebra_refuses_a_departure_while_it_believes_the_interface_up()
    {
        // The queue was full when the kernel said down, and is read again before it says departure.
        var host = new Host();
        host.Add("zebra", 0, entry => new Zebra(entry));
        var client = host.Add("client", 0, entry => new Client(entry));
        host.Boot();
        int slot = host.M.Up();
        host.Settle();
        client.Heard.Clear();
        host.M.K.SiocSIfFlags(slot, false);
        host.M.Messages();
        host.M.K.SiocDifAddr(slot, Ipv4Address.Any);
        host.M.K.SiocDifAddr6(slot, Machine.LocalLink);
        host.Settle();
        client.Heard.Clear();
        host.M.K.PppClose(slot, 0);
        List<RoutingMessage> left = host.M.Messages();
        Assert.Equal(RtMsg.Departure, left[^1].Type);
        host.Settle();

        Assert.Empty(client.Heard);
    }

    [Fact]
    public void Who_connects_later_is_told_of_the_unit_its_addresses_and_that_it_is_up()
    {
        var host = new Host();
        Zebra zebra = host.Add("zebra", 0, entry => new Zebra(entry));
        var late = host.Add("late", 0, entry => new Client(entry, connects: false));
        host.Boot();
        host.M.Up();
        host.Settle();
        Assert.Empty(late.Heard);
        Assert.True(zebra.Connect(late.Number));
        host.Settle();

        Assert.Equal(
            [ZebraCommand.InterfaceAdd, ZebraCommand.AddressAdd, ZebraCommand.Address6Add, ZebraCommand.InterfaceUp],
            late.Heard.Select(m => m.Command));
        Assert.Equal((Machine.Local, Machine.Peer), (late.Heard[1].Address, late.Heard[1].Peer));
    }

    [Fact]
    public void A_client_that_has_left_hears_nothing_more_and_the_others_do()
    {
        var host = new Host();
        Zebra zebra = host.Add("zebra", 0, entry => new Zebra(entry));
        var leaves = host.Add("leaves", 0, entry => new Client(entry));
        var stays = host.Add("stays", 0, entry => new Client(entry));
        host.Boot();
        zebra.Disconnect(leaves.Number);
        host.M.Up();
        host.Settle();

        Assert.False(zebra.Serves(leaves.Number));
        Assert.Empty(leaves.Heard);
        Assert.NotEmpty(stays.Heard);
    }

    [Fact]
    public void A_zebra_that_has_ended_answers_nobody_and_names_whom_it_had()
    {
        (Host host, Zebra zebra, Ospfd ospfd) = Routing();

        Assert.Equal([ospfd.Number], zebra.End());
        Assert.False(zebra.Runs);
        Assert.False(zebra.Connect(ospfd.Number));
        host.M.Up();
        host.Settle();
        Assert.Empty(Of(host, "write"));
    }

    // -- ospfd

    [Fact]
    public void Ospfd_joins_when_the_address_comes_and_says_hello_a_second_later_and_then_every_interval()
    {
        (Host host, _, _) = Routing();
        int slot = host.M.Up();
        host.Settle();
        Assert.Equal([$"{Join}: None"], Of(host, Join));
        Assert.Empty(Hellos(host));
        host.Until(VirtualTime.FromMilliseconds(999));
        Assert.Empty(Hellos(host));
        host.Until(VirtualTime.FromMilliseconds(31_000));

        // At 1, 11, 21 and 31 s.
        Assert.Equal(4, Hellos(host).Count);
        Assert.All(Hellos(host), ip => Assert.Equal((Ipv4Address.AllSpfRouters, Machine.Local, (byte)1), (ip.Destination, ip.Source, ip.TimeToLive)));
        Assert.Equal(1, host.M.K.InMultis.ToArray().Count(x => x.Used && x.Group == Ipv4Address.AllSpfRouters && x.Ifp.Address == host.M.K.Interfaces[slot].Address));
    }

    [Theory]
    [InlineData(OspfdVersion.Quagga0982, 2)]
    [InlineData(OspfdVersion.Quagga0990, 1)]
    public void Once_the_address_has_gone_every_drop_by_address_is_eaddrnotavail_and_0982_tries_twice(OspfdVersion version, int attempts)
    {
        (Host host, _, _) = Routing(new OspfdOptions { Version = version });
        int slot = host.M.Up();
        host.Settle();
        host.M.Down(slot); // all of it before zebra reads a word
        host.Settle();

        Assert.Equal(Enumerable.Repeat($"{Drop}: EADDRNOTAVAIL", attempts), Of(host, Drop));
        Assert.Equal(1, host.M.Stale(HolderKind.InMultiIfp));
    }

    [Theory]
    [InlineData(OspfdVersion.Quagga0982)]
    [InlineData(OspfdVersion.Quagga0990)]
    [InlineData(OspfdVersion.IndexForm)]
    public void A_drop_between_down_and_the_loss_of_the_address_is_in_time(OspfdVersion version)
    {
        (Host host, _, _) = Routing(new OspfdOptions { Version = version });
        int slot = host.M.Up();
        host.Settle();
        host.M.K.SiocSIfFlags(slot, false);
        host.Settle();
        Assert.Equal([$"{Drop}: None"], Of(host, Drop));
        host.M.Down(slot);
        host.Settle();

        Assert.Equal(0, host.M.Stale(HolderKind.InMultiIfp));
    }

    [Fact]
    public void By_index_a_drop_needs_no_address_and_comes_too_late_only_after_the_detach()
    {
        (Host host, _, _) = Routing(new OspfdOptions { Version = OspfdVersion.IndexForm });
        int slot = host.M.Up();
        host.Settle();
        host.M.K.SiocSIfFlags(slot, false);
        host.M.K.SiocDifAddr(slot, Ipv4Address.Any);
        host.Settle();
        Assert.Equal($"{Drop}: None", Of(host, Drop)[0]);

        (host, _, _) = Routing(new OspfdOptions { Version = OspfdVersion.IndexForm });
        slot = host.M.Up();
        host.Settle();
        host.M.Down(slot);
        host.Settle();
        Assert.Equal($"{Drop}: EADDRNOTAVAIL", Of(host, Drop)[0]);
    }

    [Fact]
    public void A_hello_is_sent_though_the_interface_could_not_be_chosen()
    {
        // The address goes and the word of it is lost: ospfd believes the interface up (8.4 M3, M6).
        (Host host, _, _) = Routing();
        int slot = host.M.Up();
        host.Settle();
        host.Until(VirtualTime.FromSeconds(2));
        host.M.K.SiocDifAddr(slot, Ipv4Address.Any);
        host.M.Messages();
        host.Until(VirtualTime.FromSeconds(12));

        Assert.Equal(["can't setsockopt IP_MULTICAST_IF: EADDRNOTAVAIL"], Of(host, "can't setsockopt"));
        Assert.Equal(2, Hellos(host).Count);
    }

    [Fact]
    public void An_interface_that_is_down_says_no_hello_and_one_that_comes_up_again_joins_again()
    {
        (Host host, _, _) = Routing();
        int slot = host.M.Up();
        host.Settle();
        host.Until(VirtualTime.FromSeconds(2));
        host.M.K.SiocSIfFlags(slot, false);
        host.Settle();
        host.M.Sent.Clear();
        host.Until(VirtualTime.FromSeconds(60));
        Assert.Empty(Hellos(host));
        host.M.K.SiocSIfFlags(slot, true);
        host.Settle();
        host.Until(VirtualTime.FromSeconds(62));

        Assert.Equal([$"{Join}: None", $"{Join}: None"], Of(host, Join));
        Assert.Single(Hellos(host));
    }

    [Fact]
    public void A_neighbour_that_lists_us_is_at_2_way_and_one_that_is_silent_for_the_dead_interval_is_forgotten()
    {
        (Host host, _, Ospfd ospfd) = Routing();
        int slot = host.M.Up();
        host.Settle();
        Hear(host, slot, lists: false);
        Assert.Equal(0, ospfd.TwoWayNeighbors);
        Hear(host, slot, lists: true);
        Assert.Equal(1, ospfd.TwoWayNeighbors);
        host.Until(VirtualTime.FromMilliseconds(39_999));
        Assert.Equal(1, ospfd.TwoWayNeighbors);
        host.Until(VirtualTime.FromSeconds(40));
        Assert.Equal(0, ospfd.TwoWayNeighbors);
    }

    [Fact]
    public void A_hello_lists_the_neighbour_once_it_was_heard()
    {
        (Host host, _, _) = Routing();
        int slot = host.M.Up();
        host.Settle();
        host.Until(VirtualTime.FromSeconds(1));
        Hear(host, slot, lists: false);
        host.Until(VirtualTime.FromSeconds(11));
        byte[][] hellos = [.. host.M.Sent.Where(s => s.Protocol == PppProtocol.Ipv4).Select(s => s.Packet)];

        Assert.Equal([false, true], hellos.Select(packet =>
        {
            Assert.Equal(WireError.None, Ipv4Header.TryParse(packet, out Ipv4Header ip));
            Assert.Equal(WireError.None, OspfHello.TryParse(ip.Payload(packet), out OspfHello hello));
            return hello.Lists(ip.Payload(packet), Neighbour);
        }));
    }

    [Theory]
    [InlineData(OspfdExit.Never, false)]
    [InlineData(OspfdExit.AtAddressAdd, true)]
    public void An_address_that_comes_back_ends_a_process_with_the_assertion_and_closes_its_socket_after_the_core_file(OspfdExit exit, bool ends)
    {
        (Host host, Zebra zebra, Ospfd ospfd) = Routing(new OspfdOptions { Exit = exit, CoreDump = TimeRange.Seconds(2, 2), Respawn = TimeRange.Seconds(5, 5) });
        host.M.Down(host.M.Up());
        host.Settle();
        host.M.Up();
        host.Settle();
        Assert.Equal(ends, host.Probes.Contains(Probe.OspfdAborted));
        Assert.True(zebra.Serves(ospfd.Number));
        host.Until(VirtualTime.FromSeconds(2));
        Assert.Equal(ends ? ["exit1 closes the raw socket"] : [], Of(host, "exit1"));
        Assert.Equal(!ends, zebra.Serves(ospfd.Number));
        host.Until(VirtualTime.FromSeconds(7));
        Assert.Equal(ends ? ["started again by its watcher"] : [], Of(host, "started again"));
        Assert.True(zebra.Serves(ospfd.Number));
    }

    // -- zebra's RIB

    private static readonly Ipv4Address Network = Ipv4Address.Parse("10.9.0.0");

    private static ZebraRoute RouteOver(Host host, int slot, Ipv4Address nextHop) => new()
    {
        Command = ZebraRouteCommand.Add, Process = 1, Family = BsdKernel.AfInet, Prefix = new Ipv6Address(0, Network.Value), PrefixLength = 24, NextHop = new Ipv6Address(0, nextHop.Value),
        Index = (ushort)host.M.K.Interfaces[slot].Index,
    };

    // The interface that the kernel's route to the network leads out of, or 0.
    private static uint WayOut(Host host)
    {
        foreach (ref readonly RtEntry rt in host.M.K.Routes)
        {
            if (rt.Up && rt.PrefixLength == 24 && (uint)rt.Destination.Low == Network.Value)
            {
                return rt.Ifp.Address;
            }
        }

        return 0;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_route_of_the_rib_is_in_the_kernel_again_once_the_interface_to_its_gateway_is_back_whatever_its_index(bool another)
    {
        var host = new Host();
        Zebra zebra = host.Add("zebra", 0, entry => new Zebra(entry, installs: true));
        host.Boot();
        int slot = host.M.Up();
        host.Settle();
        zebra.Route(RouteOver(host, slot, Machine.Peer));
        host.Settle();
        Assert.Equal(host.M.K.Interfaces[slot].Address, WayOut(host));
        int index = host.M.K.Interfaces[slot].Index;

        host.M.Down(slot);
        host.Settle();
        Assert.Equal(0u, WayOut(host));

        if (another)
        {
            host.M.Up(1, Ipv4Address.Parse("10.8.0.1"), Ipv4Address.Parse("10.8.0.2"));
        }

        slot = host.M.Up();
        host.Settle();
        Assert.Equal(another, index != host.M.K.Interfaces[slot].Index);
        Assert.Equal(host.M.K.Interfaces[slot].Address, WayOut(host));
    }

    [Fact]
    public void A_route_that_a_client_has_sent_another_way_stays_when_the_interface_of_the_old_one_is_read_to_be_down()
    {
        var host = new Host();
        Zebra zebra = host.Add("zebra", 0, entry => new Zebra(entry, installs: true));
        host.Boot();
        Ipv4Address far = Ipv4Address.Parse("10.8.0.2");
        int old = host.M.Up(), other = host.M.Up(1, Ipv4Address.Parse("10.8.0.1"), far);
        host.Settle();
        zebra.Route(RouteOver(host, old, Machine.Peer));
        host.Settle();

        zebra.Route(RouteOver(host, other, far));
        host.M.Down(old);
        host.Settle();

        Assert.Equal(host.M.K.Interfaces[other].Address, WayOut(host));
    }

    [Fact]
    public void Without_zebra_ospfd_says_that_nobody_answers()
    {
        (Host host, Zebra zebra, Ospfd ospfd) = Routing();
        zebra.End();
        host.Restart(ospfd, VirtualTime.Zero);

        Assert.Equal([ospfd.Number], host.WithoutZebra);
    }

    // -- ripngd

    [Fact]
    public void Ripngd_waits_a_second_for_an_interface_that_is_up_with_a_link_local_and_then_joins_and_asks_for_the_table()
    {
        (Host host, _) = Ripng();
        int slot = host.M.Up();
        host.Settle();
        host.Until(VirtualTime.FromMilliseconds(999));
        Assert.Empty(Of(host, Join6));
        host.Until(VirtualTime.FromSeconds(1));

        Assert.Equal([$"{Join6}: None", "multicast Request: None"], Of(host, Join6, "multicast Request"));
        Assert.Contains(host.M.K.In6Multis.ToArray(), x => x.Used && x.Group.WithEmbeddedScope(0) == Ipv6Address.AllRipRouters && x.Ifp.Address == host.M.K.Interfaces[slot].Address);
    }

    [Fact]
    public void Ripngd_does_not_leave_when_the_interface_goes_down()
    {
        (Host host, _) = Ripng();
        int slot = host.M.Up();
        host.Settle();
        host.Until(VirtualTime.FromSeconds(2));
        host.M.Down(slot);
        host.Settle();

        Assert.Empty(Of(host, "IPV6_LEAVE_GROUP"));
        Assert.Equal(1, host.M.Stale(HolderKind.In6MultiIfp));
    }

    [Fact]
    public void Ripngd_updates_every_thirty_seconds_by_multicast_and_answers_a_request_by_unicast_from_the_same_socket()
    {
        (Host host, _) = Ripng();
        int slot = host.M.Up();
        host.Settle();
        host.Until(VirtualTime.FromSeconds(29));
        Assert.Empty(Of(host, "regular update"));
        host.Until(VirtualTime.FromSeconds(60));
        Assert.Equal(["regular update: None", "regular update: None"], Of(host, "regular update"));
        Assert.Equal(0, host.M.K.Pcbs.ToArray().Count(pcb => pcb.Used && pcb.Route >= 0));
        Ask(host, slot);

        Assert.Equal(["unicast answer: None"], Of(host, "unicast answer"));
        Assert.Equal(1, host.M.K.Pcbs.ToArray().Count(pcb => pcb.Used && pcb.Route >= 0));
        host.Until(VirtualTime.FromSeconds(90));
        Assert.Equal(0, host.M.K.Pcbs.ToArray().Count(pcb => pcb.Used && pcb.Route >= 0));
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void A_hub_sends_a_triggered_update_when_a_line_goes_and_so_empties_its_route_cache_which_a_leaf_keeps(bool hub, int stale)
    {
        (Host host, _) = Ripng(new RipngdOptions { OnEthernet = hub, UpdateJitter = VirtualTime.Zero });
        int slot = host.M.Up();
        host.Settle();
        host.Until(VirtualTime.FromSeconds(2));
        Ask(host, slot);
        host.M.K.SiocSIfFlags(slot, false);
        host.Settle();
        host.Until(VirtualTime.FromSeconds(3));
        host.M.Down(slot);

        Assert.Equal(hub ? ["triggered update: None"] : [], Of(host, "triggered update"));
        Assert.Equal(stale, host.M.Stale(HolderKind.In6pRouteIfp));
    }

    [Fact]
    public void Ripngd_joins_on_a_unit_that_has_the_dead_ones_block_though_the_kernel_says_eaddrinuse()
    {
        (Host host, _) = Ripng();
        int slot = host.M.Up();
        host.Settle();
        host.Until(VirtualTime.FromSeconds(2));
        host.M.Down(slot);
        host.Settle();
        host.M.Up();
        host.Settle();
        host.M.Sent.Clear();
        host.Until(VirtualTime.FromSeconds(4));

        Assert.Contains($"{Join6}: EADDRINUSE", host.Said);
        Assert.Equal("multicast Request: None", Of(host, "multicast Request")[^1]);
    }

    // -- cron, and another program

    [Fact]
    public void Cron_sends_at_its_phase_and_period_a_little_late_and_not_to_a_machine_that_is_down()
    {
        var host = new Host();
        host.Add("cron", 1, entry => new Cron(
            entry, new HupOptions { Enabled = true, Every = VirtualTime.FromMinutes(10), Phase = TimeRange.Seconds(100, 100), Jitter = TimeRange.Milliseconds(500, 500) }, new RandomStream(1, 1, RandomPurpose.Hup)));
        host.Boot();
        host.Until(VirtualTime.FromMinutes(13));
        host.IsUp = false;
        host.Until(VirtualTime.FromMinutes(23));
        host.IsUp = true;
        host.Until(VirtualTime.FromMinutes(33));

        Assert.Equal(["pppd Hup 700.5", "pppd Hup 1900.5"], host.Killed);
    }

    [Fact]
    public void Cron_that_is_not_enabled_sends_nothing_and_one_of_sigterm_sends_that()
    {
        var host = new Host();
        host.Add("cron", 1, entry => new Cron(entry, new HupOptions(), new RandomStream(1, 1, RandomPurpose.Hup)));
        host.Add("cron", 1, entry => new Cron(entry, new HupOptions { Enabled = true, Jitter = TimeRange.Milliseconds(0, 0) }, new RandomStream(1, 1, RandomPurpose.Hup), Signal.Term));
        host.Boot();
        host.Until(VirtualTime.FromMinutes(11));

        Assert.Equal(["pppd Term 600"], host.Killed);
    }

    [Fact]
    public void Another_program_joins_its_group_on_every_interface_that_gets_an_address()
    {
        var host = new Host();
        host.Add("ntpd", 0, entry => new GroupMember(entry, "224.0.1.1"));
        host.Boot();
        host.M.Up();
        host.AddressUp(Machine.Local);

        Assert.Equal(["IP_ADD_MEMBERSHIP by another program: None"], Of(host, "IP_ADD_MEMBERSHIP"));
        Assert.Single(host.M.K.InMultis.ToArray(), x => x.Used && x.Group == Machine.Ntp);
    }

    // -- pppd, getty and login

    private static (Host Host, Pppd Pppd) Call(bool calling, PppdOptions? options = null)
    {
        var host = new Host();
        Pppd pppd = host.Add("pppd", Pppd.Timers, entry => new Pppd(
            entry, options ?? new PppdOptions { Persist = true }, new TimeRange(VirtualTime.Never, VirtualTime.Never), new PppEndpointOptions(), 0, calling,
            new RandomStream(1, 1, RandomPurpose.Pppd), new RandomStream(1, 1, RandomPurpose.Script)));
        host.Boot();
        return (host, pppd);
    }

    [Fact]
    public void Getty_answers_a_call_and_login_starts_pppd_when_it_is_over()
    {
        (Host host, Pppd pppd) = Call(calling: false);
        Assert.True(pppd.AnswersCalls);
        pppd.Connected(VirtualTime.FromSeconds(4), VirtualTime.Zero);
        Assert.False(pppd.AnswersCalls);
        Assert.Contains("RING, CONNECT: login", host.Said);
        host.Until(VirtualTime.FromMilliseconds(3_999));
        Assert.Equal((PppdPhase.Login, -1), (pppd.Phase, pppd.Unit));
        host.Until(VirtualTime.FromSeconds(4));

        Assert.Equal(PppdPhase.Running, pppd.Phase);
        Assert.True(pppd.Unit >= 0);
    }

    [Fact]
    public void A_caller_who_hangs_up_during_the_login_leaves_a_getty_that_answers_and_no_unit()
    {
        (Host host, Pppd pppd) = Call(calling: false);
        pppd.Connected(VirtualTime.FromSeconds(4), VirtualTime.Zero);
        pppd.CarrierLost();
        host.Settle();
        host.Until(VirtualTime.FromSeconds(10));

        Assert.True(pppd.AnswersCalls);
        Assert.Equal(-1, pppd.Unit);
    }

    [Fact]
    public void The_called_ends_unit_outlives_the_carrier_until_pppd_exits_and_then_getty_comes_back()
    {
        (Host host, Pppd pppd) = Call(calling: false);
        pppd.Connected(VirtualTime.FromSeconds(4), VirtualTime.Zero);
        host.Until(VirtualTime.FromSeconds(5));
        int unit = pppd.Unit;
        pppd.CarrierLost();
        host.Settle();
        Assert.Equal((PppdPhase.Exiting, true), (pppd.Phase, host.M.K.Interfaces[unit].Attached));
        host.Until(VirtualTime.FromSeconds(11));
        Assert.Equal((PppdPhase.Getty, -1), (pppd.Phase, pppd.Unit));
        Assert.False(host.M.K.Interfaces[unit].Attached);
        Assert.Contains("respawned", host.Said);
    }

    [Fact]
    public void The_calling_end_drops_dtr_sleeps_a_second_closes_and_redials_after_the_holdoff()
    {
        (Host host, Pppd pppd) = Call(calling: true, new PppdOptions { Persist = true, Holdoff = VirtualTime.FromSeconds(60) });
        host.Until(VirtualTime.FromSeconds(5));
        Assert.Single(host.Modem);
        pppd.Connected(VirtualTime.FromSeconds(0), host.Clock.Now);
        host.Until(VirtualTime.FromSeconds(6));
        host.Modem.Clear();
        pppd.CarrierLost();
        host.Settle();
        Assert.Equal(["dtr low 6"], host.Modem);
        Assert.Equal(PppdPhase.DtrLow, pppd.Phase);
        host.Until(VirtualTime.FromSeconds(7));
        Assert.Equal((PppdPhase.Holdoff, -1), (pppd.Phase, pppd.Unit));
        host.Until(VirtualTime.FromMilliseconds(66_999));
        Assert.Single(host.Modem);
        host.Until(VirtualTime.FromSeconds(67));

        Assert.Equal("dial 67", host.Modem[^1]);
    }

    [Fact]
    public void Sighup_in_a_holdoff_ends_it_and_while_dialling_ends_the_attempt()
    {
        (Host host, Pppd pppd) = Call(calling: true, new PppdOptions { Persist = true, Holdoff = VirtualTime.FromSeconds(60) });
        pppd.Take(Signal.Hup);
        host.Settle();
        Assert.Equal((PppdPhase.Dialing, "dial 0"), (pppd.Phase, host.Modem[^1]));
        pppd.Take(Signal.Hup);
        host.Settle();

        Assert.Equal((PppdPhase.DtrLow, "dtr low 0"), (pppd.Phase, host.Modem[^1]));
    }

    [Fact]
    public void After_maxfail_attempts_pppd_gives_up()
    {
        (Host host, Pppd pppd) = Call(calling: true, new PppdOptions { Persist = true, MaxFail = 2, Holdoff = VirtualTime.FromSeconds(30) });
        host.Until(VirtualTime.FromSeconds(5));
        pppd.DialFailed(host.Clock.Now);
        Assert.Equal(PppdPhase.Holdoff, pppd.Phase);
        host.Until(VirtualTime.FromSeconds(40));
        Assert.Equal(PppdPhase.Dialing, pppd.Phase);
        pppd.DialFailed(host.Clock.Now);

        Assert.Equal(PppdPhase.Dead, pppd.Phase);
    }

    [Fact]
    public void Without_persist_a_link_that_ends_is_the_last()
    {
        (Host host, Pppd pppd) = Call(calling: true, new PppdOptions { Persist = false });
        host.Until(VirtualTime.FromSeconds(5));
        pppd.Connected(VirtualTime.Zero, host.Clock.Now);
        host.Until(VirtualTime.FromSeconds(6));
        pppd.CarrierLost();
        host.Settle();
        host.Until(VirtualTime.FromMinutes(10));

        Assert.Equal((PppdPhase.Dead, -1), (pppd.Phase, pppd.Unit));
    }

    private static readonly Ipv4Address Neighbour = Ipv4Address.Of(192, 168, 0, 2);

    private static List<Ipv4Header> Hellos(Host host)
    {
        List<Ipv4Header> hellos = [];
        foreach ((_, PppProtocol protocol, byte[] packet) in host.M.Sent)
        {
            if (protocol == PppProtocol.Ipv4 && Ipv4Header.TryParse(packet, out Ipv4Header ip) == WireError.None && ip.Protocol == IpProtocol.Ospf)
            {
                hellos.Add(ip);
            }
        }

        return hellos;
    }

    private static void Hear(Host host, int slot, bool lists)
    {
        Span<byte> hello = stackalloc byte[64];
        int n = OspfHello.OnPointToPoint(Neighbour, 10, 40).Write(hello, lists ? [host.RouterId] : []);
        host.M.Input(slot, Ipv4Address.AllSpfRouters, IpProtocol.Ospf, hello[..n]);
        host.Settle();
    }

    // A Request for the whole table, from the neighbour's link-local address.
    private static void Ask(Host host, int slot)
    {
        Span<byte> message = stackalloc byte[RipngMessage.HeaderLength + RipngMessage.RouteLength];
        int n = RipngMessage.WriteWholeTableRequest(message);
        host.M.Datagram!(Array.FindIndex(host.M.K.Pcbs.ToArray(), pcb => pcb.Used && pcb.Table == PcbTable.Udp6), host.M.Index(slot), new Ipv6Header { Source = Machine.PeerLink, Destination = Ipv6Address.AllRipRouters, HopLimit = 255 }, message[..n]);
        host.Settle();
    }

    private sealed class Client(ProcessEntry entry, bool connects = true) : Process(entry)
    {
        public List<ZebraMessage> Heard { get; } = [];

        public override bool AsksZebra => true;

        public override void Start(RandomStream random, VirtualTime now)
        {
            if (connects)
            {
                ConnectToZebra(now);
            }
        }

        public override void Deliver(in ZebraMessage m) => Heard.Add(m);

        public override void Fields<TPass>(ref TPass pass)
        {
        }
    }
}
