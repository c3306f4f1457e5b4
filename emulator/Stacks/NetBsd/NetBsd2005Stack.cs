using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Stacks.Main;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Stacks.NetBsd;

/// <summary>
/// The mail's kernel, as the operation language meets it: a thin shell over <see cref="BsdKernel"/>. An interface is a cloned ppp unit, so that
/// <c>destroy</c> detaches and frees its softc. The class of the softc has no free block at the start: <c>alloc 1024</c> takes the oldest freed one.
/// </summary>
public sealed class NetBsd2005Stack : IStack, IKernelHost, IUseListener
{
    private const int Send4Bytes = 18, Send6Bytes = 11, SendPkt6Bytes = 12, TickMilliseconds = 200;
    private readonly TeardownDesign _design;
    private readonly KernelProfile _profile;
    private readonly BsdKernel _kernel;
    private readonly RouterOracle _router;
    private readonly SiteClock _clock = new();
    private readonly SortedDictionary<string, int> _interfaces = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _sockets = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _carps = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _bpfs = new(StringComparer.Ordinal);
    private readonly List<(int Line, Frame Frame)> _frames = [];
    private readonly HolderFinding?[] _findings = new HolderFinding?[Holders.Kinds];
    private int _lines;
    private int _ticked;

    /// <inheritdoc/>
    public MachineCounters Counted { get; } = new();

    /// <summary>A kernel just booted.</summary>
    /// <param name="design">Its teardown design.</param>
    /// <param name="options">Kernel options; by default ILP32 with DIAGNOSTIC. No block is free at the start.</param>
    /// <param name="switches">Deviations from the kernel of 2005.</param>
    public NetBsd2005Stack(TeardownDesign design, KernelOptions? options = null, KernelSwitch switches = KernelSwitch.None)
        : this(
            design,
            options is null ? KernelProfile.Of2005 : KernelProfile.Of2005 with { Options = options with { FreeSoftcBlocks = CountRange.Fixed(0), FreeSmallBlocks = CountRange.Fixed(0) } },
            switches)
    {
    }

    /// <summary>A kernel just booted, under another name and with that one's differences.</summary>
    /// <param name="design">Its teardown design.</param>
    /// <param name="profile">Which kernel.</param>
    /// <param name="switches">Deviations from it.</param>
    public NetBsd2005Stack(TeardownDesign design, KernelProfile profile, KernelSwitch switches = KernelSwitch.None)
    {
        _design = design;
        _profile = profile;
        _router = new RouterOracle(0, _clock, 16, Counted) { Listener = this };
        _kernel = new BsdKernel(
            profile.Options, design, [.. profile.Boot], _router, this, new RandomStream(1, 1, RandomPurpose.Heap), new RandomStream(1, 1, RandomPurpose.Igmp), switches, profile.Differences);
        _kernel.AttachBootInterfaces();
    }

    /// <inheritdoc/>
    public string Name => _profile.Name;

    /// <inheritdoc/>
    public string Design => _design.Name;

    /// <inheritdoc/>
    public StackOracle Oracle { get; private set; } = new();

    /// <summary>Uses of pointers whose interface has gone, by holder, teardown order and use site; only cells that were reached.</summary>
    public Ring<CoverageCell> Cells => _router.Cells;

    /// <summary>Also told of each bad use, or null.</summary>
    public IUseListener? Listener { get; set; }

    /// <summary>The kernel.</summary>
    public BsdKernel RunningKernel => _kernel;

    /// <inheritdoc/>
    public bool KeepsOneLastIndex => false;

    /// <summary>The title of the crash, once there was one.</summary>
    public CrashTitle? Title { get; private set; }

    /// <summary>
    /// The most severe finding of each holder so far, in the order of <see cref="HolderKind"/>. What is left behind counts as a leak only where the design stores
    /// a pointer, and only on a kernel that lives.
    /// </summary>
    public IReadOnlyList<HolderFinding> Findings()
    {
        Span<int> left = stackalloc int[Holders.Kinds];
        left.Clear();
        if (Title is null)
        {
            _kernel.CountStale(left);
        }

        var all = new List<HolderFinding>();
        for (int k = 1; k < left.Length; k++)
        {
            var holder = (HolderKind)k;
            if (_findings[k] is { } found)
            {
                all.Add(found);
            }
            else if (left[k] > 0 && !_design.StoresIndex(holder))
            {
                string waits = _kernel.DetachesPending > 0 ? ", and the detach waits for it" : "";
                all.Add(new HolderFinding(holder, Verdict.Leak, $"{left[k]} {KernelNames.Of(holder)} left of an interface that has gone{waits}"));
            }
        }

        return all;
    }

