using System.Text.Json.Serialization;
using Stress.Emulator.Designs;
using Stress.Emulator.Userland.Ppp;

namespace Stress.Emulator.Simulation;

/// <summary>Which end of the call a router is (the mail's "called" and "calling" system).</summary>
public enum Role : byte
{
    Called = 0,
    Calling = 1,
}

/// <summary>Where the fields that decide outcomes lie in kernel structures (reference 1.1).</summary>
public enum Abi : byte
{
    Ilp32,
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

/// <summary>How the caller gets its IPv4 address (reference 6.6); decides whether IPCP or IPV6CP finishes first.</summary>
public enum IpcpAddressing : byte
{
    Dynamic,
    Static,
}

public enum OspfdVersion : byte
{
    /// <summary>Quagga 0.98.2: join at once, drop at INTERFACE_DOWN and again at ADDRESS_DELETE.</summary>
    Quagga0982,

    /// <summary>Quagga 0.99.0: join when the state machine leaves Down, one drop attempt.</summary>
    Quagga0990,

    /// <summary>From 2005-05-07: memberships by interface index.</summary>
    IndexForm,
}

/// <summary>Why ospfd's process ends by itself. A cause of a closed socket, never of a kernel crash (reference 7.3, 8.4 M5).</summary>
public enum OspfdExit : byte
{
    Never,

    /// <summary>The assertion in ospf_add_to_if when an address comes back (reports fixed 2005-05-18, a3387a44).</summary>
    AtAddressAdd,

    /// <summary>The packet queue used after ospf_if_stream_unset (made a logged error 2005-01-29, c3eab871).</summary>
    AtInterfaceDown,
}

/// <summary>When a competitor for kernel memory makes its allocations.</summary>
public enum CompetitorTrigger : byte
{
    /// <summary>By itself, at exponentially distributed intervals.</summary>
    Background,

    /// <summary>Each time somebody logs in on the modem line (getty, login, the shell).</summary>
    Login,

    /// <summary>Each time pppd makes a connection attempt (chat script, lock files, ip-up scripts).</summary>
    Dial,

    /// <summary>Each time a link has gone down (ip-down scripts, logging, accounting).</summary>
    LinkDown,
}

/// <summary>What a competitor writes into the block it gets: the content that a stale pointer later reads.</summary>
public enum BlockContent : byte
{
    Zero,

    /// <summary>Printable bytes, as a tty queue or a path name holds.</summary>
    Text,

    /// <summary>Machine words that look like small integers.</summary>
    SmallIntegers,
}

/// <summary>Allocations by other parts of the system in one size class, with their own timing (reference 5.4).</summary>
/// <param name="Name">For people: <c>login pty rings</c>.</param>
/// <param name="Bytes">Requested size; the class is the next power of two.</param>
/// <param name="Trigger">When it allocates.</param>
/// <param name="Count">How many blocks at a time.</param>
/// <param name="Every">Mean interval, for <see cref="CompetitorTrigger.Background"/>.</param>
/// <param name="Hold">How long before the blocks are freed; <see cref="VirtualTime.Never"/> for kept.</param>
/// <param name="Content">What it writes into them.</param>
public sealed record CompetitorOptions(
    string Name, int Bytes, CompetitorTrigger Trigger, CountRange Count, VirtualTime Every, TimeRange Hold, BlockContent Content);

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

    /// <summary>Free blocks in the class of the ppp softc after boot (reuse distance k, reference 5.4).</summary>
    public CountRange FreeSoftcBlocks { get; init; } = new(2, 4);

    /// <summary>Free blocks in the class of in6_ifextra after boot.</summary>
    public CountRange FreeSmallBlocks { get; init; } = new(8, 24);

    /// <summary>Other users of the same size classes of kernel memory.</summary>
    public IReadOnlyList<CompetitorOptions> Competitors { get; init; } = [];
}

/// <summary>pppd's options of one role (reference 6).</summary>
public sealed record PppdOptions
{
    /// <summary>pppd dials again after a link has ended.</summary>
    public bool Persist { get; init; }

