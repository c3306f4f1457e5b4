using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Oracle;

/// <summary>Who did what a trace line reports: the columns of a replay. Daemons get theirs from their registration.</summary>
/// <param name="Number">Rolled into the digest with the column's events.</param>
/// <param name="Name">The program's name, or the device's.</param>
public sealed record TraceSource(byte Number, string Name)
{
    /// <summary>The line.</summary>
    public static TraceSource Line { get; } = new(0, "line");

    /// <summary>The kernel.</summary>
    public static TraceSource Kernel { get; } = new(1, "kernel");

    /// <summary>pppd.</summary>
    public static TraceSource Pppd { get; } = new(2, "pppd");

    /// <summary>getty and login, before pppd on the answering system.</summary>
    public static TraceSource Getty { get; } = new(6, "getty");

    /// <summary>cron.</summary>
    public static TraceSource Cron { get; } = new(7, "cron");

    /// <summary>Any other process there.</summary>
    public static TraceSource Other { get; } = new(8, "other");

    /// <summary>The name with a capital.</summary>
    public override string ToString() => char.ToUpperInvariant(Name[0]) + Name[1..];
}

/// <summary>A stage in the life of an interface pointer, as the swim-lane picture marks it.</summary>
public enum PointerStage : byte
{
    /// <summary>The step is not part of a pointer's life.</summary>
    None,

    /// <summary>The interface's block was allocated.</summary>
    Allocated,

    /// <summary>A holder stored the pointer.</summary>
    Stored,

    /// <summary>An address of the interface was removed.</summary>
    AddressGone,

    /// <summary>if_detach has returned.</summary>
    Detached,

    /// <summary>The block was freed.</summary>
    Freed,

    /// <summary>The block was given to somebody else.</summary>
    Reused,

    /// <summary>The pointer was used after that.</summary>
    Used,
}

/// <summary>One stage in the life of an interface pointer with the identity of its allocation: what the oracle knows and the kernel does not.</summary>
/// <param name="Number">The event's number in the site's own count.</param>
/// <param name="At">Virtual time.</param>
/// <param name="Router">Router number in the site.</param>
/// <param name="Stage">The stage.</param>
/// <param name="Generation">The allocation; 0 where the record itself was freed and names none.</param>
/// <param name="Address">Address of the softc.</param>
/// <param name="Holder">Where it is stored or used; none for the other stages.</param>
/// <param name="Unit">The interface's name, where it is known.</param>
/// <param name="By">The emulated call stack, innermost function first, or the other user of kernel memory that reused the block.</param>
public readonly record struct PointerEvent(
    long Number, VirtualTime At, int Router, PointerStage Stage, uint Generation, uint Address, HolderKind Holder, string Unit, string By);

/// <summary>What an event of a site was.</summary>
public enum EventCause : byte
{
    /// <summary>A timer of the node itself, of its kernel or of one of its processes.</summary>
    Timer,

    /// <summary>A frame arrived.</summary>
    Frame,

    /// <summary>Something else that a line, a cable or an access concentrator does, such as losing carrier.</summary>
    Line,

    /// <summary>An event of the scenario's programmes.</summary>
    Programme,
}

/// <summary>Where a crash happened in its site, and what was being executed.</summary>
/// <param name="Number">The event's number in the site's own count.</param>
/// <param name="At">Virtual time.</param>
/// <param name="Router">The router that died.</param>
/// <param name="Generation">The allocation that the fatal pointer named; 0 where the record itself was freed and names none.</param>
/// <param name="Link">The link whose interface that was; -1 where it is at none, or is no longer known.</param>
/// <param name="Cause">What the event was.</param>
/// <param name="Through">The link that the event was of; -1 for none.</param>
/// <param name="By">Whose timer or event it was, in words; empty for a frame.</param>
public readonly record struct CrashPlace(long Number, VirtualTime At, int Router, uint Generation, int Link, EventCause Cause, int Through, string By);

/// <summary>
/// Is told what a site does, event by event, while it is executed. Nothing is formatted unless a trace is attached, and a trace cannot change the
/// site: the digest is the same with and without.
/// </summary>
public interface ISiteTrace
{
    /// <summary>One step of a process, the kernel or the line.</summary>
    /// <param name="number">The event's number in the site's own count.</param>
    /// <param name="at">Virtual time.</param>
    /// <param name="router">Router number in the site; 0 is the answering system.</param>
    /// <param name="source">The column.</param>
    /// <param name="text">What happened, in the field's terms.</param>
    /// <param name="stage">The stage of an interface pointer's life that this step is, or none.</param>
    void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage = PointerStage.None);

    /// <summary>A stage in the life of a pointer; the step that tells of it in words comes separately.</summary>
    /// <param name="e">The stage.</param>
    void Pointer(in PointerEvent e)
    {
    }

    /// <summary>A PPP frame enters the line: HDLC content without flags and escapes (address, control, protocol, information; no FCS).</summary>
    /// <param name="at">Virtual time.</param>
    /// <param name="link">Number of the link in the site, from 0.</param>
    /// <param name="from">The end of the link that sent it.</param>
    /// <param name="frame">Valid only during the call.</param>
    void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame);

    /// <summary>A frame was sent on an Ethernet segment.</summary>
    /// <param name="at">Virtual time.</param>
    /// <param name="segment">The segment's number.</param>
    /// <param name="station">The station that sent it.</param>
    /// <param name="frame">From the header's first byte on, without FCS; valid during the call.</param>
    void EtherFrame(VirtualTime at, int segment, int station, ReadOnlySpan<byte> frame)
    {
    }

    /// <summary>A frame of PPP over Ethernet is on the wire between a node and its access concentrator.</summary>
    /// <param name="at">Virtual time.</param>
    /// <param name="node">The node's number.</param>
    /// <param name="sent">The node sent it; otherwise it arrives there.</param>
    /// <param name="frame">From the header's first byte on, without FCS; valid during the call.</param>
    void PppoeFrame(VirtualTime at, int node, bool sent, ReadOnlySpan<byte> frame)
    {
    }

    /// <summary>A frame has come to a router over a link, and is about to be handled.</summary>
    /// <param name="number">The event's number in the site's own count.</param>
    /// <param name="router">The router's number.</param>
    /// <param name="link">The link's number in the site.</param>
    /// <param name="frame">As <see cref="Frame"/> told it; valid during the call.</param>
    void Arrived(long number, int router, int link, ReadOnlySpan<byte> frame)
    {
    }

    /// <summary>A frame has come to a router over an Ethernet segment, and is about to be handled.</summary>
    /// <param name="number">The event's number in the site's own count.</param>
    /// <param name="router">The router's number.</param>
    /// <param name="frame">As <see cref="EtherFrame"/> told it; valid during the call.</param>
    void EtherArrived(long number, int router, ReadOnlySpan<byte> frame)
    {
    }

    /// <summary>A router has panicked.</summary>
    /// <param name="place">Where, and by what.</param>
    void Crashed(in CrashPlace place)
    {
    }
}