    private void Find(HolderKind holder, Verdict verdict, string text)
    {
        if (_findings[(int)holder] is not { } known || known.Verdict < verdict)
        {
            _findings[(int)holder] = new HolderFinding(holder, verdict, text);
        }
    }

    private static OperationResult NoInterface => OperationResult.Fail(NetBsdErrno.ENXIO);

    private static OperationResult BadDescriptor => OperationResult.Fail(NetBsdErrno.EBADF);

    /// <inheritdoc/>
    public uint IndexOf(string name) => _interfaces.TryGetValue(name, out int slot) ? _kernel.Interfaces[slot].Index : 0u;

    private static OperationResult Answer(Errno e, string? detail = null) =>
        e == Errno.None ? new OperationResult(0, null, detail) : OperationResult.Fail(new StackError(e.ToString(), ((int)e).ToString(CultureInfo.InvariantCulture)), detail);

    // Every operation enters the kernel here: a panic is a value, with its title.
    private OperationResult Do(Func<OperationResult> operation)
    {
        try
        {
            _kernel.EnterFromUser(KernelFunction.Syscall);
            return operation();
        }
        catch (KernelPanic panic)
        {
            PurgeGap gap = _router.GapOf(panic.Holder, panic.Pointer);
            Title = new CrashTitle(panic.Site, panic.Holder, gap);
            Find(panic.Holder, Verdict.Crash, Title.ToString()!);
            Oracle.Die(panic.Action == PanicAction.NoKludgeSpace ? BadAccessKind.Panic : BadAccessKind.Segv, KernelNames.Of(panic.Site), FileOf(panic.Site), $"{Title}; {panic.Message}; stack {string.Join(" < ", _kernel.StackTrace())}");
            return OperationResult.Fail(new StackError("panic", "0"));
        }
        catch (TableFullException full)
        {
            // The limit is the model's, not any kernel's: what the operation would have done is not known.
            return OperationResult.NotModelled with { Detail = full.Message };
        }
    }

    private OperationResult OnInterface(string name, Func<int, OperationResult> operation) =>
        _interfaces.TryGetValue(name, out int slot) ? Do(() => operation(slot)) : NoInterface;

    private OperationResult OnSocket(string name, Func<int, OperationResult> operation) =>
        _sockets.TryGetValue(name, out int s) ? Do(() => operation(s)) : BadDescriptor;

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public OperationResult Create(string name) => _interfaces.ContainsKey(name) ? OperationResult.Fail(NetBsdErrno.EEXIST) : Do(() =>
    {
        if (ClonedKind.TryParse(name, out short unit))
        {
            _interfaces[name] = _kernel.IfCloneCreate(unit);
            return OperationResult.Ok;
        }

        int slot = _kernel.PppOpen(_lines++, 0);
        _kernel.PppIocSNpMode(slot, true, true);
        _interfaces[name] = slot;
        return OperationResult.Ok;
    });

    /// <inheritdoc/>
    public bool HasClonedKinds => true;

    /// <inheritdoc/>
    public OperationResult SetParent(string name, string parent) => OnInterface(name, slot => OnInterface(parent, other => Answer(_kernel.SiocSetParent(slot, other))));

    /// <inheritdoc/>
    public OperationResult CreateOver(string upper, string lower, Ipv4Address local, Ipv4Address remote) => OnInterface(lower, _ =>
    {
        OperationResult created = Create(upper);
        return created.Value == 0 ? Answer(_kernel.SiocSIfPhyAddr(_interfaces[upper], remote)) : created;
    });

