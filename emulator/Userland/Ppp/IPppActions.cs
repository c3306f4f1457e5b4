using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ppp;

/// <summary>Where a link is (pppd's phases, reference 6.2, from the moment the line carries bytes).</summary>
public enum PppPhase : byte
{
    /// <summary>No link.</summary>
    Dead,

    /// <summary>LCP negotiates.</summary>
    Establish,

    /// <summary>PAP or CHAP, in either direction or both.</summary>
    Authenticate,

    /// <summary>The network protocols negotiate.</summary>
    Network,

    /// <summary>At least one network protocol is open.</summary>
    Running,

    /// <summary>LCP closes.</summary>
    Terminate,
}

/// <summary>Why a link ended.</summary>
public enum PppTermination : byte
{
    /// <summary>Closed on this side (pppd: a signal).</summary>
    UserRequest,

    /// <summary>The peer sent Terminate-Request.</summary>
    PeerRequest,

    /// <summary>The line went away.</summary>
    Hangup,

    /// <summary>LCP did not converge, or the peer never answered.</summary>
    NegotiationFailed,

    /// <summary>lcp-echo-failure echoes were not answered.</summary>
    PeerNotResponding,

    /// <summary>PAP or CHAP failed, was refused, or was not answered.</summary>
    AuthenticationFailed,

    /// <summary>The peer's magic number is ours, again and again: the line is looped (RFC 1661 section 6.4).</summary>
    LoopbackDetected,

    /// <summary>Neither IPCP nor IPV6CP is left.</summary>
    NoNetworkProtocols,
}

/// <summary>What an endpoint asks of the process that drives it. Spans are valid during the call only.</summary>
public interface IPppActions
{
    /// <summary>
    /// A frame for the line, without flags and FCS: address and control unless the peer takes frames without them, the two-byte protocol, information.
    /// LCP frames always have address and control.
    /// </summary>
    void SendFrame(ReadOnlySpan<byte> frame);

    /// <summary>IPCP opened: pppd's ipcp_up.</summary>
    void IpcpUp(Ipv4Address ours, Ipv4Address his);

    /// <summary>IPCP left Opened: pppd's ipcp_down.</summary>
    void IpcpDown();

    /// <summary>IPV6CP opened, with both interface identifiers.</summary>
    void Ipv6cpUp(ulong ours, ulong his);

    /// <summary>IPV6CP left Opened.</summary>
    void Ipv6cpDown();

    /// <summary>The link is over; nothing more is sent until the next <see cref="PppEndpoint.Open"/>.</summary>
    void LinkTerminated(PppTermination reason);

    /// <summary>The link has entered a phase.</summary>
    void PhaseChanged(PppPhase phase)
    {
    }

    /// <summary>LCP opened; the negotiated values of the endpoint are in force from the next frame.</summary>
    void LcpUp()
    {
    }

    /// <summary>LCP left Opened. Follows the network protocols' own downs (reference 6.4).</summary>
    void LcpDown()
    {
    }

    /// <summary>Everything that was to be authenticated is: comes before the network protocols start. Not called when neither side asked.</summary>
    void AuthenticationDone()
    {
    }

    /// <summary>A packet for an open network protocol.</summary>
    /// <param name="protocol"><see cref="PppProtocol.Ipv4"/> or <see cref="PppProtocol.Ipv6"/>.</param>
    /// <param name="packet">The packet.</param>
    void NetworkData(PppProtocol protocol, ReadOnlySpan<byte> packet)
    {
    }
}
