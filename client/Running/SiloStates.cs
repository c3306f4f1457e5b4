using Orleans.Runtime;
using Stress.Observability;

namespace Stress.Client.Running;

/// <summary>Asks a cluster for its silos.</summary>
public static class SiloStates
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>The silos that are not dead, in the order of their addresses. One that does not answer has no numbers.</summary>
    public static async Task<IReadOnlyList<SiloState>> Of(IGrainFactory grains)
    {
        var management = grains.GetGrain<IManagementGrain>(0);
        var hosts = (await management.GetHosts()).Where(host => host.Value != SiloStatus.Dead).OrderBy(host => host.Key);
        return await Task.WhenAll(hosts.Select(host => StateOf(management, host.Key, host.Value)));
    }

    private static async Task<SiloState> StateOf(IManagementGrain management, SiloAddress address, SiloStatus status)
    {
        SiloRuntimeStatistics? numbers = await Ask(management, address);
        return new SiloState(
            address.Endpoint.ToString(),
            numbers is null && status == SiloStatus.Active ? "no answer" : status.ToString(),
            numbers?.ActivationCount ?? 0,
            numbers?.EnvironmentStatistics.FilteredCpuUsagePercentage ?? 0,
            numbers?.EnvironmentStatistics.FilteredMemoryUsageBytes ?? 0);
    }

    private static async Task<SiloRuntimeStatistics?> Ask(IManagementGrain management, SiloAddress address)
    {
        try
        {
            return (await management.GetRuntimeStatistics([address]).WaitAsync(Longest)).FirstOrDefault();
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            // It may be on its way out.
            return null;
        }
    }
}
