using Stress.Emulator.Core;

namespace Stress.Emulator.Oracle;

/// <summary>What happened at one detach: why a purge did not run.</summary>
public struct DetachFacts
{
    public uint Generation;
    public bool HadInet;
    public bool HadInet6;

    /// <summary>The design asks no family, whatever addresses there are.</summary>
    public bool NotAsked;
    public ushort Index;
    public short Unit;
    public VirtualTime Attached;
    public VirtualTime AddressGone;
    public VirtualTime Freed;
    public long FreedEvent;
}
