using System.Diagnostics;
using System.Globalization;
using System.Text;
using Stress.Dial.Calls;
using Stress.Dial.Lines;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Dial.Tests;

/// <summary>Calls against an independent implementation of PPP, in both roles.</summary>
public class LwipTests
{
    private static readonly ReadOnlyMemory<byte> Name = Encoding.UTF8.GetBytes("caller"), Secret = Encoding.UTF8.GetBytes("secret");

    internal static readonly CallOptions Caller = new()
    {
        Ppp = new PppEndpointOptions { Name = Name, Secret = Secret },
        Up = TimeRange.Fixed(VirtualTime.Zero),
    };

    internal static readonly CallOptions Called = new()
    {
        Calling = false,
        Ppp = new PppEndpointOptions
        {
            LocalAddress = Ipv4Address.Of(10, 0, 0, 1),
            RemoteAddress = Ipv4Address.Of(10, 0, 0, 2),
            Secrets = [new PppSecret(Name, Secret)],
        },
        Up = TimeRange.Fixed(VirtualTime.Zero),
    };

    internal static DialOptions Options(LineTarget target, CallOptions call, long cycles, int lines = 1) =>
        new() { Target = target, CallOf = _ => call, Cycles = cycles, Lines = lines, Holdoff = VirtualTime.Zero };

    [LwipFact]
    public async Task A_thousand_calls_to_lwIP_with_login_and_CHAP_all_open_both_protocols_and_none_is_lost()
    {
        (DialResult result, (int Calls, int Ip, int Ip6) far) = await DialAsync("chap", Caller with { Chat = ChatScript.Login("caller", "secret") }, 1000);
        AllUp(result, 1000);
        Assert.Equal((1000, 1000, 1000), far);
    }

    [LwipFact]
    public async Task Calls_to_lwIP_with_PAP_open_both_protocols()
    {
        (DialResult result, (int Calls, int Ip, int Ip6) far) = await DialAsync("pap", Caller, 100);
        AllUp(result, 100);
        Assert.Equal((100, 100, 100), far);
    }

    [LwipFact]
    public async Task Calls_to_lwIP_that_lose_carrier_leave_it_ready_for_the_next()
    {
        (DialResult result, (int Calls, int Ip, int Ip6) far) = await DialAsync("none", Caller with { Ends = [CallEnd.Carrier, CallEnd.Hup] }, 100);
        AllUp(result, 100);
        Assert.Equal((50, 50), (result.Counters.CarrierDrops, result.Counters.Hups));
        Assert.Equal(100, far.Calls);
    }

    [LwipFact]
    public async Task A_wrong_secret_is_told_as_a_failed_authentication()
    {
        foreach (string auth in (string[])["pap", "chap"])
        {
            CallOptions wrong = Caller with { Ppp = Caller.Ppp with { Secret = Encoding.UTF8.GetBytes("guess") } };
            (DialResult result, _) = await DialAsync(auth, wrong, 1);
            Assert.Equal(CallOutcome.AuthenticationFailed, Assert.Single(result.Problems).Outcome);
        }
    }

    [LwipFact]
    public async Task A_command_is_a_line_too()
    {
        DialResult result = await new Dialer(Options(LineTarget.Parse($"exec:exec '{Lwip.Peer}' stdio pap getty 2>/dev/null"), Caller with { Chat = ChatScript.Login("caller", "secret") }, 5), TimeProvider.System)
            .RunAsync(CancellationToken.None);
        AllUp(result, 5);
    }

    [LwipFact]
    public async Task A_thousand_calls_from_lwIP_with_PAP_are_all_answered_and_ended()
    {
        (DialResult result, (int Calls, int Ip, int Ip6) far) = await AnswerAsync("pap", PppAuthentication.Pap, 1000);
        AllUp(result, 1000);
        Assert.Equal((1000, 1000, 1000), far);
    }

    [LwipFact]
    public async Task Calls_from_lwIP_with_CHAP_are_answered()
    {
        (DialResult result, (int Calls, int Ip, int Ip6) far) = await AnswerAsync("chap", PppAuthentication.ChapMd5, 100);
        AllUp(result, 100);
        Assert.Equal((100, 100, 100), far);
    }

    private static void AllUp(DialResult result, long calls)
    {
        Assert.True(result.Problems.Count == 0, string.Join('\n', result.Problems));
        DialCounters c = result.Counters;
        Assert.Equal((calls, calls, calls, calls, calls), (result.Done, c.Calls, c.IpcpOpened, c.Ipv6cpOpened, c.Disconnects));
        Assert.Equal((0, 0, 0, 0), (result.Failed, result.Lost, c.BadFcs, c.Malformed));
    }

    private static async Task<(DialResult, (int, int, int))> DialAsync(string auth, CallOptions call, int cycles)
    {
        using Process peer = call.Chat.Steps.Count > 0 ? Lwip.Start("listen", auth, "getty") : Lwip.Start("listen", auth);
        DialResult result = await new Dialer(Options(LineTarget.Parse($"tcp://127.0.0.1:{Lwip.Port(peer)}"), call, cycles), TimeProvider.System).RunAsync(CancellationToken.None);
        return (result, Lwip.Finish(peer));
    }

    private static async Task<(DialResult, (int, int, int))> AnswerAsync(string auth, PppAuthentication require, int cycles)
    {
        await using ILineListener listener = LineTarget.Parse("tcp://127.0.0.1:0").Listen();
        using Process peer = Lwip.Start("connect", auth, listener.Target.Port, cycles.ToString(CultureInfo.InvariantCulture));
        DialResult result = await new Answerer(Options(listener.Target, Called with { Ppp = Called.Ppp with { Require = require } }, cycles), listener, TimeProvider.System)
            .RunAsync(CancellationToken.None);
        return (result, Lwip.Finish(peer));
    }
}
