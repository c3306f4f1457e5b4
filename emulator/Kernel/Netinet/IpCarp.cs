// Modelled from sys/netinet/ip_carp.c (OpenBSD, FreeBSD; NetBSD from 2006): a device of its own that keeps a parent's pointer, a group record there and a
// callout. No run has one.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const byte CarpProtocol = 112, CarpTtl = 255, CarpAdvertTicks = 5;
    private const int CarpHeaderLength = 36;
    private static readonly Ipv4Address CarpGroup = Ipv4Address.Of(224, 0, 0, 18);
    private Table<CarpSoftc> _carps = new();

    [KernelState]
    private void IpCarpFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _carps.Fields(ref pass);
    }

    /// <summary>carp_set_addr: joins 224.0.0.18 on the parent and advertises every second.</summary>
    /// <returns>Number of the device.</returns>
    public int CarpAttach(int slot)
    {
        int multi = InAddMulti(CarpGroup, slot);
        int c = _carps.Put(new CarpSoftc
        {
            CarpDev = PointerTo(slot), Multi = (short)multi, MultiGeneration = _inMultis[multi].Generation, Ticks = CarpAdvertTicks, Used = true,
        });
        _design.Hold(this, _carps[c].CarpDev);
        _oracle.Stored(this, slot, HolderKind.CarpDevIfp);
        return c;
    }

    /// <summary>carp_clone_destroy.</summary>
    public void CarpDetach(int c)
    {
        CarpCleanup(c);
        _carps[c].Used = false;
    }

    // carp_multicast_cleanup. By search, the record is looked up in its interface's list, which is gone when the interface is.
    private void CarpCleanup(int c)
    {
        CarpSoftc sc = _carps[c];
        _carps[c].Ticks = 0;
        _carps[c].CarpDev = IfnetPtr.Null;
        if (sc.CarpDev.IsNull)
        {
            return;
        }

        if ((!Has(KernelSwitch.InDelMultiBySearch) || LiveAt(sc.CarpDev.Address) >= 0) && !IsFreed(sc.Multi, sc.MultiGeneration, UseSite.InDelMulti))
        {
            InDelMulti(sc.Multi);
        }

        _design.Release(this, sc.CarpDev);
    }

    // carp_ifdetach, called by a departing parent.
    private void CarpIfDetach(IfnetPtr p)
    {
        for (int c = 0; c < _carps.Length; c++)
        {
            if (_carps[c].Used && !_carps[c].CarpDev.IsNull && Same(_carps[c].CarpDev, p))
            {
                CarpCleanup(c);
            }
        }
    }

    /// <summary>A tick of 200 ms: carp_send_ad sends through the parent's pointer. The message's content is not modelled.</summary>
    public void CarpTimo()
    {
        Span<byte> advertisement = stackalloc byte[CarpHeaderLength];
        for (int c = 0; c < _carps.Length; c++)
        {
            if (!_carps[c].Used || _carps[c].Ticks == 0 || --_carps[c].Ticks > 0)
            {
                continue;
            }

            using Frame frame = Enter(KernelFunction.CarpSendAd);
            IpOutputMulticast(_carps[c].CarpDev, HolderKind.CarpDevIfp, UseSite.IpOutput, CarpGroup, default, CarpProtocol, CarpTtl, advertisement, false);
            _carps[c].Ticks = CarpAdvertTicks;
        }
    }

    /// <summary>sc_carpdev of every carp device.</summary>
    internal static void WalkCarpDev(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly CarpSoftc x in kernel._carps.AsSpan())
        {
            if (x.Used && !x.CarpDev.IsNull)
            {
                visitor.Visit(HolderKind.CarpDevIfp, x.CarpDev);
            }
        }
    }
}
