using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Userland.Ppp;

/// <summary>What pppd 2.4 and lwIP decide beyond RFC 1661's table (docs/ppp.md): frames in, frames out, one rule a test.</summary>
public class PppGuardTests
{
    private const string OurOptions = "0206 00000000 0506 11111111 0702 0802";
    private const string HisOptions = "0206 00000000 0506 22222222 0702 0802";
    private static readonly PppEndpointOptions Caller = new() { LocalAddress = Ipv4Address.Of(10, 0, 0, 2), Name = PppEnd.Utf8("peer"), Secret = PppEnd.Utf8("secret") };

    private static string Plain(string hex) => hex.Replace(" ", "");

    private static PppEnd Asking(PppEndpointOptions? options = null)
    {
        PppEnd end = new PppEnd(options ?? Caller).Start();
        end.Drain();
        return end;
    }

    // LCP open after a round trip of the given time, with the peer's request acknowledged half of it before.
    private static PppEnd Opened(VirtualTime roundTrip, PppEndpointOptions? options = null)
    {
        PppEnd end = Asking(options);
        end.Now += new VirtualTime(roundTrip.Microseconds / 2);
        end.Take("c021 01 07 0014" + HisOptions);
        end.Now = new VirtualTime(roundTrip.Microseconds);
        end.Take("c021 02 01 0014" + OurOptions);
        Assert.Equal(FsmState.Opened, end.Ppp.StateOf(PppEndpoint.Lcp));
        return end;
    }

    private static PppEnd Opened() => Opened(VirtualTime.Zero);

    [Fact]
    public void A_request_that_the_timer_repeats_keeps_its_identifier_and_the_late_Ack_counts()
    {
        PppEnd end = Asking();
        Assert.Equal(Plain("c021 01 01 0014" + OurOptions), end.Wait());
        Assert.Equal(Plain("c021 01 01 0014" + OurOptions), end.Wait());
        end.Take("c021 02 01 0014" + OurOptions);
        Assert.Equal(FsmState.AckRcvd, end.Ppp.StateOf(PppEndpoint.Lcp));
    }

    [Fact]
    public void Only_the_first_answer_to_a_request_counts_in_every_state()
    {
        PppEnd end = Asking();
        end.Take("c021 02 01 0014" + OurOptions);
        Assert.Equal("", end.Take("c021 02 01 0014" + OurOptions));
        Assert.Equal("", end.Take("c021 04 01 0006 0702"));
        Assert.Equal(FsmState.AckRcvd, end.Ppp.StateOf(PppEndpoint.Lcp));
        end.Take("c021 01 07 0014" + HisOptions);
        Assert.Equal("", end.Take("c021 02 01 0014" + OurOptions));
        Assert.Equal("", end.Take("c021 03 01 0008 0104 0240"));
        Assert.Equal(FsmState.Opened, end.Ppp.StateOf(PppEndpoint.Lcp));
        Assert.Equal(4, end.Ppp.Counters.Unexpected);
    }

    [Fact]
    public void A_repeat_after_an_Ack_without_a_request_of_the_peer_may_be_answered_again()
    {
        PppEnd end = Asking();
        end.Take("c021 02 01 0014" + OurOptions);
        end.Wait();
        Assert.Equal(FsmState.ReqSent, end.Ppp.StateOf(PppEndpoint.Lcp));
        end.Take("c021 02 01 0014" + OurOptions);
        Assert.Equal(FsmState.AckRcvd, end.Ppp.StateOf(PppEndpoint.Lcp));
    }

    [Fact]
    public void A_new_request_starts_the_whole_counter_and_a_repeat_does_not()
    {
        PppEnd end = Asking();
        for (int i = 0; i < 8; i++)
        {
            end.Wait();
        }

        Assert.Equal(Plain("c021 01 02 0012 0206 00000000 0506 11111111 0702"), end.Take("c021 04 01 0006 0802"));
        int repeats = 0;
        while (!end.Ppp.IsDead)
        {
            repeats += end.Wait().Length > 0 ? 1 : 0;
        }

        Assert.Equal(PppEndpoint.MaxConfigure - 1, repeats);
    }

