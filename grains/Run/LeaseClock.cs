using Stress.Contracts;

namespace Stress.Grains;

/// <summary>
/// How long a run has had no client, and what its lease says about that. A run that moves to another silo, or whose silo died, gets a full lease there: the clock runs only while the run does.
/// </summary>
/// <param name="time">Wall time.</param>
public sealed class LeaseClock(TimeProvider time)
{
    private long _attended = time.GetTimestamp();

    /// <summary>A client has shown up.</summary>
    public void Attended() => _attended = time.GetTimestamp();

    /// <summary>What to tell the run now, or null for nothing. A run that a user has paused stays paused until it is resumed.</summary>
    public RunPhase? Due(RunDescription run)
    {
        if (run.Lease is not { Seconds: > 0 } lease)
        {
            return null;
        }

        TimeSpan alone = time.GetElapsedTime(_attended), length = TimeSpan.FromSeconds(lease.Seconds);
        return (run.Phase, run.Unattended) switch
        {
            (RunPhase.Running, _) when alone >= length => RunPhase.Paused,
            (RunPhase.Paused, true) when alone >= 2 * length => RunPhase.Cancelled,
            _ => null,
        };
    }
}
