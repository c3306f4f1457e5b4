using Stress.Emulator.Core;

namespace Stress.Emulator.Userland.Ppp;

/// <summary>States of the option negotiation automaton (RFC 1661 section 4.2), with the RFC's numbers.</summary>
public enum FsmState : byte
{
    /// <summary>The lower layer is down, and no Open has come (RFC 1661, 4.2).</summary>
    Initial,

    /// <summary>As Initial, after an Open: it waits for the lower layer.</summary>
    Starting,

    /// <summary>The lower layer is up, and no Open has come.</summary>
    Closed,

    /// <summary>Open, and the negotiation has ended: only a packet of the other end begins it again.</summary>
    Stopped,

    /// <summary>A Terminate-Request is out, after a Close.</summary>
    Closing,

    /// <summary>A Terminate-Request is out, and the automaton is still open.</summary>
    Stopping,

    /// <summary>A Configure-Request is out; nothing was acknowledged in either direction.</summary>
    ReqSent,

    /// <summary>The other end has acknowledged our request.</summary>
    AckRcvd,

    /// <summary>We have acknowledged the other end's request.</summary>
    AckSent,

    /// <summary>Both requests are acknowledged: the layer is up.</summary>
    Opened,
}

/// <summary>Events of the automaton (RFC 1661 section 4.3), in the order of the RFC's table.</summary>
public enum FsmEvent : byte
{
    /// <summary>The lower layer is ready.</summary>
    Up,

    /// <summary>The lower layer has gone.</summary>
    Down,

    /// <summary>Administrative open.</summary>
    Open,

    /// <summary>Administrative close.</summary>
    Close,

    /// <summary>TO+: the Restart timer expired with the counter above zero.</summary>
    TimeoutAgain,

    /// <summary>TO-: the Restart timer expired and the counter is used up.</summary>
    TimeoutLast,

    /// <summary>RCR+: an acceptable Configure-Request.</summary>
    RequestGood,

    /// <summary>RCR-: an unacceptable Configure-Request.</summary>
    RequestBad,

    /// <summary>RCA: Configure-Ack.</summary>
    Ack,

    /// <summary>RCN: Configure-Nak or Configure-Reject.</summary>
    Nak,

    /// <summary>RTR: Terminate-Request.</summary>
    TerminateRequest,

    /// <summary>RTA: Terminate-Ack.</summary>
    TerminateAck,

    /// <summary>RUC: a packet with an unknown code.</summary>
    UnknownCode,

    /// <summary>RXJ+: a Code-Reject or Protocol-Reject that can be lived with.</summary>
    RejectHarmless,

    /// <summary>RXJ-: a Code-Reject or Protocol-Reject of something that the layer needs.</summary>
    RejectFatal,

    /// <summary>RXR: Echo-Request, Echo-Reply or Discard-Request.</summary>
    Echo,
}

/// <summary>Actions of the automaton (RFC 1661 section 4.4).</summary>
[Flags]
public enum FsmActions : ushort
{
    /// <summary>Nothing to be done.</summary>
    None = 0,

    /// <summary>tlu: this layer is up.</summary>
    LayerUp = 1 << 0,

    /// <summary>tld: this layer is down.</summary>
    LayerDown = 1 << 1,

    /// <summary>tls: the lower layer is needed.</summary>
    LayerStarted = 1 << 2,

    /// <summary>tlf: the lower layer is needed no more.</summary>
    LayerFinished = 1 << 3,

    /// <summary>irc: the restart counter starts from its maximum.</summary>
    InitializeCounter = 1 << 4,

    /// <summary>zrc: the restart counter becomes zero, and the timer gives the peer one period.</summary>
    ZeroCounter = 1 << 5,

    /// <summary>scr.</summary>
    SendRequest = 1 << 6,

    /// <summary>sca.</summary>
    SendAck = 1 << 7,

    /// <summary>scn: Configure-Nak or Configure-Reject.</summary>
    SendNak = 1 << 8,

