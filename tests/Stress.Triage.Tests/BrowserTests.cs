using System.Globalization;
using System.Text.Json;
using Deque.AxeCore.Commons;
using Stress.Contracts.Triage;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Triage.Tests;

/// <summary>The pages in a real browser: for users without a mouse, with a telephone, or with a screen reader.</summary>
public sealed class BrowserTests
{
    private const string Multicast = "in_delmulti: stale in_multi.inm_ifp (no AF_INET address at if_detach)";

    // Elements that extend beyond the right edge of the window, unless they are in a part that scrolls on its own.
    private const string Overflow = """
        [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, .skip, pre, svg, details.configuration pre') && e.getBoundingClientRect().right > innerWidth + 1)
          .map(e => e.tagName + ' ' + e.className + ' ' + Math.round(e.getBoundingClientRect().right) + ': ' + (e.textContent || '').trim().slice(0, 60))
        """;

    private const string Violations = """
        axe.run(document, { resultTypes: ['violations'] })
          .then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.target.join(' ') + ': ' + (n.failureSummary || '').replace(/\s+/g, ' '))))
        """;

    [ToolFact("chromium")]
    public async Task Every_page_can_be_read_by_everybody_and_fits_a_telephone_and_a_wide_screen_light_and_dark()
    {
        var launcher = new ToldLauncher();
        launcher.Start(new LaunchRequest(), "eva");
        await launcher.Tell("asked-1", LaunchOrder.Resume);
        await using Served served = await Served.Start(await Filled(), work: new ToldCause(), launcher: launcher);
        await using Browser browser = await Browser.Start();
        string axe = new BundledAxeScriptProvider().GetScript();
        List<string> wrong = [];
        foreach ((string name, string page) in await PagesOf(served))
        {
            foreach ((int width, bool dark, bool reads) in new[] { (400, false, true), (400, true, false), (1280, false, false), (1920, true, true) })
            {
                await browser.Look(width, 900, dark);
                await browser.Open(new Uri(served.Client.BaseAddress!, page).AbsoluteUri);
                await Draw(browser, string.Create(CultureInfo.InvariantCulture, $"{name}-{width}-{(dark ? "dark" : "light")}.png"));
                string where = string.Create(CultureInfo.InvariantCulture, $"{page} at {width} px, {(dark ? "dark" : "light")}");
                wrong.AddRange(Texts(await browser.Evaluate(Overflow)).Select(text => $"{where}: beyond the window: {text}"));
                if (!(await browser.Evaluate("document.documentElement.scrollWidth <= innerWidth")).GetBoolean())
                {
                    wrong.Add($"{where}: the page scrolls sideways");
                }

                // What can be read depends on the colours, and on what a width leaves out: both are in these two.
                if (reads)
                {
                    await browser.Evaluate(axe + "; 0");
                    wrong.AddRange(Texts(await browser.Evaluate(Violations)).Select(text => $"{where}: {text}"));
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Empty(browser.Complaints);
    }

    [ToolFact("chromium")]
    public async Task From_the_first_page_to_the_cause_of_a_crash_it_is_three_steps_at_most_with_the_keyboard_alone()
    {
        await using Served served = await Served.Start(await Filled());
        await using Browser browser = await Browser.Start();
        await browser.Look(1280, 900, dark: false);
        await browser.Open(served.Client.BaseAddress!.AbsoluteUri);
        int steps = 0;

        await TabTo(browser, "a[href^='/bugs/']");
        await browser.Follow();
        steps++;
        await TabTo(browser, "a[href^='/crashes/']");
        await browser.Follow();
        steps++;

        Assert.InRange(steps, 1, 3);
        string text = (await browser.Evaluate("document.querySelector('section[aria-labelledby=story]').innerText")).GetString()!;
        Assert.Contains("not purged: no AF_INET address at if_detach", text, StringComparison.Ordinal);
        Assert.Empty(browser.Complaints);
    }

    [ToolFact("chromium")]
    public async Task The_way_to_a_crash_is_gone_through_with_the_keyboard_alone()
    {
        await using Served served = await Served.Start(await Filled(), work: new ToldCause());
        await using Browser browser = await Browser.Start();
        await browser.Look(1280, 900, dark: false);
        RunRow run = (await served.Store.Triage.Runs(new RunFilter(), CancellationToken.None)).Rows[^1];
        long number = (await served.Store.Triage.Run(run.Name, CancellationToken.None)).Crashes[0].Number;
        await browser.Open(new Uri(served.Client.BaseAddress!, string.Create(CultureInfo.InvariantCulture, $"/crashes/{number}?event=551")).AbsoluteUri);

        await TabTo(browser, ".stepper a[rel=next]");
        await browser.Follow();
        string second = (await browser.Evaluate("document.querySelector('.stepper span').innerText")).GetString()!;
        await TabTo(browser, ".stepper a[rel=next]");
        await browser.Follow();
        string third = (await browser.Evaluate("document.querySelector('.stepper span').innerText")).GetString()!;

        Assert.Equal(("event 552 of 614", "event 560 of 614"), (second, third));
        Assert.Equal("1 1 1", (await browser.Evaluate("[...document.querySelectorAll('svg.chart')].map(s => s.querySelectorAll('.now').length).join(' ')")).GetString());
        Assert.Empty(browser.Complaints);
    }

    [ToolFact("chromium")]
    public async Task What_has_the_focus_is_seen_and_the_first_key_leads_past_the_navigation()
    {
        await using Served served = await Served.Start(await Filled());
        await using Browser browser = await Browser.Start();
        await browser.Look(400, 900, dark: true);
        await browser.Open(new Uri(served.Client.BaseAddress!, "/runs").AbsoluteUri);

        await browser.Press("Tab");
        Assert.Equal("Skip to content", (await browser.Evaluate("document.activeElement.textContent")).GetString());
        Assert.True((await browser.Evaluate("document.activeElement.getBoundingClientRect().left >= 0")).GetBoolean());
        await browser.Press("Enter");
        await browser.Press("Tab");

        Assert.True((await browser.Evaluate("document.getElementById('content').contains(document.activeElement)")).GetBoolean());
        Assert.NotEqual("none", (await browser.Evaluate("getComputedStyle(document.activeElement).outlineStyle")).GetString());
    }

    // Runs of two designs, a bug that is back, one with notes and another title, a run that is not complete, and long words.
    private static async Task<TemporaryStore> Filled()
    {
        TemporaryStore store = await TemporaryStore.Open();
        string longWord = $"ip_output: {new string('x', 120)} (no address at if_detach)";
        store.Write(TemporaryStore.Run(1, titles: [Multicast, longWord, "rip6_output: stale in6p_moptions.im6o_multicast_ifp (PF_INET6 only)"]));
        store.Write(TemporaryStore.Run(30, titles: [Multicast]));
        store.Write(TemporaryStore.Run(60, design: "epoch", titles: [Multicast]));
        store.Write(TemporaryStore.Run(70, incomplete: "a site was lost"));
        await store.Import();
        BugRow bug = (await store.Bugs()).First(b => b.Title.StartsWith("in_delmulti", StringComparison.Ordinal) && b.Backend == "netbsd-2005");
        BugRow other = (await store.Bugs()).First(b => b.Title.StartsWith("ip_output", StringComparison.Ordinal)), back = (await store.Bugs()).First(b => b.Title.StartsWith("rip6", StringComparison.Ordinal));
        await store.Change(other.Id, new BugChange { Status = BugStatus.Duplicate, DuplicateOf = bug.Id });
        await store.Change(bug.Id, new BugChange { Note = "Seen on the bench too; the purge of the hash is by address.", By = "ops" });
        await store.Change(back.Id, new BugChange { Status = BugStatus.Fixed, FixedBy = "a6f2c1d" });
        store.Time.Advance(TimeSpan.FromDays(1));
        store.Write(TemporaryStore.Run(24 * 200, titles: ["rip6_output: stale in6p_moptions.im6o_multicast_ifp (PF_INET6 only)"]));
        await store.Import();
        return store;
    }

    private static async Task<IReadOnlyList<(string Name, string Page)>> PagesOf(Served served)
    {
        Triage triage = served.Store.Triage;
        BugRow bug = (await served.Store.Bugs()).First(b => b.Title == Multicast && b.Backend == "netbsd-2005");
        IReadOnlyList<RunRow> runs = (await triage.Runs(new RunFilter(), CancellationToken.None)).Rows;
        RunDetail run = await triage.Run(runs[^1].Name, CancellationToken.None);
        return
        [
            ("start", "/"), ("runs", "/runs"), ("run", $"/runs/{run.Row.Name}"), ("report", $"/runs/{run.Row.Name}/report"), ("bugs", "/bugs"), ("bug", $"/bugs/{bug.Id}"),
            ("crash", string.Create(CultureInfo.InvariantCulture, $"/crashes/{run.Crashes[0].Number}")), ("cause", string.Create(CultureInfo.InvariantCulture, $"/crashes/{run.Crashes[0].Number}/cause")), ("branch", string.Create(CultureInfo.InvariantCulture, $"/crashes/{run.Crashes[0].Number}/branch?event=552&design=purge-flagged")), ("diff", $"/diff?first={runs[^1].Name}&second={runs[^2].Name}"), ("missing", "/runs/nothing"), ("scenarios", "/scenarios"), ("scenario", "/scenarios/troxel-2005"), ("live", "/live/asked-1"), ("silos", "/silos"), ("login", "/login"),
        ];
    }

    private static async Task TabTo(Browser browser, string selector)
    {
        // A page has fewer stops than this.
        for (int i = 0; i < 200; i++)
        {
            await browser.Press("Tab");
            if ((await browser.Evaluate($"document.activeElement.matches(\"{selector}\")")).GetBoolean())
            {
                return;
            }
        }

        Assert.Fail($"no key leads to {selector}");
    }

    private static IEnumerable<string> Texts(JsonElement array) => array.EnumerateArray().Select(text => text.GetString()!);

    // Pictures for people to look at, where they ask for them.
    private static async Task Draw(Browser browser, string file)
    {
        if (Environment.GetEnvironmentVariable("STRESS_PICTURES") is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            await File.WriteAllBytesAsync(Path.Combine(folder, file), await browser.Picture());
        }
    }
}
