namespace Stress.Emulator.Simulation;

/// <summary>Who did what a trace line tells: the columns of a replay.</summary>
public enum TraceSource : byte
{
    Line,
    Kernel,
    Pppd,
    Zebra,
    Ospfd,
    Ripngd,
    Getty,
    Cron,
    Other,
}

/// <summary>A stage in the life of an interface pointer, as the swim-lane picture marks it.</summary>
public enum PointerStage : byte
{
    None,
    Allocated,
    Stored,
    AddressGone,
    Detached,
    Freed,
    Reused,
    Used,
}

/// <summary>
/// Hears what a site does, event by event, while it is executed. Nothing is formatted unless a trace is attached, and a trace cannot change the
/// site: the digest is the same with and without.
/// </summary>
public interface ISiteTrace
{
    /// <summary>One step of a process, the kernel or the line.</summary>
    /// <param name="number">The event's number in the site's own count (<see cref="CrashTally.FirstEvent"/> counts the same).</param>
    /// <param name="at">Virtual time.</param>
    /// <param name="router">Router number in the site; 0 is the answering system.</param>
    /// <param name="source">The column.</param>
    /// <param name="text">What happened, in the field's terms.</param>
    /// <param name="stage">The stage of an interface pointer's life that this step is, or none.</param>
    void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage = PointerStage.None);

    /// <summary>A PPP frame enters the line: HDLC content without flags and escapes (address, control, protocol, information; no FCS).</summary>
    /// <param name="at">Virtual time.</param>
    /// <param name="caller">Number of the line in the site, from 0.</param>
    /// <param name="from">The end that sent it.</param>
    /// <param name="frame">Valid only during the call.</param>
    void Frame(VirtualTime at, int caller, Role from, ReadOnlySpan<byte> frame);
}