    /// <summary>str.</summary>
    SendTerminateRequest = 1 << 9,

    /// <summary>sta.</summary>
    SendTerminateAck = 1 << 10,

    /// <summary>scj.</summary>
    SendCodeReject = 1 << 11,

    /// <summary>ser.</summary>
    SendEchoReply = 1 << 12,
}

/// <summary>One cell of the state transition table.</summary>
/// <param name="Possible">False for the cells the RFC leaves empty: the event cannot happen in that state.</param>
/// <param name="Actions">Actions, to be taken in the order tld, irc or zrc, scr or str, the other sends, tls, tlf or tlu.</param>
/// <param name="Next">The new state.</param>
public readonly record struct FsmTransition(bool Possible, FsmActions Actions, FsmState Next);

/// <summary>The state of one automaton: LCP's, IPCP's or IPV6CP's.</summary>
public struct Fsm : IStateValue<Fsm>
{
    /// <summary>Where the automaton is.</summary>
    public FsmState State;

    /// <summary>Identifier of the last packet sent that carries one of ours.</summary>
    public byte Id;

    /// <summary>
    /// Identifier of the last Configure-Request or Terminate-Request, which an answer must carry. A repeat by the Restart timer keeps it, so that the late answer to any
    /// copy counts (pppd and lwIP fsm.c: fsm_sconfreq, reqid).
    /// </summary>
    public byte RequestId;

    /// <summary>The last Configure-Request has had its answer: a second one is dropped until the request is sent again (pppd and lwIP fsm.c: fsm_rconfack, seen_ack).</summary>
    public bool Answered;

    /// <summary>When the last Configure-Request went out for the first time.</summary>
    public VirtualTime RequestedAt;

    /// <summary>From the first copy of our last Configure-Request to its Ack.</summary>
    public VirtualTime RoundTrip;

    /// <summary>The request of the peer that was acknowledged last: identifier, length, sum over its options, and when.</summary>
    public byte AckedId;

    /// <inheritdoc cref="AckedId"/>
    public ushort AckedLength;

    /// <inheritdoc cref="AckedId"/>
    public ulong AckedSum;

    /// <inheritdoc cref="AckedId"/>
    public VirtualTime AckedAt;

    /// <summary>Restart counter.</summary>
    public int Restarts;

    /// <summary>Configure-Naks sent without an Ack between (Max-Failure).</summary>
    public int Naks;

    /// <summary>Configure-Naks received without an Ack between (Max-Failure).</summary>
    public int NaksReceived;

    /// <summary>Configure packets received since the layer began or was last Opened; bounds a negotiation that never converges.</summary>
    public int ConfigurePackets;

    /// <summary>When the Restart timer expires, or never.</summary>
    public VirtualTime Timer;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref Fsm value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.State);
        pass.Field(ref value.Id);
        pass.Field(ref value.RequestId);
        pass.Field(ref value.Answered);
        pass.Struct(ref value.RequestedAt);
        pass.Struct(ref value.RoundTrip);
        pass.Field(ref value.AckedId);
        pass.Field(ref value.AckedLength);
        pass.Field(ref value.AckedSum);
        pass.Struct(ref value.AckedAt);
        pass.Field(ref value.Restarts);
        pass.Field(ref value.Naks);
        pass.Field(ref value.NaksReceived);
        pass.Field(ref value.ConfigurePackets);
        pass.Struct(ref value.Timer);
    }
}

/// <summary>The state transition table of RFC 1661 section 4.1. The restart option ("r") is not used; the passive option ("p") is the caller's.</summary>
public static class FsmTable
{
    private const FsmActions Tlu = FsmActions.LayerUp, Tld = FsmActions.LayerDown, Tls = FsmActions.LayerStarted, Tlf = FsmActions.LayerFinished;
    private const FsmActions Irc = FsmActions.InitializeCounter, Zrc = FsmActions.ZeroCounter;
    private const FsmActions Scr = FsmActions.SendRequest, Sca = FsmActions.SendAck, Scn = FsmActions.SendNak;
    private const FsmActions Str = FsmActions.SendTerminateRequest, Sta = FsmActions.SendTerminateAck;
    private const FsmActions Scj = FsmActions.SendCodeReject, Ser = FsmActions.SendEchoReply;
    private const int States = 10;
    private static readonly FsmTransition Never = default;

