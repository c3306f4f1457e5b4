// Modelled from NetBSD sys/netinet6/in6_src.c (in6_selecthlim; reference 3.6).
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    // in6_selecthlim: chlim of nd_ifinfo, reached as ifp -> if_afdata[AF_INET6] -> in6_ifextra.nd_ifinfo, without any check (3.7).
    private byte In6SelectHlim(IfnetPtr p)
    {
        using Frame frame = Enter(KernelFunction.In6SelectHlim);
        int slot = Use(p, HolderKind.In6pRouteIfp, UseSite.In6SelectHlim);
        if (slot == Dangling)
        {
            FollowStaleNdIfinfo(p, HolderKind.In6pRouteIfp, UseSite.In6SelectHlim);
        }

        return DefaultHopLimit;
    }

    // ND_IFINFO(ifp): ifp -> if_afdata[AF_INET6] -> in6_ifextra.nd_ifinfo, without any check.
    private void FollowStaleNdIfinfo(IfnetPtr p, HolderKind holder, UseSite site) => FollowStaleExtra(p, holder, site, KernelWord.ExtraNdIfinfo);
}
