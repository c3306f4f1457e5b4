using Stress.Contracts.Triage;
using Stress.Triage.Bugs;
using Xunit;

namespace Stress.Triage.Tests;

/// <summary>When crashes are one bug, and what people record about bugs.</summary>
public sealed class BugTests
{
    // Different bugs, alike in words: twins of the two families, two uses of one holder, two holders of one use, other reasons, other kinds of access.
    private static readonly string[] Different =
    [
        "in_delmulti: stale in_multi.inm_ifp (no AF_INET address at if_detach)",
        "in_delmulti: stale in_multi.inm_ifp (address removed before if_detach)",
        "in6_delmulti: stale in6_multi.in6m_ifp (no AF_INET6 address at if_detach)",
        "igmp_sendpkt: stale in_multi.inm_ifp (no AF_INET address at if_detach)",
        "in6_selecthlim: stale in6p_route.ro_rt->rt_ifp (no AF_INET6 address at if_detach)",
        "in6_selecthlim: stale in6p_moptions->im6o_multicast_ifp (no AF_INET6 address at if_detach)",
        "ip_output: stale imo_multicast_ifp (no purge of this holder)",
        "ip6_output: stale im6o_multicast_ifp (no purge of this holder)",
        "KASAN: slab-use-after-free Read in ip_mc_drop_socket (allocated by inetdev_init, freed by in_dev_free_rcu)",
        "KASAN: slab-use-after-free Write in ip_mc_drop_socket (allocated by inetdev_init, freed by in_dev_free_rcu)",
        "KASAN: slab-use-after-free Read in ip_mc_drop_socket (allocated by ip_mc_join_group, freed by in_dev_free_rcu)",
        "KASAN: slab-use-after-free Read in ipv6_mc_drop_socket (allocated by ipv6_add_dev, freed by in6_dev_finish_destroy_rcu)",
        "KASAN: null-ptr-deref Read in fib_sync_down_dev",
        "BUG: kernel NULL pointer dereference in ppp_destroy_interface",
        "general protection fault in ppp_destroy_interface",
        "WARNING: refcount bug in ppp_release",
        "unregister_netdevice: waiting for DEV to become free",
        "INFO: task hung in unregister_netdevice_many",
        "memory leak in ip_mc_add1_src",
        "kernel BUG at net/core/dev.c in free_netdev",
    ];

    // What differs from boot to boot, and from one interface to the next.
    private static readonly Func<string, int, string>[] Accidents =
    [
        (title, _) => title,
        (title, n) => $"{title} at 0x{0xc1003400 + (uint)(n * 64):x8}",
        (title, n) => $"{title} [#{n + 1}]",
        (title, n) => title.Replace(" in ", $" in ppp{n} ", StringComparison.Ordinal),
        (title, n) => $"{title} on tun{n}",
        (title, n) => $"{title} CPU: {n} PID: {400 + n}",
        (title, n) => $"{title} from 10.0.{n}.1",
        (title, n) => $"{title} by task pppd:{300 + n}",
        (title, n) => $"{title} of 00:16:3e:00:00:{n:x2}",
        (title, n) => $"{title} to fe80::1%ppp{n}",
    ];

    public static TheoryData<string> Titles => [.. Different];

    [Fact]
    public void Two_hundred_crashes_of_twenty_bugs_in_ten_dresses_are_told_apart_and_put_together_without_an_error()
    {
        for (int dress = 0; dress < Accidents.Length; dress++)
        {
            string[][] seen = [.. Different.Select(title => Enumerable.Range(0, 10).Select(n => BugTitle.Of(Accidents[dress](title, n))).Distinct(StringComparer.Ordinal).ToArray())];

            Assert.All(seen, bug => Assert.Single(bug));
            Assert.Equal(Different.Length, seen.Select(bug => bug[0]).Distinct(StringComparer.Ordinal).Count());
        }
    }

    [Theory]
    [MemberData(nameof(Titles))]
    public void A_title_without_accidents_stays_as_it_is(string title) => Assert.Equal(title, BugTitle.Of(title));

    [Fact]
    public void Offsets_of_a_function_are_an_accident_of_its_build() =>
        Assert.Equal("KASAN: use-after-free in in6_dump_addrs", BugTitle.Of("KASAN: use-after-free in in6_dump_addrs+0x1a4/0x9c0"));

