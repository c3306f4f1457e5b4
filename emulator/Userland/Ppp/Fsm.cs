using Stress.Emulator.Simulation;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ppp;

/// <summary>States of the option negotiation automaton (RFC 1661 section 4.2).</summary>
public enum FsmState : byte
{
    Initial,
    Starting,
    Closed,
    Stopped,
    Closing,
    Stopping,
    ReqSent,
    AckRcvd,
    AckSent,
    Opened,
}

/// <summary>The state of one automaton: LCP's, IPCP's or IPV6CP's.</summary>
public struct Fsm
{
    public FsmState State;
    public byte Id;

    /// <summary>Id of the last Configure-Request, which an answer must carry.</summary>
    public byte RequestId;

    /// <summary>Restart counter.</summary>
    public int Restarts;

    /// <summary>Configure-Naks sent without an Ack between (Max-Failure).</summary>
    public int Naks;

    /// <summary>When the Restart timer expires, or never.</summary>
    public VirtualTime Timer;
}