    /// <summary>Wait before the next attempt.</summary>
    public VirtualTime Holdoff { get; init; } = VirtualTime.FromSeconds(60);

    /// <summary>Attempts without success before pppd gives up; 0 for never.</summary>
    public int MaxFail { get; init; }

    /// <summary>pppd sets the default route to the link.</summary>
    public bool DefaultRoute { get; init; }

    /// <summary>pppd answers ARP for the peer's address.</summary>
    public bool ProxyArp { get; init; }

    /// <summary>The unit is kept across redials (PPPIOCXFERUNIT).</summary>
    public bool Demand { get; init; }

    /// <summary>How the caller gets its IPv4 address.</summary>
    public IpcpAddressing Addressing { get; init; } = IpcpAddressing.Dynamic;

    /// <summary>What this end asks the other to authenticate itself with (require-pap, require-chap); the other end always agrees.</summary>
    public PppAuthentication Require { get; init; }

    /// <summary>Running time of ip-up, ip-down and the IPv6 scripts.</summary>
    public TimeRange Script { get; init; } = TimeRange.Milliseconds(200, 1500);

    /// <summary>lcp-echo-interval; zero is off.</summary>
    public VirtualTime LcpEchoInterval { get; init; }

    /// <summary>lcp-echo-failure: echoes without an answer before the link is taken for dead.</summary>
    public int LcpEchoFailure { get; init; } = 4;
}

/// <summary>ospfd's options (reference 7.2, 7.3).</summary>
public sealed record OspfdOptions
{
    /// <summary>Whose joins and drops of ospfd's groups.</summary>
    public OspfdVersion Version { get; init; } = OspfdVersion.Quagga0982;

    /// <summary>Time between ospfd's Hello packets.</summary>
    public VirtualTime HelloInterval { get; init; } = VirtualTime.FromSeconds(10);

    /// <summary>Time without a Hello until the neighbour is taken for dead.</summary>
    public VirtualTime DeadInterval { get; init; } = VirtualTime.FromSeconds(40);

    /// <summary>Where ospfd ends by an assertion of its own.</summary>
    public OspfdExit Exit { get; init; } = OspfdExit.Never;

    /// <summary>Writing the core file after an abort; the process's sockets are closed only after that.</summary>
    public TimeRange CoreDump { get; init; } = TimeRange.Milliseconds(500, 2500);

    /// <summary>Time until a watcher starts the daemon again.</summary>
    public TimeRange Respawn { get; init; } = TimeRange.Seconds(3, 8);
}

/// <summary>ripngd's options (reference 7.4-7.6).</summary>
public sealed record RipngdOptions
{
    /// <summary>Time between ripngd's regular updates.</summary>
    public VirtualTime Update { get; init; } = VirtualTime.FromSeconds(30);

    /// <summary>Half width of the update's jitter: next = update ± this.</summary>
    public VirtualTime UpdateJitter { get; init; } = VirtualTime.FromSeconds(15);

    /// <summary>RIPng also runs on the Ethernet interface (a hub), so the down event makes a triggered update there.</summary>
    public bool OnEthernet { get; init; }
}

/// <summary>The programme of HUP signals that cron sends to pppd.</summary>
public sealed record HupOptions
{
    /// <summary>cron sends HUP to pppd.</summary>
    public bool Enabled { get; init; }

    /// <summary>Period of the signal.</summary>
    public VirtualTime Every { get; init; } = VirtualTime.FromMinutes(10);

    /// <summary>Where in the period the signal falls: the offset between the systems' clocks, drawn once for each router.</summary>
    public TimeRange Phase { get; init; }

    /// <summary>How late cron's job runs, drawn for each signal.</summary>
    public TimeRange Jitter { get; init; } = TimeRange.Milliseconds(20, 900);
}

/// <summary>One role of a site: what its kernel, pppd and daemons are.</summary>
public sealed record RoleOptions
{
    /// <summary>Which end of the call: called or calling.</summary>
    public required Role Role { get; init; }

    /// <summary>The name the scenario gives the role.</summary>
    public string Name { get; init; } = "";

    /// <summary>The role's kernel.</summary>
    public KernelOptions Kernel { get; init; } = new();

