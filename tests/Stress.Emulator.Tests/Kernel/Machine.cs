using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

/// <summary>One kernel with nothing around it: lo0 and ne0 attached, every frame it sends and every word of the oracle kept.</summary>
internal sealed class Machine : IKernelHost, ISiteTrace
{
    public static readonly Ipv4Address Ethernet = Ipv4Address.Of(192, 168, 0, 1);
    public static readonly Ipv4Address Local = Ipv4Address.Of(10, 0, 0, 1);
    public static readonly Ipv4Address Peer = Ipv4Address.Of(10, 0, 0, 2);
    public static readonly Ipv4Address Ntp = Ipv4Address.Of(224, 0, 1, 1);
    public static readonly Ipv6Address LocalLink = Ipv6Address.LinkLocal(0x11);
    public static readonly Ipv6Address PeerLink = Ipv6Address.LinkLocal(0x22);

    public Machine(MallocFill fill = MallocFill.Diagnostic, int freeSoftc = 1, string design = "netbsd-2005", KernelOptions? options = null, int staticUnits = 0, BootInterface[]? boot = null)
    {
        options ??= new KernelOptions();
        options = options with
        {
            Fill = fill,
            FreeSoftcBlocks = CountRange.Fixed(freeSoftc),
            FreeSmallBlocks = CountRange.Fixed(8),
            PppUnits = staticUnits > 0 ? PppUnits.Static : PppUnits.Cloned,
        };
        Clock.Trace = this;
        Oracle = new RouterOracle(0, Clock, 1, Counted);
        K = new BsdKernel(options, TeardownDesigns.Named(design), boot ?? BootInterface.Of2005(Ethernet, staticUnits), Oracle, this, new RandomStream(1, 1, RandomPurpose.Heap), new RandomStream(1, 1, RandomPurpose.Igmp));
        K.AttachBootInterfaces();
        K.OpenRoutingSocket();
    }

    public MachineCounters Counted { get; } = new();

    public SiteClock Clock { get; } = new();

    public RouterOracle Oracle { get; }

    public BsdKernel K { get; }

    public List<(int Line, PppProtocol Protocol, byte[] Packet)> Sent { get; } = [];

    /// <summary>What was sent, with PPP's header.</summary>
    public List<byte[]> Frames { get; } = [];

    /// <summary>Frames of PPP over Ethernet that left, each with its Ethernet's unit.</summary>
    public List<(short Unit, byte[] Frame)> Pppoe { get; } = [];

    /// <summary>Sessions of PPP over Ethernet that the kernel took down, by slot.</summary>
    public List<int> PppoeDown { get; } = [];

    public void PppoeOutput(short unit, ReadOnlySpan<byte> frame) => Pppoe.Add((unit, frame.ToArray()));

    public void PppoeWentDown(int slot) => PppoeDown.Add(slot);

    /// <summary>What waits for pppd.</summary>
    public List<(int Line, byte[] Frame)> Reads { get; } = [];

    public List<(int Pcb, int Index)> Received { get; } = [];

    public List<string> Said { get; } = [];

    /// <summary>What the oracle told of pointers' lives.</summary>
    public List<PointerEvent> Lives { get; } = [];

    public void Pointer(in PointerEvent e) => Lives.Add(e);

    /// <summary>Told when a message lies on the routing socket, or null.</summary>
    public Action? Readable { get; set; }

    /// <summary>Gets what comes in for a UDP socket of IPv6, or null.</summary>
    public Udp6Handler? Datagram { get; set; }

    /// <summary>Gets what comes in for a raw socket, or null.</summary>
    public RawHandler? Packet { get; set; }

    /// <summary>Gets every word of the kernel, or null.</summary>
    public Action<string>? Heard { get; set; }

    public delegate void Udp6Handler(int pcb, int ifIndex, Ipv6Header ip, ReadOnlySpan<byte> payload);

    public delegate void RawHandler(int pcb, int ifIndex, ReadOnlySpan<byte> packet);

    public List<RoutingMessage> Messages()
    {
        var list = new List<RoutingMessage>();
        while (K.RoutingSocketHasData)
        {
            list.Add(K.ReadRoutingSocket());
        }

        return list;
    }

