using Stress.Dial.Far;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Guests.Calendar;
using Stress.Guests.Line;

namespace Stress.Guests.Running;

/// <summary>One boot of a guest: what its console said, how it ended.</summary>
/// <param name="Role">Which end of the call.</param>
/// <param name="Boot">Virtual time of its switching on.</param>
/// <param name="End">Virtual time of its end; the run's end where it was still up.</param>
/// <param name="Console">Everything that it printed.</param>
/// <param name="Exit">How its process ended; null where the run ended it.</param>
/// <param name="IsHung">It hung and was killed.</param>
/// <param name="Panics">What its kernel reported, in order.</param>
public sealed record GuestBoot(Role Role, VirtualTime Boot, VirtualTime End, byte[] Console, string? Exit, bool IsHung, IReadOnlyList<FarPanic> Panics);

/// <summary>What one pair of real systems did.</summary>
public sealed record PairResult
{
    /// <summary>SHA-256 over every byte on the line with its time, every modem line, both consoles and the verdicts.</summary>
    public required string Digest { get; init; }

    /// <summary>Virtual time reached.</summary>
    public required VirtualTime Reached { get; init; }

    /// <summary>Every boot, in order of time.</summary>
    public required IReadOnlyList<GuestBoot> Boots { get; init; }

    /// <summary>Counts of the line.</summary>
    public required LineCounts Line { get; init; }

    /// <summary>Counts of the calendar.</summary>
    public required CalendarCounts Calendar { get; init; }

    /// <summary>CPU time of both guests' processes.</summary>
    public required TimeSpan GuestCpu { get; init; }

    /// <summary>How much of it the host's kernel took, which includes the cost of ptrace.</summary>
    public required TimeSpan HostCpu { get; init; }

    /// <summary>The calendar was in shared memory.</summary>
    public required bool SharedCalendar { get; init; }

    /// <summary>What the kernels reported, and guests that ended or hung without a report.</summary>
    public required IReadOnlyList<GuestCrash> AllCrashes { get; init; }

    /// <summary>Kernel reports of all boots, with the end at which they came.</summary>
    public IEnumerable<(Role Role, FarPanic Panic)> Crashes => AllCrashes.Select(crash => (crash.Role, crash.Report));

    /// <summary>Calls that ended, counted at both ends: each destroyed an interface, or died of it.</summary>
    public long Disconnects => Line.Disconnects[0] + Line.Disconnects[1];
}
