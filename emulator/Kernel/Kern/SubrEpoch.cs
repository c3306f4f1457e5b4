// Modelled from FreeBSD sys/kern/subr_epoch.c and its use for the network (NET_EPOCH): readers in a section, and frees that wait for them.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private EpochReader[] _epochReaders = [];
    private int[] _epochFrees = [];

    private bool HasEpochReader => Array.Exists(_epochReaders, static r => r.Used);

    /// <summary>A sending thread enters the section, reads the interface of its cached route in in6_selecthlim, and is pre-empted there. The kernel of 2005 never is.</summary>
    /// <returns>EBUSY when the socket's thread is inside already, ENXIO without a cached route to a live interface.</returns>
    public Errno EpochEnter(int s)
    {
        if (Array.Exists(_epochReaders, r => r.Used && r.Pcb == s))
        {
            return Errno.EBUSY;
        }

        int slot = _pcbs[s].Route >= 0 ? LiveAt(_routes[_pcbs[s].Route].Ifp.Address) : -1;
        if (slot < 0)
        {
            return Errno.ENXIO;
        }

        int free = Array.FindIndex(_epochReaders, static r => !r.Used);
        if (free < 0)
        {
            free = _epochReaders.Length;
            Array.Resize(ref _epochReaders, free + 1);
        }

        _epochReaders[free] = new EpochReader { Ifp = _routes[_pcbs[s].Route].Ifp, ExtraGeneration = _ifs[slot].ExtraGeneration, Pcb = (short)s, Used = true };
        return Errno.None;
    }

    /// <summary>The thread goes on: it reads the interface's if_afdata and what that points to, and leaves the section. The last reader frees what waits.</summary>
    /// <returns>EINVAL when no thread of the socket is inside.</returns>
    public Errno EpochExit(int s)
    {
        int r = Array.FindIndex(_epochReaders, x => x.Used && x.Pcb == s);
        if (r < 0)
        {
            return Errno.EINVAL;
        }

        EpochReader reader = _epochReaders[r];
        Push(KernelFunction.Udp6Output);
        Push(KernelFunction.In6SelectHlim);
        int block = Heap.BlockAt(reader.Ifp.Address);
        if (block >= 0 && Heap.IsLive(block, reader.Ifp.Generation))
        {
            Price.Uses++;
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

        Pop();
        Pop();
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

    private void ResetEpoch()
    {
        Array.Clear(_epochReaders);
        _epochFrees = [];
    }

    private void SaveEpoch(ImageWriter image)
    {
        image.WriteArray<EpochReader>(_epochReaders);
        image.WriteArray<int>(_epochFrees);
    }

    private void LoadEpoch(ImageReader image)
    {
        _epochReaders = image.ReadArray<EpochReader>();
        _epochFrees = image.ReadArray<int>();
    }
}
