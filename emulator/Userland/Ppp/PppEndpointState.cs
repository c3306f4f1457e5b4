using System.Runtime.CompilerServices;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ppp;

/// <summary>What an endpoint counted over its life: packets that it could not use, and what it did about them.</summary>
public struct PppCounters
{
    /// <summary>Frames taken.</summary>
    public long Frames;

    /// <summary>Frames too short, too long, or with a length field or options that contradict the bytes.</summary>
    public long Malformed;

    /// <summary>Frames of a protocol that has no place in the present phase; dropped (RFC 1661 section 3).</summary>
    public long OutOfPhase;

    /// <summary>Replies that match no request of ours.</summary>
    public long Unexpected;

    /// <summary>Copies of a Configure-Request that was acknowledged before they came; acknowledged again, and the layer stays Opened.</summary>
    public long LateRepeats;

    /// <summary>Protocol-Rejects sent.</summary>
    public long ProtocolRejects;

    /// <summary>Code-Rejects sent.</summary>
    public long CodeRejects;

    /// <summary>Options answered by a Configure-Reject.</summary>
    public long OptionsRejected;

    /// <summary>Options answered by a Configure-Nak.</summary>
    public long OptionsNaked;

    /// <summary>Layers given up because the negotiation did not converge within <see cref="PppEndpoint.MaxConfigurePackets"/>.</summary>
    public long EndlessNegotiations;
}

[InlineArray(Count)]
internal struct FsmBank
{
    internal const int Count = 3;
    private Fsm _first;
}

// What LCP has agreed on, ours and his (pppd: gotoptions and hisoptions).
internal struct LcpValues
{
    public ushort Mru;
    public uint AsyncMap;
    public bool AskMru;
    public bool AskAsyncMap;
    public bool AskMagic;
    public bool AskProtocolCompression;
    public bool AskAddressCompression;

    // The protocol that the peer is asked to pass, or none.
    public PppAuthentication AskAuthentication;

    public ushort HisMru;
    public uint HisAsyncMap;
    public bool HisProtocolCompression;
    public bool HisAddressCompression;

    // The protocol that the peer asks us to pass.
    public PppAuthentication HisAuthentication;
    public int Loops;
}

// One direction of authentication.
internal struct Authentication
{
    public PppAuthentication Protocol;
    public bool Pending;
    public bool Passed;
    public byte Id;
    public int Transmits;
    public VirtualTime Timer;
}

internal struct PppEndpointState
{
    public FsmBank Layers;
    public LcpValues Lcp;
    public Authentication Ours;
    public Authentication His;
    public ulong ChallengeHigh;
    public ulong ChallengeLow;
    public uint ReceiveMap;
    public bool AskAddress;
    public bool AskedHisAddress;
    public Ipv4Address Address;
    public Ipv4Address HisAddress;
    public bool AskIdentifier;
    public ulong Identifier;
    public ulong HisIdentifier;
    public uint Magic;
    public RandomStream Random;
    public PppPhase Phase;
    public bool Dead;
    public PppTermination Reason;
    public VirtualTime EchoDue;
    public int EchoesMissed;
    public bool EchoRefused;
    public PppCounters Counters;
}
