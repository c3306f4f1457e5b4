using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

/// <summary>Two kernels on the two ends of a line, as far as TCP goes (netinet/tcp_*.c of NetBSD 2.0).</summary>
public sealed class TcpTests
{
    private const ushort Ssh = 22;
    private const int TickMilliseconds = 200;
    private readonly Machine _client, _server;
    private int _clientUnit, _serverUnit;

    public TcpTests()
        : this(new Machine(), new Machine())
    {
    }

    private TcpTests(Machine client, Machine server)
    {
        (_client, _server) = (client, server);
        _clientUnit = _client.Up();
        _serverUnit = UpServer();
    }

    private int UpServer()
    {
        _server.K.EnterFromUser(KernelFunction.Syscall);
        int slot = _server.K.PppOpen(0, 100);
        _server.K.SiocAifAddr6(slot, Machine.PeerLink, 128, Machine.LocalLink);
        _server.K.SiocSIfFlags(slot, true);
        _server.K.SiocAifAddr(slot, Machine.Peer, Machine.Local);
        _server.K.PppIocSNpMode(slot, true, true);
        return slot;
    }

    // The line: what both have sent arrives, until nothing is on the way.
    private void Pump()
    {
        while (_client.Sent.Count + _server.Sent.Count > 0)
        {
            Arrive(_client, _server, _serverUnit);
            Arrive(_server, _client, _clientUnit);
        }
    }

    private static void Arrive(Machine from, Machine to, int slot)
    {
        (int, PppProtocol Protocol, byte[] Packet)[] frames = [.. from.Sent];
        from.Sent.Clear();
        foreach ((_, PppProtocol protocol, byte[] packet) in frames)
        {
            if (protocol == PppProtocol.Ipv6)
            {
                to.K.Ip6Input(slot, packet);
            }
            else
            {
                to.K.IpInput(slot, packet);
            }
        }
    }

    private static void Tick(Machine m, int milliseconds)
    {
        for (int n = 0; n < milliseconds / TickMilliseconds; n++)
        {
            m.K.EnterFromUser(KernelFunction.SoftNet);
            m.K.TcpTimo();
        }
    }

    private Ipv6Address ServerAddress(bool inet6) => inet6 ? Machine.PeerLink.WithEmbeddedScope(_client.K.Interfaces[_clientUnit].Index) : new Ipv6Address(0, Machine.Peer.Value);

    private (int Client, int Listens) Connect(bool inet6, bool keepAlive = true)
    {
        int listens = _server.K.TcpListen(inet6, Ssh, keepAlive);
        Assert.Equal(Errno.None, _client.K.TcpConnect(inet6, ServerAddress(inet6), Ssh, keepAlive, out int s));
        return (s, listens);
    }

    private (int Client, int Server) Established(bool inet6, bool keepAlive = true)
    {
        (int c, int listens) = Connect(inet6, keepAlive);
        Pump();
        return (c, _server.K.TcpAccept(listens));
    }

    private static IEnumerable<TcpHeader> Segments(Machine m) => m.Sent.Select(sent =>
    {
        TcpHeader th;
        if (sent.Protocol == PppProtocol.Ipv6)
        {
            Assert.Equal(WireError.None, Ipv6Header.TryParse(sent.Packet, out Ipv6Header ip6));
            Assert.Equal(WireError.None, TcpHeader.TryParse(ip6.Payload(sent.Packet), ip6.Source, ip6.Destination, out th));
        }
        else
        {
            Assert.Equal(WireError.None, Ipv4Header.TryParse(sent.Packet, out Ipv4Header ip));
            Assert.Equal(WireError.None, TcpHeader.TryParse(ip.Payload(sent.Packet), ip.Source, ip.Destination, out th));
        }

        return th;
    });

