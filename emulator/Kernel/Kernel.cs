using System.Runtime.CompilerServices;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Oracle;
using Stress.Emulator.Simulation;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

/// <summary>A <c>struct ifnet *</c> as the kernel stores it.</summary>
/// <param name="Address">What the kernel sees and compares: an emulated address, 0 for NULL.</param>
/// <param name="Generation">Which allocation it was taken from. Only the oracle, and a design that stores a generation, may look.</param>
/// <param name="Index">if_index when it was stored. Only a design that stores an index may look.</param>
public readonly record struct IfnetPtr(uint Address, uint Generation, ushort Index = 0)
{
    // Images are written byte by byte: without it the last two bytes would be whatever the stack held.
    private readonly ushort _padding = 0;

    /// <summary>NULL.</summary>
    public static readonly IfnetPtr Null;

    /// <summary>Whether the pointer is NULL.</summary>
    public bool IsNull => Address == 0;
}

/// <summary>Error numbers with NetBSD's values (sys/errno.h); 0 is success.</summary>
public enum Errno : byte
{
    None = 0,
    ENXIO = 6,
    EBUSY = 16,
    EEXIST = 17,
    EINVAL = 22,
    EADDRINUSE = 48,
    EADDRNOTAVAIL = 49,
    ENETDOWN = 50,
    ENETUNREACH = 51,
    ENOBUFS = 55,
    EMSGSIZE = 40,
    ETOOMANYREFS = 59,
    EHOSTUNREACH = 65,
    ESRCH = 3,
    EOPNOTSUPP = 45,
}

/// <summary>Functions of the kernel for the emulated call stack.</summary>
public enum KernelFunction : byte
{
    Syscall, SysClose, SysExit, Sosend, Sosetopt, Soclose, InPcbDetach, IpFreeMoptions, IpSetMoptions, InAddMulti, InDelMulti, IgmpJoinGroup, IgmpLeaveGroup,
    IgmpFastTimo, IgmpSendPkt, IpOutput, RipOutput, UdpOutput, InSelectSrc, Udp6Output, In6SelectHlim, In6SelectSrc, Ip6Output, Ip6SetMoptions, In6AddMulti,
    In6DelMulti, Mld6StartListening, Mld6StopListening, Mld6FastTimo, Mld6SendPkt, IfDetach, PppClose, PppDealloc, PppCloneDestroy, PppOpen, PppCreate, IfAttach,
    InPurgeAddr, InPurgeIf, InPcbPurgeIf0, InPcbPurgeIf, In6PurgeAddr, In6PurgeIf, In6PcbPurgeIf0, In6PcbPurgeIf, IgmpPurgeIf, RipUsrReq, UdpUsrReq, TcpUsrReq,
    Udp6UsrReq, InControl, In6Control, Ip6FreeMoptions, IfIoctl, IfUp, IfDown, IpInput, Ip6Input, PppOutput, In6SaveMkludge, In6PcbDetach, IpGetMoptions, SoftNet,
    Ip6MForward, DelM6if, Ip6MrouterDone, CarpSendAd,
}

/// <summary>What the kernel asks of the machine around it.</summary>
public interface IKernelHost
{
    /// <summary>A message lies in the routing socket's queue: whoever selects on it is woken.</summary>
    void RoutingSocketReadable();

    /// <summary>pppoutput hands a packet to the line discipline.</summary>
    void PppTransmit(int line, PppProtocol protocol, ReadOnlySpan<byte> packet);

    /// <summary>An IPv4 packet for a raw socket (the whole packet, header included).</summary>
    void RawInput(int pcb, int ifIndex, ReadOnlySpan<byte> packet);

    /// <summary>A UDP datagram for an IPv6 socket.</summary>
    void Udp6Input(int pcb, int ifIndex, in Ipv6Header ip, ReadOnlySpan<byte> payload);

    /// <summary>An IGMP or MLD timer waits for the fast timeout.</summary>
    void FastTimerWanted();
}

/// <summary>What the kernel did with a word that no access survives.</summary>
public enum PanicAction : byte
{
    /// <summary>panic(9): in6_savemkludge found no record.</summary>
    NoKludgeSpace,

    /// <summary>It was followed as a pointer.</summary>
    Fault,

