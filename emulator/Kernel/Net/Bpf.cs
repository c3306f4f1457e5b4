// Modelled from NetBSD sys/net/bpf.c (bpf_setif, bpfwrite, bpfdetach) as far as a descriptor names an interface: it captures nothing. No run has one.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private Table<BpfDescriptor> _bpfs = new();

    [KernelState]
    private void BpfFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _bpfs.Fields(ref pass);
    }

    /// <summary>open(2) of /dev/bpf and BIOCSETIF.</summary>
    /// <returns>Number of the descriptor.</returns>
    public int BpfOpen(int slot)
    {
        int d = _bpfs.Put(new BpfDescriptor { Ifp = PointerTo(slot), Used = true });
        _design.Hold(this, _bpfs[d].Ifp);
        _oracle.Stored(this, slot, HolderKind.BpfIfp);
        return d;
    }

    /// <summary>write(2): the frame leaves by the descriptor's interface, through its if_output. The frame itself is not modelled.</summary>
    /// <returns>ENXIO where the interface has gone and said so, ENETDOWN where it is down.</returns>
    public Errno BpfWrite(int d)
    {
        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.BpfWrite);
        IfnetPtr p = _bpfs[d].Ifp;
        if (p.IsNull)
        {
            return Errno.ENXIO;
        }

        int slot = Use(p, HolderKind.BpfIfp, UseSite.BpfWrite);
        return slot == Dangling ? StaleOutput(p, HolderKind.BpfIfp, UseSite.BpfWrite)
            : slot < 0 ? Errno.ENXIO
            : (_ifs[slot].Flags & Iff.Up) == 0 ? Errno.ENETDOWN : Errno.None;
    }

    // bpfdetach: descriptors of a departing interface have none any more.
    private void BpfDetach(IfnetPtr p)
    {
        foreach (ref BpfDescriptor d in _bpfs.AsSpan())
        {
            if (d.Used && !d.Ifp.IsNull && Same(d.Ifp, p))
            {
                d.Ifp = IfnetPtr.Null;
                _design.Release(this, p);
            }
        }
    }

    /// <summary>The interface of every bpf descriptor.</summary>
    internal static void WalkBpf(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly BpfDescriptor x in kernel._bpfs.AsSpan())
        {
            if (x.Used && !x.Ifp.IsNull)
            {
                visitor.Visit(HolderKind.BpfIfp, x.Ifp);
            }
        }
    }
}
