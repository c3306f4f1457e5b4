using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Net;

/// <summary>sc_state of a session of PPP over Ethernet.</summary>
public enum PppoeState : byte
{
    /// <summary>PPPOE_STATE_INITIAL: nothing runs.</summary>
    Initial,

    /// <summary>PPPOE_STATE_PADI_SENT: it waits for an offer.</summary>
    PadiSent,

    /// <summary>PPPOE_STATE_PADR_SENT: it waits for its session.</summary>
    PadrSent,

    /// <summary>PPPOE_STATE_SESSION.</summary>
    Session,

    /// <summary>PPPOE_STATE_CLOSING: the timer sends the PADT.</summary>
    Closing,
}

/// <summary>What pppoe_softc keeps of discovery; sc_eth_if is <see cref="ClonedSoftc.Parent"/>.</summary>
public struct PppoeSoftc : ITableRow<PppoeSoftc>
{
    /// <summary>The interface's slot.</summary>
    public short Slot;

    /// <summary>sc_state.</summary>
    public PppoeState State;

    /// <summary>sc_session, or 0.</summary>
    public ushort Session;

    /// <summary>sc_dest: the access concentrator, or the broadcast.</summary>
    public ulong Destination;

    /// <summary>sc_ac_cookie: its first eight bytes, the first on top.</summary>
    public ulong CookieHead;

    /// <summary>sc_ac_cookie: the eight bytes after those.</summary>
    public ulong CookieTail;

    /// <summary>sc_ac_cookie_len in bytes, or 0.</summary>
    public byte CookieLength;

    /// <summary>sc_timeout, and in a session sppp_keepalive's turn: ticks of 200 ms until it runs; 0 where it does not.</summary>
    public ushort Ticks;

    /// <summary>sc_padi_retried.</summary>
    public byte PadiRetried;

    /// <summary>sc_padr_retried.</summary>
    public byte PadrRetried;

    /// <summary>pp_alivecnt: echo requests without an answer.</summary>
    public byte AliveCount;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("pppoe_softc", 0, 1, TableRoom.ShortLimit);

    readonly bool ITableRow<PppoeSoftc>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref PppoeSoftc value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Slot);
        pass.Field(ref value.State);
        pass.Field(ref value.Session);
        pass.Field(ref value.Destination);
        pass.Field(ref value.CookieHead);
        pass.Field(ref value.CookieTail);
        pass.Field(ref value.CookieLength);
        pass.Field(ref value.Ticks);
        pass.Field(ref value.PadiRetried);
        pass.Field(ref value.PadrRetried);
        pass.Field(ref value.AliveCount);
        pass.Field(ref value.Used);
    }
}
