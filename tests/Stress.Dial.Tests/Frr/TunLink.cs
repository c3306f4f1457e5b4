using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;

namespace Stress.Dial.Tests.Frr;

/// <summary>
/// A line of an emulated site whose answering end is outside of it: an automaton of PPP here, and behind it a TUN. End 1 is the emulated one, end 0 a port that never hears anything.
/// </summary>
internal sealed class TunLink(ILinkSite site, int number, int firstSlot, IModemEnd calling, PppEndpointOptions options, Tun tun) : IModemLink, IPppActions
{
    public const int Events = 3;
    private const int Arrives = 0, DialDone = 1, Timer = 2, Calling = 1;
    private readonly PppEndpoint _ppp = new(options) { Magic = 0x12345678, InterfaceIdentifier = 0x77 };
    private readonly Queue<byte[]> _waiting = new();
    private VirtualTime _now;
    private bool _connected;

    /// <summary>Every IPv4 packet, as a frame with PPP's header: when, whether the emulated end sent it, and its bytes.</summary>
    public List<(long Microseconds, bool Sent, byte[] Frame)> Frames { get; } = [];

    /// <summary>A packet comes from the TUN.</summary>
    public void FromTun(ReadOnlySpan<byte> packet, VirtualTime now)
    {
        if (_connected && _ppp.StateOf(PppEndpoint.Ipcp) == FsmState.Opened && packet.Length > 0 && packet[0] >> 4 == 4)
        {
            byte[] frame = [0xFF, 0x03, 0x00, 0x21, .. packet];
            Frames.Add((now.Microseconds, false, frame));
            Hand(frame, now);
        }
    }

    private void Hand(byte[] frame, VirtualTime now)
    {
        _waiting.Enqueue(frame);
        Schedule(Arrives, now);
    }

    private void Schedule(int which, VirtualTime at) => site.Events.Schedule(firstSlot + which, at);

    public void Fire(int which, VirtualTime now)
    {
        _now = now;
        switch (which)
        {
            case Arrives when _connected:
                if (_waiting.TryDequeue(out byte[]? frame))
                {
                    calling.FrameArrived(frame, 0, now);
                }

                Schedule(Arrives, _waiting.Count > 0 ? now : VirtualTime.Never);
                break;
            case DialDone:
                _connected = true;
                _waiting.Clear();
                calling.Connected(VirtualTime.Zero, now);
                _ppp.Open(now, this);
                _ppp.LowerUp(now, this);
                break;
            case Timer:
                _ppp.Timeout(now, this);
                break;
        }

        Schedule(Timer, _ppp.NextTimer);
    }

    public void Transmit(int from, ReadOnlySpan<byte> frame, VirtualTime now)
    {
        if (from != Calling || !_connected)
        {
            return;
        }

        site.FrameSent(number, from, frame);
        _now = now;
        _ppp.Input(frame, now, this);
        Schedule(Timer, _ppp.NextTimer);
    }

    public void TransmitAgain(int from, in RepeatedFrame frame, ushort identification, VirtualTime now) => throw new InvalidOperationException("the site takes no short way");

    public FrameRing? Arriving(int which, out int to)
    {
        to = Calling;
        return null;
    }

    public FrameRing SentBy(int end) => throw new InvalidOperationException("the site takes no short way");

    public void Dial(VirtualTime now) => Schedule(DialDone, now + VirtualTime.FromMilliseconds(100));

    public void DropDtr(int by, VirtualTime now)
    {
        if (by == Calling)
        {
            HangUp(now);
        }
    }

    public void LoseCarrier(VirtualTime now)
    {
        if (_connected)
        {
            HangUp(now);
            calling.CarrierLost(now);
        }
    }

    private void HangUp(VirtualTime now)
    {
        Schedule(DialDone, VirtualTime.Never);
        if (_connected)
        {
            _connected = false;
            _now = now;
            _ppp.LowerDown(now, this);
        }
    }

    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
    }

    void IPppActions.SendFrame(ReadOnlySpan<byte> frame) => Hand(frame.ToArray(), _now);

    void IPppActions.NetworkData(PppProtocol protocol, ReadOnlySpan<byte> packet)
    {
        if (protocol == PppProtocol.Ipv4)
        {
            Frames.Add((_now.Microseconds, true, [0xFF, 0x03, 0x00, 0x21, .. packet]));
            tun.Write(packet);
        }
    }

    void IPppActions.IpcpUp(Ipv4Address ours, Ipv4Address his)
    {
    }

    void IPppActions.IpcpDown()
    {
    }

    void IPppActions.Ipv6cpUp(ulong ours, ulong his)
    {
    }

    void IPppActions.Ipv6cpDown()
    {
    }

    void IPppActions.LinkTerminated(PppTermination reason)
    {
    }
}
