// Modelled from NetBSD sys/kern/kern_malloc.c 1.105 and sys/sys/malloc.h (reference 5.4, 5.5).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Netinet;

namespace Stress.Emulator.Kernel.Kern;

/// <summary>What the bytes of a block are, to the extent that they can be read through an interface pointer.</summary>
public enum BlockImage : byte
{
    /// <summary>Zero-filled.</summary>
    Zero,

    /// <summary>Printable bytes.</summary>
    Text,

    /// <summary>Words that look like small integers.</summary>
    SmallIntegers,

    /// <summary>A ppp_softc: its first member is the ifnet.</summary>
    PppSoftc,

    /// <summary>An in6_ifextra: in6_ifstat, icmp6_ifstat, nd_ifinfo, and scope6_id if there is one.</summary>
    In6IfExtra,

    /// <summary>A router_info (netinet/igmp_var.h).</summary>
    RouterInfo,

    /// <summary>The softc of a cloned interface, or of one that is plugged in: its first member is the ifnet.</summary>
    ClonedSoftc,
}

/// <summary>A word of a kernel structure, named for what it holds; its place in the block depends on the ABI (reference 1.1).</summary>
public enum KernelWord : byte
{
    /// <summary>if_softc.</summary>
    IfSoftc,

    /// <summary>if_list: the link to the next interface.</summary>
    IfList,

    /// <summary>if_addrlist: the head of the addresses.</summary>
    IfAddrList,

    /// <summary>if_index.</summary>
    IfIndex,

    /// <summary>if_flags.</summary>
    IfFlags,

    /// <summary>if_mtu.</summary>
    IfMtu,

    /// <summary>if_output: the function that sends.</summary>
    IfOutput,

    /// <summary>if_ioctl: the function that in_delmulti and in6_delmulti call.</summary>
    IfIoctl,

    /// <summary>if_afdata[AF_INET6]: the in6_ifextra.</summary>
    IfAfdata,

    /// <summary>in6_ifextra.in6_ifstat.</summary>
    ExtraIn6Ifstat,

    /// <summary>in6_ifextra.icmp6_ifstat.</summary>
    ExtraIcmp6Ifstat,

    /// <summary>in6_ifextra.nd_ifinfo.</summary>
    ExtraNdIfinfo,

    /// <summary>in6_ifextra.scope6_id.</summary>
    ExtraScope6Id,

    /// <summary>router_info.rti_type.</summary>
    RtiType,

    /// <summary>sppp.pp_next: the link to the next interface of spppq.</summary>
    SpppNext,
}

/// <summary>One block of a size class. Kernel code never sees <see cref="Generation"/>; only the oracle does.</summary>
public struct HeapBlock : IStateValue<HeapBlock>, IRoomed
{
    /// <summary>What <see cref="Next"/> of a block in use is.</summary>
    public const short InUse = -2;

    /// <summary>Which allocation this is: a new number at each malloc.</summary>
    public uint Generation;

    /// <summary>Next block of the free list, or -1; a block that is in use has <see cref="InUse"/>.</summary>
    public short Next;

    /// <summary>in6_ifextra of a ppp_softc, as an address; nd_ifinfo of an in6_ifextra.</summary>
    public uint Extra;

    /// <summary>What was written last.</summary>
    public BlockImage Image;

    /// <summary>True once free() has poisoned the block since the last malloc.</summary>
    public bool Poisoned;

    /// <summary>if_index of a ppp_softc's image.</summary>
    public ushort IfIndex;

    /// <summary>if_flags of a ppp_softc's image.</summary>
    public ushort IfFlags;

    /// <summary>Slot of the live interface whose softc this is, or -1.</summary>
    public short Interface;

    /// <summary>0 for the softc's class, 1 for the small class.</summary>
    public byte Class;

    /// <inheritdoc/>
    public static TableRoom Room => new("block of the heap", 40, 16, TableRoom.ShortLimit);

    /// <inheritdoc/>
    public static void Fields<TPass>(ref HeapBlock value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Generation);
        pass.Field(ref value.Next);
        pass.Field(ref value.Extra);
        pass.Field(ref value.Image);
        pass.Field(ref value.Poisoned);
        pass.Field(ref value.IfIndex);
        pass.Field(ref value.IfFlags);
        pass.Field(ref value.Interface);
        pass.Field(ref value.Class);
    }
}

