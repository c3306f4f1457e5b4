using System.Buffers.Binary;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Link;

/// <summary>A host, as its access concentrator sees it.</summary>
public interface IPppoeHost
{
    /// <summary>A frame has come to one of its Ethernets.</summary>
    /// <param name="unit">The Ethernet's unit; -1 for the Ethernet of boot.</param>
    /// <param name="frame">From the header's first byte on, without FCS; valid during the call.</param>
    /// <param name="now">Virtual time.</param>
    void PppoeArrived(short unit, ReadOnlySpan<byte> frame, VirtualTime now);
}

/// <summary>What a concentrator sees of the site that it is in.</summary>
public interface IConcentratorSite
{
    /// <summary>The queue that has its events.</summary>
    EventQueue Events { get; }

    /// <summary>A frame is on the wire between a node and its concentrator.</summary>
    /// <param name="node">The node's number.</param>
    /// <param name="sent">The node sent it.</param>
    /// <param name="frame">Its bytes, without FCS.</param>
    void PppoeSent(int node, bool sent, ReadOnlySpan<byte> frame);

    /// <summary>Tells the trace, if there is one, of something at a node's concentrator.</summary>
    void SayOfConcentrator(int node, string text);
}

/// <summary>A session that a concentrator has.</summary>
public struct ConcentratorSession : ITableRow<ConcentratorSession>
{
    /// <summary>The unit of the host's Ethernet.</summary>
    public short Unit;

    /// <summary>SESSION_ID.</summary>
    public ushort Id;

    /// <summary>The host's address.</summary>
    public ulong Host;

    /// <summary>When the concentrator ends it.</summary>
    public VirtualTime Ends;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("session of a concentrator", 0, 1, TableRoom.ShortLimit);

    readonly bool ITableRow<ConcentratorSession>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref ConcentratorSession value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Unit);
        pass.Field(ref value.Id);
        pass.Field(ref value.Host);
        pass.Struct(ref value.Ends);
        pass.Field(ref value.Used);
    }
}

/// <summary>
/// The access concentrator (RFC 2516) at the other end of a node's Ethernets that lead out of the site. It offers itself to every PADI, gives a session to every PADR that returns its cookie, and answers a
/// packet of a session that it does not know with a PADT. Of PPP it implements only LCP's echo; everything else in a session leaves the modelled world. A host that asks again
/// because it has forgotten its session keeps the old one next to the new one until the old one ends.
/// </summary>
public sealed class AccessConcentrator : IState
{
    /// <summary>Its events, in the order of equal times.</summary>
    public const int Events = 2;

    /// <summary>Its address on the Ethernet.</summary>
    public const ulong LinkAddress = 0x0250_AC00_0001;

    private const int Answered = 0, SessionEnds = 1;
    private const int MaxFrame = 256;
    private const ushort LastSession = 0xFFFE; // 0xFFFF is reserved

    // Difference between the cookies of two hosts.
    private const ulong CookieFactor = 0x9E37_79B9_7F4A_7C15;
    private static ReadOnlySpan<byte> AcName => "stress-ac"u8;

    private readonly IConcentratorSite _site;
    private readonly IPppoeHost _host;
    private readonly ConcentratorOptions _options;
    private readonly int _node;
    private readonly int _firstSlot;
    private readonly FrameRing _answers = new();
    private readonly Ring<short> _units = new();
    private Table<ConcentratorSession> _sessions = new();
    private VirtualTime _last;
    private ushort _lastId;
    private RandomStream _random;

    /// <summary>A concentrator without sessions.</summary>
    /// <param name="site">The site that it is in.</param>
    /// <param name="node">The node that it serves.</param>
    /// <param name="firstSlot">Its first slot in the queue of events.</param>
    /// <param name="host">The node.</param>
    /// <param name="options">How it answers.</param>
    /// <param name="random">Draws that.</param>
    public AccessConcentrator(IConcentratorSite site, int node, int firstSlot, IPppoeHost host, ConcentratorOptions options, RandomStream random)
    {
        _site = site;
        _node = node;
        _firstSlot = firstSlot;
        _host = host;
        _options = options;
        _random = random;
    }

