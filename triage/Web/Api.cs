using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stress.Contracts.Triage;

namespace Stress.Triage.Web;

/// <summary>The same as the pages show, as JSON. Described by <c>/openapi/v1.json</c>.</summary>
public static class Api
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    /// <summary>Adds the API to a server.</summary>
    public static void Map(IEndpointRouteBuilder app, Triage triage, Access access, CauseWork causes, IRunLauncher? launcher)
    {
        app.MapOpenApi();
        RouteGroupBuilder api = app.MapGroup("/api/v1");
        api.MapGet("/runs", async (HttpRequest request, string? search, string? backend, string? verdict, string? sort, int? skip, int? take, CancellationToken stop) =>
                Results.Json(await triage.Runs(Site.FilterOfRuns(request.Query), stop), Json))
            .WithSummary("Runs, newest first").Produces<Page<RunRow>>();
        api.MapGet("/runs/{name}", (string name, CancellationToken stop) => Guarded(async () => Results.Json(await triage.Run(name, stop), Json)))
            .WithSummary("A run with its report and its crashes").Produces<RunDetail>().ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/bugs", async (HttpRequest request, string? search, string? backend, string? status, bool? regressed, int? skip, int? take, CancellationToken stop) =>
                Results.Json(await triage.Bugs(Site.FilterOfBugs(request.Query), stop), Json))
            .WithSummary("Bugs, seen last first").Produces<Page<BugRow>>();
        api.MapGet("/bugs/{id}", (string id, CancellationToken stop) => Guarded(async () => Results.Json(await triage.Bug(id, stop), Json)))
            .WithSummary("A bug").Produces<BugDetail>().ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPatch("/bugs/{id}", (HttpRequest request, string id, CancellationToken stop) => Guarded(async () =>
            {
                // A form of another site can send text, and no JSON.
                if (!request.HasJsonContentType())
                {
                    return Results.Problem("accepted is application/json", statusCode: StatusCodes.Status415UnsupportedMediaType);
                }

                BugChange? change;
                try
                {
                    change = await request.ReadFromJsonAsync<BugChange>(Json, stop);
                }
                catch (JsonException e)
                {
                    return Results.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
                }

                return change is null
                    ? Results.Problem("accepted is an object", statusCode: StatusCodes.Status400BadRequest)
                    : Results.Json(await triage.Change(id, change with { By = access.UserOf(request) is { Length: > 0 } user ? user : change.By }, stop), Json);
            }))
            .WithSummary("Says what is known of a bug").Accepts<BugChange>("application/json").Produces<BugDetail>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/crashes/{number:long}", (long number, CancellationToken stop) => Guarded(async () => Results.Json(await triage.OfRuns.Crash(number, stop), Json)))
            .WithSummary("A crash").Produces<CrashRow>().ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/crashes/{number:long}/cause", (long number, CancellationToken stop) => Guarded(async () => Results.Json((await causes.Of(number, stop)).Cause, Json)))
            .WithSummary("When a crash was lost, what of it is needed, and who else has it: executes its run's site again, in seconds")
            .Produces<CrashCause>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        api.MapGet("/diff", (string first, string second, CancellationToken stop) => Guarded(async () => Results.Json(await triage.Compare(first, second, stop), Json)))
            .WithSummary("Two runs side by side").Produces<RunDifference>().ProducesProblem(StatusCodes.Status404NotFound);
        if (launcher is not null)
        {
            Launches.MapApi(api, access, launcher, Json);
        }
    }

    /// <summary>An answer, or the problem that there is instead.</summary>
    internal static async Task<IResult> Guarded(Func<Task<IResult>> answer)
    {
        try
        {
            return await answer();
        }
        catch (TriageException e)
        {
            return Results.Problem(
                e.Message,
                statusCode: e.Problem switch
                {
                    TriageProblem.Wrong => e.Message.Contains("no such", StringComparison.Ordinal) ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest,
                    _ => StatusCodes.Status503ServiceUnavailable,
                });
        }
    }
}
