using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Userland.Ppp;

/// <summary>Hand-made frames in, frames out.</summary>
public class PppEndpointTests
{
    private const string OurRequest = "c021 01 01 0014 0206 00000000 0506 11111111 0702 0802";
    private static readonly PppEndpointOptions Caller = new() { LocalAddress = Ipv4Address.Of(10, 0, 0, 2), Name = PppEnd.Utf8("peer"), Secret = PppEnd.Utf8("secret") };

    private static string Plain(string hex) => hex.Replace(" ", "");

    private static PppEnd Opened(PppEndpointOptions? options = null)
    {
        PppEnd end = new PppEnd(options ?? Caller).Start();
        string request = end.Drain();
        end.Take("c021 02" + request[6..]);
        end.Take("c021 01 01 0004");
        Assert.Equal(FsmState.Opened, end.Ppp.StateOf(PppEndpoint.Lcp));
        return end;
    }

    [Fact]
    public void The_first_frame_is_a_request_with_map_magic_and_both_compressions() =>
        Assert.Equal(Plain(OurRequest), new PppEnd(Caller).Start().Drain());

    [Fact]
    public void A_request_asks_for_an_MRU_that_is_not_the_default()
    {
        string request = new PppEnd(Caller with { Mru = 576 }).Start().Drain();
        Assert.StartsWith(Plain("c021 01 01 0018 0104 0240 0206 00000000"), request);
    }

    [Fact]
    public void An_unanswered_request_is_sent_ten_times_three_seconds_apart_and_then_the_link_ends()
    {
        PppEnd end = new PppEnd(Caller).Start();
        int sent = 1;
        end.Drain();
        while (!end.Ppp.IsDead)
        {
            sent += end.Wait().Length > 0 ? 1 : 0;
        }

        Assert.Equal(PppEndpoint.MaxConfigure, sent);
        Assert.Equal(VirtualTime.FromSeconds(30), end.Now);
        Assert.Equal("establish dead terminated(NegotiationFailed)", end.Story);
    }

    [Fact]
    public void A_passive_endpoint_waits_in_Stopped_and_answers_a_late_caller()
    {
        PppEnd end = new PppEnd(Caller with { Passive = true }).Start();
        while (!end.Ppp.NextTimer.IsNever)
        {
            end.Wait();
        }

        Assert.Equal(FsmState.Stopped, end.Ppp.StateOf(PppEndpoint.Lcp));
        Assert.Contains(Plain("c021 02 07 0004"), end.Take("c021 01 07 0004"));
        Assert.Equal(FsmState.AckSent, end.Ppp.StateOf(PppEndpoint.Lcp));
    }

    [Fact]
    public void A_small_MRU_is_naked_and_unknown_options_are_rejected_before_anything_is_naked()
    {
        PppEnd end = new PppEnd(Caller).Start();
        end.Drain();
        Assert.Equal(Plain("c021 03 05 0008 0104 0080"), end.Take("c021 01 05 0008 0104 0010"));
        Assert.Equal(Plain("c021 04 06 000b 0d03 06 1104 05dc"), end.Take("c021 01 06 000f 0104 0010 0d03 06 1104 05dc"));
    }

    [Fact]
    public void An_option_of_a_wrong_length_is_rejected_and_so_is_all_from_one_that_runs_past_the_packet()
    {
        PppEnd end = new PppEnd(Caller).Start();
        end.Drain();
        Assert.Equal(Plain("c021 04 01 0009 0105 05dc00"), end.Take("c021 01 01 0009 0105 05dc00"));
        Assert.Equal(Plain("c021 04 02 0008 01ff 05dc"), end.Take("c021 01 02 0008 01ff 05dc"));
        Assert.Equal(Plain("c021 04 03 0008 0101 05dc"), end.Take("c021 01 03 000a 0702 0101 05dc"));
        Assert.Equal(2, end.Ppp.Counters.Malformed);
    }