    /// <inheritdoc/>
    public OperationResult OpenBpf(string bpf, string name) => _bpfs.ContainsKey(bpf) ? OperationResult.Fail(NetBsdErrno.EEXIST) : OnInterface(name, slot =>
    {
        _bpfs[bpf] = _kernel.BpfOpen(slot);
        return OperationResult.Ok;
    });

    /// <inheritdoc/>
    public OperationResult WriteBpf(string bpf) => _bpfs.TryGetValue(bpf, out int d) ? Do(() => Answer(_kernel.BpfWrite(d))) : BadDescriptor;

    /// <inheritdoc/>
    public OperationResult AddBridgeMember(string bridge, string member) => OnInterface(bridge, slot => OnInterface(member, other => Answer(_kernel.BridgeAdd(slot, other))));

    /// <inheritdoc/>
    public OperationResult Open(string name) => OnInterface(name, _ => OperationResult.With("0"));

    /// <inheritdoc/>
    public OperationResult Index(string name) =>
        _interfaces.TryGetValue(name, out int slot) ? OperationResult.With(Text(_kernel.Interfaces[slot].Index)) : OperationResult.Fail(NetBsdErrno.ENXIO, "0");

    /// <inheritdoc/>
    public OperationResult AddAddress4(string name, Ipv4Address local, Ipv4Address peer) => OnInterface(name, slot => Answer(_kernel.SiocAifAddr(slot, local, peer)));

    /// <inheritdoc/>
    public OperationResult AddAddress6(string name, Ipv6Address local, int prefixLength, Ipv6Address? peer) =>
        OnInterface(name, slot => Answer(_kernel.SiocAifAddr6(slot, local, (byte)prefixLength, peer ?? default)));

    /// <inheritdoc/>
    public OperationResult DeleteAddress4(string name, Ipv4Address local) => OnInterface(name, slot => Answer(_kernel.SiocDifAddr(slot, local)));

    /// <inheritdoc/>
    public OperationResult DeleteAddress6(string name, Ipv6Address local) => OnInterface(name, slot => Answer(_kernel.SiocDifAddr6(slot, local)));

    /// <inheritdoc/>
    public OperationResult Up(string name) => OnInterface(name, slot => SetUp(slot, true));

    /// <inheritdoc/>
    public OperationResult Down(string name) => OnInterface(name, slot => SetUp(slot, false));

    private OperationResult SetUp(int slot, bool up)
    {
        _kernel.SiocSIfFlags(slot, up);
        return OperationResult.Ok;
    }

    /// <inheritdoc/>
    public OperationResult CloseDevice(string name) => OnInterface(name, _ => OperationResult.Ok);

    /// <inheritdoc/>
    public OperationResult Destroy(string name) => OnInterface(name, slot =>
    {
        _interfaces.Remove(name);
        if (ClonedKind.IsCloned(_kernel.Interfaces[slot].Unit))
        {
            _kernel.IfCloneDestroy(slot);
            foreach (string gone in _interfaces.Where(other => !_kernel.Interfaces[other.Value].Attached).Select(other => other.Key).ToArray())
            {
                _interfaces.Remove(gone);
            }

            return OperationResult.Ok;
        }

        _kernel.PppClose(slot, _kernel.Interfaces[slot].Line);
        return OperationResult.Ok;
    });

    /// <inheritdoc/>
    public OperationResult Drain(string name) => OnInterface(name, slot =>
    {
        int line = _kernel.Interfaces[slot].Line;
        Frame[] mine = [.. _frames.Where(f => f.Line == line).Select(f => f.Frame)];
        _frames.RemoveAll(f => f.Line == line);
        return new OperationResult(0, null, Text((uint)mine.Length), mine.Length == 0 ? null : string.Join(" ", mine.Select(f => f.ToNetBsdText()))) { Frames = mine };
    });

    /// <inheritdoc/>
    public OperationResult OpenRaw4(string socket, int protocol) => OpenSocket(socket, PcbTable.Raw, protocol);

    /// <inheritdoc/>
    public OperationResult OpenRaw6(string socket, int protocol) => OpenSocket(socket, PcbTable.Raw6, protocol);

    /// <inheritdoc/>
    public OperationResult OpenUdp6(string socket, int port) => OpenSocket(socket, PcbTable.Udp6, port);

