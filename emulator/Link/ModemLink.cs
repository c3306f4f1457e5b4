using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Link;

/// <summary>
/// A telephone line in a site: what happens on it and when. End 0 answers, end 1 calls. The line's own rules (dialling, rate, delay, noise) are those of
/// <see cref="ModemLine"/>.
/// </summary>
public sealed class ModemLink : IModemLink
{
    /// <summary>Its ends.</summary>
    public const int Called = 0, Calling = 1;

    /// <summary>Its events, in the order of equal times.</summary>
    public const int Events = 6;

    private const int ToCalled = 0, ToCalling = 1, DialDone = 2, LossAtCalled = 3, LossAtCalling = 4, LineLoss = 5;
    private readonly ILinkSite _site;
    private readonly EventQueue _queue;
    private readonly ModemLine _line;
    private readonly IModemEnd _called;
    private readonly IModemEnd _calling;
    private readonly int _firstSlot;
    private readonly int _number;

    /// <summary>A line on hook.</summary>
    /// <param name="site">The site that it is in.</param>
    /// <param name="number">The link's number there.</param>
    /// <param name="firstSlot">Its first slot in the queue of events.</param>
    /// <param name="line">The line's rules.</param>
    /// <param name="called">The port that answers.</param>
    /// <param name="calling">The port that calls.</param>
    public ModemLink(ILinkSite site, int number, int firstSlot, ModemLine line, IModemEnd called, IModemEnd calling)
    {
        _site = site;
        _queue = site.Events;
        _number = number;
        _firstSlot = firstSlot;
        _line = line;
        _called = called;
        _calling = calling;
    }

    private IModemEnd End(int end) => end == Called ? _called : _calling;

    private static int Other(int end) => end ^ 1;

    private void Schedule(int which, VirtualTime at) => _queue.Schedule(_firstSlot + which, at);

    /// <inheritdoc/>
    public void Fire(int which, VirtualTime now)
    {
        switch (which)
        {
            case ToCalled or ToCalling:
                Arrive(which, now);
                break;
            case DialDone:
                DialIsDone(now);
                break;
            case LossAtCalled:
                CarrierLost(Called, "carrier lost at the called end", now);
                break;
            case LossAtCalling:
                CarrierLost(Calling, "carrier lost at the calling end", now);
                break;
            case LineLoss:
                if (_line.State == LineState.Connected && _site.Admits(LinkEvent.LineLoss, _number, Calling))
                {
                    _site.Say(_number, Calling, "the line loses carrier");
                    HangUp();
                    Schedule(LossAtCalled, now + _line.CarrierDetect());
                    Schedule(LossAtCalling, now + _line.CarrierDetect());
                }

                break;
        }
    }

    private void CarrierLost(int end, string text, VirtualTime now)
    {
        if (_site.Admits(LinkEvent.CarrierLoss, _number, end))
        {
            _site.Say(_number, end, text);
            End(end).CarrierLost(now);
        }
    }

    /// <inheritdoc/>
    public void Dial(VirtualTime now)
    {
        if (_line.State != LineState.OnHook)
        {
            HangUp();
        }

        Schedule(LossAtCalling, VirtualTime.Never);
        Schedule(DialDone, now + _line.Dial(_called.AnswersCalls));
    }

    private void DialIsDone(VirtualTime now)
    {
        if (_line.Answer(_called.AnswersCalls && _calling.IsUp))
        {
            _site.Say(_number, Calling, "CONNECT 33600");
            VirtualTime login = _line.LoginTime();
            _called.Connected(login, now);
            _calling.Connected(login, now);
            Schedule(LineLoss, _line.NextLoss() is { IsNever: false } t ? now + t : VirtualTime.Never);
        }
        else if (_calling.IsUp)
        {
            _calling.DialFailed(now);
        }
    }

    /// <summary>An end lowers DTR, or its machine died: the line goes, and the other end loses carrier a little later.</summary>
    public void DropDtr(int by, VirtualTime now)
    {
        if (_line.State == LineState.Dialing && by == Calling)
        {
            Schedule(DialDone, VirtualTime.Never);
            HangUp();
        }

        if (_line.State != LineState.Connected)
        {
            return;
        }

        _site.Say(_number, by, "DTR low");
        HangUp();
        Schedule(by == Called ? LossAtCalling : LossAtCalled, now + _line.CarrierDetect());
    }

    /// <inheritdoc/>
    public void LoseCarrier(VirtualTime now)
    {
        if (_line.State == LineState.Connected)
        {
            Schedule(LineLoss, now);
        }
    }

    private void HangUp()
    {
        _line.HangUp();
        Schedule(ToCalled, VirtualTime.Never);
        Schedule(ToCalling, VirtualTime.Never);
        Schedule(LineLoss, VirtualTime.Never);
    }

    /// <inheritdoc/>
    public void Transmit(int from, ReadOnlySpan<byte> frame, VirtualTime now)
    {
        if (_line.State != LineState.Connected)
        {
            return;
        }

        _site.FrameSent(_number, from, frame);
        int to = Other(from);
        Schedule(to, _line.Send(to, now, frame));
    }

    /// <inheritdoc/>
    public void TransmitAgain(int from, in RepeatedFrame frame, ushort identification, VirtualTime now)
    {
        if (_line.State != LineState.Connected)
        {
            return;
        }

        _site.FrameSent(_number, from, []);
        int to = Other(from);
        Schedule(to, _line.SendAgain(to, now, frame, identification));
    }

    /// <inheritdoc/>
    public FrameRing? Arriving(int which, out int to)
    {
        to = which;
        return which <= ToCalling ? _line.InFlight[which] : null;
    }

    /// <inheritdoc/>
    public FrameRing SentBy(int end) => _line.InFlight[Other(end)];

    private void Arrive(int to, VirtualTime now)
    {
        FrameRing ring = _line.InFlight[to];
        int tag = ring.FrontTag;
        Span<byte> frame = ring.Take(out byte broken);
        Schedule(to, ring.NextTime);
        if (broken != 0)
        {
            // Only noise changes a byte, so only then can the FCS be wrong.
            int bit = _line.BrokenBit(frame.Length);
            frame[bit >> 3] ^= (byte)(1 << (bit & 7));
            if (Fcs16.Add(Fcs16.Initial, frame) != Fcs16.Good)
            {
                _site.Say(_number, to, "bad FCS: frame dropped");
                return;
            }
        }

        // The bytes stay in the ring until something is sent in the same direction, which the receiver cannot do.
        End(to).FrameArrived(frame[..^2], broken == 0 ? tag : 0, now);
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass => _line.Fields(ref pass);
}
