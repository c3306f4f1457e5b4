using Stress.Emulator.Link;
using Stress.Emulator.Sites;

namespace Stress.Observability.Instruments;

/// <summary>The labels that every metric of a run carries.</summary>
/// <param name="Run">The run's name.</param>
/// <param name="Scenario">The scenario's name.</param>
/// <param name="Design">The teardown design of emulated kernels, or which real ones they are.</param>
/// <param name="Backend">What executes the sites: <c>emulator</c>, or <c>uml</c> for real kernels.</param>
public sealed record RunLabels(string Run, string Scenario, string Design, string Backend);

/// <summary>A count of a code path in a role, whose name <see cref="RunSnapshot.Counters"/> has.</summary>
/// <param name="Path">Short name (<see cref="CodePath"/>).</param>
/// <param name="Role">The label of the role.</param>
/// <param name="Count">Crashes.</param>
/// <param name="Independent">Independent disconnects with as much information about the rate as the role's decided ones (<see cref="ClusterInterval"/>).</param>
public readonly record struct PathCount(string Path, Role Role, long Count, double Independent = 0);

/// <summary>Shares of a code path in a role, 0 to 1, or null if not stated.</summary>
/// <param name="Path">Short name (<see cref="CodePath"/>).</param>
/// <param name="Role">The label of the role.</param>
/// <param name="Reported">What the mail reports.</param>
/// <param name="Min">Least that the scenario accepts.</param>
/// <param name="Max">Most that it accepts.</param>
public sealed record PathBand(string Path, Role Role, double? Reported, double? Min, double? Max);

/// <summary>
/// The cumulative counters of a run at one moment: what <see cref="RunMetrics"/> exports. Counters of a site replace each other, so a window that
/// was executed twice is in them once.
/// </summary>
public sealed record RunSnapshot
{
    /// <summary>The labels of the run's metrics.</summary>
    public required RunLabels Labels { get; init; }

    /// <summary>Crashes by code path and role. Paths that never crashed belong here too, with 0, so that their rate is shown as 0.</summary>
    public IReadOnlyList<PathCount> Crashes { get; init; } = [];

    /// <summary>What was counted, by role.</summary>
    public NodeCounters Counters { get; init; } = new();

    /// <summary>Windows whose result stands, over all sites.</summary>
    public long Windows { get; init; }

    /// <summary>Windows of the whole run.</summary>
    public long WindowsPlanned { get; init; }

    /// <summary>Pairs of a calling and a called system, at least 1.</summary>
    public long Pairs { get; init; } = 1;

    /// <summary>Virtual time summed over the pairs.</summary>
    public double PairHours { get; init; }

    /// <summary>Virtual hours of each pair in the whole run.</summary>
    public double HoursPlanned { get; init; }

    /// <summary>Sites of the run.</summary>
    public long SitesPlanned { get; init; }

    /// <summary>Sites executed to their end.</summary>
    public long SitesDone { get; init; }

    /// <summary>Sites stopped by an error of our own.</summary>
    public long SitesFailed { get; init; }

    /// <summary>Sites closed early, or for which there was no answer.</summary>
    public long SitesLost { get; init; }

    /// <summary>True while the run is paused.</summary>
    public bool Paused { get; init; }

    /// <summary>True when nothing is left to do.</summary>
    public bool Finished { get; init; }

    /// <summary>True while sites wait or are executed.</summary>
    public bool Active => !Paused && !Finished;

    /// <summary>Wall time since the run started, up to its end.</summary>
    public TimeSpan Wall { get; init; }

    /// <summary>Virtual seconds per second of wall time, or 0 for as fast as possible.</summary>
    public double Pace { get; init; }

    /// <summary>How far a paced run is behind.</summary>
    public TimeSpan PaceLag { get; init; }

    /// <summary>What the mail reports and the scenario accepts.</summary>
    public IReadOnlyList<PathBand> Bands { get; init; } = [];
}