    /// <inheritdoc/>
    public OperationResult OpenTcp6(string socket, int port) => Do(() =>
    {
        _sockets[socket] = _kernel.TcpListen(inet6: true, (ushort)port, keepAlive: true);
        return OperationResult.Ok;
    });

    /// <inheritdoc/>
    public OperationResult Connect4(string socket, Ipv4Address destination, int port) => Connect(socket, inet6: false, new Ipv6Address(0, destination.Value), port);

    /// <inheritdoc/>
    public OperationResult Connect6(string socket, Ipv6Address destination, int port, uint index) =>
        Connect(socket, inet6: true, destination.HasEmbeddedScope ? destination.WithEmbeddedScope((ushort)index) : destination, port);

    private OperationResult Connect(string socket, bool inet6, Ipv6Address foreign, int port) => Do(() =>
    {
        Errno error = _kernel.TcpConnect(inet6, foreign, (ushort)port, keepAlive: true, out int s);
        if (s >= 0)
        {
            _sockets[socket] = s;
        }

        return Answer(error);
    });

    private OperationResult OpenSocket(string socket, PcbTable table, int number)
    {
        _sockets[socket] = _kernel.OpenSocket(table, (ushort)number);
        return OperationResult.Ok;
    }

    /// <inheritdoc/>
    public OperationResult Close(string socket) => OnSocket(socket, s =>
    {
        _sockets.Remove(socket);
        _kernel.CloseSocket(s, exiting: false);
        return OperationResult.Ok;
    });

    /// <inheritdoc/>
    public OperationResult SetMulticastInterface4(string socket, Ipv4Address local) => OnSocket(socket, s => Answer(_kernel.IpMulticastIf(s, local)));

    /// <inheritdoc/>
    public OperationResult SetMulticastInterface6(string socket, uint index) => OnSocket(socket, s => Answer(_kernel.Ipv6MulticastIf(s, (int)index), Text(index)));

    /// <inheritdoc/>
    public OperationResult GetMulticastInterface4(string socket) => OnSocket(socket, s =>
    {
        Errno e = _kernel.IpMulticastIfReadBack(s, out Ipv4Address a);
        return Answer(e, _profile.PrintsAddressAsNumber ? Text(BinaryPrimitives.ReverseEndianness(a.Value)) : a.IsAny ? "0" : a.ToString());
    });

    /// <inheritdoc/>
    public OperationResult GetMulticastInterface6(string socket) => OnSocket(socket, s => OperationResult.With(Text(_kernel.Ipv6MulticastIfReadBack(s))));

    /// <inheritdoc/>
    public OperationResult Join4(string socket, Ipv4Address group, Ipv4Address local) => OnSocket(socket, s => Answer(_kernel.IpAddMembership(s, group, local)));

    /// <inheritdoc/>
    public OperationResult Drop4(string socket, Ipv4Address group, Ipv4Address local) => OnSocket(socket, s => Answer(_kernel.IpDropMembership(s, group, local)));

    /// <inheritdoc/>
    public OperationResult Join6(string socket, Ipv6Address group, uint index) => OnSocket(socket, s => Answer(_kernel.Ipv6JoinGroup(s, group, (int)index), Text(index)));

    /// <inheritdoc/>
    public OperationResult Drop6(string socket, Ipv6Address group, uint index) => OnSocket(socket, s => Answer(_kernel.Ipv6LeaveGroup(s, group, (int)index), Text(index)));

    /// <inheritdoc/>
    public OperationResult Send4(string socket, Ipv4Address destination) => OnSocket(socket, s =>
    {
        Span<byte> payload = stackalloc byte[Send4Bytes];
        Errno e = _kernel.SendRaw(s, destination, Ipv4Address.Any, (byte)_kernel.Pcbs[s].Port, payload);
        return Answer(e, e == Errno.None ? Text(Send4Bytes) : null);
    });

    /// <inheritdoc/>
    public OperationResult Send6(string socket, Ipv6Address destination) => OnSocket(socket, s =>
    {
        Span<byte> payload = stackalloc byte[Send6Bytes];
        Errno e = _kernel.SendUdp6Plain(s, destination, _kernel.Pcbs[s].Port, payload);
        return Answer(e, e == Errno.None ? Text(Send6Bytes) : null);
    });

