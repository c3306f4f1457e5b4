using System.Buffers.Binary;
using Stress.Emulator.Simulation;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ppp;

/// <summary>Why a link ended.</summary>
public enum PppTermination : byte
{
    UserRequest,
    PeerRequest,
    Hangup,
    NegotiationFailed,
    PeerNotResponding,
    AuthenticationFailed,
}

/// <summary>What an endpoint asks of the process that drives it.</summary>
public interface IPppActions
{
    /// <summary>A frame for the line: address, control, protocol and information, without FCS. Valid during the call only.</summary>
    void SendFrame(ReadOnlySpan<byte> frame);

    /// <summary>IPCP opened.</summary>
    void IpcpUp(Ipv4Address ours, Ipv4Address his);

    /// <summary>IPCP left Opened.</summary>
    void IpcpDown();

    /// <summary>IPV6CP opened.</summary>
    void Ipv6cpUp(ulong ours, ulong his);

    /// <summary>IPV6CP left Opened.</summary>
    void Ipv6cpDown();

    /// <summary>The link is over: LCP needs its layer no more.</summary>
    void LinkTerminated(PppTermination reason);
}

/// <summary>What one end wants and accepts.</summary>
public sealed record PppEndpointOptions
{
    /// <summary>Our IPv4 address; any asks the peer for one (RFC 1332 3.3).</summary>
    public Ipv4Address LocalAddress { get; init; }

    /// <summary>The peer's address; any takes what it says.</summary>
    public Ipv4Address RemoteAddress { get; init; }

    /// <summary>Maximum receive unit in bytes.</summary>
    public ushort Mru { get; init; } = 1500;

    /// <summary>lcp-echo-interval; zero is off.</summary>
    public VirtualTime EchoInterval { get; init; }

    /// <summary>lcp-echo-failure.</summary>
    public int EchoFailure { get; init; } = 4;
}

/// <summary>
/// One end of a PPP link: the automata of RFC 1661 for LCP, IPCP (RFC 1332) and IPV6CP (RFC 5072), with pppd's order of layers (reference 6.1-6.6).
/// Real bytes in and out; time is given, timers are asked for.
/// </summary>
public sealed class PppEndpoint(PppEndpointOptions options)
{
    /// <summary>Restart timer (RFC 1661 4.6).</summary>
    public static readonly VirtualTime RestartTimer = VirtualTime.FromSeconds(3);

    /// <summary>Max-Terminate, Max-Configure and Max-Failure (RFC 1661 4.6).</summary>
    public const int MaxTerminate = 2, MaxConfigure = 10, MaxFailure = 5;

    private const int Lcp = 0, Ipcp = 1, Ipv6cp = 2;
    private readonly Fsm[] _fsm = new Fsm[3];
    private readonly byte[] _out = new byte[256];
    private Ipv4Address _ours;
    private Ipv4Address _his;
    private ulong _hisId;
    private ushort _hisMru;
    private bool _hisAcfc;
    private bool _hisPfc;
    private bool _dead = true;
    private PppTermination _reason;
    private VirtualTime _echoDue = VirtualTime.Never;
    private int _echoesMissed;

    /// <summary>Our magic number, non-zero.</summary>
    public uint Magic { get; set; } = 1;

    /// <summary>Our interface identifier, non-zero.</summary>
    public ulong InterfaceIdentifier { get; set; } = 1;

    /// <summary>The peer takes frames without address and control.</summary>
    public bool TransmitAcfc => _fsm[Lcp].State == FsmState.Opened && _hisAcfc;

    /// <summary>The peer takes one-byte protocol fields.</summary>
    public bool TransmitPfc => _fsm[Lcp].State == FsmState.Opened && _hisPfc;

    /// <summary>The link has terminated.</summary>
    public bool IsDead => _dead;

    /// <summary>State of LCP, IPCP or IPV6CP, in this order.</summary>
    public FsmState StateOf(int layer) => _fsm[layer].State;

