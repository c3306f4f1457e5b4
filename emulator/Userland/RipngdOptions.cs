using System.ComponentModel;
using Stress.Emulator.Core;

namespace Stress.Emulator.Userland;

/// <summary>ripngd's options (reference 7.4-7.6).</summary>
[Description("ripngd's options (reference 7.4 to 7.6).")]
public sealed record RipngdOptions
{
    /// <summary>Time between ripngd's regular updates.</summary>
    [Description("Mean interval of regular updates (RFC 2080, 2.3).")]
    public VirtualTime Update { get; init; } = VirtualTime.FromSeconds(30);

    /// <summary>Half width of the update's jitter: next = update ± this.</summary>
    [Description("Half width of the interval's jitter; at most update.")]
    public VirtualTime UpdateJitter { get; init; } = VirtualTime.FromSeconds(15);

    /// <summary>RIPng also runs on the Ethernet interface (a hub), so the down event makes a triggered update there.</summary>
    [Description("RIPng also runs on the Ethernet interface (a hub): a link's end then sends a triggered update there (reference 8.4 M7).")]
    public bool OnEthernet { get; init; }

    /// <summary>It learns routes, ages them, and hands them to zebra.</summary>
    [Description("It learns routes, with split horizon, poisoned reverse and the timers of RFC 2080, and hands them to zebra.")]
    public bool Routes { get; init; }
}
