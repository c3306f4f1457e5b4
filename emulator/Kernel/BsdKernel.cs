using System.Reflection;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

/// <summary>
/// One emulated kernel: the network part of NetBSD early in 2005. One CPU; every method is a system call, an ioctl or a soft interrupt and runs to its end.
/// The parts of the class are in the files of the BSD tree that they model.
/// </summary>
public sealed partial class BsdKernel : IState
{
    private readonly KernelOptions _options;
    private readonly TeardownDesign _design;
    private readonly KernelSwitch _switches;
    private readonly KernelDifference _differences;
    private readonly IKernelHost _host;
    private readonly IKernelObserver _oracle;
    [NotSaved("whoever listens is no part of a kernel")]
    private readonly SystemCallListener _calls;
    [NotSaved("the machine's, which saves it: what is counted survives a reboot")]
    private readonly MachineCounters _counters;

    /// <summary>A kernel just loaded, before <see cref="AttachBootInterfaces"/>.</summary>
    /// <param name="options">Its configuration.</param>
    /// <param name="design">Its teardown design.</param>
    /// <param name="boot">The interfaces that it finds at boot; one of them is the loopback.</param>
    /// <param name="oracle">Watches it.</param>
    /// <param name="host">The machine around it.</param>
    /// <param name="heapRandom">Draws how much memory is free after boot.</param>
    /// <param name="igmpRandom">Draws delays of group reports.</param>
    /// <param name="switches">Deviations from the kernel of 2005.</param>
    /// <param name="differences">Ways in which another system's kernel differs from the mail's.</param>
    public BsdKernel(
        KernelOptions options, TeardownDesign design, BootInterface[] boot, IKernelObserver oracle, IKernelHost host, RandomStream heapRandom, RandomStream igmpRandom, KernelSwitch switches = KernelSwitch.None,
        KernelDifference differences = KernelDifference.None)
    {
        _options = options;
        _design = design;
        _boot = Checked(boot);
        _loopback = Array.FindIndex(boot, static port => port.Kind == InterfaceKind.Loopback);
        _bootStation = Array.FindIndex(boot, static port => port.LinkAddress != 0);
        _switches = switches;
        _differences = differences;
        _oracle = oracle;
        _calls = oracle.Calls;
        _host = host;
        _counters = host.Counted;
        Heap = new KernelHeap(options.Abi, options.Fill, (differences & KernelDifference.Quarantine) != 0);
        Reset(heapRandom, igmpRandom);
    }

    /// <summary>The machine starts, or starts again: memory as the loader leaves it, before <see cref="AttachBootInterfaces"/>. The tables keep the room that they have grown to.</summary>
    public void Reset(RandomStream heapRandom, RandomStream igmpRandom)
    {
        var reset = new StateReset();
        Fields(ref reset);
        _igmpRandom = igmpRandom;
        Heap.Seed(0, heapRandom.Draw(_options.FreeSoftcBlocks));
        Heap.Seed(1, heapRandom.Draw(_options.FreeSmallBlocks));
    }

    /// <summary>The heap.</summary>
    public KernelHeap Heap { get; }

    /// <summary>What the machine counts.</summary>
    public ref Counters Counters => ref _counters.Counts;

    [KernelState]
    private void KernelFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        Heap.Fields(ref pass);
    }

    // Whether system calls are described: usually nothing listens.
    private bool HearsCalls => _calls.Trace is not null;

    private bool Has(KernelSwitch s) => (_switches & s) != 0;

    private bool Differs(KernelDifference d) => (_differences & d) != 0;

    /// <summary>A pointer to an attached interface.</summary>
    public IfnetPtr PointerTo(int slot)
    {
        ref readonly Ifnet ifp = ref _ifs[slot];
        return new(ifp.Address, ifp.Generation, ifp.Index);
    }

    // Equality of what two holders store: addresses, or what the design stores instead.
    private bool Same(IfnetPtr a, IfnetPtr b) => _design.Same(a, b);

    /// <summary>The pointer does not lead to a live interface: the caller reads what the freed block holds.</summary>
    private const int Dangling = -1;

    /// <summary>The design's check before use says that the interface is gone: the caller does without it.</summary>
    private const int Gone = -2;

    /// <summary>Slot of the live interface at an address, or -1: what the hardware would find there.</summary>
    private int LiveAt(uint address)
    {
        int block = Heap.BlockAt(address);
        if (block >= 0)
        {
            return Heap.Block(block).Interface;
        }

        return BootSlot(address);
    }

    // A read through a held interface pointer. Returns the slot when the pointer leads to a live interface (its own, or an alias); otherwise -1,
    // and the caller reads the words that the freed block now holds.
    private int Use(IfnetPtr p, HolderKind holder, UseSite site)
    {
        Counters.Uses++;
        int slot;
        switch (_design.Check(this, p, holder, out slot))
        {
            case UseCheck.Gone:
                return Gone;
            case UseCheck.Found:
                if (_ifs[slot].Generation != p.Generation)
                {
                    _oracle.Alias(holder, site, p, _ifs[slot].Generation);
                }

                return slot;
        }

        slot = LiveAt(p.Address);
        if (slot >= 0)
        {
            if (_ifs[slot].Generation != p.Generation)
            {
                _oracle.Alias(holder, site, p, _ifs[slot].Generation);
            }

            return slot;
        }

        _oracle.StaleUse(holder, site, p);
        return Dangling;
    }

    // Reads a word of the block that a stale pointer leads to.
    private uint ReadWord(IfnetPtr p, KernelWord word)
    {
        int block = Heap.BlockAt(p.Address);
        return block < 0 ? 0 : Heap.Read(block, word);
    }

    /// <summary>Writes the kernel's state.</summary>
    public void Save(ImageWriter image) => image.Save(this);

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Load(ImageReader image) => image.Load(this);

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        foreach (FileFields<TPass> file in FilesOf<TPass>.All)
        {
            file(this, ref pass);
        }
    }

    private delegate void FileFields<TPass>(BsdKernel kernel, ref TPass pass)
        where TPass : struct, IStatePass;

    // Each file of the kernel shows its own fields, in a method that is found by its attribute: a new file needs no entry in a list.
    private static class FilesOf<TPass>
        where TPass : struct, IStatePass
    {
        public static readonly FileFields<TPass>[] All =
        [
            .. typeof(BsdKernel).GetMethods(BindingFlags.Instance | BindingFlags.NonPublic)
                .Where(method => method.IsDefined(typeof(KernelStateAttribute)))
                .OrderBy(method => method.Name, StringComparer.Ordinal)
                .Select(method => method.MakeGenericMethod(typeof(TPass)).CreateDelegate<FileFields<TPass>>()),
        ];
    }
}