    /// <summary>The earliest timer.</summary>
    public VirtualTime NextTimer
    {
        get
        {
            VirtualTime t = _echoDue;
            foreach (ref readonly Fsm f in _fsm.AsSpan())
            {
                t = f.Timer < t ? f.Timer : t;
            }

            return t;
        }
    }

    /// <summary>Forgets everything: before a new call.</summary>
    public void Reset()
    {
        for (int i = 0; i < 3; i++)
        {
            _fsm[i] = new Fsm { Timer = VirtualTime.Never };
        }

        _ours = options.LocalAddress;
        _his = default;
        _hisId = 0;
        _hisMru = 1500;
        _hisAcfc = _hisPfc = false;
        _dead = true;
        _echoDue = VirtualTime.Never;
        _echoesMissed = 0;
    }

    /// <summary>Administrative Open of LCP.</summary>
    public void Open(VirtualTime now, IPppActions actions)
    {
        _dead = false;
        Event(Lcp, up: false, open: true, now, actions);
    }

    /// <summary>The line is there.</summary>
    public void LowerUp(VirtualTime now, IPppActions actions) => Event(Lcp, up: true, open: false, now, actions);

    private void Event(int layer, bool up, bool open, VirtualTime now, IPppActions actions)
    {
        ref Fsm f = ref _fsm[layer];
        f.State = (f.State, up, open) switch
        {
            (FsmState.Initial, false, true) => FsmState.Starting,
            (FsmState.Initial, true, false) => FsmState.Closed,
            (FsmState.Starting, true, false) or (FsmState.Closed, false, true) => FsmState.ReqSent,
            _ => f.State,
        };
        if (f.State == FsmState.ReqSent)
        {
            f.Restarts = MaxConfigure;
            SendRequest(layer, now, actions);
        }
    }

    /// <summary>Administrative Close: from Opened the layers go down first, then Terminate-Request (reference 6.5).</summary>
    public void Close(VirtualTime now, IPppActions actions)
    {
        _reason = PppTermination.UserRequest;
        ref Fsm f = ref _fsm[Lcp];
        switch (f.State)
        {
            case FsmState.Opened:
                LayersDown(actions);
                goto case FsmState.ReqSent;
            case FsmState.ReqSent:
            case FsmState.AckRcvd:
            case FsmState.AckSent:
                f.Restarts = MaxTerminate;
                f.State = FsmState.Closing;
                SendTerminateRequest(now, actions);
                break;
            case FsmState.Starting:
            case FsmState.Closed:
            case FsmState.Stopped:
                Finished(PppTermination.UserRequest, actions);
                break;
            case FsmState.Stopping:
                f.State = FsmState.Closing;
                break;
        }
    }

    /// <summary>The line is gone: layers down, link terminated at once.</summary>
    public void LowerDown(VirtualTime now, IPppActions actions)
    {
        if (_dead)
        {
            return;
        }

        if (_fsm[Lcp].State == FsmState.Opened)
        {
            LayersDown(actions);
        }

        Finished(PppTermination.Hangup, actions);
    }

    private void Finished(PppTermination reason, IPppActions actions)
    {
        if (_dead)
        {
            return;
        }

        for (int i = 0; i < 3; i++)
        {
            _fsm[i].State = FsmState.Initial;
            _fsm[i].Timer = VirtualTime.Never;
        }

        _echoDue = VirtualTime.Never;
        _dead = true;
        actions.LinkTerminated(reason);
    }

    // upper_layers_down: IPCP, then IPV6CP, in table order.
    private void LayersDown(IPppActions actions)
    {
        _echoDue = VirtualTime.Never;
        if (_fsm[Ipcp].State == FsmState.Opened)
        {
            actions.IpcpDown();
        }

        if (_fsm[Ipv6cp].State == FsmState.Opened)
        {
            actions.Ipv6cpDown();
        }

        for (int i = Ipcp; i <= Ipv6cp; i++)
        {
            _fsm[i].State = FsmState.Initial;
            _fsm[i].Timer = VirtualTime.Never;
        }
    }

