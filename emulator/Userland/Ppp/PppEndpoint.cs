using System.Buffers.Binary;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ppp;

/// <summary>
/// One end of a PPP link: the automata of RFC 1661 for LCP, IPCP (RFC 1332) and IPV6CP (RFC 5072), PAP (RFC 1334) and CHAP with MD5 (RFC 1994) in both
/// roles, with pppd's order of layers (reference 6.1-6.6; pppd 2.4.4 fsm.c, lcp.c, auth.c, upap.c, chap-new.c, ipcp.c, ipv6cp.c). What those files decide beyond
/// the RFC's table is listed, with the function that decides it, in docs/ppp.md; each rule stands as a comment where it is applied.
/// Real bytes in and out; time is given, timers are asked for by <see cref="NextTimer"/>. Nothing is allocated once the endpoint exists.
/// </summary>
/// <param name="options">What this end wants and accepts.</param>
public sealed partial class PppEndpoint(PppEndpointOptions options) : IState
{
    /// <summary>Restart timer (RFC 1661 section 4.6).</summary>
    public static readonly VirtualTime RestartTimer = VirtualTime.FromSeconds(3);

    /// <summary>How long a peer may take to begin or to finish authentication (pppd's upap reqtimeout).</summary>
    public static readonly VirtualTime AuthenticationTimeout = VirtualTime.FromSeconds(30);

    /// <summary>Max-Terminate, Max-Configure and Max-Failure (RFC 1661 section 4.6).</summary>
    public const int MaxTerminate = 2, MaxConfigure = 10, MaxFailure = 5;

    /// <summary>Authenticate-Requests or Challenges sent without an answer (pppd: maxtransmits).</summary>
    public const int MaxAuthenticationTransmits = 10;

    /// <summary>
    /// Naks of our magic number in a row after which the line counts as looped (RFC 1661 section 6.4; pppd lcp.c: lcp_nakci, DEFLOOPBACKFAIL). A Nak of the magic
    /// number never becomes a Reject, so that a looped line gives them all (lcp_reqci).
    /// </summary>
    public const int MaxLoops = 10;

    /// <summary>Configure packets that one layer takes in one negotiation, from its start to Opened; a peer that needs more does not converge.</summary>
    public const int MaxConfigurePackets = 128;

    /// <summary>Longest frame that is looked at, in bytes: the largest MRU in use and its header.</summary>
    public const int MaxFrame = 4096;

    /// <summary>Index of a layer, for <see cref="StateOf"/>.</summary>
    public const int Lcp = 0, Ipcp = 1, Ipv6cp = 2;

    // pppd's peer address of last resort, 10.64.64.64.
    private static readonly Ipv4Address UnknownPeer = new(0x0A404040);
    private const ushort DefaultMru = 1500;
    private const int HeaderRoom = 8;

    private PppEndpointState _s = new() { Magic = 1, Identifier = 1, Dead = true, EchoDue = VirtualTime.Never, ReceiveMap = HdlcFraming.DefaultAsyncMap };

    /// <summary>What this end wants and accepts.</summary>
    public PppEndpointOptions Options => options;

    /// <summary>Our magic number, non-zero. Set before <see cref="Open"/>: with the interface identifier it seeds every draw of the call.</summary>
    public uint Magic
    {
        get => _s.Magic;
        set => _s.Magic = value;
    }

    /// <summary>Our interface identifier, non-zero. Set before <see cref="Open"/>.</summary>
    public ulong InterfaceIdentifier
    {
        get => _s.Identifier;
        set => _s.Identifier = value;
    }

    /// <summary>The peer takes frames without address and control (ACFC).</summary>
    public bool TransmitAcfc => IsOpen && _s.Lcp.HisAddressCompression;

    /// <summary>The peer takes one-byte protocol fields (PFC).</summary>
    public bool TransmitPfc => IsOpen && _s.Lcp.HisProtocolCompression;

    /// <summary>Control characters that frames to the peer must escape; LCP frames always escape all (RFC 1662 section 7).</summary>
    public uint TransmitAsyncMap => IsOpen ? _s.Lcp.HisAsyncMap : HdlcFraming.DefaultAsyncMap;

    /// <summary>
    /// Control characters that the receiver drops where they come unescaped: all of them until LCP is open, then those that were negotiated, also during a later
    /// negotiation; none with <see cref="PppEndpointOptions.ReceiveAll"/> (pppd lcp.c: lcp_lowerup, lcp_up, lcp_down).
    /// </summary>
    public uint ReceiveAsyncMap => options.ReceiveAll ? 0 : _s.ReceiveMap;

