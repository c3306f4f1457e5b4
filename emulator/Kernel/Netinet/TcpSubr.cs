// Modelled from NetBSD sys/netinet/tcp_subr.c (tcp_respond, tcp_drop, tcp_close) and in_pcb.c's in_pcbrtentry, in6_losing (2.0 branch): as much TCP as a socket's cached route needs.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    /// <summary>tcp_mssdflt: what a segment has where nobody says more, in bytes.</summary>
    private const int TcpMssDflt = 536;

    /// <summary>tcp_sendspace and tcp_recvspace, in bytes.</summary>
    private const int TcpSpace = 32_768;

    // Two connections of one kernel begin this far apart; the first begins at 1. tcp_new_iss draws them.
    private const uint TcpIssIncr = 125 * 1024;

    private Table<TcpCb> _tcpcbs = new();
    private uint _tcpIssSeq;
    private ushort _tcpLastPort;

    [KernelState]
    private void TcpSubrFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _tcpcbs.Fields(ref pass);
        pass.Field(ref _tcpIssSeq);
        pass.Field(ref _tcpLastPort);
    }

    /// <summary>Connections and listening sockets.</summary>
    public ReadOnlySpan<TcpCb> TcpCbs => _tcpcbs.AsSpan();

    private static byte FamilyOf(in Pcb pcb) => pcb.IsInet6 ? AfInet6 : AfInet;

    private uint TcpNewIss()
    {
        uint iss = 1 + _tcpIssSeq;
        _tcpIssSeq += TcpIssIncr;
        return iss;
    }

    // tcp_newtcpcb. The half seconds of t_rttvar make a first timeout of 6 s.
    private int TcpNewTcpcb(int pcb, TcpState state) => _tcpcbs.Put(new TcpCb
    {
        Used = true, Pcb = (short)pcb, State = state, Head = -1, PeerMss = TcpMssDflt, OurMss = TcpMssDflt, SegSz = TcpMssDflt, RttVar = TcpRttDflt * PrSlowHz << (TcpRttVarShift + 1),
        RxtCur = TcpRttDflt * 2 * PrSlowHz,
    });

    // in_pcbrtentry, in6_pcbrtentry: the cached route of a connection, freed and looked up again where RTF_UP is clear or it leads elsewhere. -1 where there is none.
    private int PcbRtEntry(int s, Ipv6Address foreign) => RtCacheFill(s, FamilyOf(_pcbs[s]), foreign, onlyUp: true, RouteHolder(_pcbs[s]));

    // The hop limit that in6_selecthlim gives by a route that nobody has looked at; a design that validates does so here.
    private byte HlimByCache(ref short ro, HolderKind holder)
    {
        if (ro >= 0 && _design.ValidatesRouteBeforeUse)
        {
            Counters.PointerChecks++;
            if (!_routes[ro].Up)
            {
                RtFree(ro);
                ro = -1;
            }
        }

        return ro < 0 ? DefaultHopLimit : In6SelectHlim(_routes[ro].Ifp, holder);
    }

    // ip_output or ip6_output of a segment by a cached route, which is freed when it is down or to another destination. -1 in ro, and nothing is kept, for one that no connection has.
    private Errno TcpIpOutput(
        byte family, ref short ro, ref Ipv6Address roDst, HolderKind holder, Ipv6Address source, Ipv6Address destination, byte hlim, in TcpHeader th, int length)
    {
        using Frame frame = Enter(family == AfInet ? KernelFunction.IpOutput : KernelFunction.Ip6Output);
        int r = RoFill(ref ro, ref roDst, family, destination, onlyUp: true, holder);
        if (r < 0)
        {
            return Errno.EHOSTUNREACH;
        }

        int slot = family == AfInet ? RouteSlot(r, UseSite.IpOutput, within: null, out Errno error) : Ip6RouteSlot(r, out error);
        if (slot < 0)
        {
            return error;
        }

        int header = th.WrittenLength;
        Span<byte> b = stackalloc byte[Ipv6Header.Length + header + length];
        Span<byte> segment = b[Ipv6Header.Length..];
        segment.Clear();
        if (family == AfInet)
        {
            Ipv4Address from = Low(source), to = Low(destination);
            th.Write(segment, from, to);
            return Transmit(slot, from, to, IpProtocol.Tcp, hlim, segment, false, r);
        }

        if (LeadsOut(slot))
        {
            return Errno.None;
        }

        if (!IsRunning(slot))
        {
            return Errno.ENETDOWN;
        }

        Ipv6Address from6 = OnWire(source), to6 = OnWire(destination);
        new Ipv6Header { NextHeader = IpProtocol.Tcp, HopLimit = hlim, PayloadLength = (ushort)segment.Length, Source = from6, Destination = to6 }.Write(b);
        th.Write(segment, from6, to6);
        return IfOutput(slot, PppProtocol.Ipv6, b, r);
    }

    private static Ipv4Address Low(Ipv6Address key) => new((uint)key.Low);

    // tcp_respond of a connection: the probe of tcp_timer_keep. in6_selecthlim reads rt_ifp of a route that nobody has looked at since the last segment; ip_output has no such read.
    private Errno TcpRespond(int t, uint ack, uint seq)
    {
        using Frame frame = Enter(KernelFunction.TcpRespond);
        ref TcpCb tp = ref _tcpcbs[t];
        ref Pcb pcb = ref _pcbs[tp.Pcb];
        byte hlim = pcb.IsInet6 ? HlimByCache(ref pcb.Route, HolderKind.In6pRouteIfp) : DefaultTimeToLive;
        var th = new TcpHeader { SourcePort = pcb.Port, DestinationPort = tp.ForeignPort, Sequence = seq, Acknowledgment = ack, Flags = TcpFlags.Ack, Window = TcpWindow(tp) };
        return TcpIpOutput(FamilyOf(pcb), ref pcb.Route, ref pcb.RouteDestination, RouteHolder(pcb), tp.Local, tp.Foreign, hlim, th, 0);
    }

    private static HolderKind RouteHolder(in Pcb pcb) => pcb.IsInet6 ? HolderKind.In6pRouteIfp : HolderKind.InpRouteIfp;

    // tcp_respond to a segment that belongs to no connection: a RST, without a route that is kept.
    private void TcpReset(byte family, Ipv6Address source, Ipv6Address destination, in TcpHeader th, int length)
    {
        if ((th.Flags & TcpFlags.Rst) != 0)
        {
            return;
        }

        using Frame frame = Enter(KernelFunction.TcpRespond);
        bool acks = (th.Flags & TcpFlags.Ack) != 0;
        uint sequenceSpace = (uint)length + ((th.Flags & TcpFlags.Syn) != 0 ? 1u : 0u) + ((th.Flags & TcpFlags.Fin) != 0 ? 1u : 0u);
        var answer = new TcpHeader
        {
            SourcePort = th.DestinationPort, DestinationPort = th.SourcePort, Sequence = acks ? th.Acknowledgment : 0, Acknowledgment = acks ? 0 : th.Sequence + sequenceSpace,
            Flags = acks ? TcpFlags.Rst : TcpFlags.Rst | TcpFlags.Ack,
        };
        short ro = -1;
        Ipv6Address roDst = default;
        TcpIpOutput(family, ref ro, ref roDst, HolderKind.None, destination, source, DefaultHopLimit, answer, 0);
        if (ro >= 0)
        {
            RtFree(ro);
        }
    }

    // tcp_drop: a connection that has been there says so to its peer.
    private void TcpDrop(int t, Errno error)
    {
        bool told = _tcpcbs[t].State >= TcpState.Established;
        _tcpcbs[t].State = TcpState.Closed;
        _tcpcbs[t].Error = error;
        if (told)
        {
            TcpOutput(t);
        }

        TcpClose(t);
    }

    // tcp_close: the timers stop and the pcb is detached. Its process may still have the socket, and learns there what happened.
    private void TcpClose(int t)
    {
        ref TcpCb tp = ref _tcpcbs[t];
        int s = tp.Pcb;
        tp.State = TcpState.Closed;
        tp.Rexmt = tp.Keep = tp.TwoMsl = 0;
        RtCacheFree(s);
        if (tp.NoFdRef || tp.Head >= 0)
        {
            tp.Used = false;
            _pcbs[s].Used = false;
            return;
        }

        _host.TcpReady(s);
    }

    private int TcpOf(int s)
    {
        for (int t = 0; t < _tcpcbs.Length; t++)
        {
            if (_tcpcbs[t].Used && _tcpcbs[t].Pcb == s)
            {
                return t;
            }
        }

        return -1;
    }

    // in_pcblookup_connect, in_pcblookup_bind: the connection, or else who listens at the port.
    private int TcpLookup(byte family, Ipv6Address source, ushort sourcePort, Ipv6Address destination, ushort port)
    {
        int listens = -1;
        for (int t = 0; t < _tcpcbs.Length; t++)
        {
            ref readonly TcpCb tp = ref _tcpcbs[t];
            if (!tp.Used || tp.State == TcpState.Closed || _pcbs[tp.Pcb].Port != port || FamilyOf(_pcbs[tp.Pcb]) != family)
            {
                continue;
            }

            if (tp.State == TcpState.Listen)
            {
                listens = t;
            }
            else if (tp.ForeignPort == sourcePort && tp.Foreign == source && tp.Local == destination)
            {
                return t;
            }
        }

        return listens;
    }

    // The option of a SYN, or what holds where there is none.
    private static ushort TcpPeerMss(in TcpHeader th) => th.MaxSegment == 0 ? (ushort)TcpMssDflt : th.MaxSegment;

    // tcp_mss_to_advertise: the greatest MTU of all interfaces (RFC 1191, 3.1), which here is an Ethernet's, without the headers.
    private static ushort TcpMssToAdvertise(byte family) => (ushort)(EthernetMtu - (family == AfInet ? Ipv4Header.MinLength : Ipv6Header.Length) - TcpHeader.MinLength);

    // Room in so_rcv. The window is not scaled.
    private static ushort TcpWindow(in TcpCb tp) => (ushort)(TcpSpace - Math.Min(tp.RcvCc, TcpSpace));
}
