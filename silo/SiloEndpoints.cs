using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Dashboard;
using Orleans.Runtime;
using Stress.Grains;

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
        var end = endpoints.ServiceProvider.GetRequiredService<SiloEnd>();
        endpoints.MapGet(SiloDefaults.ReadyPath, () => Answer(status.CurrentStatus, status.CurrentStatus == SiloStatus.Active && !local.Leaving && !end.IsNear));
    }

    /// <summary>Orleans' dashboard, for connections to its own port only: what a request claims, for example in its Host header, does not count.</summary>
    /// <param name="app">The process, behind its routing.</param>
    /// <param name="port">The port.</param>
    public static void MapDashboard(this WebApplication app, int port)
    {
        app.Use((context, next) =>
        {
            if (context.Connection.LocalPort != port && context.GetEndpoint()?.Metadata.GetMetadata<OfDashboard>() is not null)
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            }

            return next(context);
        });
        app.MapGroup("").WithMetadata(new OfDashboard()).MapOrleansDashboard();
    }

    // The mark of the dashboard's endpoints.
    private sealed class OfDashboard;

    private static IResult Answer(SiloStatus status, bool good) =>
        Results.Text($"{status}\n", statusCode: good ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
}
