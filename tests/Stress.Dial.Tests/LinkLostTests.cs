using Stress.Dial.Calls;
using Stress.Dial.Lines;
using Stress.Dial.Recording;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Dial.Tests;

/// <summary>A link that was up, and that the far side negotiates again before its planned end.</summary>
public class LinkLostTests
{
    private static readonly CallOptions Patience = new()
    {
        Up = TimeRange.Fixed(VirtualTime.FromSeconds(60)),
        Establish = VirtualTime.FromSeconds(2),
        HelloInterval = VirtualTime.Zero,
        RipngUpdate = VirtualTime.Zero,
    };

    private readonly WatchedTime _time = new();

    [Theory]
    [InlineData(true, "silence")]
    [InlineData(true, "carrier")]
    [InlineData(true, "terminate")]
    [InlineData(false, "silence")]
    [InlineData(false, "carrier")]
    [InlineData(false, "terminate")]
    public async Task A_link_that_is_down_before_its_end_and_does_not_come_up_again_is_lost_and_not_completed(bool calling, string then)
    {
        (Task<CallResult> call, FarEnd far) = await StartAsync(calling);
        await using ILine line = far.Line;
        await far.UpAsync();
        await far.NegotiateAgainAsync();
        if (then == "carrier")
        {
            line.HangUp();
        }
        else if (then == "terminate")
        {
            await far.TerminateAsync();
        }
        else
        {
            await _time.WaitsAsync(TimeSpan.FromSeconds(2));
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        CallResult result = await call;
        Assert.True((result.Outcome, result.WasUp) == (CallOutcome.LinkLost, true), result.ToString());
        var ledger = new CallLedger();
        ledger.Add(0, 0, result, new DialCounters());
        Assert.Equal(1, ledger.Failed);
    }

    [Theory]
    [InlineData(true, CallOutcome.PeerTerminated, "PeerRequest")]
    [InlineData(false, CallOutcome.Completed, "")]
    public async Task A_far_side_that_terminates_and_hangs_up_on_our_answer_has_not_gone_without_a_word(bool calling, CallOutcome outcome, string detail)
    {
        (Task<CallResult> call, FarEnd far) = await StartAsync(calling);
        await using ILine line = far.Line;
        await far.UpAsync();

        await far.TerminateAsync();

        CallResult result = await call;
        Assert.Equal((outcome, detail, true), (result.Outcome, result.Detail, result.WasUp));
    }

    [Fact]
    public async Task Time_in_which_a_link_is_down_is_not_time_up()
    {
        (Task<CallResult> call, FarEnd far) = await StartAsync(calling: true);
        await using ILine line = far.Line;
        await far.UpAsync();
        await _time.WaitsAsync(TimeSpan.FromSeconds(60));
        _time.Advance(TimeSpan.FromSeconds(20));
        await far.NegotiateAgainAsync();
        await _time.WaitsAsync(TimeSpan.FromSeconds(2));
        _time.Advance(TimeSpan.FromSeconds(1));
        await far.UpAsync();
        await _time.WaitsAsync(TimeSpan.FromSeconds(40));
        _time.Advance(TimeSpan.FromSeconds(40));
        await far.ToTheEndAsync();
        Assert.Equal(CallOutcome.Completed, (await call).Outcome);
    }

    private async Task<(Task<CallResult> Call, FarEnd Far)> StartAsync(bool calling)
    {
        await using ILineListener listener = LineTarget.Parse("tcp://127.0.0.1:0").Listen();
        ValueTask<ILine> accepted = listener.AcceptAsync(CancellationToken.None);
        ILine far = await listener.Target.OpenAsync(CancellationToken.None), near = await accepted;
        CallOptions caller = Patience with { Ppp = LwipTests.Caller.Ppp }, called = Patience with { Calling = false, Ppp = LwipTests.Called.Ppp };
        Task<CallResult> call = Task.Run(async () =>
        {
            await using (near)
            {
                return await new Call(near, calling ? caller : called, (0, 0), 1, new DialCounters(), NoCallLog.Instance, _time).RunAsync(CancellationToken.None);
            }
        });
        return (call, new FarEnd(far, (calling ? called : caller).Ppp));
    }
}