    [Fact]
    public void An_answer_to_the_request_before_a_Terminate_Request_is_dropped()
    {
        PppEnd end = Asking();
        end.Ppp.Close(end.Now, end);
        end.Drain();
        Assert.Equal("", end.Take("c021 02 01 0014" + OurOptions));
        Assert.Equal((FsmState.Closing, 1), (end.Ppp.StateOf(PppEndpoint.Lcp), end.Ppp.Counters.Unexpected));
    }

    [Fact]
    public void A_copy_of_the_acknowledged_request_that_left_before_the_Ack_came_is_acknowledged_again_and_the_layer_stays_open()
    {
        PppEnd end = Opened(VirtualTime.FromMilliseconds(3200));
        end.Drain();
        end.Told.Clear();
        end.Now = VirtualTime.FromMilliseconds(4600);
        Assert.Equal(Plain("c021 02 07 0014" + HisOptions), end.Take("c021 01 07 0014" + HisOptions));
        Assert.Equal((FsmState.Opened, "", 1), (end.Ppp.StateOf(PppEndpoint.Lcp), end.Story, end.Ppp.Counters.LateRepeats));
    }

    [Theory]
    [InlineData("c021 01 08 0014" + HisOptions, 4600)] // another identifier
    [InlineData("c021 01 07 0014 0206 00000000 0506 33333333 0702 0802", 4600)] // another magic number: the peer has restarted
    [InlineData("c021 01 07 0014" + HisOptions, 8000)] // the peer must have heard the Ack long ago
    public void Any_other_request_in_Opened_takes_the_layers_down_and_begins_anew(string request, int milliseconds)
    {
        PppEnd end = Opened(VirtualTime.FromMilliseconds(3200));
        end.Drain();
        end.Told.Clear();
        end.Now = VirtualTime.FromMilliseconds(milliseconds);
        Assert.StartsWith(Plain("c021 01 02 0014" + OurOptions), end.Take(request));
        Assert.Equal((FsmState.AckSent, "establish lcp-down"), (end.Ppp.StateOf(PppEndpoint.Lcp), end.Story));
    }

    [Fact]
    public void A_call_of_days_may_negotiate_again_as_often_as_it_likes_and_only_one_negotiation_is_bounded()
    {
        PppEnd end = Opened();
        int ours = 1;
        for (int i = 0; i < PppEndpoint.MaxConfigurePackets; i++)
        {
            end.Now += VirtualTime.FromHours(1);
            end.Take($"c021 01 {(8 + i) & 0xff:x2} 0014" + HisOptions);
            end.Take($"c021 02 {++ours & 0xff:x2} 0014" + OurOptions);
            Assert.Equal(FsmState.Opened, end.Ppp.StateOf(PppEndpoint.Lcp));
        }

        Assert.Equal(0, end.Ppp.Counters.EndlessNegotiations);
        for (int i = 0; i <= PppEndpoint.MaxConfigurePackets && !end.Ppp.IsDead; i++)
        {
            end.Take($"c021 01 {i & 0xff:x2} 0008 0104 0010");
        }

        Assert.Equal((1, true), (end.Ppp.Counters.EndlessNegotiations, end.Ppp.IsDead));
    }

    [Fact]
    public void A_Nak_out_of_the_request_s_order_is_no_answer()
    {
        PppEnd end = Asking(Caller with { Mru = 1000 });
        Assert.Equal("", end.Take("c021 03 01 000e 0506 12345678 0104 0240"));
        Assert.Equal(1, end.Ppp.Counters.Unexpected);
        Assert.StartsWith("c02101", end.Take("c021 03 01 000e 0104 0240 0506 12345678"));
    }

    [Fact]
    public void Each_protocol_repeats_after_its_own_restart_time()
    {
        PppEnd end = Opened(VirtualTime.Zero, Caller with { IpcpRestart = VirtualTime.FromSeconds(5), IpcpMaxConfigure = 2, Ipv6cpRestart = VirtualTime.FromSeconds(7) });
        VirtualTime start = end.Now;
        Assert.StartsWith("8021", end.Wait());
        Assert.Equal(VirtualTime.FromSeconds(5), end.Now - start);
        Assert.StartsWith("8057", end.Wait());
        Assert.Equal(VirtualTime.FromSeconds(7), end.Now - start);
        Assert.Equal("", end.Wait());
        Assert.Equal((VirtualTime.FromSeconds(10), FsmState.Stopped), (end.Now - start, end.Ppp.StateOf(PppEndpoint.Ipcp)));
    }

