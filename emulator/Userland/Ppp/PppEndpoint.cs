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

    /// <summary>Why the link is being terminated, from the first Terminate-Request, sent or received, to the link's end; null at any other time.</summary>
    public PppTermination? Terminating => _s.Phase == PppPhase.Terminate ? _s.Reason : null;

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
                t = VirtualTime.Min(t, _s.Layers[layer].Timer);
            }

            t = _s.Ours.Pending ? VirtualTime.Min(t, _s.Ours.Timer) : t;
            return _s.His.Pending ? VirtualTime.Min(t, _s.His.Timer) : t;
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
}