/// <summary>
/// The kernel heap: power-of-two classes whose free lists are first-in-first-out. Free appends at the tail, malloc takes the head, and class memory
/// is never unmapped, so a freed block can always be read: only following a poison or garbage word found in it faults.
/// Two classes are modelled, those whose reuse decides an outcome: the ppp_softc's and the in6_ifextra's.
/// </summary>
public sealed class KernelHeap : IState
{
    /// <summary>What free() writes (sys/kern/kern_malloc.c WEIRD_ADDR).</summary>
    public const uint WeirdAddr = 0xdeadbeef;

    /// <summary>First emulated address of the kernel heap.</summary>
    public const uint HeapBase = 0xC1000000;

    /// <summary>Address of pppsioctl in the kernel's text.</summary>
    public const uint TextPppSIoctl = 0xC02A1000;

    /// <summary>Address of pppoutput in the kernel's text.</summary>
    public const uint TextPppOutput = 0xC02A2000;

    /// <summary>Address in the kernel's text of the if_ioctl of an interface that is not a ppp unit.</summary>
    public const uint TextClonedIoctl = 0xC02A3000;

    /// <summary>Address in the kernel's text of the if_output of an interface that is not a ppp unit.</summary>
    public const uint TextClonedOutput = 0xC02A4000;

    /// <summary>Address of an nd_ifinfo that was allocated at attach (its own class; contents survive its free).</summary>
    public const uint NdIfinfoBase = 0xC3000000;

    private const uint SmallBase = 0xC2000000;
    private const int DiagnosticBytes = 32;
    private const int CarveSmall = 16;
    private const int QuarantineBytes = 8;
    private const uint FreeingStack = 0x00001F05;

    private readonly Abi _abi;
    private readonly MallocFill _fill;
    private readonly bool _quarantine;
    private Sequence<HeapBlock> _blocks = new();
    private readonly int[] _head = new int[2];
    private readonly int[] _tail = new int[2];
    private readonly int[] _free = new int[2];
    [NotSaved("it follows from the ABI, which is an option")]
    private readonly int[] _size;
    private uint _generation;
    [NotSaved("asked only right after a malloc")]
    private BlockImage _replaced;