    [Theory]
    [InlineData("0304 c023", "c02301")]
    [InlineData("0305 c22305", "c22301")]
    public void PAP_and_CHAP_repeat_after_their_restart_times(string protocol, string repeat)
    {
        bool pap = repeat == "c02301";
        PppEnd end = Asking(Caller with { PapRestart = VirtualTime.FromSeconds(4), ChapRestart = VirtualTime.FromSeconds(6), Require = pap ? PppAuthentication.None : PppAuthentication.ChapMd5 });
        end.Take(pap ? "c021 02 01 0014" + OurOptions : $"c021 02 01 0019 0206 00000000 {protocol} 0506 11111111 0702 0802");
        end.Take(pap ? $"c021 01 07 0008 {protocol}" : "c021 01 07 0014" + HisOptions);
        Assert.Equal(PppPhase.Authenticate, end.Ppp.Phase);
        VirtualTime start = end.Now;
        Assert.StartsWith(repeat, end.Wait());
        Assert.Equal(VirtualTime.FromSeconds(pap ? 4 : 6), end.Now - start);
    }

    [Fact]
    public void A_Nak_of_the_magic_number_never_becomes_a_Reject_and_ten_in_a_row_are_a_loop()
    {
        PppEnd end = Asking();
        for (int i = 1; i <= PppEndpoint.MaxFailure; i++)
        {
            Assert.StartsWith("c02103", end.Take($"c021 01 {i:x2} 0008 0104 0010"));
        }

        Assert.StartsWith(Plain("c021 03 09 000a 0506"), end.Take("c021 01 09 000a 0506 11111111"));
        Assert.Equal(Plain("c021 04 0a 0008 0104 0010"), end.Take("c021 01 0a 000e 0104 0010 0506 11111111"));

        PppEnd looped = Asking();
        for (int i = 1; i < PppEndpoint.MaxLoops; i++)
        {
            Assert.StartsWith("c02101", looped.Take($"c021 03 {i:x2} 000a 0506 1234567{i:x1}"));
        }

        Assert.StartsWith("c02105", looped.Take("c021 03 0a 000a 0506 12345670"));
        looped.Take("c021 06 0b 0004");
        Assert.EndsWith("terminated(LoopbackDetected)", looped.Story);
    }

    [Fact]
    public void A_Nak_without_the_magic_number_ends_the_row_that_makes_a_loop()
    {
        PppEnd end = Asking();
        for (int i = 1; i <= 3 * PppEndpoint.MaxLoops; i++)
        {
            string nak = i % 5 == 0 ? $"c021 03 {i:x2} 0008 0104 05d0" : $"c021 03 {i:x2} 000a 0506 {i:x8}";
            Assert.StartsWith("c02101", end.Take(nak));
        }
    }

    [Fact]
    public void The_fifth_Nak_of_IPCP_gives_the_option_up_unless_more_are_allowed()
    {
        foreach ((int allowed, string last) in (ReadOnlySpan<(int, string)>)[(5, "8021 01 0a 0004"), (20, "8021 01 0a 000a 0306 0a000009")])
        {
            PppEnd end = Opened(VirtualTime.Zero, Caller with { LocalAddress = Ipv4Address.Any, IpcpMaxFailure = allowed });
            end.Drain();
            for (int i = 1; i <= 8; i++)
            {
                // Name servers that nobody asked for, as a GPRS modem sends until it has its addresses.
                Assert.Equal(Plain($"8021 01 {i + 1:x2} 000a 0306 00000000"), end.Take($"8021 03 {i:x2} 0010 8106 0a0b0c0d 8306 0a0b0c0e"));
            }

            Assert.Equal(Plain(last), end.Take("8021 03 09 000a 0306 0a000009"));
        }
    }