    /// <summary>Sessions that it has.</summary>
    public ReadOnlySpan<ConcentratorSession> Sessions => _sessions.AsSpan();

    /// <summary>The node sends a frame.</summary>
    /// <param name="unit">The unit of the Ethernet that it leaves; -1 for the Ethernet of boot.</param>
    /// <param name="frame">From the header's first byte on, without FCS.</param>
    /// <param name="now">Virtual time.</param>
    public void Transmit(short unit, ReadOnlySpan<byte> frame, VirtualTime now)
    {
        _site.PppoeSent(_node, sent: true, frame);
        if (EthernetHeader.TryParse(frame, out EthernetHeader header) != WireError.None || PppoePacket.TryParse(frame[EthernetHeader.Length..], out PppoePacket packet) != WireError.None
            || header.Destination is not (LinkAddress or EthernetHeader.Broadcast))
        {
            return;
        }

        ReadOnlySpan<byte> tags = packet.Payload(frame[EthernetHeader.Length..]);
        switch (packet.Code)
        {
            case PppoeCode.Initiation or PppoeCode.Request when _random.Below(1000) < (uint)_options.UnansweredPerThousand:
                _site.SayOfConcentrator(_node, packet.Code == PppoeCode.Initiation ? "PADI unanswered" : "PADR unanswered");
                break;
            case PppoeCode.Initiation:
                Answer(unit, header.Source, PppoeCode.Offer, 0, tags, now);
                break;
            case PppoeCode.Request when PppoePacket.TryTag(tags, PppoeTag.AcCookie, out ReadOnlySpan<byte> cookie) && cookie.Length == sizeof(ulong)
                && BinaryPrimitives.ReadUInt64BigEndian(cookie) == CookieOf(header.Source):
                Answer(unit, header.Source, PppoeCode.SessionConfirmation, Begin(unit, header.Source, now), tags, now);
                break;
            case PppoeCode.Terminate:
                if (Find(unit, header.Source, packet.SessionId) is >= 0 and int ended)
                {
                    _sessions[ended].Used = false;
                    _site.SayOfConcentrator(_node, "session ended by the host's PADT");
                    ScheduleEnd();
                }

                break;
            case PppoeCode.Session when Find(unit, header.Source, packet.SessionId) < 0:
                Answer(unit, header.Source, PppoeCode.Terminate, packet.SessionId, default, now);
                break;
            case PppoeCode.Session when LcpPacket.TryParseLcp(tags, out LcpPacket lcp, out ReadOnlySpan<byte> information) && lcp.Code == LcpCode.EchoRequest && lcp.DataLength == sizeof(uint):
                Reply(unit, header.Source, packet.SessionId, lcp, lcp.Data(information), now);
                break;
        }
    }

    // LCP's Echo-Reply, which returns the request's magic number: none was negotiated here.
    private void Reply(short unit, ulong host, ushort session, in LcpPacket request, ReadOnlySpan<byte> magic, VirtualTime now)
    {
        Span<byte> frame = stackalloc byte[EthernetHeader.MinFrame];
        frame.Clear();
        new EthernetHeader(host, LinkAddress, EtherType.PppoeSession).Write(frame);
        int length = LcpPacket.Write(frame[(EthernetHeader.Length + PppoePacket.Length)..], PppProtocol.Lcp, LcpCode.EchoReply, request.Id, magic);
        new PppoePacket(PppoeCode.Session, session, (ushort)length).Write(frame[EthernetHeader.Length..]);
        Send(unit, frame, now);
    }

    private static ulong CookieOf(ulong host) => (host ^ LinkAddress) * CookieFactor;

    private int Find(short unit, ulong host, ushort id)
    {
        for (int i = 0; i < _sessions.Length; i++)
        {
            if (_sessions[i].Used && _sessions[i].Unit == unit && _sessions[i].Host == host && _sessions[i].Id == id)
            {
                return i;
            }
        }

        return -1;
    }

