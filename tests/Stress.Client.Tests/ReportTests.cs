using System.Text.Json;
using Stress.Client.Launching;
using Stress.Client.Reports;
using Stress.Client.Screen;
using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Grains;
using Stress.Observability;
using Stress.Scenarios;
using Xunit;

namespace Stress.Client.Tests;

public sealed class ReportTests
{
    private static readonly CrashTitle Membership = new(UseSite.InDelMulti, HolderKind.InMultiIfp, PurgeGap.NoInetAddress);
    private static readonly CrashTitle RouterInfo = new(UseSite.IgmpLeaveGroup, HolderKind.InMultiRti, PurgeGap.ProtocolOrder);
    private static readonly CrashTitle Hlim = new(UseSite.In6SelectHlim, HolderKind.In6pRouteIfp, PurgeGap.NoInet6Address);
    private static readonly CrashTitle Other = new(UseSite.IpOutput, HolderKind.IpMoptionsIfp, PurgeGap.NotCovered);

    private const int Sites = 40;

    [Theory]
    [InlineData(0, 20, 0.0, 0.1611)] // Newcombe, Statistics in Medicine 17 (1998), table I, method 3
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    [InlineData(20, 20, 0.8389, 1.0)]
    public void Wilson_intervals_are_the_published_ones(long hits, long trials, double low, double high)
    {
        WilsonInterval interval = WilsonInterval.Of(hits, trials);

        Assert.Equal(low, interval.Low, 4);
        Assert.Equal(high, interval.High, 4);
        Assert.InRange(interval.Rate, interval.Low, interval.High);
    }

