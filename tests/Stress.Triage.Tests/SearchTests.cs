using System.Net;
using Stress.Contracts.Triage;
using Stress.Triage.Importing;
using Stress.Triage.Web;
using Xunit;

namespace Stress.Triage.Tests;

/// <summary>Findings of searches as bugs, and who may see them.</summary>
public sealed class SearchTests
{
    private const string Title = "heap-use-after-free in nd6_input, freed by netif_remove";

    [Fact]
    public async Task A_finding_is_a_bug_with_its_least_list_and_all_titles_that_it_gives_and_is_taken_in_once()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        Search(store, "fuzz-20260102-030405", Found("lwip"));

        ImportOutcome first = await store.Import(), second = await store.Import();
        BugDetail bug = await store.Bug(Assert.Single(await store.Bugs()).Id);

        Assert.Equal((1, 1, 0, 0), (first.Searches, first.Findings, first.New, second.Findings));
        Assert.Equal((Title, "lwip", 1L, 7L), (bug.Row.Title, bug.Row.Backend, bug.Row.Runs, bug.Row.Crashes));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), bug.Row.FirstSeen);
        FindingRow finding = Assert.Single(bug.Findings);
        Assert.Equal([new TitleCount(Title, 2), new TitleCount("assertion in pbuf_free", 1)], finding.Titles);
        Assert.Equal(["netif a", "remove a"], finding.Least);
        Assert.Equal(("fuzz-20260102-030405", 12L, 400L, 7L, true), (finding.Search, finding.List, finding.Lists, finding.Seen, finding.IsLeast));
    }

    [Fact]
    public async Task The_same_title_in_another_search_of_another_kernel_is_the_same_bug()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        Search(store, "fuzz-20260102-030405", Found("uml:6.1"));
        Search(store, "fuzz-20260103-030405", Found("uml:6.12").Replace("\"seed\":5", "\"seed\":6", StringComparison.Ordinal));
        await store.Import();

        BugDetail bug = await store.Bug(Assert.Single(await store.Bugs()).Id);

        Assert.Equal(("uml", 2L), (bug.Row.Backend, bug.Row.Runs));
        Assert.Equal(["uml:6.12", "uml:6.1"], bug.Findings.Select(finding => finding.Stacks));
    }

    [Theory]
    [InlineData("""{"format":2}""", "format 2; accepted is 1")]
    [InlineData("""{"format":1,"findings":[{"title":""}]}""", "a finding has no title or no stack")]
    [InlineData("x", "'x' is an invalid start")]
    public async Task A_search_that_cannot_be_read_is_named_and_left_out(string text, string why)
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        Search(store, "fuzz-20260102-030405", text);

        ImportOutcome outcome = await store.Import();

        Assert.Contains(why, Assert.Single(outcome.Damaged), StringComparison.Ordinal);
        Assert.Contains("fuzz-20260102-030405", outcome.Damaged[0], StringComparison.Ordinal);
        Assert.Empty(await store.Bugs());
    }

    [Fact]
    public async Task A_private_finding_is_told_to_nobody_is_on_no_exported_page_and_only_for_those_who_may_write()
    {
        const string Reader = "reads-what-is-public", Writer = "writes-and-sees-all";
        TemporaryStore store = await TemporaryStore.Open();
        Search(store, "fuzz-20260102-030405", Found("lwip"));
        Search(store, "fuzz-20260103-030405", Found("netbsd-7").Replace("\"private\":true", "\"private\":false", StringComparison.Ordinal));
        List<News> told = [];
        await store.Triage.ImportWithNews([store.Runs], (news, _) => { told.Add(news); return Task.CompletedTask; }, CancellationToken.None);
        BugRow secret = (await store.Bugs()).Single(bug => bug.Backend == "lwip"), open = (await store.Bugs()).Single(bug => bug.Backend == "netbsd-7");
        string site = Path.Combine(store.Folder, "site");
        await store.Triage.ExportSite(site, null, 0, CancellationToken.None);
        await using Served served = await Served.Start(store, $"read {Reader}\nwrite {Writer}\n");
        async Task<string> Text(string address, string token) => await (await served.Send(HttpMethod.Get, address, token)).Content.ReadAsStringAsync();

        Assert.Equal((true, false), (secret.IsPrivate, open.IsPrivate));
        Assert.Equal(["netbsd-7"], told.Select(news => open.Id == news.Bug ? "netbsd-7" : "another"));
        Assert.All(Directory.GetFiles(site, "*.html", SearchOption.AllDirectories), page => Assert.DoesNotContain(secret.Id, File.ReadAllText(page) + page, StringComparison.Ordinal));
        Assert.Contains(open.Id, await File.ReadAllTextAsync(Path.Combine(site, "bugs.html")), StringComparison.Ordinal);
        foreach (string page in new[] { "/", "/bugs", $"/bugs/{open.Id}", "/api/v1/bugs", $"/api/v1/bugs/{open.Id}" })
        {
            Assert.DoesNotContain(secret.Id, await Text(page, Reader), StringComparison.Ordinal);
            Assert.Contains(secret.Id, await Text(page, Writer), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await served.Send(HttpMethod.Get, $"/bugs/{secret.Id}", Reader)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await served.Send(HttpMethod.Get, $"/api/v1/bugs/{secret.Id}", Reader)).StatusCode);
        Assert.Contains("its rate per disconnect is not known", await Text($"/bugs/{secret.Id}", Writer), StringComparison.Ordinal);
        Assert.Contains("its maintainers are to be told first", await Text($"/bugs/{secret.Id}", Writer), StringComparison.Ordinal);

        await store.Change(secret.Id, new BugChange { Private = false });
        Assert.Equal(HttpStatusCode.OK, (await served.Send(HttpMethod.Get, $"/bugs/{secret.Id}", Reader)).StatusCode);
    }

    [Fact]
    public async Task A_search_that_does_not_say_whether_it_is_private_is_private()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        Search(store, "fuzz-20260102-030405", Found("lwip").Replace("\"private\":true,", "", StringComparison.Ordinal));
        await store.Import();

        Assert.True(Assert.Single(await store.Bugs()).IsPrivate);
    }

    private static string Found(string stack) => $$"""
        {"format":1,"private":true,"seed":5,"lists":400,"digest":"00ff","findings":[{"title":"{{Title}}","stacks":["{{stack}}"],"list":12,"confirmed":2,
        "minimal":["netif a","remove a"],"isMinimal":true,"otherTitles":{"assertion in pbuf_free":1},"seen":7}]}
        """;

    private static void Search(TemporaryStore store, string name, string json)
    {
        string folder = Directory.CreateDirectory(Path.Combine(store.Runs, name)).FullName;
        File.WriteAllText(Path.Combine(folder, SearchReading.FileName), json);
    }
}
