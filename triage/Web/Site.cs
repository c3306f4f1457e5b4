using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Stress.Contracts.Triage;
using Stress.Observability;
using Stress.Observability.Html;
using Stress.Triage.Pages;
using Stress.Triage.Runs;
using CrashPage = Stress.Triage.Pages.CrashPage;

namespace Stress.Triage.Web;

/// <summary>The pages, each at its address.</summary>
public static class Site
{
    private const int ShownAtStart = 8, Suggested = 50;

    /// <summary>Adds the pages to a server.</summary>
    public static void Map(IEndpointRouteBuilder app, Triage triage, Access access, CrashExecution crashes, IRunLauncher? launcher)
    {
        var live = new LiveRuns(triage.RunsFolder, TimeProvider.System);
        app.MapGet("/", async (HttpRequest request, CancellationToken stop) => Page<StartPage>(await Start(triage, live.Now(), Links.Server, access.SeesPrivate(request), stop))).ExcludeFromDescription();
        app.MapGet("/runs", (HttpRequest request, CancellationToken stop) => Guarded(async () =>
        {
            RunFilter filter = FilterOfRuns(request.Query);
            return Page<RunsPage>(new() { ["Filter"] = filter, ["Backends"] = await triage.OfRuns.Backends(stop), ["Runs"] = await triage.Runs(filter, stop) });
        })).ExcludeFromDescription();
        app.MapGet("/runs/{name}", (string name, CancellationToken stop) => Guarded(async () => Page<RunPage>(await Run(triage, name, Links.Server, stop)))).ExcludeFromDescription();
        app.MapGet("/runs/{name}/report", (string name, CancellationToken stop) => Guarded(async () => Results.Content(ReportOf(await triage.Run(name, stop)), "text/html; charset=utf-8"))).ExcludeFromDescription();
        app.MapGet("/diff", (string? first, string? second, CancellationToken stop) => Guarded(async () => Page<DiffPage>(new() { ["Difference"] = await triage.Compare(first ?? "", second ?? "", stop) }))).ExcludeFromDescription();
        app.MapGet("/bugs", (HttpRequest request, CancellationToken stop) => Guarded(async () =>
        {
            BugFilter filter = FilterOfBugs(request, access);
            return Page<BugsPage>(new() { ["Filter"] = filter, ["Backends"] = await triage.OfRuns.Backends(stop), ["Bugs"] = await triage.Bugs(filter, stop) });
        })).ExcludeFromDescription();
        app.MapGet("/bugs/{id}", (HttpContext context, IAntiforgery forgery, string id, CancellationToken stop) => Guarded(async () =>
        {
            AntiforgeryTokenSet tokens = forgery.GetAndStoreTokens(context);
            return Page<BugPage>(new()
            {
                ["Bug"] = access.Seen(context.Request, id, await triage.Bug(id, stop)),
                ["MayExecute"] = crashes.IsThere,
                ["MayWrite"] = access.Of(context.Request) == Permission.Write,
                ["TokenField"] = tokens.FormFieldName,
                ["Token"] = tokens.RequestToken,
            });
        })).ExcludeFromDescription();
        app.MapPost("/bugs/{id}", (HttpContext context, IAntiforgery forgery, string id, CancellationToken stop) => Guarded(() => Form(context, forgery, async form =>
        {
            string status = form["status"].ToString(), what = form["what"].ToString();
            await triage.Change(
                id,
                new BugChange
                {
                    Status = StatusOf(status),
                    FixedBy = status == "fixed" ? what : null,
                    DuplicateOf = status == "duplicate" ? what : null,
                    Note = form["note"].ToString() is { Length: > 0 } note ? note : null,
                    By = access.UserOf(context.Request),
                },
                stop);
            return Results.Redirect(Links.Server.Bug((await triage.Bug(id, stop)).Row.Id));
        }))).ExcludeFromDescription();
        app.MapGet("/crashes/{number:long}", (HttpRequest request, long number, CancellationToken stop) => Guarded(async () => Page<CrashPage>(await Crash(triage, crashes, number, EventOf(request.Query["event"]), stop)))).ExcludeFromDescription();
        app.MapGet("/crashes/{number:long}/crash.{form}", (long number, string form, CancellationToken stop) => Guarded(async () =>
        {
            CrashRow crash = await triage.OfRuns.Crash(number, stop);
            byte[] bytes = form == "json" ? JsonSerializer.SerializeToUtf8Bytes(crash, Api.Json) : await crashes.File(crash, FormOf(form), stop);

            // A run names its crashes: only a name of ours becomes a file name.
            return Results.File(bytes, "application/octet-stream", $"{(crash.CrashId.All(char.IsAsciiLetterOrDigit) ? crash.CrashId : "crash")}.{form}");
        })).ExcludeFromDescription();
        app.MapGet("/crashes/{number:long}/cause", (long number, CancellationToken stop) => Guarded(async () =>
        {
            (CrashRow crash, CrashCause cause) = await crashes.Cause(number, stop);
            return Page<CausePage>(new() { ["Crash"] = crash, ["Cause"] = cause, ["Designs"] = crashes.Designs });
        })).ExcludeFromDescription();
        app.MapGet("/crashes/{number:long}/branch", (HttpRequest request, long number, CancellationToken stop) => Guarded(async () =>
        {
            string design = Text(request.Query["design"]);
            (CrashRow crash, CrashBranch branch) = await crashes.Branch(number, EventOf(request.Query["event"]) ?? 0, design.Length > 0 ? design : null, stop);
            return Page<BranchPage>(new() { ["Crash"] = crash, ["Branch"] = branch, ["Designs"] = crashes.Designs });
        })).ExcludeFromDescription();
        app.MapGet("/live/{name}", (HttpContext context, IAntiforgery forgery, string name) =>
        {
            AntiforgeryTokenSet tokens = forgery.GetAndStoreTokens(context);
            LaunchedRun? asked = AskedFor(launcher, name);
            string? line = LineOf(live, asked, name);
            return asked is null && line is null
                ? Page<MessagePage>(new() { ["Title"] = "Not found", ["Text"] = "No such run is in progress here." }, StatusCodes.Status404NotFound)
                : Page<LivePage>(new()
                {
                    ["Name"] = name, ["Line"] = line, ["Asked"] = asked, ["MayWrite"] = access.Of(context.Request) == Permission.Write,
                    ["TokenField"] = tokens.FormFieldName, ["Token"] = tokens.RequestToken,
                });
        }).ExcludeFromDescription();
        app.MapGet("/live/{name}/events", (string name, CancellationToken stop) => TypedResults.ServerSentEvents(Events(live, launcher, name, stop))).ExcludeFromDescription();
        if (launcher is not null)
        {
            Launches.MapPages(app, access, launcher);
        }
        else
        {
            const string None = "No runs are started from here: ./stress serve and ./stress demo start some.";
            app.MapGet("/scenarios", () => Page<MessagePage>(new() { ["Title"] = "Scenarios", ["Text"] = None })).ExcludeFromDescription();
            app.MapGet("/silos", () => Page<MessagePage>(new() { ["Title"] = "Silos", ["Text"] = None })).ExcludeFromDescription();
        }

        app.MapGet("/assets/{name}", (string name) => AssetOf(name) is { } asset ? Results.Bytes(asset.Bytes, asset.Type) : Results.NotFound()).ExcludeFromDescription();
        app.MapGet("/login", (HttpContext context, IAntiforgery forgery) => Login(context, forgery, "Whoever reads here says who he is by a token.")).ExcludeFromDescription();
        app.MapPost("/login", (HttpContext context, IAntiforgery forgery) => Form(context, forgery, form =>
        {
            string token = form["token"].ToString();
            if (access.OfToken(token) == Permission.None)
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return Task.FromResult(Login(context, forgery, "That token is not known."));
            }

            context.Response.Cookies.Append(Access.Cookie, token, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps });
            return Task.FromResult(Results.Redirect("/"));
        })).ExcludeFromDescription();
    }

    /// <summary>What the first page shows.</summary>
    public static async Task<Dictionary<string, object?>> Start(Triage triage, IReadOnlyList<LiveRun> live, Links links, bool withPrivate, CancellationToken stop) => new()
    {
        ["Links"] = links,
        ["Folder"] = triage.RunsFolder,
        ["Live"] = live,
        ["Back"] = (await triage.Bugs(new BugFilter { Regressed = true, WithPrivate = withPrivate, Take = ShownAtStart }, stop)).Rows,
        ["Open"] = (await triage.Bugs(new BugFilter { Status = BugStatus.Open, WithPrivate = withPrivate, Take = ShownAtStart }, stop)).Rows,
        ["Red"] = (await triage.Runs(new RunFilter { Verdict = RunFilter.Red, Take = ShownAtStart }, stop)).Rows,
        ["Runs"] = (await triage.Runs(new RunFilter { Take = ShownAtStart }, stop)).Rows,
    };

    /// <summary>What a run's page shows.</summary>
    public static async Task<Dictionary<string, object?>> Run(Triage triage, string name, Links links, CancellationToken stop)
    {
        RunDetail run = await triage.Run(name, stop);
        RunReport report = ReadReport(run);
        return new()
        {
            ["Links"] = links,
            ["Run"] = run,
            ["Repeat"] = report.Command,
            ["Network"] = report.Network is { } network ? Said(network) : null,
            ["Clean"] = CleanBound.Sentence(run.Row.Panics, run.Row.Disconnects),
            ["Others"] = links.IsExport ? (IReadOnlyList<RunRow>)[] : (await triage.Runs(new RunFilter { Search = run.Row.Scenario, Take = Suggested }, stop)).Rows,
        };
    }

    /// <summary>The network of a run's sites, for a screen; null for pairs.</summary>
    public static async Task<NetworkReport?> NetworkOf(Triage triage, string run, CancellationToken stop) => ReadReport(await triage.Run(run, stop)).Network is { } network ? Said(network) : null;

    // Names come from a user's scenario.
    private static NetworkReport Said(NetworkReport network) => network with
    {
        Nodes = [.. network.Nodes.Select(node => node with { Name = Shown.Text(node.Name), Role = Shown.Text(node.Role) })],
        Links = [.. network.Links.Select(link => link with { Name = Shown.Text(link.Name), Group = Shown.Text(link.Group), Paths = [.. link.Paths.Select(path => path with { Path = Shown.Text(path.Path) })] })],
        Segments = network.Segments is { } segments ? [.. segments.Select(segment => segment with { Name = Shown.Text(segment.Name) })] : null,
    };

    // A crash that cannot be executed again is still shown, with the reason; an invalid event is refused.
    private static async Task<Dictionary<string, object?>> Crash(Triage triage, CrashExecution crashes, long number, long? at, CancellationToken stop)
    {
        CrashRow crash = await triage.OfRuns.Crash(number, stop);
        var page = new Dictionary<string, object?> { ["Crash"] = crash, ["MayExecute"] = crashes.IsThere };
        try
        {
            if (crashes.IsThere)
            {
                CrashReplay replay = await crashes.Replay(crash, at, stop);
                page["Replay"] = replay;
                page["Network"] = replay.Way is null ? null : await NetworkOf(triage, crash.Run, stop);
            }
        }
        catch (TriageException e) when (at is null)
        {
            page["NoReplay"] = e.Message;
        }

        return page;
    }

    // An invalid number matches no event.
    private static long? EventOf(StringValues text) => text.Count == 0 ? null : Number(text, 0, int.MaxValue, 0);

    private static CrashForm FormOf(string word) =>
        Enum.GetValues<CrashForm>().Where(form => form.ToString().ToLowerInvariant() == word).Select(form => (CrashForm?)form).FirstOrDefault()
            ?? throw new TriageException($"no such form: {word}; accepted: ops, c, sh, pcapng, json", TriageProblem.Wrong);

    /// <summary>The page of a run that stands alone.</summary>
    public static string ReportOf(RunDetail run)
    {
        var page = new StringWriter(CultureInfo.InvariantCulture);
        HtmlReport.Write(
            ReadReport(run), page,
            [
                .. run.Crashes.Select(crash => new CrashRecord
                {
                    Id = crash.CrashId, Title = crash.Title, Path = crash.Path, Role = crash.Role, Count = crash.Count, Site = crash.Site, Seed = run.Row.Seed, Event = crash.Event,
                    At = Shown.Virtual(crash.AtMicroseconds), AtMicroseconds = crash.AtMicroseconds, Stack = crash.Stack, Story = crash.Story, Replay = crash.Replay,
                }),
            ]);
        return page.ToString();
    }

    /// <summary>A file that comes with the pages.</summary>
    public static (byte[] Bytes, string Type)? AssetOf(string name)
    {
        string? type = name switch { "triage.css" or "charts.css" => "text/css; charset=utf-8", "live.js" => "text/javascript; charset=utf-8", _ => null };
        if (type is null)
        {
            return null;
        }

        // The charts come with their own style, as in a run's report.
        if (name == "charts.css")
        {
            return (Encoding.UTF8.GetBytes(Charts.Style()), type);
        }

        using Stream file = typeof(Site).Assembly.GetManifestResourceStream($"Stress.Triage.Assets.{name}")!;
        var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return (bytes.ToArray(), type);
    }

    /// <summary>The filter for runs; what is neither a number nor a known word is left at its default.</summary>
    internal static RunFilter FilterOfRuns(IQueryCollection query) => new()
    {
        Search = Text(query["search"]), Backend = Text(query["backend"]), Verdict = Text(query["verdict"]), Sort = Text(query["sort"]) is { Length: > 0 } sort ? sort : "started",
        Skip = Number(query["skip"], 0, int.MaxValue / 2, 0), Take = Number(query["take"], 1, 200, 50),
    };

    /// <summary>The filter for bugs.</summary>
    internal static BugFilter FilterOfBugs(HttpRequest request, Access access) => FilterOfBugs(request.Query) with { WithPrivate = access.SeesPrivate(request) };

    private static BugFilter FilterOfBugs(IQueryCollection query) => new()
    {
        Search = Text(query["search"]), Backend = Text(query["backend"]), Status = StatusOf(Text(query["status"])), Regressed = query["regressed"] == "true",
        Skip = Number(query["skip"], 0, int.MaxValue / 2, 0), Take = Number(query["take"], 1, 200, 50),
    };

    private static RunReport ReadReport(RunDetail run) => JsonSerializer.Deserialize<RunReport>(run.ReportJson, RunFolder.Json)!;

    private static BugStatus? StatusOf(string text) => Enum.TryParse(text, ignoreCase: true, out BugStatus status) && Enum.IsDefined(status) && !char.IsDigit(text[0]) ? status : null;

    private static string Text(StringValues value) => value.ToString() is { Length: <= 200 } text ? text : "";

    private static int Number(StringValues value, int least, int most, int usual) => int.TryParse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? Math.Clamp(n, least, most) : usual;

    /// <summary>A page, or one that says why there is none.</summary>
    internal static async Task<IResult> Guarded(Func<Task<IResult>> page)
    {
        try
        {
            return await page();
        }
        catch (TriageException e)
        {
            bool wrong = e.Problem == TriageProblem.Wrong;
            return Page<MessagePage>(new() { ["Title"] = wrong ? "Not found" : "Not now", ["Text"] = e.Message }, wrong ? StatusCodes.Status404NotFound : StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <summary>The request of a form, if it came from a page of ours.</summary>
    internal static async Task<IResult> Form(HttpContext context, IAntiforgery forgery, Func<IFormCollection, Task<IResult>> use)
    {
        if (!context.Request.HasFormContentType || !await forgery.IsRequestValidAsync(context))
        {
            return Page<MessagePage>(new() { ["Title"] = "Not accepted", ["Text"] = "The form did not come from this page, or is too old. Open the page again." }, StatusCodes.Status400BadRequest);
        }

        return await use(await context.Request.ReadFormAsync(context.RequestAborted));
    }

    private static IResult Login(HttpContext context, IAntiforgery forgery, string text)
    {
        AntiforgeryTokenSet tokens = forgery.GetAndStoreTokens(context);
        return Page<MessagePage>(
            new() { ["Title"] = "Who are you?", ["Text"] = text, ["AsksForToken"] = true, ["TokenField"] = tokens.FormFieldName, ["Token"] = tokens.RequestToken },
            context.Response.StatusCode == StatusCodes.Status401Unauthorized ? StatusCodes.Status401Unauthorized : StatusCodes.Status200OK);
    }

    /// <summary>A page.</summary>
    internal static IResult Page<TPage>(Dictionary<string, object?> parameters, int status = StatusCodes.Status200OK)
        where TPage : Microsoft.AspNetCore.Components.IComponent => new RazorComponentResult<TPage>(parameters) { StatusCode = status, PreventStreamingRendering = true };

    private static LaunchedRun? AskedFor(IRunLauncher? launcher, string name) => launcher?.Runs.FirstOrDefault(run => run.Name == name);

    // A run requested here is known before it has written anything, and its own state is more accurate.
    private static string? LineOf(LiveRuns live, LaunchedRun? asked, string name) => asked?.Phase switch
    {
        null => live.Line(name),
        LaunchPhase.Waiting => "waits for the runs before it",
        LaunchPhase.Running => live.Line(name) ?? "at work",
        LaunchPhase.Paused => $"paused: {live.Line(name) ?? "nothing yet"}",
        _ => null,
    };

    private static async IAsyncEnumerable<SseItem<string>> Events(LiveRuns live, IRunLauncher? launcher, string name, [EnumeratorCancellation] CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (LineOf(live, AskedFor(launcher, name), name) is { } line)
        {
            yield return new SseItem<string>(line, "at");
            if (!await Ticks(timer, stop))
            {
                yield break;
            }
        }

        yield return new SseItem<string>("", "ended");
    }

    private static async Task<bool> Ticks(PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
