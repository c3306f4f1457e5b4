// Modelled from NetBSD sys/netinet/tcp_timer.c 1.66 and tcp_input.c (syn_cache_timer, tcp_xmit_timer). A timer is armed for half seconds (PR_SLOWHZ) and runs out in the first tick of 200 ms after them.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Netinet;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const int PrSlowHz = 2, TcpRttDflt = 3, TcpRttShift = 3, TcpRttVarShift = 2, TcpMaxRxtShift = 12;

    // TCPTV_MIN, TCPTV_REXMTMAX, TCPTV_SRTTDFLT, TCPTV_KEEP_INIT, TCPTV_KEEPINTVL, TCPTV_MSL in half seconds, and TCPTV_KEEPCNT.
    private const int TcpTvMin = 1 * PrSlowHz, TcpTvRexmtMax = 64 * PrSlowHz, TcpTvSrttDflt = 3 * PrSlowHz, TcpTvKeepInit = 75 * PrSlowHz, TcpTvKeepIntvl = 75 * PrSlowHz, TcpTvMsl = 30 * PrSlowHz,
        TcpTvKeepCnt = 8;

    private static ReadOnlySpan<byte> TcpBackoff => [1, 2, 4, 8, 16, 32, 64, 64, 64, 64, 64, 64, 64];

    private uint _tcpNow;

    [KernelState]
    private void TcpTimerFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref _tcpNow, initial: 1u);
    }

    /// <summary>A timer of TCP waits.</summary>
    public bool TcpTimersRun => TcpQuietTicks() != int.MaxValue;

    private int TcpKeepIdle => (int)(_options.TcpKeepidle.Microseconds * PrSlowHz / 1_000_000);

    private static int TcpMaxIdle => TcpTvKeepCnt * TcpTvKeepIntvl;

    // tcp_now counts ticks of 200 ms, and only while a timer of TCP waits; the original's are half seconds.
    private int TcpHalfSecondsSince(uint then) => (int)(_tcpNow - then) * 2 / 5;

    private void TcpTimerArm(ref int timer, int halfSeconds)
    {
        timer = ((halfSeconds * 5) + 1) / 2;
        _host.FastTimerWanted();
    }

    /// <summary>A tick of 200 ms: every timer of TCP counts down, and those that have run out are served.</summary>
    public void TcpTimo()
    {
        if (!TcpTimersRun)
        {
            return;
        }

        _tcpNow++;
        for (int sc = 0; sc < _synCache.Length; sc++)
        {
            if (_synCache[sc].Used && --_synCache[sc].Timer == 0)
            {
                SynCacheTimer(sc);
            }
        }

        for (int t = 0; t < _tcpcbs.Length; t++)
        {
            if (RunsOut(ref _tcpcbs[t], ref _tcpcbs[t].Rexmt))
            {
                TcpTimerRexmt(t);
            }

            if (RunsOut(ref _tcpcbs[t], ref _tcpcbs[t].Keep))
            {
                TcpTimerKeep(t);
            }

            if (RunsOut(ref _tcpcbs[t], ref _tcpcbs[t].TwoMsl))
            {
                TcpTimer2Msl(t);
            }
        }
    }

    private static bool RunsOut(ref TcpCb tp, ref int timer) => tp.Used && timer > 0 && --timer == 0;

    private void TcpTimerRexmt(int t)
    {
        using Frame frame = Enter(KernelFunction.TcpTimerRexmt);
        ref TcpCb tp = ref _tcpcbs[t];
        if (++tp.RxtShift > TcpMaxRxtShift)
        {
            TcpDrop(t, Errno.ETIMEDOUT);
            return;
        }

        tp.RxtCur = (ushort)Math.Clamp(TcpRexmtVal(tp) * TcpBackoff[tp.RxtShift], TcpTvMin, TcpTvRexmtMax);
        TcpTimerArm(ref tp.Rexmt, tp.RxtCur);
        if (tp.RxtShift > TcpMaxRxtShift / 4)
        {
            // in_losing, in6_losing: the route is let go of, and what was known of the round trip.
            RtCacheFree(tp.Pcb);
            tp.RttVar += tp.Srtt >> TcpRttShift;
            tp.Srtt = 0;
        }

        tp.SndNxt = tp.SndUna;
        tp.RttTime = 0;
        TcpOutput(t);
    }

    private static int TcpRexmtVal(in TcpCb tp) => Math.Max(((tp.Srtt >> TcpRttShift) + tp.RttVar) >> 2, TcpTvMin);

    private void TcpTimerKeep(int t)
    {
        using Frame frame = Enter(KernelFunction.TcpTimerKeep);
        ref TcpCb tp = ref _tcpcbs[t];
        bool asks = tp.KeepAlive && tp.State is TcpState.Established or TcpState.CloseWait;
        if (tp.State < TcpState.Established || (asks && TcpHalfSecondsSince(tp.RcvTime) >= TcpKeepIdle + TcpMaxIdle))
        {
            TcpDrop(t, Errno.ETIMEDOUT);
            return;
        }

        TcpTimerArm(ref tp.Keep, asks ? TcpTvKeepIntvl : TcpKeepIdle);
        if (asks)
        {
            TcpRespond(t, tp.RcvNxt, tp.SndUna - 1);
        }
    }

    private void TcpTimer2Msl(int t)
    {
        ref TcpCb tp = ref _tcpcbs[t];
        if (tp.State != TcpState.TimeWait && TcpHalfSecondsSince(tp.RcvTime) <= TcpMaxIdle)
        {
            TcpTimerArm(ref tp.TwoMsl, TcpTvKeepIntvl);
        }
        else
        {
            TcpClose(t);
        }
    }

    // tcp_xmit_timer: a round trip of that many half seconds.
    private static void TcpXmitTimer(ref TcpCb tp, int rtt)
    {
        if (tp.Srtt != 0)
        {
            int delta = (rtt << 2) - (tp.Srtt >> TcpRttShift);
            tp.Srtt = Math.Max(tp.Srtt + delta, 1 << 2);
            delta = Math.Abs(delta) - (tp.RttVar >> TcpRttVarShift);
            tp.RttVar = Math.Max(tp.RttVar + delta, 1 << 2);
        }
        else
        {
            tp.Srtt = rtt << (TcpRttShift + 2);
            tp.RttVar = rtt << (TcpRttVarShift + 1);
        }

        tp.RttTime = 0;
        tp.RxtShift = 0;
        tp.RxtCur = (ushort)Math.Clamp(TcpRexmtVal(tp), Math.Max(TcpTvMin, rtt + 2), TcpTvRexmtMax);
    }

    // How many ticks only count down, or int.MaxValue.
    private int TcpQuietTicks()
    {
        int least = int.MaxValue;
        foreach (ref readonly SynCache sc in _synCache.AsSpan())
        {
            least = sc.Used ? Math.Min(least, sc.Timer) : least;
        }

        foreach (ref readonly TcpCb tp in _tcpcbs.AsSpan())
        {
            if (tp.Used)
            {
                least = Sooner(Sooner(Sooner(least, tp.Rexmt), tp.Keep), tp.TwoMsl);
            }
        }

        return least;

        static int Sooner(int least, int timer) => timer == 0 ? least : Math.Min(least, timer);
    }

    private void TcpCountDown(int ticks)
    {
        if (!TcpTimersRun)
        {
            return;
        }

        _tcpNow += (uint)ticks;
        foreach (ref SynCache sc in _synCache.AsSpan())
        {
            sc.Timer -= sc.Used ? ticks : 0;
        }

        foreach (ref TcpCb tp in _tcpcbs.AsSpan())
        {
            if (tp.Used)
            {
                tp.Rexmt -= tp.Rexmt == 0 ? 0 : ticks;
                tp.Keep -= tp.Keep == 0 ? 0 : ticks;
                tp.TwoMsl -= tp.TwoMsl == 0 ? 0 : ticks;
            }
        }
    }
}