    /// <summary>It was called as a function.</summary>
    Jump,
}

/// <summary>The machine check: the kernel used a word that no access survives. Never leaves the emulator; the router turns it into a value.</summary>
public sealed class KernelPanic : Exception
{
    /// <summary>A fatal use.</summary>
    /// <param name="site">The function that used the word.</param>
    /// <param name="holder">Where the stale pointer was stored.</param>
    /// <param name="pointer">The stale pointer.</param>
    /// <param name="word">The word.</param>
    /// <param name="action">What was done with it.</param>
    /// <param name="name">Which word of the structure it was.</param>
    public KernelPanic(UseSite site, HolderKind holder, IfnetPtr pointer, uint word, PanicAction action, KernelWord name = default)
    {
        Site = site;
        Holder = holder;
        Pointer = pointer;
        Word = word;
        Action = action;
        Name = name;
    }

    /// <inheritdoc/>
    public override string Message => Describe(Site, Action, Word, Name, Pointer.Address);

    /// <summary>A fatal use in words.</summary>
    public static string Describe(UseSite site, PanicAction action, uint word, KernelWord name, uint address) => action switch
    {
        PanicAction.Fault => $"{KernelNames.Of(site)}: fault on 0x{word:x8} read from {name} of the block at 0x{address:x8}",
        PanicAction.Jump => $"{KernelNames.Of(site)}: jump to 0x{word:x8} read from {name} of the block at 0x{address:x8}",
        _ => $"{KernelNames.Of(site)}: no kludge space",
    };

    /// <summary>What was done with the word.</summary>
    public PanicAction Action { get; }

    /// <summary>Which word of the structure it was.</summary>
    public KernelWord Name { get; }

    /// <summary>The function that used the word.</summary>
    public UseSite Site { get; }

    /// <summary>Where the stale pointer was stored.</summary>
    public HolderKind Holder { get; }

    /// <summary>The stale pointer.</summary>
    public IfnetPtr Pointer { get; }

    /// <summary>The word that was followed.</summary>
    public uint Word { get; }
}

/// <summary>
/// One emulated kernel: the network part of NetBSD early in 2005. One CPU; every method is a system call, an ioctl or a soft interrupt and runs to its end.
/// The parts of the class are in the files of the BSD tree that they model.
/// </summary>
public sealed partial class Kernel
{
    private readonly KernelOptions _options;
    private readonly TeardownDesign _design;
    private readonly KernelSwitch _switches;
    private readonly IKernelHost _host;
    private readonly RouterOracle _oracle;
    private readonly KernelFunction[] _stack = new KernelFunction[32];
    private int _sp;
    private RandomStream _igmpRandom;

    /// <summary>A kernel just booted: loopback and one Ethernet attached.</summary>
    public Kernel(KernelOptions options, TeardownDesign design, RouterOracle oracle, IKernelHost host, RandomStream heapRandom, RandomStream igmpRandom, KernelSwitch switches = KernelSwitch.None)
    {
        _options = options;
        _design = design;
        _switches = switches;
        _oracle = oracle;
        _host = host;
        Heap = new KernelHeap(options.Abi, options.Fill);
        Reset(heapRandom, igmpRandom);
    }

    /// <summary>The machine starts, or starts again: memory as the loader leaves it, before <see cref="AttachBootInterfaces"/>. The tables keep the room that they have grown to.</summary>
    public void Reset(RandomStream heapRandom, RandomStream igmpRandom)
    {
        _igmpRandom = igmpRandom;
        _sp = 0;
        Price = default;
        Heap.Reset();
        ResetIf();
        ResetRoute();
        ResetIn();
        ResetIn6();
        ResetPcb();
        ResetQueues();
        ResetMroute6();
        ResetCarp();
        ResetEpoch();
        Heap.Seed(0, heapRandom.Draw(_options.FreeSoftcBlocks));
        Heap.Seed(1, heapRandom.Draw(_options.FreeSmallBlocks));
    }

    /// <summary>The heap.</summary>
    public KernelHeap Heap { get; }

    /// <summary>What the design has cost so far.</summary>
    public DesignPrice Price;

