using Orleans.Runtime;
using Stress.Silo.Connections;

namespace Stress.Silo;

/// <summary>The time between a silo's start and its membership.</summary>
public sealed class Joining
{
    private volatile bool _over;

    /// <summary>True once the silo is a member.</summary>
    public bool IsOver => _over;

    /// <summary>The silo is a member.</summary>
    internal void Over() => _over = true;

    /// <summary>The members that must answer a silo before it becomes one, as text; and why one of them was refused last, if one was.</summary>
    /// <param name="services">The silo's services.</param>
    public static (IReadOnlyList<string> Members, string? Refusal) Others(IServiceProvider services)
    {
        var here = (ILocalSiloDetails)services.GetService(typeof(ILocalSiloDetails))!;
        var oracle = (ISiloStatusOracle)services.GetService(typeof(ISiloStatusOracle))!;
        return (
            [.. oracle.GetApproximateSiloStatuses(onlyActive: true).Keys.Where(silo => !silo.Equals(here.SiloAddress)).Select(silo => silo.Endpoint.ToString()).Order(StringComparer.Ordinal)],
            ((RefusalNews?)services.GetService(typeof(RefusalNews)))?.Last);
    }
}