    [Fact]
    public void A_Reject_of_what_was_not_asked_or_a_Nak_that_is_no_list_changes_nothing_and_is_no_answer()
    {
        PppEnd end = Asking();
        Assert.Equal("", end.Take("c021 04 01 000a 0506 11111112"));
        Assert.Equal("", end.Take("c021 04 01 0008 0802 0702"));
        Assert.Equal("", end.Take("c021 03 01 0007 0206 00"));
        Assert.Equal("", end.Take("c021 03 01 000c 0104 0240 0104 0241"));
        Assert.Equal(4, end.Ppp.Counters.Unexpected);
        Assert.Equal(Plain("c021 01 01 0014" + OurOptions), end.Wait());
        Assert.Equal(Plain("c021 01 02 0010 0206 00000000 0506 11111111"), end.Take("c021 04 01 0008 0702 0802"));
    }

    [Fact]
    public void An_Ack_that_we_send_ends_the_row_of_our_Naks()
    {
        PppEnd end = Asking();
        for (int i = 1; i <= 4; i++)
        {
            Assert.StartsWith("c02103", end.Take($"c021 01 {i:x2} 0008 0104 0010"));
        }

        Assert.StartsWith("c02102", end.Take("c021 01 05 0004"));
        Assert.StartsWith("c02103", end.Take("c021 01 06 0008 0104 0010"));
        Assert.StartsWith("c02103", end.Take("c021 01 07 0008 0104 0010"));
    }

    [Fact]
    public void Of_two_authentication_protocols_in_one_request_the_second_is_rejected()
    {
        Assert.Equal(Plain("c021 04 01 0008 0304 c023"), Asking().Take("c021 01 01 000d 0305 c22305 0304 c023"));
        Assert.Equal(Plain("c021 04 01 0009 0305 c22305"), Asking().Take("c021 01 01 000d 0304 c023 0305 c22305"));
        Assert.Equal(Plain("c021 04 01 0009 0305 c02300"), Asking().Take("c021 01 01 0009 0305 c02300"));
    }

    [Theory]
    [InlineData(3, "authenticated network")]
    [InlineData(4, "terminate lcp-down")]
    public void The_first_CHAP_result_counts_whatever_its_identifier(int code, string story)
    {
        PppEnd end = Asking();
        end.Take("c021 02 01 0014" + OurOptions);
        end.Take("c021 01 01 0009 0305 c22305");
        end.Take("c223 01 07 0018 10 000102030405060708090a0b0c0d0e0f 686f73");
        end.Take($"c223 {code:x2} 08 0004");
        Assert.EndsWith(story, end.Story);
    }

    [Fact]
    public void A_CHAP_result_after_the_first_is_dropped_and_a_later_challenge_is_answered()
    {
        PppEnd end = Asking();
        end.Take("c021 02 01 0014" + OurOptions);
        end.Take("c021 01 01 0009 0305 c22305");
        Assert.StartsWith("c2230207", end.Take("c223 01 07 0018 10 000102030405060708090a0b0c0d0e0f 686f73"));
        end.Take("c223 03 07 0004");
        end.Drain();
        Assert.Equal("", end.Take("c223 04 07 0004"));
        Assert.StartsWith("c2230209", end.Take("c223 01 09 0018 10 000102030405060708090a0b0c0d0e0f 686f73"));
        Assert.Equal(FsmState.Opened, end.Ppp.StateOf(PppEndpoint.Lcp));
    }

    [Fact]
    public void The_answer_to_an_earlier_PAP_request_counts()
    {
        PppEnd end = Asking();
        end.Take("c021 02 01 0014" + OurOptions);
        Assert.Contains(Plain("c023 01 01 0010"), end.Take("c021 01 01 0008 0304 c023"));
        Assert.StartsWith(Plain("c023 01 02 0010"), end.Wait());
        end.Take("c023 02 01 0005 00");
        Assert.EndsWith("authenticated network", end.Story);
    }

    [Fact]
    public void A_repeated_PAP_request_and_a_repeated_CHAP_response_get_the_first_verdict_again()
    {
        PppEndpointOptions judge = Caller with { Require = PppAuthentication.Pap, Secrets = [new PppSecret(PppEnd.Utf8("peer"), PppEnd.Utf8("secret"))] };
        PppEnd end = Asking(judge);
        end.Take("c021 01 07 0014" + HisOptions);
        end.Take("c021 02 01 0018 0206 00000000 0304 c023 0506 11111111 0702 0802");
        Assert.StartsWith(Plain("c023 02 01"), end.Take("c023 01 01 0010 04 70656572 06 736563726574"));
        Assert.StartsWith(Plain("c023 02 02"), end.Take("c023 01 02 0010 04 70656572 06 736563726574"));
        Assert.Equal(1, end.Told.Count(told => told == "authenticated"));
    }