    [Fact]
    public async Task The_same_title_at_both_ends_is_one_bug_and_on_another_backend_it_is_another_that_is_named()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1, titles: ["a on ppp0", "a on ppp1"]));
        store.Write(TemporaryStore.Run(2, design: "epoch", titles: ["a on ppp7"]));
        await store.Import();

        IReadOnlyList<BugRow> bugs = await store.Bugs();

        Assert.Equal(["epoch", "netbsd-2005"], bugs.Select(bug => bug.Backend).Order(StringComparer.Ordinal));
        BugDetail bug = await store.Bug(bugs.Single(row => row.Backend == "netbsd-2005").Id);
        Assert.Equal((1L, 20L), (bug.Row.Runs, bug.Row.Crashes));
        Assert.Equal("epoch", Assert.Single(bug.Elsewhere).Backend);
    }

    [Fact]
    public async Task A_bug_that_was_fixed_is_back_when_a_run_that_began_since_has_it()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1, titles: ["a"]));
        await store.Import();
        string id = (await store.Bugs()).Single().Id;
        store.Time.SetUtcNow(new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero));
        await store.Change(id, new BugChange { Status = BugStatus.Fixed, FixedBy = "1234abcd" });

        // An older run that is imported late says nothing about the fix.
        store.Write(TemporaryStore.Run(2, titles: ["a"]));
        await store.Import();
        Assert.False((await store.Bug(id)).Row.Regressed);

        store.Write(TemporaryStore.Run(24 * 200, titles: ["a"]));
        await store.Import();
        BugRow back = (await store.Bug(id)).Row;
        Assert.True(back.Regressed);
        Assert.Equal(id, Assert.Single(await store.Bugs(new BugFilter { Regressed = true })).Id);
    }

    [Fact]
    public async Task A_bug_that_another_design_ends_is_back_only_when_that_design_has_it()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1, titles: ["a"]));
        store.Write(TemporaryStore.Run(2, design: "epoch"));
        await store.Import();
        string id = (await store.Bugs()).Single().Id;
        await store.Change(id, new BugChange { Status = BugStatus.Fixed, FixedBy = "epoch" });

        store.Write(TemporaryStore.Run(24 * 200, titles: ["a"]));
        await store.Import();
        Assert.False((await store.Bug(id)).Row.Regressed);

        store.Write(TemporaryStore.Run((24 * 200) + 1, design: "epoch", titles: ["a"]));
        await store.Import();
        Assert.True((await store.Bug(id)).Row.Regressed);
    }

    [Fact]
    public async Task A_duplicate_is_counted_with_the_bug_it_is_a_duplicate_of_and_comes_apart_again_when_it_is_open()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1, titles: ["a"]));
        store.Write(TemporaryStore.Run(2, titles: ["b"]));
        await store.Import();
        string a = (await store.Bugs(new BugFilter { Search = "a" })).Single(bug => bug.Title == "a").Id, b = (await store.Bugs(new BugFilter { Search = "b" })).Single(bug => bug.Title == "b").Id;

        await store.Change(b, new BugChange { Status = BugStatus.Duplicate, DuplicateOf = a });

        BugRow both = Assert.Single(await store.Bugs());
        Assert.Equal((a, 2L, 20L), (both.Id, both.Runs, both.Crashes));
        BugDetail detail = await store.Bug(a);
        Assert.Equal(["b"], detail.Aliases);
        Assert.Equal(2, detail.Crashes.Count);
        Assert.Equal(a, (await store.Bug(b)).DuplicateOf);
        await Assert.ThrowsAsync<TriageException>(() => store.Change(a, new BugChange { Status = BugStatus.Duplicate, DuplicateOf = b }));
        await Assert.ThrowsAsync<TriageException>(() => store.Change(a, new BugChange { Status = BugStatus.Duplicate, DuplicateOf = a }));
        await Assert.ThrowsAsync<TriageException>(() => store.Change(a, new BugChange { Status = BugStatus.Fixed, FixedBy = " " }));

        await store.Change(b, new BugChange { Status = BugStatus.Open });
        Assert.Equal(2, (await store.Bugs()).Count);
    }

    [Fact]
    public async Task A_rate_counts_every_run_since_the_bug_was_first_seen_and_says_what_clean_ones_exclude()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1));
        store.Write(TemporaryStore.Run(2, titles: ["a"]));
        store.Write(TemporaryStore.Run(3));
        store.Write(TemporaryStore.Run(12, titles: ["a"]));
        store.Write(TemporaryStore.Run(13));
        store.Write(TemporaryStore.Run(14));
        await store.Import();

        BugDetail bug = await store.Bug((await store.Bugs()).Single().Id);

        // Two ends of a thousand disconnects in each of five runs; the first run was before it.
        Assert.Equal((20L, 10_000L), (bug.Rate.Hits, bug.Rate.Trials));
        Assert.Equal((2L, 4000L), (bug.Clean.Runs, bug.Clean.Disconnects));
        Assert.Equal(1 - Math.Pow(0.05, 1.0 / 4000), bug.Clean.RateExcluded, 12);
        Assert.Equal((10_000L, 29_956L - 4000), (bug.Clean.OneIn, bug.Clean.More));
        Assert.Equal((2L, 5L), (bug.Flake.With, bug.Flake.Alike));
        Assert.True(bug.Flake.IsFlaky);
        Assert.Equal([2L, 3L], bug.Versions.Select(version => version.Runs));
    }

    [Fact]
    public async Task An_interval_is_as_much_wider_as_the_runs_own_intervals_over_sites_are()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1, titles: ["a"]));
        await store.Import();

        Rate rate = (await store.Bug((await store.Bugs()).Single().Id)).Rate;

        // The made report says 0 to 3 % of 1 % in 1000: four times as many as independent ones would.
        Rate independent = BugQueries.RateOf(rate.Hits, rate.Trials);
        Assert.True(rate.High - rate.Low > 1.5 * (independent.High - independent.Low));
        Assert.InRange(rate.Share, rate.Low, rate.High);
    }

    [Fact]
    public async Task A_note_is_kept_with_who_wrote_it_and_when()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1, titles: ["a"]));
        await store.Import();
        string id = (await store.Bugs()).Single().Id;

        await store.Change(id[..6], new BugChange { Note = "seen on the bench too", By = "greg" });

        Assert.Equal(new BugNote(store.Time.GetUtcNow(), "greg", "seen on the bench too"), Assert.Single((await store.Bug(id)).Notes));
        Assert.Equal(BugStatus.Open, (await store.Bug(id)).Row.Status);
    }

    [Fact]
    public async Task A_comparison_says_what_is_new_what_is_gone_and_what_was_executed_differently()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1, titles: ["a", "b"]));
        store.Write(TemporaryStore.Run(2, design: "epoch", titles: ["b", "c"]));
        await store.Import();

        RunDifference difference = await store.Triage.Compare("made-netbsd", "made-epoch", CancellationToken.None);

        Assert.Equal(["backend", "seed"], difference.Options.Select(option => option.Name));
        Assert.Equal([("a", "gone"), ("b", ""), ("c", "new")], difference.Titles.OrderBy(title => title.Title, StringComparer.Ordinal).Select(title => (title.Title, title.News)));
        Assert.All(difference.Titles, title => Assert.Equal(1000, title.First.Trials));
    }

    [Fact]
    public async Task Runs_of_equal_seeds_under_two_designs_are_compared_in_pairs()
    {
        await using TemporaryStore store = await TemporaryStore.Open();

        // Hours in which both have one version. Eight seeds: a in all of the first and none of the second, b in both; a ninth has the first only, and makes no pair.
        for (int hour = 1; hour < 9; hour++)
        {
            store.Write(TemporaryStore.Run(hour, titles: ["a", "b"]));
            store.Write(TemporaryStore.Run(hour, design: "epoch", titles: ["b"]));
        }

        store.Write(TemporaryStore.Run(9, titles: ["a"]));
        await store.Import();

        RunDifference difference = await store.Triage.Compare(Name(1, "netbsd-2005"), Name(1, "epoch"), CancellationToken.None);
        RunDifference alike = await store.Triage.Compare(Name(1, "netbsd-2005"), Name(2, "netbsd-2005"), CancellationToken.None);

        Assert.Equal(8, difference.Seeds);
        Assert.Equal(new SeedPairs(0, 8, 0, 0, 0), difference.Titles.Single(title => title.Title == "a").Paired! with { P = 0 });
        Assert.Equal(Math.Pow(0.5, 7), difference.Titles.Single(title => title.Title == "a").Paired!.P, 1e-9);
        Assert.Equal(new SeedPairs(8, 0, 0, 0, 1), difference.Titles.Single(title => title.Title == "b").Paired);
        Assert.Equal(0, alike.Seeds);
        Assert.All(alike.Titles, title => Assert.Null(title.Paired));

        static string Name(int hour, string design) => System.FormattableString.Invariant($"made-{design}-20260101-{hour:00}0000");
    }

    [Fact]
    public async Task A_run_that_is_not_complete_is_among_those_that_somebody_has_to_look_at()
    {
        await using TemporaryStore store = await TemporaryStore.Open();
        store.Write(TemporaryStore.Run(1, titles: ["a"]));
        store.Write(TemporaryStore.Run(2, incomplete: "a site was lost"));
        await store.Import();

        Page<RunRow> red = await store.Triage.Runs(new RunFilter { Verdict = RunFilter.Red }, CancellationToken.None);

        Assert.Equal("incomplete", Assert.Single(red.Rows).Verdict);
    }
}