    /// <summary>Longest information field that the peer takes, in bytes.</summary>
    public ushort TransmitMru => IsOpen ? _s.Lcp.HisMru : DefaultMru;

    /// <summary>The link has terminated, or was never opened.</summary>
    public bool IsDead => _s.Dead;

    /// <summary>Where the link is.</summary>
    public PppPhase Phase => _s.Phase;

    /// <summary>What was counted since the endpoint was made.</summary>
    public PppCounters Counters => _s.Counters;

    /// <summary>State of <see cref="Lcp"/>, <see cref="Ipcp"/> or <see cref="Ipv6cp"/>.</summary>
    public FsmState StateOf(int layer) => _s.Layers[layer].State;

    /// <summary>The earliest timer, or never.</summary>
    public VirtualTime NextTimer
    {
        get
        {
            VirtualTime t = _s.EchoDue;
            for (int layer = 0; layer < FsmBank.Count; layer++)
            {
                t = Earlier(t, _s.Layers[layer].Timer);
            }

            t = _s.Ours.Pending ? Earlier(t, _s.Ours.Timer) : t;
            return _s.His.Pending ? Earlier(t, _s.His.Timer) : t;
        }
    }

    private bool IsOpen => _s.Layers[Lcp].State == FsmState.Opened;

    /// <summary>Forgets the call: before a new one. Magic number, interface identifier and counters stay.</summary>
    public void Reset()
    {
        _s = new PppEndpointState
        {
            Magic = _s.Magic,
            Identifier = _s.Identifier,
            Counters = _s.Counters,
            Address = options.LocalAddress,
            Dead = true,
            EchoDue = VirtualTime.Never,
            ReceiveMap = HdlcFraming.DefaultAsyncMap,
        };
        for (int layer = 0; layer < FsmBank.Count; layer++)
        {
            _s.Layers[layer].Timer = VirtualTime.Never;
        }
    }

    /// <summary>Administrative Open of LCP. With the line up (<see cref="LowerUp"/>) negotiation starts.</summary>
    public void Open(VirtualTime now, IPppActions actions)
    {
        if (_s.Dead)
        {
            Reset();
            _s.Dead = false;
            _s.Random = new RandomStream(_s.Identifier, _s.Magic, RandomPurpose.Pppd);
        }

        Raise(Lcp, FsmEvent.Open, now, actions);
    }

    /// <summary>The line is there.</summary>
    public void LowerUp(VirtualTime now, IPppActions actions)
    {
        if (_s.Dead)
        {
            return;
        }

        Enter(PppPhase.Establish, actions);
        _s.ReceiveMap = HdlcFraming.DefaultAsyncMap;
        Raise(Lcp, FsmEvent.Up, now, actions);
    }

    /// <summary>Administrative Close: from Opened the layers go down first, then Terminate-Request (reference 6.5).</summary>
    public void Close(VirtualTime now, IPppActions actions) => Close(PppTermination.UserRequest, now, actions);

    /// <summary>The line is gone: layers down, link terminated at once (reference 6.5, carrier lost).</summary>
    public void LowerDown(VirtualTime now, IPppActions actions)
    {
        if (_s.Dead)
        {
            return;
        }

        if (IsOpen)
        {
            _s.Layers[Lcp].State = FsmState.Starting;
            LayersDown(now, actions);
        }

        Finish(PppTermination.Hangup, actions);
    }