    [Theory]
    [InlineData(false, 1460)]
    [InlineData(true, 1440)]
    public void A_connection_comes_up_in_three_segments_and_each_end_advertises_the_greatest_MTU_less_its_headers(bool inet6, int mss)
    {
        (int c, int listens) = Connect(inet6);
        TcpHeader syn = Assert.Single(Segments(_client));
        Assert.Equal((TcpFlags.Syn, (ushort)mss), (syn.Flags, syn.MaxSegment));
        Arrive(_client, _server, _serverUnit);
        TcpHeader answer = Assert.Single(Segments(_server));
        Assert.Equal((TcpFlags.Syn | TcpFlags.Ack, syn.Sequence + 1, (ushort)mss), (answer.Flags, answer.Acknowledgment, answer.MaxSegment));
        Assert.Equal(-1, _server.K.TcpAccept(listens));
        Arrive(_server, _client, _clientUnit);
        TcpHeader ack = Assert.Single(Segments(_client));
        Assert.Equal((TcpFlags.Ack, syn.Sequence + 1, answer.Sequence + 1), (ack.Flags, ack.Sequence, ack.Acknowledgment));
        Pump();

        Assert.Equal(TcpState.Established, _client.K.TcpCbOf(c).State);
        Assert.Equal(TcpState.Established, _server.K.TcpCbOf(_server.K.TcpAccept(listens)).State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_written_arrives_once_and_in_order_in_segments_of_the_MSS(bool inet6)
    {
        (int c, int s) = Established(inet6);

        Assert.Equal(Errno.None, _client.K.TcpWrite(c, 4000));
        int mss = inet6 ? 1440 : 1460;
        Assert.Equal([(uint)mss, (uint)mss], Segments(_client).Zip(Segments(_client).Skip(1), (a, b) => b.Sequence - a.Sequence));
        Pump();

        Assert.Equal((4000, 0), (_server.K.TcpRead(s), _client.K.TcpCbOf(c).SndCc));
        Assert.Equal(0, _server.K.TcpRead(s));
    }

    [Fact]
    public void A_segment_that_is_lost_is_sent_again_after_the_timeout_which_doubles_until_the_connection_is_given_up()
    {
        (int c, _) = Established(inet6: false);
        _client.K.TcpWrite(c, 100);
        _client.Sent.Clear();
        var after = new List<int>();
        for (int ms = 0; ms < 600_000 && _client.K.TcpCbOf(c).State == TcpState.Established; ms += TickMilliseconds)
        {
            Tick(_client, TickMilliseconds);
            if (_client.Sent.Count > 0)
            {
                after.Add((ms + TickMilliseconds) / 1000);
                _client.Sent.Clear();
            }
        }

        // t_rxtcur is 1 s after a round trip below half a second; tcp_backoff doubles it up to 64 s, and the thirteenth time is the last.
        Assert.Equal([1, 3, 7, 15, 31, 63, 127, 191, 255, 319, 383, 447, 511], after);
        Assert.Equal((TcpState.Closed, Errno.ETIMEDOUT), (_client.K.TcpCbOf(c).State, _client.K.TcpCbOf(c).Error));
    }

    [Fact]
    public void A_connection_is_closed_in_order_at_both_ends_and_its_sockets_are_gone_after_2_MSL()
    {
        (int c, int s) = Established(inet6: true);

        _client.K.CloseSocket(c, exiting: false);
        Pump();
        Assert.Equal((TcpState.FinWait2, TcpState.CloseWait), (_client.K.TcpCbOf(c).State, _server.K.TcpCbOf(s).State));
        _server.K.CloseSocket(s, exiting: false);
        Pump();
        Assert.Equal(TcpState.TimeWait, _client.K.TcpCbOf(c).State);
        Assert.False(_server.K.Pcbs[s].Used);
        Tick(_client, 59_800);
        Assert.True(_client.K.Pcbs[c].Used);
        Tick(_client, 200);
        Assert.False(_client.K.Pcbs[c].Used);
    }

    [Fact]
    public void Nobody_listens_and_the_peer_is_refused_by_a_reset()
    {
        Assert.Equal(Errno.None, _client.K.TcpConnect(inet6: false, ServerAddress(inet6: false), Ssh, keepAlive: false, out int c));
        Pump();

        Assert.Equal((TcpState.Closed, Errno.ECONNREFUSED), (_client.K.TcpCbOf(c).State, _client.K.TcpCbOf(c).Error));
    }

    [Fact]
    public void SYN_ACK_is_sent_again_after_3_6_12_and_24_seconds_and_the_entry_is_dropped_when_75_are_over()
    {
        Connect(inet6: true);
        Arrive(_client, _server, _serverUnit);
        _server.Sent.Clear();
        var after = new List<int>();
        for (int ms = TickMilliseconds; ms <= 93_000; ms += TickMilliseconds)
        {
            Assert.Contains(_server.K.SynCaches.ToArray(), sc => sc.Used);
            Tick(_server, TickMilliseconds);
            if (_server.Sent.Count > 0)
            {
                after.Add(ms);
                _server.Sent.Clear();
            }
        }

        Assert.Equal([3_000, 9_000, 21_000, 45_000], after);
        Assert.DoesNotContain(_server.K.SynCaches.ToArray(), sc => sc.Used);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_silent_connection_is_asked_after_two_hours_and_an_answer_starts_the_time_again(bool inet6)
    {
        (int c, _) = Established(inet6);

        Tick(_client, 7_199_800);
        Assert.Empty(_client.Sent);
        Tick(_client, 200);
        TcpHeader probe = Assert.Single(Segments(_client));
        Assert.Equal(_client.K.TcpCbOf(c).SndUna - 1, probe.Sequence);
        Arrive(_client, _server, _serverUnit);
        Assert.Equal(TcpFlags.Ack, Assert.Single(Segments(_server)).Flags);
        Pump();
        Tick(_client, 7_199_800);
        Assert.Empty(_client.Sent);
    }

    [Fact]
    public void Eight_probes_75_seconds_apart_that_nobody_answers_end_a_connection()
    {
        (int c, _) = Established(inet6: false);
        Tick(_client, 7_200_000 + (7 * 75_000));
        Assert.Equal(8, _client.Sent.Count);
        Assert.Equal(TcpState.Established, _client.K.TcpCbOf(c).State);
        Tick(_client, 75_000);

        Assert.Equal((TcpState.Closed, Errno.ETIMEDOUT), (_client.K.TcpCbOf(c).State, _client.K.TcpCbOf(c).Error));
    }

    [Fact]
    public void The_probe_of_a_silent_connection_of_IPv6_reads_through_a_route_that_nobody_has_looked_at_since_the_unit_went()
    {
        (int c, _) = Established(inet6: true);
        _client.Down(_clientUnit);
        Assert.Equal(1, _client.Stale(HolderKind.In6pRouteIfp));

        KernelPanic panic = Assert.Throws<KernelPanic>(() => Tick(_client, 7_200_000));

        Assert.Equal((UseSite.In6SelectHlim, HolderKind.In6pRouteIfp), (panic.Site, panic.Holder));
        Assert.Equal(["in6_selecthlim", "tcp_respond", "tcp_timer_keep", "softintr_net"], _client.K.StackTrace());
        Assert.True(_client.K.Pcbs[c].Used);
    }

    [Fact]
    public void A_connection_of_IPv6_that_sends_frees_the_route_first_and_lives()
    {
        (int c, _) = Established(inet6: true);
        _client.Down(_clientUnit);

        Assert.Equal(Errno.None, _client.K.TcpWrite(c, 100));

        Assert.Equal((0, -1), (_client.Stale(HolderKind.In6pRouteIfp), _client.K.Pcbs[c].Route));
        Tick(_client, 7_200_000);
        Assert.Equal(Errno.ETIMEDOUT, _client.K.TcpCbOf(c).Error);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_connection_of_IPv4_keeps_a_route_to_a_unit_that_has_gone_and_no_use_of_it_follows_the_pointer(bool silent)
    {
        (int c, _) = Established(inet6: false);
        _client.Down(_clientUnit);
        Assert.Equal(1, _client.Stale(HolderKind.InpRouteIfp));

        if (!silent)
        {
            _client.K.TcpWrite(c, 100);
        }

        Tick(_client, 8_000_000);

        Assert.Equal(Errno.ETIMEDOUT, _client.K.TcpCbOf(c).Error);
        Assert.Equal(0, _client.Oracle.Cells.Count);
    }

    [Theory]
    [InlineData("netbsd-2005", true)]
    [InlineData("purge-all", true)]
    [InlineData("purge-last-address", true)]
    [InlineData("route-validate", false)]
    [InlineData("index-generation", false)]
    [InlineData("notifier-hold", false)]
    [InlineData("ifdetach-refcount", false)]
    [InlineData("psref", false)]
    public void An_entry_of_the_syn_cache_of_IPv6_is_purged_by_nobody_and_its_timer_reads_through_it(string design, bool dies)
    {
        var test = new TcpTests(new Machine(), new Machine(design: design));
        test.Connect(inet6: true);
        Arrive(test._client, test._server, test._serverUnit);
        test._server.K.EnterFromUser(KernelFunction.Syscall);
        test._server.K.SiocSIfFlags(test._serverUnit, false);
        test._server.K.SiocDifAddr(test._serverUnit, Ipv4Address.Any);
        test._server.K.SiocDifAddr6(test._serverUnit, Machine.PeerLink);
        test._server.Close(test._serverUnit);

        var panic = Record.Exception(() => Tick(test._server, 3_000)) as KernelPanic;

        Assert.Equal(dies, panic is not null);
        if (panic is not null)
        {
            Assert.Equal((UseSite.In6SelectHlim, HolderKind.SynCacheRoute6Ifp), (panic.Site, panic.Holder));
            Assert.Equal(["in6_selecthlim", "syn_cache_respond", "syn_cache_timer", "softintr_net"], test._server.K.StackTrace());
        }
    }

    [Theory]
    [InlineData("netbsd-2005", true)]
    [InlineData("purge-all", false)]
    [InlineData("purge-last-address", false)]
    [InlineData("route-validate", false)]
    [InlineData("index-generation", false)]
    public void The_purge_of_every_family_ends_the_crash_of_a_connection(string design, bool dies)
    {
        var test = new TcpTests(new Machine(design: design), new Machine());
        test.Established(inet6: true);
        test._client.Down(test._clientUnit);

        Assert.Equal(dies, Record.Exception(() => Tick(test._client, 7_200_000)) is KernelPanic);
    }

    [Fact]
    public void A_connection_that_the_peer_has_forgotten_is_reset()
    {
        (int c, int s) = Established(inet6: false);
        _server.K.CloseSocket(s, exiting: true);
        Tick(_server, 800_000); // 6 s at first, as nothing of the server was timed, and 64 s at most
        _server.Sent.Clear(); // neither the FIN nor the reset of the one who gives up arrives
        Assert.DoesNotContain(_server.K.TcpCbs.ToArray(), tp => tp.Used && tp.Pcb == s);

        _client.K.TcpWrite(c, 10);
        Pump();

        Assert.Equal((TcpState.Closed, Errno.ECONNRESET), (_client.K.TcpCbOf(c).State, _client.K.TcpCbOf(c).Error));
    }
}
