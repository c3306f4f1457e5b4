using Stress.Emulator.Core;

namespace Stress.Emulator.Oracle;

/// <summary>What happened at one detach: why a purge did not run.</summary>
public struct DetachFacts : IStateValue<DetachFacts>
{
    public uint Generation;
    public bool HadInet;
    public bool HadInet6;

    /// <summary>The design asks no family, whatever addresses there are.</summary>
    public bool NotAsked;
    public ushort Index;
    public short Unit;

    /// <summary>The line whose pppd opened it last; -1 where none has.</summary>
    public short Line;
    public VirtualTime Attached;
    public VirtualTime AddressGone;
    public VirtualTime Freed;
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