    [Fact]
    public void Naks_become_rejects_after_five()
    {
        PppEnd end = new PppEnd(Caller).Start();
        end.Drain();
        for (int i = 1; i <= PppEndpoint.MaxFailure; i++)
        {
            Assert.StartsWith("c02103", end.Take($"c021 01 {i:x2} 0008 0104 0010"));
        }

        Assert.Equal(Plain("c021 04 09 0008 0104 0010"), end.Take("c021 01 09 0008 0104 0010"));
    }

    [Fact]
    public void A_nak_changes_the_value_and_a_reject_removes_the_option()
    {
        PppEnd end = new PppEnd(Caller with { Mru = 1400 }).Start();
        end.Drain();
        Assert.Equal(Plain("c021 01 02 0018 0104 0240 0206 000a0000 0506 11111111 0702 0802"), end.Take("c021 03 01 000e 0104 0240 0206 000a0000"));
        Assert.Equal(Plain("c021 01 03 0010 0206 000a0000 0506 11111111"), end.Take("c021 04 02 000c 0104 0240 0702 0802"));
    }

    [Fact]
    public void An_answer_with_another_identifier_or_other_contents_is_ignored()
    {
        PppEnd end = new PppEnd(Caller).Start();
        end.Drain();
        Assert.Equal("", end.Take("c021 02 07 0014 0206 00000000 0506 11111111 0702 0802"));
        Assert.Equal("", end.Take("c021 02 01 0014 0206 00000000 0506 11111112 0702 0802"));
        Assert.Equal(FsmState.ReqSent, end.Ppp.StateOf(PppEndpoint.Lcp));
        Assert.Equal(2, end.Ppp.Counters.Unexpected);
        end.Take("c021 02 01 0014 0206 00000000 0506 11111111 0702 0802");
        Assert.Equal(FsmState.AckRcvd, end.Ppp.StateOf(PppEndpoint.Lcp));
    }

    [Fact]
    public void A_line_that_returns_our_own_frames_is_found_out_by_the_magic_number()
    {
        PppEnd end = new PppEnd(Caller).Start();
        for (int frames = 0; !end.Ppp.IsDead; frames++)
        {
            Assert.True(frames < 200);
            if (end.Sent.TryDequeue(out byte[]? frame))
            {
                end.Ppp.Input(frame, end.Now, end);
            }
            else
            {
                end.Wait();
            }
        }

        Assert.EndsWith("terminated(LoopbackDetected)", end.Story);
    }

    [Fact]
    public void CCP_and_unknown_protocols_get_a_protocol_reject_once_LCP_is_open()
    {
        PppEnd end = Opened();
        end.Drain();
        Assert.Equal(Plain("c021 08 02 0010 80fd 01 01 000a 1206 01000060"), end.Take("80fd 01 01 000a 1206 01000060"));
        Assert.Equal(Plain("c021 08 03 0008 1234 5678"), end.Take("1234 5678"));
        Assert.Equal(2, end.Ppp.Counters.ProtocolRejects);
    }

    [Fact]
    public void Nothing_but_LCP_is_heard_before_LCP_is_open()
    {
        PppEnd end = new PppEnd(Caller).Start();
        end.Drain();
        Assert.Equal("", end.Take("80fd 01 01 0004"));
        Assert.Equal("", end.Take("8021 01 01 0004"));
        Assert.Equal(2, end.Ppp.Counters.OutOfPhase);
    }

    [Fact]
    public void An_unknown_code_is_rejected_with_the_packet()
    {
        PppEnd end = Opened();
        end.Drain();
        Assert.Equal(Plain("c021 07 02 000a 4c 2a 0006 0102"), end.Take("c021 4c 2a 0006 0102"));
    }

    [Fact]
    public void An_echo_is_answered_with_our_magic_number_and_the_senders_data()
    {
        PppEnd end = Opened();
        end.Drain();
        Assert.Equal(Plain("c021 0a 2a 000a 11111111 0102"), end.Take("c021 09 2a 000a 22222222 0102"));
        Assert.Equal("", end.Take("c021 09 2a 0006 2222"));
    }