    // LCP opened: network phase, all NCPs in table order.
    private void LayersUp(VirtualTime now, IPppActions actions)
    {
        for (int i = Ipcp; i <= Ipv6cp; i++)
        {
            Event(i, up: false, open: true, now, actions);
            Event(i, up: true, open: false, now, actions);
        }

        if (options.EchoInterval > VirtualTime.Zero)
        {
            _echoDue = now + options.EchoInterval;
            _echoesMissed = 0;
        }
    }

    /// <summary>A timer is due.</summary>
    public void Timeout(VirtualTime now, IPppActions actions)
    {
        if (_echoDue <= now)
        {
            _echoDue = now + options.EchoInterval;
            if (_echoesMissed++ >= options.EchoFailure)
            {
                _reason = PppTermination.PeerNotResponding;
                Close(now, actions);
                return;
            }

            Span<byte> magic = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(magic, Magic);
            Send(Lcp, LcpCode.EchoRequest, ++_fsm[Lcp].Id, magic, actions);
        }

        for (int layer = 0; layer < 3; layer++)
        {
            ref Fsm f = ref _fsm[layer];
            if (f.Timer > now)
            {
                continue;
            }

            f.Timer = VirtualTime.Never;
            bool more = f.Restarts > 0;
            switch (f.State)
            {
                case FsmState.Closing:
                case FsmState.Stopping:
                    if (more)
                    {
                        SendTerminateRequest(now, actions);
                    }
                    else
                    {
                        Finished(_reason, actions);
                        return;
                    }

                    break;
                case FsmState.ReqSent:
                case FsmState.AckRcvd:
                case FsmState.AckSent:
                    if (more)
                    {
                        if (f.State == FsmState.AckRcvd)
                        {
                            f.State = FsmState.ReqSent;
                        }

                        SendRequest(layer, now, actions);
                    }
                    else if (layer == Lcp)
                    {
                        Finished(PppTermination.NegotiationFailed, actions);
                        return;
                    }
                    else
                    {
                        f.State = FsmState.Stopped;
                    }

                    break;
            }
        }
    }

    private void SendTerminateRequest(VirtualTime now, IPppActions actions)
    {
        ref Fsm f = ref _fsm[Lcp];
        f.Restarts--;
        f.Timer = now + RestartTimer;
        Send(Lcp, LcpCode.TerminateRequest, ++f.Id, default, actions);
    }

    private void SendRequest(int layer, VirtualTime now, IPppActions actions)
    {
        ref Fsm f = ref _fsm[layer];
        f.Restarts--;
        f.Timer = now + RestartTimer;
        f.RequestId = ++f.Id;
        Span<byte> data = stackalloc byte[32];
        var w = new PppOptionWriter(data);
        switch (layer)
        {
            case Lcp:
                if (options.Mru != 1500)
                {
                    w.UInt16((byte)LcpOptionType.MaximumReceiveUnit, options.Mru);
                }

                w.UInt32((byte)LcpOptionType.AsyncControlCharacterMap, 0);
                w.UInt32((byte)LcpOptionType.MagicNumber, Magic);
                w.Flag((byte)LcpOptionType.ProtocolFieldCompression);
                w.Flag((byte)LcpOptionType.AddressControlFieldCompression);
                break;
            case Ipcp:
                w.UInt32((byte)IpcpOptionType.IpAddress, _ours.Value);
                break;
            case Ipv6cp:
                w.UInt64((byte)Ipv6cpOptionType.InterfaceIdentifier, InterfaceIdentifier);
                break;
        }

        Send(layer, LcpCode.ConfigureRequest, f.RequestId, data[..w.Length], actions);
    }

    private static PppProtocol ProtocolOf(int layer) => layer == Lcp ? PppProtocol.Lcp : layer == Ipcp ? PppProtocol.Ipcp : PppProtocol.Ipv6cp;

