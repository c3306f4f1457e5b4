using Stress.Observability.Instruments;

namespace Stress.Grains;

/// <summary>One run: plans its shards, merges them, and answers the client.</summary>
[Alias("stress.IRunGrain")]
public interface IRunGrain : IGrainWithStringKey
{
    /// <summary>Starts the run. Starting the same plan again changes nothing.</summary>
    /// <exception cref="InvalidOperationException">A run of this name has another plan.</exception>
    [Alias("Start")]
    Task Start(RunPlan plan);

    /// <summary>Holds the run, or lets it go on.</summary>
    [Alias("Pause")]
    Task Pause(bool paused);

    /// <summary>Stops the run; its result is partial.</summary>
    [Alias("Cancel")]
    Task Cancel();

    /// <summary>Where the run is.</summary>
    [Alias("Progress")]
    Task<ShardProgress> Progress();

    /// <summary>Where the run is, in the terms of its metrics: for a view of a run that somebody else started.</summary>
    [Alias("Snapshot")]
    Task<RunSnapshot> Snapshot();

    /// <summary>The result so far; final once <see cref="ShardProgress.Finished"/>.</summary>
    [Alias("Result")]
    Task<RunResult> Result();
}