    [Fact]
    public void Echoes_that_nobody_answers_end_the_link()
    {
        PppEnd end = Opened(Caller with { EchoInterval = VirtualTime.FromSeconds(30), EchoFailure = 2, Ipv6cp = false });
        end.Take("8021 01 01 000a 0306 0a000001");
        end.Take("8021 02 01 000a 0306 0a000002");
        end.Drain();
        Assert.StartsWith("c02109", end.Wait());
        Assert.StartsWith("c02109", end.Wait());
        Assert.StartsWith("c02105", end.Wait());
        while (!end.Ppp.IsDead)
        {
            end.Wait();
        }

        Assert.EndsWith("ipcp-down lcp-down dead terminated(PeerNotResponding)", end.Story);
    }

    [Fact]
    public void IPCP_is_asked_for_before_IPV6CP_and_a_nak_gives_the_address()
    {
        PppEnd end = new PppEnd(Caller with { LocalAddress = Ipv4Address.Any }).Start();
        end.Take("c021 02 01 0014 0206 00000000 0506 11111111 0702 0802");
        end.Take("c021 01 01 0004");
        Assert.Contains("network", end.Story);
        PppEnd again = new PppEnd(Caller with { LocalAddress = Ipv4Address.Any }).Start();
        again.Drain();
        again.Take("c021 02 01 0014 0206 00000000 0506 11111111 0702 0802");
        string sent = again.Take("c021 01 01 0004");
        Assert.Equal($"{Plain("c021 02 01 0004")} {Plain("8021 01 01 000a 0306 00000000")} {Plain("8057 01 01 000e 010a 0211223344556677")}", sent);
        Assert.Equal(Plain("8021 01 02 000a 0306 0a00004d"), again.Take("8021 03 01 000a 0306 0a00004d"));
        again.Take("8021 02 02 000a 0306 0a00004d");
        again.Take("8021 01 09 000a 0306 0a000001");
        Assert.EndsWith("running ipcp(10.0.0.77,10.0.0.1)", again.Story);
    }

    [Fact]
    public void An_answerer_names_the_callers_address_and_refuses_header_compression()
    {
        PppEnd end = Opened(new PppEndpointOptions { LocalAddress = Ipv4Address.Of(10, 0, 0, 1), RemoteAddress = Ipv4Address.Of(10, 0, 0, 2) });
        Assert.Equal(Plain("8021 04 01 000a 0206 002d0f01"), end.Take("8021 01 01 0010 0306 00000000 0206 002d0f01"));
        Assert.Equal(Plain("8021 03 02 000a 0306 0a000002"), end.Take("8021 01 02 000a 0306 00000000"));
        Assert.Equal(Plain("8021 03 03 000a 0306 0a000002"), end.Take("8021 01 03 0004"));
        Assert.Equal(Plain("8021 02 04 000a 0306 0a000002"), end.Take("8021 01 04 000a 0306 0a000002"));
    }

    [Fact]
    public void A_zero_or_equal_interface_identifier_is_naked_with_another()
    {
        PppEnd end = Opened();
        end.Drain();
        string zero = end.Take("8057 01 01 000e 010a 0000000000000000"), equal = end.Take("8057 01 02 000e 010a 0211223344556677");
        Assert.StartsWith(Plain("8057 03 01 000e 010a"), zero);
        Assert.StartsWith(Plain("8057 03 02 000e 010a"), equal);
        Assert.NotEqual("0000000000000000", zero[^16..]);
        Assert.NotEqual("0211223344556677", equal[^16..]);
    }

    [Fact]
    public void A_protocol_reject_of_both_network_protocols_ends_the_link()
    {
        PppEnd end = Opened();
        end.Drain();
        Assert.Equal("", end.Take("c021 08 01 0008 8057 0101"));
        Assert.StartsWith("c02105", end.Take("c021 08 02 0008 8021 0101"));
        end.Take("c021 06 02 0004");
        end.Take("c021 06 03 0004");
        Assert.EndsWith("terminated(NoNetworkProtocols)", end.Story);
    }

