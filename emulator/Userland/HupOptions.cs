using System.Text.Json.Serialization;
using Stress.Emulator.Core;

namespace Stress.Emulator.Userland;

/// <summary>The programme of HUP signals that cron sends to pppd.</summary>
public sealed record HupOptions
{
    /// <summary>cron sends HUP to pppd.</summary>
    public bool Enabled { get; init; }

    /// <summary>Period of the signal.</summary>
    public VirtualTime Every { get; init; } = VirtualTime.FromMinutes(10);

    /// <summary>Where in the period the signal falls: the offset between the systems' clocks, drawn once for each router.</summary>
    public TimeRange Phase { get; init; }

    /// <summary>How late cron's job runs, drawn for each signal.</summary>
    public TimeRange Jitter { get; init; } = TimeRange.Milliseconds(20, 900);
}
