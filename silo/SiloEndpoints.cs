using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Stress.Grains;
using Orleans.Dashboard;

namespace Stress.Silo;

/// <summary>What a silo answers over HTTP.</summary>
internal static class SiloEndpoints
{
    /// <summary>Health for Kubernetes' probes, on the metrics port.</summary>
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        var status = endpoints.ServiceProvider.GetRequiredService<ISiloStatusOracle>();
        endpoints.MapGet(SiloDefaults.LivePath, () => Answer(status.CurrentStatus, status.CurrentStatus != SiloStatus.Dead));
        var local = endpoints.ServiceProvider.GetRequiredService<LocalGrains>();
        endpoints.MapGet(SiloDefaults.ReadyPath, () => Answer(status.CurrentStatus, status.CurrentStatus == SiloStatus.Active && !local.Leaving));
    }

    /// <summary>Orleans' dashboard, on its own port only.</summary>
    public static void MapDashboard(this IEndpointRouteBuilder endpoints, int port) =>
        endpoints.MapGroup("").RequireHost($"*:{port}").MapOrleansDashboard();

    private static IResult Answer(SiloStatus status, bool good) =>
        Results.Text($"{status}\n", statusCode: good ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
}
