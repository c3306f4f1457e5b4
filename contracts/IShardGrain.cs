using Stress.Emulator.Kernel.Ports;

namespace Stress.Contracts;

/// <summary>Drives the lines of some hundreds of sites, few at a time, and merges what they hand in.</summary>
[Alias("stress.IShardGrain")]
public interface IShardGrain : IGrainWithStringKey
{
    /// <summary>
    /// Starts the shard's sites, or continues with those that are not stored as finished. Does nothing when the shard is at work.
    /// </summary>
    /// <param name="plan">The run.</param>
    /// <param name="shard">Which of its shards.</param>
    /// <param name="first">True when the shard was never told to start before, so that none of its sites can have a checkpoint.</param>
    [Alias("Start")]
    Task Start(RunPlan plan, int shard, bool first);

    /// <summary>Passes on what the run is told to do, and returns the shard's progress; null when this activation has to be started first.</summary>
    [Alias("Keep")]
    Task<ShardProgress?> Keep(RunPhase phase);

    /// <summary>The shard's results so far; null when this activation has to be started first.</summary>
    [Alias("Result")]
    Task<ShardResult?> Result();

    /// <summary>Writes the books, and moves to another silo if there is one.</summary>
    [Alias("Move")]
    Task Move();

    /// <summary>Deletes the books from storage.</summary>
    [Alias("Forget")]
    Task Forget();
}

/// <summary>The progress of a shard or a whole run. Cumulative.</summary>
[GenerateSerializer, Immutable, Alias("stress.ShardProgress")]
public sealed record ShardProgress
{
    /// <summary>Sites planned.</summary>
    [Id(0)]
    public long Planned { get; init; }

    /// <summary>Sites executed to their end.</summary>
    [Id(1)]
    public long Done { get; init; }

    /// <summary>Sites stopped by an error of our own.</summary>
    [Id(2)]
    public long Failed { get; init; }

    /// <summary>Sites for which there was no answer.</summary>
    [Id(3)]
    public long Lost { get; init; }

    /// <summary>Sites closed at their current window, by an interruption, to be continued, or by a cancellation, for good: partial.</summary>
    [Id(22)]
    public long Begun { get; init; }

    /// <summary>Sites that had not begun when the run was interrupted or cancelled.</summary>
    [Id(23)]
    public long NotBegun { get; init; }

    /// <summary>Windows executed, over all sites.</summary>
    [Id(4)]
    public long Windows { get; init; }

    /// <summary>What all sites counted.</summary>
    [Id(5)]
    public Counters Counters { get; init; }

    /// <summary>Crashes, both roles.</summary>
    [Id(7)]
    public long Crashes { get; init; }

    /// <summary>True while slices are held back.</summary>
    [Id(8)]
    public bool Paused { get; init; }

    /// <summary>True once a pause is complete: every slice in progress when it began has ended, and nothing runs.</summary>
    [Id(24)]
    public bool AtRest { get; init; }

    /// <summary>Wall time by which a paced run is behind: the latest site's.</summary>
    [Id(20)]
    public TimeSpan PaceLag { get; init; }

    /// <summary>What live views show; null in a run without telemetry.</summary>
    [Id(21)]
    public LiveCounts? Counts { get; init; }

    /// <summary>True while something counted is not in storage yet.</summary>
    [Id(9)]
    public bool Unsaved { get; init; }

    /// <summary>True when nothing is left to do.</summary>
    public bool Finished => Ended == Planned;

    /// <summary>Sites for which nothing is left to do: every one that is planned ends as exactly one of these.</summary>
    public long Ended => Done + Failed + Lost + Begun + NotBegun;

    /// <summary>The sum of two shards.</summary>
    public static ShardProgress operator +(ShardProgress a, ShardProgress b) => new()
    {
        Planned = a.Planned + b.Planned,
        Done = a.Done + b.Done,
        Failed = a.Failed + b.Failed,
        Lost = a.Lost + b.Lost,
        Begun = a.Begun + b.Begun,
        NotBegun = a.NotBegun + b.NotBegun,
        Windows = a.Windows + b.Windows,
        Counters = a.Counters + b.Counters,
        Crashes = a.Crashes + b.Crashes,
        Paused = a.Paused || b.Paused,
        AtRest = a.AtRest && b.AtRest,
        PaceLag = a.PaceLag > b.PaceLag ? a.PaceLag : b.PaceLag,
        Counts = LiveCounts.Sum(a.Counts, b.Counts),
        Unsaved = a.Unsaved || b.Unsaved,
    };
}