    /// <summary>The functions on the stack, innermost first.</summary>
    public IReadOnlyList<string> StackTrace() => FunctionNames.InnermostFirst(FunctionStack);

    /// <summary>The functions on the stack, outermost first.</summary>
    public ReadOnlySpan<KernelFunction> FunctionStack => _stack.AsSpan(0, _sp);

    /// <summary>Clears the stack: at every entry from user mode.</summary>
    public void EnterFromUser(KernelFunction function)
    {
        _sp = 0;
        Push(function);
    }

    private bool Has(KernelSwitch s) => (_switches & s) != 0;

    private void Push(KernelFunction function) => _stack[_sp++] = function;

    private void Pop() => _sp--;

    /// <summary>A pointer to an attached interface.</summary>
    public IfnetPtr PointerTo(int slot) => new(_ifs[slot].Address, _ifs[slot].Generation, _ifs[slot].Index);

    // Equality of what two holders store: addresses, or what the design stores instead.
    private bool Same(IfnetPtr a, IfnetPtr b) => _design.Same(a, b);

    /// <summary>The pointer does not lead to a live interface: the caller reads what the freed block holds.</summary>
    private const int Dangling = -1;

    /// <summary>The design's check before use says that the interface is gone: the caller does without.</summary>
    private const int Gone = -2;

    /// <summary>Slot of the live interface at an address, or -1: what the hardware would find there.</summary>
    private int LiveAt(uint address)
    {
        int block = Heap.BlockAt(address);
        if (block >= 0)
        {
            return Heap.Block(block).Interface;
        }

        return address is LoopbackAddress ? 0 : address is EthernetAddress ? 1 : StaticSlot(address);
    }

