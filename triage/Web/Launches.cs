using System.Text.Json;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stress.Contracts.Triage;
using Stress.Triage.Pages;

namespace Stress.Triage.Web;

/// <summary>Starting runs: the pages of scenarios, and the same over the API. Only if the server was given a launcher.</summary>
public static class Launches
{
    /// <summary>The limit on how often one address may have something read or started.</summary>
    public const string Policy = "launches";

    /// <summary>Requests of one address in a minute.</summary>
    public const int PerMinute = 30;

    /// <summary>Adds the pages.</summary>
    public static void MapPages(IEndpointRouteBuilder app, Access access, IRunLauncher launcher)
    {
        app.MapGet("/scenarios", () => Site.Page<ScenariosPage>(new() { ["Launcher"] = launcher })).ExcludeFromDescription();
        app.MapGet("/scenarios/{name}", (HttpContext context, IAntiforgery forgery, string name) => Site.Guarded(() =>
            Task.FromResult(Form(context, forgery, access, name, new LaunchRequest { Scenario = Offered(launcher, name).Text }, [], isChecked: false)))).ExcludeFromDescription();
        app.MapPost("/scenarios/{name}", (HttpContext context, IAntiforgery forgery, string name) => Site.Guarded(() => Site.Form(context, forgery, form =>
        {
            _ = Offered(launcher, name);
            var request = new LaunchRequest
            {
                // A browser sends line ends of its own.
                Scenario = form["scenario"].ToString().ReplaceLineEndings("\n"), Pairs = form["pairs"], Hours = form["hours"], Seed = form["seed"], Design = form["design"],
            };
            if (form["act"] != "start")
            {
                return Task.FromResult(Form(context, forgery, access, name, request, launcher.Check(request.Scenario), isChecked: true));
            }

            LaunchAnswer answer = launcher.Start(request, access.Who(context.Request));
            return Task.FromResult(answer.Run is { } run ? Results.Redirect(Links.Server.Live(run.Name)) : Form(context, forgery, access, name, request, answer.Problems, isChecked: true));
        }))).RequireRateLimiting(Policy).ExcludeFromDescription();
        app.MapGet("/silos", (CancellationToken stop) => Site.Guarded(async () => Site.Page<SilosPage>(new() { ["State"] = await launcher.Silos(stop) }))).ExcludeFromDescription();
        app.MapPost("/live/{name}", (HttpContext context, IAntiforgery forgery, string name) => Site.Guarded(() => Site.Form(context, forgery, async form =>
        {
            await launcher.Tell(name, OrderOf(form["order"].ToString()));
            return Results.Redirect(Links.Server.Live(name));
        }))).RequireRateLimiting(Policy).ExcludeFromDescription();
    }

    /// <summary>Adds the same to the API.</summary>
    public static void MapApi(RouteGroupBuilder api, Access access, IRunLauncher launcher, JsonSerializerOptions json)
    {
        api.MapGet("/scenarios", () => Results.Json(launcher.Scenarios, json)).WithSummary("Scenarios to begin with").Produces<IReadOnlyList<OfferedScenario>>();
        api.MapGet("/launches", () => Results.Json(launcher.Runs, json)).WithSummary("Runs that were asked for here, the latest first").Produces<IReadOnlyList<LaunchedRun>>();
        api.MapGet("/silos", (CancellationToken stop) => Api.Guarded(async () => Results.Json(await launcher.Silos(stop), json)))
            .WithSummary("Silos that execute runs, and what each holds").Produces<SilosState>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        api.MapPost("/scenarios/check", (HttpRequest request, CancellationToken stop) => Asked(request, json, asked => Results.Json(launcher.Check(asked.Scenario), json), stop))
            .RequireRateLimiting(Policy).WithSummary("Everything in a scenario that is not accepted, by line").Accepts<LaunchRequest>("application/json").Produces<IReadOnlyList<ScenarioProblem>>();
        api.MapPost("/runs", (HttpRequest request, CancellationToken stop) => Asked(request, json, asked =>
            {
                LaunchAnswer answer = launcher.Start(asked, access.Who(request));
                return answer.Run is { } run
                    ? Results.Json(run, json, statusCode: StatusCodes.Status202Accepted)
                    : Results.Problem(string.Join('\n', answer.Problems.Select(problem => problem.Message)), statusCode: StatusCodes.Status400BadRequest, extensions: new Dictionary<string, object?> { ["problems"] = answer.Problems });
            }, stop))
            .RequireRateLimiting(Policy).WithSummary("Puts a run into the queue").Accepts<LaunchRequest>("application/json").Produces<LaunchedRun>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        api.MapPost("/launches/{name}/{order}", (HttpRequest request, string name, string order) => Api.Guarded(async () =>
            {
                await launcher.Tell(name, OrderOf(order));
                return Results.Json(launcher.Runs.First(run => run.Name == name), json);
            }))
            .RequireRateLimiting(Policy).WithSummary("Tells a run to pause, resume or cancel").Produces<LaunchedRun>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static IResult Form(HttpContext context, IAntiforgery forgery, Access access, string name, LaunchRequest request, IReadOnlyList<ScenarioProblem> problems, bool isChecked)
    {
        AntiforgeryTokenSet tokens = forgery.GetAndStoreTokens(context);
        return Site.Page<ScenarioPage>(
            new()
            {
                ["Name"] = name, ["Request"] = request, ["Problems"] = problems, ["IsChecked"] = isChecked, ["MayWrite"] = access.Of(context.Request) == Permission.Write,
                ["TokenField"] = tokens.FormFieldName, ["Token"] = tokens.RequestToken,
            },
            problems.Count > 0 ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK);
    }

    // Looked up in the list: no requested name becomes a path.
    private static OfferedScenario Offered(IRunLauncher launcher, string name) =>
        launcher.Scenarios.FirstOrDefault(scenario => scenario.Name == name) ?? throw new TriageException($"no such scenario: {name}; accepted are those of the list", TriageProblem.Wrong);

    private static LaunchOrder OrderOf(string word) => word switch
    {
        "pause" => LaunchOrder.Pause,
        "resume" => LaunchOrder.Resume,
        "cancel" => LaunchOrder.Cancel,
        _ => throw new TriageException($"no such order: {word}; accepted: pause, resume, cancel", TriageProblem.Wrong),
    };

    private static Task<IResult> Asked(HttpRequest request, JsonSerializerOptions json, Func<LaunchRequest, IResult> use, CancellationToken stop) => Api.Guarded(async () =>
    {
        // A form of another site can send text, but not JSON.
        if (!request.HasJsonContentType())
        {
            return Results.Problem("accepted is application/json", statusCode: StatusCodes.Status415UnsupportedMediaType);
        }

        try
        {
            return await request.ReadFromJsonAsync<LaunchRequest>(json, stop) is { Scenario: not null } asked ? use(asked) : Results.Problem("accepted is an object", statusCode: StatusCodes.Status400BadRequest);
        }
        catch (JsonException e)
        {
            return Results.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    });
}