    // LCP always goes with address, control and a two-byte protocol (RFC 1661 6.5, 6.6).
    private void Send(int layer, LcpCode code, byte id, ReadOnlySpan<byte> data, IPppActions actions)
    {
        int at = 0;
        if (layer == Lcp || !TransmitAcfc)
        {
            _out[at++] = 0xFF;
            _out[at++] = 0x03;
        }

        PppProtocol protocol = ProtocolOf(layer);
        _out[at++] = (byte)((ushort)protocol >> 8);
        _out[at++] = (byte)protocol;
        _out[at] = (byte)code;
        _out[at + 1] = id;
        BinaryPrimitives.WriteUInt16BigEndian(_out.AsSpan(at + 2), (ushort)(data.Length + 4));
        data.CopyTo(_out.AsSpan(at + 4));
        actions.SendFrame(_out.AsSpan(0, at + 4 + data.Length));
    }

    /// <summary>A frame from the line that is not network data.</summary>
    public void Input(ReadOnlySpan<byte> frame, VirtualTime now, IPppActions actions)
    {
        int at = frame.Length >= 2 && frame[0] == 0xFF && frame[1] == 0x03 ? 2 : 0;
        if (frame.Length < at + 2)
        {
            return;
        }

        var protocol = (PppProtocol)BinaryPrimitives.ReadUInt16BigEndian(frame[at..]);
        ReadOnlySpan<byte> information = frame[(at + 2)..];
        int layer = protocol switch
        {
            PppProtocol.Lcp => Lcp,
            PppProtocol.Ipcp => Ipcp,
            PppProtocol.Ipv6cp => Ipv6cp,
            _ => -1,
        };
        if (layer < 0)
        {
            if (_fsm[Lcp].State == FsmState.Opened)
            {
                Send(Lcp, LcpCode.ProtocolReject, ++_fsm[Lcp].Id, frame.Slice(at, Math.Min(frame.Length - at, 64)), actions);
            }

            return;
        }

        if (_dead || LcpPacket.TryParse(information, out LcpPacket packet) != WireError.None || (layer != Lcp && _fsm[Lcp].State != FsmState.Opened))
        {
            return;
        }

        ReadOnlySpan<byte> data = packet.Data(information);
        switch (packet.Code)
        {
            case LcpCode.ConfigureRequest:
                Request(layer, packet.Id, data, now, actions);
                break;
            case LcpCode.ConfigureAck:
                Acked(layer, packet.Id, now, actions);
                break;
            case LcpCode.ConfigureNak:
            case LcpCode.ConfigureReject:
                Naked(layer, packet.Id, data, packet.Code == LcpCode.ConfigureReject, now, actions);
                break;
            case LcpCode.TerminateRequest:
                TerminateRequested(layer, packet.Id, now, actions);
                break;
            case LcpCode.TerminateAck:
                if (layer == Lcp && _fsm[Lcp].State is FsmState.Closing or FsmState.Stopping)
                {
                    Finished(_reason, actions);
                }

                break;
            case LcpCode.EchoRequest when layer == Lcp && _fsm[Lcp].State == FsmState.Opened && data.Length >= 4:
                Span<byte> reply = stackalloc byte[4];
                BinaryPrimitives.WriteUInt32BigEndian(reply, Magic);
                Send(Lcp, LcpCode.EchoReply, packet.Id, reply, actions);
                break;
            case LcpCode.EchoReply when layer == Lcp:
                _echoesMissed = 0;
                break;
        }
    }

    private void TerminateRequested(int layer, byte id, VirtualTime now, IPppActions actions)
    {
        ref Fsm f = ref _fsm[layer];
        switch (f.State)
        {
            case FsmState.Opened:
                if (layer == Lcp)
                {
                    _reason = PppTermination.PeerRequest;
                    LayersDown(actions);
                }

                // Zero-restart-count: wait one restart period before the line goes (RFC 1661 5.5).
                f.State = FsmState.Stopping;
                f.Restarts = 0;
                f.Timer = now + RestartTimer;
                break;
            case FsmState.AckRcvd:
            case FsmState.AckSent:
                f.State = FsmState.ReqSent;
                break;
        }

        Send(layer, LcpCode.TerminateAck, id, default, actions);
    }

