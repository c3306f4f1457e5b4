using Stress.Dial.Calls;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;
using Stress.Guests.Kernels;
using Stress.Guests.Running;
using Stress.Guests.Systems;
using Xunit;

namespace Stress.Guests.Tests;

/// <summary>Debian's pppd in a guest as the peer of our endpoint.</summary>
public sealed class PppdPeerTests
{
    private static readonly PppdCallOptions Twenty = new() { Lines = 2, CallsOfLine = 5, Up = VirtualTime.FromMilliseconds(100) };

    [KernelFact]
    public async Task Our_calling_end_brings_a_link_to_pppd_up_and_down_ten_times()
    {
        PppdCallResult result = await (await PeersAsync()).DialAsync(Twenty, default);

        AreAsPlanned(result);
        Assert.Equal(0, result.Counters.TerminatesUnanswered);
        Assert.All(result.Consoles, console => Assert.Contains(console, line => line.Contains("LCP terminated by peer", StringComparison.Ordinal)));
    }

    [KernelFact]
    public async Task Our_called_end_lets_pppd_bring_a_link_up_and_down_ten_times()
    {
        PppdCallResult result = await (await PeersAsync()).AnswerAsync(Twenty, default);

        AreAsPlanned(result);
        Assert.All(result.Consoles, console => Assert.Contains(console, line => line.Contains("local  IP address 10.1.0.2", StringComparison.Ordinal)));
    }

    [KernelTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_modem_whose_terminal_is_closed_hangs_up_at_once_and_the_far_end_hears_of_it_after_the_delay(bool dial)
    {
        // pppd waits a second before it opens its terminal again. A carrier that was still there then would go under it, and the next call with it.
        PppdCallOptions slow = Twenty with { CallsOfLine = 3, Line = new PeerLine(TimeSpan.FromSeconds(1.2), 0) };
        PppdCalls calls = await PeersAsync();

        AreAsPlanned(await (dial ? calls.DialAsync(slow, default) : calls.AnswerAsync(slow, default)), 6);
    }

    [Theory]
    [InlineData(0, 0, 3, 1)]
    [InlineData(0.1, 0, 3, 2)]
    [InlineData(1, 10, 3, 7)]
    [InlineData(4, 0, 9, 9)]
    [InlineData(4, 10, 9, 19)]
    public void Restart_timers_are_above_the_round_trip_and_a_call_of_pppds_lasts_until_what_the_line_took_has_come_again(double delay, int perThousand, int restart, int up)
    {
        var line = new PeerLine(TimeSpan.FromSeconds(delay), perThousand);

        Assert.Equal((restart, up), (line.Restart, line.PppdUp));
    }

    [Fact]
    public void A_line_that_touches_frames_leaves_the_others_as_they_are_and_keeps_flags()
    {
        byte[] frame = [0xff, 0x03, 0xc0, 0x21, 1, 2, 3, HdlcFraming.Flag];
        byte[] sent = [HdlcFraming.Flag, .. Enumerable.Repeat(frame, 3000).SelectMany(bytes => bytes)];
        PeerImpairment line = new(10, new RandomStream(7, 0, RandomPurpose.Line)), again = new(10, new RandomStream(7, 0, RandomPurpose.Line));

        // In pieces, as a socket gives them.
        byte[] got = [.. sent.Chunk(5).SelectMany(piece => line.Take(piece))];

        string[] frames = [.. Convert.ToHexStringLower(got).Split("7e", StringSplitOptions.RemoveEmptyEntries)];
        int whole = frames.Count(f => f == Convert.ToHexStringLower(frame)[..^2]);
        Assert.InRange(line.Touched, 10, 60);
        Assert.InRange(whole, 3000 - (int)line.Touched, 3000 + (int)line.Touched);
        byte[] inOtherPieces = [.. sent.Chunk(64).SelectMany(piece => again.Take(piece))];
        Assert.Equal(got, inOtherPieces);
    }

    private static void AreAsPlanned(PppdCallResult result, int calls = 10)
    {
        Assert.True(result.Done == result.Planned, string.Join('\n', result.Results.SelectMany(r => r.Problems).Select(p => p.ToString()).Concat(result.Consoles.SelectMany(console => console))));
        Assert.Equal(calls, result.Planned);
        Assert.Equal((calls, calls, calls), (result.Counters.LcpOpened, result.Counters.IpcpOpened, result.Counters.Ipv6cpOpened));
        Assert.Equal(0, result.Counters.Malformed);
        Assert.Equal(0, result.Counters.Of(CallOutcome.CarrierLost));
        Assert.Empty(result.Reports);
    }

    private static async Task<PppdCalls> PeersAsync()
    {
        (GuestKernel kernel, GuestSystem system, string launcher) = await RealKernel.GetAsync();
        return new PppdCalls(new PairParts(RealKernel.TheCache, launcher, system, kernel, kernel));
    }
}
