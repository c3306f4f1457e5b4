using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stress.Contracts.Triage;
using Stress.Observability.Html;

namespace Stress.Triage.Web;

/// <summary>The same as the pages show, as JSON. Described by <c>/openapi/v1.json</c>.</summary>
public static class Api
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    /// <summary>Adds the API to a server.</summary>
    public static void Map(IEndpointRouteBuilder app, Triage triage, Access access, CrashExecution crashes, IRunLauncher? launcher)
    {
        app.MapOpenApi();
        RouteGroupBuilder api = app.MapGroup("/api/v1");
        api.MapGet("/runs", async (HttpRequest request, string? search, string? backend, string? verdict, string? sort, int? skip, int? take, CancellationToken stop) =>
                Results.Json(await triage.Runs(Site.FilterOfRuns(request.Query), stop), Json))
            .WithSummary("Runs, newest first").Produces<Page<RunRow>>();
        api.MapGet("/runs/{name}", (string name, CancellationToken stop) => Guarded(async () => Results.Json(await triage.Run(name, stop), Json)))
            .WithSummary("A run with its report and its crashes").Produces<RunDetail>().ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/bugs", async (HttpRequest request, string? search, string? backend, string? status, bool? regressed, int? skip, int? take, CancellationToken stop) =>
                Results.Json(await triage.Bugs(Site.FilterOfBugs(request, access), stop), Json))
            .WithSummary("Bugs, seen last first").Produces<Page<BugRow>>();
        api.MapGet("/bugs/{id}", (HttpRequest request, string id, CancellationToken stop) => Guarded(async () => Results.Json(access.Seen(request, id, await triage.Bug(id, stop)), Json)))
            .WithSummary("A bug").Produces<BugDetail>().ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPatch("/bugs/{id}", (HttpRequest request, string id, CancellationToken stop) => Guarded(async () =>
            {
                // A form of another site can send text, but not JSON.
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
        api.MapGet("/crashes/{number:long}/cause", (long number, CancellationToken stop) => Guarded(async () => Results.Json((await crashes.Cause(number, stop)).Cause, Json)))
            .WithSummary("When a crash was lost, what of it is needed, and who else has it: executes its run's site again, in seconds")
            .Produces<CrashCause>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        api.MapGet("/crashes/{number:long}/replay", (long number, [FromQuery(Name = "event")] long? at, CancellationToken stop) => Guarded(async () =>
            {
                CrashReplay replay = await crashes.Replay(await triage.OfRuns.Crash(number, stop), at, stop);
                IReadOnlySet<int> life = replay.Timeline.Life();
                return Results.Json(new CrashSteps(
                    replay.CrashEvent, replay.At,
                    [.. replay.Timeline.Steps.Select((step, i) => new CrashStep(step.Number, step.At.Microseconds, replay.Timeline.SystemOf(step.Router), step.Source.Name, step.Text, life.Contains(i) ? SwimLanes.StageName(step.Stage) : ""))],
                    replay.Systems, replay.Story), Json);
            }))
            .WithSummary("The way to a crash: its steps, and what every system held after one event").Produces<CrashSteps>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        api.MapGet("/crashes/{number:long}/branch", (long number, [FromQuery(Name = "event")] long at, string? design, CancellationToken stop) =>
                Guarded(async () => Results.Json((await crashes.Branch(number, at, string.IsNullOrEmpty(design) ? null : design, stop)).Branch, Json)))
            .WithSummary("What becomes of a crash when an event is taken away, or when every kernel has another teardown design from it on")
            .Produces<CrashBranch>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        api.MapGet("/diff", (string first, string second, CancellationToken stop) => Guarded(async () => Results.Json(await triage.Compare(first, second, stop), Json)))
            .WithSummary("Two runs side by side").Produces<RunDifference>().ProducesProblem(StatusCodes.Status404NotFound);
        if (launcher is not null)
        {
            Launches.MapApi(api, access, launcher, Json);
        }
    }

    /// <summary>An answer, or the problem.</summary>
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

/// <summary>The way to a crash.</summary>
/// <param name="CrashEvent">The event that crashed.</param>
/// <param name="At">The event after which <paramref name="Systems"/> are told.</param>
/// <param name="Steps">The steps of the pointer's life with the steps next to each, and the last before the crash.</param>
/// <param name="Systems">The state of each system then.</param>
/// <param name="Story">The life of the pointer, one line per stage.</param>
public sealed record CrashSteps(long CrashEvent, long At, IReadOnlyList<CrashStep> Steps, IReadOnlyList<SystemState> Systems, IReadOnlyList<string> Story);

/// <summary>A step on the path to a crash.</summary>
/// <param name="Event">The number of the event.</param>
/// <param name="AtMicroseconds">Virtual microseconds.</param>
/// <param name="System">The system.</param>
/// <param name="Source">The process, the kernel or the line.</param>
/// <param name="Text">What happened.</param>
/// <param name="Stage">The stage of the pointer's life, or empty.</param>
public sealed record CrashStep(long Event, long AtMicroseconds, string System, string Source, string Text, string Stage);
