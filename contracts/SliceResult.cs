using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Sites;

namespace Stress.Contracts;

/// <summary>The result of a slice of work (one or more windows of one site). Counters are cumulative since virtual time zero.</summary>
[GenerateSerializer, Immutable, Alias("stress.SliceResult")]
public sealed record SliceResult
{
    /// <summary>The site's next window.</summary>
    [Id(0)]
    public required int NextWindow { get; init; }

    /// <summary>The counts of the whole site.</summary>
    [Id(1)]
    public Counters Counters { get; init; }

    /// <summary>Crashes, both roles.</summary>
    [Id(3)]
    public long Crashes { get; init; }

    /// <summary>The whole result, once the site is finished or closed early; else null.</summary>
    [Id(4)]
    public SiteOutcome? Outcome { get; init; }

    /// <summary>An error of our own that stopped the site at <see cref="NextWindow"/>; null if there was none. Never an emulated crash.</summary>
    [Id(5)]
    public string? Problem { get; init; }

    /// <summary>What live views show for the site; null in a run without telemetry.</summary>
    [Id(20)]
    public LiveCounts? Counts { get; init; }

    /// <summary>True if storage holds a checkpoint of the site, which must be deleted once the outcome is safe.</summary>
    [Id(6)]
    public bool Stored { get; init; }

    /// <summary>True when nothing was executed because the silo is leaving: ask again.</summary>
    [Id(7)]
    public bool Declined { get; init; }
}

/// <summary>The result of one site.</summary>
[GenerateSerializer, Immutable, Alias("stress.SiteOutcome")]
public sealed record SiteOutcome
{
    /// <summary>True when every window was executed.</summary>
    [Id(0)]
    public required bool Finished { get; init; }

    /// <summary>Windows executed.</summary>
    [Id(1)]
    public required int Windows { get; init; }

    /// <summary>The counters, which no longer change.</summary>
    [Id(2)]
    public required SiteTally Tally { get; init; }

    /// <summary>Counts over virtual time.</summary>
    [Id(3)]
    public required SiteSeries Series { get; init; }

    /// <summary>Digest and events after each window, for a checked site.</summary>
    [Id(4)]
    public IReadOnlyList<WindowMark>? Marks { get; init; }
}
