using System.ComponentModel;
using Stress.Emulator.Core;

namespace Stress.Emulator.Userland;

/// <summary>zebra's options (reference 7.1).</summary>
[Description("zebra's options (reference 7.1).")]
public sealed record ZebraOptions
{
    /// <summary>Mean time until zebra is restarted.</summary>
    [Description("Mean time from a start until it is restarted (half to one and a half times that); 0s for never.")]
    public VirtualTime RestartEvery { get; init; }

    /// <summary>From its end until it runs again.</summary>
    [Description("From its end until it runs again. The kernel's messages meanwhile are lost; its clients reconnect 10 s after losing it, and 10 or 60 s after each failed attempt.")]
    public TimeRange Downtime { get; init; } = TimeRange.Seconds(2, 8);
}