    [Fact]
    public void PAP_and_CHAP_that_nobody_asked_for_are_dropped_without_a_protocol_reject()
    {
        PppEnd end = Opened();
        end.Drain();
        Assert.Equal("", end.Take("c023 01 01 0010 04 70656572 06 736563726574"));
        Assert.Equal("", end.Take("c223 01 07 0018 10 000102030405060708090a0b0c0d0e0f 686f73"));
        Assert.Equal(FsmState.Opened, end.Ppp.StateOf(PppEndpoint.Lcp));
    }

    [Fact]
    public void A_protocol_reject_of_an_authentication_protocol_fails_only_the_one_under_way()
    {
        PppEnd end = Asking();
        end.Take("c021 02 01 0014" + OurOptions);
        end.Take("c021 01 01 0009 0305 c22305");
        Assert.Equal("", end.Take("c021 08 01 000a c023 01010004"));
        Assert.StartsWith("c02105", end.Take("c021 08 02 000a c223 02010004"));
        end.Take("c021 06 02 0004");
        Assert.EndsWith("terminated(AuthenticationFailed)", end.Story);
    }

    [Fact]
    public void A_network_protocol_that_the_peer_has_rejected_hears_nothing_more()
    {
        PppEnd end = Opened();
        end.Take("8021 02 01 000a 0306 0a000002");
        end.Take("8021 01 01 000a 0306 0a000001");
        end.Drain();
        end.Told.Clear();
        Assert.Equal("", end.Take("c021 08 01 000a 8021 01010004"));
        Assert.Equal(("ipcp-down", FsmState.Starting), (end.Story, end.Ppp.StateOf(PppEndpoint.Ipcp)));
        Assert.Equal("", end.Take("8021 01 09 000a 0306 0a000001"));
    }

    [Fact]
    public void A_protocol_reject_before_LCP_is_open_or_of_network_data_is_dropped()
    {
        PppEnd asking = Asking();
        Assert.Equal("", asking.Take("c021 08 01 000a c021 01010004"));
        Assert.Equal(FsmState.ReqSent, asking.Ppp.StateOf(PppEndpoint.Lcp));
        PppEnd end = Opened();
        end.Drain();
        Assert.Equal("", end.Take("c021 08 01 000a 0021 45000004"));
        Assert.Equal(FsmState.ReqSent, end.Ppp.StateOf(PppEndpoint.Ipcp));
        Assert.StartsWith("c02105", end.Take("c021 08 01 000a c021 01010004"));
    }

    [Fact]
    public void Identification_and_time_remaining_are_taken_without_a_word()
    {
        PppEnd end = Opened();
        end.Drain();
        Assert.Equal("", end.Take("c021 0c 2a 000c 22222222 4e544d45"));
        Assert.Equal("", end.Take("c021 0d 2b 000c 22222222 00000e10"));
        Assert.Equal(0, end.Ppp.Counters.CodeRejects);
    }

    [Fact]
    public void An_echo_reply_with_any_magic_number_but_ours_is_a_sign_of_life()
    {
        foreach ((string magic, bool lives) in (ReadOnlySpan<(string, bool)>)[("22222222", true), ("deadbeef", true), ("00000000", true), ("11111111", false)])
        {
            PppEnd end = Opened(VirtualTime.Zero, Caller with { EchoInterval = VirtualTime.FromSeconds(1), EchoFailure = 2, Ipcp = false });
            end.Take("8057 02 01 000e 010a 0211223344556677");
            end.Take("8057 01 01 000e 010a 0000000000000001");
            end.Drain();
            for (int i = 0; i < 6 && end.Ppp.Phase == PppPhase.Running; i++)
            {
                end.Wait();
                end.Take($"c021 0a {i:x2} 0008 {magic}");
            }

            Assert.Equal(lives, end.Ppp.Phase == PppPhase.Running);
        }
    }

