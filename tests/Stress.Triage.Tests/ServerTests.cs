using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Stress.Contracts.Triage;
using Stress.Emulator.Core;
using Stress.Emulator.Oracle;
using Stress.Observability;
using Stress.Tests.Shared;
using Stress.Triage.Runs;
using Stress.Triage.Web;
using Xunit;

namespace Stress.Triage.Tests;

/// <summary>Pages and API, and their permissions.</summary>
public sealed partial class ServerTests
{
    // What a user's console, scenario or folder may contain.
    private const string Hostile = "<script>alert(1)</script>\u001b[2J\u202e\"' onload=x in ip_output";

    private const string ReadToken = "read-token-0123456789", WriteToken = "write-token-0123456789";

    [Fact]
    public async Task Every_page_answers_and_says_nothing_of_another_host_and_has_no_script_or_style_inside()
    {
        await using Served served = await Served.Start(Hostile);
        string bug = (await served.Store.Bugs()).Single().Id, run = (await served.Store.Triage.Runs(new RunFilter(), CancellationToken.None)).Rows[0].Name;
        long crash = (await served.Store.Triage.Run(run, CancellationToken.None)).Crashes[0].Number;
        foreach (string page in new[] { "/", "/runs", $"/runs/{run}", "/bugs", $"/bugs/{bug}", $"/crashes/{crash}", $"/diff?first={run}&second={run}" })
        {
            using HttpResponseMessage answer = await served.Client.GetAsync(page);
            string html = await answer.Content.ReadAsStringAsync();

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.StartsWith("<!doctype html>", html.TrimStart(), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<style", html, StringComparison.Ordinal);
            Assert.DoesNotContain(" style=", html, StringComparison.Ordinal);
            Assert.DoesNotContain('\u001b', html);
            Assert.DoesNotContain('\u202e', html);
            Assert.DoesNotContain("://", html, StringComparison.Ordinal);
            string policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
            Assert.InRange(html.Length, 1, 300_000);
        }
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(2000, false)]
    public async Task The_page_of_a_run_of_networks_draws_them_as_far_as_a_page_can_and_names_the_worst_links(int links, bool isDrawn)
    {
        TemporaryStore store = await TemporaryStore.Open();
        string folder = store.Write(TemporaryStore.Run(1, titles: ["x"]));
        Networked(folder, links, calling: 1);
        await store.Import();
        await using Served served = await Served.Start(store);
        string run = (await store.Triage.Runs(new RunFilter(), CancellationToken.None)).Rows[0].Name;

        string html = await served.Client.GetStringAsync($"/runs/{run}");

        Assert.Equal(isDrawn, html.Contains("class=\"net net5\"", StringComparison.Ordinal));
        Assert.Equal(Math.Min(links, 30), WorstLink().Count(html));
        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', html);
        Assert.InRange(html.Length, 1, 300_000);
    }

    [Fact]
    public async Task The_page_of_a_crash_in_a_network_draws_its_way_and_says_it_in_three_sentences_on_a_server_and_in_an_exported_site()
    {
        var work = new ToldCause { Way = new CrashWay(0, $"ppp0{Hostile}", 1, -1, new VirtualTime(604_628_883), new VirtualTime(700_799_795), EventCause.Frame, "OSPF over IPv4", -1, [new CrashHop(1, 0, 2, -1)]) };
        TemporaryStore store = await TemporaryStore.Open();
        Networked(store.Write(TemporaryStore.Run(1, titles: ["x"])), links: 3, calling: 1);
        await store.Import();
        await using Served served = await Served.Start(store, work: work);
        string run = (await store.Triage.Runs(new RunFilter(), CancellationToken.None)).Rows[0].Name;
        long number = (await store.Triage.Run(run, CancellationToken.None)).Crashes[0].Number;
        string site = Path.Combine(store.Folder, "site");
        await store.Triage.ExportSite(site, work, 1, CancellationToken.None);

        foreach (string html in new[] { await served.Client.GetStringAsync($"/crashes/{number}"), await File.ReadAllTextAsync(Path.Combine(site, "crashes", $"{number}.html")) })
        {
            Assert.Contains("<g class=\"way way0\">", html, StringComparison.Ordinal);
            Assert.Contains("detached at 00:10:04.628883, 96.171 s before.", html, StringComparison.Ordinal);
            Assert.Contains("handled an arriving packet (OSPF over IPv4), which came from b over", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
            Assert.DoesNotContain('\u001b', html);
            Assert.InRange(html.Length, 1, 300_000);
        }
    }

    [Fact]
    public async Task The_page_of_a_crash_whose_way_is_of_another_network_has_none()
    {
        var work = new ToldCause { Way = new CrashWay(5, "ppp0", 1, -1, VirtualTime.Never, new VirtualTime(1), EventCause.Timer, "a timer of ospfd", -1, []) };
        TemporaryStore store = await TemporaryStore.Open();
        Networked(store.Write(TemporaryStore.Run(1, titles: ["x"])), links: 3, calling: 1);
        await store.Import();
        await using Served served = await Served.Start(store, work: work);
        string run = (await store.Triage.Runs(new RunFilter(), CancellationToken.None)).Rows[0].Name;

        string html = await served.Client.GetStringAsync($"/crashes/{(await store.Triage.Run(run, CancellationToken.None)).Crashes[0].Number}");

        Assert.DoesNotContain("way0", html, StringComparison.Ordinal);
        Assert.Contains("How it got there", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_whose_network_has_a_link_to_nowhere_is_named_and_skipped()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        Networked(store.Write(TemporaryStore.Run(1, titles: ["x"])), links: 1, calling: 2);

        Assert.Contains("its network has a link to a node that it does not have", Assert.Single((await store.Import()).Damaged));
    }

    // Two nodes, joined by links of which each has crashes.
    private static void Networked(string folder, int links, int calling)
    {
        var run = new RunFolder(folder);
        JsonNode report = JsonNode.Parse(File.ReadAllText(run.ReportPath))!;
        report["network"] = JsonSerializer.SerializeToNode(
            new NetworkReport(
                "", 0, [new NetworkNode(Hostile, "a", 3), new NetworkNode("b", "b", 0)],
                [.. Enumerable.Range(0, links).Select(n => new NetworkLink(n, $"{Hostile} {n}", 0, calling, "tray", 10, 1, 0.1, [new LinkPath("membership", 1)]))]),
            RunFolder.Json);
        File.WriteAllText(run.ReportPath, report.ToJsonString());
    }

    [GeneratedRegex("data-label=\"Code paths\">membership 1<")]
    private static partial Regex WorstLink();

    [Fact]
    public async Task The_whole_report_of_a_run_is_served_from_the_store_and_no_script_may_run_in_it()
    {
        await using Served served = await Served.Start(Hostile);
        string run = (await served.Store.Triage.Runs(new RunFilter(), CancellationToken.None)).Rows[0].Name;

        using HttpResponseMessage answer = await served.Client.GetAsync($"/runs/{run}/report");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("script-src 'none'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_not_ours_is_answered_with_nothing()
    {
        await using Served served = await Served.Start("a");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/bugs") { Headers = { Host = "evil.example" } };

        using HttpResponseMessage answer = await served.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.DoesNotContain("rows", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/runs/nothing", HttpStatusCode.NotFound)]
    [InlineData("/bugs/zz", HttpStatusCode.NotFound)]
    [InlineData("/crashes/999999", HttpStatusCode.NotFound)]
    [InlineData("/crashes/..%2f..%2fetc%2fpasswd", HttpStatusCode.NotFound)]
    [InlineData("/assets/..%2f..%2ftriage.db", HttpStatusCode.NotFound)]
    [InlineData("/runs/..%2f..%2f..%2fetc%2fpasswd", HttpStatusCode.NotFound)]
    [InlineData("/api/v1/runs/nothing", HttpStatusCode.NotFound)]
    [InlineData("/api/v1/bugs/zz", HttpStatusCode.NotFound)]
    [InlineData("/runs?skip=-5&take=999999999999&sort=;drop", HttpStatusCode.OK)]
    [InlineData("/bugs?status=17&search=%27%22%3B--", HttpStatusCode.OK)]
    public async Task What_nobody_has_is_not_found_and_what_makes_no_sense_is_left_at_its_default(string address, HttpStatusCode expected)
    {
        await using Served served = await Served.Start("a");

        using HttpResponseMessage answer = await served.Client.GetAsync(address);

        Assert.Equal(expected, answer.StatusCode);
        Assert.DoesNotContain("root:", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_that_did_not_come_from_the_page_changes_nothing()
    {
        await using Served served = await Served.Start("a");
        string bug = (await served.Store.Bugs()).Single().Id;

        using HttpResponseMessage withoutToken = await served.Client.PostAsync($"/bugs/{bug}", new FormUrlEncodedContent([new("status", "invalid")]));
        using var foreign = new HttpRequestMessage(HttpMethod.Post, $"/bugs/{bug}") { Content = new FormUrlEncodedContent([new("status", "invalid")]), Headers = { { "Sec-Fetch-Site", "cross-site" } } };
        using HttpResponseMessage fromElsewhere = await served.Client.SendAsync(foreign);
        using var origin = new HttpRequestMessage(HttpMethod.Patch, $"/api/v1/bugs/{bug}") { Content = Json("""{"status":"invalid"}"""), Headers = { { "Origin", "http://evil.example" } } };
        using HttpResponseMessage fromOrigin = await served.Client.SendAsync(origin);
        using HttpResponseMessage asText = await served.Client.PatchAsync($"/api/v1/bugs/{bug}", new StringContent("""{"status":"invalid"}""", Encoding.UTF8, "text/plain"));

        Assert.Equal(
            (HttpStatusCode.BadRequest, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.UnsupportedMediaType),
            (withoutToken.StatusCode, fromElsewhere.StatusCode, fromOrigin.StatusCode, asText.StatusCode));
        Assert.Equal(BugStatus.Open, (await served.Store.Bug(bug)).Row.Status);
    }

    [Fact]
    public async Task A_form_of_the_page_changes_the_bug_and_leads_back_to_it()
    {
        await using Served served = await Served.Start("a");
        string bug = (await served.Store.Bugs()).Single().Id, page = await served.Client.GetStringAsync($"/bugs/{bug}");
        Match token = FormToken().Match(page);

        using HttpResponseMessage answer = await served.Client.PostAsync(
            $"/bugs/{bug}", new FormUrlEncodedContent([new(token.Groups[1].Value, token.Groups[2].Value), new("status", "fixed"), new("what", "epoch"), new("note", "ends it")]));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        BugDetail changed = await served.Store.Bug(bug);
        Assert.Equal((BugStatus.Fixed, "epoch", "ends it"), (changed.Row.Status, changed.Row.FixedBy, Assert.Single(changed.Notes).Text));
    }

    [Fact]
    public async Task The_API_says_what_the_pages_say_and_describes_itself()
    {
        await using Served served = await Served.Start("a");
        string bug = (await served.Store.Bugs()).Single().Id;

        using HttpResponseMessage changed = await served.Client.PatchAsync($"/api/v1/bugs/{bug}", Json("""{"status":"invalid","note":"not ours"}"""));
        using JsonDocument bugs = JsonDocument.Parse(await served.Client.GetStringAsync("/api/v1/bugs?status=invalid"));
        using JsonDocument api = JsonDocument.Parse(await served.Client.GetStringAsync("/openapi/v1.json"));

        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal(bug, bugs.RootElement.GetProperty("rows")[0].GetProperty("id").GetString());
        Assert.Equal(
            ["/api/v1/bugs", "/api/v1/bugs/{id}", "/api/v1/crashes/{number}", "/api/v1/crashes/{number}/branch", "/api/v1/crashes/{number}/cause", "/api/v1/crashes/{number}/replay", "/api/v1/diff", "/api/v1/runs", "/api/v1/runs/{name}"],
            api.RootElement.GetProperty("paths").EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal));
        using HttpResponseMessage wrong = await served.Client.PatchAsync($"/api/v1/bugs/{bug}", Json("""{"status":"gone"}"""));
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task Why_a_crash_came_is_executed_once_for_page_and_API_in_the_folder_of_its_run()
    {
        TemporaryStore store = await TemporaryStore.Open();
        string folder = store.Write(TemporaryStore.Run(1, titles: [Hostile]));
        await store.Import();
        var work = new ToldCause();
        await using Served served = await Served.Start(store, work: work);
        CrashRow crash = (await store.Triage.Run("made", CancellationToken.None)).Crashes[0];

        string page = await served.Client.GetStringAsync($"/crashes/{crash.Number}/cause"), bug = await served.Client.GetStringAsync($"/bugs/{crash.Bug}");
        using JsonDocument cause = JsonDocument.Parse(await served.Client.GetStringAsync($"/api/v1/crashes/{crash.Number}/cause"));

        Assert.Equal((folder, crash.CrashId), Assert.Single(work.Asked));
        Assert.Contains("The moment it was lost", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', page);
        Assert.Contains($"/crashes/{crash.Number}/cause", bug, StringComparison.Ordinal);
        Assert.Equal(1, cause.RootElement.GetProperty("moment").GetInt32());
        Assert.Equal(JsonValueKind.Null, cause.RootElement.GetProperty("elsewhere")[2].GetProperty("has").ValueKind);
    }

    [Fact]
    public async Task The_way_to_a_crash_is_drawn_and_gone_through_event_by_event_without_a_script()
    {
        TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1, titles: [Hostile]));
        await store.Import();
        await using Served served = await Served.Start(store, work: new ToldCause());
        string crash = $"/crashes/{(await store.Triage.Run("made", CancellationToken.None)).Crashes[0].Number}";

        string page = await served.Client.GetStringAsync(crash), earlier = await served.Client.GetStringAsync($"{crash}?event=552");
        using JsonDocument replay = JsonDocument.Parse(await served.Client.GetStringAsync($"/api/v1{crash}/replay?event=551"));

        Assert.Contains("<svg class=\"chart wide\"", page, StringComparison.Ordinal);
        Assert.Contains("event 614 of 614, the crash", page, StringComparison.Ordinal);
        Assert.Contains($"href=\"{crash}?event=560#steps\">previous", page, StringComparison.Ordinal);
        Assert.Contains($"href=\"{crash}?event=551#steps\">previous", earlier, StringComparison.Ordinal);
        Assert.Contains($"href=\"{crash}?event=560#steps\">next", earlier, StringComparison.Ordinal);
        Assert.Contains("interfaces after 552&#xA;ppp0 &lt;b&gt;up&lt;/b&gt;", earlier, StringComparison.Ordinal);
        Assert.Equal(3, earlier.Split("<rect class=\"now\"").Length - 1);
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', page);
        Assert.Equal((551, 4, "stored"), (replay.RootElement.GetProperty("at").GetInt32(), replay.RootElement.GetProperty("steps").GetArrayLength(), replay.RootElement.GetProperty("steps")[0].GetProperty("stage").GetString()));
        foreach (string none in new[] { "0", "615", "-1", "x", "99999999999999999999" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await served.Client.GetAsync($"{crash}?event={none}")).StatusCode);
        }
    }

    [Fact]
    public async Task An_event_is_taken_away_or_the_design_changed_from_it_on_and_what_becomes_of_the_crash_is_said()
    {
        TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1, titles: [Hostile]));
        await store.Import();
        await using Served served = await Served.Start(store, work: new ToldCause());
        string crash = $"/crashes/{(await store.Triage.Run("made", CancellationToken.None)).Crashes[0].Number}";

        string cause = await served.Client.GetStringAsync($"{crash}/cause"), without = await served.Client.GetStringAsync($"{crash}/branch?event=552&design="), design = await served.Client.GetStringAsync($"{crash}/branch?event=552&design=purge-flagged");
        using JsonDocument branch = JsonDocument.Parse(await served.Client.GetStringAsync($"/api/v1{crash}/branch?event=552"));

        Assert.Contains($"href=\"{crash}/branch?event=552\"", cause, StringComparison.Ordinal);
        Assert.Contains("Without event 552", without, StringComparison.Ordinal);
        Assert.Contains("With purge-flagged in every kernel after event 552", design, StringComparison.Ordinal);
        Assert.All(new[] { cause, without, design }, page => Assert.DoesNotContain('\u001b', page));
        Assert.DoesNotContain("<i>", without, StringComparison.Ordinal);
        Assert.Equal((190, 0), (branch.RootElement.GetProperty("asItWas").GetProperty("hits").GetInt32(), branch.RootElement.GetProperty("changed").GetProperty("hits").GetInt32()));
        foreach (string none in new[] { "event=1", "event=x", "", "event=552&design=../evil" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await served.Client.GetAsync($"{crash}/branch?{none}")).StatusCode);
        }
    }

    [Fact]
    public async Task A_crash_is_handed_on_in_five_forms_as_files_that_no_browser_opens()
    {
        TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1, titles: [Hostile]));
        await store.Import();
        await using Served served = await Served.Start(store, work: new ToldCause());
        CrashRow crash = (await store.Triage.Run("made", CancellationToken.None)).Crashes[0];
        foreach ((string form, string begins) in new[] { ("ops", "as Ops"), ("c", "as C"), ("sh", "as Sh"), ("pcapng", "as Pcapng"), ("json", "{\"number\":") })
        {
            using HttpResponseMessage file = await served.Client.GetAsync($"/crashes/{crash.Number}/crash.{form}");

            Assert.Equal(("application/octet-stream", "attachment", $"{crash.CrashId}.{form}"), (file.Content.Headers.ContentType!.MediaType, file.Content.Headers.ContentDisposition!.DispositionType, file.Content.Headers.ContentDisposition.FileName));
            Assert.Equal("nosniff", file.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.StartsWith(begins, await file.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await served.Client.GetAsync($"/crashes/{crash.Number}/crash.exe")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await served.Client.GetAsync($"/crashes/{crash.Number}/crash.1")).StatusCode);
    }

    [Fact]
    public async Task Where_nothing_can_execute_or_the_run_is_gone_no_cause_is_told()
    {
        await using Served none = await Served.Start("a");
        long number = (await none.Store.Triage.Run("made", CancellationToken.None)).Crashes[0].Number;
        TemporaryStore store = await TemporaryStore.Open();
        Directory.Delete(store.Write(TemporaryStore.Run(1, titles: ["a"])) is var folder && (await store.Import()).New == 1 ? folder : "", recursive: true);
        await using Served gone = await Served.Start(store, work: new ToldCause());

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await none.Client.GetAsync($"/api/v1/crashes/{number}/cause")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await none.Client.GetAsync("/api/v1/crashes/999999/cause")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await gone.Client.GetAsync($"/api/v1/crashes/{(await store.Triage.Run("made", CancellationToken.None)).Crashes[0].Number}/cause")).StatusCode);
        Assert.DoesNotContain("/cause", await none.Client.GetStringAsync($"/crashes/{number}"), StringComparison.Ordinal);
        Assert.Contains("The steps are not shown: crash", await gone.Client.GetStringAsync($"/crashes/{(await store.Triage.Run("made", CancellationToken.None)).Crashes[0].Number}"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await none.Client.GetAsync($"/crashes/{number}/crash.ops")).StatusCode);
    }

    [Fact]
    public void Runs_that_have_ended_are_not_looked_at_again_and_one_that_has_come_since_is_found()
    {
        string folder = Directory.CreateTempSubdirectory("stress-live-").FullName;
        var old = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        try
        {
            var live = new LiveRuns(folder, TimeProvider.System);
            string ended = Going("ended");
            File.WriteAllText(Path.Combine(ended, RunFolder.ReportName), "{}");
            Going("first");
            Directory.SetLastWriteTimeUtc(folder, old);
            Assert.Equal(["first"], live.Now().Select(run => run.Name));

            // Nobody sees what changes inside of a run that has ended, nor a folder whose time was put back.
            File.Delete(Path.Combine(ended, RunFolder.ReportName));
            Going("second");
            Directory.SetLastWriteTimeUtc(folder, old);
            Assert.Equal(["first"], live.Now().Select(run => run.Name));

            Directory.SetLastWriteTimeUtc(folder, old.AddHours(1));
            Assert.Equal(["first", "second"], live.Now().Select(run => run.Name).Order(StringComparer.Ordinal));
            File.WriteAllText(Path.Combine(folder, "first", RunFolder.ReportName), "{}");
            Assert.Equal(["second"], live.Now().Select(run => run.Name));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        string Going(string name)
        {
            string path = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            File.WriteAllText(new RunFolder(path).ProgressPath, File.ReadAllText(Repository.At("tests", "formats", "format-1", "complete", RunFolder.ProgressName)));
            return path;
        }
    }

    [Fact]
    public async Task A_request_that_is_too_large_is_not_read()
    {
        await using Served served = await Served.Start("a");
        string bug = (await served.Store.Bugs()).Single().Id;

        using HttpResponseMessage answer = await served.Client.PatchAsync($"/api/v1/bugs/{bug}", Json($$"""{"note":"{{new string('x', (int)TriageServer.MaxRequestBytes)}}"}"""));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Empty((await served.Store.Bug(bug)).Notes);
    }

    [Fact]
    public async Task With_tokens_nobody_reads_without_one_and_who_may_read_may_not_write()
    {
        await using Served served = await Served.Start("a", tokens: $"# of the team\nread {ReadToken}\nwrite {WriteToken}\n");
        string bug = (await served.Store.Bugs()).Single().Id;

        Assert.Equal(HttpStatusCode.Unauthorized, (await served.Send(HttpMethod.Get, "/api/v1/bugs", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await served.Send(HttpMethod.Get, "/api/v1/bugs", "wrong-token-0123456789")).StatusCode);
        Assert.Contains("Who are you?", await (await served.Send(HttpMethod.Get, "/", null)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await served.Send(HttpMethod.Get, "/api/v1/bugs", ReadToken)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await served.Send(HttpMethod.Patch, $"/api/v1/bugs/{bug}", ReadToken)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await served.Send(HttpMethod.Patch, $"/api/v1/bugs/{bug}", WriteToken)).StatusCode);
    }

    [Fact]
    public async Task A_browser_that_has_shown_its_token_is_let_in()
    {
        await using Served served = await Served.Start("a", tokens: $"read {ReadToken}\n");
        Match form = FormToken().Match(await served.Client.GetStringAsync("/login"));

        using HttpResponseMessage wrong = await served.Client.PostAsync("/login", new FormUrlEncodedContent([new(form.Groups[1].Value, form.Groups[2].Value), new("token", "wrong-token-0123456789")]));
        using HttpResponseMessage right = await served.Client.PostAsync("/login", new FormUrlEncodedContent([new(form.Groups[1].Value, form.Groups[2].Value), new("token", ReadToken)]));

        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
        Assert.Contains("Open bugs", await right.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0:0", null, "anybody who reaches it could read and change everything")]
    [InlineData("127.0.0.1", null, "accepted is ADDRESS:PORT")]
    [InlineData("somewhere:80", null, "accepted is ADDRESS:PORT")]
    [InlineData("127.0.0.1:0", "read short\n", "tokens:1: accepted is 'read TOKEN' or 'write TOKEN', with a token of at least 16 characters")]
    [InlineData("127.0.0.1:0", "\n", "no token in it")]
    public async Task An_address_or_a_file_of_tokens_that_would_let_everybody_in_is_refused(string listen, string? tokens, string why)
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        string? file = tokens is null ? null : Path.Combine(store.Folder, "tokens");
        if (file is not null)
        {
            await File.WriteAllTextAsync(file, tokens);
        }

        TriageException refused = await Assert.ThrowsAsync<TriageException>(() => store.Triage.Serve(new ServeOptions(listen, [], file, null, null), _ => { }, CancellationToken.None));

        Assert.Equal(TriageProblem.Wrong, refused.Problem);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_ends_while_pages_are_served_is_taken_in_and_told_of_with_a_signature()
    {
        using var listener = new HttpListener();
        int port = Stress.Tests.Shared.Programs.FreeLoopbackPort();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/hook/");
        listener.Start();
        await using TemporaryStore store = await TemporaryStore.Open();
        const string Secret = "secret-0123456789";
        string hooks = Path.Combine(store.Folder, "hooks");
        await File.WriteAllTextAsync(hooks, $"http://127.0.0.1:{port}/hook/ {Secret}\n");
        store.Write(TemporaryStore.Run(1, titles: ["a"]));
        using var stop = new CancellationTokenSource();
        Task serving = store.Triage.Serve(new ServeOptions("127.0.0.1:0", [], null, null, hooks), _ => { }, stop.Token);

        // The first try is refused, and comes again.
        HttpListenerContext first = await listener.GetContextAsync();
        first.Response.StatusCode = 500;
        first.Response.Close();
        HttpListenerContext told = await listener.GetContextAsync();
        var body = new MemoryStream();
        await told.Request.InputStream.CopyToAsync(body);
        told.Response.Close();

        Assert.Equal(Webhooks.Signature(Encoding.UTF8.GetBytes(Secret), body.ToArray()), told.Request.Headers[Webhooks.SignatureHeader]);
        using JsonDocument news = JsonDocument.Parse(body.ToArray());
        Assert.Equal(("new-bug", "a"), (news.RootElement.GetProperty("kind").GetString(), news.RootElement.GetProperty("title").GetString()));
        await stop.CancelAsync();
        await serving;
    }

    [Fact]
    public async Task An_exported_site_opens_without_a_server_and_every_link_in_it_leads_to_a_file()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1, titles: [Hostile, "b"]));
        store.Write(TemporaryStore.Run(2, design: "epoch", titles: ["b"]));
        await store.Import();
        string site = Path.Combine(store.Folder, "site");

        int files = await store.Triage.ExportSite(site, new ToldCause(), 3, CancellationToken.None);

        string[] pages = [.. Directory.EnumerateFiles(site, "*.html", SearchOption.AllDirectories)];
        Assert.Equal(files, Directory.EnumerateFiles(site, "*", SearchOption.AllDirectories).Count());
        Assert.Contains(pages, page => page.EndsWith("index.html", StringComparison.Ordinal));
        foreach (string page in pages.Where(page => !page.Contains("/reports/", StringComparison.Ordinal)))
        {
            string html = await File.ReadAllTextAsync(page);
            Assert.DoesNotContain("<form", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
            foreach (Match link in Link().Matches(html))
            {
                string to = WebUtility.HtmlDecode(link.Groups[1].Value);
                if (!to.StartsWith('#') && !to.StartsWith("data:", StringComparison.Ordinal))
                {
                    Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(page)!, Uri.UnescapeDataString(to))), $"{page}: {to}");
                }
            }
        }
    }