    [Fact]
    public void A_code_reject_ends_no_layer_and_a_peer_that_knows_no_request_is_given_up_by_the_counter()
    {
        PppEnd end = Opened();
        end.Take("c021 07 01 0008 09000004");
        end.Take("c021 07 02 0008 01000004");
        Assert.Equal(FsmState.Opened, end.Ppp.StateOf(PppEndpoint.Lcp));

        PppEnd asking = new PppEnd(Caller).Start();
        while (!asking.Ppp.IsDead)
        {
            asking.Take("c021 07 02 0008 01010004");
            asking.Wait();
        }

        Assert.EndsWith("terminated(NegotiationFailed)", asking.Story);
        Assert.Equal(VirtualTime.FromSeconds(30), asking.Now);
    }

    [Fact]
    public void On_our_close_the_layers_go_down_first_and_then_the_terminate_request_is_sent_twice()
    {
        PppEnd end = Opened();
        end.Take("8021 02 01 000a 0306 0a000002");
        end.Take("8021 01 01 000a 0306 0a000001");
        end.Drain();
        end.Told.Clear();
        end.Ppp.Close(end.Now, end);
        Assert.Equal("terminate ipcp-down lcp-down", end.Story);
        Assert.Equal(Plain("c021 05 02 0004"), end.Drain());
        VirtualTime start = end.Now;
        Assert.Equal(Plain("c021 05 03 0004"), end.Wait());
        end.Wait();
        Assert.Equal(VirtualTime.FromSeconds(6), end.Now - start);
        Assert.EndsWith("dead terminated(UserRequest)", end.Story);
    }

    [Fact]
    public void A_terminate_request_takes_the_layers_down_is_acknowledged_and_the_line_stays_one_restart_period()
    {
        PppEnd end = Opened();
        end.Drain();
        end.Told.Clear();
        Assert.Equal(Plain("c021 06 09 0004"), end.Take("c021 05 09 0004"));
        VirtualTime start = end.Now;
        end.Wait();
        Assert.Equal(PppEndpoint.RestartTimer, end.Now - start);
        Assert.Equal("terminate lcp-down dead terminated(PeerRequest)", end.Story);
    }

    [Fact]
    public void Lost_carrier_takes_the_layers_down_and_ends_the_link_at_once()
    {
        PppEnd end = Opened();
        end.Take("8021 02 01 000a 0306 0a000002");
        end.Take("8021 01 01 000a 0306 0a000001");
        end.Drain();
        end.Told.Clear();
        end.Ppp.LowerDown(end.Now, end);
        Assert.Equal("establish ipcp-down lcp-down dead terminated(Hangup)", end.Story);
        Assert.Equal("", end.Drain());
        Assert.True(end.Ppp.NextTimer.IsNever);
    }

    [Fact]
    public void CHAP_answers_the_challenge_with_the_right_hash()
    {
        // MD5 over 01, "secret" and the challenge 00..0f, computed with another tool (md5sum).
        PppEnd end = new PppEnd(Caller).Start();
        end.Drain();
        end.Take("c021 02 01 0014 0206 00000000 0506 11111111 0702 0802");
        Assert.Equal(Plain("c021 02 01 0009 0305 c22305"), end.Take("c021 01 01 0009 0305 c22305"));
        string response = end.Take("c223 01 01 0018 10 000102030405060708090a0b0c0d0e0f 686f73");
        Assert.Equal(Plain("c223 02 01 0019 10 740e86463bda3a4d7017d6e0fba0699d 70656572"), response);
        end.Take("c223 03 01 0004");
        Assert.Contains("authenticate authenticated network", end.Story);
    }

    [Fact]
    public void PAP_sends_name_and_password_and_a_nak_ends_the_link()
    {
        PppEnd end = new PppEnd(Caller).Start();
        end.Drain();
        end.Take("c021 02 01 0014 0206 00000000 0506 11111111 0702 0802");
        Assert.EndsWith(Plain("c023 01 01 0010 04 70656572 06 736563726574"), end.Take("c021 01 01 0008 0304 c023"));
        Assert.StartsWith("c02105", end.Take("c023 03 01 0005 00"));
        end.Take("c021 06 02 0004");
        Assert.EndsWith("terminated(AuthenticationFailed)", end.Story);
    }

