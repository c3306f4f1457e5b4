using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Userland;

/// <summary>RFC 1661's automaton with two endpoints back to back, and with nobody at the other end.</summary>
public class PppEndpointTests
{
    private static readonly Ipv4Address Called = Ipv4Address.Of(10, 0, 0, 1), Calling = Ipv4Address.Of(10, 0, 0, 2);

    private sealed class End : IPppActions
    {
        public End(PppEndpointOptions options, uint magic)
        {
            Ppp = new PppEndpoint(options) { Magic = magic, InterfaceIdentifier = magic };
            Ppp.Reset();
        }

        public PppEndpoint Ppp { get; }

        public Queue<byte[]> Out { get; } = [];

        public List<string> Log { get; } = [];

        public VirtualTime Now { get; set; }

        public void SendFrame(ReadOnlySpan<byte> frame)
        {
            Out.Enqueue(frame.ToArray());
            int at = frame[0] == 0xFF ? 2 : 0;
            Log.Add($"{(PppProtocol)((frame[at] << 8) | frame[at + 1])} {(LcpCode)frame[at + 2]} at {Now.Microseconds / 1_000_000}");
        }

        public void IpcpUp(Ipv4Address ours, Ipv4Address his) => Log.Add($"ipcp up {ours} {his}");

        public void IpcpDown() => Log.Add("ipcp down");

        public void Ipv6cpUp(ulong ours, ulong his) => Log.Add($"ipv6cp up {ours} {his}");

        public void Ipv6cpDown() => Log.Add("ipv6cp down");

        public void LinkTerminated(PppTermination reason) => Log.Add($"terminated {reason} at {Now.Microseconds / 1_000_000}");

        public void Start()
        {
            Ppp.Open(Now, this);
            Ppp.LowerUp(Now, this);
        }

        /// <summary>Fires the timers up to a time.</summary>
        public void Until(long seconds)
        {
            while (Ppp.NextTimer <= VirtualTime.FromSeconds(seconds))
            {
                Now = Ppp.NextTimer;
                Ppp.Timeout(Now, this);
            }

            Now = VirtualTime.FromSeconds(seconds);
        }
    }

    private static End Answering(bool echo = false) => new(new PppEndpointOptions { LocalAddress = Called, RemoteAddress = Calling, EchoInterval = echo ? VirtualTime.FromSeconds(30) : VirtualTime.Zero }, 5);

    private static End Caller(bool dynamic = false) => new(new PppEndpointOptions { LocalAddress = dynamic ? Ipv4Address.Any : Calling }, 6);

    private static void Pump(End a, End b)
    {
        while (a.Out.Count + b.Out.Count > 0)
        {
            (End from, End to) = a.Out.Count > 0 ? (a, b) : (b, a);
            to.Ppp.Input(from.Out.Dequeue(), to.Now, to);
        }
    }

    private static (End Called, End Calling) Connected(bool dynamic = false, bool echo = false)
    {
        End a = Answering(echo), b = Caller(dynamic);
        a.Start();
        b.Start();
        Pump(a, b);
        return (a, b);
    }

    [Fact]
    public void The_timers_and_counters_are_RFC_1661s() =>
        Assert.Equal((3, 2, 10), ((int)(PppEndpoint.RestartTimer.Microseconds / 1_000_000), PppEndpoint.MaxTerminate, PppEndpoint.MaxConfigure));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Two_endpoints_back_to_back_reach_Opened_in_every_layer(bool dynamic)
    {
        (End a, End b) = Connected(dynamic);
        for (int layer = 0; layer < 3; layer++)
        {
            Assert.Equal((FsmState.Opened, FsmState.Opened), (a.Ppp.StateOf(layer), b.Ppp.StateOf(layer)));
        }

        Assert.Contains("ipcp up 10.0.0.1 10.0.0.2", a.Log);
        Assert.Contains("ipcp up 10.0.0.2 10.0.0.1", b.Log);
        Assert.Contains("ipv6cp up 5 6", a.Log);
        Assert.Contains("ipv6cp up 6 5", b.Log);
        Assert.True(a.Ppp.NextTimer.IsNever && b.Ppp.NextTimer.IsNever);
    }

    [Fact]
    public void A_request_for_0_0_0_0_is_answered_by_a_Nak_and_costs_a_round_trip_so_that_ipv6cp_is_first()
    {
        (End a, End b) = Connected(dynamic: true);
        Assert.Contains("Ipcp ConfigureNak at 0", a.Log);
        Assert.Equal(2, b.Log.Count(x => x.StartsWith("Ipcp ConfigureRequest", StringComparison.Ordinal)));
        Assert.All(new[] { a, b }, e => Assert.True(e.Log.FindIndex(x => x.StartsWith("ipv6cp up", StringComparison.Ordinal)) < e.Log.FindIndex(x => x.StartsWith("ipcp up", StringComparison.Ordinal))));
    }

