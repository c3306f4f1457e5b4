// Counted references of the designs that keep a detached interface's memory (reference 9.5, 9.7).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private Table<DeferredBlock> _deferred = new();

    [KernelState]
    private void IfRefFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _deferred.Fields(ref pass);
    }

    /// <summary>Counted references to an interface.</summary>
    public int References(IfnetPtr p)
    {
        foreach (ref readonly DeferredBlock d in _deferred.AsSpan())
        {
            if (d.Generation == p.Generation)
            {
                return d.References;
            }
        }

        return 0;
    }

    /// <summary>Detached interfaces whose memory waits for a holder.</summary>
    public int DetachesPending
    {
        get
        {
            int pending = 0;
            foreach (ref readonly DeferredBlock d in _deferred.AsSpan())
            {
                pending += d.Generation != 0 && d.Block >= 0 ? 1 : 0;
            }

            return pending;
        }
    }

    /// <summary>Takes or drops references; the last one of a detached interface frees its block.</summary>
    public void CountReference(IfnetPtr p, int change)
    {
        Counters.References++;
        for (int i = 0; i < _deferred.Length; i++)
        {
            ref DeferredBlock d = ref _deferred[i];
            if (d.Generation == p.Generation)
            {
                d.References += change;
                if (d.References < 0)
                {
                    throw new InvalidOperationException("if_rele: no reference");
                }

                if (d.References == 0)
                {
                    if (d.Block >= 0)
                    {
                        Heap.Free(d.Block);
                    }

                    d = default;
                }

                return;
            }
        }

        if (change <= 0)
        {
            return; // a pointer from before the design counted
        }

        _deferred.Put(new DeferredBlock { Generation = p.Generation, References = change, Block = -1 });
    }

    // The softc stays allocated until its last holder lets go.
    private void Defer(int block)
    {
        uint generation = Heap.Block(block).Generation;
        Heap.Orphan(block);
        for (int i = 0; i < _deferred.Length; i++)
        {
            if (_deferred[i].Generation == generation)
            {
                _deferred[i].Block = block;
            }
        }
    }
}