    /// <inheritdoc/>
    public OperationResult SendWithPacketInfo6(string socket, Ipv6Address destination, uint index) => OnSocket(socket, s =>
    {
        Span<byte> payload = stackalloc byte[SendPkt6Bytes];
        return Answer(_kernel.SendUdp6(s, destination, _kernel.Pcbs[s].Port, (int)index, payload), Text(index));
    });

    /// <summary>The first half of <see cref="SendWithPacketInfo6"/>: the check of the index, before the sender sleeps.</summary>
    public OperationResult CheckPacketInfo6(string socket, uint index, bool keepsPointer, out IfnetPtr found)
    {
        IfnetPtr checkedIf = default;
        OperationResult result = OnSocket(socket, _ => Answer(_kernel.Ip6SetPktOptions((int)index, keepsPointer, out checkedIf), Text(index)));
        found = checkedIf;
        return result;
    }

    /// <summary>The second half: the send, after the sleep.</summary>
    public OperationResult SendChecked6(string socket, Ipv6Address destination, IfnetPtr found, bool keepsPointer) => OnSocket(socket, s =>
    {
        Span<byte> payload = stackalloc byte[SendPkt6Bytes];
        return Answer(_kernel.SendUdp6AfterSleep(s, destination, _kernel.Pcbs[s].Port, found, keepsPointer, payload));
    });

    /// <summary>Writes the router without its counters: what decides how it goes on.</summary>
    public void Save(ImageWriter image)
    {
        _kernel.Save(image);
        _router.SaveFacts(image);
        image.Write(_lines);
        image.Write(_ticked);
        SaveNames(image, _interfaces);
        SaveNames(image, _sockets);
        SaveNames(image, _carps);
        SaveNames(image, _bpfs);
    }

    /// <summary>Reads what <see cref="Save"/> wrote; the oracle starts again.</summary>
    public void Load(ImageReader image)
    {
        _kernel.Load(image);
        _router.LoadFacts(image);
        _lines = image.Read<int>();
        _ticked = image.Read<int>();
        LoadNames(image, _interfaces);
        LoadNames(image, _sockets);
        LoadNames(image, _carps);
        LoadNames(image, _bpfs);
        _frames.Clear();
        Title = null;
        Array.Clear(_findings);
        if (Oracle.Accesses.Count > 0)
        {
            Oracle = new StackOracle();
        }
    }

    private static void SaveNames(ImageWriter image, SortedDictionary<string, int> names)
    {
        image.Write(names.Count);
        foreach ((string name, int value) in names)
        {
            image.WriteArray<char>(name);
            image.Write(value);
        }
    }

    private static void LoadNames(ImageReader image, SortedDictionary<string, int> names)
    {
        names.Clear();
        for (int n = image.Read<int>(); n > 0; n--)
        {
            names[new string(image.ReadArray<char>())] = image.Read<int>();
        }
    }

    /// <inheritdoc/>
    public OperationResult State() => new(0, null, null, "(n/a)");

    /// <inheritdoc/>
    public OperationResult Tick(int milliseconds) => Do(() =>
    {
        _ticked += milliseconds;
        for (; _ticked >= TickMilliseconds; _ticked -= TickMilliseconds)
        {
            _kernel.IgmpFastTimo();
            _kernel.Mld6FastTimeo();
            _kernel.CarpTimo();
            _kernel.DummynetTask();
            _kernel.IpReassemblyTimeout();
            _kernel.Frag6SlowTimo();
            _kernel.Nd6Timer();
            _kernel.Nd6DadTimer();
            _kernel.SpppTimo();
            _kernel.TcpTimo();
        }

        return OperationResult.Ok;
    });

    /// <inheritdoc/>
    public OperationResult Deliver(string name, byte[] packet) => OnInterface(name, slot =>
    {
        if (packet.Length > 0 && packet[0] >> 4 == 6)
        {
            _kernel.Ip6Input(slot, packet);
        }
        else
        {
            _kernel.IpInput(slot, packet);
        }

        return OperationResult.With(Text((uint)packet.Length));
    });