    [Fact]
    public void With_both_addresses_configured_there_is_no_Nak_and_ipcp_is_first()
    {
        (End a, End b) = Connected();
        Assert.DoesNotContain(a.Log.Concat(b.Log), x => x.Contains("Nak", StringComparison.Ordinal));
        Assert.All(new[] { a, b }, e => Assert.True(e.Log.FindIndex(x => x.StartsWith("ipcp up", StringComparison.Ordinal)) < e.Log.FindIndex(x => x.StartsWith("ipv6cp up", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_close_at_either_end_takes_the_layers_down_first_and_the_other_end_waits_one_restart_period(bool calledCloses)
    {
        (End a, End b) = Connected();
        (End closer, End other) = calledCloses ? (a, b) : (b, a);
        closer.Log.Clear();
        other.Log.Clear();
        closer.Ppp.Close(closer.Now, closer);
        Pump(a, b);

        Assert.Equal(["ipcp down", "ipv6cp down", "Lcp TerminateRequest at 0", "terminated UserRequest at 0"], closer.Log);
        Assert.Equal(["ipcp down", "ipv6cp down", "Lcp TerminateAck at 0"], other.Log);
        Assert.Equal(FsmState.Stopping, other.Ppp.StateOf(0));
        other.Until(2);
        Assert.False(other.Ppp.IsDead);
        other.Until(3);
        Assert.Equal("terminated PeerRequest at 3", other.Log[^1]);
        Assert.DoesNotContain(other.Log, x => x.StartsWith("Lcp TerminateRequest", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_an_answer_two_terminate_requests_go_out_three_seconds_apart_and_the_link_ends_after_six()
    {
        (End a, _) = Connected();
        a.Log.Clear();
        a.Ppp.Close(a.Now, a);
        a.Until(60);
        Assert.Equal(["ipcp down", "ipv6cp down", "Lcp TerminateRequest at 0", "Lcp TerminateRequest at 3", "terminated UserRequest at 6"], a.Log);
    }

    [Fact]
    public void Without_an_answer_ten_configure_requests_go_out_and_the_link_ends_after_thirty_seconds()
    {
        End a = Caller();
        a.Start();
        a.Until(100);
        Assert.Equal([.. Enumerable.Range(0, 10).Select(i => $"Lcp ConfigureRequest at {3 * i}"), "terminated NegotiationFailed at 30"], a.Log);
    }

    [Fact]
    public void A_lost_carrier_ends_the_link_at_once()
    {
        (End a, _) = Connected();
        a.Log.Clear();
        a.Ppp.LowerDown(a.Now, a);
        Assert.Equal(["ipcp down", "ipv6cp down", "terminated Hangup at 0"], a.Log);
        a.Ppp.LowerDown(a.Now, a);
        Assert.Equal(3, a.Log.Count);
    }

    [Fact]
    public void A_lost_request_is_repeated_after_three_seconds()
    {
        End a = Answering(), b = Caller();
        a.Start();
        a.Out.Clear(); // lost
        b.Start();
        Pump(a, b);
        Assert.NotEqual(FsmState.Opened, a.Ppp.StateOf(0));
        a.Until(3);
        b.Until(2);
        Pump(a, b);
        Assert.Equal((FsmState.Opened, FsmState.Opened), (a.Ppp.StateOf(0), b.Ppp.StateOf(0)));
    }

    [Fact]
    public void A_protocol_that_nobody_speaks_is_rejected_once_lcp_is_open()
    {
        (End a, _) = Connected();
        a.Log.Clear();
        a.Ppp.Input([0xFF, 0x03, 0x80, 0x57 ^ 0x70, 1, 1, 0, 4], a.Now, a);
        Assert.Equal("Lcp ProtocolReject at 0", Assert.Single(a.Log));
    }

    [Fact]
    public void Echo_requests_are_answered_with_our_magic_number()
    {
        (End a, End b) = Connected(echo: true);
        a.Until(30);
        byte[] request = a.Out.Peek();
        Assert.Equal([0, 0, 0, 5], request[^4..]);
        b.Ppp.Input(request, b.Now, b);
        Assert.Equal([(byte)LcpCode.EchoReply, request[5], 0, 8, 0, 0, 0, 6], b.Out.Peek()[4..]);
    }

    [Fact]
    public void After_four_unanswered_echoes_the_link_is_closed_as_the_peer_does_not_respond()
    {
        (End a, _) = Connected(echo: true);
        a.Log.Clear();
        a.Until(400);
        Assert.Equal([30, 60, 90, 120], a.Log.Where(x => x.StartsWith("Lcp EchoRequest", StringComparison.Ordinal)).Select(x => int.Parse(x.Split(' ')[^1])));
        Assert.StartsWith("terminated", a.Log[^1], StringComparison.Ordinal);
        Assert.Contains("Lcp TerminateRequest at 150", a.Log);
    }
}
