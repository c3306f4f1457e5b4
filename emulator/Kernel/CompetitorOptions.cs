using System.Text.Json.Serialization;
using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel;

/// <summary>When a competitor for kernel memory makes its allocations.</summary>
public enum CompetitorTrigger : byte
{
    /// <summary>On its own, at exponentially distributed intervals.</summary>
    Background,

    /// <summary>Each time somebody logs in on the modem line (getty, login, the shell).</summary>
    Login,

    /// <summary>Each time pppd makes a connection attempt (chat script, lock files, ip-up scripts).</summary>
    Dial,

    /// <summary>Each time a link has gone down (ip-down scripts, logging, accounting).</summary>
    LinkDown,
}

/// <summary>What a competitor writes into the block it gets: the content that a stale pointer later reads.</summary>
public enum BlockContent : byte
{
    /// <summary>Every byte is zero.</summary>
    Zero,

    /// <summary>Printable bytes, as a tty queue or a path name holds.</summary>
    Text,

    /// <summary>Machine words that look like small integers.</summary>
    SmallIntegers,
}

/// <summary>Allocations by other parts of the system in one size class, with their own timing (reference 5.4).</summary>
/// <param name="Name">For people: <c>login pty rings</c>.</param>
/// <param name="Bytes">Requested size; the class is the next power of two.</param>
/// <param name="Trigger">When it allocates.</param>
/// <param name="Count">How many blocks at a time: a process has them together.</param>
/// <param name="Every">Mean interval, for <see cref="CompetitorTrigger.Background"/>.</param>
/// <param name="Hold">
/// How long before the blocks are freed; <see cref="VirtualTime.Never"/> for kept. Zero means before anything else happens: a system call that frees what it allocated, or a very short-lived process.
/// </param>
/// <param name="Content">What it writes into them.</param>
public sealed record CompetitorOptions(
    string Name, int Bytes, CompetitorTrigger Trigger, CountRange Count, VirtualTime Every, TimeRange Hold, BlockContent Content)
{
    /// <summary>How often it does so, one after another: the calls, or the processes, of a job.</summary>
    public CountRange Times { get; init; } = CountRange.Fixed(1);
}