    [Fact]
    public async Task Crashes_of_an_exported_site_have_lanes_ribbon_and_stepper_as_many_as_were_asked_for_and_the_others_say_why_not()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1, titles: ["a", "b"]));
        store.Write(TemporaryStore.Run(2, titles: ["b"]));
        await store.Import();
        string site = Path.Combine(store.Folder, "site");
        var work = new ToldCause();

        await store.Triage.ExportSite(site, work, 2, CancellationToken.None);

        string[] pages = [.. Directory.EnumerateFiles(Path.Combine(site, "crashes"), "*.html").Select(File.ReadAllText)], drawn = [.. pages.Where(page => page.Contains("<svg", StringComparison.Ordinal))];
        Assert.Equal((3, 2, 2), (pages.Length, drawn.Length, work.Asked.Count));
        Assert.Single(pages, page => page.Contains("asked for with --replays", StringComparison.Ordinal));
        Assert.All(drawn, page =>
        {
            // One step is open, a link leads to the inside of each of the others, and a system that is as it was is not told again.
            Assert.Equal(4, Details().Count(page));
            Assert.Single(Details().Matches(page), match => match.Value.Contains(" open", StringComparison.Ordinal));
            string[] ids = [.. StepIds().Matches(page).Select(match => match.Groups[1].Value)];
            Assert.Equal(["event-551", "event-552", "event-560", "event-614"], ids);
            Assert.All(ids, id => Assert.Contains($"href=\"#{id}\"", page, StringComparison.Ordinal));
            Assert.Contains("The calling system: as after", page, StringComparison.Ordinal);
            Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
            Assert.DoesNotContain("\u001b", page, StringComparison.Ordinal);
        });

        await store.Triage.ExportSite(site, null, 2, CancellationToken.None);
        Assert.DoesNotContain(Directory.EnumerateFiles(Path.Combine(site, "crashes"), "*.html"), page => File.ReadAllText(page).Contains("<svg", StringComparison.Ordinal));
    }

    [GeneratedRegex("<details class=\"walked\" name=\"step\"[^>]*>")]
    private static partial Regex Details();

    [GeneratedRegex("<nav class=\"stepper\" id=\"([^\"]+)\"")]
    private static partial Regex StepIds();

    private static StringContent Json(string text) => new(text, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    [GeneratedRegex("<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();

    [GeneratedRegex("(?:href|src)=\"([^\"]*)\"")]
    private static partial Regex Link();
}