    private void Acked(int layer, byte id, VirtualTime now, IPppActions actions)
    {
        ref Fsm f = ref _fsm[layer];
        if (id != f.RequestId)
        {
            return;
        }

        switch (f.State)
        {
            case FsmState.ReqSent:
                f.State = FsmState.AckRcvd;
                f.Restarts = MaxConfigure;
                f.Timer = now + RestartTimer;
                break;
            case FsmState.AckSent:
                Opened(layer, now, actions);
                break;
            case FsmState.AckRcvd:
            case FsmState.Opened:
                Renegotiate(layer, now, actions);
                break;
        }
    }

    private void Renegotiate(int layer, VirtualTime now, IPppActions actions)
    {
        ref Fsm f = ref _fsm[layer];
        if (f.State == FsmState.Opened)
        {
            ThisLayerDown(layer, actions);
        }

        f.State = FsmState.ReqSent;
        f.Restarts = MaxConfigure;
        SendRequest(layer, now, actions);
    }

    private void ThisLayerDown(int layer, IPppActions actions)
    {
        if (layer == Lcp)
        {
            LayersDown(actions);
        }
        else if (layer == Ipcp)
        {
            actions.IpcpDown();
        }
        else
        {
            actions.Ipv6cpDown();
        }
    }

    private void Opened(int layer, VirtualTime now, IPppActions actions)
    {
        ref Fsm f = ref _fsm[layer];
        f.State = FsmState.Opened;
        f.Timer = VirtualTime.Never;
        f.Naks = 0;
        if (layer == Lcp)
        {
            LayersUp(now, actions);
        }
        else if (layer == Ipcp)
        {
            actions.IpcpUp(_ours, _his);
        }
        else
        {
            actions.Ipv6cpUp(InterfaceIdentifier, _hisId);
        }
    }

    private void Naked(int layer, byte id, ReadOnlySpan<byte> data, bool reject, VirtualTime now, IPppActions actions)
    {
        ref Fsm f = ref _fsm[layer];
        if (id != f.RequestId || f.State is not (FsmState.ReqSent or FsmState.AckSent or FsmState.AckRcvd or FsmState.Opened))
        {
            return;
        }

        var parser = new PppOptions(data);
        while (parser.Next(out PppOption o))
        {
            if (layer == Ipcp && !reject && o.Type == (byte)IpcpOptionType.IpAddress && o.TryUInt32(out uint address) && options.LocalAddress.IsAny)
            {
                _ours = new Ipv4Address(address);
            }
            else if (layer == Lcp && !reject && o.Type == (byte)LcpOptionType.MagicNumber && o.TryUInt32(out uint magic))
            {
                Magic = magic ^ 0x5A5A5A5A;
            }
        }

        if (f.State == FsmState.Opened)
        {
            ThisLayerDown(layer, actions);
        }

        if (f.State is FsmState.AckRcvd or FsmState.Opened)
        {
            f.State = FsmState.ReqSent;
        }

        f.Restarts = MaxConfigure;
        SendRequest(layer, now, actions);
    }

    private void Request(int layer, byte id, ReadOnlySpan<byte> data, VirtualTime now, IPppActions actions)
    {
        ref Fsm f = ref _fsm[layer];
        if (f.State is FsmState.Closed)
        {
            Send(layer, LcpCode.TerminateAck, id, default, actions);
            return;
        }

        if (f.State is FsmState.Initial or FsmState.Starting or FsmState.Closing or FsmState.Stopping)
        {
            return;
        }

        if (f.State == FsmState.Opened)
        {
            ThisLayerDown(layer, actions);
            f.State = FsmState.ReqSent;
            f.Restarts = MaxConfigure;
            SendRequest(layer, now, actions);
        }
        else if (f.State == FsmState.Stopped)
        {
            f.State = FsmState.ReqSent;
            f.Restarts = MaxConfigure;
            SendRequest(layer, now, actions);
        }

        Span<byte> nakBytes = stackalloc byte[128];
        Span<byte> rejectBytes = stackalloc byte[256];
        var nak = new PppOptionWriter(nakBytes);
        var reject = new PppOptionWriter(rejectBytes);
        if (data.Length > 200)
        {
            return;
        }

        var parser = new PppOptions(data);
        while (parser.Next(out PppOption o))
        {
            Option(layer, o, ref nak, ref reject);
        }

        if (parser.Malformed)
        {
            return;
        }

        if (reject.Length > 0)
        {
            Send(layer, LcpCode.ConfigureReject, id, rejectBytes[..reject.Length], actions);
        }
        else if (nak.Length > 0)
        {
            if (++f.Naks > MaxFailure)
            {
                Send(layer, LcpCode.ConfigureReject, id, data, actions);
            }
            else
            {
                Send(layer, LcpCode.ConfigureNak, id, nakBytes[..nak.Length], actions);
            }
        }

        if (reject.Length > 0 || nak.Length > 0)
        {
            if (f.State == FsmState.AckSent)
            {
                f.State = FsmState.ReqSent;
            }

            return;
        }

        Send(layer, LcpCode.ConfigureAck, id, data, actions);
        if (f.State == FsmState.AckRcvd)
        {
            Opened(layer, now, actions);
        }
        else
        {
            f.State = FsmState.AckSent;
        }
    }

