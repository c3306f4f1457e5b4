using Stress.Emulator.Simulation;
using Stress.Observability.Instruments;

namespace Stress.Grains;

/// <summary>What a run executes. Written once by the client and never changed, so that every grain of the run may hold the same object.</summary>
[GenerateSerializer, Immutable, Alias("stress.RunPlan")]
public sealed record RunPlan
{
    /// <summary>The series of a report has at most this many bins.</summary>
    public const int MaxSeriesBins = 200;

    /// <summary>Sites of one shard, unless the plan says otherwise.</summary>
    public const int DefaultShardSize = 250;

    /// <summary>The run's name; grain keys start with it.</summary>
    [Id(0)]
    public required string RunId { get; init; }

    /// <summary>Everything that decides a site, apart from its number.</summary>
    [Id(1)]
    public required SiteOptions Site { get; init; }

    /// <summary>How many sites, numbered from <see cref="FirstSite"/>.</summary>
    [Id(2)]
    public required int Sites { get; init; }

    /// <summary>The number of the first site: 0, or the site of a run that repeats one site alone.</summary>
    [Id(3)]
    public int FirstSite { get; init; }

    /// <summary>Windows of each site.</summary>
    [Id(4)]
    public required int Windows { get; init; }

    /// <summary>Sites of one shard.</summary>
    [Id(5)]
    public int ShardSize { get; init; } = DefaultShardSize;

    /// <summary>Sites that a shard drives at once. More than one, so that a worker never waits for a hand-over; few, so that few images are alive.</summary>
    [Id(6)]
    public int SitesInFlight { get; init; } = 4;

    /// <summary>Windows between two checkpoints of a site; 0 for none.</summary>
    [Id(7)]
    public int CheckpointWindows { get; init; }

    /// <summary>Sites whose digest is kept window by window, to be compared with a second execution.</summary>
    [Id(8)]
    public IReadOnlyList<int> CheckedSites { get; init; } = [];

    /// <summary>Whether the result keeps each site's counts over virtual time, so that two runs can be compared site by site.</summary>
    [Id(9)]
    public bool KeepSites { get; init; }

    /// <summary>For metrics and live views; null for a run that nothing counts.</summary>
    [Id(20)]
    public RunTelemetry? Telemetry { get; init; }

    /// <summary>Virtual seconds a second of wall time, or 0 for as fast as possible.</summary>
    [Id(21)]
    public double Pace { get; init; }

    /// <summary>The labels of the run's metrics.</summary>
    public RunLabels Labels => new(RunId, Telemetry?.Scenario ?? "", Site.Design);

    /// <summary>Windows of one bin of the report's series.</summary>
    public int BinWindows => Math.Max(1, (Windows + MaxSeriesBins - 1) / MaxSeriesBins);

    /// <summary>Bins of the report's series.</summary>
    public int Bins => (Windows + BinWindows - 1) / BinWindows;

    /// <summary>How many shards.</summary>
    public int Shards => (Sites + ShardSize - 1) / ShardSize;

    /// <summary>Windows that cover a duration; the last one may be longer than what is left of it.</summary>
    /// <param name="duration">Virtual time of the run.</param>
    /// <param name="window">Virtual time of a window.</param>
    public static int WindowsOf(VirtualTime duration, VirtualTime window) =>
        checked((int)Math.Max(1, (duration.Microseconds + window.Microseconds - 1) / window.Microseconds));

    /// <summary>The sites of one shard: number of the first, and how many.</summary>
    public (int First, int Count) SitesOf(int shard)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, Shards);
        int offset = shard * ShardSize;
        return (FirstSite + offset, Math.Min(ShardSize, Sites - offset));
    }
}
