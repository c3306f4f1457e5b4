using System.Text.Json.Serialization;
using Stress.Emulator.Core;

namespace Stress.Emulator.Userland;

/// <summary>ripngd's options (reference 7.4-7.6).</summary>
public sealed record RipngdOptions
{
    /// <summary>Time between ripngd's regular updates.</summary>
    public VirtualTime Update { get; init; } = VirtualTime.FromSeconds(30);

    /// <summary>Half width of the update's jitter: next = update ± this.</summary>
    public VirtualTime UpdateJitter { get; init; } = VirtualTime.FromSeconds(15);

    /// <summary>RIPng also runs on the Ethernet interface (a hub), so the down event makes a triggered update there.</summary>
    public bool OnEthernet { get; init; }
}
