using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Scenarios;

namespace Stress.Bench.Speed;

/// <summary>What is executed: troxel-2005, the scenario of the targets.</summary>
internal static class Work
{
    /// <summary>Its sites.</summary>
    public static SiteOptions Troxel() => ScenarioLoader.Load(Path.Combine(Ns3.Root(), "scenarios", "troxel-2005.yaml")).Site;

    /// <summary>The same without the signals that hang up: pairs that stay connected.</summary>
    public static SiteOptions Quiet()
    {
        SiteOptions options = Troxel();
        var never = new HupOptions { Enabled = false };
        return options.With([.. options.Roles.Select(role => role with { Hup = never })]) with { Line = options.Line with { CarrierLossEvery = VirtualTime.Zero } };
    }
}
