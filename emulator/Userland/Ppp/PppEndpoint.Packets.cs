using System.Buffers.Binary;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ppp;

/// <content>Packets of LCP, IPCP and IPV6CP: requests, answers, rejects, and their repeats (RFC 1661 section 5; pppd fsm.c).</content>
public sealed partial class PppEndpoint
{
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

        // pppd lcp.c and ipcp.c, *_nakci and *_rejci: a bad Nak or Reject changes nothing else and is not an answer; the Restart timer repeats the request.
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

        // A peer that keeps sending Naks wants what we do not have: give its options up (pppd fsm.c, fsm_rconfnakrej: treat_as_reject), except the magic number.
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
}
