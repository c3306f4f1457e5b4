using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet;

/// <summary>A syn_cache: a connection that a SYN has asked for, until its ACK comes.</summary>
public struct SynCache : ITableRow<SynCache>
{
    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <summary>sc_tp: the listening pcb.</summary>
    public short Head;

    /// <summary>sc_src: who asks.</summary>
    public Ipv6Address Source;

    /// <summary>The port of sc_src.</summary>
    public ushort SourcePort;

    /// <summary>sc_dst: whom.</summary>
    public Ipv6Address Destination;

    /// <summary>sc_irs.</summary>
    public uint Irs;

    /// <summary>sc_iss.</summary>
    public uint Iss;

    /// <summary>sc_peermaxseg, in bytes.</summary>
    public ushort PeerMss;

    /// <summary>sc_ourmaxseg, in bytes.</summary>
    public ushort OurMss;

    /// <summary>sc_route4 or sc_route6: slot of the rtentry, or -1.</summary>
    public short Route;

    /// <summary>ro_dst of it.</summary>
    public Ipv6Address RouteDestination;

    /// <summary>sc_rxtshift.</summary>
    public byte RxtShift;

    /// <summary>sc_rxtcur, in half seconds.</summary>
    public ushort RxtCur;

    /// <summary>sc_rxttot, in half seconds.</summary>
    public ushort RxtTot;

    /// <summary>sc_timer, in ticks of 200 ms.</summary>
    public int Timer;

    /// <inheritdoc/>
    public static TableRoom Room => new("syn_cache", 0, 2, TableRoom.ShortLimit);

    readonly bool ITableRow<SynCache>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref SynCache value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Used);
        pass.Field(ref value.Head);
        pass.Struct(ref value.Source);
        pass.Field(ref value.SourcePort);
        pass.Struct(ref value.Destination);
        pass.Field(ref value.Irs);
        pass.Field(ref value.Iss);
        pass.Field(ref value.PeerMss);
        pass.Field(ref value.OurMss);
        pass.Field(ref value.Route);
        pass.Struct(ref value.RouteDestination);
        pass.Field(ref value.RxtShift);
        pass.Field(ref value.RxtCur);
        pass.Field(ref value.RxtTot);
        pass.Field(ref value.Timer);
    }
}
