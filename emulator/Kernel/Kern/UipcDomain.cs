// Modelled from NetBSD sys/kern/uipc_domain.c (pffasttimo): what runs at each fast timeout of the protocols, whether any of it has something to wait for, and how it counts down over quiet ones.
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Netinet6;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    /// <summary>pffasttimo: one fast timeout of every protocol.</summary>
    public void PfFastTimo()
    {
        IgmpFastTimo();
        Mld6FastTimeo();
        Frag6SlowTimo();
        Nd6Timer();
        Nd6DadTimer();
        PppoeTimo();
        TcpTimo();
    }

    /// <summary>A timer of a protocol waits, so that there is to be another fast timeout.</summary>
    public bool FastTimersRun => IgmpTimersRunning || MldTimersRunning || Fragments6Waiting > 0 || RoutersKnown || DadRuns || PppoeTimersRun || TcpTimersRun;

    /// <summary>How many fast timeouts in a row would only decrement timers: none expires, no report is sent.</summary>
    public int QuietTicks
    {
        get
        {
            int least = int.MaxValue;
            if (_igmpTimersRunning)
            {
                int igmp = int.MaxValue;
                foreach (ref readonly InMulti m in _inMultis.AsSpan())
                {
                    if (m.Timer != 0 && m.Used)
                    {
                        igmp = Math.Min(igmp, m.Timer);
                    }
                }

                least = igmp == int.MaxValue ? 0 : igmp;
            }

            if (_mldTimersRunning)
            {
                int mld = int.MaxValue;
                foreach (ref readonly In6Multi m in _in6Multis.AsSpan())
                {
                    if (m.Timer != 0 && m.Used && m.Ia >= 0)
                    {
                        mld = Math.Min(mld, m.Timer);
                    }
                }

                least = Math.Min(least, mld == int.MaxValue ? 0 : mld);
            }

            least = Math.Min(least, DadQuietTicks());
            least = Math.Min(least, Frag6QuietTicks());
            least = Math.Min(least, Nd6QuietTicks());
            least = Math.Min(least, PppoeQuietTicks());
            least = Math.Min(least, TcpQuietTicks());
            return least == int.MaxValue ? 0 : least - 1;
        }
    }

    /// <summary>The effect of this many fast timeouts, up to <see cref="QuietTicks"/>.</summary>
    public void CountDown(int ticks)
    {
        Frag6CountDown(ticks);
        Nd6CountDown(ticks);
        DadCountDown(ticks);
        PppoeCountDown(ticks);
        TcpCountDown(ticks);
        if (_igmpTimersRunning)
        {
            foreach (ref InMulti m in _inMultis.AsSpan())
            {
                if (m.Timer != 0 && m.Used)
                {
                    m.Timer -= (ushort)ticks;
                }
            }
        }

        if (_mldTimersRunning)
        {
            foreach (ref In6Multi m in _in6Multis.AsSpan())
            {
                if (m.Timer != 0 && m.Used && m.Ia >= 0)
                {
                    m.Timer -= (ushort)ticks;
                }
            }
        }
    }
}