    /// <summary>A frame from the line, without flags and FCS; address and control may be present. Anything at all may be in it: what cannot be used is counted.</summary>
    public void Input(ReadOnlySpan<byte> frame, VirtualTime now, IPppActions actions)
    {
        _s.Counters.Frames++;
        if (frame.Length >= 2 && frame[0] == 0xFF && frame[1] == 0x03)
        {
            frame = frame[2..];
        }

        if (_s.Dead || frame.Length < 1 || frame.Length > MaxFrame)
        {
            _s.Counters.Malformed++;
            return;
        }

        int protocolLength = (frame[0] & 1) != 0 ? 1 : 2;
        if (frame.Length < protocolLength)
        {
            _s.Counters.Malformed++;
            return;
        }

        var protocol = (PppProtocol)(protocolLength == 1 ? frame[0] : BinaryPrimitives.ReadUInt16BigEndian(frame));
        ReadOnlySpan<byte> information = frame[protocolLength..];
        if (protocol == PppProtocol.Lcp)
        {
            Packet(Lcp, information, now, actions);
            return;
        }

        if (!IsOpen || (_s.Phase == PppPhase.Authenticate && protocol is not (PppProtocol.Pap or PppProtocol.Chap)))
        {
            _s.Counters.OutOfPhase++;
            return;
        }

        switch (protocol)
        {
            // pppd knows both at all times and rejects neither; what nobody asked for is dropped (main.c: get_input; upap.c, chap-new.c).
            case PppProtocol.Pap:
                Pap(information, now, actions);
                break;
            case PppProtocol.Chap:
                Chap(information, now, actions);
                break;
            case PppProtocol.Ipcp when options.Ipcp:
                Packet(Ipcp, information, now, actions);
                break;
            case PppProtocol.Ipv6cp when options.Ipv6cp:
                Packet(Ipv6cp, information, now, actions);
                break;
            case PppProtocol.Ipv4 when options.Ipcp:
                Network(Ipcp, protocol, information, actions);
                break;
            case PppProtocol.Ipv6 when options.Ipv6cp:
                Network(Ipv6cp, protocol, information, actions);
                break;
            default:
                RejectProtocol(protocol, information, actions);
                break;
        }
    }

