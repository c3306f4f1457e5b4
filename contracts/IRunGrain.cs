using Orleans.Concurrency;
using Stress.Observability.Instruments;

namespace Stress.Contracts;

/// <summary>One run: plans its shards, merges them, and answers the client.</summary>
[Alias("stress.IRunGrain")]
public interface IRunGrain : IGrainWithStringKey
{
    /// <summary>Starts the run. Starting the same plan again changes nothing, or resumes it from what is stored.</summary>
    /// <param name="plan">What to execute.</param>
    /// <param name="launch">Whatever the client needs to make a report of the run, should another client ask for it; at most <see cref="RunDescription.MaxLaunchLength"/> characters.</param>
    /// <exception cref="RunRefusedException">A run of this name has another plan, or the plan is not accepted.</exception>
    [Alias("Start")]
    Task Start(RunPlan plan, string launch = "");

    /// <summary>Pauses the run, or resumes it.</summary>
    [Alias("Pause")]
    Task Pause(bool paused);

    /// <summary>Ends the run for good; its result is partial.</summary>
    [Alias("Cancel")]
    Task Cancel();

    /// <summary>Stops the run at its current windows, for a partial result. What is stored stays as it is, and the run can be started again from there.</summary>
    [Alias("Interrupt")]
    Task Interrupt();

    /// <summary>Where the run is.</summary>
    [Alias("Progress"), AlwaysInterleave]
    Task<ShardProgress> Progress();

    /// <summary>The run's progress, in the terms of its metrics: for a view of a run that another client started.</summary>
    [Alias("Snapshot"), AlwaysInterleave]
    Task<RunSnapshot> Snapshot();

    /// <summary>The result so far; final once <see cref="ShardProgress.Finished"/>.</summary>
    [Alias("Result"), AlwaysInterleave]
    Task<RunResult> Result();

    /// <summary>The plan and what belongs to it; null for a run that was never started.</summary>
    [Alias("Describe"), AlwaysInterleave]
    Task<RunDescription?> Describe();

    /// <summary>
    /// A client follows the run: its lease starts over, and a run that was paused because it had no client continues. Called several times per lease.
    /// </summary>
    /// <param name="lease">Who owns the run and how long it may be without a client; null to leave that as it is.</param>
    [Alias("Attend")]
    Task Attend(RunLease? lease);

    /// <summary>Keeps the run going, if it is not finished.</summary>
    [Alias("Keep"), AlwaysInterleave]
    Task Keep();

    /// <summary>Deletes everything stored for a run that has ended.</summary>
    [Alias("Forget")]
    Task Forget();
}

/// <summary>What a run is told to do.</summary>
public enum RunPhase : byte
{
    /// <summary>Execute.</summary>
    Running,

    /// <summary>Hand out no further slices for now.</summary>
    Paused,

    /// <summary>Close every site at its current window, in storage too.</summary>
    Cancelled,

    /// <summary>Close every site at its current window, but leave storage as it is, so that the run can be resumed.</summary>
    Interrupted,

    /// <summary>Nothing is left to do.</summary>
    Finished,
}

/// <summary>What follows from a run's phase.</summary>
public static class RunPhaseExtensions
{
    /// <summary>Whether the run has sites to execute, now or when it is resumed.</summary>
    public static bool IsUnfinished(this RunPhase phase) => phase is RunPhase.Running or RunPhase.Paused;
}

/// <summary>A run as it was started.</summary>
[GenerateSerializer, Immutable, Alias("stress.RunDescription")]
public sealed record RunDescription
{
    /// <summary>Most characters of <see cref="Launch"/>: a scenario of the greatest length, escaped, and a little more.</summary>
    public const int MaxLaunchLength = 1024 * 1024;

    /// <summary>What it executes.</summary>
    [Id(0)]
    public required RunPlan Plan { get; init; }

    /// <summary>What the client left for the report.</summary>
    [Id(1)]
    public required string Launch { get; init; }

    /// <summary>Wall time of the start.</summary>
    [Id(2)]
    public required DateTimeOffset Started { get; init; }

    /// <summary>What it is told to do.</summary>
    [Id(3)]
    public required RunPhase Phase { get; init; }

    /// <summary>How long it may be without a client; null for any time.</summary>
    [Id(4)]
    public RunLease? Lease { get; init; }

    /// <summary>True while it is paused because it has no client, and for one that was cancelled for that.</summary>
    [Id(5)]
    public bool Unattended { get; init; }

    /// <summary>Wall time at which its last site ended; null before that.</summary>
    [Id(6)]
    public DateTimeOffset? Ended { get; init; }
}

/// <summary>Who owns a run, and how long it may be without a client: after that time it is paused, after as long again it is cancelled.</summary>
/// <param name="Owner">Who follows it, for people: the machine, or the pod.</param>
/// <param name="Seconds">Wall seconds; 0 for as long as it takes.</param>
[GenerateSerializer, Immutable, Alias("stress.RunLease")]
public sealed record RunLease([property: Id(0)] string Owner, [property: Id(1)] int Seconds)
{
    /// <summary>Most characters of <see cref="Owner"/>.</summary>
    public const int MaxOwnerLength = 253;

    /// <summary>The longest lease: a year.</summary>
    public const int MaxSeconds = 365 * 86_400;

    /// <summary>What is wrong with it, since a silo does not trust clients; null if nothing is.</summary>
    public string? Problem() =>
        Seconds is < 0 or > MaxSeconds ? $"a lease of {Seconds} s: accepted are 0 to {MaxSeconds}"
        : Owner.Length > MaxOwnerLength ? $"the lease's owner: accepted are up to {MaxOwnerLength} characters"
        : null;
}

/// <summary>A run is not accepted: it has a bad plan, or its name has another.</summary>
/// <param name="message">What is wrong and what would be accepted.</param>
[GenerateSerializer, Alias("stress.RunRefusedException")]
public sealed class RunRefusedException(string message) : Exception(message)
{
    /// <summary>True when the same run may be accepted later.</summary>
    [Id(0)]
    public bool MayPass { get; init; }
}
