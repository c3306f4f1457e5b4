using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Stress.Contracts.Triage;
using Stress.Triage.Web;
using Xunit;

namespace Stress.Triage.Tests;

/// <summary>Runs started from a browser or over the API: what is requested, by whom, and what is refused.</summary>
public sealed partial class LaunchTests
{
    private const string ReadToken = "read-0123456789abcdef", WriteToken = "write-0123456789abcdef";

    [Fact]
    public async Task A_scenario_is_edited_checked_line_by_line_and_started_and_the_run_is_led_to()
    {
        var launcher = new ToldLauncher();
        await using Served served = await Start(launcher);
        string list = await served.Client.GetStringAsync("/scenarios");

        using HttpResponseMessage wrong = await Post(served, "/scenarios/troxel-2005", ("scenario", "name: a\r\nwrong: <script>1</script>\r\n"), ("act", "check"));
        using HttpResponseMessage wrongStart = await Post(served, "/scenarios/troxel-2005", ("scenario", "wrong"), ("act", "start"));
        using HttpResponseMessage right = await Post(served, "/scenarios/troxel-2005", ("scenario", "name: a"), ("act", "check"));
        Assert.Empty(launcher.Started);
        using HttpResponseMessage started = await Post(served, "/scenarios/troxel-2005", ("scenario", "name: a\r\npairs: 2"), ("act", "start"), ("pairs", "4"), ("seed", "7"));

        Assert.Contains("/scenarios/troxel-2005", list, StringComparison.Ordinal);
        string text = await wrong.Content.ReadAsStringAsync();
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.OK), (wrong.StatusCode, wrongStart.StatusCode, right.StatusCode));
        Assert.Contains("<strong>line 2</strong>", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>1", text, StringComparison.Ordinal);
        Assert.Contains("accepted", await right.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(("name: a\npairs: 2", "4", "7"), (launcher.Started.Single().Scenario, launcher.Started[0].Pairs, launcher.Started[0].Seed));
        Assert.Equal("/live/asked-1", started.RequestMessage!.RequestUri!.AbsolutePath);
        Assert.Contains("waits for the runs before it", await started.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_was_asked_for_is_held_and_let_go_on_and_ended_from_its_page_and_over_the_API()
    {
        var launcher = new ToldLauncher();
        await using Served served = await Start(launcher);
        launcher.Start(new LaunchRequest(), "me");

        await launcher.Tell("asked-1", LaunchOrder.Resume);
        using HttpResponseMessage held = await Post(served, "/live/asked-1", ("order", "pause"));
        using HttpResponseMessage resumed = await served.Client.PostAsync("/api/v1/launches/asked-1/resume", null);
        using HttpResponseMessage strange = await served.Client.PostAsync("/api/v1/launches/asked-1/explode", null);
        using HttpResponseMessage nobody = await served.Client.PostAsync("/api/v1/launches/other/cancel", null);
        using HttpResponseMessage ended = await Post(served, "/live/asked-1", ("order", "cancel"));

        Assert.Contains("paused", await held.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.NotFound), (resumed.StatusCode, strange.StatusCode, nobody.StatusCode));
        Assert.Contains("It has ended: cancelled.", await ended.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal([LaunchOrder.Resume, LaunchOrder.Pause, LaunchOrder.Resume, LaunchOrder.Cancel], launcher.Told.Select(told => told.Order));
    }

    [Fact]
    public async Task Where_a_run_is_that_waits_or_has_ended_is_told_as_it_goes()
    {
        var launcher = new ToldLauncher();
        await using Served served = await Start(launcher);
        launcher.Start(new LaunchRequest(), "me");

        using var reader = new StreamReader(await served.Client.GetStreamAsync("/live/asked-1/events"));
        Assert.Equal("event: at", await reader.ReadLineAsync());
        Assert.Equal("data: waits for the runs before it", await reader.ReadLineAsync());
        await launcher.Tell("asked-1", LaunchOrder.Cancel);

        Assert.Contains("event: ended", await reader.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await served.Client.GetAsync("/live/..%2f..%2fetc")).StatusCode);
    }

    [Fact]
    public async Task The_silos_are_shown_with_what_each_holds_and_the_runs_that_a_cluster_keeps()
    {
        await using Served served = await Start(new ToldLauncher());

        string page = await served.Client.GetStringAsync("/silos");
        using JsonDocument silos = JsonDocument.Parse(await served.Client.GetStringAsync("/api/v1/silos"));

        Assert.Contains("10.0.0.2:11111", page, StringComparison.Ordinal);
        Assert.Contains("no answer", page, StringComparison.Ordinal);
        Assert.Contains("<dt>RouterGrain</dt><dd>640</dd>", page, StringComparison.Ordinal);
        Assert.Contains("soak-1", page, StringComparison.Ordinal);
        Assert.Contains("data-label=\"Done\">12</td>", page, StringComparison.Ordinal);
        Assert.Equal(("RouterGrain", 640), (silos.RootElement.GetProperty("silos")[0].GetProperty("grains")[0].GetProperty("kind").GetString(), silos.RootElement.GetProperty("silos")[0].GetProperty("grains")[0].GetProperty("count").GetInt32()));
        Assert.Equal("running", silos.RootElement.GetProperty("runs")[0].GetProperty("phase").GetString());
    }

    [Fact]
    public async Task The_API_starts_a_run_and_names_every_line_that_is_not_accepted()
    {
        var launcher = new ToldLauncher();
        await using Served served = await Start(launcher);

        using HttpResponseMessage wrong = await served.Client.PostAsync("/api/v1/runs", Json("""{"scenario":"a\nwrong\nwrong"}"""));
        using HttpResponseMessage check = await served.Client.PostAsync("/api/v1/scenarios/check", Json("""{"scenario":"a\nwrong"}"""));
        using HttpResponseMessage started = await served.Client.PostAsync("/api/v1/runs", Json("""{"scenario":"a","hours":"2","design":"epoch"}"""));
        using JsonDocument problems = JsonDocument.Parse(await wrong.Content.ReadAsStringAsync()), checkedOnly = JsonDocument.Parse(await check.Content.ReadAsStringAsync());
        using JsonDocument launches = JsonDocument.Parse(await served.Client.GetStringAsync("/api/v1/launches"));

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.OK, HttpStatusCode.Accepted), (wrong.StatusCode, check.StatusCode, started.StatusCode));
        Assert.Equal([2, 3], problems.RootElement.GetProperty("problems").EnumerateArray().Select(problem => problem.GetProperty("line").GetInt32()));
        Assert.Equal(2, checkedOnly.RootElement[0].GetProperty("line").GetInt32());
        Assert.Equal(("asked-1", "waiting", "somebody on this machine"), (Of("name"), Of("phase"), Of("by")));
        Assert.Equal(("2", "epoch"), (launcher.Started.Single().Hours, launcher.Started[0].Design));
        string? Of(string name) => launches.RootElement[0].GetProperty(name).GetString();
    }

    [Fact]
    public async Task A_form_from_elsewhere_and_a_request_that_is_no_JSON_start_nothing()
    {
        var launcher = new ToldLauncher();
        await using Served served = await Start(launcher);
        var fields = new FormUrlEncodedContent([new("scenario", "a"), new("act", "start")]);

        using HttpResponseMessage withoutToken = await served.Client.PostAsync("/scenarios/troxel-2005", fields);
        using HttpResponseMessage told = await served.Client.PostAsync("/live/asked-1", new FormUrlEncodedContent([new("order", "cancel")]));
        using HttpResponseMessage asText = await served.Client.PostAsync("/api/v1/runs", new StringContent("""{"scenario":"a"}""", Encoding.UTF8, "text/plain"));
        using HttpResponseMessage broken = await served.Client.PostAsync("/api/v1/runs", Json("{"));
        using HttpResponseMessage empty = await served.Client.PostAsync("/api/v1/runs", Json("""{"scenario":null}"""));
        using var origin = new HttpRequestMessage(HttpMethod.Post, "/api/v1/runs") { Content = Json("""{"scenario":"a"}"""), Headers = { { "Origin", "http://evil.example" } } };
        using HttpResponseMessage foreign = await served.Client.SendAsync(origin);
        using var site = new HttpRequestMessage(HttpMethod.Post, "/api/v1/launches/asked-1/cancel") { Headers = { { "Sec-Fetch-Site", "cross-site" } } };
        using HttpResponseMessage crossSite = await served.Client.SendAsync(site);

        Assert.Equal(
            [HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.UnsupportedMediaType, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden],
            new[] { withoutToken, told, asText, broken, empty, foreign, crossSite }.Select(answer => answer.StatusCode));
        Assert.Empty(launcher.Started);
        Assert.Empty(launcher.Told);
    }

    [Fact]
    public async Task Who_may_read_starts_nothing_and_who_may_write_is_named()
    {
        var launcher = new ToldLauncher();
        TemporaryStore store = await TemporaryStore.Open();
        await using Served served = await Served.Start(store, $"read {ReadToken}\nwrite {WriteToken}\n", launcher: launcher, userHeader: "X-User");

        HttpStatusCode none = await Asked(served, null), reads = await Asked(served, ("Authorization", $"Bearer {ReadToken}")), writes = await Asked(served, ("Authorization", $"Bearer {WriteToken}"));
        HttpStatusCode user = await Asked(served, ("X-User", "eva <script>"));
        using var page = new HttpRequestMessage(HttpMethod.Get, "/scenarios") { Headers = { { "X-User", "eva" } } };
        string list = await (await served.Client.SendAsync(page)).Content.ReadAsStringAsync();

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.Accepted, HttpStatusCode.Accepted), (none, reads, writes, user));
        Assert.Equal(["eva <script>", "somebody with a token that may write"], launcher.Runs.Select(run => run.By));
        Assert.Contains("eva &lt;script&gt;", list, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scenario_that_is_too_large_and_more_requests_than_a_person_makes_are_refused()
    {
        var launcher = new ToldLauncher();
        await using Served served = await Start(launcher);

        using HttpResponseMessage large = await served.Client.PostAsync("/api/v1/runs", Json($$"""{"scenario":"{{new string('x', (int)TriageServer.MaxRequestBytes)}}"}"""));
        List<HttpStatusCode> answers = [];
        for (int i = 0; i <= Launches.PerMinute; i++)
        {
            answers.Add((await served.Client.PostAsync("/api/v1/scenarios/check", Json("""{"scenario":"a"}"""))).StatusCode);
        }

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (answers[0], answers[^1]));
        Assert.Empty(launcher.Started);
        Assert.Equal(HttpStatusCode.OK, (await served.Client.GetAsync("/scenarios")).StatusCode);
    }

    [Fact]
    public async Task No_name_in_a_request_becomes_a_path_and_without_something_that_starts_runs_none_is_started()
    {
        await using Served served = await Start(new ToldLauncher()), without = await Served.Start("a");

        Assert.Equal(HttpStatusCode.NotFound, (await served.Client.GetAsync("/scenarios/..%2f..%2fetc%2fpasswd")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await served.Client.GetAsync("/scenarios/soak-2005")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await without.Client.GetAsync("/scenarios")).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await without.Client.PostAsync("/api/v1/runs", Json("""{"scenario":"a"}"""))).StatusCode);
    }

    private static async Task<Served> Start(ToldLauncher launcher) => await Served.Start(await TemporaryStore.Open(), launcher: launcher);

    private static async Task<HttpStatusCode> Asked(Served served, (string Name, string Value)? header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/runs") { Content = Json("""{"scenario":"a"}""") };
        if (header is var (name, value))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage answer = await served.Client.SendAsync(request);
        return answer.StatusCode;
    }

    // As a browser does: the form's own fields, and what the page put into it.
    private static async Task<HttpResponseMessage> Post(Served served, string page, params (string Name, string Value)[] fields)
    {
        Match token = FormToken().Match(await served.Client.GetStringAsync(page));
        return await served.Client.PostAsync(page, new FormUrlEncodedContent([new(token.Groups[1].Value, token.Groups[2].Value), .. fields.Select(field => new KeyValuePair<string, string>(field.Name, field.Value))]));
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    [GeneratedRegex("<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();
}