    // A read through a held interface pointer. Returns the slot when the pointer leads to a live interface (its own, or an alias); otherwise -1,
    // and the caller reads the words that the freed block now holds.
    private int Use(IfnetPtr p, HolderKind holder, UseSite site)
    {
        Price.Uses++;
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

    // Follows a word found through a stale pointer: faults unless the address has a page. Inlined, as is what calls it most: a panic's way out costs by the
    // frame (docs/performance.md).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Follow(uint word, UseSite site, HolderKind holder, IfnetPtr p, KernelWord name)
    {
        if (!KernelHeap.IsMapped(word))
        {
            throw new KernelPanic(site, holder, p, word, PanicAction.Fault, name);
        }
    }

    // Jumps through a function pointer found through a stale pointer.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Jump(uint word, uint expected, UseSite site, HolderKind holder, IfnetPtr p, KernelWord name)
    {
        if (word != expected)
        {
            throw new KernelPanic(site, holder, p, word, PanicAction.Jump, name);
        }
    }

    /// <summary>Writes the kernel's state.</summary>
    public void Save(ImageWriter image)
    {
        Heap.Save(image);
        image.Write(_igmpRandom);
        image.Write(Price);
        SaveIf(image);
        SaveRoute(image);
        SaveIn(image);
        SaveIn6(image);
        SavePcb(image);
        SaveQueues(image);
        SaveMroute6(image);
        SaveCarp(image);
        SaveEpoch(image);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Load(ImageReader image)
    {
        Heap.Load(image);
        _igmpRandom = image.Read<RandomStream>();
        Price = image.Read<DesignPrice>();
        LoadIf(image);
        LoadRoute(image);
        LoadIn(image);
        LoadIn6(image);
        LoadPcb(image);
        LoadQueues(image);
        LoadMroute6(image);
        LoadCarp(image);
        LoadEpoch(image);
    }
}

/// <summary>BSD's spellings of <see cref="KernelFunction"/>.</summary>
public static class FunctionNames
{
    /// <summary>The C names of a stack, innermost first.</summary>
    /// <param name="stack">Outermost first.</param>
    public static IReadOnlyList<string> InnermostFirst(ReadOnlySpan<KernelFunction> stack)
    {
        var names = new string[stack.Length];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = Of(stack[stack.Length - 1 - i]);
        }

        return names;
    }

    /// <summary>The C name.</summary>
    public static string Of(KernelFunction f) => f switch
    {
        KernelFunction.Syscall => "syscall",
        KernelFunction.SysClose => "sys_close",
        KernelFunction.SysExit => "exit1",
        KernelFunction.InPcbDetach => "in_pcbdetach",
        KernelFunction.IpFreeMoptions => "ip_freemoptions",
        KernelFunction.IpSetMoptions => "ip_setmoptions",
        KernelFunction.InAddMulti => "in_addmulti",
        KernelFunction.InDelMulti => "in_delmulti",
        KernelFunction.IgmpJoinGroup => "igmp_joingroup",
        KernelFunction.IgmpLeaveGroup => "igmp_leavegroup",
        KernelFunction.IgmpFastTimo => "igmp_fasttimo",
        KernelFunction.IgmpSendPkt => "igmp_sendpkt",
        KernelFunction.IpOutput => "ip_output",
        KernelFunction.RipOutput => "rip_output",
        KernelFunction.UdpOutput => "udp_output",
        KernelFunction.InSelectSrc => "in_selectsrc",
        KernelFunction.Udp6Output => "udp6_output",
        KernelFunction.In6SelectHlim => "in6_selecthlim",
        KernelFunction.In6SelectSrc => "in6_selectsrc",
        KernelFunction.Ip6Output => "ip6_output",
        KernelFunction.Ip6SetMoptions => "ip6_setmoptions",
        KernelFunction.In6AddMulti => "in6_addmulti",
        KernelFunction.In6DelMulti => "in6_delmulti",
        KernelFunction.Mld6StartListening => "mld6_start_listening",
        KernelFunction.Mld6StopListening => "mld6_stop_listening",
        KernelFunction.Mld6FastTimo => "mld6_fasttimeo",
        KernelFunction.Mld6SendPkt => "mld6_sendpkt",
        KernelFunction.IfDetach => "if_detach",
        KernelFunction.PppClose => "pppclose",
        KernelFunction.PppDealloc => "pppdealloc",
        KernelFunction.PppCloneDestroy => "ppp_clone_destroy",
        KernelFunction.PppOpen => "pppopen",
        KernelFunction.PppCreate => "ppp_create",
        KernelFunction.IfAttach => "if_attach",
        KernelFunction.InPurgeAddr => "in_purgeaddr",
        KernelFunction.InPurgeIf => "in_purgeif",
        KernelFunction.InPcbPurgeIf0 => "in_pcbpurgeif0",
        KernelFunction.InPcbPurgeIf => "in_pcbpurgeif",
        KernelFunction.In6PurgeAddr => "in6_purgeaddr",
        KernelFunction.In6PurgeIf => "in6_purgeif",
        KernelFunction.In6PcbPurgeIf0 => "in6_pcbpurgeif0",
        KernelFunction.In6PcbPurgeIf => "in6_pcbpurgeif",
        KernelFunction.IgmpPurgeIf => "igmp_purgeif",
        KernelFunction.RipUsrReq => "rip_usrreq",
        KernelFunction.UdpUsrReq => "udp_usrreq",
        KernelFunction.TcpUsrReq => "tcp_usrreq",
        KernelFunction.Udp6UsrReq => "udp6_usrreq",
        KernelFunction.InControl => "in_control",
        KernelFunction.In6Control => "in6_control",
        KernelFunction.Ip6FreeMoptions => "ip6_freemoptions",
        KernelFunction.IfIoctl => "ifioctl",
        KernelFunction.IfUp => "if_up",
        KernelFunction.IfDown => "if_down",
        KernelFunction.IpInput => "ip_input",
        KernelFunction.Ip6Input => "ip6_input",
        KernelFunction.PppOutput => "pppoutput",
        KernelFunction.In6SaveMkludge => "in6_savemkludge",
        KernelFunction.In6PcbDetach => "in6_pcbdetach",
        KernelFunction.IpGetMoptions => "ip_getmoptions",
        KernelFunction.SoftNet => "softintr_net",
        KernelFunction.Ip6MForward => "ip6_mforward",
        KernelFunction.CarpSendAd => "carp_send_ad",
        KernelFunction.DelM6if => "del_m6if",
        KernelFunction.Ip6MrouterDone => "ip6_mrouter_done",
        KernelFunction.Sosend => "sosend",
        KernelFunction.Sosetopt => "sosetopt",
        KernelFunction.Soclose => "soclose",
        _ => "?",
    };
}