    // A row is an event, a column a state: Initial Starting Closed Stopped Closing | Stopping ReqSent AckRcvd AckSent Opened.
    private static readonly FsmTransition[] Cells =
    [
        // Up
        To(2), To(Irc | Scr, 6), Never, Never, Never,
        Never, Never, Never, Never, Never,

        // Down
        Never, Never, To(0), To(Tls, 1), To(0),
        To(1), To(1), To(1), To(1), To(Tld, 1),

        // Open
        To(Tls, 1), To(1), To(Irc | Scr, 6), To(3), To(5),
        To(5), To(6), To(7), To(8), To(9),

        // Close
        To(0), To(Tlf, 0), To(2), To(2), To(4),
        To(4), To(Irc | Str, 4), To(Irc | Str, 4), To(Irc | Str, 4), To(Tld | Irc | Str, 4),

        // TO+
        Never, Never, Never, Never, To(Str, 4),
        To(Str, 5), To(Scr, 6), To(Scr, 6), To(Scr, 8), Never,

        // TO-
        Never, Never, Never, Never, To(Tlf, 2),
        To(Tlf, 3), To(Tlf, 3), To(Tlf, 3), To(Tlf, 3), Never,

        // RCR+
        Never, Never, To(Sta, 2), To(Irc | Scr | Sca, 8), To(4),
        To(5), To(Sca, 8), To(Sca | Tlu, 9), To(Sca, 8), To(Tld | Scr | Sca, 8),

        // RCR-
        Never, Never, To(Sta, 2), To(Irc | Scr | Scn, 6), To(4),
        To(5), To(Scn, 6), To(Scn, 7), To(Scn, 6), To(Tld | Scr | Scn, 6),

        // RCA
        Never, Never, To(Sta, 2), To(Sta, 3), To(4),
        To(5), To(Irc, 7), To(Scr, 6), To(Irc | Tlu, 9), To(Tld | Scr, 6),

        // RCN
        Never, Never, To(Sta, 2), To(Sta, 3), To(4),
        To(5), To(Irc | Scr, 6), To(Scr, 6), To(Irc | Scr, 8), To(Tld | Scr, 6),

        // RTR
        Never, Never, To(Sta, 2), To(Sta, 3), To(Sta, 4),
        To(Sta, 5), To(Sta, 6), To(Sta, 6), To(Sta, 6), To(Tld | Zrc | Sta, 5),

        // RTA
        Never, Never, To(2), To(3), To(Tlf, 2),
        To(Tlf, 3), To(6), To(6), To(8), To(Tld | Scr, 6),

        // RUC
        Never, Never, To(Scj, 2), To(Scj, 3), To(Scj, 4),
        To(Scj, 5), To(Scj, 6), To(Scj, 7), To(Scj, 8), To(Scj, 9),

        // RXJ+
        Never, Never, To(2), To(3), To(4),
        To(5), To(6), To(6), To(8), To(9),

        // RXJ-
        Never, Never, To(Tlf, 2), To(Tlf, 3), To(Tlf, 2),
        To(Tlf, 3), To(Tlf, 3), To(Tlf, 3), To(Tlf, 3), To(Tld | Irc | Str, 5),

        // RXR
        Never, Never, To(2), To(3), To(4),
        To(5), To(6), To(7), To(8), To(Ser, 9),
    ];

    /// <summary>The cell of an event in a state.</summary>
    public static FsmTransition At(FsmState state, FsmEvent happened) => Cells[((int)happened * States) + (int)state];

    private static FsmTransition To(int next) => new(true, FsmActions.None, (FsmState)next);

    private static FsmTransition To(FsmActions actions, int next) => new(true, actions, (FsmState)next);
}
