using System.Text.Json.Serialization;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;

namespace Stress.Emulator.Userland;

/// <summary>How the caller gets its IPv4 address (reference 6.6); decides whether IPCP or IPV6CP finishes first.</summary>
public enum IpcpAddressing : byte
{
    /// <summary>The caller asks for its IPv4 address: IPCP takes a round trip more than IPV6CP.</summary>
    Dynamic,

    /// <summary>Both ends know their addresses.</summary>
    Static,
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

    /// <summary>lcp-echo-failure: echoes without an answer before the link is considered dead.</summary>
    public int LcpEchoFailure { get; init; } = 4;

    /// <summary>lcp-restart: time until LCP repeats a request.</summary>
    public VirtualTime LcpRestart { get; init; } = VirtualTime.FromSeconds(3);

    /// <summary>lcp-max-configure: LCP requests without an answer before the link is given up.</summary>
    public int LcpMaxConfigure { get; init; } = 10;

    /// <summary>ipcp-max-failure: Naks of IPCP before an option is rejected or given up.</summary>
    public int IpcpMaxFailure { get; init; } = 5;

    /// <summary>ipcp-restart: time until IPCP repeats a request.</summary>
    public VirtualTime IpcpRestart { get; init; } = VirtualTime.FromSeconds(3);

    /// <summary>ipcp-max-configure: IPCP requests without an answer before it is given up.</summary>
    public int IpcpMaxConfigure { get; init; } = 10;

    /// <summary>ipv6cp-restart: time until IPV6CP repeats a request.</summary>
    public VirtualTime Ipv6cpRestart { get; init; } = VirtualTime.FromSeconds(3);

    /// <summary>pap-restart: time until PAP repeats a request.</summary>
    public VirtualTime PapRestart { get; init; } = VirtualTime.FromSeconds(3);

    /// <summary>chap-restart: time until CHAP repeats a challenge.</summary>
    public VirtualTime ChapRestart { get; init; } = VirtualTime.FromSeconds(3);

    /// <summary>silent: LCP waits until the other end begins.</summary>
    public bool Silent { get; init; }

    /// <summary>passive: LCP waits for the other end after its own requests have gone unanswered.</summary>
    public bool Passive { get; init; }

    /// <summary>receive-all: takes control characters that the line may have added.</summary>
    public bool ReceiveAll { get; init; }

    /// <summary>asyncmap: bit n asks the other end to escape control character n.</summary>
    public uint Asyncmap { get; init; }
}