    /// <summary>The role's pppd.</summary>
    public PppdOptions Pppd { get; init; } = new();

    /// <summary>The daemons in the order in which the system starts them; zebra serves its clients in the order in which they connected.</summary>
    public IReadOnlyList<string> Daemons { get; init; } = ["zebra", "ospfd", "ripngd"];

    /// <summary>The role's ospfd.</summary>
    public OspfdOptions Ospfd { get; init; } = new();

    /// <summary>The role's ripngd.</summary>
    public RipngdOptions Ripngd { get; init; } = new();

    /// <summary>The role's HUP signals.</summary>
    public HupOptions Hup { get; init; } = new();

    /// <summary>The ppp local address is the Ethernet's (reference 8.4 M2).</summary>
    public bool BorrowedAddress { get; init; }

    /// <summary>Another process's membership, for example <c>224.0.1.1</c>, or null (reference 8.4 M8).</summary>
    public string? GroupMember { get; init; }

    /// <summary>From panic until the daemons run again.</summary>
    public TimeRange Reboot { get; init; } = TimeRange.Seconds(150, 240);
}

/// <summary>The telephone line and its modems.</summary>
public sealed record LineOptions
{
    /// <summary>Bits per second; a byte takes ten (asynchronous framing).</summary>
    public int BitRate { get; init; } = 33_600;

    /// <summary>One-way delay, drawn for each call.</summary>
    public TimeRange Delay { get; init; } = TimeRange.Milliseconds(80, 200);

    /// <summary>From carrier to pppd's start on the called system: getty's prompt, name, password, the login shell.</summary>
    public TimeRange LoginTime { get; init; } = TimeRange.Seconds(3, 6);

    /// <summary>Dialling, ringing and training.</summary>
    public TimeRange DialTime { get; init; } = TimeRange.Seconds(25, 40);

    /// <summary>The whole of an attempt that ends in NO CARRIER, BUSY or NO ANSWER.</summary>
    public TimeRange FailedDialTime { get; init; } = TimeRange.Seconds(30, 60);

    /// <summary>Attempts of a thousand in which training fails.</summary>
    public int TrainingFailuresPerThousand { get; init; } = 50;

    /// <summary>From DTR low at one end to loss of carrier at the other.</summary>
    public TimeRange CarrierDetect { get; init; } = TimeRange.Milliseconds(100, 2000);

    /// <summary>Frames of a million that noise breaks.</summary>
    public int NoisePerMillionFrames { get; init; } = 200;

    /// <summary>Mean time between carrier losses of the line itself; zero for never.</summary>
    public VirtualTime CarrierLossEvery { get; init; }
}

/// <summary>Everything that decides a site, apart from its number. One scenario gives all its sites the same options.</summary>
public sealed record SiteOptions
{
    public ulong Seed { get; init; } = 1;

    /// <summary>A teardown design's name (Designs/).</summary>
    public string Design { get; init; } = "netbsd-2005";

    /// <summary>The designs that <see cref="Design"/> may name. Stays in the process: a silo elsewhere knows the built-in ones.</summary>
    [JsonIgnore]
    public DesignSet Designs { get; init; } = DesignSet.BuiltIn;

    /// <summary>Modems of the answering system, each with its own caller: 1 to 64.</summary>
    public int CallersPerAnswerer { get; init; } = 1;

    public RoleOptions Called { get; init; } = new() { Role = Role.Called };

    public RoleOptions Calling { get; init; } = new() { Role = Role.Calling };

    /// <summary>The telephone line and its modems.</summary>
    public LineOptions Line { get; init; } = new();

    /// <summary>Virtual time of one unit of work.</summary>
    public VirtualTime Window { get; init; } = VirtualTime.FromMinutes(10);

    /// <summary>False only to measure what the oracle costs.</summary>
    public bool Oracle { get; init; } = true;

    /// <summary>False for <c>--no-skip</c>: executes the events of quiet stretches in full too. The result is the same.</summary>
    public bool SkipQuiet { get; init; } = true;

    public RoleOptions Of(Role role) => role == Role.Called ? Called : Calling;
}
