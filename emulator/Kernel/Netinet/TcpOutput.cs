// Modelled from NetBSD sys/netinet/tcp_output.c 1.108 (tcp_segsize, tcp_output). There is no congestion window, no options but MSS, and no urgent data; what is sent is zeros.
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    // Most segments on the way: what a congestion window that never opens would leave.
    private const int TcpBurst = 4;

    // tcp_segsize: the route is looked at first (in_pcbrtentry), then flags and MTU are read through its rt_ifp, of IPv6 the latter behind if_afdata (IN6_LINKMTU).
    private Errno TcpSegSize(int t, out int size)
    {
        using Frame frame = Enter(KernelFunction.TcpSegSize);
        ref TcpCb tp = ref _tcpcbs[t];
        bool inet6 = _pcbs[tp.Pcb].IsInet6;
        int headers = (inet6 ? Ipv6Header.Length : Ipv4Header.MinLength) + TcpHeader.MinLength, r = PcbRtEntry(tp.Pcb, tp.Foreign);
        int mtu = TcpMssDflt + headers;
        if (r >= 0)
        {
            IfnetPtr p = _routes[r].Ifp;
            int slot = Use(p, HolderKind.RtEntryIfp, UseSite.TcpSegSize);
            if (slot == Dangling && inet6)
            {
                FollowStaleNdIfinfo(p, HolderKind.RtEntryIfp, UseSite.TcpSegSize);
            }

            mtu = slot >= 0 ? _ifs[slot].Mtu : slot == Dangling ? (int)ReadWord(p, KernelWord.IfMtu) : mtu;
        }

        size = Math.Min(mtu - headers, tp.PeerMss);
        tp.SegSz = (ushort)Math.Max(size, 1);
        return size <= 0 ? Errno.EMSGSIZE : Errno.None;
    }

    private static TcpFlags TcpOutFlags(TcpState state) => state switch
    {
        TcpState.Closed => TcpFlags.Rst | TcpFlags.Ack,
        TcpState.SynSent => TcpFlags.Syn,
        TcpState.FinWait1 or TcpState.Closing or TcpState.LastAck => TcpFlags.Fin | TcpFlags.Ack,
        _ => TcpFlags.Ack,
    };

    // tcp_output: what the state, the window and the buffer allow.
    private Errno TcpOutput(int t)
    {
        using Frame frame = Enter(KernelFunction.TcpOutput);
        Errno error = TcpSegSize(t, out int size);
        bool more = error == Errno.None;
        while (more)
        {
            ref TcpCb tp = ref _tcpcbs[t];
            ref Pcb pcb = ref _pcbs[tp.Pcb];
            TcpFlags flags = TcpOutFlags(tp.State);
            int off = (int)(tp.SndNxt - tp.SndUna), window = Math.Min(tp.SndWnd, TcpBurst * size);
            int length = tp.State < TcpState.Established ? 0 : Math.Clamp(Math.Min(tp.SndCc, window) - off, 0, size);
            more = tp.State >= TcpState.Established && Math.Min(tp.SndCc, window) - off > size;
            if (off + length < tp.SndCc)
            {
                flags &= ~TcpFlags.Fin;
            }

            bool fin = (flags & TcpFlags.Fin) != 0 && (!tp.SentFin || tp.SndNxt == tp.SndUna + (uint)tp.SndCc);
            if (length == 0 && !tp.AckNow && (flags & (TcpFlags.Syn | TcpFlags.Rst)) == 0 && !fin)
            {
                return Errno.None;
            }

            // A segment without data has the number of the next byte that was never sent, even where an earlier one is sent again.
            bool counts = length > 0 || (flags & TcpFlags.Syn) != 0 || fin;
            if (!fin)
            {
                flags &= ~TcpFlags.Fin;
            }

            var th = new TcpHeader
            {
                SourcePort = pcb.Port, DestinationPort = tp.ForeignPort, Sequence = counts ? tp.SndNxt : tp.SndMax, Acknowledgment = (flags & TcpFlags.Ack) != 0 ? tp.RcvNxt : 0,
                Flags = length > 0 && off + length == tp.SndCc ? flags | TcpFlags.Psh : flags, Window = TcpWindow(tp), MaxSegment = (flags & TcpFlags.Syn) != 0 ? tp.OurMss : (ushort)0,
            };
            tp.SentFin |= fin;
            TcpAdvance(ref tp, length + ((flags & TcpFlags.Syn) != 0 || fin ? 1 : 0));
            byte hlim = pcb.IsInet6 ? HlimByCache(ref pcb.Route, HolderKind.In6pRouteIfp) : DefaultTimeToLive;
            error = TcpIpOutput(FamilyOf(pcb), ref pcb.Route, ref pcb.RouteDestination, RouteHolder(pcb), tp.Local, tp.Foreign, hlim, th, length);
            if (error is Errno.EHOSTUNREACH or Errno.ENETDOWN && tp.State >= TcpState.Established)
            {
                return Errno.None; // t_softerror: the timer tries again
            }

            if (error != Errno.None)
            {
                return error;
            }

            tp.AckNow = false;
        }

        return error;
    }

    // snd_nxt goes on over what is sent; what is sent for the first time is timed, and what may be lost has a timer.
    private void TcpAdvance(ref TcpCb tp, int space)
    {
        uint start = tp.SndNxt;
        tp.SndNxt += (uint)space;
        if ((int)(tp.SndNxt - tp.SndMax) > 0)
        {
            tp.SndMax = tp.SndNxt;
            if (tp.RttTime == 0)
            {
                tp.RttTime = _tcpNow;
                tp.RtSeq = start;
            }
        }

        if (tp.Rexmt == 0 && tp.SndNxt != tp.SndUna && tp.State != TcpState.Closed)
        {
            TcpTimerArm(ref tp.Rexmt, tp.RxtCur);
        }
    }
}