    [Fact]
    public void An_unknown_algorithm_is_naked_with_MD5_and_a_forbidden_protocol_with_the_allowed_one()
    {
        PppEnd end = new PppEnd(Caller).Start();
        end.Drain();
        Assert.Equal(Plain("c021 03 01 0009 0305 c22305"), end.Take("c021 01 01 0009 0305 c22381"));
        PppEnd pap = new PppEnd(Caller with { Allow = PppAuthentication.Pap }).Start();
        pap.Drain();
        Assert.Equal(Plain("c021 03 01 0008 0304 c023"), pap.Take("c021 01 01 0009 0305 c22305"));
    }

    [Fact]
    public void A_peer_that_refuses_to_authenticate_is_turned_away()
    {
        PppEnd end = new PppEnd(Caller with { Require = PppAuthentication.Pap }).Start();
        end.Drain();
        end.Take("c021 04 01 0008 0304 c023");
        Assert.Equal(FsmState.Closing, end.Ppp.StateOf(PppEndpoint.Lcp));
        end.Take("c021 06 02 0004");
        Assert.EndsWith("terminated(AuthenticationFailed)", end.Story);
    }

    [Fact]
    public void A_saved_endpoint_goes_on_where_it_was()
    {
        PppEnd end = new PppEnd(Caller).Start();
        var image = new ImageWriter();
        image.Save(end.Ppp);
        var other = new PppEnd(Caller);
        new ImageReader(image.Written).Load(other.Ppp);
        end.Drain();
        foreach (string frame in (string[])["c021 02 01 0014 0206 00000000 0506 11111111 0702 0802", "c021 01 01 0004", "8021 01 01 0004"])
        {
            Assert.Equal(end.Take(frame), other.Take(frame));
        }

        Assert.Equal(end.Ppp.NextTimer, other.Ppp.NextTimer);
        Assert.Equal(FsmState.Opened, other.Ppp.StateOf(PppEndpoint.Lcp));
    }

    [Fact]
    public void No_frame_allocates_once_the_endpoint_exists()
    {
        var sink = new Sink();
        var ppp = new PppEndpoint(Caller with { EchoInterval = VirtualTime.FromSeconds(1) }) { Magic = 0x11111111 };
        byte[] ack = Convert.FromHexString(Plain("c021 02 01 0014 0206 00000000 0506 11111111 0702 0802")), request = Convert.FromHexString("c02101010004");
        byte[] terminate = Convert.FromHexString("c02105010004"), echo = Convert.FromHexString("c02109010008aabbccdd"), ccp = Convert.FromHexString("80fd01010004");
        void Call(VirtualTime now)
        {
            ppp.Open(now, sink);
            ppp.LowerUp(now, sink);
            ppp.Input(ack, now, sink);
            ppp.Input(request, now, sink);
            ppp.Input(echo, now, sink);
            ppp.Input(ccp, now, sink);
            ppp.Timeout(now + VirtualTime.FromSeconds(1), sink);
            ppp.Input(terminate, now, sink);
            ppp.Timeout(now + VirtualTime.FromSeconds(5), sink);
        }

        Call(VirtualTime.Zero);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i < 100; i++)
        {
            Call(VirtualTime.FromSeconds(10 * i));
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(100, sink.Ended);
    }

    private sealed class Sink : IPppActions
    {
        public int Ended { get; private set; }

        public void SendFrame(ReadOnlySpan<byte> frame)
        {
        }

        public void IpcpUp(Ipv4Address ours, Ipv4Address his)
        {
        }

        public void IpcpDown()
        {
        }

        public void Ipv6cpUp(ulong ours, ulong his)
        {
        }

        public void Ipv6cpDown()
        {
        }

        public void LinkTerminated(PppTermination reason) => Ended++;
    }
}