    private void Option(int layer, in PppOption o, ref PppOptionWriter nak, ref PppOptionWriter reject)
    {
        switch (layer)
        {
            case Lcp:
                switch ((LcpOptionType)o.Type)
                {
                    case LcpOptionType.MaximumReceiveUnit when o.TryUInt16(out ushort mru):
                        _hisMru = mru;
                        break;
                    case LcpOptionType.AsyncControlCharacterMap when o.TryUInt32(out _):
                        break;
                    case LcpOptionType.MagicNumber when o.TryUInt32(out uint magic):
                        if (magic == Magic || magic == 0)
                        {
                            nak.UInt32(o.Type, Magic ^ 0x00FF00FF);
                        }

                        break;
                    case LcpOptionType.ProtocolFieldCompression:
                        _hisPfc = true;
                        break;
                    case LcpOptionType.AddressControlFieldCompression:
                        _hisAcfc = true;
                        break;
                    default:
                        reject.Copy(o.Bytes);
                        break;
                }

                break;
            case Ipcp:
                if (o.Type == (byte)IpcpOptionType.IpAddress && o.TryUInt32(out uint address))
                {
                    var a = new Ipv4Address(address);
                    if (!options.RemoteAddress.IsAny && a != options.RemoteAddress)
                    {
                        nak.UInt32(o.Type, options.RemoteAddress.Value);
                    }
                    else if (a.IsAny)
                    {
                        reject.Copy(o.Bytes);
                    }
                    else
                    {
                        _his = a;
                    }
                }
                else
                {
                    reject.Copy(o.Bytes);
                }

                break;
            default:
                if (o.Type == (byte)Ipv6cpOptionType.InterfaceIdentifier && o.TryUInt64(out ulong id))
                {
                    if (id == 0 || id == InterfaceIdentifier)
                    {
                        nak.UInt64(o.Type, InterfaceIdentifier ^ 0xFFFF);
                    }
                    else
                    {
                        _hisId = id;
                    }
                }
                else
                {
                    reject.Copy(o.Bytes);
                }

                break;
        }
    }

    /// <summary>Writes the endpoint.</summary>
    public void Save(ImageWriter image)
    {
        image.WriteArray<Fsm>(_fsm);
        image.Write((_ours, _his, _hisId, _hisMru, _hisAcfc, _hisPfc, _dead));
        image.Write((_reason, _echoDue, _echoesMissed, Magic, InterfaceIdentifier));
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Load(ImageReader image)
    {
        image.ReadArray<Fsm>().CopyTo(_fsm, 0);
        (_ours, _his, _hisId, _hisMru, _hisAcfc, _hisPfc, _dead) = image.Read<(Ipv4Address, Ipv4Address, ulong, ushort, bool, bool, bool)>();
        (_reason, _echoDue, _echoesMissed, Magic, InterfaceIdentifier) = image.Read<(PppTermination, VirtualTime, int, uint, ulong)>();
    }
}