    /// <summary>Timers that are due by now.</summary>
    public void Timeout(VirtualTime now, IPppActions actions)
    {
        if (_s.Dead)
        {
            return;
        }

        if (_s.EchoDue <= now)
        {
            EchoDue(now, actions);
        }

        AuthenticationTimers(now, actions);
        for (int layer = 0; layer < FsmBank.Count && !_s.Dead; layer++)
        {
            ref Fsm f = ref _s.Layers[layer];
            if (f.Timer <= now)
            {
                f.Timer = VirtualTime.Never;
                Raise(layer, f.Restarts > 0 ? FsmEvent.TimeoutAgain : FsmEvent.TimeoutLast, now, actions);
            }
        }
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass => pass.Struct(ref _s);

    private static VirtualTime Earlier(VirtualTime a, VirtualTime b) => b < a ? b : a;

    private static PppProtocol ProtocolOf(int layer) => layer switch
    {
        Lcp => PppProtocol.Lcp,
        Ipcp => PppProtocol.Ipcp,
        _ => PppProtocol.Ipv6cp,
    };

    private void Enter(PppPhase phase, IPppActions actions)
    {
        if (_s.Phase != phase)
        {
            _s.Phase = phase;
            actions.PhaseChanged(phase);
        }
    }

    // lcp_close with a status.
    private void Close(PppTermination reason, VirtualTime now, IPppActions actions)
    {
        if (_s.Dead)
        {
            return;
        }

        if (_s.Layers[Lcp].State is not (FsmState.Closing or FsmState.Stopping))
        {
            _s.Reason = reason;
        }

        Enter(PppPhase.Terminate, actions);
        bool waiting = _s.Layers[Lcp].State is FsmState.Closed or FsmState.Stopped;
        Raise(Lcp, FsmEvent.Close, now, actions);
        if (waiting)
        {
            Finish(reason, actions);
        }
    }

    // link_terminated.
    private void Finish(PppTermination reason, IPppActions actions)
    {
        if (_s.Dead)
        {
            return;
        }

        for (int layer = 0; layer < FsmBank.Count; layer++)
        {
            _s.Layers[layer].State = FsmState.Initial;
            _s.Layers[layer].Timer = VirtualTime.Never;
        }

        _s.EchoDue = VirtualTime.Never;
        _s.Ours.Pending = _s.His.Pending = false;
        _s.Dead = true;
        Enter(PppPhase.Dead, actions);
        actions.LinkTerminated(reason);
    }

    // One event of one automaton: the new state first, then the actions in the order that FsmTransition gives.
    private void Raise(
        int layer, FsmEvent happened, VirtualTime now, IPppActions actions, byte id = 0, LcpCode code = LcpCode.ConfigureNak, ReadOnlySpan<byte> data = default)
    {
        ref Fsm f = ref _s.Layers[layer];
        if (happened == FsmEvent.Up && layer == Lcp && options.Silent)
        {
            // pppd fsm.c, fsm_lowerup: with silent the layer waits for the peer in Stopped.
            f.State = FsmState.Stopped;
            return;
        }

        FsmTransition t = FsmTable.At(f.State, happened);
        if (!t.Possible)
        {
            return;
        }

        bool fresh = f.State is not (FsmState.ReqSent or FsmState.AckRcvd or FsmState.AckSent);
        f.State = t.Next;
        if (t.Next is not (FsmState.ReqSent or FsmState.AckRcvd or FsmState.AckSent or FsmState.Closing or FsmState.Stopping))
        {
            f.Timer = VirtualTime.Never;
        }

        FsmActions a = t.Actions;
        if ((a & FsmActions.LayerDown) != 0)
        {
            LayerDown(layer, now, actions);
        }

        if ((a & FsmActions.InitializeCounter) != 0)
        {
            f.Restarts = (a & FsmActions.SendTerminateRequest) != 0 ? MaxTerminate : MaxConfigureOf(layer);
        }
        else if ((a & FsmActions.ZeroCounter) != 0)
        {
            f.Restarts = 0;
            f.Timer = now + RestartOf(layer);
        }

        if ((a & FsmActions.SendRequest) != 0)
        {
            if (fresh)
            {
                WantedAgain(layer);
            }

            SendRequest(layer, again: happened == FsmEvent.TimeoutAgain, now, actions);
        }
        else if ((a & FsmActions.SendTerminateRequest) != 0)
        {
            f.Restarts--;
            f.Timer = now + RestartOf(layer);
            f.RequestId = ++f.Id;
            Send(ProtocolOf(layer), LcpCode.TerminateRequest, f.Id, default, actions);
        }

        switch (a & (FsmActions.SendAck | FsmActions.SendNak | FsmActions.SendTerminateAck | FsmActions.SendCodeReject | FsmActions.SendEchoReply))
        {
            case FsmActions.SendAck:
                // pppd fsm.c, fsm_rconfreq: an Ack ends a row of Naks.
                f.Naks = 0;
                (f.AckedId, f.AckedLength, f.AckedSum, f.AckedAt) = (id, (ushort)data.Length, SumOf(data), now);
                Send(ProtocolOf(layer), LcpCode.ConfigureAck, id, data, actions);
                break;
            case FsmActions.SendNak:
                Send(ProtocolOf(layer), code, id, data, actions);
                break;
            case FsmActions.SendTerminateAck:
                Send(ProtocolOf(layer), LcpCode.TerminateAck, id, default, actions);
                break;
            case FsmActions.SendCodeReject:
                _s.Counters.CodeRejects++;
                Send(ProtocolOf(layer), LcpCode.CodeReject, ++f.Id, data[..Math.Min(data.Length, TransmitMru - LcpPacket.HeaderLength)], actions);
                break;
            case FsmActions.SendEchoReply:
                SendEcho(LcpCode.EchoReply, id, data, actions);
                break;
        }

        if ((a & FsmActions.LayerUp) != 0)
        {
            LayerUp(layer, now, actions);
        }
        else if ((a & FsmActions.LayerFinished) != 0)
        {
            LayerFinished(layer, happened, now, actions);
        }
    }

    private void LayerUp(int layer, VirtualTime now, IPppActions actions)
    {
        // What was negotiated is no part of the next negotiation: a call of days may have any number of them.
        _s.Layers[layer].ConfigurePackets = _s.Layers[layer].Naks = _s.Layers[layer].NaksReceived = 0;
        switch (layer)
        {
            case Lcp:
                LcpOpened(now, actions);
                break;
            case Ipcp:
                IpcpOpened(now, actions);
                break;
            default:
                Ipv6cpOpened(now, actions);
                break;
        }
    }

    private void LayerDown(int layer, VirtualTime now, IPppActions actions)
    {
        switch (layer)
        {
            case Lcp:
                LayersDown(now, actions);
                break;
            case Ipcp:
                actions.IpcpDown();
                break;
            default:
                actions.Ipv6cpDown();
                break;
        }
    }

    private void LayerFinished(int layer, FsmEvent happened, VirtualTime now, IPppActions actions)
    {
        if (layer != Lcp)
        {
            NetworkFinished(now, actions);
            return;
        }

        if (_s.Phase != PppPhase.Terminate)
        {
            if (happened == FsmEvent.TimeoutLast && options.Passive)
            {
                return;
            }

            _s.Reason = PppTermination.NegotiationFailed;
        }

        Finish(_s.Reason, actions);
    }

    // np_finished: with the last network protocol the link ends.
    private void NetworkFinished(VirtualTime now, IPppActions actions)
    {
        if (_s.Phase is PppPhase.Network or PppPhase.Running && !NetworkWanted(Ipcp) && !NetworkWanted(Ipv6cp))
        {
            Close(PppTermination.NoNetworkProtocols, now, actions);
        }
    }

    private bool NetworkWanted(int layer) => _s.Layers[layer].State is not (FsmState.Initial or FsmState.Starting or FsmState.Closed or FsmState.Stopped);

    private VirtualTime RestartOf(int layer) => layer switch
    {
        Lcp => options.LcpRestart,
        Ipcp => options.IpcpRestart,
        _ => options.Ipv6cpRestart,
    };

    private int MaxConfigureOf(int layer) => layer switch
    {
        Lcp => options.LcpMaxConfigure,
        Ipcp => options.IpcpMaxConfigure,
        _ => MaxConfigure,
    };

    private int MaxFailureOf(int layer) => layer == Ipcp ? options.IpcpMaxFailure : MaxFailure;

    // upper_layers_down: PAP and CHAP, then IPCP, then IPV6CP, in table order; then LCP itself.
    private void LayersDown(VirtualTime now, IPppActions actions)
    {
        _s.EchoDue = VirtualTime.Never;

        // upap_lowerdown, chap_lowerdown: the next negotiation may agree on no protocol, and then none of this one is answered.
        _s.Ours = _s.His = default;
        if (_s.Phase != PppPhase.Terminate)
        {
            Enter(_s.Layers[Lcp].State is FsmState.Closing or FsmState.Stopping ? PppPhase.Terminate : PppPhase.Establish, actions);
        }

        for (int layer = Ipcp; layer <= Ipv6cp; layer++)
        {
            Raise(layer, FsmEvent.Down, now, actions);
            Raise(layer, FsmEvent.Close, now, actions);
            _s.Layers[layer].Timer = VirtualTime.Never;
        }

        actions.LcpDown();
    }

    // start_networks: all network protocols are opened in table order.
    private void NetworkPhase(VirtualTime now, IPppActions actions)
    {
        Enter(PppPhase.Network, actions);
        if (!options.Ipcp && !options.Ipv6cp)
        {
            Close(PppTermination.NoNetworkProtocols, now, actions);
            return;
        }

        for (int layer = Ipcp; layer <= Ipv6cp; layer++)
        {
            if (layer == Ipcp ? options.Ipcp : options.Ipv6cp)
            {
                _s.Layers[layer].ConfigurePackets = 0;
                Raise(layer, FsmEvent.Open, now, actions);
                Raise(layer, FsmEvent.Up, now, actions);
            }
        }
    }

    private void Network(int layer, PppProtocol protocol, ReadOnlySpan<byte> packet, IPppActions actions)
    {
        if (_s.Layers[layer].State != FsmState.Opened)
        {
            _s.Counters.OutOfPhase++;
            return;
        }

        actions.NetworkData(protocol, packet);
    }

    // A packet of LCP, IPCP or IPV6CP.
    private void Packet(int layer, ReadOnlySpan<byte> information, VirtualTime now, IPppActions actions)
    {
        ref Fsm f = ref _s.Layers[layer];
        if (LcpPacket.TryParse(information, out LcpPacket packet) != WireError.None)
        {
            _s.Counters.Malformed++;
            return;
        }

        if (f.State is FsmState.Initial or FsmState.Starting)
        {
            _s.Counters.OutOfPhase++;
            return;
        }

        ReadOnlySpan<byte> data = packet.Data(information);
        switch (packet.Code)
        {
            case LcpCode.ConfigureRequest:
            case LcpCode.ConfigureAck:
            case LcpCode.ConfigureNak:
            case LcpCode.ConfigureReject:
                if (++f.ConfigurePackets > MaxConfigurePackets)
                {
                    if (f.State is not (FsmState.Closing or FsmState.Stopping or FsmState.Stopped))
                    {
                        _s.Counters.EndlessNegotiations++;
                        Fatal(layer, now, actions);
                    }

                    return;
                }

                Configure(layer, packet, data, now, actions);
                break;
            case LcpCode.TerminateRequest:
                if (layer == Lcp && f.State == FsmState.Opened)
                {
                    _s.Reason = PppTermination.PeerRequest;
                }

                Raise(layer, FsmEvent.TerminateRequest, now, actions, packet.Id);
                break;
            case LcpCode.TerminateAck:
                Raise(layer, FsmEvent.TerminateAck, now, actions);
                break;
            case LcpCode.CodeReject:
                // pppd and lwIP fsm.c, fsm_rcoderej: one shorter than a header is dropped, and no code is so needed that its reject ends the layer at once: a peer
                // that knows no Configure-Request never answers one, and the Restart counter ends it.
                if (data.Length < LcpPacket.HeaderLength)
                {
                    _s.Counters.Malformed++;
                    return;
                }

                if (layer == Lcp && data[0] == (byte)LcpCode.EchoRequest)
                {
                    _s.EchoRefused = true;
                    _s.EchoDue = VirtualTime.Never;
                }

                Raise(layer, FsmEvent.RejectHarmless, now, actions);
                break;
            case LcpCode.ProtocolReject when layer == Lcp:
                ProtocolRejected(data, now, actions);
                break;
            case LcpCode.EchoRequest when layer == Lcp:
                if (data.Length < 4)
                {
                    _s.Counters.Malformed++;
                    return;
                }

                Raise(Lcp, FsmEvent.Echo, now, actions, packet.Id, data: data);
                break;
            case LcpCode.EchoReply when layer == Lcp:
                EchoReplied(data);
                break;
            // pppd lcp.c, lcp_extcode: Identification and Time-Remaining (RFC 1570) are known and of no use.
            case LcpCode.DiscardRequest or LcpCode.Identification or LcpCode.TimeRemaining when layer == Lcp:
                break;
            default:
                Raise(layer, FsmEvent.UnknownCode, now, actions, data: information[..(LcpPacket.HeaderLength + packet.DataLength)]);
                break;
        }
    }

    // RXJ-: the layer cannot go on.
    private void Fatal(int layer, VirtualTime now, IPppActions actions)
    {
        if (layer == Lcp && _s.Layers[Lcp].State is not (FsmState.Closing or FsmState.Stopping))
        {
            _s.Reason = PppTermination.NegotiationFailed;
        }

        Raise(layer, FsmEvent.RejectFatal, now, actions);
    }

    private void Configure(int layer, in LcpPacket packet, ReadOnlySpan<byte> data, VirtualTime now, IPppActions actions)
    {
        ref Fsm f = ref _s.Layers[layer];
        if (packet.Code == LcpCode.ConfigureRequest)
        {
            if (f.State is FsmState.Closed or FsmState.Closing or FsmState.Stopping)
            {
                Raise(layer, FsmEvent.RequestGood, now, actions, packet.Id);
                return;
            }

            if (f.State == FsmState.Opened && IsLateRepeat(f, packet.Id, data, now))
            {
                _s.Counters.LateRepeats++;
                Send(ProtocolOf(layer), LcpCode.ConfigureAck, packet.Id, data, actions);
                return;
            }

            Span<byte> naks = stackalloc byte[MaxNakLength];
            Span<byte> rejects = stackalloc byte[data.Length];
            Requested(layer, packet.Id, data, naks, rejects, now, actions);
            return;
        }

        // pppd and lwIP fsm.c, fsm_rconfack and fsm_rconfnakrej: only the first answer to the last request counts, in every state. The line may bring the others late.
        if (packet.Id != f.RequestId || f.Answered)
        {
            _s.Counters.Unexpected++;
            return;
        }

        // In a state that has no request of ours in the air, the table's answer needs no look at the contents.
        if (f.State is FsmState.Closed or FsmState.Stopped or FsmState.Closing or FsmState.Stopping)
        {
            f.Answered = true;
            Raise(layer, packet.Code == LcpCode.ConfigureAck ? FsmEvent.Ack : FsmEvent.Nak, now, actions, packet.Id);
            return;
        }

        Span<byte> request = stackalloc byte[MaxRequestLength];
        var w = new PppOptionWriter(request);
        WriteRequest(layer, ref w);
        request = request[..w.Length];
        if (packet.Code == LcpCode.ConfigureAck)
        {
            if (!data.SequenceEqual(request))
            {
                _s.Counters.Unexpected++;
                return;
            }

            f.Answered = true;
            f.NaksReceived = 0;
            f.RoundTrip = now - f.RequestedAt;
            Raise(layer, FsmEvent.Ack, now, actions, packet.Id);
            return;
        }

        // fsm_rconfnakrej counts before it looks: a bad Nak belongs to the row, and a bad Reject ends it.
        f.NaksReceived = packet.Code == LcpCode.ConfigureReject ? 0 : f.NaksReceived + 1;

        // pppd lcp.c and ipcp.c, *_nakci and *_rejci: a bad Nak or Reject changes nothing else and is no answer; the Restart timer repeats the request.
        if (packet.Code == LcpCode.ConfigureReject ? !AreOurs(data, request) : !IsGoodNak(layer, data, request))
        {
            _s.Counters.Unexpected++;
            return;
        }

        f.Answered = true;
        if (packet.Code == LcpCode.ConfigureNak && layer == Lcp && !Contains(data, (byte)LcpOptionType.MagicNumber))
        {
            // pppd lcp.c, lcp_nakci: a loop gives nothing but Naks of the magic number in a row.
            _s.Lcp.Loops = 0;
        }

        // A peer that goes on with Naks wants what we do not have: give its options up (pppd fsm.c, fsm_rconfnakrej: treat_as_reject), except the magic number.
        bool fedUp = f.NaksReceived >= MaxFailureOf(layer);
        PppTermination? refusal = null;
        var walk = new PppOptions(data);
        while (walk.Next(out PppOption o))
        {
            bool reject = packet.Code == LcpCode.ConfigureReject || (fedUp && !IsMagic(layer, o));
            refusal ??= layer switch
            {
                Lcp => LcpRefused(o, reject),
                Ipcp => IpcpRefused(o, reject),
                _ => Ipv6cpRefused(o, reject),
            };
        }

        if (refusal is { } reason)
        {
            Close(reason, now, actions);
            return;
        }

        Raise(layer, FsmEvent.Nak, now, actions, packet.Id);
    }

    // Answers a Configure-Request: Reject before Nak before Ack (RFC 1661 section 5.2-5.4); Naks become Rejects after Max-Failure.
    private void Requested(
        int layer, byte id, ReadOnlySpan<byte> data, Span<byte> nakBytes, Span<byte> rejectBytes, VirtualTime now, IPppActions actions)
    {
        ref Fsm f = ref _s.Layers[layer];
        bool noMoreNaks = f.Naks >= MaxFailureOf(layer);
        uint naked = 0;
        var nak = new PppOptionWriter(nakBytes);
        var reject = new PppOptionWriter(rejectBytes);
        StartRequest(layer);
        var walk = new PppOptions(data);
        while (walk.Next(out PppOption o))
        {
            int before = nak.Length;
            Verdict verdict = (naked >> (o.Type & 31) & 1) != 0
                ? Verdict.Reject
                : layer switch
                {
                    Lcp => JudgeLcp(o, ref nak),
                    Ipcp => JudgeIpcp(o, ref nak),
                    _ => JudgeIpv6cp(o, ref nak),
                };
            if (verdict == Verdict.Reject || (verdict == Verdict.Nak && noMoreNaks && !IsMagic(layer, o)))
            {
                _s.Counters.OptionsRejected++;
                reject.Copy(o.Bytes);
            }
            else if (verdict == Verdict.Nak)
            {
                naked |= 1u << (o.Type & 31);
                _s.Counters.OptionsNaked++;
            }
        }

        if (walk.Malformed)
        {
            // pppd lcp.c, lcp_reqci: from an option with an impossible length on, all is rejected.
            _s.Counters.Malformed++;
            _s.Counters.OptionsRejected++;
            reject.Copy(walk.Rest);
        }

        if (reject.Length == 0 && !noMoreNaks)
        {
            AskForMore(layer, ref nak);
        }

        if (reject.Length > 0)
        {
            Raise(layer, FsmEvent.RequestBad, now, actions, id, LcpCode.ConfigureReject, rejectBytes[..reject.Length]);
        }
        else if (nak.Length > 0)
        {
            f.Naks++;
            Raise(layer, FsmEvent.RequestBad, now, actions, id, LcpCode.ConfigureNak, nakBytes[..nak.Length]);
        }
        else
        {
            Raise(layer, FsmEvent.RequestGood, now, actions, id, LcpCode.ConfigureAck, data);
        }
    }

    // pppd and lwIP fsm.c, fsm_sconfreq: a new request has a new identifier and the whole Restart counter; a repeat has the identifier of what it repeats.
    private void SendRequest(int layer, bool again, VirtualTime now, IPppActions actions)
    {
        ref Fsm f = ref _s.Layers[layer];
        if (!again)
        {
            f.RequestId = ++f.Id;
            f.Restarts = MaxConfigureOf(layer);
            f.RequestedAt = now;
        }

        f.Answered = false;
        f.Restarts--;
        f.Timer = now + RestartOf(layer);
        Span<byte> data = stackalloc byte[MaxRequestLength];
        var w = new PppOptionWriter(data);
        WriteRequest(layer, ref w);
        Send(ProtocolOf(layer), LcpCode.ConfigureRequest, f.RequestId, data[..w.Length], actions);
    }

    // A copy of the request that we have acknowledged, which left before the peer can have heard the Ack: it is no wish to negotiate again. RFC 1661's table (and pppd's
    // and lwIP's fsm_rconfreq) takes the layer down for it, which between two ends that repeat never stops once the round trip is longer than the Restart timer: each
    // round brings the next copy. The peer can have heard an Ack one round trip after it left; half of another is allowed for what the line queues. A request that comes
    // later, or with another identifier or other options, begins anew as in the table: so does a peer that has missed the Ack on a fast line, or has restarted.
    private static bool IsLateRepeat(in Fsm f, byte id, ReadOnlySpan<byte> data, VirtualTime now) =>
        id == f.AckedId && data.Length == f.AckedLength && now < f.AckedAt + f.RoundTrip + new VirtualTime(f.RoundTrip.Microseconds / 2) && SumOf(data) == f.AckedSum;

    // FNV-1a over the options of a request.
    private static ulong SumOf(ReadOnlySpan<byte> data)
    {
        ulong sum = 14695981039346656037;
        foreach (byte b in data)
        {
            sum = (sum ^ b) * 1099511628211;
        }

        return sum;
    }

    private static bool IsMagic(int layer, in PppOption o) => layer == Lcp && o.Type == (byte)LcpOptionType.MagicNumber;

    private static bool Contains(ReadOnlySpan<byte> options, byte type)
    {
        var walk = new PppOptions(options);
        while (walk.Next(out PppOption o))
        {
            if (o.Type == type)
            {
                return true;
            }
        }

        return false;
    }

    // The options of a Configure-Reject are options of the request, unchanged and in its order (RFC 1661 section 5.4).
    private static bool AreOurs(ReadOnlySpan<byte> rejected, ReadOnlySpan<byte> request)
    {
        var theirs = new PppOptions(rejected);
        var ours = new PppOptions(request);
        while (theirs.Next(out PppOption o))
        {
            bool found = false;
            while (!found && ours.Next(out PppOption mine))
            {
                found = mine.Bytes.SequenceEqual(o.Bytes);
            }

            if (!found)
            {
                return false;
            }
        }

        return !theirs.Malformed;
    }

    // A Nak names an option once, except authentication protocols, of which it may offer several, and those of the request in its order (RFC 1661 section 5.3).
    private static bool IsGoodNak(int layer, ReadOnlySpan<byte> naked, ReadOnlySpan<byte> request)
    {
        int last = 0;
        Span<byte> seen = stackalloc byte[32];
        seen.Clear();
        var walk = new PppOptions(naked);
        while (walk.Next(out PppOption o))
        {
            ref byte bits = ref seen[o.Type >> 3];
            int bit = 1 << (o.Type & 7);
            if ((bits & bit) != 0 && !(layer == Lcp && o.Type == (byte)LcpOptionType.AuthenticationProtocol))
            {
                return false;
            }

            bits |= (byte)bit;
            int place = PlaceOf(o.Type, request);
            if (place > 0 && place < last)
            {
                return false;
            }

            last = Math.Max(last, place);
        }

        return !walk.Malformed;
    }

    // Which option of a request has this type, from 1; 0 for none.
    private static int PlaceOf(byte type, ReadOnlySpan<byte> request)
    {
        int place = 1;
        for (var walk = new PppOptions(request); walk.Next(out PppOption o); place++)
        {
            if (o.Type == type)
            {
                return place;
            }
        }

        return 0;
    }

    private void Send(PppProtocol protocol, LcpCode code, byte id, ReadOnlySpan<byte> data, IPppActions actions)
    {
        Span<byte> frame = stackalloc byte[HeaderRoom + data.Length];
        int at = Header(frame, protocol);
        frame[at] = (byte)code;
        frame[at + 1] = id;
        BinaryPrimitives.WriteUInt16BigEndian(frame[(at + 2)..], (ushort)(data.Length + LcpPacket.HeaderLength));
        data.CopyTo(frame[(at + LcpPacket.HeaderLength)..]);
        actions.SendFrame(frame[..(at + LcpPacket.HeaderLength + data.Length)]);
    }

    // LCP always goes with address, control and a two-byte protocol (RFC 1661 sections 6.5 and 6.6); of the others, PFC shortens no number above 0xff.
    private int Header(Span<byte> frame, PppProtocol protocol)
    {
        int at = 0;
        if (protocol == PppProtocol.Lcp || !TransmitAcfc)
        {
            frame[at++] = 0xFF;
            frame[at++] = 0x03;
        }

        BinaryPrimitives.WriteUInt16BigEndian(frame[at..], (ushort)protocol);
        return at + 2;
    }

    private enum Verdict : byte
    {
        Accept,
        Nak,
        Reject,
    }
}