    private ushort Begin(short unit, ulong host, VirtualTime now)
    {
        _lastId = _lastId >= LastSession ? (ushort)1 : (ushort)(_lastId + 1);
        VirtualTime lasts = _random.Draw(_options.Session);
        _sessions.Put(new ConcentratorSession { Unit = unit, Host = host, Id = _lastId, Ends = lasts > VirtualTime.Zero ? now + lasts : VirtualTime.Never, Used = true });
        ScheduleEnd();
        return _lastId;
    }

    private void ScheduleEnd()
    {
        VirtualTime next = VirtualTime.Never;
        foreach (ref readonly ConcentratorSession s in _sessions.AsSpan())
        {
            next = s.Used ? VirtualTime.Min(next, s.Ends) : next;
        }

        _site.Events.Schedule(_firstSlot + SessionEnds, next);
    }

    private void Answer(short unit, ulong host, PppoeCode code, ushort session, ReadOnlySpan<byte> asked, VirtualTime now)
    {
        Span<byte> frame = stackalloc byte[MaxFrame];
        frame.Clear();
        new EthernetHeader(host, LinkAddress, EtherType.PppoeDiscovery).Write(frame);
        Span<byte> tags = frame[(EthernetHeader.Length + PppoePacket.Length)..];
        int length = 0;
        if (code != PppoeCode.Terminate)
        {
            length = Echo(asked, PppoeTag.ServiceName, tags, length);
            length = Echo(asked, PppoeTag.HostUniq, tags, length);
            length = Echo(asked, PppoeTag.RelaySessionId, tags, length);
            length += PppoePacket.WriteTag(tags[length..], PppoeTag.AcName, AcName);
        }

        if (code == PppoeCode.Offer)
        {
            Span<byte> cookie = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(cookie, CookieOf(host));
            length += PppoePacket.WriteTag(tags[length..], PppoeTag.AcCookie, cookie);
        }

        new PppoePacket(code, session, (ushort)length).Write(frame[EthernetHeader.Length..]);
        Send(unit, frame[..Math.Max(EthernetHeader.MinFrame, EthernetHeader.Length + PppoePacket.Length + length)], now);
    }

    private void Send(short unit, ReadOnlySpan<byte> frame, VirtualTime now)
    {
        VirtualTime at = now + _random.Draw(_options.Answer);
        _last = at > _last ? at : _last;
        _answers.Add(_last, frame, 0);
        _units.Add(unit);
        _site.Events.Schedule(_firstSlot + Answered, _answers.NextTime);
    }

    // A tag that is returned as it was sent, or left out if it would not fit.
    private static int Echo(ReadOnlySpan<byte> asked, PppoeTag tag, Span<byte> tags, int length) =>
        PppoePacket.TryTag(asked, tag, out ReadOnlySpan<byte> value) && value.Length <= MaxFrame / 8 ? length + PppoePacket.WriteTag(tags[length..], tag, value) : length;

    /// <summary>One of its events is due.</summary>
    /// <param name="which">Its number among its own.</param>
    /// <param name="now">Virtual time.</param>
    public void Fire(int which, VirtualTime now)
    {
        if (which == SessionEnds)
        {
            foreach (ref ConcentratorSession s in _sessions.AsSpan())
            {
                if (s.Used && s.Ends <= now)
                {
                    s.Used = false;
                    _site.SayOfConcentrator(_node, "session ended by the concentrator's PADT");
                    Answer(s.Unit, s.Host, PppoeCode.Terminate, s.Id, default, now);
                }
            }

            ScheduleEnd();
            return;
        }

        // A copy: the host may answer at once.
        Span<byte> frame = stackalloc byte[MaxFrame];
        Span<byte> taken = _answers.Take(out _);
        taken.CopyTo(frame);
        frame = frame[..taken.Length];
        short unit = _units.Take();
        _site.Events.Schedule(_firstSlot + Answered, _answers.NextTime);
        _site.PppoeSent(_node, sent: false, frame);
        _host.PppoeArrived(unit, frame, now);
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _answers.Fields(ref pass);
        _units.Numbers(ref pass);
        _sessions.Fields(ref pass);
        pass.Struct(ref _last);
        pass.Field(ref _lastId);
        pass.Struct(ref _random);
    }
}