    /// <inheritdoc/>
    public OperationResult Enqueue(string name, byte[] packet) => OnInterface(name, slot =>
    {
        _kernel.NetisrEnqueue(slot, packet);
        return OperationResult.With(Text((uint)packet.Length));
    });

    /// <inheritdoc/>
    public OperationResult SoftInterrupt() => Do(() => OperationResult.With(Text((uint)_kernel.Netisr())));

    /// <inheritdoc/>
    public OperationResult SetPipe(int milliseconds)
    {
        _kernel.DummynetPipe((milliseconds + TickMilliseconds - 1) / TickMilliseconds);
        return OperationResult.Ok;
    }

    /// <inheritdoc/>
    public OperationResult CreateCarp(string carp, string parent) => _carps.ContainsKey(carp) ? OperationResult.Fail(NetBsdErrno.EEXIST) : OnInterface(parent, slot =>
    {
        _carps[carp] = _kernel.CarpAttach(slot);
        return OperationResult.Ok;
    });

    /// <inheritdoc/>
    public OperationResult DestroyCarp(string carp) => !_carps.Remove(carp, out int c) ? NoInterface : Do(() =>
    {
        _kernel.CarpDetach(c);
        return OperationResult.Ok;
    });

    /// <inheritdoc/>
    public OperationResult AddRoute4(string name, Ipv4Address destination, int prefixLength, bool cloning) =>
        OnInterface(name, slot => Answer(_kernel.AddRoute(slot, destination, (byte)prefixLength, cloning)));

    /// <inheritdoc/>
    public OperationResult EnterReadSection(string socket) => OnSocket(socket, s => Answer(_kernel.EpochEnter(s)));

    /// <inheritdoc/>
    public OperationResult LeaveReadSection(string socket) => OnSocket(socket, s => Answer(_kernel.EpochExit(s)));

    /// <inheritdoc/>
    public OperationResult OpenMulticastRouter6(string socket) => OnSocket(socket, s => Answer(_kernel.Ip6MrouterInit(s)));

    /// <inheritdoc/>
    public OperationResult AddMulticastInterface6(string socket, int mif, uint index) => OnSocket(socket, s => Answer(_kernel.AddM6if(s, mif, (int)index), Text(index)));

    /// <inheritdoc/>
    public OperationResult AddMulticastRoute6(string socket, Ipv6Address origin, Ipv6Address group, int parent, uint outgoing) =>
        OnSocket(socket, s => Answer(_kernel.AddM6fc(s, origin, group, parent, outgoing)));

    /// <inheritdoc/>
    public OperationResult Allocate(int bytes)
    {
        int heapClass = _kernel.Heap.ClassOf(bytes);
        if (heapClass >= 0)
        {
            _kernel.Heap.Malloc(heapClass, Kernel.Kern.BlockImage.Text);
        }

        return OperationResult.With(Text((uint)bytes));
    }

    /// <inheritdoc/>
    public OperationResult Show(string name)
    {
        var text = new StringBuilder();
        Span<int> counts = stackalloc int[Holders.Kinds];
        counts.Clear();
        _kernel.CountStale(counts);
        foreach ((string n, int slot) in _interfaces)
        {
            text.Append(CultureInfo.InvariantCulture, $"{n} index {_kernel.Interfaces[slot].Index} at 0x{_kernel.Interfaces[slot].Address:x8}; ");
        }

        for (int k = 1; k < counts.Length; k++)
        {
            if (counts[k] > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{counts[k]} stale {KernelNames.Of((HolderKind)k)}; ");
            }
        }

        text.Append(CultureInfo.InvariantCulture, $"{_kernel.Heap.FreeCount(0)} free in class {_kernel.Heap.SizeOf(0)}");
        return OperationResult.With(text.ToString());
    }

    /// <summary>Why the purge that should have cleared a holder did not.</summary>
    public PurgeGap GapOf(HolderKind holder, IfnetPtr p) => _router.GapOf(holder, p);

