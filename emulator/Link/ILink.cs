using Stress.Emulator.Core;

namespace Stress.Emulator.Link;

/// <summary>
/// A link between ports of nodes: it carries frames from one of its ends to others. Ends are numbered from 0. Everything that happens on a link is an event of
/// the site's queue, in a slot of the link's own.
/// </summary>
public interface ILink : IState
{
    /// <summary>One of the link's events is due.</summary>
    /// <param name="which">Its number among the link's own.</param>
    /// <param name="now">Virtual time.</param>
    void Fire(int which, VirtualTime now);

    /// <summary>A frame enters the link.</summary>
    /// <param name="from">The end that sends it.</param>
    /// <param name="frame">Its content, valid during the call.</param>
    /// <param name="now">Virtual time.</param>
    void Transmit(int from, ReadOnlySpan<byte> frame, VirtualTime now);

    /// <summary>A frame enters the link that was sent before.</summary>
    /// <param name="from">The end that sends it.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="identification">ip_id, where it is IPv4.</param>
    /// <param name="now">Virtual time.</param>
    void TransmitAgain(int from, in RepeatedFrame frame, ushort identification, VirtualTime now);

    /// <summary>The frames whose oldest arrives by an event, through all of the link's life: the event is due at the oldest's time.</summary>
    /// <param name="which">The event's number among the link's own.</param>
    /// <param name="to">The end that it arrives at.</param>
    /// <returns>Null where the event is not a frame's arrival.</returns>
    FrameRing? Arriving(int which, out int to);

    /// <summary>The frames among which the last one is that an end has sent, each with its FCS: that is how <see cref="RepeatedFrame"/> remembers it.</summary>
    FrameRing SentBy(int end);
}

/// <summary>A link that is dialled.</summary>
public interface IModemLink : ILink
{
    /// <summary>The calling end's modem dials.</summary>
    void Dial(VirtualTime now);

    /// <summary>An end lowers DTR, or its machine died.</summary>
    void DropDtr(int by, VirtualTime now);

    /// <summary>The link itself loses carrier now, if it has any.</summary>
    void LoseCarrier(VirtualTime now);
}

/// <summary>A port of a node, as the link at it sees it.</summary>
public interface ILinkEnd
{
    /// <summary>The node's machine runs.</summary>
    bool IsUp { get; }

    /// <summary>A frame arrives.</summary>
    /// <param name="frame">Its content, valid during the call.</param>
    /// <param name="tag">Names the content (<see cref="RepeatedFrame.Tag"/>), or 0.</param>
    /// <param name="now">Virtual time.</param>
    void FrameArrived(ReadOnlySpan<byte> frame, int tag, VirtualTime now);
}

/// <summary>A port with a modem.</summary>
public interface IModemEnd : ILinkEnd
{
    /// <summary>Whether a call would be answered.</summary>
    bool AnswersCalls { get; }

    /// <summary>The modem found carrier.</summary>
    /// <param name="login">Time until pppd has the line.</param>
    /// <param name="now">Virtual time.</param>
    void Connected(VirtualTime login, VirtualTime now);

    /// <summary>The attempt ended without carrier.</summary>
    void DialFailed(VirtualTime now);

    /// <summary>The modem's carrier has gone.</summary>
    void CarrierLost(VirtualTime now);
}

/// <summary>What may be left out of a link's history.</summary>
public enum LinkEvent : byte
{
    /// <summary>The link itself loses carrier.</summary>
    LineLoss,

    /// <summary>An end is told that carrier was lost.</summary>
    CarrierLoss,
}

/// <summary>What a link sees of the site that it is in.</summary>
public interface ILinkSite
{
    /// <summary>The queue that has the link's events.</summary>
    EventQueue Events { get; }

    /// <summary>A frame has entered a link.</summary>
    /// <param name="link">The link's number.</param>
    /// <param name="from">The end that sent it.</param>
    /// <param name="frame">Its content; empty for a repetition, which nobody listens to.</param>
    void FrameSent(int link, int from, ReadOnlySpan<byte> frame);

    /// <summary>Whether an event of a link happens.</summary>
    bool Admits(LinkEvent what, int link, int end);

    /// <summary>Tells the trace, if there is one, of something at an end of a link.</summary>
    void Say(int link, int end, string text);
}