    /// <summary>pppopen, pppd's link-local (unless told otherwise), up, the IPv4 address.</summary>
    public int Up(int line = 0, Ipv4Address? local = null, Ipv4Address? peer = null, bool linkLocalFirst = true)
    {
        K.EnterFromUser(KernelFunction.Syscall);
        int slot = K.PppOpen(line, 100 + line);
        if (linkLocalFirst)
        {
            Assert.Equal(Errno.None, K.SiocAifAddr6(slot, LocalLink, 128, PeerLink));
        }

        K.EnterFromUser(KernelFunction.Syscall);
        K.SiocSIfFlags(slot, true);
        K.SiocAifAddr(slot, local ?? Local, peer ?? Peer);
        K.PppIocSNpMode(slot, true, true);
        return slot;
    }

    /// <summary>What pppd removes, then pppclose.</summary>
    public void Down(int slot)
    {
        K.EnterFromUser(KernelFunction.Syscall);
        K.SiocSIfFlags(slot, false);
        K.SiocDifAddr(slot, Ipv4Address.Any);
        K.SiocDifAddr6(slot, LocalLink);
        Close(slot);
    }

    public void Close(int slot)
    {
        K.EnterFromUser(KernelFunction.Syscall);
        K.PppClose(slot, K.Interfaces[slot].Line);
    }

    public int Stale(HolderKind kind)
    {
        Span<int> counts = stackalloc int[Holders.Kinds];
        K.CountStale(counts);
        return counts[(int)kind];
    }

    public int StaleTotal()
    {
        Span<int> counts = stackalloc int[Holders.Kinds];
        K.CountStale(counts);
        int n = 0;
        foreach (int c in counts)
        {
            n += c;
        }

        return n;
    }

    public long Probe(Probe probe) => Oracle.Probes[(int)probe];

    public ushort Index(int slot) => K.Interfaces[slot].Index;

    public void Input(int slot, Ipv4Address destination, byte protocol, ReadOnlySpan<byte> payload, Ipv4Address? source = null)
    {
        Span<byte> packet = stackalloc byte[64 + payload.Length];
        int n = new Ipv4Header { PayloadLength = (ushort)payload.Length, TimeToLive = 1, Protocol = protocol, Source = source ?? Peer, Destination = destination }.Write(packet);
        payload.CopyTo(packet[n..]);
        K.IpInput(slot, packet[..(n + payload.Length)]);
    }

    /// <summary>The IGMP messages sent so far.</summary>
    public List<(Ipv4Header Ip, IgmpMessage Igmp)> Igmp()
    {
        var list = new List<(Ipv4Header, IgmpMessage)>();
        foreach ((_, PppProtocol protocol, byte[] packet) in Sent)
        {
            if (protocol == PppProtocol.Ipv4 && Ipv4Header.TryParse(packet, out Ipv4Header ip) == WireError.None && ip.Protocol == IpProtocol.Igmp)
            {
                Assert.Equal(WireError.None, IgmpMessage.TryParse(ip.Payload(packet), out IgmpMessage m));
                list.Add((ip, m));
            }
        }

        return list;
    }

    void IKernelHost.RoutingSocketReadable() => Readable?.Invoke();

    void IKernelHost.TtyOutput(int line, ReadOnlySpan<byte> frame)
    {
        Assert.True(PppHeader.TryParse(frame, out PppProtocol protocol, out int header));
        Frames.Add(frame.ToArray());
        Sent.Add((line, protocol, frame[header..].ToArray()));
    }

    void IKernelHost.TtyInput(int line, ReadOnlySpan<byte> frame) => Reads.Add((line, frame.ToArray()));

    void IKernelHost.RawInput(int pcb, int ifIndex, ReadOnlySpan<byte> packet)
    {
        Received.Add((pcb, ifIndex));
        Packet?.Invoke(pcb, ifIndex, packet);
    }

    void IKernelHost.Udp6Input(int pcb, int ifIndex, in Ipv6Header ip, ReadOnlySpan<byte> payload)
    {
        Received.Add((pcb, ifIndex));
        Datagram?.Invoke(pcb, ifIndex, ip, payload);
    }

    void IKernelHost.FastTimerWanted()
    {
    }

    void ISiteTrace.Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage)
    {
        Said.Add(text);
        Heard?.Invoke(text);
    }

    void ISiteTrace.Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame)
    {
    }
}