    void IUseListener.StaleUse(HolderKind holder, UseSite site, IfnetPtr p, int place)
    {
        string story = new CrashTitle(site, holder, _router.GapOf(holder, p)).ToString();
        Find(holder, Verdict.Stale, story);
        Oracle.Use(BadAccessKind.HeapUseAfterFree, KernelNames.Of(site), FileOf(site), story, place == 0 ? ObjectBehind(holder) : $"{ObjectBehind(holder)} {place}");
        Listener?.StaleUse(holder, site, p, place);
    }

    void IUseListener.Alias(HolderKind holder, UseSite site, IfnetPtr p, string names)
    {
        string story = $"alias: {KernelNames.Of(holder)}: {names}";
        Find(holder, Verdict.Alias, $"{KernelNames.Of(site)}: {story}");
        Oracle.Use(BadAccessKind.Alias, KernelNames.Of(site), FileOf(site), story, KernelNames.Of(holder));
        Listener?.Alias(holder, site, p, names);
    }

    // What was freed: a place in the code that reads two kinds of object is two places.
    private static string ObjectBehind(HolderKind holder) => holder switch
    {
        HolderKind.InMultiRti => "router_info",
        HolderKind.ImoMembership => "in_multi",
        HolderKind.Im6oMembership => "in6_multi",
        HolderKind.IfAfdata => "in6_ifextra",
        _ => "ifnet",
    };

    private string FileOf(UseSite site) => site switch
    {
        UseSite.In6DelMulti when (_profile.Differences & KernelDifference.ScopeTable) != 0 => "mld6.c", // the two moved there together

        UseSite.InDelMulti => "in.c",
        UseSite.In6SetScope => "scope6.c",
        UseSite.In6EmbedScope => "in6_src.c",
        UseSite.Ip6GetMoptions => "ip6_output.c",
        UseSite.IgmpJoinGroup or UseSite.IgmpLeaveGroup or UseSite.IgmpSendPkt => "igmp.c",
        UseSite.IpOutput or UseSite.IpMulticastIfReadBack => "ip_output.c",
        UseSite.InSelectSrc or UseSite.InPcbPurgeIf0 => "in_pcb.c",
        UseSite.In6SelectHlim or UseSite.In6SelectSrc => "in6_src.c",
        UseSite.Nd6Ioctl => "nd6.c",
        UseSite.Mld6SendPkt or UseSite.Mld6StopListening => "mld6.c",
        UseSite.Ip6Output => "ip6_output.c",
        UseSite.In6PcbPurgeIf0 => "in6_pcb.c",
        UseSite.Ip6MForward or UseSite.DelM6if => "ip6_mroute.c",
        UseSite.IpInput => "ip_input.c",
        UseSite.Ip6Input or UseSite.Ip6SaveControl => "ip6_input.c",
        UseSite.PppOutput or UseSite.PppSIoctl => "if_ppp.c",
        UseSite.TcpSegSize => "tcp_output.c",
        _ => "in6.c",
    };

    void IKernelHost.RoutingSocketReadable()
    {
    }

    void IKernelHost.TtyInput(int line, ReadOnlySpan<byte> frame)
    {
    }

    void IKernelHost.TtyOutput(int line, ReadOnlySpan<byte> frame)
    {
        PppHeader.TryParse(frame, out PppProtocol protocol, out int header);
        ReadOnlySpan<byte> packet = frame[header..];
        if (protocol == PppProtocol.Ipv4 && Ipv4Header.TryParse(packet, out Ipv4Header ip) == WireError.None)
        {
            _frames.Add((line, Frame.Ip4(ip.Protocol, packet.Length, ip.Destination)));
        }
        else if (protocol == PppProtocol.Ipv6 && Ipv6Header.TryParse(packet, out Ipv6Header ip6) == WireError.None)
        {
            bool hop = ip6.NextHeader == IpProtocol.HopByHop;
            _frames.Add((line, Frame.Ip6(hop ? packet[Ipv6Header.Length] : ip6.NextHeader, packet.Length, hop, ip6.Destination)));
        }
    }

    void IKernelHost.RawInput(int pcb, int ifIndex, ReadOnlySpan<byte> packet)
    {
    }

    void IKernelHost.Udp6Input(int pcb, int ifIndex, in Ipv6Header ip, ReadOnlySpan<byte> payload)
    {
    }

    void IKernelHost.FastTimerWanted()
    {
    }
}
