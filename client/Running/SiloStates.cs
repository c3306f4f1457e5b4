using Orleans.Runtime;
using Stress.Observability;

namespace Stress.Client.Running;

/// <summary>Asks a cluster for its silos.</summary>
public static class SiloStates
{
    /// <summary>The silos that are not dead, in the order of their addresses. One that does not answer has no numbers.</summary>
    public static async Task<IReadOnlyList<SiloState>> Of(IGrainFactory grains)
    {
        var management = grains.GetGrain<IManagementGrain>(0);
        List<SiloState> states = [];
        foreach ((SiloAddress address, SiloStatus status) in (await management.GetHosts()).Where(host => host.Value != SiloStatus.Dead).OrderBy(host => host.Key))
        {
            SiloRuntimeStatistics? numbers = await Ask(management, address);
            states.Add(new SiloState(
                address.Endpoint.ToString(),
                status.ToString(),
                numbers?.ActivationCount ?? 0,
                numbers?.EnvironmentStatistics.FilteredCpuUsagePercentage ?? 0,
                numbers?.EnvironmentStatistics.FilteredMemoryUsageBytes ?? 0));
        }

        return states;
    }

    private static async Task<SiloRuntimeStatistics?> Ask(IManagementGrain management, SiloAddress address)
    {
        try
        {
            return (await management.GetRuntimeStatistics([address])).FirstOrDefault();
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            // It may be on its way out.
            return null;
        }
    }
}
