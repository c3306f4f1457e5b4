using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ppp;

/// <summary>Authentication protocols, as a set.</summary>
[Flags]
public enum PppAuthentication : byte
{
    /// <summary>No protocol.</summary>
    None = 0,

    /// <summary>RFC 1334.</summary>
    Pap = 1,

    /// <summary>RFC 1994 with MD5.</summary>
    ChapMd5 = 2,
}

/// <summary>A line of a secrets file.</summary>
/// <param name="Name">The peer's name, UTF-8, at most 255 bytes.</param>
/// <param name="Secret">Password or shared secret, UTF-8, at most 255 bytes.</param>
public sealed record PppSecret(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Secret);

/// <summary>What one end wants and accepts. Constant over the life of an endpoint.</summary>
public sealed record PppEndpointOptions
{
    /// <summary>Our IPv4 address; any asks the peer for one (RFC 1332 section 3.3).</summary>
    public Ipv4Address LocalAddress { get; init; }

    /// <summary>The peer's address; any takes what it says.</summary>
    public Ipv4Address RemoteAddress { get; init; }

    /// <summary>Maximum receive unit in bytes, asked for when it is not the default of 1500 (RFC 1661 section 6.1).</summary>
    public ushort Mru { get; init; } = 1500;

    /// <summary>Ask for the MRU even when it is the default.</summary>
    public bool AlwaysAskMru { get; init; }

    /// <summary>Control characters that the peer must escape (RFC 1662 section 7.1).</summary>
    public uint ReceiveAsyncMap { get; init; }

    /// <summary>Offer Protocol-Field-Compression (RFC 1661 section 6.5).</summary>
    public bool ProtocolCompression { get; init; } = true;

    /// <summary>Offer Address-and-Control-Field-Compression (RFC 1661 section 6.6).</summary>
    public bool AddressControlCompression { get; init; } = true;

    /// <summary>Send a magic number (RFC 1661 section 6.4).</summary>
    public bool MagicNumber { get; init; } = true;

    /// <summary>Protocols one of which the peer must pass; the strongest is asked for first. None asks nothing of the peer.</summary>
    public PppAuthentication Require { get; init; }

    /// <summary>Protocols by which we let ourselves be authenticated.</summary>
    public PppAuthentication Allow { get; init; } = PppAuthentication.Pap | PppAuthentication.ChapMd5;

    /// <summary>Our name, UTF-8.</summary>
    public ReadOnlyMemory<byte> Name { get; init; }

    /// <summary>Our password or secret, UTF-8.</summary>
    public ReadOnlyMemory<byte> Secret { get; init; }

    /// <summary>Peers that may pass, when <see cref="Require"/> is set.</summary>
    public IReadOnlyList<PppSecret> Secrets { get; init; } = [];

    /// <summary>Negotiate IPCP.</summary>
    public bool Ipcp { get; init; } = true;

    /// <summary>Negotiate IPV6CP.</summary>
    public bool Ipv6cp { get; init; } = true;

    /// <summary>pppd's <c>passive</c>: a peer that does not answer leaves LCP waiting in Stopped instead of ending the link ("p" in the RFC's table).</summary>
    public bool Passive { get; init; }

    /// <summary>pppd's <c>silent</c>: LCP sends nothing until the peer has begun (pppd fsm.c: fsm_lowerup, OPT_SILENT).</summary>
    public bool Silent { get; init; }

    /// <summary>pppd's <c>receive-all</c>: no control character is dropped on receipt, whatever the map says (pppd lcp.c: lcp_lowerup, lax_recv).</summary>
    public bool ReceiveAll { get; init; }

    /// <summary>pppd's <c>lcp-restart</c>: LCP's Restart timer, above zero.</summary>
    public VirtualTime LcpRestart { get; init; } = PppEndpoint.RestartTimer;

    /// <summary>pppd's <c>lcp-max-configure</c>: LCP requests without an answer, at least 1.</summary>
    public int LcpMaxConfigure { get; init; } = PppEndpoint.MaxConfigure;

    /// <summary>pppd's <c>ipcp-max-failure</c>: Naks of IPCP, sent or received, before an option is rejected or given up, at least 1.</summary>
    public int IpcpMaxFailure { get; init; } = PppEndpoint.MaxFailure;

    /// <summary>pppd's <c>ipcp-restart</c>: IPCP's Restart timer, above zero.</summary>
    public VirtualTime IpcpRestart { get; init; } = PppEndpoint.RestartTimer;

    /// <summary>pppd's <c>ipcp-max-configure</c>: IPCP requests without an answer, at least 1.</summary>
    public int IpcpMaxConfigure { get; init; } = PppEndpoint.MaxConfigure;

    /// <summary>pppd's <c>ipv6cp-restart</c>: IPV6CP's Restart timer, above zero.</summary>
    public VirtualTime Ipv6cpRestart { get; init; } = PppEndpoint.RestartTimer;

    /// <summary>pppd's <c>pap-restart</c>: time until an Authenticate-Request is repeated, above zero.</summary>
    public VirtualTime PapRestart { get; init; } = PppEndpoint.RestartTimer;

    /// <summary>pppd's <c>chap-restart</c>: time until a Challenge is repeated, above zero.</summary>
    public VirtualTime ChapRestart { get; init; } = PppEndpoint.RestartTimer;

    /// <summary>lcp-echo-interval; zero is off.</summary>
    public VirtualTime EchoInterval { get; init; }

    /// <summary>lcp-echo-failure: echoes without an answer before the peer is considered dead; 0 for never (pppd lcp.c: LcpSendEchoRequest).</summary>
    public int EchoFailure { get; init; } = 4;
}
