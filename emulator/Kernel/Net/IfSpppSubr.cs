// Modelled from NetBSD sys/net/if_spppsubr.c (sppp_attach, sppp_detach, sppp_keepalive): the list of interfaces, and the timer that walks it. No run has the timer.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const int SpppKeepaliveTicks = 50;
    private Table<SpppEntry> _spppq = new();
    private byte _spppTicks;

    [KernelState]
    private void IfSpppSubrFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _spppq.Fields(ref pass);
        pass.Field(ref _spppTicks);
    }

    private void SpppAttach(int slot)
    {
        _spppq.Put(new SpppEntry { Ifp = PointerTo(slot), Used = true });
        _design.Hold(this, PointerTo(slot));
        _oracle.Stored(this, slot, HolderKind.SpppIfp);
    }

    private void SpppDetach(IfnetPtr p)
    {
        foreach (ref SpppEntry e in _spppq.AsSpan())
        {
            if (e.Used && Same(e.Ifp, p))
            {
                e.Used = false;
                _design.Release(this, p);
            }
        }
    }

    /// <summary>A tick of 200 ms: each ten seconds sppp_keepalive looks at the flags of every interface of the list, and follows pp_next of each.</summary>
    public void SpppTimo()
    {
        _spppTicks = (byte)((_spppTicks + 1) % SpppKeepaliveTicks);
        if (_spppTicks != 0)
        {
            return;
        }

        using Frame frame = Enter(KernelFunction.SpppKeepalive);
        foreach (ref readonly SpppEntry e in _spppq.AsSpan())
        {
            if (e.Used && Use(e.Ifp, HolderKind.SpppIfp, UseSite.SpppKeepalive) == Dangling && ReadWord(e.Ifp, KernelWord.SpppNext) is var next and not 0)
            {
                Follow(next, UseSite.SpppKeepalive, HolderKind.SpppIfp, e.Ifp, KernelWord.SpppNext);
            }
        }
    }

    /// <summary>Every entry of spppq.</summary>
    internal static void WalkSppp(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly SpppEntry x in kernel._spppq.AsSpan())
        {
            if (x.Used)
            {
                visitor.Visit(HolderKind.SpppIfp, x.Ifp);
            }
        }
    }
}
