// Modelled from NetBSD sys/netinet6/in6_ifattach.c (reference 3.2, 3.4).
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    // in6_ifattach at if_up: nothing below 1280; the kludge record; a link-local of the kernel's own when there is none (3.2).
    private void In6IfAttach(int slot)
    {
        if (_ifs[slot].Mtu < 1280)
        {
            return;
        }

        In6CreateMkludge(slot);
        if (!HasLinkLocal(slot))
        {
            ulong id = slot == _station ? EthernetHeader.InterfaceIdentifier(StationAddress) : 0x0200_00FF_FE00_0000 | ((ulong)_ifs[slot].Address >> 4 & 0xFFFF);
            In6UpdateIfa(slot, Scoped(Ipv6Address.LinkLocal(id), slot), 64, default, true);
        }
    }

    // in6_purgeif, in6_ifdetach: every address, nd6_purge, the kludge with all its groups even if something still points to them (3.4).
    private void In6PurgeIf(IfnetPtr p)
    {
        using Frame frame = Enter(KernelFunction.In6PurgeIf);
        In6PurgeAddresses(p, LiveAt(p.Address));
        Nd6Purge(p);
        int k = KludgeOf(p);
        if (k >= 0)
        {
            for (int m = 0; m < _in6Multis.Length; m++)
            {
                bool countedBySocket = Has(KernelSwitch.In6MultiCounted) && HasMship6(m);
                while (!countedBySocket && _in6Multis[m].Used && _in6Multis[m].Ia < 0 && Same(_in6Multis[m].Ifp, p))
                {
                    In6DelMulti(m);
                }
            }

            _design.Release(this, _kludges[k].Ifp);
            _kludges[k].Used = false;
        }
    }
}
