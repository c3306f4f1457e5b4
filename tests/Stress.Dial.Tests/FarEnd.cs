using Stress.Dial.Lines;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Dial.Tests;

/// <summary>An automaton at the far end of a real line, under a clock that stands.</summary>
internal sealed class FarEnd : IPppActions
{
    private readonly PppEndpoint _ppp;
    private readonly MemoryStream _out = new();
    private readonly Queue<byte[]> _frames = new();
    private readonly byte[] _buffer = new byte[4096];
    private readonly byte[] _frame = new byte[3072];
    private HdlcDeframer _deframer;
    private byte[]? _unanswered;
    private int _up;

    public FarEnd(ILine line, PppEndpointOptions options)
    {
        Line = line;
        _ppp = new PppEndpoint(options) { Magic = 0x12345678, InterfaceIdentifier = 0x77 };
        _ppp.Open(VirtualTime.Zero, this);
        _ppp.LowerUp(VirtualTime.Zero, this);
    }

    public ILine Line { get; }

    /// <summary>What becomes of a frame before it is sent: the frame in its place, nothing for none.</summary>
    public Func<byte[], byte[]> Sends { get; init; } = frame => frame;

    /// <summary>What is answered in place of the automaton to a frame that came; null leaves it to the automaton.</summary>
    public Func<byte[], byte[]?> Answers { get; init; } = _ => null;

    /// <summary>
    /// Reads a request, and does nothing with it until its repeat is there, which must be the same to the byte. The near end has answered ours by then, and has nothing more
    /// to read: a clock that is moved on moves its timers, and none that it is about to set.
    /// </summary>
    public async Task RepeatedAsync(PppProtocol protocol)
    {
        _unanswered = null;
        for (bool answered = false; !answered || _unanswered is null;)
        {
            byte[]? frame = await NextAsync();
            Assert.NotNull(frame);
            if (_unanswered is null && Is(frame, protocol, LcpCode.ConfigureRequest))
            {
                _unanswered = frame;
                continue;
            }

            answered |= Is(frame, protocol, LcpCode.ConfigureAck);
            _ppp.Input(frame, VirtualTime.Zero, this);
        }
    }

    /// <summary>The repeat of <see cref="RepeatedAsync"/> is there: it is answered.</summary>
    public async Task AnsweredAsync()
    {
        byte[]? repeat = await NextAsync();
        while (repeat is not null && !(repeat[1] == _unanswered![1] && repeat[2] == (byte)LcpCode.ConfigureRequest))
        {
            _ppp.Input(repeat, VirtualTime.Zero, this);
            repeat = await NextAsync();
        }

        Assert.NotNull(repeat);
        Assert.Equal(Convert.ToHexStringLower(_unanswered!), Convert.ToHexStringLower(repeat));
        _ppp.Input(repeat, VirtualTime.Zero, this);
        await FlushAsync();
    }

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
            if (Answers(frame) is { } answer)
            {
                Put(answer);
            }
            else
            {
                _ppp.Input(frame, VirtualTime.Zero, this);
            }
        }
    }

    public void SendFrame(ReadOnlySpan<byte> frame)
    {
        if (Sends([.. frame[0] == 0xFF ? frame[2..] : frame]) is { Length: > 0 } sent)
        {
            Put(sent);
        }
    }

    public void IpcpUp(Ipv4Address ours, Ipv4Address his) => _up++;

    public void IpcpDown() => _up--;

    public void Ipv6cpUp(ulong ours, ulong his) => _up++;

    public void Ipv6cpDown() => _up--;

    public void LinkTerminated(PppTermination reason)
    {
    }

    public static bool Is(byte[] frame, PppProtocol protocol, LcpCode code) =>
        frame[0] == (byte)((int)protocol >> 8) && frame[1] == (byte)protocol && frame[2] == (byte)code;

    private static bool IsLcp(byte[] frame, LcpCode code) => Is(frame, PppProtocol.Lcp, code);

    private void Put(ReadOnlySpan<byte> payload)
    {
        byte[] line = new byte[HdlcFraming.MaxEncodedLength(payload.Length)];
        _out.Write(line, 0, HdlcFraming.Encode(payload, line, HdlcFraming.DefaultAsyncMap));
    }

    private async Task FlushAsync()
    {
        if (_out.Length > 0)
        {
            byte[] bytes = _out.ToArray();
            _out.SetLength(0);
            await Line.WriteAsync(bytes, CancellationToken.None);
        }
    }

    private async Task<byte[]?> NextAsync()
    {
        await FlushAsync();
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
