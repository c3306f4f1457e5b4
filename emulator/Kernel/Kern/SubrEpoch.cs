// Modelled from FreeBSD sys/kern/subr_epoch.c and its use for the network (NET_EPOCH): readers in a section, and frees that wait for them.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private Table<EpochReader> _epochReaders = new();
    private int[] _epochFrees = [];

    [KernelState]
    private void SubrEpochFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _epochReaders.Fields(ref pass);
        pass.Numbers(ref _epochFrees);
    }

    private bool HasEpochReader
    {
        get
        {
            foreach (ref readonly EpochReader r in _epochReaders.AsSpan())
            {
                if (r.Used)
                {
                    return true;
                }
            }

            return false;
        }
    }

    // The thread of a socket that is inside a section, or -1.
    private int EpochReaderOf(int s)
    {
        for (int r = 0; r < _epochReaders.Length; r++)
        {
            if (_epochReaders[r].Used && _epochReaders[r].Pcb == s)
            {
                return r;
            }
        }

        return -1;
    }

    /// <summary>A sending thread enters the section, reads the interface of its cached route in in6_selecthlim, and is pre-empted there. The kernel of 2005 never is.</summary>
    /// <returns>EBUSY when the socket's thread is inside already, ENXIO without a cached route to a live interface.</returns>
    public Errno EpochEnter(int s)
    {
        if (EpochReaderOf(s) >= 0)
        {
            return Errno.EBUSY;
        }

        int slot = _pcbs[s].Route >= 0 ? LiveAt(_routes[_pcbs[s].Route].Ifp.Address) : -1;
        if (slot < 0)
        {
            return Errno.ENXIO;
        }

        _epochReaders.Put(new EpochReader { Ifp = _routes[_pcbs[s].Route].Ifp, ExtraGeneration = _ifs[slot].ExtraGeneration, Pcb = (short)s, Used = true });
        return Errno.None;
    }

    /// <summary>The thread continues: it reads the interface's if_afdata and what that points to, and leaves the section. The last reader frees what waits.</summary>
    /// <returns>EINVAL when no thread of the socket is inside.</returns>
    public Errno EpochExit(int s)
    {
        int r = EpochReaderOf(s);
        if (r < 0)
        {
            return Errno.EINVAL;
        }

        EpochReader reader = _epochReaders[r];
        using Frame frame = Enter(KernelFunction.Udp6Output, KernelFunction.In6SelectHlim);
        int block = Heap.BlockAt(reader.Ifp.Address);
        if (block >= 0 && Heap.IsLive(block, reader.Ifp.Generation))
        {
            Counters.Uses++;
            int extra = Heap.BlockAt(ReadWord(reader.Ifp, KernelWord.IfAfdata));
            if (!Heap.IsLive(extra, reader.ExtraGeneration))
            {
                _oracle.StaleUse(HolderKind.IfAfdata, UseSite.In6SelectHlim, reader.Ifp);
                FollowStaleNdIfinfo(reader.Ifp, HolderKind.IfAfdata, UseSite.In6SelectHlim);
            }
        }
        else if (Use(reader.Ifp, HolderKind.ReaderIfp, UseSite.In6SelectHlim) == Dangling)
        {
            FollowStaleNdIfinfo(reader.Ifp, HolderKind.ReaderIfp, UseSite.In6SelectHlim);
        }

        _epochReaders[r].Used = false;
        if (!HasEpochReader)
        {
            foreach (int waiting in _epochFrees)
            {
                Heap.Free(waiting);
            }

            _epochFrees = [];
        }

        return Errno.None;
    }

    // epoch_call: frees now, or when the last reader has left.
    private void EpochCall(int block)
    {
        if (HasEpochReader)
        {
            _epochFrees = [.. _epochFrees, block];
        }
        else
        {
            Heap.Free(block);
        }
    }
}
