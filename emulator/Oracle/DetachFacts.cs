using Stress.Emulator.Core;

namespace Stress.Emulator.Oracle;

/// <summary>What happened at one detach: why a purge did not run.</summary>
public struct DetachFacts : IStateValue<DetachFacts>
{
    /// <summary>Which allocation the interface was.</summary>
    public uint Generation;

    /// <summary>Whether an AF_INET address was left at if_detach.</summary>
    public bool HadInet;

    /// <summary>Whether an AF_INET6 address was left at if_detach.</summary>
    public bool HadInet6;

    /// <summary>The design asks no family, regardless of addresses.</summary>
    public bool NotAsked;

    /// <summary>if_index.</summary>
    public ushort Index;

    /// <summary>Unit number of a ppp interface, or -1.</summary>
    public short Unit;

    /// <summary>The line whose pppd opened it last; -1 where none has.</summary>
    public short Line;

    /// <summary>When it was attached.</summary>
    public VirtualTime Attached;

    /// <summary>When its last address went.</summary>
    public VirtualTime AddressGone;

    /// <summary>When its memory was freed.</summary>
    public VirtualTime Freed;

    /// <summary>The number of the event that freed it, from the start of the site.</summary>
    public long FreedEvent;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref DetachFacts value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Generation);
        pass.Field(ref value.HadInet);
        pass.Field(ref value.HadInet6);
        pass.Field(ref value.NotAsked);
        pass.Field(ref value.Index);
        pass.Field(ref value.Unit);
        pass.Field(ref value.Line);
        pass.Struct(ref value.Attached);
        pass.Struct(ref value.AddressGone);
        pass.Struct(ref value.Freed);
        pass.Field(ref value.FreedEvent);
    }
}