    [Fact]
    public void Nothing_tried_tells_nothing()
    {
        Assert.Equal(new WilsonInterval(0, 0, 1), WilsonInterval.Of(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => WilsonInterval.Of(-1, 1));
    }

    [Fact]
    public void Titles_are_grouped_into_the_paths_of_the_mail()
    {
        Assert.Equal("membership", CodePath.Of(Membership));
        Assert.Equal("membership", CodePath.Of(RouterInfo));
        Assert.Equal("in6_selecthlim", CodePath.Of(Hlim));
        Assert.Equal("ip_output", CodePath.Of(Other));
    }

    [Fact]
    public void The_median_counts_pairs_that_never_crashed_as_late()
    {
        VirtualTime[] times = [VirtualTime.FromMinutes(10), VirtualTime.FromMinutes(70), VirtualTime.FromMinutes(30), VirtualTime.Never];

        FirstCrashSummary summary = ReportBuilder.FirstCrash(times);

        Assert.Equal(50, summary.MedianMinutes);
        Assert.Equal(0.5, summary.WithinHour);
        Assert.Equal((4, 3), (summary.Sites, summary.Crashed));
        Assert.Null(ReportBuilder.FirstCrash([VirtualTime.FromMinutes(1), VirtualTime.Never, VirtualTime.Never]).MedianMinutes);
        Assert.Null(ReportBuilder.FirstCrash([]).MedianMinutes);
    }

    [Fact]
    public void Rates_and_verdicts_come_from_the_sums()
    {
        RunReport report = Report(
            Expect("membership", Role.Called, 70, 80),
            Expect("membership", Role.Calling, 0, 0),
            Expect("in6_selecthlim", Role.Calling, 6, 14),
            Expect("any", null, 0, 44),
            Expect("stale", Role.Called, 0, 0),
            Expect("first_crash_within_hour", null, 95, 100),
            Expect(Hlim.ToString(), Role.Calling, 10, 10));

        Assert.Equal([true, true, true, true, false, false, true], report.Expectations.Select(verdict => verdict.Met));
        Assert.Equal([75, 0, 10, 42.5, 80, 0, 10], report.Expectations.Select(verdict => verdict.MeasuredPercent));
        PathRate called = report.Paths.Single(row => row is { Path: "membership", Role: "called" });
        Assert.Equal((150 * Sites, 200 * Sites, 0.75, 75.0), (called.Crashes, called.Disconnects, called.Rate, called.ReportedPercent));
        Assert.Equal(0, report.Paths.Single(row => row is { Path: "membership", Role: "calling" }).Crashes);
        Assert.Equal([0L, 0, 0, 150 * Sites], report.Series.Crashes.Single(line => line.Name == "membership").Values);
    }

    [Fact]
    public void An_interval_that_reaches_over_a_bound_decides_nothing_and_says_how_many_pairs_would()
    {
        RunReport report = Report(Expect("membership", Role.Called, 74.9, 80), Expect("membership", Role.Called, 75, 80), Expect("membership", Role.Called, 70, 80));

        Assert.Equal([false, false, true], report.Expectations.Select(verdict => verdict.Met));
        Assert.Equal([ExpectationVerdict.TooFew, ExpectationVerdict.TooFew, null], report.Expectations.Select(verdict => verdict.NotJudged));
        Assert.InRange(report.Expectations[0].PairsNeeded!.Value, Sites + 1, Sites * 1000);
        Assert.Null(report.Expectations[1].PairsNeeded);
        Assert.Equal(2, report.NotDecided.Count);
        Assert.StartsWith("too few disconnects to say whether membership on called from 74.9 to 80 %: measured 75 % (95 %: ", report.NotDecided[0], StringComparison.Ordinal);
        Assert.EndsWith($"; about {report.Expectations[0].PairsNeeded:#,0} pairs would be enough", report.NotDecided[0], StringComparison.Ordinal);
        Assert.EndsWith("no number of pairs would be enough", report.NotDecided[1], StringComparison.Ordinal);
        Assert.Equal(ExitCodes.NotDecided, ExitCodes.Of(false, false, report.Complete, report.Expectations.All(verdict => !verdict.Failed), report.NotDecided.Count == 0));
    }

    [Fact]
    public void A_role_that_lost_no_link_has_no_rate_and_no_interval_on_the_screen()
    {
        RunReport report = Report();
        PathRate row = report.Paths[0] with { Role = "bystander", Crashes = 0, Disconnects = 0, Rate = 0, Low = 0, High = 1 };
        AgeRate Aged(string age) => new("membership", "bystander", age, 0, 0, 0, 0, 1);
        using var screen = new Screen();
        screen.Terminal.Out.Profile.Width = 200;

        ReportScreen.Rates(screen.Terminal.Out, report with { Paths = [row], Ages = [Aged("below 15 min"), Aged("15 min to 1 h")], CodePaths = [] });

        Assert.Contains("bystander", screen.Out);
        Assert.Contains("15 min to 1 h", screen.Out);
        Assert.DoesNotContain("0.0 %", screen.Out);
    }

    [Fact]
    public void A_probe_that_was_not_reached_fails_and_one_that_was_does_not()
    {
        RunReport report = Report();

        Assert.Equal([("ETOOMANYREFS", true), ("never seen", false)], report.Expectations.Select(verdict => (verdict.Path, verdict.Met)));
    }

    [Fact]
    public void A_report_with_every_part_is_what_the_schema_says()
    {
        RunReport report = Report(Expect("any", null, 0, 100));
        using JsonDocument document = JsonDocument.Parse(JsonSerializer.Serialize(
            report with { Problems = [new SiteProblem(1, 2, "boom", "./stress run")] }, RunFolder.Json));

        ReportSchema.Check(document.RootElement);
        Assert.NotEmpty(report.CodePaths);
        Assert.NotEmpty(report.Stale);
        Assert.NotEmpty(report.FirstCrash.Curve);
    }

    [Theory]
    [InlineData(false, false, true, true, 0)]
    [InlineData(false, false, true, false, 1)]
    [InlineData(false, true, true, false, 3)]
    [InlineData(false, false, false, false, 4)]
    [InlineData(true, false, false, false, 130)]
    public void The_gravest_news_decides_the_exit_code(bool interrupted, bool differs, bool complete, bool met, int code) =>
        Assert.Equal(code, ExitCodes.Of(interrupted, differs, complete, met));

    [Fact]
    public void A_failed_site_is_named_with_the_command_that_runs_it_alone()
    {
        (Launch launch, RunResult result) = Made();
        result = result with
        {
            Progress = result.Progress with { Done = 0, Failed = 1 },
            Troubles = [new SiteTrouble(0, 3, SiteState.Failed, "boom")],
        };

        RunReport report = ReportBuilder.Build(launch, result, TimeSpan.FromSeconds(1), interrupted: false);

        Assert.False(report.Complete);
        Assert.Equal("failed", report.Incomplete);
        Assert.Equal("./stress run x.yaml --pairs 40 --hours 1 --seed 1 --site 0", report.Problems.Single().Command);
    }

    private static Expectation Expect(string path, Role? role, double min, double max) =>
        new() { Path = path, Role = role, MinPercent = min, MaxPercent = max, Line = 1 };

    private static RunReport Report(params Expectation[] expect)
    {
        (Launch launch, RunResult result) = Made(expect);
        return ReportBuilder.Build(launch, result, TimeSpan.FromSeconds(1), interrupted: false);
    }

    [Fact]
    public void A_run_of_three_labels_is_reported_under_each_in_every_view()
    {
        (Launch launch, _) = Made(Expect("membership", (Role)2, 10, 90));
        Topology chain = new(
            ["hub", "relay", "leaf"], [(Role)0, (Role)1, (Role)2],
            [new PlannedLink(LinkKind.Modem, new LinkEnd(0, 0), new LinkEnd(1, 0)), new PlannedLink(LinkKind.Modem, new LinkEnd(1, 1), new LinkEnd(2, 0))]);
        SiteOptions site = launch.Scenario.Site with { Graph = chain, Roles = new([.. Enumerable.Range(0, 3).Select(label => new RoleOptions { Role = (Role)label })]) };
        launch = launch with { Scenario = launch.Scenario with { Site = site }, Plan = launch.Plan with { Site = site } };
        var counters = new NodeCounters(chain.Labels);
        foreach ((int label, int lost) in ((int, int)[])[(0, 100), (1, 200), (2, 50)])
        {
            counters[label].Disconnects = counters[label].DecidedDisconnects = lost;
        }

        var series = SiteSeries.Of(launch.Plan);
        series.Note(3, (Role)2, 50);
        var ledger = new ShardLedger(launch.Plan, 0);
        ledger.TryTake(out int number);
        ledger.Merge(number, new SliceResult
        {
            NextWindow = launch.Plan.Windows,
            Outcome = new SiteOutcome
            {
                Finished = true, Windows = launch.Plan.Windows, Series = series,
                Tally = new SiteTally { Counters = counters, DecidedByAge = new long[3 * KernelAge.Count], Crashes = [Crash(Membership, (Role)2, 20)] },
            },
        });
        RunReport report = ReportBuilder.Build(launch, RunResult.Merge(launch.Plan, [ledger.Result()]), TimeSpan.FromSeconds(1), interrupted: false);

        Assert.Equal([("hub", 0L, 100L), ("relay", 0, 200), ("leaf", 20, 50)], report.Paths.Where(row => row.Path == "membership").Select(row => (row.Role, row.Crashes, row.Disconnects)));
        Assert.Equal(("leaf", 20), (report.CodePaths.Single().Role, report.CodePaths.Single().Crashes));
        Assert.Equal(("leaf", 40.0), (report.Expectations[0].Role, report.Expectations[0].MeasuredPercent));
        using var json = JsonDocument.Parse(RunFolder.TextOf(report));
        Assert.Equal("""{"hub":100,"relay":200,"leaf":50}""", JsonSerializer.Serialize(json.RootElement.GetProperty("disconnects")));
        Assert.Equal(50, json.RootElement.GetProperty("series").GetProperty("leafDisconnects")[3].GetInt64());
        RunReport read = JsonSerializer.Deserialize<RunReport>(RunFolder.TextOf(report), RunFolder.Json)!;
        Assert.Equal(RunFolder.TextOf(report), RunFolder.TextOf(read));
        var page = new StringWriter();
        Observability.Html.HtmlReport.Write(Observability.Html.ReportPages.Of(report, [], null, []), page);
        Assert.Contains("<span class=\"chip other\">leaf</span>", page.ToString(), StringComparison.Ordinal);
        Assert.Contains("relay system", page.ToString(), StringComparison.Ordinal);
    }

    private static (Launch Launch, RunResult Result) Made(params Expectation[] expect)
    {
        var site = new SiteOptions { Window = VirtualTime.FromMinutes(15) };
        var scenario = new Scenario
        {
            Name = "made",
            Description = "",
            FileName = "x.yaml",
            SourceText = "",
            Pairs = Sites,
            Duration = VirtualTime.FromHours(1),
            Seed = 1,
            Site = site,
            Expect = expect,
            ExpectReached = expect.Length == 0 ? ["ETOOMANYREFS", "never seen"] : [],
            Reported = [new ReportedFigure("membership", Role.Called, 75)],
        };
        Launch launch = Launch.Create(new RunSettings { File = "x.yaml", Workers = 1 }, scenario, "made-1", check: false);
        var ledger = new ShardLedger(launch.Plan, 0);
        for (int i = 0; i < Sites; i++)
        {
            ledger.TryTake(out int number);
            ledger.Merge(number, new SliceResult { NextWindow = launch.Plan.Windows, Outcome = Outcome(launch.Plan, i) });
        }

        return (launch, RunResult.Merge(launch.Plan, [ledger.Result()]));
    }

    // Sites differ a little, so that there is an interval; 150 of 200 and 20 of 200 in the mean.
    private static SiteOutcome Outcome(RunPlan plan, int site)
    {
        int more = site % 2 == 0 ? 2 : -2;
        var tally = new SiteTally
        {
            Counters = PairTopology.Counters(new() { Disconnects = 201, DecidedDisconnects = 200 }, new() { Disconnects = 203, DecidedDisconnects = 200 }),
            Crashes = [Crash(Membership, Role.Called, 150 + more), Crash(Hlim, Role.Calling, 20 + more)],
            Stale = [new StaleTally(HolderKind.InMultiIfp, Role.Called) { Created = 160, Healed = 4, Live = 6 }],
            FirstCrash = VirtualTime.FromMinutes(61),
            Probes = new SortedDictionary<string, long>(StringComparer.Ordinal) { ["ETOOMANYREFS"] = 2 },
        };
        var series = new SiteSeries(plan.Bins);
        series.Note(3, Role.Called, tally.Counters[0].Disconnects);
        series.Note(3, Role.Calling, tally.Counters[1].Disconnects);
        foreach (CrashTally crash in tally.Crashes)
        {
            series.Note(3, new CrashKey(crash.Title, crash.Role), crash.Count);
        }

        series.Note(3, new StaleKey(HolderKind.InMultiIfp, Role.Called), tally.Stale[0].Live);
        return new SiteOutcome { Finished = true, Windows = plan.Windows, Tally = tally, Series = series };
    }

    private static CrashTally Crash(CrashTitle title, Role role, long count) =>
        new(title, role) { Count = count, First = VirtualTime.FromMinutes(61), FirstEvent = 9, Stack = ["f"], Story = ["s"] };
}
