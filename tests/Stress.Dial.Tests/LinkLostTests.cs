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

    // An automaton on a line, under a clock that stands.
    private sealed class FarEnd : IPppActions
    {
        private readonly PppEndpoint _ppp;
        private readonly MemoryStream _out = new();
        private readonly Queue<byte[]> _frames = new();
        private readonly byte[] _buffer = new byte[4096];
        private readonly byte[] _frame = new byte[3072];
        private HdlcDeframer _deframer;
        private int _up;

        public FarEnd(ILine line, PppEndpointOptions options)
        {
            Line = line;
            _ppp = new PppEndpoint(options) { Magic = 0x12345678, InterfaceIdentifier = 0x77 };
            _ppp.Open(VirtualTime.Zero, this);
            _ppp.LowerUp(VirtualTime.Zero, this);
        }

        public ILine Line { get; }

        // Both ends are up, and the near one has looked at its plan since: it has answered a later request.
        public async Task UpAsync()
        {
            while (_up < 2)
            {
                byte[]? frame = await NextAsync();
                Assert.NotNull(frame);
                _ppp.Input(frame, VirtualTime.Zero, this);
            }

            Put([0xC0, 0x21, (byte)LcpCode.EchoRequest, 1, 0, 8, 0x12, 0x34, 0x56, 0x78]);
            while (await NextAsync() is { } frame && !IsLcp(frame, LcpCode.EchoReply))
            {
                _ppp.Input(frame, VirtualTime.Zero, this);
            }
        }

        // The near end has heard of it: its own request has come, which is the next frame.
        public async Task NegotiateAgainAsync()
        {
            _ppp.LowerDown(VirtualTime.Zero, this);
            _out.SetLength(0);
            _ppp.Open(VirtualTime.Zero, this);
            _ppp.LowerUp(VirtualTime.Zero, this);
            while (await NextAsync() is { } frame)
            {
                if (IsLcp(frame, LcpCode.ConfigureRequest))
                {
                    byte[][] later = [frame, .. _frames];
                    _frames.Clear();
                    Array.ForEach(later, _frames.Enqueue);
                    return;
                }
            }
        }

        public async Task TerminateAsync()
        {
            Put([0xC0, 0x21, (byte)LcpCode.TerminateRequest, 9, 0, 4]);
            while (await NextAsync() is { } frame && !IsLcp(frame, LcpCode.TerminateAck))
            {
            }

            Line.HangUp();
        }

        public async Task ToTheEndAsync()
        {
            while (await NextAsync() is { } frame)
            {
                _ppp.Input(frame, VirtualTime.Zero, this);
            }
        }

        public void SendFrame(ReadOnlySpan<byte> frame) => Put(frame[0] == 0xFF ? frame[2..] : frame);

        public void IpcpUp(Ipv4Address ours, Ipv4Address his) => _up++;

        public void IpcpDown() => _up--;

        public void Ipv6cpUp(ulong ours, ulong his) => _up++;

        public void Ipv6cpDown() => _up--;

        public void LinkTerminated(PppTermination reason)
        {
        }

        private static bool IsLcp(byte[] frame, LcpCode code) => frame[0] == 0xC0 && frame[1] == 0x21 && frame[2] == (byte)code;

        private void Put(ReadOnlySpan<byte> payload)
        {
            byte[] line = new byte[HdlcFraming.MaxEncodedLength(payload.Length)];
            _out.Write(line, 0, HdlcFraming.Encode(payload, line, HdlcFraming.DefaultAsyncMap));
        }

        private async Task<byte[]?> NextAsync()
        {
            if (_out.Length > 0)
            {
                byte[] bytes = _out.ToArray();
                _out.SetLength(0);
                await Line.WriteAsync(bytes, CancellationToken.None);
            }

            while (_frames.Count == 0)
            {
                int read = await Line.ReadAsync(_buffer);
                if (read == 0)
                {
                    return null;
                }

                for (int at = 0; at < read;)
                {
                    int length = _deframer.Input(_buffer.AsSpan(at, read - at), _frame, out int consumed);
                    at += consumed;
                    if (length > 0)
                    {
                        _frames.Enqueue(_frame[..length]);
                    }
                }
            }

            return _frames.Dequeue();
        }
    }
}
