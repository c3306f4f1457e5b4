using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet;

/// <summary>t_state (netinet/tcp_fsm.h), in BSD's order: what comes after <see cref="Established"/> has been there. A connection that arrives is in the syn cache before it has a tcpcb.</summary>
public enum TcpState : byte
{
    /// <summary>TCPS_CLOSED.</summary>
    Closed,

    /// <summary>TCPS_LISTEN.</summary>
    Listen,

    /// <summary>TCPS_SYN_SENT.</summary>
    SynSent,

    /// <summary>TCPS_ESTABLISHED.</summary>
    Established,

    /// <summary>TCPS_CLOSE_WAIT.</summary>
    CloseWait,

    /// <summary>TCPS_FIN_WAIT_1.</summary>
    FinWait1,

    /// <summary>TCPS_CLOSING.</summary>
    Closing,

    /// <summary>TCPS_LAST_ACK.</summary>
    LastAck,

    /// <summary>TCPS_FIN_WAIT_2.</summary>
    FinWait2,

    /// <summary>TCPS_TIME_WAIT.</summary>
    TimeWait,
}

/// <summary>A tcpcb. Addresses of IPv4 lie in the low 32 bits; timers count ticks of 200 ms down, and 0 is off.</summary>
public struct TcpCb : ITableRow<TcpCb>
{
    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <summary>t_inpcb or t_in6pcb: slot of the pcb.</summary>
    public short Pcb;

    /// <summary>t_state.</summary>
    public TcpState State;

    /// <summary>inp_laddr or in6p_laddr, and nothing where the socket listens on every address.</summary>
    public Ipv6Address Local;

    /// <summary>inp_faddr or in6p_faddr.</summary>
    public Ipv6Address Foreign;

    /// <summary>inp_fport.</summary>
    public ushort ForeignPort;

    /// <summary>The listening pcb in whose so_q the connection waits for accept(2), or -1.</summary>
    public short Head;

    /// <summary>SS_NOFDREF: its process has closed the socket.</summary>
    public bool NoFdRef;

    /// <summary>SO_KEEPALIVE; what a listening socket has, its connections inherit.</summary>
    public bool KeepAlive;

    /// <summary>so_error: what ended the connection.</summary>
    public Errno Error;

    /// <summary>iss.</summary>
    public uint Iss;

    /// <summary>snd_una.</summary>
    public uint SndUna;

    /// <summary>snd_nxt.</summary>
    public uint SndNxt;

    /// <summary>snd_max.</summary>
    public uint SndMax;

    /// <summary>snd_wnd, in bytes.</summary>
    public ushort SndWnd;

    /// <summary>so_snd.sb_cc: bytes from snd_una on.</summary>
    public int SndCc;

    /// <summary>TF_SENTFIN.</summary>
    public bool SentFin;

    /// <summary>rcv_nxt.</summary>
    public uint RcvNxt;

    /// <summary>so_rcv.sb_cc: bytes that the process has not read yet.</summary>
    public int RcvCc;

    /// <summary>TF_ACKNOW.</summary>
    public bool AckNow;

    /// <summary>t_peermss, in bytes.</summary>
    public ushort PeerMss;

    /// <summary>t_ourmss, in bytes.</summary>
    public ushort OurMss;

    /// <summary>t_segsz, in bytes.</summary>
    public ushort SegSz;

    /// <summary>t_srtt, in the fixed point of tcp_xmit_timer.</summary>
    public int Srtt;

    /// <summary>t_rttvar, in the fixed point of tcp_xmit_timer.</summary>
    public int RttVar;

    /// <summary>t_rtttime: tcp_now when the segment went that is timed, or 0.</summary>
    public uint RttTime;

    /// <summary>t_rtseq.</summary>
    public uint RtSeq;

    /// <summary>t_rcvtime: tcp_now of the last segment that came.</summary>
    public uint RcvTime;

    /// <summary>t_rxtshift.</summary>
    public byte RxtShift;

    /// <summary>t_rxtcur, in half seconds.</summary>
    public ushort RxtCur;

    /// <summary>TCPT_REXMT.</summary>
    public int Rexmt;

    /// <summary>TCPT_KEEP.</summary>
    public int Keep;

    /// <summary>TCPT_2MSL.</summary>
    public int TwoMsl;

    /// <inheritdoc/>
    public static TableRoom Room => new("tcpcb", 0, 2, TableRoom.ShortLimit);

    readonly bool ITableRow<TcpCb>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref TcpCb value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Used);
        pass.Field(ref value.Pcb);
        pass.Field(ref value.State);
        pass.Struct(ref value.Local);
        pass.Struct(ref value.Foreign);
        pass.Field(ref value.ForeignPort);
        pass.Field(ref value.Head);
        pass.Field(ref value.NoFdRef);
        pass.Field(ref value.KeepAlive);
        pass.Field(ref value.Error);
        pass.Field(ref value.Iss);
        pass.Field(ref value.SndUna);
        pass.Field(ref value.SndNxt);
        pass.Field(ref value.SndMax);
        pass.Field(ref value.SndWnd);
        pass.Field(ref value.SndCc);
        pass.Field(ref value.SentFin);
        pass.Field(ref value.RcvNxt);
        pass.Field(ref value.RcvCc);
        pass.Field(ref value.AckNow);
        pass.Field(ref value.PeerMss);
        pass.Field(ref value.OurMss);
        pass.Field(ref value.SegSz);
        pass.Field(ref value.Srtt);
        pass.Field(ref value.RttVar);
        pass.Field(ref value.RttTime);
        pass.Field(ref value.RtSeq);
        pass.Field(ref value.RcvTime);
        pass.Field(ref value.RxtShift);
        pass.Field(ref value.RxtCur);
        pass.Field(ref value.Rexmt);
        pass.Field(ref value.Keep);
        pass.Field(ref value.TwoMsl);
    }
}
