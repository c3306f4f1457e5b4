using Stress.Contracts;

namespace Stress.Grains;

/// <summary>What a driver of a shard does next with its site.</summary>
public enum Duty : byte
{
    /// <summary>Execute it.</summary>
    Execute,

    /// <summary>Wait until the phase is over.</summary>
    Hold,

    /// <summary>Close it at its current window.</summary>
    Close,

    /// <summary>Leave it as it is: the shard continues elsewhere, or not at all.</summary>
    Stop,
}

/// <summary>Where a shard is.</summary>
public enum Presence : byte
{
    /// <summary>On this silo.</summary>
    Here,

    /// <summary>Asked to move to another silo; if there is none, it continues here.</summary>
    Moving,

    /// <summary>Its activation ends, and has its books to write.</summary>
    Leaving,

    /// <summary>Its books are deleted, or belong to another activation now: nothing more is written.</summary>
    Forgotten,
}

/// <summary>
/// The phases of a run and of each of its shards, in one place: what was ordered, where the shard is, which phase may follow which, and what it means for those who drive sites. It
/// is a value, separate from any grain; in whatever order things happen, an end is final.
/// </summary>
/// <param name="Told">What the run is told to do.</param>
/// <param name="Presence">Where the shard is.</param>
public readonly record struct RunPhases(RunPhase Told, Presence Presence)
{
    /// <summary>What a driver does.</summary>
    public Duty Duty => Presence != Presence.Here ? Duty.Stop : Told switch
    {
        RunPhase.Paused => Duty.Hold,
        RunPhase.Cancelled or RunPhase.Interrupted => Duty.Close,
        _ => Duty.Execute,
    };

    /// <summary>Whether the books may be written: what an interruption closes is closed for a partial report only, and storage stays as it was.</summary>
    public bool Writes => Told != RunPhase.Interrupted && Presence != Presence.Forgotten;

    /// <summary>The order in force after another one: a run is paused and resumed any number of times, and ends once.</summary>
    /// <param name="now">What it was told last.</param>
    /// <param name="told">The new order.</param>
    public static RunPhase After(RunPhase now, RunPhase told) => now.IsUnfinished() ? told : now;

    /// <summary>The shard is told what to do.</summary>
    public RunPhases Tell(RunPhase told) => this with { Told = After(Told, told) };

    /// <summary>The shard is asked to move.</summary>
    public RunPhases Move() => Presence == Presence.Here ? this with { Presence = Presence.Moving } : this;

    /// <summary>There was nowhere to move to.</summary>
    public RunPhases Stay() => Presence == Presence.Moving ? this with { Presence = Presence.Here } : this;

    /// <summary>The shard's activation ends.</summary>
    public RunPhases Leave() => Presence == Presence.Forgotten ? this : this with { Presence = Presence.Leaving };

    /// <summary>The books are gone, or belong to another activation.</summary>
    public RunPhases Forget() => this with { Presence = Presence.Forgotten };
}

/// <summary>
/// The phase that a shard is in, and a token for its end. A change is complete before anyone is notified, and waiters continue in a turn of their own, never inside the call that made the change.
/// </summary>
public sealed class PhaseWatch
{
    private CancellationTokenSource _over = new();

    /// <summary>The phase.</summary>
    public RunPhases Now { get; private set; }

    /// <summary>Cancelled when <see cref="Now"/> is no longer true. Taken together with it, before anything is awaited.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>Moves to another phase. The task ends when all waiters have been told; it need not be awaited.</summary>
    public Task Set(RunPhases next)
    {
        if (next == Now)
        {
            return Task.CompletedTask;
        }

        CancellationTokenSource over = _over;
        (Now, _over) = (next, new CancellationTokenSource());
        return End(over);
    }

    // CancelAsync runs what waits on the thread pool, and a grain's code gets back to its grain's scheduler from there.
    private static async Task End(CancellationTokenSource over)
    {
        await over.CancelAsync();
        over.Dispose();
    }
}
