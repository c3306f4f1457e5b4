using System.Text.Json.Serialization;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;

namespace Stress.Emulator.Userland;

/// <summary>How the caller gets its IPv4 address (reference 6.6); decides whether IPCP or IPV6CP finishes first.</summary>
public enum IpcpAddressing : byte
{
    Dynamic,
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

    /// <summary>lcp-echo-failure: echoes without an answer before the link is taken for dead.</summary>
    public int LcpEchoFailure { get; init; } = 4;
}
