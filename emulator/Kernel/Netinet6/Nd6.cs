// Modelled from NetBSD sys/netinet6/nd6.c as far as routers and prefixes go: nd6_purge, nd6_timer, nd6_ioctl (reference 3.4; 8.3, row 11). There is no neighbour cache: a
// point-to-point link has none.
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    // nd6_purge: the interface's routers, the installed one last; its prefixes, whatever their reference counts; then another router is chosen.
    private void Nd6Purge(IfnetPtr p)
    {
        for (int turn = 0; turn < 2; turn++)
        {
            for (int dr = 0; dr < _defrouters.Length; dr++)
            {
                if (_defrouters[dr].Used && _defrouters[dr].Installed == (turn == 1) && Same(_defrouters[dr].Ifp, p))
                {
                    DefrtrlistDel(dr);
                }
            }
        }

        for (int i = 0; i < _ndPrefixes.Length; i++)
        {
            if (_ndPrefixes[i].Used && Same(_ndPrefixes[i].Ifp, p))
            {
                PrelistRemove(i);
            }
        }

        DefrouterSelect();
    }

    /// <summary>nd6_timer, in ticks of 200 ms: a router whose lifetime is over goes. defrtrlist_del compares its interface and reads nothing through it.</summary>
    public void Nd6Timer()
    {
        for (int dr = 0; dr < _defrouters.Length; dr++)
        {
            if (_defrouters[dr].Used && --_defrouters[dr].Ticks <= 0)
            {
                DefrtrlistDel(dr);
            }
        }
    }

    /// <summary>Somebody's lifetime runs.</summary>
    public bool RoutersKnown => NextDefrouter(-1) >= 0;

    // How many ticks only count down, or int.MaxValue.
    private int Nd6QuietTicks()
    {
        int least = int.MaxValue;
        foreach (ref readonly NdDefrouter dr in _defrouters.AsSpan())
        {
            least = dr.Used ? Math.Min(least, dr.Ticks) : least;
        }

        return least;
    }

    private void Nd6CountDown(int ticks)
    {
        foreach (ref NdDefrouter dr in _defrouters.AsSpan())
        {
            dr.Ticks -= dr.Used ? ticks : 0;
        }
    }

    /// <summary>
    /// SIOCGDRLST_IN6 and SIOCGPRLST_IN6, or the sysctl of the same (ndp -r, ndp -p): if_index is read through each router's and each prefix's interface.
    /// </summary>
    /// <returns>How many routers and prefixes there are.</returns>
    public int Nd6ListRoutersAndPrefixes()
    {
        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.Nd6Ioctl);
        int listed = 0;
        for (int dr = NextDefrouter(-1); dr >= 0; dr = NextDefrouter(dr))
        {
            Use(_defrouters[dr].Ifp, HolderKind.NdDefrouterIfp, UseSite.Nd6Ioctl);
            listed++;
        }

        foreach (ref readonly NdPrefix pr in _ndPrefixes.AsSpan())
        {
            if (pr.Used)
            {
                Use(pr.Ifp, HolderKind.NdPrefixIfp, UseSite.Nd6Ioctl);
                listed++;
            }
        }

        return listed;
    }
}
