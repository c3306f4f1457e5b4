using System.Runtime.CompilerServices;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ppp;

/// <summary>What an endpoint counted over its life: packets that it could not use, and what it did about them.</summary>
public struct PppCounters : IStateValue<PppCounters>
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

    /// <inheritdoc/>
    public static void Fields<TPass>(ref PppCounters value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Frames);
        pass.Field(ref value.Malformed);
        pass.Field(ref value.OutOfPhase);
        pass.Field(ref value.Unexpected);
        pass.Field(ref value.LateRepeats);
        pass.Field(ref value.ProtocolRejects);
        pass.Field(ref value.CodeRejects);
        pass.Field(ref value.OptionsRejected);
        pass.Field(ref value.OptionsNaked);
        pass.Field(ref value.EndlessNegotiations);
    }
}

[InlineArray(Count)]
internal struct FsmBank : IStateValue<FsmBank>
{
    internal const int Count = 3;
    private Fsm _first;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref FsmBank value, ref TPass pass)
        where TPass : struct, IStatePass => pass.Structs<Fsm>(value);
}

// What LCP has agreed on, ours and his (pppd: gotoptions and hisoptions).
internal struct LcpValues : IStateValue<LcpValues>
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

    /// <inheritdoc/>
    public static void Fields<TPass>(ref LcpValues value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Mru);
        pass.Field(ref value.AsyncMap);
        pass.Field(ref value.AskMru);
        pass.Field(ref value.AskAsyncMap);
        pass.Field(ref value.AskMagic);
        pass.Field(ref value.AskProtocolCompression);
        pass.Field(ref value.AskAddressCompression);
        pass.Field(ref value.AskAuthentication);
        pass.Field(ref value.HisMru);
        pass.Field(ref value.HisAsyncMap);
        pass.Field(ref value.HisProtocolCompression);
        pass.Field(ref value.HisAddressCompression);
        pass.Field(ref value.HisAuthentication);
        pass.Field(ref value.Loops);
    }
}

// One direction of authentication.
internal struct Authentication : IStateValue<Authentication>
{
    public PppAuthentication Protocol;
    public bool Pending;
    public bool Passed;
    public byte Id;
    public int Transmits;
    public VirtualTime Timer;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref Authentication value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Protocol);
        pass.Field(ref value.Pending);
        pass.Field(ref value.Passed);
        pass.Field(ref value.Id);
        pass.Field(ref value.Transmits);
        pass.Struct(ref value.Timer);
    }
}

internal struct PppEndpointState : IStateValue<PppEndpointState>
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

    /// <inheritdoc/>
    public static void Fields<TPass>(ref PppEndpointState value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Layers);
        pass.Struct(ref value.Lcp);
        pass.Struct(ref value.Ours);
        pass.Struct(ref value.His);
        pass.Field(ref value.ChallengeHigh);
        pass.Field(ref value.ChallengeLow);
        pass.Field(ref value.ReceiveMap);
        pass.Field(ref value.AskAddress);
        pass.Field(ref value.AskedHisAddress);
        pass.Struct(ref value.Address);
        pass.Struct(ref value.HisAddress);
        pass.Field(ref value.AskIdentifier);
        pass.Field(ref value.Identifier);
        pass.Field(ref value.HisIdentifier);
        pass.Field(ref value.Magic);
        pass.Struct(ref value.Random);
        pass.Field(ref value.Phase);
        pass.Field(ref value.Dead);
        pass.Field(ref value.Reason);
        pass.Struct(ref value.EchoDue);
        pass.Field(ref value.EchoesMissed);
        pass.Field(ref value.EchoRefused);
        pass.Struct(ref value.Counters);
    }
}
