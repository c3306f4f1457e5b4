using Stress.Emulator.Core;

namespace Stress.Emulator.Userland;

/// <summary>The programme of TERM signals that cron sends to pppd, and who starts it again.</summary>
public sealed record TermOptions
{
    /// <summary>cron sends TERM to pppd.</summary>
    public bool Enabled { get; init; }

    /// <summary>Period of the signal.</summary>
    public VirtualTime Every { get; init; } = VirtualTime.FromMinutes(60);

    /// <summary>Where in the period the signal falls, drawn once for each router.</summary>
    public TimeRange Phase { get; init; }

    /// <summary>How late cron's job runs, drawn for each signal.</summary>
    public TimeRange Jitter { get; init; } = TimeRange.Milliseconds(20, 900);

    /// <summary>From pppd's exit until it is started again; never if nobody does. A called system has its getty for that.</summary>
    public TimeRange StartedAgain { get; init; } = TimeRange.Seconds(60, 60);

    /// <summary>The programme alone.</summary>
    public HupOptions Programme() => new() { Enabled = Enabled, Every = Every, Phase = Phase, Jitter = Jitter };
}
