// Modelled from NetBSD sys/netinet6/nd6_nbr.c (nd6_dad_start, nd6_dad_timer, nd6_dad_stop; RFC 4862, 5.4), on interfaces without a line. Nothing on the link answers, so no address
// is a duplicate, and tentative addresses are used nevertheless.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const byte DadTicks = 5, DadCount = 1;
    private Table<Dadq> _dadqs = new();

    [KernelState]
    private void Nd6NbrFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _dadqs.Fields(ref pass);
    }

    /// <summary>Duplicate address detection is running for an address.</summary>
    public bool DadRuns
    {
        get
        {
            foreach (ref readonly Dadq d in _dadqs.AsSpan())
            {
                if (d.Used)
                {
                    return true;
                }
            }

            return false;
        }
    }

    // in6if_do_dad, nd6_dad_start: after up to a second the first solicitation, a second later the address is no longer tentative.
    private void Nd6DadStart(int ia, int slot)
    {
        if (!ClonedKind.IsCloned(_ifs[slot].Unit) || !ClonedKind.Of(_ifs[slot].Unit).DetectsDuplicates || !IsRunning(slot))
        {
            return;
        }

        _dadqs.Put(new Dadq { Ifp = PointerTo(slot), Ifa = (short)ia, Ticks = DadTicks, Used = true });
        _design.Hold(this, PointerTo(slot));
        _oracle.Stored(this, slot, HolderKind.DadIfp);
        _host.FastTimerWanted();
    }

    // nd6_dad_stop, for an address that is removed.
    private void Nd6DadStop(int ia)
    {
        for (int i = 0; i < _dadqs.Length && !Has(KernelSwitch.DadKept); i++)
        {
            if (_dadqs[i].Used && _dadqs[i].Ifa == ia)
            {
                Nd6DadEnd(ref _dadqs[i]);
            }
        }
    }

    private void Nd6DadEnd(ref Dadq d)
    {
        d.Used = false;
        _design.Release(this, d.Ifp);
    }

    /// <summary>A tick of 200 ms: nd6_dad_timer sends a solicitation through the address's interface, or is done.</summary>
    public void Nd6DadTimer()
    {
        for (int i = 0; i < _dadqs.Length; i++)
        {
            ref Dadq d = ref _dadqs[i];
            if (!d.Used || --d.Ticks > 0)
            {
                continue;
            }

            if (d.Sent == DadCount)
            {
                Nd6DadEnd(ref d);
                continue;
            }

            using Frame frame = Enter(KernelFunction.Nd6DadTimer);
            int slot = Use(d.Ifp, HolderKind.DadIfp, UseSite.Nd6DadTimer);
            if (slot == Dangling)
            {
                FollowStaleIfstat(d.Ifp, HolderKind.DadIfp, UseSite.Nd6DadTimer);
            }

            d.Sent++;
            d.Ticks = DadTicks;
        }
    }

    // How many ticks only count down, or int.MaxValue.
    private int DadQuietTicks()
    {
        int least = int.MaxValue;
        foreach (ref readonly Dadq d in _dadqs.AsSpan())
        {
            least = d.Used ? Math.Min(least, d.Ticks) : least;
        }

        return least;
    }

    private void DadCountDown(int ticks)
    {
        foreach (ref Dadq d in _dadqs.AsSpan())
        {
            d.Ticks -= d.Used ? (byte)ticks : (byte)0;
        }
    }

    /// <summary>The interface of every address with duplicate address detection running.</summary>
    internal static void WalkDad(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly Dadq x in kernel._dadqs.AsSpan())
        {
            if (x.Used)
            {
                visitor.Visit(HolderKind.DadIfp, x.Ifp);
            }
        }
    }
}
