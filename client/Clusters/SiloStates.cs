using Orleans.Runtime;
using Stress.Contracts;
using Stress.Observability;

namespace Stress.Client.Clusters;

/// <summary>Asks a cluster for its silos.</summary>
public static class SiloStates
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>The silos that are not dead, in the order of their addresses. One that does not answer has no numbers.</summary>
    public static async Task<IReadOnlyList<SiloState>> Of(IGrainFactory grains)
    {
        var management = grains.GetGrain<IManagementGrain>(0);
        var hosts = (await management.GetHosts()).Where(host => host.Value != SiloStatus.Dead).OrderBy(host => host.Key);
        return await Task.WhenAll(hosts.Select(host => StateOf(grains, management, host.Key, host.Value)));
    }

    // The process's own figure, as the report has it: Orleans' is of the managed heap.
    private static async Task<long> MemoryOf(IGrainFactory grains, SiloAddress address)
    {
        try
        {
            return (await grains.GetGrain<ISiloGrain>(address.ToParsableString()).Facts().WaitAsync(Longest)).MemoryBytes;
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            return 0;
        }
    }

    private static async Task<SiloState> StateOf(IGrainFactory grains, IManagementGrain management, SiloAddress address, SiloStatus status)
    {
        Task<long> memory = MemoryOf(grains, address);
        SiloRuntimeStatistics? numbers = await Ask(management, address);
        return new SiloState(
            address.Endpoint.ToString(),
            numbers is null && status == SiloStatus.Active ? "no answer" : status.ToString(),
            numbers?.ActivationCount ?? 0,
            numbers?.EnvironmentStatistics.FilteredCpuUsagePercentage ?? 0,
            await memory);
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
