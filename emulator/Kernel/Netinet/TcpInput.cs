// Modelled from NetBSD sys/netinet/tcp_input.c 1.190.2 (tcp_input, syn_cache_add, syn_cache_get, syn_cache_respond, syn_cache_timer). Segments out of order are not queued, every segment of data is
// acknowledged at once, and connections that both ends open at a time do not come up.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private Table<SynCache> _synCache = new();

    [KernelState]
    private void TcpInputFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _synCache.Fields(ref pass);
    }

    /// <summary>Connections that a SYN has asked for and that are not there yet.</summary>
    public ReadOnlySpan<SynCache> SynCaches => _synCache.AsSpan();

    private void TcpInput4(in Ipv4Header ip, ReadOnlySpan<byte> packet)
    {
        ReadOnlySpan<byte> segment = ip.Payload(packet);
        if (TcpHeader.TryParse(segment, ip.Source, ip.Destination, out TcpHeader th) == WireError.None)
        {
            TcpInput(AfInet, Key(ip.Source), Key(ip.Destination), th, segment.Length - th.HeaderLength);
        }
    }

    private void TcpInput6(int slot, in Ipv6Header ip, ReadOnlySpan<byte> packet)
    {
        ReadOnlySpan<byte> segment = ip.Payload(packet);
        if (TcpHeader.TryParse(segment, ip.Source, ip.Destination, out TcpHeader th) == WireError.None)
        {
            TcpInput(AfInet6, Scoped(ip.Source, slot), Scoped(ip.Destination, slot), th, segment.Length - th.HeaderLength);
        }
    }

    private void TcpInput(byte family, Ipv6Address source, Ipv6Address destination, in TcpHeader th, int length)
    {
        using Frame frame = Enter(KernelFunction.TcpInput);
        int t = TcpLookup(family, source, th.SourcePort, destination, th.DestinationPort);
        if (t >= 0 && _tcpcbs[t].State == TcpState.Listen)
        {
            t = TcpListenInput(t, family, source, destination, th);
            if (t == HandledBySynCache)
            {
                return;
            }
        }

        if (t < 0)
        {
            TcpReset(family, source, destination, th, length);
            return;
        }

        ref TcpCb tp = ref _tcpcbs[t];
        tp.RcvTime = _tcpNow;
        if (tp.State >= TcpState.Established)
        {
            TcpTimerArm(ref tp.Keep, TcpKeepIdle);
        }

        if (tp.State == TcpState.SynSent)
        {
            TcpSynSentInput(t, family, source, destination, th, length);
        }
        else
        {
            TcpConnectedInput(t, family, source, destination, th, length);
        }
    }

    private const int HandledBySynCache = -2;

    // A socket that listens: the slot of the connection that this segment completes, -1 for a segment that is refused, or HandledBySynCache.
    private int TcpListenInput(int listens, byte family, Ipv6Address source, Ipv6Address destination, in TcpHeader th)
    {
        int sc = SynCacheLookup(source, th.SourcePort, destination, th.DestinationPort, family);
        if ((th.Flags & TcpFlags.Rst) != 0)
        {
            if (sc >= 0 && th.Sequence - _synCache[sc].Irs <= 1)
            {
                SynCachePut(sc);
            }

            return HandledBySynCache;
        }

        switch (th.Flags & (TcpFlags.Syn | TcpFlags.Ack))
        {
            case TcpFlags.Syn:
                SynCacheAdd(sc, _tcpcbs[listens].Pcb, family, source, destination, th);
                return HandledBySynCache;
            case TcpFlags.Ack when sc >= 0:
                if (th.Acknowledgment != _synCache[sc].Iss + 1 || th.Sequence - (_synCache[sc].Irs + 1) > TcpSpace)
                {
                    SynCacheRespond(sc);
                    return HandledBySynCache;
                }

                return SynCacheGet(sc);
            case TcpFlags.None:
                return HandledBySynCache;
            default:
                return -1;
        }
    }

    private int SynCacheLookup(Ipv6Address source, ushort sourcePort, Ipv6Address destination, ushort port, byte family)
    {
        for (int i = 0; i < _synCache.Length; i++)
        {
            ref readonly SynCache sc = ref _synCache[i];
            if (sc.Used && sc.SourcePort == sourcePort && sc.Source == source && sc.Destination == destination && _pcbs[sc.Head].Port == port && FamilyOf(_pcbs[sc.Head]) == family)
            {
                return i;
            }
        }

        return -1;
    }

    // A SYN that has come before gets its answer again; another gets an entry, unless the answer cannot be sent.
    private void SynCacheAdd(int sc, int head, byte family, Ipv6Address source, Ipv6Address destination, in TcpHeader th)
    {
        using Frame frame = Enter(KernelFunction.SynCacheAdd);
        if (sc >= 0)
        {
            SynCacheRespond(sc);
            return;
        }

        sc = _synCache.Put(new SynCache
        {
            Used = true, Head = (short)head, Source = source, SourcePort = th.SourcePort, Destination = destination, Irs = th.Sequence, Iss = TcpNewIss(),
            PeerMss = TcpPeerMss(th), OurMss = TcpMssToAdvertise(family), Route = -1, Timer = int.MaxValue,
        });
        if (SynCacheRespond(sc) != Errno.None)
        {
            SynCachePut(sc);
            return;
        }

        SynCacheTimerArm(sc);
    }

    private void SynCacheTimerArm(int sc)
    {
        ref SynCache s = ref _synCache[sc];
        s.RxtCur = (ushort)Math.Clamp(TcpTvSrttDflt * TcpBackoff[s.RxtShift], TcpTvMin, TcpTvRexmtMax);
        TcpTimerArm(ref s.Timer, s.RxtCur);
    }

    // syn_cache_respond: SYN,ACK. Of IPv6 in6_selecthlim reads rt_ifp of the entry's route, which nobody has looked at since the last answer, before ip6_output does.
    private Errno SynCacheRespond(int sc)
    {
        using Frame frame = Enter(KernelFunction.SynCacheRespond);
        ref SynCache s = ref _synCache[sc];
        bool inet6 = _pcbs[s.Head].IsInet6;
        byte hlim = inet6 ? HlimByCache(ref s.Route, HolderKind.SynCacheRoute6Ifp) : DefaultTimeToLive;
        var th = new TcpHeader
        {
            SourcePort = _pcbs[s.Head].Port, DestinationPort = s.SourcePort, Sequence = s.Iss, Acknowledgment = s.Irs + 1, Flags = TcpFlags.Syn | TcpFlags.Ack, Window = TcpSpace, MaxSegment = s.OurMss,
        };
        HolderKind holder = inet6 ? HolderKind.SynCacheRoute6Ifp : HolderKind.SynCacheRoute4Ifp;
        return TcpIpOutput(FamilyOf(_pcbs[s.Head]), ref s.Route, ref s.RouteDestination, holder, s.Destination, s.Source, hlim, th, 0);
    }

    private void SynCacheTimer(int sc)
    {
        using Frame frame = Enter(KernelFunction.SynCacheTimer);
        ref SynCache s = ref _synCache[sc];
        s.RxtTot += s.RxtCur;
        if (s.RxtShift == TcpMaxRxtShift || s.RxtTot >= TcpTvKeepInit)
        {
            SynCachePut(sc);
            return;
        }

        s.Timer = int.MaxValue;
        SynCacheRespond(sc);
        s.RxtShift++;
        SynCacheTimerArm(sc);
    }

    // SYN_CACHE_RM, SYN_CACHE_PUT.
    private void SynCachePut(int sc)
    {
        if (_synCache[sc].Route >= 0)
        {
            RtFree(_synCache[sc].Route);
        }

        _synCache[sc].Used = false;
    }

    private void SynCacheCleanup(int head)
    {
        for (int sc = 0; sc < _synCache.Length; sc++)
        {
            if (_synCache[sc].Used && _synCache[sc].Head == head)
            {
                SynCachePut(sc);
            }
        }
    }

    // A design that invalidates caches does so with those of the syn cache.
    private void InvalidateSynCacheRoutes(int r)
    {
        for (int sc = 0; sc < _synCache.Length; sc++)
        {
            if (_synCache[sc].Used && _synCache[sc].Route == r)
            {
                _synCache[sc].Route = -1;
                RtFree(r);
                Counters.RoutesInvalidated++;
            }
        }
    }

    // syn_cache_get: the entry becomes a connection, which is given the entry's reference of the route.
    private int SynCacheGet(int sc)
    {
        SynCache entry = _synCache[sc];
        int s = OpenSocket(_pcbs[entry.Head].Table, _pcbs[entry.Head].Port, announced: false);
        int t = TcpNewTcpcb(s, TcpState.SynSent);
        ref TcpCb tp = ref _tcpcbs[t];
        (tp.Local, tp.Foreign, tp.ForeignPort, tp.Head) = (entry.Destination, entry.Source, entry.SourcePort, entry.Head);
        tp.KeepAlive = TcpCbOf(entry.Head).KeepAlive;
        (tp.PeerMss, tp.OurMss) = (entry.PeerMss, entry.OurMss);
        tp.Iss = tp.SndUna = entry.Iss;
        tp.SndNxt = tp.SndMax = entry.Iss + 1;
        tp.RcvNxt = entry.Irs + 1;
        tp.State = TcpState.Established;
        (_pcbs[s].Route, _pcbs[s].RouteDestination) = (entry.Route, entry.RouteDestination);
        _synCache[sc].Used = false;
        return t;
    }

    private void TcpSynSentInput(int t, byte family, Ipv6Address source, Ipv6Address destination, in TcpHeader th, int length)
    {
        ref TcpCb tp = ref _tcpcbs[t];
        bool acks = (th.Flags & TcpFlags.Ack) != 0;
        if (acks && ((int)(th.Acknowledgment - tp.Iss) <= 0 || (int)(th.Acknowledgment - tp.SndMax) > 0))
        {
            TcpReset(family, source, destination, th, length);
        }
        else if ((th.Flags & TcpFlags.Rst) != 0 && acks)
        {
            TcpDrop(t, Errno.ECONNREFUSED);
        }
        else if ((th.Flags & (TcpFlags.Syn | TcpFlags.Rst)) == TcpFlags.Syn && acks)
        {
            (tp.SndUna, tp.SndNxt) = (th.Acknowledgment, th.Acknowledgment);
            tp.Rexmt = 0;
            if (tp.RttTime != 0)
            {
                TcpXmitTimer(ref tp, TcpHalfSecondsSince(tp.RttTime));
            }

            tp.RcvNxt = th.Sequence + 1;
            tp.PeerMss = TcpPeerMss(th);
            tp.SndWnd = th.Window;
            tp.State = TcpState.Established;
            tp.AckNow = true;
            TcpTimerArm(ref tp.Keep, TcpKeepIdle);
            TcpOutput(t);
            _host.TcpReady(tp.Pcb);
        }
    }

    private void TcpConnectedInput(int t, byte family, Ipv6Address source, Ipv6Address destination, in TcpHeader th, int length)
    {
        ref TcpCb tp = ref _tcpcbs[t];
        uint seq = th.Sequence;
        TcpFlags flags = th.Flags;

        // What has come before is cut off; a segment of nothing else is acknowledged again. The probe of tcp_timer_keep is one.
        int before = (int)(tp.RcvNxt - seq);
        if (before > 0)
        {
            if ((flags & TcpFlags.Syn) != 0)
            {
                flags &= ~TcpFlags.Syn;
                seq++;
                before--;
            }

            if (before > length || (before == length && (flags & TcpFlags.Fin) == 0))
            {
                flags &= ~TcpFlags.Fin;
                tp.AckNow = true;
                before = length;
            }

            seq += (uint)before;
            length -= before;
        }

        bool inWindow = (int)(seq - tp.RcvNxt) >= 0 && seq - tp.RcvNxt < TcpSpace;
        if ((flags & TcpFlags.Rst) != 0)
        {
            if (th.Sequence == tp.RcvNxt)
            {
                tp.Error = Errno.ECONNRESET;
                TcpClose(t);
            }

            return;
        }

        if ((flags & TcpFlags.Syn) != 0 && inWindow)
        {
            TcpReset(family, source, destination, th, length);
            TcpDrop(t, Errno.ECONNRESET);
            return;
        }

        if ((flags & TcpFlags.Ack) == 0 || (int)(th.Acknowledgment - tp.SndMax) > 0)
        {
            if (tp.AckNow || (flags & TcpFlags.Ack) != 0)
            {
                tp.AckNow = true;
                TcpOutput(t);
            }

            return;
        }

        if (!TcpAckInput(t, th))
        {
            return;
        }

        tp.SndWnd = th.Window;
        if (seq != tp.RcvNxt)
        {
            tp.AckNow |= length > 0 || (flags & TcpFlags.Fin) != 0; // not queued: it has to come again
        }
        else
        {
            if (length > 0 && tp.NoFdRef)
            {
                TcpReset(family, source, destination, th, length);
                TcpClose(t);
                return;
            }

            tp.RcvNxt += (uint)length;
            tp.RcvCc += length;
            tp.AckNow |= length > 0;
            if ((flags & TcpFlags.Fin) != 0)
            {
                TcpFinInput(ref tp);
            }
        }

        TcpOutput(t);
        if (_tcpcbs[t].Used)
        {
            _host.TcpReady(tp.Head >= 0 ? tp.Head : tp.Pcb);
        }
    }

    // What is acknowledged leaves so_snd. False where that was the last of the connection.
    private bool TcpAckInput(int t, in TcpHeader th)
    {
        ref TcpCb tp = ref _tcpcbs[t];
        int acked = (int)(th.Acknowledgment - tp.SndUna);
        if (acked <= 0)
        {
            return true;
        }

        if (tp.RttTime != 0 && (int)(th.Acknowledgment - tp.RtSeq) > 0)
        {
            TcpXmitTimer(ref tp, TcpHalfSecondsSince(tp.RttTime));
        }

        tp.Rexmt = 0;
        if (th.Acknowledgment != tp.SndMax)
        {
            TcpTimerArm(ref tp.Rexmt, tp.RxtCur);
        }

        // The SYN is not in so_snd, and neither is the FIN.
        int data = tp.SndUna == tp.Iss ? acked - 1 : acked;
        bool finAcked = tp.SentFin && data > tp.SndCc;
        tp.SndCc -= Math.Min(data, tp.SndCc);
        tp.SndUna = th.Acknowledgment;
        if ((int)(tp.SndNxt - tp.SndUna) < 0)
        {
            tp.SndNxt = tp.SndUna;
        }

        if (!finAcked)
        {
            return true;
        }

        switch (tp.State)
        {
            case TcpState.FinWait1:
                tp.State = TcpState.FinWait2;
                TcpTimerArm(ref tp.TwoMsl, TcpMaxIdle);
                return true;
            case TcpState.Closing:
                TcpToTimeWait(ref tp);
                return true;
            case TcpState.LastAck:
                TcpClose(t);
                return false;
            default:
                return true;
        }
    }

    private void TcpFinInput(ref TcpCb tp)
    {
        tp.AckNow = true;
        switch (tp.State)
        {
            case TcpState.Established:
                tp.State = TcpState.CloseWait;
                tp.RcvNxt++;
                break;
            case TcpState.FinWait1:
                tp.State = TcpState.Closing;
                tp.RcvNxt++;
                break;
            case TcpState.FinWait2:
                tp.RcvNxt++;
                TcpToTimeWait(ref tp);
                break;
            case TcpState.TimeWait:
                TcpToTimeWait(ref tp);
                break;
        }
    }

    private void TcpToTimeWait(ref TcpCb tp)
    {
        tp.State = TcpState.TimeWait;
        tp.Rexmt = tp.Keep = 0;
        TcpTimerArm(ref tp.TwoMsl, 2 * TcpTvMsl);
    }

    /// <summary>rt_ifp of the route of every entry of the syn cache of IPv4.</summary>
    internal static void WalkSynCacheRoute4(BsdKernel kernel, ref HolderVisitor visitor) => kernel.WalkSynCache(HolderKind.SynCacheRoute4Ifp, inet6: false, ref visitor);

    /// <summary>rt_ifp of the route of every entry of the syn cache of IPv6.</summary>
    internal static void WalkSynCacheRoute6(BsdKernel kernel, ref HolderVisitor visitor) => kernel.WalkSynCache(HolderKind.SynCacheRoute6Ifp, inet6: true, ref visitor);

    private void WalkSynCache(HolderKind holder, bool inet6, ref HolderVisitor visitor)
    {
        foreach (ref readonly SynCache x in _synCache.AsSpan())
        {
            if (x.Used && x.Route >= 0 && _pcbs[x.Head].IsInet6 == inet6)
            {
                visitor.Visit(holder, _routes[x.Route].Ifp, !_routes[x.Route].Up);
            }
        }
    }
}