    [Fact]
    public void Every_control_character_is_dropped_on_receipt_until_LCP_is_open_and_then_those_that_were_negotiated()
    {
        PppEnd end = Asking(Caller with { ReceiveAsyncMap = 0x000A0000 });
        Assert.Equal(HdlcFraming.DefaultAsyncMap, end.Ppp.ReceiveAsyncMap);
        end.Take("c021 01 07 0014" + HisOptions);
        end.Take("c021 02 01 0014 0206 000a0000 0506 11111111 0702 0802");
        Assert.Equal(0x000A0000u, end.Ppp.ReceiveAsyncMap);
        end.Take("c021 01 08 0014" + HisOptions);
        Assert.Equal((FsmState.AckSent, 0x000A0000u), (end.Ppp.StateOf(PppEndpoint.Lcp), end.Ppp.ReceiveAsyncMap));
        end.Ppp.LowerDown(end.Now, end);
        end.Start();
        Assert.Equal(HdlcFraming.DefaultAsyncMap, end.Ppp.ReceiveAsyncMap);
        Assert.Equal(0u, Asking(Caller with { ReceiveAll = true, ReceiveAsyncMap = 0x000A0000 }).Ppp.ReceiveAsyncMap);
    }

    [Fact]
    public void A_silent_endpoint_says_nothing_until_the_peer_has_begun()
    {
        PppEnd end = new PppEnd(Caller with { Silent = true }).Start();
        Assert.Equal(("", FsmState.Stopped, true), (end.Drain(), end.Ppp.StateOf(PppEndpoint.Lcp), end.Ppp.NextTimer.IsNever));
        Assert.Equal($"{Plain("c021 01 01 0014" + OurOptions)} {Plain("c021 02 07 0014" + HisOptions)}", end.Take("c021 01 07 0014" + HisOptions));
        end.Take("c021 02 01 0014" + OurOptions);
        Assert.Equal(FsmState.Opened, end.Ppp.StateOf(PppEndpoint.Lcp));
        PppEnd closed = new PppEnd(Caller with { Silent = true }).Start();
        closed.Ppp.Close(closed.Now, closed);
        Assert.EndsWith("terminated(UserRequest)", closed.Story);
    }

    [Fact]
    public void LCP_repeats_after_lcp_restart_and_as_often_as_lcp_max_configure_says()
    {
        PppEnd end = Asking(Caller with { LcpRestart = VirtualTime.FromSeconds(7), LcpMaxConfigure = 4 });
        int sent = 1;
        while (!end.Ppp.IsDead)
        {
            sent += end.Wait().Length > 0 ? 1 : 0;
        }

        Assert.Equal((4, VirtualTime.FromSeconds(28)), (sent, end.Now));
    }

    [Fact]
    public void A_Terminate_Request_before_LCP_is_open_is_acknowledged_and_the_negotiation_goes_on()
    {
        PppEnd end = Asking();
        end.Take("c021 01 07 0014" + HisOptions);
        Assert.Equal(Plain("c021 06 09 0004"), end.Take("c021 05 09 0004"));
        Assert.Equal(FsmState.ReqSent, end.Ppp.StateOf(PppEndpoint.Lcp));
        Assert.Equal(Plain("c021 01 01 0014" + OurOptions), end.Wait());
    }

    [Fact]
    public void Requests_that_come_while_the_link_terminates_are_dropped()
    {
        PppEnd end = Opened();
        end.Take("c021 05 09 0004");
        end.Drain();
        Assert.Equal("", end.Take("c021 01 08 0014" + HisOptions));
        Assert.Equal(FsmState.Stopping, end.Ppp.StateOf(PppEndpoint.Lcp));
    }

    [Fact]
    public void When_LCP_goes_the_network_protocols_go_first_in_their_order_and_LCP_last()
    {
        PppEnd end = Opened();
        end.Take("8021 02 01 000a 0306 0a000002");
        end.Take("8021 01 01 000a 0306 0a000001");
        end.Take("8057 02 01 000e 010a 0211223344556677");
        end.Take("8057 01 01 000e 010a 0000000000000001");
        end.Told.Clear();
        end.Take("c021 01 09 0014" + HisOptions);
        Assert.Equal("establish ipcp-down ipv6cp-down lcp-down", end.Story);
        Assert.Equal((FsmState.Initial, FsmState.Initial), (end.Ppp.StateOf(PppEndpoint.Ipcp), end.Ppp.StateOf(PppEndpoint.Ipv6cp)));
    }
}
