using System.Text.Json.Serialization;
using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel;

/// <summary>Where the fields that decide outcomes lie in kernel structures (reference 1.1).</summary>
public enum Abi : byte
{
    /// <summary>Pointers of four bytes.</summary>
    Ilp32,

    /// <summary>Pointers of eight bytes.</summary>
    Lp64,
}

/// <summary>What kernel malloc writes into freed memory (reference 5.5).</summary>
public enum MallocFill : byte
{
    /// <summary>No kernel option: only the free-list link.</summary>
    Release,

    /// <summary>DIAGNOSTIC: the first 32 bytes become 0xdeadbeef, then type and link words.</summary>
    Diagnostic,

    /// <summary>DIAGNOSTIC and DEBUG: the whole block becomes 0xdeadbeef.</summary>
    Debug,
}

/// <summary>The two designs of the ppp driver (reference 5.1).</summary>
public enum PppUnits : byte
{
    /// <summary>From 2004-12-05: a unit is created at TIOCSETD and destroyed at release.</summary>
    Cloned,

    /// <summary>Before: a fixed array attached at boot, never detached and never freed.</summary>
    Static,
}

/// <summary>Kernel configuration of one role.</summary>
public sealed record KernelOptions
{
    /// <summary>Sizes and offsets of the kernel structures.</summary>
    public Abi Abi { get; init; } = Abi.Ilp32;

    /// <summary>What kernel malloc writes into freed memory.</summary>
    public MallocFill Fill { get; init; } = MallocFill.Diagnostic;

    /// <summary>Whether a ppp unit is created and destroyed with each call, or fixed.</summary>
    public PppUnits PppUnits { get; init; } = PppUnits.Cloned;

    /// <summary>Receive queue of a routing socket in bytes (8192 in raw_cb.h).</summary>
    public int RoutingSocketBytes { get; init; } = 8192;

    /// <summary>MTU of a ppp unit in bytes.</summary>
    public int PppMtu { get; init; } = 1500;

    /// <summary>net.inet6.ip6.accept_rtadv, with forwarding off: a host that listens to routers.</summary>
    public bool AcceptRtadv { get; init; }

    /// <summary>net.inet.ip.forwarding and net.inet6.ip6.forwarding: packets for others are forwarded by the kernel's table.</summary>
    public bool Forwarding { get; init; }

    /// <summary>options PFIL_HOOKS, as GENERIC has it: a session of PPP over Ethernet hears that its Ethernet is detached (pppoe_ifattach_hook). Without it the session is not told.</summary>
    public bool PfilHooks { get; init; } = true;

    /// <summary>net.inet.tcp.keepidle: how long a TCP connection with SO_KEEPALIVE is silent before its peer is asked (TCPTV_KEEP_IDLE); the sysctl counts half seconds.</summary>
    public VirtualTime TcpKeepidle { get; init; } = VirtualTime.FromHours(2);

    /// <summary>Free blocks in the class of the ppp softc after boot (reuse distance k, reference 5.4).</summary>
    public CountRange FreeSoftcBlocks { get; init; } = new(2, 4);

    /// <summary>Free blocks in the class of in6_ifextra after boot.</summary>
    public CountRange FreeSmallBlocks { get; init; } = new(8, 24);

    /// <summary>Other users of the same size classes of kernel memory.</summary>
    public IReadOnlyList<CompetitorOptions> Competitors { get; init; } = [];
}
