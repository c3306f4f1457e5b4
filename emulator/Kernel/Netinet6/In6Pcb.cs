// Modelled from NetBSD sys/netinet6/in6_pcb.c (reference 3.4): what PRU_PURGEIF does to IPv6's pcbs.
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private void In6PcbPurgeIf(PcbTable table, IfnetPtr p) => InPcbPurgeIf(table, p);

    /// <summary>in6_pcbpurgeif0: im6o_multicast_ifp and memberships of a table's pcbs.</summary>
    public void In6PcbPurgeIf0(PcbTable table, IfnetPtr p)
    {
        using Frame frame = Enter(KernelFunction.In6PcbPurgeIf0);
        for (int s = 0; s < _pcbs.Length; s++)
        {
            if (!PurgeMulticastIf(s, table, p))
            {
                continue;
            }

            for (int i = NextMship6(s, uint.MaxValue); i >= 0; i = NextMship6(s, _mships6[i].Place))
            {
                ref readonly In6Multi m = ref _in6Multis[_mships6[i].Multi];
                if (!_in6Multis.Names(_mships6[i].Multi, _mships6[i].MultiGeneration))
                {
                    // The record was freed in another protocol's turn (3.4): its in6m_ifp is read from freed memory and compared.
                    _oracle.StaleUse(HolderKind.Im6oMembership, UseSite.In6PcbPurgeIf0, p);
                }
                else if (Same(m.Ifp, p))
                {
                    _mships6[i].Used = false;
                    In6DelMulti(_mships6[i].Multi);
                    CountPurged();
                }
            }
        }
    }

    /// <summary>The interface of every cached route.</summary>
    internal static void WalkIn6pRoute(BsdKernel kernel, ref HolderVisitor visitor) => kernel.WalkRouteCaches(HolderKind.In6pRouteIfp, ipv6: true, ref visitor);
}