    /// <summary>An empty heap.</summary>
    /// <param name="abi">Sizes and offsets.</param>
    /// <param name="fill">What free writes.</param>
    /// <param name="quarantine">Freed blocks are never handed out again, and keep all but their first 8 bytes (<see cref="KernelDifference.Quarantine"/>).</param>
    public KernelHeap(Abi abi, MallocFill fill, bool quarantine = false)
    {
        _abi = abi;
        _fill = fill;
        _quarantine = quarantine;
        _size = abi == Abi.Ilp32 ? [1024, 16] : [2048, 32];
        Reset();
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref _generation);
        pass.Numbers<int>(_head, initial: -1);
        pass.Numbers<int>(_tail, initial: -1);
        pass.Numbers<int>(_free);
        _blocks.Fields(ref pass);
        pass.Transient(ref _replaced);
    }

    /// <summary>No block any more: the heap of a machine that starts again.</summary>
    public void Reset()
    {
        var reset = new StateReset();
        Fields(ref reset);
    }

    /// <summary>Blocks on a class's free list: the reuse distance of the next block freed.</summary>
    public int FreeCount(int heapClass) => _free[heapClass];

    /// <summary>The block that the next malloc of a class hands out, or -1.</summary>
    public int HeadOf(int heapClass) => _head[heapClass];

    /// <summary>Size of a class in bytes.</summary>
    public int SizeOf(int heapClass) => _size[heapClass];

    /// <summary>What the block that malloc handed out last held before: for the oracle.</summary>
    public BlockImage ReplacedImage => _replaced;

    /// <summary>Number of blocks, in use and free.</summary>
    public int Count => _blocks.Count;

    /// <summary>One block, for the oracle and for show.</summary>
    public ref readonly HeapBlock Block(int block) => ref _blocks[block];

    /// <summary>The class a request of this many bytes falls into, or -1 when it is not modelled.</summary>
    public int ClassOf(int bytes)
    {
        for (int c = 0; c < 2; c++)
        {
            if (bytes <= _size[c] && bytes > _size[c] / 2)
            {
                return c;
            }
        }

        return bytes > 0 && bytes <= _size[1] ? 1 : -1;
    }

    /// <summary>Puts free blocks on a class's list, as a system has after boot.</summary>
    public void Seed(int heapClass, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Append(heapClass, NewBlock(heapClass));
        }
    }

    /// <summary>malloc(9): the head of the class's free list; an empty list carves a page.</summary>
    /// <returns>The block's number; never one that is in use.</returns>
    public int Malloc(int heapClass, BlockImage image)
    {
        if (_quarantine)
        {
            Append(heapClass, NewBlock(heapClass));
        }
        else if (_head[heapClass] < 0)
        {
            int carve = heapClass == 0 ? 4096 / _size[0] : CarveSmall;
            for (int i = 0; i < carve; i++)
            {
                Append(heapClass, NewBlock(heapClass));
            }
        }

        int block = _head[heapClass];
        ref HeapBlock b = ref _blocks[block];
        if (b.Next == HeapBlock.InUse)
        {
            throw new InvalidOperationException($"heap: block {block} is on the free list and in use");
        }

        _head[heapClass] = b.Next;
        if (b.Next < 0)
        {
            _tail[heapClass] = -1;
        }

        _free[heapClass]--;
        b.Next = HeapBlock.InUse;
        b.Generation = ++_generation;
        _replaced = b.Image;
        b.Image = image;
        b.Poisoned = false;
        b.Interface = -1;
        b.IfIndex = 0;
        b.IfFlags = 0;
        b.Extra = 0;
        return block;
    }

    /// <summary>free(9): poison as configured, then to the tail of the list.</summary>
    public void Free(int block)
    {
        ref HeapBlock b = ref _blocks[block];
        if (b.Next != HeapBlock.InUse)
        {
            throw new InvalidOperationException($"heap: block {block} freed twice");
        }

        b.Interface = -1;
        b.Poisoned = true;
        if (_quarantine)
        {
            b.Next = -1;
            return;
        }

        Append(b.Class, block);
    }

    /// <summary>Whether the block is in use, and by the allocation with this identity.</summary>
    public bool IsLive(int block, uint generation) => _blocks[block].Next == HeapBlock.InUse && _blocks[block].Generation == generation;

    /// <summary>Emulated address of a block.</summary>
    public uint AddressOf(int block) => _blocks[block].Class == 0 ? HeapBase + ((uint)block * (uint)_size[0]) : SmallBase + ((uint)block * (uint)_size[1]);

    /// <summary>The block at an address, or -1.</summary>
    public int BlockAt(uint address)
    {
        uint n = address >= NdIfinfoBase ? uint.MaxValue : address >= SmallBase ? (address - SmallBase) / (uint)_size[1]
            : address >= HeapBase ? (address - HeapBase) / (uint)_size[0] : uint.MaxValue;
        return n < (uint)_blocks.Count ? (int)n : -1;
    }

    /// <summary>Marks a block as the softc of a live interface and sets the words that its image keeps.</summary>
    public void SetSoftc(int block, short slot, ushort index, uint afdata)
    {
        ref HeapBlock b = ref _blocks[block];
        b.Interface = slot;
        b.IfIndex = index;
        b.Extra = afdata;
    }

    /// <summary>The interface of this softc has been detached; the block stays in use.</summary>
    public void Orphan(int block) => _blocks[block].Interface = -1;

    /// <summary>Keeps if_flags of the image current, so that a later stale read sees the last value.</summary>
    public void SetFlags(int block, ushort flags) => _blocks[block].IfFlags = flags;

    /// <summary>The nd_ifinfo pointer of an in6_ifextra.</summary>
    public void SetExtra(int block, uint address) => _blocks[block].Extra = address;

    /// <summary>Reads one word of a block as it is now: link, poison, or what was written last.</summary>
    public uint Read(int block, KernelWord word)
    {
        ref readonly HeapBlock b = ref _blocks[block];
        int offset = Offset(word, _abi);
        if (_quarantine)
        {
            if (b.Next != HeapBlock.InUse && offset < QuarantineBytes)
            {
                return FreeingStack;
            }
        }
        else if (b.Next != HeapBlock.InUse && b.Poisoned)
        {
            int link = _fill == MallocFill.Release ? 0 : _abi == Abi.Ilp32 ? 8 : 16;
            if (offset == link)
            {
                return b.Next < 0 ? 0 : AddressOf(b.Next);
            }

            if (_fill != MallocFill.Release && offset == link / 2)
            {
                return 0xC0350000; // struct malloc_type of the block, in the kernel's data
            }

            if (_fill == MallocFill.Debug || (_fill == MallocFill.Diagnostic && offset < DiagnosticBytes))
            {
                return WeirdAddr;
            }
        }

        return b.Image switch
        {
            BlockImage.Text => 0x2F766564, // "dev/"
            BlockImage.SmallIntegers => (uint)(offset >> 2) & 0x3F,
            BlockImage.PppSoftc or BlockImage.ClonedSoftc => word switch
            {
                KernelWord.IfSoftc => AddressOf(block),
                KernelWord.IfIndex => b.IfIndex,
                KernelWord.IfFlags => b.IfFlags,
                KernelWord.IfMtu => 1500,
                KernelWord.IfOutput => b.Image == BlockImage.PppSoftc ? TextPppOutput : TextClonedOutput,
                KernelWord.IfIoctl => b.Image == BlockImage.PppSoftc ? TextPppSIoctl : TextClonedIoctl,
                KernelWord.IfAfdata => b.Extra,
                _ => 0,
            },
            BlockImage.In6IfExtra => word == KernelWord.ExtraNdIfinfo ? b.Extra : NdIfinfoBase + 0x100,
            _ => 0,
        };
    }

    /// <summary>Whether an access to this address finds a page: kernel text, data and heap do; zero, poison and text bytes do not.</summary>
    public static bool IsMapped(uint address) => address is >= 0xC0100000 and < 0xC4000000;

    /// <summary>Whether a block's content is a struct ifnet and what its driver keeps behind it.</summary>
    public static bool IsSoftc(BlockImage image) => image is BlockImage.PppSoftc or BlockImage.ClonedSoftc;

    /// <summary>
    /// Whether a word is the if_ioctl of a driver. For SIOCDELMULTI a departed interface's does no harm, whichever it is: pppsioctl and gif_ioctl use the request's family alone, vlan_ioctl finds
    /// ifv_p cleared, and aue_ioctl that the device is dying.
    /// </summary>
    public static bool IsIoctl(uint word) => word is TextPppSIoctl or TextClonedIoctl;

    /// <summary>Byte offset of a word in its structure (reference 1.1).</summary>
    public static int Offset(KernelWord word, Abi abi)
    {
        bool i = abi == Abi.Ilp32;
        return word switch
        {
            KernelWord.IfSoftc => 0,
            KernelWord.IfList => i ? 4 : 8,
            KernelWord.IfAddrList => i ? 12 : 24,
            KernelWord.IfIndex => i ? 44 : 72,
            KernelWord.IfFlags => i ? 48 : 80,
            KernelWord.IfMtu => i ? 60 : 96,
            KernelWord.IfOutput => i ? 180 : 224,
            KernelWord.IfIoctl => i ? 192 : 248,
            KernelWord.IfAfdata => i ? 460 : 750,
            KernelWord.ExtraIn6Ifstat => 0,
            KernelWord.ExtraIcmp6Ifstat => i ? 4 : 8,
            KernelWord.ExtraNdIfinfo => i ? 8 : 16,
            KernelWord.ExtraScope6Id => i ? 12 : 24,
            KernelWord.RtiType => i ? 4 : 8,
            KernelWord.SpppNext => i ? 480 : 780, // behind the ifnet
            _ => 0,
        };
    }

    private int NewBlock(int heapClass) => _blocks.Add(new HeapBlock { Class = (byte)heapClass, Next = HeapBlock.InUse, Interface = -1, Image = BlockImage.Zero });

    private void Append(int heapClass, int block)
    {
        _blocks[block].Next = -1;
        if (_tail[heapClass] < 0)
        {
            _head[heapClass] = block;
        }
        else
        {
            _blocks[_tail[heapClass]].Next = checked((short)block);
        }

        _tail[heapClass] = block;
        _free[heapClass]++;
    }
}
